// Heap profiles that tell allocations since the profile before (godeltaprof, and agents that subtract) to snapshots whose
// allocations only rise, as diagnosis reads them. What is in use is absolute in both.
import { MAX_HEAP_ROWS } from './reduce.ts';
import type { HeapSnapshot, InternedStack } from './snapshot.ts';

/**
 * Adds what was allocated by the profile before to one that tells what came since.
 *
 *     totals  main.keep 64 B: 10 in use of 40      since  main.keep 64 B: 12 in use of 5
 *     gives   main.keep 64 B: 12 in use of 45
 *
 * Rows that are not in `since` have nothing in use and keep their totals. Without totals the count begins with what
 * is in use: never less was allocated. Beyond MAX_HEAP_ROWS the dead rows with the fewest allocated bytes go.
 *
 * @param totals the answer for the profile before; null for the first one. Over the same stack table.
 */
export function addRunningAllocations(totals: HeapSnapshot | null, since: HeapSnapshot): HeapSnapshot {
  const rows = new RowIndex(since);
  const left: number[] = [];
  const allocObjects = since.allocObjects.slice();
  const allocBytes = since.allocBytes.slice();
  for (let row = 0; row < (totals?.length ?? 0); row++) {
    if (totals === null) break;
    const at = rows.find(totals.stack[row], totals.objectBytes[row]);
    if (at === null) {
      left.push(row);
      continue;
    }
    allocObjects[at] += totals.allocObjects[row];
    allocBytes[at] += totals.allocBytes[row];
  }
  for (let row = 0; row < since.length; row++) {
    allocObjects[row] = Math.max(allocObjects[row], since.inuseObjects[row]);
    allocBytes[row] = Math.max(allocBytes[row], since.inuseBytes[row]);
  }
  const all = { ...since, allocObjects, allocBytes };
  return totals === null || left.length === 0 ? all : withDeadRows(all, totals, left);
}

/**
 * Whether this profile holds all allocations since the process, or its profiler, began: then everything in use was
 * allocated within it. In later ones that count from the profile before, what is old is in use and was not allocated again.
 */
export function holdsAllAllocations({ length, inuseObjects, allocObjects }: HeapSnapshot): boolean {
  for (let row = 0; row < length; row++) if (inuseObjects[row] > allocObjects[row]) return false;
  return true;
}

function withDeadRows(live: HeapSnapshot, totals: HeapSnapshot, left: readonly number[]): HeapSnapshot {
  const room = Math.max(0, MAX_HEAP_ROWS - live.length);
  const kept =
    left.length <= room
      ? left
      : [...left].sort((a, b) => totals.allocBytes[b] - totals.allocBytes[a] || a - b).slice(0, room);
  const length = live.length + kept.length;
  const grown = (column: Float64Array, dead: (row: number) => number): Float64Array => {
    const cells = new Float64Array(length);
    cells.set(column);
    kept.forEach((row, i) => (cells[live.length + i] = dead(row)));
    return cells;
  };
  const stack = new Int32Array(length) as HeapSnapshot['stack'];
  stack.set(live.stack);
  kept.forEach((row, i) => (stack[live.length + i] = totals.stack[row]));
  return {
    ...live,
    length,
    stack,
    objectBytes: grown(live.objectBytes, (row) => totals.objectBytes[row]),
    inuseObjects: grown(live.inuseObjects, () => 0),
    inuseBytes: grown(live.inuseBytes, () => 0),
    allocObjects: grown(live.allocObjects, (row) => totals.allocObjects[row]),
    allocBytes: grown(live.allocBytes, (row) => totals.allocBytes[row]),
  };
}

/** Row by stack and object size. */
class RowIndex {
  readonly #rows = new Map<InternedStack, Map<number, number>>();

  constructor({ length, stack, objectBytes }: HeapSnapshot) {
    for (let row = 0; row < length; row++) {
      const bySize = this.#rows.get(stack[row]);
      if (bySize) bySize.set(objectBytes[row], row);
      else this.#rows.set(stack[row], new Map([[objectBytes[row], row]]));
    }
  }

  find(stack: InternedStack, objectBytes: number): number | null {
    return this.#rows.get(stack)?.get(objectBytes) ?? null;
  }
}
