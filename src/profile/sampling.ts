// Sampling theory of Go heap profiles: everything that turns sampled objects into estimates with intervals.
//
// The runtime records an allocation of s bytes with p = 1 - exp(-s / R): gaps between recorded bytes are exponential
// with mean R = MemProfileRate. Recording is decided once, when the object is born, so of n live objects
// k ~ Binomial(n, p) are in the profile, and objects that are in two profiles cancel exactly in their difference.
//
//     B^ = k s / p                       unbiased; what pprof prints as inuse_space
//     V^ = k s^2 (1 - p) / p^2           unbiased estimate of Var(B^) = n s^2 (1 - p) / p
//     s << R: B^ = k R, relative SD 1 / sqrt(k);   s >> R: p -> 1, exact
//     dB^ = (k2 - k1) s / p              Var = s^2 (1 - p) / p^2 * N, N = sampled births + deaths in between
//
// Sources: runtime/malloc.go (nextSample), runtime/pprof scaleHeapSample; F. Garwood, Biometrika 28 (1936) 437;
// C. J. Clopper, E. S. Pearson, Biometrika 26 (1934) 404; G. Y. Zou, A. Donner, Statist. Med. 27 (2008) 1693 (MOVER);
// E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209.
import type { Bytes, Share } from '../base/units.ts';
import { betaI, gammaP, lnGamma, normalQuantile, solveIncreasing } from './distributions.ts';

/** Confidence of intervals unless the caller wants another. */
export const DEFAULT_CONFIDENCE = 0.95;

/** Below this p the binomial is a Poisson to within 1 % of its variance. */
const POISSON_BELOW = 0.01;

/** From here on the normal approximation of a count is within 0.1 % of the exact limits. */
const MANY_SAMPLES = 10_000;

/** Probability that an object of this size is recorded. A period of 1 or less records everything. */
export function samplingProbability(objectBytes: Bytes, periodBytes: Bytes): Share {
  if (periodBytes <= 1) return 1;
  return objectBytes <= 0 ? 0 : -Math.expm1(-objectBytes / periodBytes);
}

/**
 * How many recorded objects stand behind an estimated number of objects: k = objects * p, undone exactly where the
 * runtime truncated k / p to `objects`, to the nearest where somebody else rounded.
 */
export function recoverSampleCount(objects: number, probability: Share): number {
  const samples = objects * probability;
  const above = Math.ceil(samples);
  return Math.trunc(above / probability) === objects ? above : Math.round(samples);
}

/** Bytes with the interval that sampling leaves. */
export interface LevelEstimate {
  /** Recorded objects. */
  readonly samples: number;
  readonly bytes: Bytes;
  /** Of `bytes`, in bytes squared; add those of independent sites. */
  readonly variance: number;
  readonly low: Bytes;
  readonly high: Bytes;
  readonly confidence: Share;
}

/**
 * Estimates live bytes from recorded objects of one size.
 *
 * The interval is exact: Poisson limits for small p, limits of a binomial with unknown n otherwise. With no recorded
 * object it is [0, high]: "not in the profile" only means "less than that".
 */
export function estimateLevel(
  samples: number,
  objectBytes: Bytes,
  periodBytes: Bytes,
  confidence: Share = DEFAULT_CONFIDENCE,
): LevelEstimate {
  const p = samplingProbability(objectBytes, periodBytes);
  if (p === 0) return { samples, bytes: 0, variance: 0, low: 0, high: Infinity, confidence };
  const [low, high] = objectInterval(samples, p, confidence);
  return {
    samples,
    bytes: (samples * objectBytes) / p,
    variance: (samples * objectBytes * objectBytes * (1 - p)) / (p * p),
    low: low * objectBytes,
    high: high * objectBytes,
    confidence,
  };
}

/** Bytes of which one could be sure, with this confidence, that they would have shown: 3.0 s / p at 0.95. */
export function largestInvisible(
  objectBytes: Bytes,
  periodBytes: Bytes,
  confidence: Share = DEFAULT_CONFIDENCE,
): Bytes {
  const p = samplingProbability(objectBytes, periodBytes);
  if (p === 0) return Infinity;
  return p === 1 ? 0 : (-Math.log(1 - confidence) * objectBytes) / p;
}

