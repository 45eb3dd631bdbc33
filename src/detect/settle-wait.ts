// How long until there is a verdict, as a promise: it counts down, and does not move away as fast as one waits.
import type { Millis } from '../base/units.ts';
import type { LaneAssessment } from './assessment.ts';

/** Plain JSON. */
export interface Wait {
  /** When this was estimated, and at how much. */
  readonly fromMillis: Millis;
  readonly millis: Millis;
  /** When it should be over; null = evidence has not accrued as it should, so nobody knows. */
  readonly dueMillis: Millis | null;
  /** Evaluations in a row whose estimate lies far behind what was promised. */
  readonly late: number;
  /** What was promised was put right once by the pace of the evidence; a second time it is given up. */
  readonly isCorrected: boolean;
}

/** Estimates scatter: one that is off by less than this factor leaves the promise alone, ... */
const SCATTER = 1.5;
/** ... and so does one that is further off, until as many in a row are. */
const LATE_TO_CORRECT = 3;
/** Of the time waited, the share by which the estimate must have come down for an end to be in sight. */
const LEAST_PACE = 0.25;

/**
 * The promise at this evaluation. One that fell behind is replaced once by what the evidence's own pace says: what is left,
 * over how much less is left for each minute waited. After that, no time is better than one that moves.
 *
 * @param needed as the newest evaluation estimates it; null where nothing is waited for.
 */
export function advanceWait(
  before: Wait | null,
  needed: LaneAssessment['needed'],
  atMillis: Millis,
): Wait | null {
  const millis = needed?.millis ?? null;
  if (needed === null) return null;
  if (before === null) {
    const dueMillis = millis === null ? null : atMillis + millis;
    return { fromMillis: atMillis, millis: millis ?? 0, dueMillis, late: 0, isCorrected: false };
  }
  if (before.dueMillis === null) return before;
  const left = Math.max(0, before.dueMillis - atMillis);
  if (millis !== null && millis <= left * SCATTER) return { ...before, late: 0 };
  const late = before.late + 1;
  if (late < LATE_TO_CORRECT) return { ...before, late };
  const pace = millis === null ? 0 : (before.millis - millis) / (atMillis - before.fromMillis);
  if (before.isCorrected || millis === null || pace < LEAST_PACE) return { ...before, late, dueMillis: null };
  const wait = millis / Math.min(1, pace);
  return { fromMillis: atMillis, millis: wait, dueMillis: atMillis + wait, late: 0, isCorrected: true };
}

/** A target that does not answer brings no evidence: what is left to wait stays, and is told for as long as it lasts. */
export function postponeWait(wait: Wait | null, millis: Millis): Wait | null {
  if (wait === null || wait.dueMillis === null) return wait;
  return { ...wait, fromMillis: wait.fromMillis + millis, dueMillis: wait.dueMillis + millis };
}
