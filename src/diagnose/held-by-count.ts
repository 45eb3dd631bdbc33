// Where no profile can say what goroutines or descriptors hold: their number and the heap's growth, both from gauges, are one
// cause as long as each of them would hold no more than such things do.
import type { Assessment, Lane, LaneAssessment } from '../detect/assessment.ts';
import { KIB, type Bytes } from '../base/units.ts';
import type { Evidence } from '../model/finding.ts';
import type { ProfileEvidence } from './profile-evidence.ts';

/**
 * Live heap that comes with one: a closure and its request, buffers of a connection with TLS. More for each is as likely a leak of
 * its own, and is told as one until a profile shows who holds it.
 */
const KEPT_EACH: Bytes = 64 * KIB;

/** Lanes that may own the heap's growth, outermost first. */
const OWNERS = ['thread', 'fd', 'goroutine'] as const;
export type HeapOwner = (typeof OWNERS)[number];

export interface HeldHeap {
  readonly owner: HeapOwner;
  readonly eachBytes: Bytes;
}

/**
 * @param profiles null where none were read: also that is none.
 * @param mayOwn whether a lane's growth is told at all.
 * @returns null where profiles can tell, the heap does not grow, or nothing counted grows beside it.
 */
export function findHeapOwner(
  assessment: Assessment,
  profiles: ProfileEvidence | null,
  mayOwn: (lane: LaneAssessment) => boolean,
): HeldHeap | null {
  const isProfiled =
    profiles !== null && profiles.sites.timeMillis.length + profiles.groups.timeMillis.length > 0;
  const laneOf = (name: Lane) => assessment.lanes.find(({ lane }) => lane === name) ?? null;
  const heap = laneOf('heap')?.growth ?? null;
  if (isProfiled || heap === null || heap.low <= 0) return null;
  for (const owner of OWNERS) {
    const lane = laneOf(owner);
    const counted = lane?.growth ?? null;
    if (lane === null || counted === null || counted.low <= 0 || !mayOwn(lane)) continue;
    const eachBytes = heap.perHour / counted.perHour;
    if (eachBytes <= KEPT_EACH) return { owner, eachBytes };
  }
  return null;
}

/** Why the heap's growth is no finding of its own. */
export function askHeldHeap({ owner, eachBytes }: HeldHeap): Evidence {
  const things = { thread: 'threads', fd: 'descriptors', goroutine: 'goroutines' }[owner];
  return {
    question: `Do these ${things} account for the growth of the heap?`,
    hypothesis: `what grows in the heap is held by the ${things} that come`,
    prediction: 'no more for each of them than a closure, a request and buffers of a connection take',
    test: 'growth of the live heap over growth of their number; a heap profile would show who holds it',
    numbers: { statistic: Math.round(eachBytes), threshold: KEPT_EACH, unit: 'bytes' },
    outcome: 'supports',
  };
}
