// Groups of goroutines that wait at the same place, and how their exact counts grew. Nothing is sampled here.
import type { Millis } from '../base/units.ts';
import { packageOf } from '../profile/frames.ts';
import type { Frame, GoroutineSnapshot } from '../profile/snapshot.ts';
import { computeMonotony, computePersistence, thinSnapshots } from './site-growth.ts';
import { readWaitReason, type WaitReason } from '../profile/wait-reason.ts';
import { waitPlaceOf, type PathReader, type StackPath } from './stack-path.ts';
import { THRESHOLDS } from './thresholds.ts';

/**
 * Goroutines with the same root, the same place of waiting and the same reason.
 *
 *     count  [ 0, 26, 55, 82 ]    one cell a snapshot
 */
export interface GoroutineGroup {
  readonly key: string;
  readonly path: StackPath;
  /** The goroutine's own function: the outermost frame. Who said `go` is not in the protobuf form. */
  readonly root: Frame;
  /** Innermost frame that is the service's or a library's own. */
  readonly waitsIn: Frame;
  readonly reason: WaitReason;
  readonly count: Float64Array;
}

export interface GroupTable {
  readonly timeMillis: readonly Millis[];
  readonly groups: readonly GoroutineGroup[];
}

export interface GroupGrowth {
  readonly group: GoroutineGroup;
  readonly grown: number;
  /** (up - down) / sqrt(up + down) over all steps: sqrt(m) when m goroutines came and none went. */
  readonly z: number;
  readonly persistence: number | null;
  readonly monotony: number;
}

/** Folds snapshots (ascending in time) to groups. */
export function foldGroups(snapshots: readonly GoroutineSnapshot[], reader: PathReader): GroupTable {
  const used = thinSnapshots(snapshots);
  const groups = new Map<string, GoroutineGroup>();
  used.forEach((snapshot, at) => {
    for (let row = 0; row < snapshot.length; row++) {
      const path = reader.path(snapshot.stack[row]);
      const place = waitPlaceOf(path);
      if (place === null) continue;
      const { root, waitsIn } = place;
      const reason = readWaitReason(path.frames);
      const key = `${root.function}\t${waitsIn.function}:${waitsIn.line}\t${reason}`;
      let group = groups.get(key);
      if (group === undefined) {
        group = { key, path, root, waitsIn, reason, count: new Float64Array(used.length) };
        groups.set(key, group);
      }
      group.count[at] += snapshot.count[row];
    }
  });
  return {
    timeMillis: used.map((snapshot) => snapshot.takenAtMillis),
    groups: [...groups.values()].sort((a, b) => (a.key < b.key ? -1 : 1)),
  };
}

/** Growth of one group from snapshot `base` on. */
export function computeGroupGrowth(table: GroupTable, group: GoroutineGroup, base: number): GroupGrowth {
  const series = Array.from(group.count.subarray(base));
  let [up, down] = [0, 0];
  for (let i = 1; i < series.length; i++) {
    const step = series[i] - series[i - 1];
    if (step > 0) up += step;
    else down -= step;
  }
  return {
    group,
    grown: up - down,
    z: up + down > 0 ? (up - down) / Math.sqrt(up + down) : 0,
    persistence: computePersistence(series, table.timeMillis.slice(base)),
    monotony: computeMonotony(series),
  };
}

/**
 * Groups that keep growing, largest first. What stays within the size of a pool, comes and goes, or has stopped is
 * left out.
 *
 * @param isLaneLeak stage 1 calls the count of all goroutines a leak: then a group need not prove persistence (load
 *   that ends stops the growth, not the leak).
 */
export function findGrowingGroups(table: GroupTable, base: number, isLaneLeak: boolean): GroupGrowth[] {
  return table.groups
    .map((group) => computeGroupGrowth(table, group, base))
    .filter(
      (growth) =>
        growth.grown >= THRESHOLDS.minGoroutines &&
        growth.monotony >= THRESHOLDS.minMonotony &&
        (isLaneLeak || (growth.persistence ?? 0) >= THRESHOLDS.minPersistence),
    )
    .sort((a, b) => b.grown - a.grown || (a.group.key < b.group.key ? -1 : 1));
}

/**
 * Groups by cause, largest first: goroutines of one package belong together (a reader and a writer of one
 * connection), and so do those whose counts keep one ratio over the whole window.
 */
export function clusterGroups(growing: readonly GroupGrowth[], base: number): GroupGrowth[][] {
  const clusters: GroupGrowth[][] = [];
  for (const growth of growing) {
    const home = clusters.find((cluster) => cluster.some((other) => belongTogether(other, growth, base)));
    if (home === undefined) clusters.push([growth]);
    else home.push(growth);
  }
  return clusters;
}

function belongTogether(a: GroupGrowth, b: GroupGrowth, base: number): boolean {
  if (packageOf(a.group.root.function) === packageOf(b.group.root.function)) return true;
  return keepRatio(a.group.count.subarray(base), b.group.count.subarray(base));
}

/** Do two counts keep one ratio wherever both have grown enough to have one? */
export function keepRatio(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return compareRatios(a, b) === 'kept';
}

/** Have both groups grown enough, often enough, to tell whether they come together? */
export function isRatioKnown(a: GroupGrowth, b: GroupGrowth, base: number): boolean {
  return compareRatios(a.group.count.subarray(base), b.group.count.subarray(base)) !== 'unknown';
}

function compareRatios(a: ArrayLike<number>, b: ArrayLike<number>): 'kept' | 'changed' | 'unknown' {
  const last = a.length - 1;
  const ratio = (b[last] - b[0]) / (a[last] - a[0]);
  if (!(ratio > 0) || !Number.isFinite(ratio)) return 'changed';
  let compared = 0;
  for (let i = 1; i < last; i++) {
    const grown = a[i] - a[0];
    if (Math.min(grown, b[i] - b[0]) < THRESHOLDS.ratioGoroutines) continue;
    compared++;
    if (Math.abs((b[i] - b[0]) / grown / ratio - 1) > THRESHOLDS.ratioTolerance) return 'changed';
  }
  return compared >= 2 ? 'kept' : 'unknown';
}
