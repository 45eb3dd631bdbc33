// A cache that fills evenly is a leak to every gauge until it bends. Where no profile names the code, a claim on the heap waits
// for that bend, as long as there is time: until the limit is near, or growth was watched for a fair part of what is left.
import type { Millis } from '../base/units.ts';
import type { Assessment, LaneAssessment } from './assessment.ts';
import { PATIENCE_FACTOR, PATIENCE_MILLIS, PATIENT_EVIDENCE } from './thresholds.ts';

export interface Patience {
  /** There is time to see it bend: no claim on gauges alone. */
  readonly isHeld: boolean;
  /** To the first limit; Infinity where it is not in sight, null where none is known. */
  readonly leftMillis: Millis | null;
  /** Since the growth began, as far as it was watched. */
  readonly watchedMillis: Millis;
  /** Until the wait is over at this rate, at the latest; 0 when it is over. */
  readonly waitMillis: Millis;
}

export function weighPatience(lane: LaneAssessment, assessment: Assessment): Patience {
  const leftMillis = timeLeft(assessment);
  const watchedMillis = assessment.atMillis - growthBeganAt(lane, assessment);
  // Nobody knows what there is time for where no limit is known.
  if (lane.lane !== 'heap' || leftMillis === null)
    return { isHeld: false, leftMillis, watchedMillis, waitMillis: 0 };
  // Each hour watched is one hour less left: left - x = factor * (watched + x).
  const untilFair = (leftMillis - PATIENCE_FACTOR * watchedMillis) / (1 + PATIENCE_FACTOR);
  const waitMillis = Math.max(0, Math.min(leftMillis - PATIENCE_MILLIS, untilFair));
  const isStraight = (lane.evidenceRatio ?? 0) >= PATIENT_EVIDENCE;
  const isHeld = waitMillis > 0 && !isStraight;
  return { isHeld, leftMillis, watchedMillis, waitMillis: isHeld ? waitMillis : 0 };
}

function timeLeft({ exhaustion, memoryLimitBytes, atMillis }: Assessment): Millis | null {
  if (exhaustion !== null) return exhaustion.at - atMillis;
  return memoryLimitBytes === null ? null : Infinity;
}

/** Start of the growth, as far as it was watched. */
export function growthBeganAt(lane: LaneAssessment, assessment: Assessment): Millis {
  return Math.max(
    lane.onsetAtMillis ?? assessment.firstEvidenceMillis,
    assessment.incarnationStartMillis,
    assessment.firstEvidenceMillis,
  );
}
