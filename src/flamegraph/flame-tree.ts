// Stacks that share their first frames share a path: the tree that a flame graph draws, as columns in drawing order.
import { Int32Builder, Int64Builder } from '../pprof/columns.ts';
import { NO_ROW, type Int64Column, type Profile } from '../pprof/tables.ts';
import { printableNameOf } from '../profile/reports/printable-name.ts';
import { collectPaths, PathSplitter, type StackPaths } from '../profile/stack-paths.ts';
import { LargestFirst, type Branch } from './largest-first.ts';

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
  /** Rows that were left out, see FlameBounds. */
  readonly hidden: number;
}

/** What of a tree is wanted. Memory grows with the rows that are kept and with the paths, not with the frames of all. */
export interface FlameBounds {
  /** Rows whose size is a smaller share of the whole are left out. */
  readonly minShare: number;
  /** Of the others the largest; at least 1. */
  readonly maxRows: number;
}

const WHOLE: FlameBounds = { minShare: 0, maxRows: Infinity };

/**
 * Tree of one value; see collectPaths. A row is never larger than its parent, so that the largest rows are a tree.
 *
 * @param column of `profile.samples.values`.
 */
export function buildFlameTree(profile: Profile, column: number, bounds: FlameBounds = WHOLE): FlameTree {
  const paths = collectPaths(profile, column, printableNameOf);
  const rows = new GrowingTree(paths).grow(bounds);
  return { ...inDrawingOrder(rows), names: paths.names.list, hidden: paths.frames + 1 - rows.parent.length };
}

/** Rows, larger ones first: parents come before their children. */
interface Rows {
  readonly parent: Int32Array;
  readonly name: Int32Array;
  readonly names: readonly string[];
  readonly self: Int64Column;
  readonly total: Int64Column;
  readonly size: Float64Array;
}

/** A tree that grows from the root, the largest row next. */
class GrowingTree {
  readonly #paths: StackPaths;
  readonly #splitter: PathSplitter;
  /** |value| by path. What two profiles have in common on one path is no change. */
  readonly #width: Float64Array;
  readonly #parent = new Int32Builder(1024);
  readonly #name = new Int32Builder(1024);
  readonly #size: number[] = [];
  readonly #self = new Int64Builder(1024);
  readonly #total = new Int64Builder(1024);
  readonly #waiting = new LargestFirst();

  constructor(paths: StackPaths) {
    this.#paths = paths;
    this.#splitter = new PathSplitter(paths.names, paths.stack);
    this.#width = new Float64Array(paths.length);
    for (let path = 0; path < paths.length; path++) this.#width[path] = Math.abs(Number(paths.value[path]));
  }

  grow({ minShare, maxRows }: FlameBounds): Rows {
    const whole = this.#sizeOf(0, this.#paths.length);
    const least = whole * minShare;
    this.#waiting.push({ parent: NO_ROW, name: NO_ROW, from: 0, end: this.#paths.length, size: whole });
    while (this.#parent.length < maxRows) {
      const branch = this.#waiting.pop();
      if (branch === undefined) break;
      this.#add(branch, least);
    }
    return {
      parent: this.#parent.finish(),
      name: this.#name.finish(),
      names: this.#paths.names.list,
      self: this.#self.finish(),
      total: this.#total.finish(),
      size: Float64Array.from(this.#size),
    };
  }

  #add({ parent, name, from, end, size }: Branch, least: number): void {
    const { ends, groupNames } = this.#splitter;
    const row = this.#parent.length;
    this.#parent.push(parent);
    this.#name.push(name);
    this.#size.push(size);
    this.#pushSum(this.#total, row, from, end);
    const ended = this.#splitter.split(from, end);
    this.#pushSum(this.#self, row, from, ended);
    let start = ended;
    for (const [group, groupEnd] of ends.entries()) {
      const part = this.#sizeOf(start, groupEnd);
      if (part >= least)
        this.#waiting.push({ parent: row, name: groupNames[group], from: start, end: groupEnd, size: part });
      start = groupEnd;
    }
  }

  #pushSum(column: Int64Builder, row: number, from: number, end: number): void {
    const { members } = this.#splitter;
    const { value } = this.#paths;
    column.pushNumber(0);
    for (let at = from; at < end; at++) column.add(row, value[members[at]]);
  }

  #sizeOf(from: number, end: number): number {
    const { members } = this.#splitter;
    let size = 0;
    for (let at = from; at < end; at++) size += this.#width[members[at]];
    return size;
  }
}

/** Renumbers rows to preorder, larger siblings first. */
function inDrawingOrder({
  parent,
  name,
  names,
  self,
  total,
  size,
}: Rows): Omit<FlameTree, 'names' | 'hidden'> {
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
