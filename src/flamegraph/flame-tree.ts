// Stacks that share their first frames share a path: the tree that a flame graph draws, as columns in drawing order.
import { Int32Builder, Int64Builder } from '../pprof/columns.ts';
import { NO_ROW, type Int64Column, type Profile } from '../pprof/tables.ts';
import { printableNameOf } from '../profile/reports/printable-name.ts';

/** Row number in a FlameTree. */
export type FlameRow = number & { readonly __rowOf: 'FlameTree' };

/**
 * One row: one path from the root, in preorder, larger siblings first (then by name). Row 0 is the root and stands for
 * everything. All rows below row r are r + 1 .. end[r] - 1.
 *
 * Example: samples main>a:2, main>b:3, main:1.
 *
 *     parent [ NO_ROW,    0,   1,   1 ]
 *     end    [ 4,         4,   3,   4 ]
 *     depth  [ 0,         1,   2,   2 ]
 *     name   [ NO_ROW,    0,   1,   2 ]    names [ "main", "b", "a" ]
 *     self   [ 0,         1,   3,   2 ]
 *     total  [ 6,         6,   3,   2 ]
 *     size   [ 6,         6,   3,   2 ]    sum of |self|: differs from total in differences of profiles
 */
export interface FlameTree {
  readonly length: number;
  readonly parent: Int32Array;
  readonly end: Int32Array;
  readonly depth: Int32Array;
  /** Row in `names`; NO_ROW for the root. */
  readonly name: Int32Array;
  readonly names: readonly string[];
  readonly self: Int64Column;
  readonly total: Int64Column;
  /** What width is drawn from. Widths are pixels, so 53 bits are enough. */
  readonly size: Float64Array;
  readonly maxDepth: number;
}

/**
 * Tree of one value. Frames are equal when they print the same, so the granularity of the profile (see aggregate.ts of
 * the profile room) decides what is one. Samples whose value is 0, or that have no frames, are left out.
 *
 * @param column of `profile.samples.values`.
 */
export function buildFlameTree(profile: Profile, column: number): FlameTree {
  const paths = collectPaths(profile, column);
  return inDrawingOrder(paths, sumUp(paths));
}

interface Paths {
  readonly parent: Int32Array;
  readonly name: Int32Array;
  readonly names: readonly string[];
  readonly self: Int64Column;
  /** |value| of all samples that end here together. */
  readonly selfSize: Float64Array;
}

/** Rows in order of first appearance: parents come before their children. */
function collectPaths(profile: Profile, column: number): Paths {
  const { samples, stacks } = profile;
  const values = samples.values[column];
  const frames = new LocationNames(profile);
  const table = new ChildTable(stacks.location.length);
  const self = new Int64Builder(table.capacity);
  self.pushNumber(0);
  // Samples of one stack that differ in labels or object size end in one row.
  const rowOfStack = new Int32Array(stacks.length).fill(NO_ROW);
  for (let sample = 0; sample < samples.length; sample++) {
    const value = values[sample];
    if (value === 0 || value === 0n) continue;
    const stack = samples.stack[sample];
    let row = rowOfStack[stack];
    if (row === NO_ROW) {
      row = 0;
      const from = stacks.locationStart[stack];
      for (let at = stacks.locationStart[stack + 1] - 1; at >= from; at--) {
        const names = frames.of(stacks.location[at]);
        for (let i = names.length - 1; i >= 0; i--) row = table.child(row, names[i]);
      }
      while (self.length < table.length) {
        self.pushNumber(0);
      }
      rowOfStack[stack] = row;
    }
    if (row === 0) continue;
    self.add(row, value);
  }
  const ownValues = self.finish();
  return {
    ...table.finish(),
    names: frames.names,
    self: ownValues,
    // What two profiles have in common on one stack is no change.
    selfSize: magnitudes(ownValues),
  };
}

function magnitudes(column: Int64Column): Float64Array {
  const sizes = new Float64Array(column.length);
  for (let row = 0; row < column.length; row++) sizes[row] = Math.abs(Number(column[row]));
  return sizes;
}

/** Printed names of a location, leaf (innermost inlined line) first, as rows of one list; made once per location. */
class LocationNames {
  readonly names: string[] = [];
  readonly #profile: Profile;
  readonly #rowOfName = new Map<string, number>();
  readonly #known: (Int32Array | undefined)[];

  constructor(profile: Profile) {
    this.#profile = profile;
    this.#known = new Array<Int32Array | undefined>(profile.locations.length);
  }

  of(location: number): Int32Array {
    return (this.#known[location] ??= this.#read(location));
  }

  #read(location: number): Int32Array {
    const { lineStart } = this.#profile.locations;
    const from = lineStart[location];
    const to = lineStart[location + 1];
    if (from === to) return Int32Array.of(this.#intern(printableNameOf(this.#profile, location, null)));
    const rows = new Int32Array(to - from);
    for (let line = from; line < to; line++)
      rows[line - from] = this.#intern(printableNameOf(this.#profile, location, line));
    return rows;
  }

  #intern(name: string): number {
    let row = this.#rowOfName.get(name);
    if (row === undefined) {
      row = this.names.push(name) - 1;
      this.#rowOfName.set(name, row);
    }
    return row;
  }
}

const MIN_SLOTS = 1024;
/** More are not reserved ahead, however long the stacks are: most of their frames are shared. */
const MAX_FIRST_SLOTS = 131_072;

/** Children by (parent, name) in an open-addressing table: a Map of numbers costs three times as much here. */
class ChildTable {
  readonly #parent: Int32Builder;
  readonly #name: Int32Builder;
  /** Row + 1; 0 = empty. At most half full. */
  #slots: Int32Array;

