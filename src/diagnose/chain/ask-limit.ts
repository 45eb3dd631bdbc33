import { DAY_MILLIS, MIB, formatBytes, formatDuration } from '../../base/units.ts';
import type { ChainStep } from '../../model/chain-step.ts';
import { formatLeft } from '../../model/finding-text.ts';
import { describePassedLimit } from '../../model/passed-limit.ts';
import { judgeLife } from '../../model/report.ts';
import { halvesOf, judgedLife, lastOf, pointsOf, round, windowOf, type Facts } from './facts.ts';
import { growthOfLedger } from './ledger-growth.ts';
import {
  HORIZON_MILLIS,
  ROOM_FOR_GARBAGE,
  TIGHT_SHARE,
  fitLimits,
  timeBought,
  type LimitFit,
  type Sized,
  type TimeBought,
} from './limit-fit.ts';

/** A process that has just started has not shown what it needs; a peak that is tight already is. */
const SHORTEST_WATCH_MILLIS = 10 * 60_000;
/** GOMEMLIMIT is math.MaxInt64 when there is none. */
const NO_LIMIT_BYTES = 2 ** 60;

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
  const fit = isEarly || isLeaking || isUndecided(facts) ? null : fitLimits(facts);
  const bought = timeBought(facts);
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
      forecastPeakBytes: rounded(fit?.forecast.value),
      forecastLowBytes: rounded(fit?.forecast.low),
      forecastHighBytes: rounded(fit?.forecast.high),
      forecastMillis: fit === null ? null : HORIZON_MILLIS,
      recommendedBytes: fit?.limit.value ?? null,
      recommendedLowBytes: fit?.limit.low ?? null,
      recommendedHighBytes: fit?.limit.high ?? null,
      recommendedGoMemLimitBytes: fit?.goLimit?.value ?? null,
      recommendedGoMemLimitLowBytes: fit?.goLimit?.low ?? null,
      recommendedGoMemLimitHighBytes: fit?.goLimit?.high ?? null,
      moreBytes: bought?.extraBytes ?? null,
      moreBuysMillis: rounded(bought?.millis),
      moreBuysLowMillis: rounded(bought?.lowMillis),
      moreBuysHighMillis: rounded(bought?.highMillis),
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
      ...(fit === null ? [] : adviceOf(facts, fit)),
      ...(bought === null ? [] : [boughtText(bought)]),
    ],
    next: [],
  };
}

/** Of resident memory: as much does any process move by. */
const STILL_SHARE = 0.05;

/** Memory grows, and whether it goes on cannot be told: what it needs by now says nothing of what it will need. */
function isUndecided(facts: Facts): boolean {
  const isSeen = facts.assessment.lanes.some(
    ({ unit, verdict, isSuspect, growth }) =>
      unit === 'bytes' &&
      (verdict === 'leak' || isSuspect || (verdict === 'undetermined' && (growth?.low ?? 0) > 0)),
  );
  const isExplained = facts.assessment.lanes.some(
    ({ unit, verdict }) => unit === 'bytes' && verdict !== 'undetermined' && verdict !== 'no-growth',
  );
  return isSeen || (isOpen(facts) && !isExplained && hasRisen(facts));
}

function isOpen(facts: Facts): boolean {
  return judgeLife(facts.findings, judgedLife(facts)) === 'undetermined';
}

function hasRisen(facts: Facts): boolean {
  const growth = growthOfLedger(facts);
  if (growth === null) return false;
  return growth.rssBytes > Math.max(growth.rssNoiseBytes, STILL_SHARE * growth.rssNowBytes);
}

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

function adviceOf(facts: Facts, { limit, goLimit, forecast }: LimitFit): string[] {
  const current = lastOf(facts, 'goMemLimitBytes');
  const isUnset = current === null || current >= NO_LIMIT_BYTES;
  const peak = `the peak of ${formatDuration(HORIZON_MILLIS)}, ${range(forecast)}, takes 90 % of it`;
  return [
    `${provisional(facts)}memory limit ${range(limit)}: ${peak}`,
    ...(goLimit !== null && isUnset
      ? [
          `GOMEMLIMIT=${goLimit.value / MIB}MiB with it (${formatBytes(goLimit.low)} to ${formatBytes(goLimit.high)}): nine tenths of what is left for Go`,
        ]
      : []),
  ];
}

/** A size from less than a day has not seen the busiest hour; one beside an open verdict may be overtaken. */
function provisional(facts: Facts): string {
  const { startMillis, endMillis } = halvesOf(facts);
  const watched = endMillis - startMillis;
  return watched >= DAY_MILLIS && !isOpen(facts) ? '' : `provisional, from ${formatDuration(watched)}: `;
}

function range({ value, low, high }: Sized): string {
  return `${formatBytes(value)} (${formatBytes(low)} to ${formatBytes(high)})`;
}

function boughtText({ extraBytes, millis, lowMillis, highMillis }: TimeBought): string {
  const most = highMillis === null ? 'no upper bound' : formatDuration(highMillis);
  return `no limit cures it: ${formatBytes(extraBytes)} more buys ${formatDuration(millis)} (${formatDuration(lowMillis)} to ${most}) between two restarts`;
}

function rounded(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Math.round(value);
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
  const { exhaustion, ledger, memoryLimitBytes } = facts.assessment;
  const isPassed = describePassedLimit(ledger?.rssBytes ?? null, memoryLimitBytes) !== null;
  const own = isPassed && exhaustion?.resource === 'memory-limit' ? null : exhaustion;
  const left = facts.findings.find((f) => f.timeToExhaustion !== null)?.timeToExhaustion ?? own;
  const when = left === null ? '' : `; reached ${formatLeft(left, facts.assessment.atMillis)}`;
  if (isLeaking) return `A larger one only delays it: ${at}${when}.`;
  if (outcome === 'open') return `Too early to tell: ${at}${when}.`;
  return `${outcome === 'supports' ? 'Yes' : 'No'}: ${at}${when}.`;
}
