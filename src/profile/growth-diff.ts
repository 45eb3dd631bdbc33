// What grew between two profiles of one process, function by function, with the interval that sampling leaves.
import { exactAt, numberAt } from '../pprof/columns.ts';
import type { Profile } from '../pprof/tables.ts';
import { compareText } from './compare-text.ts';
import { UNKNOWN_FRAME } from './frames.ts';
import { reduceHeap } from './reduce.ts';
import { findSampleTypeOrNone } from './sample-types.ts';
import {
  DEFAULT_CONFIDENCE,
  estimateGrowth,
  poissonInterval,
  recoverSampleCount,
  samplingProbability,
  sumGrowth,
  type GrowthEstimate,
} from './sampling.ts';
import type { HeapSnapshot, InternedStack } from './snapshot.ts';
import { StackInterner } from './stack-interner.ts';
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

/** Charges a stack to functions, given as rows of `names`. */
type Charge = (stack: InternedStack) => readonly string[];

function diffHeap(before: Profile, after: Profile, type: string, by: 'flat' | 'cum'): GrowthDiff {
  const interner = new StackInterner();
  const old = reduceHeap(before, interner, 0);
  const now = reduceHeap(after, interner, 1);
  const charge = chargeTo(interner, by);
  const sites = new SitePairs(type);
  sites.add(old, 'before');
  sites.add(now, 'after');
  const byName = new Map<string, Part[]>();
  const all: Part[] = [];
  for (const part of sites.finish(now.periodBytes)) {
    all.push(part);
    for (const name of charge(part.stack)) {
      const parts = byName.get(name);
      if (parts === undefined) byName.set(name, [part]);
      else parts.push(part);
    }
  }
  const perUnit = type.endsWith('objects');
  const rows = [...byName].map(([name, parts]) => sumParts(name, parts, perUnit));
  return { sampling: 'heap', rows: sortRows(rows), total: sumParts('', all, perUnit) };
}

function chargeTo(interner: StackInterner, by: 'flat' | 'cum'): Charge {
  const known: (readonly string[] | undefined)[] = [];
  const nameOf = ({ function: name, file, line }: { function: string; file: string; line: number }): string =>
    [name === UNKNOWN_FRAME && file !== '' ? '' : name, line > 0 ? `${file}:${line}` : file]
      .filter((part) => part !== '')
      .join(' ');
  return (stack) =>
    (known[stack] ??=
      by === 'flat'
        ? interner.frames(stack).slice(0, 1).map(nameOf)
        : [...new Set(interner.frames(stack).map(nameOf))]);
}

interface Part {
  readonly stack: InternedStack;
  readonly objectBytes: number;
  before: number;
  after: number;
  readonly estimate: GrowthEstimate;
}

interface OpenSite {
  readonly stack: InternedStack;
  readonly objectBytes: number;
  readonly objects: { before: number; after: number };
  readonly allocated: { before: number; after: number };
}

/** Rows of two snapshots over one interner, paired by stack and object size. */
class SitePairs {
  readonly #isAllocation: boolean;
  readonly #sites = new Map<string, OpenSite>();

  constructor(type: string) {
    this.#isAllocation = type.startsWith('alloc_');
  }

  add(snapshot: HeapSnapshot, when: 'before' | 'after'): void {
    for (let row = 0; row < snapshot.length; row++) {
      const stack = snapshot.stack[row];
      const objectBytes = snapshot.objectBytes[row];
      const key = `${stack} ${objectBytes}`;
      let site = this.#sites.get(key);
      if (site === undefined) {
        const none = { before: 0, after: 0 };
        site = { stack, objectBytes, objects: { ...none }, allocated: { ...none } };
        this.#sites.set(key, site);
      }
      site.objects[when] += snapshot.inuseObjects[row];
      site.allocated[when] += snapshot.allocObjects[row];
    }
  }

  *finish(periodBytes: number): Generator<Part> {
    for (const { stack, objectBytes, objects, allocated } of this.#sites.values()) {
      if (!(objectBytes > 0)) continue;
      const counted = this.#isAllocation ? allocated : objects;
      const p = samplingProbability(objectBytes, periodBytes);
      const samples = (count: number): number => recoverSampleCount(count, p);
      const estimate = estimateGrowth({
        objectBytes,
        periodBytes,
        samplesBefore: samples(counted.before),
        samplesAfter: samples(counted.after),
        allocatedSamples: Math.max(0, samples(allocated.after) - samples(allocated.before)),
      });
      yield {
        stack,
        objectBytes,
        before: counted.before * objectBytes,
        after: counted.after * objectBytes,
        estimate,
      };
    }
  }
}

/** Objects are bytes over the size of one. */
function sumParts(name: string, parts: readonly Part[], isObjects: boolean): DiffRow {
  const unit = ({ objectBytes }: Part): number => (isObjects ? objectBytes : 1);
  const scaled = parts.map((part) => {
    const { estimate } = part;
    const by = 1 / unit(part);
    return {
      ...estimate,
      bytes: estimate.bytes * by,
      low: estimate.low * by,
      high: estimate.high * by,
      variance: estimate.variance * by * by,
      eventVariance: estimate.eventVariance * by * by,
    };
  });
  const sum = sumGrowth(scaled);
  const before = parts.reduce((all, part) => all + part.before / unit(part), 0);
  const after = parts.reduce((all, part) => all + part.after / unit(part), 0);
  return {
    name,
    before,
    after,
    growth: after - before,
    interval: { low: sum.low, high: sum.high },
    isSignificant: sum.low > 0 || sum.high < 0,
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
  const byName = new Map<string, number>();
  let total = 0n;
  for (let sample = 0; sample < samples.length; sample++) {
    total += exactAt(values, sample);
    const stack = samples.stack[sample];
    const names = new Set<string>();
    for (let at = stacks.locationStart[stack]; at < stacks.locationStart[stack + 1]; at++) {
      const location = stacks.location[at];
      const from = locations.lineStart[location];
      const to = locations.lineStart[location + 1];
      if (from === to) names.add(printableNameOf(profile, location, null));
      for (let line = from; line < to; line++) names.add(printableNameOf(profile, location, line));
      if (by === 'flat') break;
    }
    const charged = by === 'flat' ? [...names].slice(0, 1) : names;
    for (const name of charged) byName.set(name, (byName.get(name) ?? 0) + numberAt(values, sample));
  }
  return { byName, total: Number(total) };
}

function sortRows(rows: readonly DiffRow[]): DiffRow[] {
  return rows
    .filter(({ growth }) => growth !== 0)
    .sort((a, b) => Math.abs(b.growth) - Math.abs(a.growth) || compareText(a.name, b.name));
}
