import { describe, expect, it } from 'vitest';
import {
  median,
  medianAbsoluteDeviationSigma,
  quantile,
  quantileOfSorted,
  sortKnown,
  rangeOf,
} from './quantiles.ts';

// Expected values: numpy 2.4.6 quantile, scipy 1.17.1 stats.median_abs_deviation(scale='normal').
describe('quantiles', () => {
  const values = [7, 1, 5, 3, 9, 2];

  it('agree with numpy at ends, in the middle and in between', () => {
    expect([0, 0.1, 0.25, 0.5, 0.97].map((p) => quantile(values, p))).toEqual([
      1,
      1.5,
      2.25,
      4,
      expect.closeTo(8.7, 12),
    ]);
  });

  it('ignore what is not known and leave their input alone', () => {
    const withGaps = [7, NaN, 1, 5, NaN, 3, 9, 2];
    expect(median(withGaps)).toBe(4);
    expect(withGaps[0]).toBe(7);
    expect(median([])).toBeNaN();
  });

  it('give the range and the median of a part', () => {
    expect(rangeOf(values)).toBe(8);
    expect(rangeOf([NaN, 4, NaN])).toBe(0);
    expect(rangeOf([NaN])).toBeNaN();
    expect(median(values, 1, 4)).toBe(3);
    expect(median(values, 4, 5)).toBe(9);
    expect(median(values, 2, 2)).toBeNaN();
  });

  it('sort few and many values alike', () => {
    const many = Array.from({ length: 100 }, (_, i) => (i * 37) % 101);
    expect([...sortKnown(many)]).toEqual([...many].sort((a, b) => a - b));
    expect([...sortKnown([3, NaN, 1])]).toEqual([1, 3]);
    for (const p of [-1, 0, 0.013, 0.5, 0.77, 1, 2]) {
      expect(quantile([NaN, ...many], p)).toBe(quantileOfSorted(sortKnown(many), p));
    }
  });

  it('estimate sigma from the median absolute deviation as scipy does', () => {
    expect(medianAbsoluteDeviationSigma(values)).toBeCloseTo(3.706505546264005, 12);
  });
});
