// When a raised leak is over: by its profiles, by stage 1's claim, or because the lane went quiet.
import type { Millis } from '../base/units.ts';
import { explanationOf, type LaneAssessment } from '../detect/assessment.ts';
import { GONE_WORK_SHARE, seenUntil } from '../detect/confirm.ts';
import { isGivenBack } from '../detect/high-water.ts';
import { FILLING_LANES } from '../detect/patience.ts';
import { LEAK_EVIDENCE } from '../detect/thresholds.ts';
import type { Verdict } from '../model/finding.ts';
import { rankOutsideIn, type CaseInput, type OverLeak, type RaisedLeak } from './case-state.ts';
import { findLane } from './unexplained.ts';
import { areHeld, findHeldGoroutines } from './held-by-count.ts';
import type { ProfileEvidence } from './profile-evidence.ts';
import { findProvenLeads, findStop, hasPowerToSee, type Stop } from './proof.ts';
import { THRESHOLDS } from './thresholds.ts';

/** Splits leaks into those that stand and those that evidence of this evaluation ends. */
export function endLeaks(
  leaks: readonly RaisedLeak[],
  input: CaseInput,
  profiles: ProfileEvidence | null,
): { kept: RaisedLeak[]; over: OverLeak[] } {
  const kept: RaisedLeak[] = [];
  const over: OverLeak[] = [];
  for (const leak of leaks) {
    const isShared = leaks.some((other) => other !== leak && other.lane === leak.lane);
    const end =
      findOuter(leak, leaks, input, profiles) ?? (isShared ? findOwnEnd : findEnd)(leak, input, profiles);
    if (end === null) kept.push(leak);
    else over.push(end);
  }
  return { kept, over };
}

/** The same code, known by now as the leak of what holds it: one cause, told once. Neither false nor over. */
function findOuter(
  leak: RaisedLeak,
  leaks: readonly RaisedLeak[],
  { assessment }: CaseInput,
  profiles: ProfileEvidence | null,
): OverLeak | null {
  const inside = rankOutsideIn(leak);
  const isHeld = leak.kind === 'goroutine' && areHeld(findHeldGoroutines(assessment, profiles));
  const outer = leaks.find((other) => {
    if (rankOutsideIn(other) >= inside || other.lead !== leak.lead) return false;
    return leak.lead !== null || (isHeld && other.kind === 'fd');
  });
  if (outer === undefined) return null;
  const why = `the same cause is known as a leak of class ${outer.kind} by now, and goes on there`;
  return { fingerprint: leak.fingerprint, why, isWithdrawn: false, goesOn: true };
}

function findEnd(leak: RaisedLeak, input: CaseInput, profiles: ProfileEvidence | null): OverLeak | null {
  const lane = findLane(input.assessment, leak.lane);
  return (
    findRefutation(leak, input) ??
    findVisibleStop(leak, lane, profiles, input.atMillis) ??
    findClaimEnd(leak, input) ??
    findQuietEnd(leak, input, profiles)
  );
}

/** Of two leaks in one lane each ends by its own profiles: what the lane does says nothing about either. */
function findOwnEnd(leak: RaisedLeak, input: CaseInput, profiles: ProfileEvidence | null): OverLeak | null {
  const lane = findLane(input.assessment, leak.lane);
  const own = lane && withoutGrowth(lane, leak.finding.onsetAt ?? null);
  return findRefutation(leak, input) ?? findVisibleStop(leak, own, profiles, input.atMillis);
}

/** A lane as one of several leaks sees it: its growth and its onset may be another's, the load is all theirs. */
export function withoutGrowth(lane: LaneAssessment, onsetAtMillis: Millis | null): LaneAssessment {
  const recent = lane.recent ?? null;
  return { ...lane, onsetAtMillis, recent: recent && { ...recent, low: -Infinity } };
}

function findRefutation(leak: RaisedLeak, input: CaseInput): OverLeak | null {
  return leak.refutations >= THRESHOLDS.identityChanges ? describeRefutation(leak, input) : null;
}

function findVisibleStop(
  leak: RaisedLeak,
  lane: LaneAssessment | null,
  profiles: ProfileEvidence | null,
  atMillis: Millis,
): OverLeak | null {
  const { fingerprint, lead, kind } = leak;
  const stop = profiles === null ? null : findStop(profiles, lead, lane);
  if (stop === null) return null;
  const what = kind === 'goroutine' || kind === 'thread' ? kind + 's' : 'samples';
  const isFreed = stop.kind === 'freed' || stop.kind === 'balanced';
  const explanation =
    isEarly(leak, atMillis) && lane !== null ? EXPLANATIONS[explanationOf(lane)] : undefined;
  const why = describeStop(stop, what) + (explanation === undefined ? '' : `, and ${explanation}`);
  return { fingerprint, why, isWithdrawn: isFreed || explanation !== undefined };
}

/** A leak that is switched off went on until then; what ends before it was watched for as long again as it took to find may be a bound. */
function isEarly({ detectedAt, finding, incarnationStartMillis }: RaisedLeak, atMillis: Millis): boolean {
  return atMillis - detectedAt < detectedAt - (finding.onsetAt ?? incarnationStartMillis);
}

