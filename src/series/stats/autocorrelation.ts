// First-order autocorrelation of residuals and what it costs in effective samples.
import { dot } from './least-squares.ts';

/** Above this an AR(1) model has no mean to return to within any window that we look at. */
export const HIGHEST_AUTOCORRELATION = 0.98;

/** Plain lag-1 autocorrelation of values whose mean is zero by construction; 0 when they are all zero. */
export function lagOneAutocorrelation(residual: Float64Array): number {
  const power = dot(residual, residual);
  if (!(power > 0)) return 0;
  let sum = 0;
  for (let i = 1; i < residual.length; i++) sum += residual[i] * residual[i - 1];
  return sum / power;
}

/**
 * Lag-1 autocorrelation of regression residuals, corrected for the bias that fitting `columns` columns causes
 * (about -(k + (k + 2) phi) / n; Kendall 1954 for k = 1, Park & Mitchell 1980 for a trend), then clipped to
 * [0, HIGHEST_AUTOCORRELATION]: negative correlation would only make us bolder.
 */
export function correctedAutocorrelation(residual: Float64Array, columns: number): number {
  const n = residual.length;
  if (n < 4) return HIGHEST_AUTOCORRELATION;
  const plain = lagOneAutocorrelation(residual);
  // Solved for phi: plain = phi - (k + (k + 2) phi) / n.
  const corrected = n > columns + 2 ? (plain + columns / n) / (1 - (columns + 2) / n) : 1;
  return Math.min(Math.max(corrected, 0), HIGHEST_AUTOCORRELATION);
}

/**
 * n (1 - phi) / (1 + phi): how many independent samples n samples of an AR(1) process are worth for a mean. The formula
 * is for long series; of a short one with a long memory, no fewer than one.
 */
export function effectiveSamples(n: number, phi: number): number {
  return Math.max(Math.min(n, 1), (n * (1 - phi)) / (1 + phi));
}

/**
 * Prais-Winsten transform: the column as an AR(1) process with `phi` would be made white. The first cell
 * keeps its information, scaled by sqrt(1 - phi^2). Source: Prais & Winsten 1954; Greene, Econometric Analysis, 20.8.
 *
 * @param white where it is written, as long as the column: a new array unless told.
 */
export function whiten(
  column: Float64Array,
  phi: number,
  white: Float64Array = new Float64Array(column.length),
): Float64Array {
  if (column.length === 0 || phi === 0) {
    white.set(column);
    return white;
  }
  white[0] = column[0] * Math.sqrt(1 - phi * phi);
  for (let i = 1; i < column.length; i++) white[i] = column[i] - phi * column[i - 1];
  return white;
}