/** Interval of the number of live objects behind k recorded ones. */
function objectInterval(k: number, p: Share, confidence: Share): readonly [number, number] {
  const tail = (1 - confidence) / 2;
  if (p >= 1) return [k, k];
  if (p < POISSON_BELOW) {
    const [low, high] = poissonInterval(k, confidence);
    // The interval of the mean n p can undercut k itself, but k objects were seen.
    return [Math.max(k, low / p), high / p];
  }
  if (k > MANY_SAMPLES) {
    const half = (-normalQuantile(tail) * Math.sqrt(k * (1 - p))) / p;
    return [Math.max(k, k / p - half), k / p + half];
  }
  const guess = k / p + 10 / p;
  // P(X >= k | n) and 1 - P(X <= k | n) both rise with n; n is a whole number.
  const low = k === 0 ? 0 : solveIncreasing((n) => betaI(p, k, n - k + 1), tail, [k, guess]);
  const high = solveIncreasing((n) => betaI(p, k + 1, n - k), 1 - tail, [k, guess]);
  return [Math.max(k, Math.ceil(low - 1e-6)), Math.max(k, Math.floor(high + 1e-6))];
}

/** Exact (Garwood) interval of a Poisson mean of which k were seen. */
export function poissonInterval(
  k: number,
  confidence: Share = DEFAULT_CONFIDENCE,
): readonly [number, number] {
  const tail = (1 - confidence) / 2;
  if (k > MANY_SAMPLES) {
    const half = -normalQuantile(tail) * Math.sqrt(k);
    return [k - half, k + half];
  }
  const bracket = [0, k + 10 * Math.sqrt(k) + 20] as const;
  const low = k === 0 ? 0 : solveIncreasing((x) => gammaP(k, x), tail, bracket);
  const high = solveIncreasing((x) => gammaP(k + 1, x), 1 - tail, bracket);
  return [low, high];
}

/** Two looks at one site and object size. */
export interface GrowthInput {
  readonly objectBytes: Bytes;
  readonly periodBytes: Bytes;
  /** Recorded live objects before and after. */
  readonly samplesBefore: number;
  readonly samplesAfter: number;
  /** Recorded allocations in between (from alloc_objects); null when the profile does not say. */
  readonly allocatedSamples: number | null;
}

export interface GrowthEstimate {
  readonly bytes: Bytes;
  readonly variance: number;
  readonly low: Bytes;
  readonly high: Bytes;
  readonly confidence: Share;
  /** Growth in units of its noise. */
  readonly z: number;
  /** Upper bounds of the recorded objects born in between and still alive, and of those that died. */
  readonly births: number;
  readonly deaths: number;
  /** Noise of z, in bytes squared: sum of (s / p)^2 N. */
  readonly eventVariance: number;
}

/**
 * Growth of one site between two profiles of one incarnation.
 *
 * Births and deaths are not seen one by one, only bounded: |k2 - k1| <= births + deaths <= min(da + df, k1 + k2), with
 * da, df the recorded allocations and frees in between. The upper bound is used, so z errs to the small side:
 * `z = (k2 - k1) / sqrt(max(1, min(da + df, k1 + k2)))`. The interval joins the exact intervals of births and deaths
 * by MOVER: unlike one from the variance, it holds for small counts too, and has no width where p = 1.
 */
