// Theil-Sen: the median of all pairwise slopes, with an interval from Kendall's statistic.
import { normalQuantile } from './distributions.ts';
import { median, selectCell } from './quantiles.ts';

export interface RobustSlope {
  readonly slope: number;
  readonly low: number;
  readonly high: number;
}

/** Above this many points the pairs (n^2 / 2) cost more than a fit may: callers pass blocks. */
export const THEIL_SEN_POINTS_BOUND = 256;

/**
 * Robust slope of y over x (x strictly increasing, in any unit). The interval at `confidence` takes the order statistics
 * (N -+ z sqrt(Var S)) / 2 of the N pairwise slopes; `inflation` (n / effective n, >= 1) widens Var S for
 * autocorrelation. Var S is the tie-free form n (n - 1) (2 n + 5) / 18. Null below 3 points or above the bound.
 * Source: Sen 1968; Gilbert 1987, section 16.5.
 */
export function computeTheilSen(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: { readonly confidence: number; readonly inflation: number },
): RobustSlope | null {
  const n = x.length;
  if (n < 3 || n > THEIL_SEN_POINTS_BOUND) return null;
  const slopes = new Float64Array((n * (n - 1)) / 2);
  let count = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      if (x[j] > x[i]) slopes[count++] = (y[j] - y[i]) / (x[j] - x[i]);
    }
  }
  if (count === 0) return null;
  const found = slopes.subarray(0, count);
  const z = normalQuantile(0.5 + options.confidence / 2);
  const spread = z * Math.sqrt((options.inflation * n * (n - 1) * (2 * n + 5)) / 18);
  const lowRank = Math.floor((count - spread) / 2);
  const highRank = Math.ceil((count + spread) / 2);
  return {
    slope: median(found),
    low: lowRank >= 0 ? selectCell(found, lowRank) : -Infinity,
    high: highRank < count ? selectCell(found, highRank) : Infinity,
  };
}
