// What grew between two profiles of one process, function by function, with the interval that sampling leaves.
import { exactAt, numberAt } from '../pprof/columns.ts';
import type { Profile } from '../pprof/tables.ts';
import { compareText } from './compare-text.ts';
import { UNKNOWN_FRAME } from './frames.ts';
import { reduceHeap } from './reduce.ts';
import { GrowthSums, SitePairs, type GrowthSum } from './heap-growth.ts';
import { findSampleTypeOrNone } from './sample-types.ts';
import { DEFAULT_CONFIDENCE, poissonInterval } from './sampling.ts';
import { type InternedFrame, StackInterner } from './stack-interner.ts';
import { printableNameOf } from './reports/printable-name.ts';

/** How the interval was found: from the theory of the sampler, not needed, or there is none. */
export type DiffSampling = 'heap' | 'cpu' | 'exact' | 'unknown';

/** One row: one function. Values in the unit of the sample type. */
export interface DiffRow {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  readonly growth: number;
  /** null where sampling says nothing, see `sampling`. */
  readonly interval: { readonly low: number; readonly high: number } | null;
  /** The interval leaves 0 out, or the values are exact and differ. */
  readonly isSignificant: boolean;
}

export interface GrowthDiff {
  readonly sampling: DiffSampling;
  /** Largest |growth| first, then by name; functions that did not change are left out. */
  readonly rows: readonly DiffRow[];
  readonly total: DiffRow;
}

/**
 * @param before, after two profiles of one kind; see prepareReport for what names a frame.
 * @param type name of the sample type in both.
 * @param by `flat` charges the leaf, `cum` every function of the stack once.
 */
export function computeGrowthDiff(
  before: Profile,
  after: Profile,
  type: string,
  by: 'flat' | 'cum',
): GrowthDiff {
  const isHeap = findSampleTypeOrNone(after, 'inuse_objects') >= 0 && findSampleTypeOrNone(after, type) >= 0;
  return isHeap ? diffHeap(before, after, type, by) : diffCounts(before, after, type, by);
}

function diffHeap(before: Profile, after: Profile, type: string, by: 'flat' | 'cum'): GrowthDiff {
  const interner = new StackInterner();
  const old = reduceHeap(before, interner, 0);
  const now = reduceHeap(after, interner, 1);
  const pairs = new SitePairs(old, now);
  const { names, nameOf } = nameFrames(interner);
  const all = names.length;
  const sums = new GrowthSums(pairs, type, now.periodBytes, all + 1);
  /** Last row that was charged to a name, + 1: a function that calls itself is charged once. */
  const chargedBy = new Int32Array(all);
  for (let row = 0; row < pairs.length; row++) {
    sums.add(all, row);
    const stack = pairs.stack(row);
    const depth = by === 'flat' ? Math.min(1, interner.depth(stack)) : interner.depth(stack);
    for (let at = 0; at < depth; at++) {
      const name = nameOf[interner.frameAt(stack, at)];
      if (chargedBy[name] === row + 1) continue;
      chargedBy[name] = row + 1;
      sums.add(name, row);
    }
  }
  const rows = names.map((name, group) => diffRow(name, sums.sum(group)));
  return { sampling: 'heap', rows: sortRows(rows), total: diffRow('', sums.sum(all)) };
}

/** What each frame is called, as a row of `names`; several lines and files of one name may be one. */
function nameFrames(interner: StackInterner): {
  readonly names: readonly string[];
  readonly nameOf: Int32Array;
} {
  const rows = new Map<string, number>();
  const nameOf = new Int32Array(interner.frameCount);
  for (let row = 0; row < nameOf.length; row++) {
    const name = frameName(interner, row as InternedFrame);
    const known = rows.get(name);
    nameOf[row] = known ?? rows.size;
    if (known === undefined) rows.set(name, rows.size);
  }
  return { names: [...rows.keys()], nameOf };
}

function frameName(interner: StackInterner, frame: InternedFrame): string {
  const name = interner.functionOf(frame);
  const file = interner.fileOf(frame);
  const line = interner.lineOf(frame);
  const place = line > 0 ? `${file}:${line}` : file;
  if (name === '' || (name === UNKNOWN_FRAME && file !== '')) return place;
  return place === '' ? name : `${name} ${place}`;
}

function diffRow(name: string, { before, after, low, high }: GrowthSum): DiffRow {
  return {
    name,
    before,
    after,
    growth: after - before,
    interval: { low, high },
    isSignificant: low > 0 || high < 0,
  };
}

