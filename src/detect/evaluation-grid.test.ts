import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MINUTE_MILLIS } from '../base/units.ts';
import { nextEvaluationAt } from './evaluation-grid.ts';

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
