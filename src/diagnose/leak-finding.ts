// A cause as the report shows it.
import type { Millis } from '../base/units.ts';
import type { Assessment } from '../detect/assessment.ts';
import type { Finding, RuledOut, TimeToExhaustion } from '../model/finding.ts';
import { summarize } from '../model/finding-text.ts';
import type { Cause } from './cause.ts';
import { findLane } from './unexplained.ts';
import { collectEvidence, collectRuledOut } from './evidence.ts';
import type { ProfileEvidence } from './profile-evidence.ts';

/** The leak finding of a cause, with stage 1's evidence in front of stage 2's. */
export function buildLeakFinding(
  cause: Cause,
  identity: { readonly fingerprint: string; readonly detectedAt: Millis },
  assessment: Assessment,
  profiles: ProfileEvidence | null,
): Finding {
  const lane = findLane(assessment, cause.lane);
  const finding: Omit<Finding, 'summary'> = {
    verdict: 'leak',
    class: cause.kind,
    fingerprint: identity.fingerprint,
    detectedAt: identity.detectedAt,
    onsetAt: lane?.onsetAtMillis ?? null,
    growth: cause.growth,
    counts: cause.counts,
    heldBytes: cause.heldBytes,
    timeToExhaustion: limitOf(cause, assessment),
    culprits: [...cause.culprits],
    pattern: cause.pattern,
    evidence: [
      ...(lane?.evidence ?? []),
      ...collectEvidence(cause, lane, profiles, assessment.goroutineCost),
    ],
    ruledOut: uniqueExplanations([...(lane?.ruledOut ?? []), ...collectRuledOut(cause, assessment)]),
    fix: null,
  };
  return { ...finding, summary: summarize(finding, assessment.atMillis) };
}

/** Memory runs out whatever leaks; descriptors and threads only by what takes them. */
function limitOf(cause: Cause, assessment: Assessment): TimeToExhaustion | null {
  const limit = assessment.exhaustion;
  if (limit?.resource === 'max-fds' && cause.kind !== 'fd') return null;
  if (limit?.resource === 'max-threads' && cause.kind !== 'thread') return null;
  return limit;
}

function uniqueExplanations(all: readonly RuledOut[]): RuledOut[] {
  const seen = new Set<string>();
  return all.filter(({ explanation }) => !seen.has(explanation) && seen.add(explanation));
}
