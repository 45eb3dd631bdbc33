// Which limits fit a service that does not leak: from the peak that was seen, and the one that is to be expected.
import { DAY_MILLIS, MIB, type Bytes, type Millis } from '../../base/units.ts';
import { forecastPeak, type PeakForecast } from '../../series/peak-forecast.ts';
import type { Points } from '../../series/points.ts';
import { laneOf, lastOf, pointsOf, type Facts } from './facts.ts';
import { growthOfLedger, type LedgerPart } from './ledger-growth.ts';

/** Above this share of its limit a healthy process has no room for a burst: limits are sized so that the peak takes this. */
export const TIGHT_SHARE = 0.9;
/** A limit is set for about so long; the peak of that time is what it has to hold. */
export const HORIZON_MILLIS: Millis = 30 * DAY_MILLIS;
/** GOMEMLIMIT leaves a tenth of what is Go's: the collector starts before it, and memory is counted late. */
const GO_SHARE = 0.9;
/** A bound that is passed by so much was none. */
const PAST_BOUND = 1.2;
/** GOGC where it is not known. */
const DEFAULT_GOGC = 100;

/** Bytes with a 95 % interval. */
export interface Sized {
  readonly value: Bytes;
  readonly low: Bytes;
  readonly high: Bytes;
}

export interface LimitFit {
  readonly limit: Sized;
  /** null where what Go holds is not known, or no GOMEMLIMIT would leave the collector room. */
  readonly goLimit: Sized | null;
  readonly forecast: PeakForecast;
}

/** null while too little was seen. The peak of RSS over the horizon, what still fills added, over the share it may take. */
export function fitLimits(facts: Facts): LimitFit | null {
  const rss = pointsOf(facts, 'rssBytes');
  const steady = rss === null ? null : forecastPeak(settledPart(facts, rss), HORIZON_MILLIS);
  if (steady === null) return null;
  const fill = stillToFill(facts);
  const forecast = {
    seen: steady.seen,
    value: steady.value + fill.value,
    low: steady.low + fill.low,
    high: steady.high + fill.high,
  };
  const sized = (bytes: number) => roundUp(bytes / TIGHT_SHARE);
  const limit = { value: sized(forecast.value), low: sized(forecast.low), high: sized(forecast.high) };
  return { limit, goLimit: fitGoLimit(facts, limit), forecast };
}

/** From the step on, or the newer half of what fills: the way there says nothing of the level. */
function settledPart(facts: Facts, rss: Points): Points {
  const lanes = facts.assessment.lanes.filter(({ unit }) => unit === 'bytes');
  const last = rss.timeMillis[rss.timeMillis.length - 1];
  const steps = lanes.flatMap((lane) => (lane.verdict === 'step' ? (lane.onsetAtMillis ?? []) : []));
  const isFilling = lanes.some(({ verdict }) => verdict === 'filling-to-bound');
  const half = isFilling ? (rss.timeMillis[0] + last) / 2 : -Infinity;
  const from = Math.max(half, ...steps);
  const first = rss.timeMillis.findIndex((at) => at >= from);
  const part = { timeMillis: rss.timeMillis.slice(first), value: rss.value.slice(first) };
  return first > 0 && forecastPeak(part, HORIZON_MILLIS) !== null ? part : rss;
}

/** What caches and pools that fill have yet to take, in resident memory: each live byte has garbage beside it. */
function stillToFill(facts: Facts): Sized {
  const gogc = lastOf(facts, 'gogcPercent') ?? DEFAULT_GOGC;
  const sum = { value: 0, low: 0, high: 0 };
  for (const name of ['heap', 'native'] as const) {
    const lane = laneOf(facts, name);
    if (lane?.verdict !== 'filling-to-bound' || lane.predictedBound === null) continue;
    const factor = name === 'heap' ? 1 + Math.max(0, gogc) / 100 : 1;
    sum.value += factor * Math.max(0, lane.predictedBound - lane.level);
    sum.high += factor * Math.max(0, PAST_BOUND * lane.predictedBound - lane.level);
  }
  return sum;
}

