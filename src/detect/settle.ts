// What is shown of a lane: verdicts that reassure come and go with the noise near their thresholds, and a reader cannot tell
// which of them counts. Claims of leaks never pass through here; see confirm.ts.
import { MINUTE_MILLIS, type Millis } from '../base/units.ts';
import type { Verdict } from '../model/finding.ts';
import {
  decidingLanes,
  isTooEarly,
  type Assessment,
  type EarlierLife,
  type Lane,
  type LaneAssessment,
} from './assessment.ts';
import { isSilent } from './confirm.ts';
import { evaluationSpacing } from './evaluation-grid.ts';
import { advanceWait, postponeWait, type Wait } from './settle-wait.ts';
import { neededOfLife } from './short-lives.ts';

/** Evaluations in a row that a verdict that reassures must hold: as many as a leak needs to be claimed. */
const HOLD_TO_REASSURE = 6;
/** Doubt is shown sooner, and still not for one odd evaluation. */
const HOLD_TO_DOUBT = 3;
/** The first answer of a life comes at once where it excludes a leak in this share of the time that was watched. */
const CLEAR_MARGIN = 0.6;
/** A lane that was doubted after it had reassured must hold for longer each time, up to this many times. */
const MOST_DOUBTS = 4;
/** The start of one life as it is worked out again, with what scrapes round off. */
const SAME_LIFE_MILLIS: Millis = MINUTE_MILLIS;

/** Plain JSON. */
export interface SettledLane {
  readonly lane: Lane;
  readonly verdict: Verdict;
  /** What evaluations in a row have said instead; null while the newest agrees. */
  readonly rival: { readonly verdict: Verdict; readonly evaluations: number } | null;
  /** How often this life's lane reassured, and was doubted after all. */
  readonly doubts: number;
  /** Highest level of this life, and what it was when an evaluation last reassured; missing from states stored before there were any. */
  readonly peak?: number;
  readonly passed?: number;
  readonly wait: Wait | null;
}

/** Plain JSON. */
export interface Settled {
  readonly incarnationStartMillis: Millis;
  readonly lanes: readonly SettledLane[];
  /** What was shown when the life before ended. */
  readonly earlier: readonly { readonly lane: Lane; readonly verdict: Verdict }[];
}

interface Life {
  readonly incarnationStartMillis: Millis;
}

/** Whether both are of one life of the process: its start is worked out again each time. */
export function isOfSameLife(a: Life, b: Life): boolean {
  return Math.abs(a.incarnationStartMillis - b.incarnationStartMillis) < SAME_LIFE_MILLIS;
}

/** The next state, and the assessment as people are told it: same measures, verdicts that have held. */
export function settle(
  before: Settled | null,
  assessment: Assessment,
): { readonly state: Settled; readonly shown: Assessment } {
  const { incarnationStartMillis, atMillis, firstEvidenceMillis } = assessment;
  const isSameLife = before !== null && isOfSameLife(before, assessment);
  const spacing = evaluationSpacing(atMillis - firstEvidenceMillis);
  const settled = assessment.lanes.map((lane) => {
    const known = isSameLife ? before.lanes.find((one) => one.lane === lane.lane) : undefined;
    return settleLane(known ?? null, lane, { atMillis, spacing, isSilent: isSilent(assessment) });
  });
  const ended = isSameLife ? before.earlier : (before?.lanes ?? []);
  const earlier = ended.map(({ lane, verdict }) => ({ lane, verdict }));
  const lanes = settled.map(({ shown }) => shown);
  const needs = decidingLanes(lanes).flatMap(({ needed }) => (needed === null ? [] : [needed]));
  // Of a life without lanes, or one whose gauges are missing, the assessment says itself what it needs.
  const isByLanes = needs.length > 0 || assessment.lanes.some(({ needed }) => needed !== null);
  return {
    state: { incarnationStartMillis, lanes: settled.map(({ state }) => state), earlier },
    shown: {
      ...assessment,
      lanes,
      earlier: showEarlier(assessment.earlier, earlier),
      needed: isByLanes ? neededOfLife({ ...assessment, needed: longestOf(needs) }) : assessment.needed,
    },
  };
}

/** The life before is told as it was told while it lasted. */
function showEarlier(earlier: EarlierLife | null, told: Settled['earlier']): EarlierLife | null {
  if (earlier === null) return null;
  const lanes = earlier.lanes.map((lane) =>
    showHeld(lane, told.find((one) => one.lane === lane.lane)?.verdict ?? lane.verdict),
  );
  return { ...earlier, lanes };
}

type Needed = NonNullable<LaneAssessment['needed']>;

function longestOf(needs: readonly Needed[]): Needed | null {
  const length = ({ millis }: Needed) => millis ?? Infinity;
  return needs.reduce<Needed | null>(
    (longest, needed) => (longest === null || length(needed) > length(longest) ? needed : longest),
    null,
  );
}

interface Instant {
  readonly atMillis: Millis;
  readonly spacing: Millis;
  /** Nothing was seen that earlier evaluations have not seen. */
  readonly isSilent: boolean;
}

