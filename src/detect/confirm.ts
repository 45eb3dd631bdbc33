// From single assessments to a standing claim, lane by lane: slow to raise, slow to drop.
import { DAY_MILLIS, HOUR_MILLIS, MINUTE_MILLIS, type Millis } from '../base/units.ts';
import type { Verdict } from '../model/finding.ts';
import { explanationOf, LANES, type Assessment, type Lane, type LaneAssessment } from './assessment.ts';
import { evaluationSpacing, nextEvaluationAt } from './evaluation-grid.ts';
import { followClaim, levelToPass, NO_PAST, settlePast, type LanePast } from './high-water.ts';
import { growthBeganAt } from './patience.ts';
import { GAP_MILLIS, LEAK_EVIDENCE } from './thresholds.ts';

/**
 * Six evaluations in a row (detection-science 3.3), with patience for a single one that is only "suspect": a leak counts
 * two points, a suspect takes one away, any other verdict takes all. On the evaluation grid six are 12 min for a target
 * that is young, half an hour within the first half day, then an hour.
 */
const LEAK_POINTS = 2;
const SUSPECT_POINTS = -1;
const POINTS_TO_CALL = 12;

/** Growth counts as gone below this share of the rate that was called (and it must stay there). */
export const GONE_SHARE = 0.25;
/**
 * A bound that has come in sight ends a claim as fast as it was raised, six evaluations: as much evidence against as twice
 * what a leak needs for it.
 */
export const EXPLAINED_EVIDENCE = 2 * LEAK_EVIDENCE;
/** With less work than this share of before, a leak that follows the work would be quiet, too. */
export const GONE_WORK_SHARE = 0.3;
/** Growth that went on at this share of the rate that was called did not bend. */
const STRAIGHT_SHARE = 0.85;
/** It must be gone for as long as it took to find, within these bounds. */
export const GONE_SHORTEST_MILLIS: Millis = 30 * MINUTE_MILLIS;
export const GONE_LONGEST_MILLIS: Millis = DAY_MILLIS;

/** Why a claim ended, with its numbers: evidence for the incident's history. */
export interface Over {
  readonly atMillis: Millis;
  readonly reason: string;
  readonly numbers: Readonly<Record<string, number | null>>;
  /** Growth had gone on straight for long, and then stopped: not the bend of what was always bounded. */
  readonly isStopped?: boolean;
  /** A bound has come in sight: what was grown until then is part of the explanation, and goes on being fitted. */
  readonly isBound?: boolean;
}

/** Plain JSON. */
export interface LaneConfirmation {
  readonly points: number;
  /** First evaluation of the present run of leaks; null when there is none. */
  readonly leakSinceMillis: Millis | null;
  /** When the claim was raised; null while there is none. */
  readonly calledAtMillis: Millis | null;
  /** Of the last evaluation that said leak, in the lane's unit. */
  readonly perHour: number | null;
  /** From the start of the growth to the claim: how long finding it took. */
  readonly tookMillis: Millis | null;
  /** `perHour` when the claim was raised; like the next, missing from states that were stored before there was one. */
  readonly calledPerHour?: number | null;
  /** Last evaluation that said leak while the claim stood. */
  readonly lastLeakMillis?: Millis | null;
  /** Since when growth has been gone; null while it goes on. */
  readonly goneSinceMillis: Millis | null;
  /** Set by the evaluation that ended the claim, gone with the next. */
  readonly over: Over | null;
}

/**
 * What claims leave behind. It lies beside the lanes because whoever ends a claim forgets the lane's entry; its other
 * fields are those of a lane without a claim, for whoever goes through all entries.
 */
interface PastClaims extends LaneConfirmation {
  readonly lanes: Readonly<Partial<Record<Lane, LanePast>>>;
}

/** `past` is missing from states that were stored before there was one. */
export type ConfirmationState = Readonly<Partial<Record<Lane, LaneConfirmation>>> & {
  readonly past?: PastClaims;
};

export const NOTHING_CONFIRMED: ConfirmationState = {};

const FRESH: LaneConfirmation = {
  points: 0,
  leakSinceMillis: null,
  calledAtMillis: null,
  perHour: null,
  tookMillis: null,
  goneSinceMillis: null,
  over: null,
};

/**
 * Scrapes are missed, and this evaluation sees what earlier ones have seen: it is none of the six in a row, and growth is not
 * gone because nobody looked. What has come since the evaluation before is news, however rare scrapes are.
 */
export function isSilent({ atMillis, firstEvidenceMillis, lastEvidenceMillis }: Assessment): boolean {
  return (
    atMillis - lastEvidenceMillis > Math.max(GAP_MILLIS, evaluationSpacing(atMillis - firstEvidenceMillis))
  );
}

/** Until when things were seen to go on, or to be over, at this evaluation. */
export function seenUntil(assessment: Assessment): Millis {
  return isSilent(assessment) ? assessment.lastEvidenceMillis : assessment.atMillis;
}

