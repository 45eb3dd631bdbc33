// How fast something grows over minutes, with an interval that believes neither outliers nor neighbours that move together.
import { HOUR_MILLIS, type Millis } from '../base/units.ts';
import { correctedAutocorrelation, effectiveSamples } from '../series/stats/autocorrelation.ts';
import { median } from '../series/stats/quantiles.ts';
import { computeTheilSen } from '../series/stats/theil-sen.ts';

/** Per hour, with its interval. */
export interface RobustGrowth {
  readonly perHour: number;
  readonly low: number;
  readonly high: number;
}

/** More points are gathered into so many medians: pairs of all of them would cost more than they tell. */
const MAX_POINTS = 64;
/** Fewer points have no interval that is worth its name. */
export const FEWEST_POINTS = 8;

/**
 * @param timeMillis ascending; `value` as long, NaN where it is not known.
 * @param confidence of the interval.
 * @returns null with too few points.
 */
export function fitRobustGrowth(
  timeMillis: ArrayLike<Millis>,
  value: ArrayLike<number>,
  confidence = 0.95,
): RobustGrowth | null {
  const [hours, values] = gather(timeMillis, value);
  if (hours.length < FEWEST_POINTS) return null;
  const plain = computeTheilSen(hours, values, { confidence, inflation: 1 });
  if (plain === null) return null;
  const rest = values.map((v, i) => v - plain.slope * (hours[i] ?? 0));
  const middle = median(rest);
  const phi = correctedAutocorrelation(
    rest.map((v) => v - middle),
    2,
  );
  const inflation = Math.max(1, values.length / effectiveSamples(values.length, phi));
  const fit = computeTheilSen(hours, values, { confidence, inflation });
  return fit && { perHour: fit.slope, low: fit.low, high: fit.high };
}

function gather(timeMillis: ArrayLike<Millis>, value: ArrayLike<number>): [Float64Array, Float64Array] {
  const known: number[] = [];
  for (let row = 0; row < timeMillis.length; row++) {
    if (!Number.isNaN(value[row] ?? NaN)) known.push(row);
  }
  const points = Math.min(known.length, MAX_POINTS);
  const origin = timeMillis[known[0] ?? 0] ?? 0;
  const hours = new Float64Array(points);
  const values = new Float64Array(points);
  for (let point = 0; point < points; point++) {
    const from = Math.floor((point * known.length) / points);
    const to = Math.floor(((point + 1) * known.length) / points);
    const rows = known.slice(from, to);
    hours[point] = (median(rows.map((row) => timeMillis[row] ?? 0)) - origin) / HOUR_MILLIS;
    values[point] = median(rows.map((row) => value[row] ?? NaN));
  }
  return [hours, values];
}