/** A collection has to leave this much below GOMEMLIMIT, or the next one follows at once. */
export const ROOM_FOR_GARBAGE = 0.9;

function fitGoLimit(facts: Facts, limit: Sized): Sized | null {
  const { parts = [], mostKeptBytes = 0 } = growthOfLedger(facts) ?? {};
  if (parts.length === 0) return null;
  const total = (names: readonly LedgerPart[]) =>
    parts
      .filter(({ part }) => names.includes(part))
      .reduce(
        (sum, { nowBytes, noiseBytes }) => ({
          now: sum.now + Math.max(0, nowBytes),
          noise: sum.noise + noiseBytes,
        }),
        { now: 0, noise: 0 },
      );
  const beside = total(['nativeBytes', 'fileBackedBytes']);
  const share = (of: Bytes, notGo: Bytes) => Math.floor((GO_SHARE * (of - notGo)) / MIB) * MIB;
  const value = share(limit.value, beside.now);
  // However uncertain the peak is: below this the collector would have no rest when most is live.
  const least = roundUp(mostKeptBytes / ROOM_FOR_GARBAGE);
  if (value <= least) return null;
  return {
    value,
    low: Math.max(least, share(limit.low, beside.now + beside.noise)),
    high: share(limit.high, Math.max(0, beside.now - beside.noise)),
  };
}

function roundUp(bytes: Bytes): Bytes {
  return Math.ceil(bytes / MIB) * MIB;
}

/** What a larger limit would buy a leak. */
export interface TimeBought {
  readonly extraBytes: Bytes;
  readonly millis: Millis;
  readonly lowMillis: Millis;
  /** null = no upper bound. */
  readonly highMillis: Millis | null;
}

/** Where no limit is known: so much more. */
const SOME_BYTES: Bytes = 256 * MIB;

/**
 * The time that a limit twice as large, or SOME_BYTES more, gives a leak: at the rate of the forecast where there is one
 * (in resident memory), else of the finding with the garbage that stands beside live bytes.
 */
export function timeBought(facts: Facts): TimeBought | null {
  const leak = facts.findings.find(({ verdict }) => verdict === 'leak');
  if (leak === undefined) return null;
  const extraBytes = facts.limitBytes ?? SOME_BYTES;
  const rate = rateByForecast(facts, leak) ?? rateByGrowth(facts, leak);
  if (rate === null) return null;
  const span = (perHour: number) => (extraBytes / perHour) * 3_600_000;
  return {
    extraBytes,
    millis: span(rate.value),
    lowMillis: span(rate.high),
    highMillis: rate.low > 0 ? span(rate.low) : null,
  };
}

type Leak = Facts['findings'][number];

/** Bytes of RSS per hour. */
function rateByForecast(facts: Facts, { timeToExhaustion: left }: Leak): Sized | null {
  const rss = lastOf(facts, 'rssBytes');
  if (left?.resource !== 'memory-limit' || left.limit === undefined || rss === null) return null;
  const room = left.limit - rss;
  const from = left.asOf ?? facts.assessment.atMillis;
  if (!(room > 0) || left.low <= from || left.at <= from) return null;
  const perHour = (at: Millis) => (room / (at - from)) * 3_600_000;
  return {
    value: perHour(left.at),
    low: left.high === null ? 0 : perHour(left.high),
    high: perHour(left.low),
  };
}

function rateByGrowth(facts: Facts, { growth, class: kind }: Leak): Sized | null {
  if (growth === null || growth.unit !== 'bytes' || !(growth.perHour > 0)) return null;
  const gogc = lastOf(facts, 'gogcPercent') ?? DEFAULT_GOGC;
  const factor = kind === 'heap' ? 1 + Math.max(0, gogc) / 100 : 1;
  return {
    value: factor * growth.perHour,
    low: factor * Math.max(0, growth.low),
    high: factor * growth.high,
  };
}
