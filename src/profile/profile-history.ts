// What diagnosis remembers of one target's profiles: a bounded, evenly thinned row of snapshots per kind, over one
// stack table. The same profiles in the same order always leave the same history.
import type { Millis } from '../base/units.ts';
import type { GoroutineDump } from '../pprof/goroutine-dump.ts';
import type { Profile } from '../pprof/tables.ts';
import { reduceOrigins } from './goroutine-origins.ts';
import { reduceGoroutineDump, reduceGoroutines, reduceHeap } from './reduce.ts';
import { addRunningAllocations, holdsAllAllocations } from './running-allocations.ts';
import type { GoroutineOrigins, GoroutineSnapshot, HeapSnapshot, StackReader } from './snapshot.ts';
import { MAX_INTERNED_STACKS, StackInterner } from './stack-interner.ts';

/**
 * Growth is judged between the first, the newest and one or two in between; more of the same window adds little. 24
 * leave a point an hour over a day.
 */
export const MAX_HEAP_SNAPSHOTS = 24;
/** Goroutine snapshots are small and exact: half-hourly over a day. */
export const MAX_GOROUTINE_SNAPSHOTS = 48;
/** Below this many stacks throwing unreferenced ones away is not worth the walk. */
const COMPACT_ABOVE = 4096;

export interface ProfileHistoryOptions {
  readonly maxHeapSnapshots?: number;
  readonly maxGoroutineSnapshots?: number;
  readonly maxStacks?: number;
}

const NO_STACKS: StackReader = new StackInterner(1);

interface Snapshot {
  readonly takenAtMillis: Millis;
  readonly length: number;
  readonly stack: HeapSnapshot['stack'];
}

/**
 * Bounded history of one incarnation. Snapshots and `stacks` belong together: read both at one time. Later additions
 * may renumber stacks, in new snapshots and a new reader; those that were handed out stay valid with each other.
 */
export class ProfileHistory {
  readonly #maxHeap: number;
  readonly #maxGoroutine: number;
  readonly #maxStacks: number;
  /** Null until the first profile comes. */
  #interned: StackInterner | null = null;
  #compactAt: number;
  #heap: readonly HeapSnapshot[] = [];
  #goroutines: readonly GoroutineSnapshot[] = [];
  #leakedGoroutines: readonly GoroutineSnapshot[] = [];
  #threads: readonly GoroutineSnapshot[] = [];
  #origins: GoroutineOrigins | null = null;
  #goroutinesShowRuntime: boolean | null = null;
  /** Of profiles that tell allocations since the one before: totals as of the newest, kept or not. */
  #running: HeapSnapshot | null = null;

  constructor(options: ProfileHistoryOptions = {}) {
    this.#maxHeap = atLeastTwo(options.maxHeapSnapshots ?? MAX_HEAP_SNAPSHOTS);
    this.#maxGoroutine = atLeastTwo(options.maxGoroutineSnapshots ?? MAX_GOROUTINE_SNAPSHOTS);
    this.#maxStacks = options.maxStacks ?? MAX_INTERNED_STACKS;
    this.#compactAt = this.#firstCompaction();
  }

  /** Ascending by time; the first and the newest that were ever added are always there. */
  get heap(): readonly HeapSnapshot[] {
    return this.#heap;
  }
  get goroutines(): readonly GoroutineSnapshot[] {
    return this.#goroutines;
  }
  /** Of `goroutineleak` profiles: goroutines that the collector proved dead. */
  get leakedGoroutines(): readonly GoroutineSnapshot[] {
    return this.#leakedGoroutines;
  }
  /** Of `threadcreate` profiles. */
  get threads(): readonly GoroutineSnapshot[] {
    return this.#threads;
  }
  /** Of the newest goroutine dump (debug=2). */
  get origins(): GoroutineOrigins | null {
    return this.#origins;
  }
  get stacks(): StackReader {
    return this.#interned ?? NO_STACKS;
  }

  get #interner(): StackInterner {
    return (this.#interned ??= new StackInterner(this.#maxStacks));
  }

