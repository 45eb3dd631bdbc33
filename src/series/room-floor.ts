// The live heap where the goal of the collector does not tell it: under a memory limit, and where GOGC is off, unknown, or changed
// without a word. Whatever sets the goal, a cycle allocates what the goal leaves above the live heap. Both counters that it takes are
// exact, so that this is far quieter than the lowest heap_alloc, and straight as room runs out, where that one bends.
import { MIB, type Bytes, type Millis } from '../base/units.ts';
import type { GaugeTable } from './history.ts';
import { PointsBuilder, type Points } from './points.ts';
import { median, medianAbsoluteDeviationSigma } from './stats/quantiles.ts';

/** Collections of a window, fewest: the one that is cut at either end is a tenth of what is allocated in each. */
const CYCLES_PER_WINDOW = 10;
/** Collections that are further apart are forced (every 2 min): what is allocated in between says nothing about the goal. */
export const FORCED_MILLIS: Millis = 100_000;
/** Scrapes of a window of forced collections, fewest: there heap_alloc is all there is. */
const FORCED_SCRAPES = 8;
/** Fewest windows to measure by. */
const FEWEST_WINDOWS = 12;
/**
 * What a cycle allocates, as a share of the room below the goal: marking begins before the goal and ends at it or below. Measured
 * on programs of Go 1.21 to 1.26: 0.7 to 1. Beyond these the counters do not fit the goal.
 */
const LEAST_USED = 0.6;
const MOST_USED = 1.25;
/** A goal above this is none: GOGC=off without a limit. */
const NO_GOAL_BYTES: Bytes = 2 ** 60;

/** Some collections in a row. */
export interface RoomWindow {
  readonly atMillis: Millis;
  /** Mean of the goals. */
  readonly goalBytes: Bytes;
  /** What a cycle allocated. */
  readonly allocatedBytes: Bytes;
  /** Mean of heap_alloc. */
  readonly heapBytes: Bytes;
  /** Time, not the goal, set the collections off. */
  readonly isForced: boolean;
}

interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** Windows of ten collections or more; empty where gauges or counters that it takes are missing. */
export function listRoomWindows(table: GaugeTable, rows: RowRange): RoomWindow[] {
  const goal = table.column('nextGcBytes');
  const heap = table.column('heapAllocBytes');
  const allocated = table.column('allocatedBytesTotal');
  const cycles = table.column('gcCyclesTotal');
  if (!goal || !heap || !allocated || !cycles) return [];
  const { timeMillis } = table;
  const windows: RoomWindow[] = [];
  let first = -1;
  let sum = { goal: 0, heap: 0, count: 0 };
  for (let row = rows.from; row < rows.to; row++) {
    if (Number.isNaN(goal[row] + heap[row] + allocated[row] + cycles[row])) continue;
    if (!(goal[row] < NO_GOAL_BYTES)) first = -1;
    else if (first < 0 || allocated[row] < allocated[first]) {
      first = row;
      sum = { goal: 0, heap: 0, count: 0 };
    } else {
      sum = { goal: sum.goal + goal[row], heap: sum.heap + heap[row], count: sum.count + 1 };
      const collections = cycles[row] - cycles[first];
      const millis = timeMillis[row] - timeMillis[first];
      const isForced = millis > FORCED_MILLIS * collections;
      if (collections < CYCLES_PER_WINDOW || (isForced && sum.count < FORCED_SCRAPES)) continue;
      windows.push({
        atMillis: timeMillis[first] + millis / 2,
        goalBytes: sum.goal / sum.count,
        allocatedBytes: (allocated[row] - allocated[first]) / collections,
        heapBytes: sum.heap / sum.count,
        isForced,
      });
      first = row;
      sum = { goal: 0, heap: 0, count: 0 };
    }
  }
  return windows;
}

