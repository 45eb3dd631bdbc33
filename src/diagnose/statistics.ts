// What stage 2 tests beyond the sampling theory of the profile room.
import { gammaP } from '../profile/distributions.ts';

/** A value with its interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Increments are pooled until each cell of the table expects this many of the rarer kind. */
const EXPECTED_PER_CELL = 5;
/** More bins only make the test listen to noise of neighbouring snapshots. */
const MAX_BINS = 4;

/**
 * Do two counts grow in proportion? Chi-square of the 2 x n table of their increments.
 *
 * @returns the p-value of "in proportion"; null when there is too little to test.
 */
export function testProportional(first: readonly number[], second: readonly number[]): number | null {
  const bins = poolIncrements(first, second);
  if (bins.length < 2) return null;
  const totals = bins.reduce((sum, [a, b]) => [sum[0] + a, sum[1] + b], [0, 0]);
  const all = totals[0] + totals[1];
  let chi2 = 0;
  for (const bin of bins) {
    for (const side of [0, 1] as const) {
      const expected = ((bin[0] + bin[1]) * totals[side]) / all;
      if (expected > 0) chi2 += (bin[side] - expected) ** 2 / expected;
    }
  }
  return 1 - gammaP((bins.length - 1) / 2, chi2 / 2);
}

function poolIncrements(first: readonly number[], second: readonly number[]): [number, number][] {
  const last = first.length - 1;
  const grown = [first[last] - first[0], second[last] - second[0]];
  const rarer = Math.min(...grown);
  if (last < 2 || !(rarer >= 2 * EXPECTED_PER_CELL)) return [];
  const wanted = Math.min(MAX_BINS, Math.floor(rarer / EXPECTED_PER_CELL));
  // Bins of equal share of both, so that the rarer kind is expected in each.
  const progress = (at: number) => (first[at] - first[0]) / grown[0] + (second[at] - second[0]) / grown[1];
  const bins: [number, number][] = [];
  let start = 0;
  for (let i = 1; i <= last; i++) {
    if (progress(i) - progress(start) < 2 / wanted && i !== last) continue;
    bins.push([Math.max(0, first[i] - first[start]), Math.max(0, second[i] - second[start])]);
    start = i;
  }
  return bins.filter(([a, b]) => a + b > 0);
}
