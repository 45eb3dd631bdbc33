// What fills evenly up to a bound is a leak to every gauge until it bends: caches, and pools of threads, which the runtime never
// ends. Where no profile names the code, a claim on such a lane waits for that bend, as long as there is time: until the limit is
// near, growth was watched for a fair part of what is left, or no cache that would end below the limit can still explain it.
import { HOUR_MILLIS, type Millis } from '../base/units.ts';
import { explanationOf, type Assessment, type Lane, type LaneAssessment } from './assessment.ts';
import { PATIENCE_FACTOR, PATIENCE_MILLIS, PATIENCE_WATCHED_MILLIS } from './thresholds.ts';

/** What may fill there, by the lane that shows it; other lanes do not wait. */
export const FILLING_LANES: Readonly<Partial<Record<Lane, string>>> = {
  heap: 'a cache',
  thread: 'a pool of threads',
};

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
  const straightMillis = timeLeft(assessment);
  const watchedMillis = assessment.atMillis - growthBeganAt(lane, assessment);
  // Nobody knows what there is time for where no limit is known.
  if (FILLING_LANES[lane.lane] === undefined || straightMillis === null)
    return { isHeld: false, leftMillis: straightMillis, watchedMillis, waitMillis: 0 };
  const leftMillis = leftAlongBend(straightMillis, lane);
  const untilDay = untilDayWatched(lane, assessment);
  // Each hour watched is one hour less left: left - x = factor * (watched + x).
  const untilFair = (leftMillis - PATIENCE_FACTOR * watchedMillis) / (1 + PATIENCE_FACTOR);
  const untilShape = lane.bend?.isRefill
    ? Infinity
    : Math.max(untilDay, isBoundExcluded(lane, assessment) ? 0 : untilFair);
  // However it bends, near the limit there is no time to see it.
  const untilNear = straightMillis - PATIENCE_MILLIS;
  const waitMillis = isDoubted(lane) ? Infinity : Math.max(0, Math.min(untilNear, untilShape));
  return { isHeld: waitMillis > 0, leftMillis, watchedMillis, waitMillis };
}

/** What rises with a day that nobody measures is told from a leak by the day; where work is counted, the models know it. */
export function untilDayWatched(
  { recent }: LaneAssessment,
  { atMillis, firstEvidenceMillis }: Assessment,
): Millis {
  const isWorkKnown = (recent?.workShare ?? null) !== null;
  return isWorkKnown ? 0 : Math.max(0, PATIENCE_WATCHED_MILLIS - (atMillis - firstEvidenceMillis));
}

/** No cache that would end below the limit, however slow, can still explain the growth. */
export function isBoundExcluded(lane: LaneAssessment, assessment: Assessment): boolean {
  const straightMillis = timeLeft(assessment);
  if (!lane.bend || straightMillis === null) return false;
  const { slowing, openBound } = lane.bend;
  return slowing === null && (openBound ?? Infinity) >= roomLeft(straightMillis, lane);
}

/**
 * A claim stands although this evaluation would not make it. Evidence of a leak grows with what is watched: where it falls, growth
 * bends, and neither a long watch nor a forecast from what a young life fills at first is a reason to raise it.
 */
function isDoubted(lane: LaneAssessment): boolean {
  return explanationOf(lane) !== 'leak';
}

/** Growth that slows down takes longer to the limit than its rate says, or never comes to it. */
function leftAlongBend(straightMillis: Millis, lane: LaneAssessment): Millis {
  const slowing = lane.bend?.slowing ?? null;
  if (slowing === null || lane.growth === null || straightMillis === Infinity) return straightMillis;
  const room = roomLeft(straightMillis, lane);
  if (room >= slowing.missing) return Infinity;
  return Math.max(straightMillis, -slowing.fillMillis * Math.log1p(-room / slowing.missing));
}

/** What may still grow, in the lane's unit. */
function roomLeft(straightMillis: Millis, { growth }: LaneAssessment): number {
  return growth === null ? Infinity : (growth.perHour * straightMillis) / HOUR_MILLIS;
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
