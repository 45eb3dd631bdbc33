import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB, MINUTE_MILLIS } from '../base/units.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { GcTrace, judgeGcTrace, type JudgedTrace } from './gc-trace.ts';

function judge(lines: readonly string[]): JudgedTrace | null {
  const trace = new GcTrace(() => undefined);
  for (const line of lines) trace.push(line, null);
  trace.flush();
  return judgeGcTrace(trace, { service: 'orders', instance: 'trace.log' });
}

function verdictOf(lines: readonly string[]): Pick<JudgedTrace['report'], 'verdict' | 'findings' | 'needed'> {
  const judged = judge(lines);
  if (!judged) throw new Error('no collection');
  return judged.report;
}

/** Lines of a process that collects every `every` seconds; `live` in MiB of its age in hours. */
function traced(hours: number, every: number, live: (hour: number) => number): string[] {
  const random = seededRandom(7);
  const lines: string[] = [];
  for (
    let at = 0.25, number = 1, goal = 4;
    at < hours * 3600;
    at += every * (0.8 + 0.4 * random()), number++
  ) {
    const now = live(at / 3600) + random() * 0.6;
    lines.push(
      `gc ${number} @${at.toFixed(3)}s 0%: 0.1+1.3+0.1 ms clock, 0.3+0/0.2/0+0.1 ms cpu, ${Math.floor(goal)}->${Math.floor(goal)}->${Math.floor(now)} MB, ${Math.floor(goal)} MB goal, 0 MB stacks, 0 MB globals, 2 P`,
    );
    goal = Math.max(4, 2 * now);
  }
  return lines;
}

/** A widely read tutorial on leaks shows these four lines of Go 1.5 as all there is to see. */
const FOUR_LINES = `
gc 1 @0.009s 1%: 0.059+0.17+0.005+0.24+0.12 ms clock, 0.17+0.17+0+0/0.36/0.067+0.38 ms cpu, 5->5->3 MB, 4 MB goal, 8 P
gc 2 @0.017s 1%: 0.037+0.096+0.098+0.21+0.086 ms clock, 0.22+0.096+0+0.10/0.31/0.091+0.51 ms cpu, 8->8->7 MB, 7 MB goal, 8 P
gc 3 @0.032s 1%: 0.020+0.16+0.007+0.25+0.090 ms clock, 0.14+0.16+0+0/0.20/0.27+0.63 ms cpu, 17->17->14 MB, 14 MB goal, 8 P
gc 4 @0.066s 0%: 0.029+0.17+0.074+0.48+0.10 ms clock, 0.20+0.17+0+0/0.42/0.26+0.76 ms cpu, 35->35->29 MB, 29 MB goal, 8 P
`.trim();

describe('judgeGcTrace', () => {
  it('cannot tell from four lines of 66 ms, and says what is missing and how long it takes', () => {
    const judged = judge(FOUR_LINES.split('\n'));
    expect(judged?.report).toMatchObject({ verdict: 'undetermined', findings: [], smallestDetectable: null });
    expect(judged?.report.needed?.what).toMatch(/time/);
    expect(judged?.report.needed?.millis).toBeGreaterThan(30 * MINUTE_MILLIS);
    expect(judged?.report.gctrace).toMatchObject({
      cycles: 4,
      liveGrowth: null,
      heap: { live: { first: 3 * MIB, last: 29 * MIB } },
    });
  });

  it('calls a steady growth of a few whole numbers of the trace an hour a leak', () => {
    const report = verdictOf(traced(4, 20, (hour) => 20 + 6 * hour));
    expect(report.verdict).toBe('leak');
    const growth = report.findings[0]?.growth;
    expect(growth?.low).toBeLessThan(6 * MIB);
    expect(growth?.high).toBeGreaterThan(6 * MIB);
  });

  it('calls no leak where the heap only wanders between two whole numbers of a trace', () => {
    for (const level of [0.2, 3.7, 9.95, 50.5, 400.9]) {
      const report = verdictOf(traced(6, 45, (hour) => level + 0.1 * Math.sin(hour)));
      expect({ level, verdict: report.verdict }).toEqual({ level, verdict: 'no-growth' });
    }
  });

  it('never clears a slow leak that stands still for an hour in whole megabytes', () => {
    for (const [perHour, hours] of [
      [1, 4],
      [1, 6],
      [1.5, 3],
      [3, 2],
    ] as const) {
      const { verdict } = verdictOf(traced(hours, 20, (hour) => 20.4 + perHour * hour));
      expect({ perHour, hours, verdict }).toEqual({ perHour, hours, verdict: 'undetermined' });
    }
  });

  it('calls no leak where a cache fills, and none where one step rises', () => {
    const cache = verdictOf(traced(6, 30, (hour) => 20 + 60 * (1 - Math.exp(-hour / 0.7))));
    expect(cache.verdict).toBe('filling-to-bound');
    const step = verdictOf(traced(6, 30, (hour) => (hour < 2 ? 20 : 50)));
    expect(step.verdict).toBe('step');
  });

  it('judges the newest life, and counts those before it', () => {
    const judged = judge([...traced(1, 20, () => 30), ...traced(2, 20, (hour) => 20 + 30 * hour)]);
    expect(judged?.report.verdict).toBe('leak');
    expect(judged?.report.gctrace?.lives).toBe(2);
    expect(judged?.series.restartMillis).toHaveLength(1);
  });

  it('counts times from the start of the process where the log has none', () => {
    const judged = judge(traced(1, 20, () => 30));
    expect(judged?.report.from).toBe(0);
    expect(judged?.report.to).toBeGreaterThan(HOUR_MILLIS - MINUTE_MILLIS);
    expect(judged?.report.gctrace?.isDated).toBe(false);
    expect([judged?.report.from, judged?.report.to].every(Number.isInteger)).toBe(true);
    const dated = judge(traced(1, 20, () => 30).map((line) => `2026-03-01T12:00:00Z ${line}`));
    expect(dated?.report.gctrace?.isDated).toBe(true);
    expect(dated?.report.from).toBeCloseTo(Date.parse('2026-03-01T12:00:00Z') - 251.5, -2);
  });

  it('is nothing for a log without a collection', () => {
    expect(judge(['hello', ''])).toBeNull();
  });
});
