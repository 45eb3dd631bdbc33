// Memory against uptime over replicas at one instant: a leak that no history was kept of still stands in the ages.
import { HOUR_MILLIS, type Millis } from '../../base/units.ts';
import { studentQuantile } from '../../series/stats/distributions.ts';
import { fitLeastSquares } from '../../series/stats/least-squares.ts';

export interface AgedLevel {
  readonly ageMillis: Millis;
  /** Of the live floor where it is known, in the lane's unit. */
  readonly level: number;
  /** Work per hour lately; null where nobody counts it. Taken off only where all replicas have it. */
  readonly workPerHour: number | null;
}

export interface AgeGrowth {
  readonly replicas: number;
  readonly youngestMillis: Millis;
  readonly oldestMillis: Millis;
  /** What one more hour of age adds, with its 95 % interval. */
  readonly perHour: number;
  readonly low: number;
  readonly high: number;
  readonly z: number;
  /** BIC of the best curve that levels off, less that of the line: above zero old replicas go on growing. */
  readonly straightness: number;
}

/** Fewer replicas than this may differ by anything (detection-science 3.6). */
export const FEWEST_AGED = 8;
/** Below this ratio of ages, what is common to all starts hides what time adds. */
const AGE_RATIO = 2;
/** Replicas that are younger still fill their pools. */
const SETTLED_MILLIS: Millis = HOUR_MILLIS / 6;

/**
 * level = c + s * age (+ b * work), least squares with errors that hold where replicas scatter unevenly (HC3), against curves
 * that level off. It says that age and memory go together, not that one replica grows: a claim needs one that was watched.
 *
 * @returns null with fewer than `FEWEST_AGED` settled replicas or ages that hardly differ.
 */
export function growthByAge(levels: readonly AgedLevel[]): AgeGrowth | null {
  const settled = levels.filter((one) => one.ageMillis >= SETTLED_MILLIS && Number.isFinite(one.level));
  if (settled.length < FEWEST_AGED) return null;
  const ages = settled.map(({ ageMillis }) => ageMillis);
  const youngestMillis = Math.min(...ages);
  const oldestMillis = Math.max(...ages);
  if (oldestMillis < AGE_RATIO * youngestMillis) return null;
  const base = columnsBeside(settled);
  const level = Float64Array.from(settled, (one) => one.level);
  const hours = Float64Array.from(ages, (age) => age / HOUR_MILLIS);
  const line = fitLeastSquares([...base, hours], level);
  if (line === null) return null;
  const perHour = line.coefficient[base.length] ?? 0;
  const standardError = robustError([...base, hours], line.residual);
  if (!(standardError > 0)) return null;
  const reach = studentQuantile(0.975, line.freedom) * standardError;
  return {
    ...{ replicas: settled.length, youngestMillis, oldestMillis },
    ...{ perHour, low: perHour - reach, high: perHour + reach, z: perHour / standardError },
    straightness: straightnessOf(base, hours, level, line.sumOfSquares),
  };
}

function columnsBeside(levels: readonly AgedLevel[]): Float64Array[] {
  const ones = new Float64Array(levels.length).fill(1);
  const work = Float64Array.from(levels, ({ workPerHour }) => workPerHour ?? NaN);
  const isTold = work.every((rate) => Number.isFinite(rate)) && work.some((rate) => rate !== work[0]);
  return isTold ? [ones, work] : [ones];
}

/**
 * HC3 error of the last column: what it keeps after projection on the others decides, each residual enlarged by the leverage of
 * its own row. Source: MacKinnon and White, J. Econometrics 29 (1985) 305.
 */
function robustError(columns: readonly Float64Array[], residual: Float64Array): number {
  const last = columns[columns.length - 1] ?? new Float64Array(0);
  const kept = fitLeastSquares(columns.slice(0, -1), last)?.residual ?? last;
  const power = kept.reduce((sum, cell) => sum + cell * cell, 0);
  const leverage = leverages(columns);
  let sum = 0;
  for (let i = 0; i < residual.length; i++) {
    const enlarged = (residual[i] ?? 0) / Math.max(1e-6, 1 - (leverage[i] ?? 0));
    sum += ((kept[i] ?? 0) * enlarged) ** 2;
  }
  return Math.sqrt(sum) / power;
}

/** Diagonal of the hat matrix: each column's part that the ones before it do not hold, squared and normed. */
function leverages(columns: readonly Float64Array[]): Float64Array {
  const sums = new Float64Array(columns[0]?.length ?? 0);
  columns.forEach((column, at) => {
    const kept = at === 0 ? column : (fitLeastSquares(columns.slice(0, at), column)?.residual ?? column);
    const power = kept.reduce((sum, cell) => sum + cell * cell, 0);
    for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] ?? 0) + (kept[i] ?? 0) ** 2 / power;
  });
  return sums;
}

/** Times of filling that are tried, as shares of the oldest age: beyond twice that age a curve is a line. */
const FILL_SHARES = [0.03, 0.06, 0.12, 0.25, 0.5, 1, 2];

function straightnessOf(
  base: readonly Float64Array[],
  hours: Float64Array,
  level: Float64Array,
  ofLine: number,
): number {
  const n = level.length;
  const oldest = hours.reduce((most, hour) => Math.max(most, hour), 0);
  let best = Infinity;
  for (const share of FILL_SHARES) {
    const bent = hours.map((hour) => 1 - Math.exp(-hour / (share * oldest)));
    const fit = fitLeastSquares([...base, bent], level);
    if (fit && (fit.coefficient[base.length] ?? 0) > 0) best = Math.min(best, fit.sumOfSquares);
  }
  // The time of filling is a parameter more.
  return n * Math.log(best / ofLine) + Math.log(n);
}