/** Takes one evaluation in; evaluations must come in order of time. A restart does not end a claim: its cause is in the code. */
export function advanceConfirmation(state: ConfirmationState, assessment: Assessment): ConfirmationState {
  if (isSilent(assessment)) return withoutEnds(state);
  const next: Partial<Record<Lane, LaneConfirmation>> = {};
  const past: Partial<Record<Lane, LanePast>> = { ...state.past?.lanes };
  for (const lane of assessment.lanes) {
    const { lane: name } = lane;
    const before = state[name] ?? FRESH;
    const settled = before.over ? FRESH : before;
    const isClaimed = settled.calledAtMillis !== null;
    const known = settlePast(past[name] ?? NO_PAST, isClaimed, lane, assessment);
    const after = isClaimed
      ? watchForEnd(settled, lane, assessment)
      : collect(settled, belowMark(lane, known), assessment);
    next[name] = after;
    past[name] = after.calledAtMillis === null ? known : followClaim(known, lane, assessment);
  }
  const { past: _before, ...lanes } = state;
  return { ...lanes, ...next, past: { ...FRESH, lanes: past } };
}

/** An end is told once. */
function withoutEnds(state: ConfirmationState): ConfirmationState {
  const next: Partial<Record<Lane, LaneConfirmation>> = {};
  for (const name of LANES) {
    const lane = state[name];
    if (lane !== undefined && lane.over !== null) next[name] = FRESH;
  }
  return { ...state, ...next };
}

/** Growth that has not yet passed what was reached before without a leak is worth watching, and no claim. */
function belowMark(lane: LaneAssessment, past: LanePast): LaneAssessment {
  const isBelow = lane.verdict === 'leak' && lane.level <= levelToPass(past, lane.lane);
  return isBelow ? { ...lane, verdict: 'undetermined', isSuspect: true } : lane;
}

/**
 * What a lane whose growth is called a leak at this evaluation still needs for a claim; null where it is no leak, or where
 * the claim stands.
 */
export function findClaimWait(
  state: ConfirmationState,
  lane: LaneAssessment,
  assessment: Assessment,
): { readonly what: string; readonly millis: Millis | null } | null {
  const known = state[lane.lane] ?? FRESH;
  if (lane.verdict !== 'leak' || (known.calledAtMillis !== null && known.over === null)) return null;
  const above = levelToPass(state.past?.lanes[lane.lane] ?? NO_PAST, lane.lane);
  if (lane.level <= above) {
    const perHour = lane.growth?.perHour ?? 0;
    const millis = perHour > 0 ? Math.round(((above - lane.level) / perHour) * HOUR_MILLIS) : null;
    return { what: 'growth past what was reached before without a leak', millis };
  }
  const { atMillis, incarnationStartMillis } = assessment;
  const evaluations = Math.ceil((POINTS_TO_CALL - known.points) / LEAK_POINTS);
  const step = nextEvaluationAt(incarnationStartMillis, atMillis) - atMillis;
  return { what: 'the same answer from six evaluations in a row', millis: evaluations * step };
}

/** Lanes whose claim stands, in the order of the assessment's lanes. */
export function confirmedLanes(state: ConfirmationState): Lane[] {
  return LANES.filter((name) => {
    const lane = state[name];
    return lane !== undefined && lane.calledAtMillis !== null && lane.over === null;
  });
}

/**
 * A life that has just begun speaks neither for nor against what the one before has shown: a process that is restarted, or
 * killed, every three quarters of an hour would never be seen to leak six times in a row.
 */
function isUnjudged({ verdict, smallestDetectable }: LaneAssessment): boolean {
  return verdict === 'undetermined' && smallestDetectable === null;
}

function collect(before: LaneConfirmation, lane: LaneAssessment, assessment: Assessment): LaneConfirmation {
  const { atMillis } = assessment;
  if (isUnjudged(lane)) return before;
  if (lane.verdict !== 'leak') {
    const points = lane.isSuspect ? Math.max(0, before.points + SUSPECT_POINTS) : 0;
    return points === 0 ? FRESH : { ...before, points };
  }
  const points = before.points + LEAK_POINTS;
  const leakSinceMillis = before.leakSinceMillis ?? atMillis;
  const perHour = lane.growth?.perHour ?? null;
  if (points < POINTS_TO_CALL) return { ...FRESH, points, leakSinceMillis, perHour };
  return {
    ...FRESH,
    points,
    leakSinceMillis,
    perHour,
    calledAtMillis: atMillis,
    calledPerHour: perHour,
    lastLeakMillis: atMillis,
    tookMillis: atMillis - growthBeganAt(lane, assessment),
  };
}

