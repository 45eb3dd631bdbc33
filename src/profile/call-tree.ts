// Call tree: stacks that share their first frames share a path.
import { Int32Builder, Int64Builder } from '../pprof/columns.ts';
import { NO_ROW, type Int64Column, type Profile } from '../pprof/tables.ts';
import { computeFrameNodes } from './frame-nodes.ts';

/** Row number in a CallTree. */
export type CallNodeIndex = number & { readonly __rowOf: 'CallTree' };

/**
 * One row: one path from the root. Parents come before their children, so one loop backwards sums up a tree and one
 * forwards lays it out. Row 0 is the root itself and stands for everything.
 *
 * Example: samples main>a:2, main>b:3, main:1.
 *
 *     parent [ NO_ROW,    0,   1,   1 ]
 *     name   [ "",   "main", "a", "b" ]
 *     self   [ 0,         1,   2,   3 ]
 *     total  [ 6,         6,   2,   3 ]
 */
export interface CallTree {
  readonly length: number;
  readonly parent: Int32Array & { [row: number]: CallNodeIndex };
  /** Row in `names`; NO_ROW for the root. */
  readonly nameRow: Int32Array;
  readonly names: readonly string[];
  readonly self: Int64Column;
  readonly total: Int64Column;
}

/**
 * Call tree of one value. Samples whose value is 0 are left out.
 *
 * @param direction `top-down` starts at the outermost caller; `bottom-up` (inverted) at the leaf, whose subtrees show
 *   who called it; there `self` belongs to the outermost caller and only totals are of interest.
 */
export function computeCallTree(
  profile: Profile,
  column: number,
  direction: 'top-down' | 'bottom-up' = 'top-down',
): CallTree {
  const { samples, stacks } = profile;
  const values = samples.values[column];
  const nodes = computeFrameNodes(profile);
  const parent = new Int32Builder();
  const nameRow = new Int32Builder();
  const self = new Int64Builder();
  parent.push(NO_ROW);
  nameRow.push(NO_ROW);
  self.pushNumber(0);
  // Child of a row by name: row * names + name stays below 2^53 for any profile that fits into memory.
  const childByKey = new Map<number, number>();
  const path: number[] = [];
  for (let sample = 0; sample < samples.length; sample++) {
    const value = values[sample];
    if (value === 0 || value === 0n) continue;
    path.length = 0;
    const stack = samples.stack[sample];
    for (let at = stacks.locationStart[stack]; at < stacks.locationStart[stack + 1]; at++) {
      const location = stacks.location[at];
      for (let i = nodes.nodeStart[location]; i < nodes.nodeStart[location + 1]; i++)
        path.push(nodes.node[i]);
    }
    if (direction === 'top-down') path.reverse();
    let row = 0;
    for (const name of path) {
      const key = row * nodes.length + name;
      let child = childByKey.get(key);
      if (child === undefined) {
        child = parent.length;
        childByKey.set(key, child);
        parent.push(row);
        nameRow.push(name);
        self.pushNumber(0);
      }
      row = child;
    }
    self.add(row, value);
  }
  const parents = parent.finish();
  const selfColumn = self.finish();
  return {
    length: parents.length,
    parent: parents as CallTree['parent'],
    nameRow: nameRow.finish(),
    names: nodes.name,
    self: selfColumn,
    total: sumUpwards(parents, selfColumn),
  };
}

/** Self plus that of all rows below: children come later, so one loop from the end does it. */
function sumUpwards(parent: Int32Array, self: Int64Column): Int64Column {
  const total = new Int64Builder(self.length);
  for (let row = 0; row < self.length; row++) total.push(self[row]);
  for (let row = self.length - 1; row > 0; row--) total.add(parent[row], total.at(row));
  return total.finish();
}
