import { describe, expect, it } from 'vitest';
import type { Finding } from '../model/finding.ts';
import type { Report } from '../model/report.ts';
import { mergeReports } from './merge-reports.ts';

function finding(fingerprint: string, perHour: number, detectedAt: number): Finding {
  return {
    verdict: 'leak',
    class: 'heap',
    fingerprint,
    detectedAt,
    growth: { unit: 'bytes', perHour, low: perHour / 2, high: perHour * 2, confidence: 0.95 },
    timeToExhaustion: null,
    culprits: [],
    pattern: null,
    evidence: [],
    ruledOut: [],
    fix: null,
    summary: `${fingerprint} leaks`,
  };
}

function report(instance: string, findings: Finding[], smallestDetectable: number | null): Report {
  return {
    schema: 'plimsoll-report/1',
    target: { service: 'orders', instance },
    from: 1000,
    to: 2000,
    verdict: findings.length ? 'leak' : 'no-growth',
    summary: '',
    findings,
    smallestDetectable,
    exhaustion: null,
    alarms: [],
    missingEvidence: [{ source: 'limit', why: 'not told', costs: 'nothing' }],
  };
}

describe('mergeReports', () => {
  it('makes one finding of one fingerprint on two instances: earliest detection, strongest growth', () => {
    const merged = mergeReports([
      report('a:1', [finding('f1', 100, 1800)], 50),
      report('b:1', [finding('f1', 300, 1900), finding('f2', 10, 1500)], 80),
    ]);
    expect(merged?.findings.map((f) => [f.fingerprint, f.growth?.perHour, f.detectedAt])).toEqual([
      ['f1', 300, 1800],
      ['f2', 10, 1500],
    ]);
    expect(merged?.instances?.map((i) => i.instance)).toEqual(['a:1', 'b:1']);
    expect(merged?.missingEvidence).toHaveLength(1);
  });

  it('keeps the leak that one instance proves where another grows faster and cannot tell yet', () => {
    const open: Finding = { ...finding('a', 30, 900), verdict: 'undetermined', detectedAt: null };
    for (const reports of [
      [report('1', [finding('a', 10, 500)], null), report('2', [open], null)],
      [report('2', [open], null), report('1', [finding('a', 10, 500)], null)],
    ]) {
      const merged = mergeReports(reports);
      expect(merged?.verdict).toBe('leak');
      expect(merged?.findings).toMatchObject([{ verdict: 'leak', detectedAt: 500, growth: { perHour: 10 } }]);
    }
  });

  it('says whose each finding is, and speaks for the one whose finding comes first', () => {
    const merged = mergeReports([
      { ...report('a:1', [finding('f1', 100, 1800)], 50), summary: 'a leaks' },
      { ...report('b:1', [finding('f1', 50, 1900), finding('f2', 900, 1500)], 80), summary: 'b leaks' },
    ]);
    const names = merged?.findings.map((f) => [f.fingerprint, f.instances?.map((i) => i.instance).join(' ')]);
    expect(names).toEqual([
      ['f2', 'b:1'],
      ['f1', 'a:1 b:1'],
    ]);
    expect([merged?.target.instance, merged?.summary]).toEqual(['b:1', 'b leaks']);
  });

  it('gives the verdict of the instance that leaks, not of the one that does not', () => {
    expect(mergeReports([report('a:1', [], 50), report('b:1', [finding('f1', 1, 1)], 50)])?.verdict).toBe(
      'leak',
    );
  });

  it('excludes for the service only what is excluded for every instance', () => {
    expect(mergeReports([report('a:1', [], 50), report('b:1', [], 80)])?.smallestDetectable).toBe(80);
    expect(mergeReports([report('a:1', [], 50), report('b:1', [], null)])?.smallestDetectable).toBeNull();
    expect(mergeReports([])).toBeNull();
  });
});
