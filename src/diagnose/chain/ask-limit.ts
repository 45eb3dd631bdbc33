import { MIB, formatBytes } from '../../base/units.ts';
import type { ChainStep } from '../../model/chain-step.ts';
import { formatLeft } from '../../model/finding-text.ts';
import { quantile } from '../../series/stats/quantiles.ts';
import { halvesOf, lastOf, pointsOf, round, windowOf, type Facts } from './facts.ts';
import { growthOfLedger } from './ledger-growth.ts';

/** Above this share of its limit a healthy process has no room for a burst. */
const TIGHT_SHARE = 0.9;
/** A limit is sized so that the peak leaves this much room ... */
const HEADROOM = 1.25;
/** ... or this much, where a stay was too short to have seen the peak of a day. */
const SHORT_HEADROOM = 1.5;
const DAY_MILLIS = 86_400_000;
/** A process that has just started has not shown what it needs; a peak that is tight already is. */
const SHORTEST_WATCH_MILLIS = 10 * 60_000;
/** GOMEMLIMIT leaves a tenth of the limit for what Go does not count. */
const GO_SHARE = 0.9;
/** GOMEMLIMIT is math.MaxInt64 when there is none. */
const NO_LIMIT_BYTES = 2 ** 60;
const STEP_BYTES = 16 * MIB;

/** Is the limit too small for this service? */
export function askLimit(facts: Facts): ChainStep {
  const rss = pointsOf(facts, 'rssBytes');
  const { limitBytes } = facts;
  const peak = rss === null ? null : rss.value.reduce((a, b) => Math.max(a, b), 0);
  const share = peak === null || limitBytes === null ? null : peak / limitBytes;
  const isLeaking = facts.findings.some(({ verdict }) => verdict === 'leak');
  const isTight = share !== null && share >= TIGHT_SHARE;
  const { startMillis, endMillis } = halvesOf(facts);
  const isEarly = endMillis - startMillis < SHORTEST_WATCH_MILLIS;
  const outcome = share === null || (isEarly && !isTight) ? 'open' : isTight ? 'supports' : 'contradicts';
  const fit = rss === null || peak === null || isEarly ? null : recommend(facts, rss.value, peak);
  return {
    step: 'limit',
    question: 'Is the memory limit too small?',
    hypothesis: 'the limit is too small for what the service needs at its busiest',
    prediction: 'the peak of resident memory comes close to it, leak or not',
    test: 'peak of resident memory over the limit',
    numbers: {
      statistic: share === null ? null : round(share),
      threshold: TIGHT_SHARE,
      peakBytes: peak,
      limitBytes,
      recommendedBytes: fit?.limit ?? null,
      recommendedLowBytes: fit?.low ?? null,
      recommendedHighBytes: fit?.high ?? null,
      recommendedGoMemLimitBytes: fit?.goLimit ?? null,
      ...windowOf(facts),
    },
    outcome,
    answer: answer(facts, peak, share, outcome, isLeaking),
    ruledOut:
      outcome === 'contradicts'
        ? [
            {
              explanation: 'a limit that is too small',
              why: `the peak took ${Math.round(100 * (share ?? 0))} % of it`,
            },
          ]
        : [],
    advice: [
      ...softLimitAdvice(facts),
      ...(fit === null || isLeaking || isUndecided(facts) ? [] : adviceOf(facts, fit)),
    ],
    next: [],
  };
}

/** Memory grows, and whether it goes on cannot be told: what it needs by now says nothing of what it will need. */
function isUndecided({ assessment }: Facts): boolean {
  return assessment.lanes.some(
    ({ unit, verdict, isSuspect, growth }) =>
      unit === 'bytes' &&
      (verdict === 'leak' || isSuspect || (verdict === 'undetermined' && (growth?.low ?? 0) > 0)),
  );
}

/** A collection has to leave this much below GOMEMLIMIT, or the next one follows at once. */
const ROOM_FOR_GARBAGE = 0.9;

