// A flame tree on its way to the page: what the browser cannot work out by itself, as plain JSON.
import type { FlameTree } from '../flamegraph/flame-tree.ts';

/**
 * Rows in drawing order (see FlameTree); depth, end and share follow from the parents. 64-bit values that a double does
 * not hold are texts.
 */
export interface FlameMessage {
  readonly parent: readonly number[];
  /** Row in `names`; -1 for the root. */
  readonly name: readonly number[];
  readonly names: readonly string[];
  readonly total: readonly (number | string)[];
  readonly self: readonly (number | string)[];
  /** null where it is what `total` says: no row holds values below 0. */
  readonly size: readonly number[] | null;
  /** Rows that were left out because they are the narrowest. */
  readonly hidden: number;
}

export function encodeFlame(tree: FlameTree): FlameMessage {
  const newName = new Map<number, number>();
  const names: string[] = [];
  const message = {
    parent: [] as number[],
    name: [] as number[],
    total: [] as (number | string)[],
    self: [] as (number | string)[],
    size: [] as number[],
  };
  let isPlain = true;
  for (let row = 0; row < tree.length; row++) {
    message.parent.push(tree.parent[row]);
    let name = -1;
    if (row > 0) {
      name = newName.get(tree.name[row]) ?? names.push(tree.names[tree.name[row]]) - 1;
      newName.set(tree.name[row], name);
    }
    message.name.push(name);
    message.total.push(exactJson(tree.total[row]));
    message.self.push(exactJson(tree.self[row]));
    message.size.push(tree.size[row]);
    if (tree.size[row] !== Number(tree.total[row])) isPlain = false;
  }
  return {
    ...message,
    names,
    size: isPlain ? null : message.size,
    hidden: tree.hidden,
  };
}

function exactJson(value: number | bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/** The tree again; see encodeFlame. */
export function decodeFlame(message: FlameMessage): FlameTree {
  const { parent, name, names, total, self, size, hidden } = message;
  const { length } = parent;
  const depth = new Int32Array(length);
  const end = new Int32Array(length);
  let maxDepth = 0;
  for (let row = 1; row < length; row++) {
    depth[row] = depth[parent[row]] + 1;
    if (depth[row] > maxDepth) maxDepth = depth[row];
  }
  for (let row = length - 1; row >= 0; row--) {
    if (end[row] === 0) end[row] = row + 1;
    if (row > 0 && end[parent[row]] < end[row]) end[parent[row]] = end[row];
  }
  return {
    length,
    parent: Int32Array.from(parent),
    end,
    depth,
    name: Int32Array.from(name),
    names,
    self: decodeColumn(self),
    total: decodeColumn(total),
    size: size === null ? Float64Array.from(total, Number) : Float64Array.from(size),
    maxDepth,
    hidden,
  };
}

function decodeColumn(cells: readonly (number | string)[]): FlameTree['total'] {
  return cells.some((cell) => typeof cell === 'string')
    ? BigInt64Array.from(cells, BigInt)
    : Float64Array.from(cells as readonly number[]);
}