function settleLane(
  before: SettledLane | null,
  lane: LaneAssessment,
  { atMillis, spacing, isSilent: isAgain }: Instant,
): { readonly state: SettledLane; readonly shown: LaneAssessment } {
  const choice = isAgain && before !== null ? sameAgain(before) : chooseVerdict(before, lane);
  const { verdict, rival } = choice;
  const state = { lane: lane.lane, ...choice, ...followLevel(before, lane, choice) };
  if (verdict !== 'undetermined') return { state: { ...state, wait: null }, shown: showHeld(lane, verdict) };
  // Blocks that are counted come at their own pace, and that is told anew each time.
  const isCounting = isTooEarly(lane) && lane.bestNull === null;
  if (isCounting || lane.verdict === 'leak') return { state: { ...state, wait: null }, shown: lane };
  const known = before?.wait ?? null;
  const waited = isAgain ? postponeWait(known, spacing) : known;
  const wait = rival === null && !(isAgain && waited) ? advanceWait(waited, lane.needed, atMillis) : waited;
  // A verdict comes with an evaluation: none is due before the next one.
  const left = wait === null || wait.dueMillis === null ? null : Math.max(spacing, wait.dueMillis - atMillis);
  if (rival !== null) {
    const held = (holdToReassure(choice.doubts) - rival.evaluations) * spacing;
    const what = `a verdict that holds: the newest evaluations say ${rival.verdict}`;
    const needed = { what, millis: Math.max(left ?? 0, held) };
    return { state: { ...state, wait }, shown: { ...lane, verdict, withheld: rival.verdict, needed } };
  }
  return { state: { ...state, wait }, shown: { ...lane, needed: describeWait(lane.needed, left) } };
}

function followLevel(
  before: SettledLane | null,
  lane: LaneAssessment,
  { verdict, rival }: Choice,
): Pick<SettledLane, 'peak' | 'passed'> {
  const peak = Math.max(before?.peak ?? lane.level, lane.level);
  const isReassured = rival === null && verdict !== 'undetermined' && lane.verdict === verdict;
  return isReassured || before?.passed === undefined
    ? { peak, ...(isReassured ? { passed: peak } : {}) }
    : { peak, passed: before.passed };
}

/**
 * What has just risen, and may stay or go on, was as high before, and that turned out to be no growth: the batch of each night. A leak
 * passes it soon; one that stands out is shown anyway.
 */
function isKnownRise(before: SettledLane | null, lane: LaneAssessment): boolean {
  const isRise = lane.verdict === 'undetermined' && !lane.isSuspect && (lane.withheld ?? null) === null;
  return isRise && lane.level <= (before?.passed ?? -Infinity);
}

function sameAgain({ verdict, rival, doubts }: SettledLane): Choice {
  return { verdict, rival, doubts };
}

function describeWait(needed: LaneAssessment['needed'], left: Millis | null): LaneAssessment['needed'] {
  if (needed === null) return null;
  const isGivenUp = left === null && needed.millis !== null;
  const what = isGivenUp
    ? `${needed.what}; it takes longer than was told, and how long is not known`
    : needed.what;
  return { what, millis: left };
}

/** A held verdict that the newest evaluation does not repeat: what that one suspects and needs is no part of it. */
function showHeld(lane: LaneAssessment, verdict: Verdict): LaneAssessment {
  return lane.verdict === verdict
    ? lane
    : { ...lane, verdict, withheld: null, needed: null, growth: null, onsetAtMillis: null };
}

function holdToReassure(doubts: number): number {
  return HOLD_TO_REASSURE * (1 + Math.min(doubts, MOST_DOUBTS));
}

type Choice = Pick<SettledLane, 'verdict' | 'rival' | 'doubts'>;

function chooseVerdict(before: SettledLane | null, lane: LaneAssessment): Choice {
  const now = lane.verdict === 'leak' ? 'undetermined' : lane.verdict;
  const old = before?.verdict ?? 'undetermined';
  const doubts = before?.doubts ?? 0;
  const isDoubt = now === 'undetermined';
  const adopt = (): Choice => ({
    verdict: now,
    rival: null,
    doubts: isDoubt && old !== now ? doubts + 1 : doubts,
  });
  // Evidence of a leak is not held back, and what the gauges no longer say is not claimed.
  if (now === old || lane.verdict === 'leak' || isTooEarly(lane)) return adopt();
  if (isDoubt && isKnownRise(before, lane)) return { verdict: old, rival: null, doubts };
  const isFirst = old === 'undetermined' && doubts === 0;
  if (isFirst && (lane.margin ?? 1) <= CLEAR_MARGIN) return adopt();
  const rival = before?.rival ?? null;
  // One explanation takes over from another by itself; together they reassure.
  const isSame =
    rival !== null && (old === 'undetermined' ? rival.verdict !== 'undetermined' : rival.verdict === now);
  const evaluations = isSame ? rival.evaluations + 1 : 1;
  // Doubts make reassuring harder; which words it is done in is another matter.
  const hold = isDoubt ? HOLD_TO_DOUBT : old === 'undetermined' ? holdToReassure(doubts) : HOLD_TO_REASSURE;
  if (evaluations >= hold) return adopt();
  return { verdict: old, rival: { verdict: now, evaluations }, doubts };
}
