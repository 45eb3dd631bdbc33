import { describe, expect, it } from 'vitest';
import { DAY_MILLIS, HOUR_MILLIS, MINUTE_MILLIS } from '../base/units.ts';
import { EvaluationGrid, nextEvaluationAt } from './evaluation-grid.ts';

describe('evaluation grid', () => {
  const first = 1_790_000_000_123.5;

  it('has the same instants however often one asks', () => {
    const stepped: number[] = [];
    for (let at = first; at < first + 30 * HOUR_MILLIS;) stepped.push((at = nextEvaluationAt(first, at)));
    const asked = new Set<number>();
    for (let at = first; at < first + 30 * HOUR_MILLIS; at += 17_000) asked.add(nextEvaluationAt(first, at));
    expect([...asked]).toEqual(stepped);
  });

  it('gets wider with age: every 2, 5, then 10 minutes', () => {
    const after = (hours: number): number =>
      (nextEvaluationAt(0, hours * HOUR_MILLIS) - hours * HOUR_MILLIS) / MINUTE_MILLIS;
    expect([0, 1, 2, 11, 12, 100].map(after)).toEqual([2, 2, 5, 5, 10, 10]);
    expect(nextEvaluationAt(0, 119 * MINUTE_MILLIS)).toBe(2 * HOUR_MILLIS);
  });

  it('is strictly later than asked, also before the first evidence', () => {
    expect(nextEvaluationAt(first, first - HOUR_MILLIS)).toBe(first + 2 * MINUTE_MILLIS);
    for (let at = first; at < first + 13 * HOUR_MILLIS; at += 61_007)
      expect(nextEvaluationAt(first, at)).toBeGreaterThan(at);
  });
});

/** `0h 2h | 1d`: heard at these ages, then evaluated as far as is due by the last; instants as hours. */
function evaluatedAt(text: string): number[] {
  const millisOf = (age: string) =>
    parseFloat(age) * { h: HOUR_MILLIS, d: DAY_MILLIS }[age.slice(-1) as 'h' | 'd'];
  const grid = new EvaluationGrid();
  const instants: number[] = [];
  const evaluate = (untilMillis: number) => {
    for (let due = grid.nextMillis; due !== null && due <= untilMillis; due = grid.nextMillis) {
      grid.evaluated(due);
      instants.push(due / HOUR_MILLIS);
    }
  };
  const [heard, until] = text.split(' | ');
  for (const age of heard.split(' ')) {
    evaluate(millisOf(age) - 1);
    grid.hear(millisOf(age));
  }
  evaluate(millisOf(until));
  return instants;
}

describe('a target that has fallen silent', () => {
  it('is evaluated for a day, and then no more until the end of time', () => {
    const instants = evaluatedAt('0h | 100000000d');
    expect(instants.at(-1)).toBe(24);
    expect(instants).toEqual(evaluatedAt('0h | 24h'));
  });

  it('is evaluated again from the instant at which it is heard again, on the same grid', () => {
    const later = evaluatedAt('0h 1000000d | 1000001d').filter((hours) => hours > 24);
    expect(later[0]).toBe(1_000_000 * 24);
    expect(later).toHaveLength(6 * 24 + 1);
    expect(evaluatedAt('0h 60h | 61h').filter((hours) => hours > 24)[0]).toBe(60);
  });

  it('of less than a day is evaluated all the time', () => {
    const spoken = evaluatedAt('0h 12h 24h 36h 48h | 48h');
    expect(evaluatedAt('0h 23h 46h | 48h')).toEqual(spoken);
  });

  it('goes on where an earlier run stopped, not with the instants that nobody has seen', () => {
    const grid = new EvaluationGrid();
    grid.restore(0, 2 * HOUR_MILLIS);
    grid.hear(2 * HOUR_MILLIS);
    grid.hear(90 * DAY_MILLIS);
    expect(grid.nextMillis).toBe(90 * DAY_MILLIS);
  });
});