/**
 * Goal less what a cycle allocates, a point a window; null where most collections are forced, or are too few, or do not fit the goal. How
 * much of the room cycles use is measured by where heap_alloc stands below the goal: on average, half of what a cycle allocates is left to
 * come. Where time sets collections off, the floor is as far below heap_alloc.
 */
export function floorFromRoom(windows: readonly RoomWindow[]): Points | null {
  const free = windows.filter(({ isForced }) => !isForced);
  if (free.length < FEWEST_WINDOWS || free.length < windows.length / 2) return null;
  const below = free.map(
    ({ goalBytes, heapBytes, allocatedBytes }) => (goalBytes - heapBytes) / allocatedBytes,
  );
  const used = 1 / (below.reduce((total, share) => total + share, 0) / below.length + 0.5);
  if (!(used >= LEAST_USED && used <= MOST_USED)) return null;
  const points = new PointsBuilder(windows.length);
  for (const { atMillis, goalBytes, allocatedBytes, heapBytes, isForced } of windows) {
    const live = isForced ? heapBytes - allocatedBytes / 2 : goalBytes - allocatedBytes / used;
    points.add(atMillis, Math.max(0, live));
  }
  return points.finish();
}

/** Windows on either side of a change at once, at most and at least. */
const WINDOWS_BESIDE = 12;
const FEWEST_BESIDE = 6;
/** What a cycle allocates for each byte of the goal must change by this factor (natural logarithm): GOGC by a quarter at once, ... */
const CHANGED = 0.12;
/** ... by half where it is changed little by little: how much of the room cycles use changes with the load as well ... */
const DRIFTED = 0.25;
/** ... and by so many standard errors. */
const CHANGED_Z = 6;
/** The goals of small heaps hold roots, and stand at their minimum. */
const SMALLEST_GOAL: Bytes = 16 * MIB;

/**
 * Did what a cycle allocates change against the goal, at once or from the first third of the time to the last, for good? The live heap moves both
 * alike: only another GOGC moves one against the other.
 */
export function changesPace(windows: readonly RoomWindow[]): boolean {
  const ratio: number[] = [];
  for (const { goalBytes, allocatedBytes, isForced } of windows) {
    if (goalBytes >= SMALLEST_GOAL && !isForced) ratio.push(Math.log(allocatedBytes / goalBytes));
  }
  if (ratio.length < 2 * FEWEST_BESIDE) return false;
  const third = Math.floor(ratio.length / 3);
  if (isApart(ratio.slice(0, third), ratio.slice(-third), DRIFTED)) return true;
  const at = findLargestStep(ratio);
  const from = Math.max(0, at - WINDOWS_BESIDE);
  return isApart(ratio.slice(from, at), ratio.slice(at, at + WINDOWS_BESIDE), CHANGED);
}

/** Where the means of the windows on either side are furthest apart. */
function findLargestStep(ratio: readonly number[]): number {
  const sum = new Float64Array(ratio.length + 1);
  for (let i = 0; i < ratio.length; i++) sum[i + 1] = sum[i] + ratio[i];
  let best = FEWEST_BESIDE;
  let most = 0;
  for (let at = FEWEST_BESIDE; at <= ratio.length - FEWEST_BESIDE; at++) {
    const [from, to] = [Math.max(0, at - WINDOWS_BESIDE), Math.min(ratio.length, at + WINDOWS_BESIDE)];
    const apart = Math.abs((sum[to] - sum[at]) / (to - at) - (sum[at] - sum[from]) / (at - from));
    if (apart > most) [best, most] = [at, apart];
  }
  return best;
}

function isApart(before: readonly number[], after: readonly number[], threshold: number): boolean {
  const apart = Math.abs(median(after) - median(before));
  if (!(apart > threshold)) return false;
  const noise = Math.max(medianAbsoluteDeviationSigma(before), medianAbsoluteDeviationSigma(after));
  // A median scatters by 1.25 times as much as a mean.
  return apart > CHANGED_Z * 1.25 * noise * Math.sqrt(1 / before.length + 1 / after.length);
}
