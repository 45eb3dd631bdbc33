import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB, MINUTE_MILLIS } from '../base/units.ts';
import type { ChainStep } from '../model/chain-step.ts';
import type { Report } from '../model/report.ts';
import type { ScreeningReport } from '../model/screening.ts';
import { drawFinding } from '../testing/drawn-finding.ts';
import { buildReport, type ReportInput } from './build-report.ts';
import { formatReportHtml } from './html.ts';
import { formatReportMarkdown } from './markdown.ts';
import { formatReportText } from './text.ts';

function report(over: Partial<ReportInput> = {}) {
  return buildReport({
    target: { service: 'orders', instance: '127.0.0.1:8080' },
    from: 0,
    to: 4 * HOUR_MILLIS,
    timeScale: 60,
    assessment: null,
    findings: [drawFinding()],
    alarms: [],
    ...over,
  });
}

const STEP: ChainStep = {
  step: 'growth',
  question: 'Does memory grow?',
  hypothesis: 'it does',
  prediction: 'a slope',
  test: 'of the slope',
  numbers: { statistic: 7, threshold: 6 },
  outcome: 'supports',
  answer: 'Yes: 30 MiB/h.',
  ruledOut: [],
  advice: [],
  next: [],
};

const minutes = Array.from({ length: 240 }, (_, i) => i * MINUTE_MILLIS);
const chart = (bytes: readonly number[], limitBytes: number | null) => ({
  lines: [{ label: 'resident memory', timeMillis: minutes, bytes }],
  limitBytes,
  marks: [{ at: HOUR_MILLIS, text: 'process <restarted>' }],
});

describe('a report as HTML', () => {
  it('loads nothing, runs nothing, and has verdict, culprit and scale in it', () => {
    const html = formatReportHtml(report());
    expect(html).not.toMatch(/<script|src=|href=|url\(/i);
    expect(html).toContain("default-src 'none'");
    for (const part of ['LEAK', 'orders/store.(*Store).Put', 'store/put.go:27', '[60x]', '30 MiB/h']) {
      expect(html.toUpperCase()).toContain(part.toUpperCase());
    }
  });

  it('says of what is not decided what would settle it, unless the report says the same of itself', () => {
    const needed = { what: 'time to see <it> bend', millis: 3 * HOUR_MILLIS };
    const undecided = report({ findings: [drawFinding({ verdict: 'undetermined', needed })] });
    expect(formatReportHtml(undecided)).toContain(
      '<th scope="row">needs<td>time to see &lt;it&gt; bend, about 3 h',
    );
    expect(formatReportHtml({ ...undecided, needed })).not.toContain('<th scope="row">needs');
  });

  it('tells which parts of resident memory are taken off, so that the table adds up', () => {
    const html = formatReportHtml({
      ...report(),
      ledger: { rssBytes: 90, liveBytes: 100, untouchedBytes: 10, residualBytes: 0 },
    });
    expect(html).toContain('less what Go took and never wrote to<td>10 B');
    expect(html).toContain('<th scope="row">live<td>100 B');
  });

  it('shows names from outside as text, wherever they stand', () => {
    const evil = `<img src=x onerror="alert('1')">`;
    const html = formatReportHtml(
      report({
        target: { service: evil, instance: evil },
        findings: [
          drawFinding({
            summary: evil,
            pattern: evil,
            culprits: [{ role: 'allocates', function: evil, file: evil, line: 1, share: 1, low: 1, high: 1 }],
            fix: { text: evil, file: null, line: null },
            ruledOut: [{ explanation: evil, why: evil }],
          }),
        ],
        missing: [{ source: evil, why: evil, costs: evil }],
        warnings: [evil],
      }),
      chart(minutes, null),
    );
    expect(html).not.toContain('<img');
    expect(html).not.toContain('<restarted>');
    expect(html).toContain('&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;');
  });

  it('draws memory with its limit, a gap where nothing was known for long, none for one lost scrape', () => {
    const memory = minutes.map((_, i) =>
      i === 50 || (i >= 100 && i < 110) ? NaN : i === 200 ? 400 * MIB : 100 * MIB,
    );
    const html = formatReportHtml(report(), chart(memory, 512 * MIB));
    expect(html).toContain('aria-label="memory over 3 h 59 min, at most 400 MiB of 512 MiB"');
    expect(html.match(/class="limit"/g)).toHaveLength(1);
    expect(/<path class="line line-0" d="([^"]*)"/.exec(html)?.[1]?.match(/M/g)).toHaveLength(2);
  });

  it('names a limit that is far away instead of pressing the line flat', () => {
    const html = formatReportHtml(
      report(),
      chart(
        minutes.map(() => 10 * MIB),
        4096 * MIB,
      ),
    );
    expect(html).not.toContain('class="limit"');
    expect(html).toContain('limit 4 GiB');
  });

  it('has no picture where there is no evidence at hand', () => {
    expect(formatReportHtml(report())).not.toContain('<svg');
  });

  const screened = (verdict: 'leak' | 'no-growth', instance: string): Report => ({
    ...report({
      target: { service: 'orders', instance },
      investigation: [STEP],
      findings: verdict === 'leak' ? [drawFinding()] : [],
    }),
    verdict,
    ledger: { rssBytes: 90, liveBytes: 100, untouchedBytes: 10, residualBytes: 0 },
    restarts: 3,
    kills: [{ at: Date.UTC(2026, 0, 7, 12, 30), reason: verdict === 'leak' ? 'OOMKilled' : 'Error' }],
  });

  it('of a screening has a line for each target, and chain, ledger and kills of those that need a look', () => {
    const reports = [screened('leak', 'a:1'), screened('no-growth', 'b:1')];
    const document: ScreeningReport = { ...report(), summary: '2 targets', reports };
    const html = formatReportHtml(document);
    expect(html.match(/<h2>Investigation/g)).toHaveLength(1);
    expect(html.match(/<h2>What resident memory is made of/g)).toHaveLength(1);
    expect(html).toContain('killed for memory 2026-01-07 12:30 UTC');
    expect(html).toContain('orders b:1<td>90 B, restarted 3 times (1 Error)');
    const markdown = formatReportMarkdown(document);
    expect(markdown.match(/### Investigation/g)).toHaveLength(1);
    expect(markdown).toContain('| less what Go took and never wrote to | 10 B |');
    expect(markdown).toContain('killed for memory 2026-01-07 12:30 UTC.');
  });

  it('of a screening of one target is the report of that', () => {
    const one = screened('leak', 'a:1');
    const document: ScreeningReport = { ...report(), summary: '1 target', reports: [one] };
    expect(formatReportHtml(document)).toBe(formatReportHtml(one));
    expect(formatReportMarkdown(document)).toBe(formatReportMarkdown(one));
    expect(formatReportHtml(one)).toContain('<h2>Investigation');
  });

  it('tells kills for memory in text, HTML and Markdown', () => {
    const killed = screened('leak', 'a:1');
    const sentence = 'restarted 3 times (1 OOMKilled): killed for memory 2026-01-07 12:30 UTC';
    for (const shown of [formatReportHtml(killed), formatReportMarkdown(killed), formatReportText(killed)]) {
      expect(shown).toContain(sentence);
    }
    const many = Array.from({ length: 7 }, (_, i) => ({ at: Date.UTC(2026, 0, i + 1), reason: 'OOMKilled' }));
    const often = formatReportText({ ...killed, kills: many });
    expect(often).toContain('restarted 7 times (7 OOMKilled): killed for memory the last 5 2026-01-03 00:00');
  });
});