function watchForEnd(
  before: LaneConfirmation,
  lane: LaneAssessment,
  { atMillis, incarnationStartMillis }: Assessment,
): LaneConfirmation {
  if (lane.verdict === 'leak') {
    const perHour = lane.growth?.perHour ?? before.perHour;
    return { ...before, points: POINTS_TO_CALL, perHour, lastLeakMillis: atMillis, goneSinceMillis: null };
  }
  if (isExplained(lane)) {
    const points = before.points - LEAK_POINTS;
    if (points > 0) return { ...before, points };
    return { ...before, points, over: explainedOver(before, lane, atMillis) };
  }
  const isOtherLife = (before.lastLeakMillis ?? atMillis) < incarnationStartMillis;
  if (!isGone(before, lane, isOtherLife)) return { ...before, goneSinceMillis: null };
  const goneSinceMillis = before.goneSinceMillis ?? atMillis;
  const needed = mustBeGoneFor(before);
  const goneForMillis = atMillis - goneSinceMillis;
  if (goneForMillis < needed) return { ...before, goneSinceMillis };
  const over: Over = {
    atMillis,
    reason: 'growth has been gone for as long as it took to find',
    numbers: {
      goneForMillis,
      thresholdMillis: needed,
      perHourNow: lane.recent?.perHour ?? 0,
      perHourCalled: before.perHour,
      goneShare: GONE_SHARE,
      workShare: lane.recent?.workShare ?? null,
      level: lane.level,
    },
  };
  return { ...before, goneSinceMillis, over };
}

function mustBeGoneFor({ tookMillis }: LaneConfirmation): Millis {
  return Math.min(GONE_LONGEST_MILLIS, Math.max(GONE_SHORTEST_MILLIS, tookMillis ?? 0));
}

/** Of a claim that stands: for how long its growth has been gone, and until it is over if it stays so. null while it goes on. */
export function goneFor(
  claim: LaneConfirmation | undefined,
  atMillis: Millis,
): { readonly millis: Millis; readonly leftMillis: Millis } | null {
  if (!claim || claim.calledAtMillis === null || claim.goneSinceMillis === null || claim.over) return null;
  const millis = atMillis - claim.goneSinceMillis;
  return { millis, leftMillis: Math.max(0, mustBeGoneFor(claim) - millis) };
}

/** A bounded explanation has become decisively better than any leak, on a series that was fitted. */
function isExplained(lane: LaneAssessment): boolean {
  const explanation = explanationOf(lane);
  const isNull = explanation !== 'leak' && explanation !== 'undetermined';
  return isNull && lane.evidenceRatio !== null && lane.evidenceRatio < -EXPLAINED_EVIDENCE;
}

/**
 * What fills to a bound slows down all along; a leak that is switched off goes straight until then, for at least as long
 * again as it took to find, and then brings nothing. Told by the rates that were fitted when the claim was raised and
 * when it was last upheld. Not for the heap: caches fill it evenly until they are full, and only profiles tell those.
 */
function hasStopped(before: LaneConfirmation, lane: LaneAssessment): boolean {
  const { calledAtMillis, calledPerHour, lastLeakMillis, perHour, tookMillis } = before;
  if (calledAtMillis === null || !calledPerHour || !lastLeakMillis || perHour === null) return false;
  if (lane.lane === 'heap') return false;
  const isLong = lastLeakMillis - calledAtMillis >= Math.max(tookMillis ?? 0, GONE_SHORTEST_MILLIS);
  const isStraight = perHour >= STRAIGHT_SHARE * calledPerHour;
  return isLong && isStraight && explanationOf(lane) !== 'load-driven' && isGone(before, lane);
}

/** By the series alone the end of a leak of the heap is the end of a filling: only who switched it off knows. */
const ENDED: Readonly<Partial<Record<Verdict, string>>> = {
  'filling-to-bound': 'growth has come to an end: what filled up is full, or what leaked has stopped',
  step: 'growth has come to an end: it rose once, or what leaked has stopped',
};

function explainedOver(before: LaneConfirmation, lane: LaneAssessment, atMillis: Millis): Over {
  const isStopped = hasStopped(before, lane);
  return {
    atMillis,
    isStopped,
    isBound: !isStopped && explanationOf(lane) === 'filling-to-bound',
    reason: isStopped
      ? 'growth stopped: it had gone straight until then, and nothing has come since'
      : (ENDED[explanationOf(lane)] ?? `the series shows what it is: ${explanationOf(lane)}`),
    numbers: {
      evidenceRatio: lane.evidenceRatio,
      threshold: -EXPLAINED_EVIDENCE,
      perHourFirst: before.calledPerHour ?? null,
      perHourNow: lane.recent?.perHour ?? null,
      perHourCalled: before.perHour,
      predictedBound: lane.predictedBound,
      level: lane.level,
    },
  };
}

/**
 * Needs a measurement: a lane that could not be fitted (just restarted, too few blocks) says nothing. What leaked in the life before
 * has to be gone for certain in this one: a young life measures next to nothing.
 */
function isGone(before: LaneConfirmation, lane: LaneAssessment, isOtherLife = false): boolean {
  if (explanationOf(lane) === 'undetermined' && !lane.recent) return false;
  const { perHour = 0, high = 0, measuredPerHour = 0 } = lane.recent ?? {};
  const now = isOtherLife ? Math.max(high, measuredPerHour) : perHour;
  const isMuchSlower = now < GONE_SHARE * (before.perHour ?? 0);
  const isWorking = (lane.recent?.workShare ?? 1) >= GONE_WORK_SHARE;
  return isMuchSlower && isWorking;
}