  /** @param frames of all stacks: there are no more rows. */
  constructor(frames: number) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(frames, 1)));
    this.#slots = new Int32Array(Math.min(Math.max(slots, MIN_SLOTS), MAX_FIRST_SLOTS));
    this.#parent = new Int32Builder(this.capacity);
    this.#name = new Int32Builder(this.capacity);
    this.#parent.push(NO_ROW);
    this.#name.push(NO_ROW);
  }

  get length(): number {
    return this.#parent.length;
  }

  /** Rows that it has room for. */
  get capacity(): number {
    return this.#slots.length / 2;
  }

  child(parent: number, name: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const parents = this.#parent.view();
    const names = this.#name.view();
    let slot = hash(parent, name) & mask;
    for (;;) {
      const row = slots[slot] - 1;
      if (row < 0) break;
      if (parents[row] === parent && names[row] === name) return row;
      slot = (slot + 1) & mask;
    }
    const row = this.#parent.length;
    this.#parent.push(parent);
    this.#name.push(name);
    slots[slot] = row + 1;
    if (row * 2 > slots.length) this.#grow();
    return row;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 4);
    const mask = slots.length - 1;
    const parents = this.#parent.view();
    const names = this.#name.view();
    for (let row = 1; row < this.#parent.length; row++) {
      let slot = hash(parents[row], names[row]) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = row + 1;
    }
    this.#slots = slots;
  }

  finish(): { parent: Int32Array; name: Int32Array } {
    return { parent: this.#parent.finish(), name: this.#name.finish() };
  }
}

/** Multiplicative mixing of two row numbers (constants of MurmurHash3's finalizer). */
function hash(a: number, b: number): number {
  let mixed = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
  return mixed ^ (mixed >>> 13);
}

interface Sums {
  readonly total: Int64Column;
  readonly size: Float64Array;
}

/** Self plus all below: children come later, so one loop from the end does it. */
function sumUp({ parent, self, selfSize }: Paths): Sums {
  const total = new Int64Builder(self.length);
  for (let row = 0; row < self.length; row++) total.push(self[row]);
  const size = selfSize.slice();
  for (let row = self.length - 1; row > 0; row--) {
    total.add(parent[row], total.at(row));
    size[parent[row]] += size[row];
  }
  return { total: total.finish(), size };
}

/** Renumbers rows to preorder, larger siblings first. */
function inDrawingOrder({ parent, name, names, self }: Paths, { total, size }: Sums): FlameTree {
  const { length } = parent;
  const { firstChild, child } = sortedChildren(parent, name, names, size);
  const order = new Int32Array(length);
  const parents = new Int32Array(length);
  const depth = new Int32Array(length);
  const end = new Int32Array(length);
  parents[0] = NO_ROW;
  let maxDepth = 0;
  let placed = 0;
  // Old rows still to place, each behind the new row of its parent.
  const waiting = new Int32Builder(64);
  waiting.push(0);
  waiting.push(NO_ROW);
  while (waiting.length > 0) {
    const above = waiting.at(waiting.length - 1);
    const old = waiting.at(waiting.length - 2);
    waiting.truncate(waiting.length - 2);
    const row = placed++;
    order[row] = old;
    parents[row] = above;
    depth[row] = above === NO_ROW ? 0 : depth[above] + 1;
    if (depth[row] > maxDepth) maxDepth = depth[row];
    for (let at = firstChild[old + 1] - 1; at >= firstChild[old]; at--) {
      waiting.push(child[at]);
      waiting.push(row);
    }
  }
  for (let row = length - 1; row >= 0; row--) {
    if (end[row] === 0) end[row] = row + 1;
    if (row > 0 && end[parents[row]] < end[row]) end[parents[row]] = end[row];
  }
  return {
    length,
    parent: parents,
    end,
    depth,
    name: pick(name, order, new Int32Array(length)),
    names,
    self: pickInt64(self, order),
    total: pickInt64(total, order),
    size: pick(size, order, new Float64Array(length)),
    maxDepth,
  };
}

/** Children of row r: child[firstChild[r] .. firstChild[r + 1]). */
function sortedChildren(
  parent: Int32Array,
  name: Int32Array,
  names: readonly string[],
  size: Float64Array,
): { readonly firstChild: Int32Array; readonly child: Int32Array } {
  const { length } = parent;
  const firstChild = new Int32Array(length + 1);
  for (let row = 1; row < length; row++) firstChild[parent[row] + 1]++;
  for (let row = 0; row < length; row++) firstChild[row + 1] += firstChild[row];
  const next = firstChild.slice();
  const child = new Int32Array(Math.max(0, length - 1));
  for (let row = 1; row < length; row++) child[next[parent[row]]++] = row;
  const compare = (a: number, b: number): number =>
    size[b] - size[a] || (names[name[a]] < names[name[b]] ? -1 : 1);
  for (let row = 0; row < length; row++) {
    if (firstChild[row + 1] - firstChild[row] < 2) continue;
    child.subarray(firstChild[row], firstChild[row + 1]).sort(compare);
  }
  return { firstChild, child };
}

/** Cells in another order. A loop: `from` with a function takes ten times as long. */
function pick<Cells extends Int32Array | Float64Array | BigInt64Array>(
  column: Cells,
  order: Int32Array,
  into: Cells,
): Cells {
  for (let row = 0; row < order.length; row++) into[row] = column[order[row]];
  return into;
}

function pickInt64(column: Int64Column, order: Int32Array): Int64Column {
  if (column instanceof Float64Array) return pick(column, order, new Float64Array(order.length));
  return pick(column, order, new BigInt64Array(order.length));
}
