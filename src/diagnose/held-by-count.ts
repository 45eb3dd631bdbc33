// Where no profile can say what goroutines or descriptors hold: their number and the heap's growth, both from gauges, are one
// cause as long as each of them would hold no more than such things do.
import { gaugeWindow, type Assessment, type Lane, type LaneAssessment } from '../detect/assessment.ts';
import { KIB, type Bytes, type Millis } from '../base/units.ts';
import type { Evidence } from '../model/finding.ts';
import { EACH_DESCRIPTOR } from './links.ts';
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
  /** Of the gauges that both were fitted to. */
  readonly fromMillis: Millis;
  readonly toMillis: Millis;
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
    if (eachBytes > KEPT_EACH) continue;
    return { owner, eachBytes, ...gaugeWindow(assessment) };
  }
  return null;
}

/** Two leaks meet such a number by chance the more seldom, the narrower the interval of their ratio is: by then it is told. */
const NARROW_SHARE = 0.25;

export interface HeldGoroutines {
  /** Goroutines that come with each descriptor. */
  readonly each: number;
  readonly low: number;
  readonly high: number;
  /** The number of `EACH_DESCRIPTOR` that it is, or may yet be; null where it is none: then they are another cause. */
  readonly expected: number | null;
  /** The interval is too narrow for chance. */
  readonly isTold: boolean;
  /** Of the gauges that say so. */
  readonly fromMillis: Millis;
  readonly toMillis: Millis;
}

/**
 * Goroutines that come with descriptors, by gauges alone: as many for each as connections have.
 *
 * @returns null where profiles of goroutines can tell, or one of them does not grow.
 */
export function findHeldGoroutines(
  { lanes, incarnationStartMillis, firstEvidenceMillis, lastEvidenceMillis }: Assessment,
  profiles: ProfileEvidence | null,
): HeldGoroutines | null {
  const growthOf = (name: Lane) => lanes.find(({ lane }) => lane === name)?.growth ?? null;
  const [fds, goroutines] = [growthOf('fd'), growthOf('goroutine')];
  const isProfiled = profiles !== null && profiles.groups.timeMillis.length > 0;
  if (isProfiled || fds === null || goroutines === null || fds.low <= 0 || goroutines.low <= 0) return null;
  const each = goroutines.perHour / fds.perHour;
  const [low, high] = [goroutines.low / fds.high, goroutines.high / fds.low];
  const met = EACH_DESCRIPTOR.filter((count) => low <= count && count <= high);
  const expected = met.length === 0 ? null : nearest(each, met);
  const isTold = high - low <= NARROW_SHARE * each;
  const fromMillis = Math.max(incarnationStartMillis, firstEvidenceMillis);
  return { each, low, high, expected, isTold, fromMillis, toMillis: lastEvidenceMillis };
}

/**
 * Do they come with the descriptors, as far as is known? What cannot be told apart yet is one cause: two alarms of one are worse
 * than that of a second one later.
 */
export function areHeld(goroutines: HeldGoroutines | null): boolean {
  return goroutines !== null && goroutines.expected !== null;
}

function nearest(each: number, counts: readonly number[]): number {
  return counts.reduce((a, b) => (Math.abs(b - each) < Math.abs(a - each) ? b : a));
}

/** Whether the growth of goroutines is a finding of its own. */
export function askHeldGoroutines({
  each,
  low,
  high,
  expected,
  isTold,
  ...window
}: HeldGoroutines): Evidence {
  return {
    question: 'Do the goroutines come with these descriptors?',
    hypothesis: 'each descriptor is a connection, and its goroutines wait on it',
    prediction: `a number of goroutines for each that connections have: ${EACH_DESCRIPTOR.join(', ')}`,
    test: 'growth of the number of goroutines over growth of the number of descriptors, with its interval; a goroutine profile would show what they wait for',
    numbers: {
      statistic: each,
      threshold: expected ?? nearest(each, EACH_DESCRIPTOR),
      low,
      high,
      narrowShare: NARROW_SHARE,
      ...window,
    },
    outcome: expected === null ? 'contradicts' : isTold ? 'supports' : 'open',
  };
}

/** Why the heap's growth is no finding of its own. */
export function askHeldHeap({ owner, eachBytes, fromMillis, toMillis }: HeldHeap): Evidence {
  const things = { thread: 'threads', fd: 'descriptors', goroutine: 'goroutines' }[owner];
  return {
    question: `Do these ${things} account for the growth of the heap?`,
    hypothesis: `what grows in the heap is held by the ${things} that come`,
    prediction: 'no more for each of them than a closure, a request and buffers of a connection take',
    test: 'growth of the live heap over growth of their number; a heap profile would show who holds it',
    numbers: { statistic: Math.round(eachBytes), threshold: KEPT_EACH, unit: 'bytes', fromMillis, toMillis },
    outcome: 'supports',
  };
}