export function estimateGrowth(input: GrowthInput, confidence: Share = DEFAULT_CONFIDENCE): GrowthEstimate {
  const { objectBytes, periodBytes, samplesBefore, samplesAfter } = input;
  const change = samplesAfter - samplesBefore;
  // Alive after and born in between: neither more than are alive after, nor more than were allocated.
  const allocated = input.allocatedSamples ?? Infinity;
  const births = Math.max(0, change, Math.min(samplesAfter, allocated));
  const deaths = births - change;
  const p = samplingProbability(objectBytes, periodBytes);
  const perSample = p === 0 ? 0 : objectBytes / p;
  const born = estimateLevel(births, objectBytes, periodBytes, confidence);
  const died = estimateLevel(deaths, objectBytes, periodBytes, confidence);
  const events = births + deaths;
  const bytes = change * perSample;
  return {
    bytes,
    variance: perSample * perSample * (1 - p) * events,
    low: bytes - Math.hypot(born.bytes - born.low, died.high - died.bytes),
    high: bytes + Math.hypot(born.high - born.bytes, died.bytes - died.low),
    confidence,
    z: change / Math.sqrt(Math.max(1, events)),
    births,
    deaths,
    eventVariance: perSample * perSample * Math.max(1, events),
  };
}

/**
 * Growth of several independent sites or object sizes taken together: estimates and variances add up, so do the
 * squares of the distances to the limits (MOVER). z of the sum; 0 for nothing.
 */
export function sumGrowth(
  parts: readonly GrowthEstimate[],
  confidence: Share = DEFAULT_CONFIDENCE,
): GrowthEstimate {
  let bytes = 0;
  let variance = 0;
  let below = 0;
  let above = 0;
  let eventVariance = 0;
  let births = 0;
  let deaths = 0;
  for (const part of parts) {
    bytes += part.bytes;
    variance += part.variance;
    births += part.births;
    deaths += part.deaths;
    // A part in which nothing happened carries no noise into the sum: else a thousand sites that are long dead would hide
    // the one that grows.
    if (part.births + part.deaths === 0) continue;
    below += (part.bytes - part.low) ** 2;
    above += (part.high - part.bytes) ** 2;
    eventVariance += part.eventVariance;
  }
  return {
    bytes,
    variance,
    low: bytes - Math.sqrt(below),
    high: bytes + Math.sqrt(above),
    confidence,
    z: eventVariance === 0 ? 0 : bytes / Math.sqrt(eventVariance),
    births,
    deaths,
    eventVariance,
  };
}

/**
 * Chance of a rise this large or larger if every recorded change were a birth or a death with equal odds:
 * k2 | k1 + k2 ~ Binomial(k1 + k2, 1/2). Exact, and cautious where objects persist. For small counts, where z lies.
 */
export function growthPValue(samplesBefore: number, samplesAfter: number): number {
  return samplesAfter <= 0 ? 1 : betaI(0.5, samplesAfter, samplesBefore + 1);
}

/**
 * Logarithm of the e-value of "grows" against "births and deaths are equally likely" for one interval, a mixture over
 * all birth shares above one half: e = 2^(b+d+1) * integral from 1/2 to 1 of pi^b (1 - pi)^d. Over intervals, add up;
 * evidence at level alpha among m sites once the sum passes ln(m / alpha), at any time (anytime-valid).
 */
export function logGrowthEValue(births: number, deaths: number): number {
  const logBeta = lnGamma(births + 1) + lnGamma(deaths + 1) - lnGamma(births + deaths + 2);
  const upper = betaI(0.5, deaths + 1, births + 1); // = 1 - I_1/2(b + 1, d + 1), without cancellation
  return (births + deaths + 1) * Math.LN2 + logBeta + Math.log(Math.max(upper, 1e-300));
}

/**
 * Share of what was allocated in between that is still there, with Wilson's interval: near 1 for a leak, near 0 for a
 * steady cache or short-lived objects. null when nothing was allocated.
 */
export function survivalShare(
  survivedSamples: number,
  allocatedSamples: number,
  confidence: Share = DEFAULT_CONFIDENCE,
): { readonly value: Share; readonly low: Share; readonly high: Share } | null {
  if (allocatedSamples <= 0) return null;
  const n = allocatedSamples;
  const share = Math.min(1, Math.max(0, survivedSamples / n));
  const z = -normalQuantile((1 - confidence) / 2);
  const center = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return { value: share, low: Math.max(0, center - half), high: Math.min(1, center + half) };
}

/** z beyond which one of `tests` sites is significant at level alpha, one-sided, after Bonferroni. */
export function criticalZ(alpha: number, tests: number): number {
  return -normalQuantile(alpha / Math.max(1, tests));
}
