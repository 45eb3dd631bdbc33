// Replicas are repetitions of one experiment: their slopes together are less noisy than each alone.
import { studentQuantile } from '../../series/stats/distributions.ts';
import type { Slope } from '../assessment.ts';

export interface PooledGrowth {
  readonly replicas: number;
  /** Mean growth of a replica, with its 95 % interval. */
  readonly perHour: number;
  readonly low: number;
  readonly high: number;
  readonly standardError: number;
  /** perHour / standardError; to be held against Student's t with `replicas - 1` degrees. */
  readonly z: number;
  /** Standard deviation between replicas that their own noise does not explain. */
  readonly spread: number;
}

/**
 * Random-effects mean: replicas differ in load and age, so their rates are not taken to be equal. Between-replica variance by
 * DerSimonian and Laird; the interval by Hartung and Knapp with Student's t, never narrower than the weights alone say (a handful of
 * replicas that agree by chance must not look certain).
 * Source: detection-science 3.6; Röver, Knapp, Friede, BMC Med. Res. Methodol. 15 (2015) 99 for the bound from below.
 *
 * @returns null with fewer than two slopes that have an error.
 */
export function poolSlopes(slopes: readonly Slope[]): PooledGrowth | null {
  const known = slopes.filter(({ perHour, standardError }) => Number.isFinite(perHour) && standardError > 0);
  const k = known.length;
  if (k < 2) return null;
  const own = weighted(known, 0);
  const squares = known.reduce((sum, one) => sum + one.standardError ** -4, 0);
  const excess = own.disagreement - (k - 1);
  const between = Math.max(0, excess / (own.weight - squares / own.weight));
  const all = weighted(known, between);
  const knapp = Math.max(1, all.disagreement / (k - 1));
  const standardError = Math.sqrt(knapp / all.weight);
  const reach = studentQuantile(0.975, k - 1) * standardError;
  return {
    replicas: k,
    perHour: all.mean,
    low: all.mean - reach,
    high: all.mean + reach,
    standardError,
    z: all.mean / standardError,
    spread: Math.sqrt(between),
  };
}

/** Mean by inverse variance, sum of weights, and Cochran's Q under them. */
function weighted(
  slopes: readonly Slope[],
  between: number,
): { mean: number; weight: number; disagreement: number } {
  let weight = 0;
  let sum = 0;
  for (const { perHour, standardError } of slopes) {
    const w = 1 / (standardError ** 2 + between);
    weight += w;
    sum += w * perHour;
  }
  const mean = sum / weight;
  const disagreement = slopes.reduce(
    (total, { perHour, standardError }) => total + (perHour - mean) ** 2 / (standardError ** 2 + between),
    0,
  );
  return { mean, weight, disagreement };
}

/** How much faster one version grows than another. */
export interface GrowthDifference {
  readonly perHour: number;
  readonly low: number;
  readonly high: number;
  readonly z: number;
}

/** Two versions under the same traffic. Normal interval of the difference, each side with its own error (detection-science 3.6). */
export function compareGrowth(older: PooledGrowth | Slope, newer: PooledGrowth | Slope): GrowthDifference {
  const perHour = newer.perHour - older.perHour;
  const standardError = Math.hypot(older.standardError, newer.standardError);
  const reach = 1.96 * standardError;
  return { perHour, low: perHour - reach, high: perHour + reach, z: perHour / standardError };
}
