// A cache that fills evenly is a leak to every gauge until it bends. Where no profile names the code, a claim on the heap waits
// for that bend, as long as there is time: until the limit is near, or growth was watched for a fair part of what is left.
import { HOUR_MILLIS, type Millis } from '../base/units.ts';
import type { Assessment, LaneAssessment } from './assessment.ts';
import { PATIENCE_FACTOR, PATIENCE_MILLIS, PATIENT_EVIDENCE } from './thresholds.ts';

export interface Patience {
  /** There is time to see it bend: no claim on gauges alone. */
  readonly isHeld: boolean;
  /** To the first limit; where none is in sight, until the level has doubled. Infinity where nothing says how fast. */
  readonly leftMillis: Millis;
  /** Since the growth began, as far as it was watched. */
  readonly watchedMillis: Millis;
  /** Until the wait is over at this rate, at the latest; 0 when it is over. */
  readonly waitMillis: Millis;
}

export function weighPatience(lane: LaneAssessment, assessment: Assessment): Patience {
  const leftMillis = timeLeft(lane, assessment);
  const watchedMillis = assessment.atMillis - growthBeganAt(lane, assessment);
  // Each hour watched is one hour less left: left - x = factor * (watched + x).
  const untilFair = (leftMillis - PATIENCE_FACTOR * watchedMillis) / (1 + PATIENCE_FACTOR);
  const waitMillis = Math.max(0, Math.min(leftMillis - PATIENCE_MILLIS, untilFair));
  const isStraight = (lane.evidenceRatio ?? 0) >= PATIENT_EVIDENCE;
  const isHeld = lane.lane === 'heap' && waitMillis > 0 && !isStraight;
  return { isHeld, leftMillis, watchedMillis, waitMillis: isHeld ? waitMillis : 0 };
}

function timeLeft({ growth, level }: LaneAssessment, { exhaustion, atMillis }: Assessment): Millis {
  if (exhaustion !== null) return exhaustion.at - atMillis;
  return growth !== null && growth.perHour > 0 ? (level / growth.perHour) * HOUR_MILLIS : Infinity;
}

/** Start of the growth, as far as it was watched. */
export function growthBeganAt(lane: LaneAssessment, assessment: Assessment): Millis {
  return Math.max(
    lane.onsetAtMillis ?? assessment.firstEvidenceMillis,
    assessment.incarnationStartMillis,
    assessment.firstEvidenceMillis,
  );
}