  /**
   * Adds a heap profile.
   *
   * @returns the snapshot, or null when it is not newer than the newest (the clock jumped back, or it came twice), or
   *   when more is in use than was ever allocated: a stored one of those that `addHeapSince` takes, out of its row.
   * @throws PlimsollError PROFILE_INVALID when it is no heap profile; the history is unchanged.
   */
  addHeap(profile: Profile, takenAtMillis: Millis): HeapSnapshot | null {
    if (!isNewer(this.#heap, takenAtMillis)) return null;
    this.#makeRoom();
    const snapshot = reduceHeap(profile, this.#interner, takenAtMillis);
    if (!holdsAllAllocations(snapshot)) return null;
    this.#heap = thin([...this.#heap, snapshot], this.#maxHeap);
    return snapshot;
  }

  /**
   * Takes a heap profile whose allocations are those since the one before: every one has to come here, also those that
   * are not kept.
   *
   * @returns the snapshot with totals, and whether the process (or its profiler) began with it; null when it is not
   *   newer than the newest.
   * @throws PlimsollError as addHeap.
   */
  addHeapSince(
    profile: Profile,
    takenAtMillis: Millis,
    isKept: boolean,
  ): { readonly snapshot: HeapSnapshot; readonly isFirst: boolean } | null {
    const newest = this.#running?.takenAtMillis ?? this.#heap.at(-1)?.takenAtMillis ?? -Infinity;
    if (takenAtMillis <= newest) return null;
    this.#makeRoom();
    const since = reduceHeap(profile, this.#interner, takenAtMillis);
    const isFirst = holdsAllAllocations(since) && since.inuseObjects.some((objects) => objects > 0);
    if (isFirst && this.#running !== null) {
      this.restart();
      return { ...this.#beginWith(profile, takenAtMillis, isKept), isFirst };
    }
    this.#running = addRunningAllocations(this.#running, since);
    if (isKept) this.#heap = thin([...this.#heap, this.#running], this.#maxHeap);
    return { snapshot: this.#running, isFirst };
  }

  #beginWith(profile: Profile, takenAtMillis: Millis, isKept: boolean): { readonly snapshot: HeapSnapshot } {
    const snapshot = addRunningAllocations(null, reduceHeap(profile, this.#interner, takenAtMillis));
    this.#running = snapshot;
    if (isKept) this.#heap = [snapshot];
    return { snapshot };
  }

  /**
   * Adds a goroutine profile or dump; as addHeap. The proto form shows frames of the runtime (`runtime.gopark`), the
   * text forms hide them, so their stacks never match: the first that came decides, the others get null.
   */
  addGoroutines(profile: Profile | GoroutineDump, takenAtMillis: Millis): GoroutineSnapshot | null {
    if (!isNewer(this.#goroutines, takenAtMillis)) return null;
    const snapshot = this.#reduceCounts(profile, takenAtMillis);
    if (snapshot.length > 0) {
      const showsRuntime = isMostlyInRuntime(snapshot, this.#interner);
      this.#goroutinesShowRuntime ??= showsRuntime;
      if (showsRuntime !== this.#goroutinesShowRuntime) return null;
    }
    this.#goroutines = thin([...this.#goroutines, snapshot], this.#maxGoroutine);
    return snapshot;
  }

  /** Adds a `goroutineleak` profile; as addHeap. */
  addLeakedGoroutines(profile: Profile, takenAtMillis: Millis): GoroutineSnapshot | null {
    if (!isNewer(this.#leakedGoroutines, takenAtMillis)) return null;
    const snapshot = this.#reduceCounts(profile, takenAtMillis);
    this.#leakedGoroutines = thin([...this.#leakedGoroutines, snapshot], this.#maxGoroutine);
    return snapshot;
  }

  /** Adds a `threadcreate` profile; as addHeap. */
  addThreads(profile: Profile, takenAtMillis: Millis): GoroutineSnapshot | null {
    if (!isNewer(this.#threads, takenAtMillis)) return null;
    const snapshot = this.#reduceCounts(profile, takenAtMillis);
    this.#threads = thin([...this.#threads, snapshot], this.#maxGoroutine);
    return snapshot;
  }

  /**
   * Takes who started the goroutines from a dump. It adds no count: text forms hide the runtime's frames.
   *
   * @param scale virtual over real time, for the minutes in it.
   */
  addOrigins(dump: GoroutineDump, takenAtMillis: Millis, scale = 1): void {
    if (this.#origins !== null && takenAtMillis <= this.#origins.takenAtMillis) return;
    this.#makeRoom();
    this.#origins = reduceOrigins(dump, this.#interner, takenAtMillis, scale);
  }

  /** A new incarnation began: nothing is compared across a restart. */
  restart(): void {
    this.#heap = [];
    this.#goroutines = [];
    this.#leakedGoroutines = [];
    this.#threads = [];
    this.#origins = null;
    this.#goroutinesShowRuntime = null;
    this.#running = null;
    this.#interned = null;
    this.#compactAt = this.#firstCompaction();
  }

  #reduceCounts(profile: Profile | GoroutineDump, takenAtMillis: Millis): GoroutineSnapshot {
    this.#makeRoom();
    return 'goroutines' in profile
      ? reduceGoroutineDump(profile, this.#interner, takenAtMillis)
      : reduceGoroutines(profile, this.#interner, takenAtMillis);
  }

  #firstCompaction(): number {
    return Math.min(COMPACT_ABOVE, Math.ceil(this.#maxStacks / 2));
  }

  /** Throws away stacks that no kept snapshot uses, once there may be as many of them as of the others. */
  #makeRoom(): void {
    if (this.#interner.size < this.#compactAt) return;
    const isReferenced = new Uint8Array(this.#interner.size);
    const all: readonly (readonly Snapshot[])[] = [
      this.#heap,
      this.#goroutines,
      this.#leakedGoroutines,
      this.#threads,
      this.#running === null ? [] : [this.#running],
      this.#origins === null ? [] : [this.#origins],
    ];
    for (const kind of all)
      for (const snapshot of kind) for (const stack of snapshot.stack) isReferenced[stack] = 1;
    const { interner, remap } = this.#interner.compact(isReferenced);
    this.#interned = interner;
    this.#heap = this.#heap.map((snapshot) => renumber(snapshot, remap));
    this.#goroutines = this.#goroutines.map((snapshot) => renumber(snapshot, remap));
    this.#leakedGoroutines = this.#leakedGoroutines.map((snapshot) => renumber(snapshot, remap));
    this.#threads = this.#threads.map((snapshot) => renumber(snapshot, remap));
    if (this.#running !== null) this.#running = renumber(this.#running, remap);
    if (this.#origins !== null) this.#origins = renumber(this.#origins, remap);
    const next = Math.max(this.#firstCompaction(), interner.size * 2);
    // Near the bound every addition may compact: a full table loses stacks, a walk only takes time.
    this.#compactAt = Math.min(next, this.#maxStacks);
  }
}

function atLeastTwo(bound: number): number {
  if (bound < 2) throw new RangeError('a history keeps the first and the newest, so at least two');
  return bound;
}

function isNewer(snapshots: readonly Snapshot[], takenAtMillis: Millis): boolean {
  return snapshots.length === 0 || takenAtMillis > snapshots[snapshots.length - 1].takenAtMillis;
}

/** Nearly every goroutine waits, and whoever waits has `runtime.gopark` at the leaf, if it is shown. */
function isMostlyInRuntime(snapshot: GoroutineSnapshot, stacks: StackReader): boolean {
  let inRuntime = 0;
  let all = 0;
  for (let row = 0; row < snapshot.length; row++) {
    all += snapshot.count[row];
    if (stacks.frames(snapshot.stack[row])[0]?.function.startsWith('runtime.'))
      inRuntime += snapshot.count[row];
  }
  return inRuntime * 2 > all;
}

function renumber<Kind extends Snapshot>(snapshot: Kind, remap: Int32Array): Kind {
  return { ...snapshot, stack: snapshot.stack.map((stack) => remap[stack]) };
}

/** Leaves out the one in the middle whose neighbours are closest in time; the older one of equals. */
function thin<Kind extends Snapshot>(snapshots: readonly Kind[], bound: number): readonly Kind[] {
  if (snapshots.length <= bound) return snapshots;
  let leastGap = Infinity;
  let leaveOut = 1;
  for (let row = 1; row < snapshots.length - 1; row++) {
    const gap = snapshots[row + 1].takenAtMillis - snapshots[row - 1].takenAtMillis;
    if (gap >= leastGap) continue;
    leastGap = gap;
    leaveOut = row;
  }
  return snapshots.filter((_, row) => row !== leaveOut);
}
