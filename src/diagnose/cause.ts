// One cause of growth: what it is, which lane carries it, which code answers for it.
import type { Lane } from '../detect/assessment.ts';
import type { Culprit, Growth, LeakClass } from '../model/finding.ts';
import type { GroupGrowth } from './goroutine-growth.ts';
import type { HeapCause } from './heap-cause.ts';
import type { HeldGoroutines, HeldHeap } from './held-by-count.ts';
import type { Lender } from './lenders.ts';

/** How sure we are that the lane leaks: stage 1 over time, or stage 1's suspicion and stage 2's proof together. */
export type CallStrength = 'confirmed' | 'proved';

export interface Cause {
  readonly kind: LeakClass;
  /** The lane whose growth this cause is. */
  readonly lane: Lane;
  /** Lanes that grow only because of this cause. */
  readonly absorbed: readonly Lane[];
  readonly strength: CallStrength;
  readonly culprits: readonly Culprit[];
  /** Do the profiles name the code well enough to put it into the identity? */
  readonly isNamed: boolean;
  /** Few samples name it; it stands in the identity when the wait for more is over. */
  readonly isLikely: boolean;
  readonly heap: HeapCause | null;
  readonly groups: readonly GroupGrowth[];
  /** Code of the service whose allocations come with goroutines that a library starts. */
  readonly lenders: readonly Lender[];
  /** By gauges alone, without a profile: the heap's growth is taken for what these hold. */
  readonly heldHeap: HeldHeap | null;
  /** By gauges alone: how many goroutines come with each of these descriptors. */
  readonly heldGoroutines: HeldGoroutines | null;
  readonly pattern: string | null;
  readonly growth: Growth | null;
  readonly counts: Growth | null;
  readonly heldBytes: number | null;
}

/** Function of the first culprit when it is certain enough, or the best that could be had, for the cause's identity. */
export function getIdentity(cause: Cause): string[] {
  const isKnown = cause.isNamed || cause.isLikely;
  return isKnown && cause.culprits.length > 0 ? [cause.culprits[0].function] : [];
}