/** A GOMEMLIMIT that cannot do what it is for. */
function softLimitAdvice(facts: Facts): string[] {
  const soft = lastOf(facts, 'goMemLimitBytes');
  if (soft === null || soft >= NO_LIMIT_BYTES) return [];
  const { limitBytes } = facts;
  if (limitBytes !== null && soft >= limitBytes) {
    return [
      `GOMEMLIMIT ${formatBytes(soft)} lies above the memory limit ${formatBytes(limitBytes)} and never acts: set nine tenths of it, less what is not Go's`,
    ];
  }
  const parts = growthOfLedger(facts)?.parts ?? [];
  const kept = parts
    .filter(({ part }) => part === 'liveBytes' || part === 'stackBytes' || part === 'runtimeBytes')
    .reduce((sum, { nowBytes }) => sum + nowBytes, 0);
  return kept < ROOM_FOR_GARBAGE * soft
    ? []
    : [
        `GOMEMLIMIT ${formatBytes(soft)} is too small: ${formatBytes(kept)} are live, so that the collector hardly ever rests; raise it or keep less`,
      ];
}

interface Fit {
  readonly limit: number;
  readonly low: number;
  readonly high: number;
  readonly goLimit: number | null;
}

/**
 * Peak and headroom. The interval goes from what the busiest hundredth of the time needs to the same headroom over a peak
 * that a longer watch would show.
 */
function recommend(facts: Facts, rss: Float64Array, peak: number): Fit {
  const { table, rows } = facts;
  const watched = table.timeMillis[rows.to - 1] - table.timeMillis[rows.from];
  const headroom = watched < DAY_MILLIS ? SHORT_HEADROOM : HEADROOM;
  const limit = roundUp(headroom * peak);
  const parts = growthOfLedger(facts)?.parts ?? [];
  const beside = parts
    .filter(({ part }) => part === 'nativeBytes' || part === 'fileBackedBytes')
    .reduce((sum, { nowBytes }) => sum + nowBytes, 0);
  return {
    limit,
    low: roundUp(HEADROOM * quantile(rss, 0.99)),
    high: roundUp(SHORT_HEADROOM * headroom * peak),
    goLimit:
      parts.length === 0
        ? null
        : Math.max(STEP_BYTES, Math.floor((GO_SHARE * limit - beside) / STEP_BYTES) * STEP_BYTES),
  };
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / STEP_BYTES) * STEP_BYTES;
}

function adviceOf(facts: Facts, { limit, low, high, goLimit }: Fit): string[] {
  const current = lastOf(facts, 'goMemLimitBytes');
  const isUnset = current === null || current >= NO_LIMIT_BYTES;
  return [
    `memory limit ${formatBytes(limit)} (${formatBytes(low)} to ${formatBytes(high)})`,
    ...(goLimit !== null && isUnset
      ? [`GOMEMLIMIT=${goLimit / MIB}MiB with it: nine tenths of the limit less what is not Go's`]
      : []),
  ];
}

function answer(
  facts: Facts,
  peak: number | null,
  share: number | null,
  outcome: ChainStep['outcome'],
  isLeaking: boolean,
): string {
  if (peak === null) return 'Resident memory is not known.';
  if (share === null) return `No limit is known; the peak was ${formatBytes(peak)}.`;
  const at = `the peak took ${Math.round(100 * share)} % of ${formatBytes(facts.limitBytes ?? 0)}`;
  const left =
    facts.findings.find((f) => f.timeToExhaustion !== null)?.timeToExhaustion ?? facts.assessment.exhaustion;
  const when = left === null ? '' : `; reached ${formatLeft(left, facts.assessment.atMillis)}`;
  if (isLeaking) return `A larger one only delays it: ${at}${when}.`;
  if (outcome === 'open') return `Too early to tell: ${at}${when}.`;
  return `${outcome === 'supports' ? 'Yes' : 'No'}: ${at}${when}.`;
}