/** Goroutines and threads are counted one by one; CPU time is a Poisson count of ticks; of the rest nothing is known. */
function diffCounts(before: Profile, after: Profile, type: string, by: 'flat' | 'cum'): GrowthDiff {
  const old = sumByName(before, type, by);
  const now = sumByName(after, type, by);
  const sampling = samplingOf(after, type);
  const tick = sampling === 'cpu' ? Number(after.header.period) : 0;
  const row = (name: string, from: number, to: number): DiffRow => {
    const interval = tick > 0 ? tickInterval(from, to, tick) : null;
    const isSignificant = interval === null ? from !== to : interval.low > 0 || interval.high < 0;
    return { name, before: from, after: to, growth: to - from, interval, isSignificant };
  };
  const names = new Set([...old.byName.keys(), ...now.byName.keys()]);
  const rows = [...names].map((name) => row(name, old.byName.get(name) ?? 0, now.byName.get(name) ?? 0));
  return { sampling, rows: sortRows(rows), total: row('', old.total, now.total) };
}

function samplingOf(profile: Profile, type: string): DiffSampling {
  if (type === 'cpu' && profile.header.period > 0n) return 'cpu';
  return /^(?:goroutines?|goroutineleak|threadcreate|count|contentions)$/.test(type) ? 'exact' : 'unknown';
}

/** Two independent Poisson counts; their intervals joined by MOVER. */
function tickInterval(before: number, after: number, tick: number): { low: number; high: number } {
  const [from, to] = [before / tick, after / tick];
  const [fromLow, fromHigh] = poissonInterval(Math.round(from), DEFAULT_CONFIDENCE);
  const [toLow, toHigh] = poissonInterval(Math.round(to), DEFAULT_CONFIDENCE);
  const growth = to - from;
  return {
    low: (growth - Math.hypot(to - toLow, fromHigh - from)) * tick,
    high: (growth + Math.hypot(toHigh - to, from - fromLow)) * tick,
  };
}

function sumByName(
  profile: Profile,
  type: string,
  by: 'flat' | 'cum',
): { readonly byName: Map<string, number>; readonly total: number } {
  const { samples, stacks, locations } = profile;
  const values = samples.values[findSampleTypeOrNone(profile, type)];
  const nameIds = new PrintedNames(profile);
  let sums = new Float64Array(64);
  // The sample (from 1) that was last charged to a name: recursion is charged once.
  let chargedBy = new Int32Array(64);
  let total = 0n;
  for (let sample = 0; sample < samples.length; sample++) {
    total += exactAt(values, sample);
    const value = numberAt(values, sample);
    const stack = samples.stack[sample];
    for (let at = stacks.locationStart[stack]; at < stacks.locationStart[stack + 1]; at++) {
      const location = stacks.location[at];
      const from = locations.lineStart[location];
      const to =
        by === 'flat'
          ? Math.min(from + 1, locations.lineStart[location + 1])
          : locations.lineStart[location + 1];
      // A location without lines has a name as well.
      for (let line = from; line < Math.max(to, from + 1); line++) {
        const name = nameIds.of(location, line < to ? line : null);
        if (name >= sums.length) {
          sums = grown(sums, new Float64Array(2 * name));
          chargedBy = grown(chargedBy, new Int32Array(2 * name));
        }
        if (chargedBy[name] === sample + 1) continue;
        chargedBy[name] = sample + 1;
        sums[name] += value;
      }
      if (by === 'flat') break;
    }
  }
  return { byName: new Map(nameIds.names.map((name, id) => [name, sums[id]])), total: Number(total) };
}

function grown<T extends Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** Ids of the names that lines and locations are printed by, each made once. */
class PrintedNames {
  /** By id. */
  readonly names: string[] = [];
  readonly #profile: Profile;
  readonly #ids = new Map<string, number>();
  /** Id + 1 by line, and behind the lines by location without any; 0 = not asked yet. */
  readonly #known: Int32Array;

  constructor(profile: Profile) {
    this.#profile = profile;
    this.#known = new Int32Array(profile.lines.length + profile.locations.length);
  }

  of(location: number, line: number | null): number {
    const at = line ?? this.#profile.lines.length + location;
    if (this.#known[at] === 0)
      this.#known[at] = this.#intern(printableNameOf(this.#profile, location, line)) + 1;
    return this.#known[at] - 1;
  }

  #intern(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    this.#ids.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}

function sortRows(rows: readonly DiffRow[]): DiffRow[] {
  return rows
    .filter(({ growth }) => growth !== 0)
    .sort((a, b) => Math.abs(b.growth) - Math.abs(a.growth) || compareText(a.name, b.name));
}
