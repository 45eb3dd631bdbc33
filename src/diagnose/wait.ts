// Why a leak that is called is not raised yet: an alarm should name its code and the class that owns the growth.
import { type Millis } from '../base/units.ts';
import { explanationOf, type Lane } from '../detect/assessment.ts';
import { confirmedLanes } from '../detect/confirm.ts';
import { waitForFirstDay } from '../detect/first-day.ts';
import { FILLING_LANES, weighPatience } from '../detect/patience.ts';
import { isLimitNear, weighBound, type BoundSign } from './bound-signs.ts';
import type { CaseInput } from './case-state.ts';
import type { Cause } from './cause.ts';
import type { ProfileEvidence } from './profile-evidence.ts';
import { THRESHOLDS } from './thresholds.ts';
import { findLane } from './unexplained.ts';

export interface Wait {
  readonly lane: Lane;
  /** Null where another explanation is seen at this evaluation: that one speaks for itself. */
  readonly needed: { readonly what: string; readonly millis: Millis | null } | null;
}

/**
 * Raised at once (null) when its code is named; otherwise it waits, as long as profiles can come, for a name and for outer
 * lanes that may turn out to carry it. The wait is bounded: an alarm without a name is better than none.
 *
 * @param sinceMillis when the wait began.
 * @param raised classes of the leaks that stand: what grows there is told already.
 * @param profiles as read at this evaluation; null where they were not.
 */
export function findWait(
  cause: Cause,
  sinceMillis: Millis,
  input: CaseInput,
  raised: ReadonlySet<string>,
  profiles: ProfileEvidence | null,
): Wait | null {
  const { lane: name } = cause;
  // A claim may stand while this evaluation sees another explanation; then is not the time to raise it.
  const lane = findLane(input.assessment, name);
  const explanation = lane === null ? null : explanationOf(lane);
  if (explanation !== 'leak' && explanation !== 'undetermined') return { lane: name, needed: null };
  if (!cause.isNamed && lane !== null) {
    const { isHeld, waitMillis } = weighPatience(lane, input.assessment);
    const millis = Number.isFinite(waitMillis) ? Math.round(waitMillis) : null;
    if (isHeld) {
      const names = name === 'heap' ? 'profiles that name the code, or time' : 'time';
      const what = `${names} to see whether it bends: ${GROWING[name]} may still be ${FILLING_LANES[name]} that fills`;
      return { lane: name, needed: { what, millis } };
    }
    // Goroutine profiles that show which ones come tell users from what a library leaks.
    const isShown = cause.groups.length > 0;
    const millisOfDay = isShown ? 0 : waitForFirstDay(name, input.assessment);
    if (millisOfDay > 0) {
      const what = `profiles that name the code, or a whole day: ${GROWING[name]} may come with the users of a morning, and go with them`;
      return { lane: name, needed: { what, millis: Math.round(millisOfDay) } };
    }
  }
  const bound = findBoundWait(cause, input, profiles);
  if (bound !== null) return bound;
  const millis = sinceMillis + THRESHOLDS.nameWaitMillis - input.atMillis;
  if (millis <= 0) return null;
  const outer = findOpenOuterLane(cause, input, raised);
  if (outer !== null) {
    const what = `${GROWING[outer]}: the growth is called a leak, and is raised as one of its own when this does not carry it`;
    return { lane: name, needed: { what: `what becomes of ${what}`, millis } };
  }
  if (cause.isNamed) return null;
  const canName = cause.kind === 'heap' || cause.kind === 'goroutine' || cause.kind === 'fd';
  const isProfiled = input.profiles.heap.length + input.profiles.goroutines.length > 0;
  if (!canName || !isProfiled) return null;
  const what = `profiles that name the code: ${GROWING[cause.kind]} is called a leak, and is raised without a name after that`;
  return { lane: name, needed: { what, millis } };
}

/** Time to see the bound that profiles show signs of. */
function findBoundWait(
  { kind, heap, lane: name }: Cause,
  { assessment }: CaseInput,
  profiles: ProfileEvidence | null,
): Wait | null {
  if (kind !== 'heap' || heap === null || profiles === null || isLimitNear(assessment)) return null;
  const { signs, holdMillis, watchedMillis } = weighBound(heap, assessment, profiles);
  if (watchedMillis >= holdMillis) return null;
  const shown = signs.map(describeSign).join(', ');
  const what = `time to see whether what grows there is bounded, for which speaks ${shown}`;
  return { lane: name, needed: { what, millis: holdMillis - watchedMillis } };
}

/** What is seen, not what it may do: the function that keeps an order is the one that adds. */
function describeSign({ kind, function: name }: BoundSign): string {
  switch (kind) {
    case 'order':
      return `the order of its entries (${name})`;
    case 'lifetime':
      return `less kept of what came later (${name})`;
    case 'sweeper':
      return `a goroutine that waits for its time (${name})`;
    case 'name':
      return `the name of ${name}`;
    case 'source':
      return `the size that the sources compare before they add to ${name}`;
  }
}

const GROWING: Readonly<Record<Lane, string>> = {
  thread: 'the growth of threads',
  fd: 'the growth of file descriptors',
  goroutine: 'the growth of goroutines',
  native: 'the growth outside the Go heap',
  heap: 'the growth of the heap',
};

/** The longest of the waits that say something; one of unknown length is longer than any other. */
export function longestWait(waits: readonly Wait[]): Wait['needed'] {
  const length = (needed: Wait['needed']) => (needed === null ? -1 : (needed.millis ?? Infinity));
  return waits.reduce<Wait['needed']>(
    (longest, { needed }) => (length(needed) > length(longest) ? needed : longest),
    null,
  );
}

/** From the outside in; a lane that may own what the next one shows. */
const OWNERSHIP: readonly Lane[] = ['thread', 'fd', 'goroutine'];

function findOpenOuterLane(cause: Cause, input: CaseInput, raised: ReadonlySet<string>): Lane | null {
  // By what it is, not by the lane that showed it: goroutines that were found through the heap are an outer cause already.
  const inside =
    cause.kind === 'heap' ? OWNERSHIP.length : OWNERSHIP.findIndex((name) => name === cause.kind);
  const outer = OWNERSHIP.slice(0, Math.max(0, inside));
  const open = outer.find((name) => {
    if (raised.has(name)) return false;
    const lane = findLane(input.assessment, name);
    const isGrowing = lane !== null && (lane.verdict === 'leak' || lane.isSuspect);
    return isGrowing && !confirmedLanes(input.confirmation).includes(name) && !cause.absorbed.includes(name);
  });
  return open ?? null;
}
