// A cause as the report shows it.
import type { Assessment } from '../detect/assessment.ts';
import { statedGrowth } from '../detect/stated-growth.ts';
import { forecastExhaustion } from '../detect/time-to-exhaustion.ts';
import type { Finding, RuledOut, TimeToExhaustion } from '../model/finding.ts';
import { summarize } from '../model/finding-text.ts';
import { describePassedLimit } from '../model/passed-limit.ts';
import type { RaisedLeak } from './case-state.ts';
import type { Cause } from './cause.ts';
import { findLane } from './unexplained.ts';
import { collectEvidence } from './evidence.ts';
import type { ProfileEvidence } from './profile-evidence.ts';
import { collectRuledOut } from './ruled-out.ts';

/** The leak finding of a cause, with stage 1's evidence in front of stage 2's. */
export function buildLeakFinding(
  cause: Cause,
  identity: Pick<RaisedLeak, 'fingerprint' | 'detectedAt' | 'lead' | 'isNameAssumed'>,
  assessment: Assessment,
  profiles: ProfileEvidence | null,
): Finding {
  const lane = findLane(assessment, cause.lane);
  const forecast = forecastLimit(cause, assessment);
  const finding: Omit<Finding, 'summary'> = {
    verdict: 'leak',
    class: cause.kind,
    fingerprint: identity.fingerprint,
    detectedAt: identity.detectedAt,
    onsetAt: lane?.onsetAtMillis ?? null,
    growth:
      cause.growth === null || lane === null ? cause.growth : statedGrowth(cause.growth, lane, assessment),
    counts: cause.counts,
    heldBytes: cause.heldBytes,
    ...forecast,
    culprits: [...cause.culprits],
    pattern: cause.pattern,
    evidence: [...(lane?.evidence ?? []), ...collectEvidence(cause, lane, profiles, assessment)],
    ruledOut: uniqueExplanations([...(lane?.ruledOut ?? []), ...collectRuledOut(cause, assessment)]),
    fix: null,
  };
  const summary = summarize(finding, assessment.atMillis);
  const { lead, isNameAssumed } = identity;
  const isTaken = isNameAssumed === true && lead !== null && cause.culprits.length === 0;
  const before = ` No profile shows its code yet: it is taken for the leak in ${lead ?? ''}, the last one of its kind here.`;
  return { ...finding, summary: isTaken ? summary + before : summary };
}

/** When the first limit is reached, or why that cannot be said: silence would read as if there were none. */
function forecastLimit(
  cause: Cause,
  assessment: Assessment,
): Pick<Finding, 'timeToExhaustion' | 'noForecast'> {
  const timeToExhaustion = limitOf(cause, assessment) ?? forecastByGrowth(cause, assessment);
  const passed =
    timeToExhaustion?.resource === 'memory-limit'
      ? describePassedLimit(assessment.ledger?.rssBytes ?? null, assessment.memoryLimitBytes)
      : null;
  if (passed !== null) return { timeToExhaustion: null, noForecast: passed };
  if (timeToExhaustion !== null) return { timeToExhaustion };
  const isCounted = cause.kind === 'fd' || cause.kind === 'thread';
  const isUnknown = assessment.memoryLimitBytes === null && !isCounted;
  return { timeToExhaustion, noForecast: isUnknown ? NO_LIMIT_KNOWN : NO_TIME_YET };
}

const NO_LIMIT_KNOWN = 'no memory limit is known: set memoryLimit, or let a cgroup or GOMEMLIMIT set one';
const NO_TIME_YET = 'the growth is too uncertain yet, or too slow, for a time';

/** Memory runs out whatever leaks; descriptors and threads only by what takes them. */
function limitOf(cause: Cause, assessment: Assessment): TimeToExhaustion | null {
  const limit = assessment.exhaustion;
  if (limit?.resource === 'max-fds' && cause.kind !== 'fd') return null;
  if (limit?.resource === 'max-threads' && cause.kind !== 'thread') return null;
  return limit;
}

/**
 * A leak stands while stage 1 has no forecast of its own (after a restart, in a dip of the load): its growth takes from the
 * limit all the same. Each byte of it is one of RSS, or as many as a live byte costs by now with garbage and idle spans.
 */
function forecastByGrowth(cause: Cause, assessment: Assessment): TimeToExhaustion | null {
  const { memoryLimitBytes: limit, ledger, atMillis } = assessment;
  const { growth } = cause;
  const resident = ledger?.rssBytes ?? null;
  if (limit === null || resident === null || growth === null || growth.unit !== 'bytes') return null;
  if (!(growth.low > 0)) return null;
  const live = ledger?.liveBytes ?? null;
  const costly = live !== null && live > 0 ? Math.min(MOST_PER_LIVE_BYTE, Math.max(1, resident / live)) : 1;
  return forecastExhaustion(atMillis, {
    resource: 'memory-limit',
    limit,
    headroom: limit - resident,
    perHour: growth.perHour,
    error: 0,
    range: { low: growth.low, high: costly * growth.high },
  });
}

/** GOGC=100 keeps a byte of garbage for each that lives; spans and fragmentation add some. */
const MOST_PER_LIVE_BYTE = 2.5;

function uniqueExplanations(all: readonly RuledOut[]): RuledOut[] {
  const seen = new Set<string>();
  return all.filter(({ explanation }) => !seen.has(explanation) && seen.add(explanation));
}