/** In the life that raised it the name was wrong; in a later one the code may have been mended. */
function describeRefutation(leak: RaisedLeak, input: CaseInput): OverLeak {
  const { fingerprint } = leak;
  if (isOfLaterLife(leak, input)) {
    const why = 'its code no longer grows since the process was started again, while other code does';
    return { fingerprint, why, isWithdrawn: false };
  }
  const why = 'newer profiles show another cause for the same growth';
  return { fingerprint, why, isWithdrawn: true, goesOn: true };
}

function describeStop({ kind, expected, seen }: Stop, what: string): string {
  if (kind === 'freed') return `what had grown there was freed: ${Math.round(-seen)} ${what} fewer`;
  const numbers = `${Math.round(expected)} more ${what} were due at the old rate, ${Math.round(seen)} came`;
  if (kind === 'balanced') return `as much is freed as allocated there now: ${numbers}`;
  return kind === 'released'
    ? `growth stopped: what is allocated there now is let go again, and what had grown stays; ${numbers}`
    : `growth stopped while the service went on working: ${numbers}`;
}

/** Verdicts with which stage 1 explains growth otherwise: the alarm was false, not the leak cured. */
const EXPLANATIONS: Readonly<Partial<Record<Verdict, string>>> = {
  'filling-to-bound': 'the growth bends towards a bound',
  'load-driven': 'the growth follows the load',
  step: 'it was one step, and level since',
};

/** Growth that is over was a leak where what it has brought stays, and none where it was freed. */
function wasFreed({ lane: name }: RaisedLeak, { assessment, confirmation }: CaseInput): boolean {
  const lane = findLane(assessment, name);
  const past = confirmation.past?.lanes[name];
  return lane !== null && past !== undefined && isGivenBack(past, lane, assessment);
}

const FREED = 'growth is over, and what it had brought was given back while the process went on';

/** Why growth that has ended was none of a leak; null where it may have been one. */
function findBound(leak: RaisedLeak, lane: LaneAssessment | null, input: CaseInput): string | null {
  if (wasFreed(leak, input)) return FREED;
  return lane !== null && hasFilled(leak, lane, input) ? FILLED : null;
}

/**
 * By gauges alone the end of growth where caches and pools fill, in the life that filled them and with as much work as
 * before, is the end of a filling: no leak stops by itself. In a later life its code may have been mended.
 */
function hasFilled(leak: RaisedLeak, lane: LaneAssessment, input: CaseInput): boolean {
  const isUnnamed = leak.finding.culprits.length === 0;
  const isAtWork = (lane.recent?.workShare ?? 0) >= GONE_WORK_SHARE;
  return isUnnamed && isAtWork && !isOfLaterLife(leak, input) && FILLING_LANES[leak.lane] !== undefined;
}

const FILLED = 'growth has come to an end while the process went on working: what filled up is full';

/** Stage 1 takes its claim back. */
function findClaimEnd(leak: RaisedLeak, input: CaseInput): OverLeak | null {
  const over = input.confirmation[leak.lane]?.over ?? null;
  if (over === null) return null;
  const lane = findLane(input.assessment, leak.lane);
  const explanation = EXPLANATIONS[lane === null ? 'no-growth' : explanationOf(lane)];
  const { fingerprint } = leak;
  const wasBounded = explanation === undefined ? findBound(leak, lane, input) : null;
  if (wasBounded !== null) return { fingerprint, why: wasBounded, isWithdrawn: true };
  const isWithdrawn = explanation !== undefined && over.isStopped !== true;
  return { fingerprint, why: over.reason, isWithdrawn, isBound: over.isBound === true };
}

/** The lane has been quiet long enough, and growth would have been seen or has another explanation. */
function findQuietEnd(leak: RaisedLeak, input: CaseInput, profiles: ProfileEvidence | null): OverLeak | null {
  const lane = findLane(input.assessment, leak.lane);
  if (lane === null || leak.quietSinceMillis === null) return null;
  const quiet = seenUntil(input.assessment) - leak.quietSinceMillis;
  const { fingerprint } = leak;
  const explanation = explanationOf(lane);
  if (explanation === 'no-growth') {
    if (quiet < THRESHOLDS.overQuietMillis || !hasPowerToSee(lane, leak.ratePerHour)) return null;
    const why = findBound(leak, lane, input);
    if (why !== null) return { fingerprint, why, isWithdrawn: true };
    return {
      fingerprint,
      why: 'no growth, and half of the old rate would have been seen',
      isWithdrawn: false,
    };
  }
  const why = EXPLANATIONS[explanation];
  const age = input.atMillis - input.assessment.incarnationStartMillis;
  const hold = Math.max(THRESHOLDS.explainedMillis, THRESHOLDS.explainedAgeShare * age);
  if (isOfLaterLife(leak, input) && !isCertain(lane, leak)) return null;
  const isDoubted = profiles !== null && findProvenLeads(profiles).has(leak.lead ?? '');
  if (why === undefined || quiet < (isDoubted ? 2 * hold : hold)) return null;
  return { fingerprint, why, isWithdrawn: true, isBound: explanation === 'filling-to-bound' };
}

function isOfLaterLife({ detectedAt }: RaisedLeak, { assessment }: CaseInput): boolean {
  return assessment.incarnationStartMillis > detectedAt;
}

/** A young life is explained by next to anything: another explanation has to be as certain as a leak would, or see one. */
function isCertain(lane: LaneAssessment, { ratePerHour }: RaisedLeak): boolean {
  return (lane.evidenceRatio ?? 0) <= -LEAK_EVIDENCE || hasPowerToSee(lane, ratePerHour);
}
