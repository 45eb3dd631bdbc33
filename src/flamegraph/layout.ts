// Where each row of a flame tree lies: shares of the width, so that one layout fits every screen.
import type { FlameTree } from './flame-tree.ts';

/**
 * Layout of the whole tree, or of what is below one row.
 *
 *     left, right  [ rows ]  shares of the width, 0 to 1, for every row of the tree; rows outside the focus are
 *                            right <= 0 or left >= 1
 */
export interface FlameLayout {
  readonly tree: FlameTree;
  /** Row that takes the whole width; rows above it do, too. */
  readonly focus: number;
  readonly left: Float64Array;
  readonly right: Float64Array;
  /** Rows by depth, each ascending by place: byDepth[depthStart[d] .. depthStart[d + 1]). */
  readonly byDepth: Int32Array;
  readonly depthStart: Int32Array;
}

/** Lays out the whole tree. Children stand side by side from the left edge of their parent, its self value behind them. */
export function layoutFlame(tree: FlameTree): FlameLayout {
  const { length, parent, size, depth, maxDepth } = tree;
  const left = new Float64Array(length);
  const right = new Float64Array(length);
  // Where the next child of a row begins.
  const next = new Float64Array(length);
  const whole = size[0] > 0 ? size[0] : 1;
  right[0] = 1;
  for (let row = 1; row < length; row++) {
    const above = parent[row];
    left[row] = next[above];
    right[row] = left[row] + size[row] / whole;
    next[above] = right[row];
    next[row] = left[row];
  }
  const depthStart = new Int32Array(maxDepth + 2);
  for (let row = 0; row < length; row++) depthStart[depth[row] + 1]++;
  for (let d = 0; d <= maxDepth; d++) depthStart[d + 1] += depthStart[d];
  const at = depthStart.slice();
  const byDepth = new Int32Array(length);
  // Preorder keeps the order of places within one depth.
  for (let row = 0; row < length; row++) byDepth[at[depth[row]]++] = row;
  return { tree, focus: 0, left, right, byDepth, depthStart };
}

/**
 * The same tree with `focus` as wide as the picture. Rows above it take the whole width, those beside it none.
 *
 * @param whole layout of the whole tree.
 */
export function focusFlame(whole: FlameLayout, focus: number): FlameLayout {
  const { tree } = whole;
  if (!(focus >= 0 && focus < tree.length)) throw new RangeError(`row ${focus} of ${tree.length}`);
  const left = new Float64Array(tree.length).fill(-1);
  const right = new Float64Array(tree.length).fill(-1);
  const from = whole.left[focus];
  const width = whole.right[focus] - from;
  const scale = width > 0 ? 1 / width : 0;
  for (let row = focus; row < tree.end[focus]; row++) {
    left[row] = (whole.left[row] - from) * scale;
    right[row] = (whole.right[row] - from) * scale;
  }
  for (let row = focus; row >= 0; row = tree.parent[row]) {
    left[row] = 0;
    right[row] = 1;
  }
  return { ...whole, focus, left, right };
}

/** The row at a place, or null: depth counts from the root, `share` is 0 to 1 across the picture. */
export function hitTest(layout: FlameLayout, depth: number, share: number): number | null {
  const { byDepth, depthStart, left, right, tree } = layout;
  if (!(depth >= 0 && depth <= tree.maxDepth)) return null;
  let low = depthStart[depth];
  let high = depthStart[depth + 1] - 1;
  if (layout.focus > 0) [low, high] = narrowToFocus(layout, depth, low, high);
  while (low <= high) {
    const middle = (low + high) >> 1;
    const row = byDepth[middle];
    if (share < left[row]) high = middle - 1;
    else if (share >= right[row]) low = middle + 1;
    else return row;
  }
  return null;
}

/** Rows of a depth within the focus are one run, since rows of a depth are in preorder. */
function narrowToFocus(
  { byDepth, tree, focus }: FlameLayout,
  depth: number,
  low: number,
  high: number,
): [number, number] {
  if (depth <= tree.depth[focus]) {
    let row = focus;
    while (tree.depth[row] > depth) row = tree.parent[row];
    const at = lowerBound(byDepth, low, high + 1, row);
    return [at, at];
  }
  return [lowerBound(byDepth, low, high + 1, focus), lowerBound(byDepth, low, high + 1, tree.end[focus]) - 1];
}

/** First index in [from, to) whose cell is >= value; `to` when there is none. */
function lowerBound(cells: Int32Array, from: number, to: number, value: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cells[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
