import { MINUTE_MILLIS, SECOND_MILLIS, type Millis } from '../base/units.ts';

export interface Backoff {
  /** Delay after the first failure, before jitter. */
  readonly firstMillis: Millis;
  /** Never longer: a target that comes back is seen within this time. */
  readonly maxMillis: Millis;
}

export const TARGET_BACKOFF: Backoff = { firstMillis: 5 * SECOND_MILLIS, maxMillis: 2 * MINUTE_MILLIS };

/**
 * Delay before the next try: doubles with every failure up to a bound; half of it is random, so that a hundred targets that
 * went down together are not asked together.
 *
 * @param failuresInARow from 1.
 * @param random in [0, 1).
 * @returns between half of the bounded exponential delay and all of it.
 */
export function computeBackoff(
  failuresInARow: number,
  random: number,
  backoff: Backoff = TARGET_BACKOFF,
): Millis {
  // 2^30 is far beyond any bound; without this a long outage would overflow to Infinity.
  const exponent = Math.min(Math.max(failuresInARow - 1, 0), 30);
  const full = Math.min(backoff.firstMillis * 2 ** exponent, backoff.maxMillis);
  return full / 2 + (full / 2) * random;
}
