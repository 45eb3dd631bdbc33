// What claims that were taken back have taught about a lane: how high its level may stand without a leak. Growth up to
// there is the same tooth of the same saw, or the same cache after the next deploy.
import { DAY_MILLIS, type Millis } from '../base/units.ts';
import { explanationOf, type Assessment, type Lane, type LaneAssessment } from './assessment.ts';
import { growthThatCounts } from './thresholds.ts';

/** A level that gave back this share of what it had grown, without a restart, was freed: what is leaked is never freed. */
export const FREED_SHARE = 0.5;
/** A level that gave back this share is where it came from, but for noise. */
const GIVEN_BACK_SHARE = 0.75;
/** With less work than this share of before, a level may lie lower because less is in use. */
const SAME_WORK_SHARE = 0.7;
/**
 * A bound that was seen once is known to about this share of what was grown: buffers are flushed a little later, caches
 * filled with larger entries.
 */
export const BOUND_SPREAD = 0.25;
/** A bound that was not met for this long belongs to an older version of the service. */
export const BOUND_LASTS_MILLIS: Millis = 30 * DAY_MILLIS;

/** A claim while it stands, in the lane's unit. */
interface StandingClaim {
  readonly lifeMillis: Millis;
  /** Lowest and highest level in this life since the growth began. */
  readonly base: number;
  readonly peak: number;
  /** Highest in all lives of the claim. */
  readonly highest: number;
  /** Where the last evaluation saw it end; null where it saw no bound. */
  readonly bound: number | null;
}

/** A level that was reached without a leak. */
export interface HighWater {
  readonly level: number;
  /** From where growth came to there. */
  readonly height: number;
  readonly lifeMillis: Millis;
  /** It was freed again, or bent towards a bound: that holds in other lives, too. */
  readonly isBound: boolean;
  readonly seenAtMillis: Millis;
}

/** Plain JSON. */
export interface LanePast {
  readonly standing: StandingClaim | null;
  readonly mark: HighWater | null;
}

export const NO_PAST: LanePast = { standing: null, mark: null };

/**
 * Has nearly all that a claim has seen grow been freed again, in one life and with as much work as before? Then it was no leak,
 * whatever it was.
 */
export function isGivenBack(
  { standing }: LanePast,
  { lane, level, recent }: LaneAssessment,
  { incarnationStartMillis }: Assessment,
): boolean {
  if (standing?.lifeMillis !== incarnationStartMillis) return false;
  const { base, peak } = standing;
  const isTold = peak - base >= growthThatCounts(lane, base);
  const isAtWork = (recent?.workShare ?? 1) >= SAME_WORK_SHARE;
  return isTold && isAtWork && level <= peak - GIVEN_BACK_SHARE * (peak - base);
}

/** The highest level at which a leak of this lane is not claimed; -Infinity where no claim was taken back. */
export function levelToPass({ mark }: LanePast, lane: Lane): number {
  if (mark === null) return -Infinity;
  return mark.level + Math.max(growthThatCounts(lane, mark.level), BOUND_SPREAD * mark.height);
}

/** Before the claims of this evaluation: has one ended since, does the mark still hold, was it reached without a leak? */
export function settlePast(
  past: LanePast,
  isClaimed: boolean,
  lane: LaneAssessment,
  { atMillis, incarnationStartMillis }: Assessment,
): LanePast {
  const { standing } = past;
  const ended = standing !== null && !isClaimed ? markOf(standing, atMillis) : null;
  const mark = higher(past.mark, ended);
  return {
    standing: ended ? null : standing,
    mark: mark && reviseMark(mark, lane, atMillis, incarnationStartMillis),
  };
}

/** After it: what the claim that stands has reached. */
export function followClaim(
  past: LanePast,
  lane: LaneAssessment,
  { incarnationStartMillis }: Assessment,
): LanePast {
  const { level } = lane;
  const bound = lane.verdict === 'filling-to-bound' ? (lane.predictedBound ?? level) : null;
  const isSameLife = past.standing?.lifeMillis === incarnationStartMillis;
  const before = isSameLife ? past.standing : null;
  const base = Math.min(before?.base ?? level - Math.max(0, lane.grown), level);
  const peak = Math.max(before?.peak ?? level, level);
  const highest = Math.max(past.standing?.highest ?? peak, peak);
  return { ...past, standing: { lifeMillis: incarnationStartMillis, base, peak, highest, bound } };
}

function markOf({ lifeMillis, base, peak, highest, bound }: StandingClaim, atMillis: Millis): HighWater {
  const isBound = bound !== null;
  const level = isBound ? Math.max(highest, bound) : peak;
  return { level, height: level - base, lifeMillis, isBound, seenAtMillis: atMillis };
}

function higher(old: HighWater | null, added: HighWater | null): HighWater | null {
  if (old === null || added === null) return old ?? added;
  return {
    ...(added.level > old.level ? added : old),
    lifeMillis: added.lifeMillis,
    isBound: old.isBound || added.isBound,
    seenAtMillis: added.seenAtMillis,
  };
}

/** It bends towards a bound, and has come there but for what is not known of it. */
function isFilled({ height }: HighWater, { verdict, level, predictedBound }: LaneAssessment): boolean {
  const isFilling = verdict === 'filling-to-bound' && predictedBound !== null;
  return isFilling && predictedBound - level <= BOUND_SPREAD * height;
}

function reviseMark(
  mark: HighWater,
  lane: LaneAssessment,
  atMillis: Millis,
  lifeMillis: Millis,
): HighWater | null {
  const { level } = lane;
  const explanation = explanationOf(lane);
  const isSameLife = mark.lifeMillis === lifeMillis;
  const isFreed = isSameLife && level < mark.level - FREED_SHARE * mark.height;
  const isBound = mark.isBound || isFreed || (isSameLife && isFilled(mark, lane));
  // Growth that merely stopped may go on, from below, in the next life.
  if (!isBound && !isSameLife) return null;
  if (atMillis - mark.seenAtMillis > BOUND_LASTS_MILLIS) return null;
  const isWell = explanation === 'filling-to-bound' || explanation === 'no-growth';
  const isThere = isWell && level > mark.level - FREED_SHARE * mark.height;
  const raised = isThere && level > mark.level ? level : mark.level;
  return {
    level: raised,
    height: mark.height + (raised - mark.level),
    lifeMillis: isThere ? lifeMillis : mark.lifeMillis,
    isBound,
    seenAtMillis: isThere ? atMillis : mark.seenAtMillis,
  };
}
