// When the first limit is reached, in the space of that limit. detection-science 3.8.
import { HOUR_MILLIS, type Bytes, type Millis } from '../base/units.ts';
import type { TimeToExhaustion } from '../model/finding.ts';
import type { HoursUntil } from './headroom.ts';
import { normalQuantile } from '../series/stats/distributions.ts';

export const EXHAUSTION_CONFIDENCE = 0.8;
/**
 * Intervals from the fit alone cover 44 to 54 % where they promise 80 % (measured, detection-science 3.8): an interval of
 * +-1.28 SE that covers 48 % is one of +-0.64 true sigma, so the true sigma is about twice the SE.
 */
export const EXHAUSTION_WIDENING = 2;
/** No forecast is surer than this share of the rate: what is leaked follows what people do next, not the fit. */
export const EXHAUSTION_FLOOR = 0.15;
/** The runtime kills the process at this many threads (runtime/debug.SetMaxThreads). */
export const MAX_THREADS = 10_000;
/** Beyond this a forecast says "not in sight", not a date. */
export const FORECAST_BOUND_MILLIS: Millis = 365 * 24 * HOUR_MILLIS;

export interface Approach {
  readonly resource: TimeToExhaustion['resource'];
  readonly limit: number;
  /** Distance to the limit in the unit of the slope: positive while it is not reached. */
  readonly headroom: number;
  /** Where conditions vary: instead of headroom over rate. */
  readonly hoursUntil?: HoursUntil;
  readonly perHour: number;
  /** Standard error of `perHour`. */
  readonly error: number;
  /** Slowest and fastest rate, where they are known otherwise than by the error and lie further apart. */
  readonly range?: { readonly low: number; readonly high: number };
}

/**
 * T = H / s with Fieller's interval [H / (s + z SE), H / (s - z SE)], the upper end open when s - z SE <= 0; each end under the
 * conditions that go with it. Null when it does not approach the limit within the forecast bound.
 */
export function forecastExhaustion(atMillis: Millis, approach: Approach): TimeToExhaustion | null {
  const { headroom, perHour, resource, limit } = approach;
  if (!(perHour > 0) || !Number.isFinite(headroom)) return null;
  const hoursUntil: HoursUntil = approach.hoursUntil ?? ((rate) => Math.max(0, headroom) / rate);
  const byFit = normalQuantile(0.5 + EXHAUSTION_CONFIDENCE / 2) * EXHAUSTION_WIDENING * approach.error;
  const z = Math.max(byFit, EXHAUSTION_FLOOR * perHour);
  const fastest = Math.max(perHour + z, approach.range?.high ?? 0);
  const slowest = Math.min(
    perHour - (approach.range ? EXHAUSTION_FLOOR * perHour : z),
    approach.range?.low ?? Infinity,
  );
  const at = atMillis + hoursUntil(perHour, 'expected') * HOUR_MILLIS;
  if (at - atMillis > FORECAST_BOUND_MILLIS) return null;
  const low = atMillis + hoursUntil(fastest, 'least') * HOUR_MILLIS;
  const latest = slowest > 0 ? atMillis + hoursUntil(slowest, 'most') * HOUR_MILLIS : null;
  return {
    resource,
    at,
    low: Math.min(low, at),
    high: latest !== null && latest - atMillis <= FORECAST_BOUND_MILLIS ? Math.max(latest, at) : null,
    confidence: EXHAUSTION_CONFIDENCE,
    limit,
    asOf: atMillis,
  };
}

/**
 * The one that is reached first; of equals the first in the list. A soft limit that was passed kills nobody: what comes
 * after it does.
 */
export function earliestExhaustion(
  atMillis: Millis,
  approaches: readonly Approach[],
): TimeToExhaustion | null {
  let first: TimeToExhaustion | null = null;
  let passed: TimeToExhaustion | null = null;
  for (const approach of approaches) {
    const forecast = forecastExhaustion(atMillis, approach);
    if (forecast?.resource === 'gomemlimit' && forecast.at <= atMillis) passed = forecast;
    else if (forecast && (first === null || forecast.at < first.at)) first = forecast;
  }
  return first ?? passed;
}

export interface Overhead {
  /** Bytes of resident heap per byte of live heap. */
  readonly amplification: number;
  /** RSS that is not heap. */
  readonly besideBytes: Bytes;
}

/**
 * Live heap that fits under a limit on RSS: (limit - beside) / r, r = how much resident heap a byte of live heap has
 * lately cost (97th percentile: it holds garbage and fragmentation).
 */
export function capacityInLiveHeap(limitBytes: Bytes, overhead: Overhead): Bytes {
  return (limitBytes - overhead.besideBytes) / Math.max(1, overhead.amplification);
}
