// Profiles to the snapshots that diagnosis keeps: what it needs of one instant, over the target's stack table.
import type { Millis } from '../base/units.ts';
import { numberAt } from '../pprof/columns.ts';
import type { GoroutineDump } from '../pprof/goroutine-dump.ts';
import { NO_ROW, type Int64Column, type Profile } from '../pprof/tables.ts';
import { FrameRows } from './frame-rows.ts';
import { findCountColumn, findSampleType, findSampleTypeOrNone } from './sample-types.ts';
import type { GoroutineSnapshot, HeapSnapshot, InternedStack } from './snapshot.ts';
import { doubled, pushNumber, readNumber, SequenceInterner } from './sequence-interner.ts';
import type { StackInterner } from './stack-interner.ts';

/**
 * Rows of one heap snapshot at most: 24 of them take 20 MB. The smallest sites beyond it are folded into one stack,
 * by powers of two of object size, so that totals stay what they are.
 */
export const MAX_HEAP_ROWS = 20_000;

/**
 * In-use heap per (stack, object size). Sample types are found by name, in any order; where there are no allocation
 * counts (heap text of a young process), they equal those in use.
 *
 * @param takenAtMillis when it was asked for, virtual time.
 * @throws PlimsollError PROFILE_INVALID when it is no heap profile.
 */
export function reduceHeap(profile: Profile, interner: StackInterner, takenAtMillis: Millis): HeapSnapshot {
  const columns = heapColumns(profile);
  const rows = new HeapRows();
  const stacks = new FrameRows(profile, interner);
  const sizes = objectSizes(profile, columns);
  const smallest = foldedSamples(profile, columns);
  for (let sample = 0; sample < profile.samples.length; sample++) {
    if (isEmpty(columns, sample)) continue;
    const isFolded = smallest?.[sample] === 1;
    const stack = isFolded ? interner.otherStacks() : stacks.stack(profile.samples.stack[sample]);
    const size =
      isFolded || stack === interner.otherStacksOrNone() ? roundToPower(sizes[sample]) : sizes[sample];
    rows.add(stack, size, columns, sample);
  }
  return rows.finish(takenAtMillis, periodOf(profile));
}

/**
 * Bytes in use over all samples: what the newest mark found alive, estimated.
 * @throws PlimsollError PROFILE_INVALID when it is no heap profile.
 */
export function sumHeapInUse(profile: Profile): number {
  return sumColumn(profile, findSampleType(profile, 'inuse_space'));
}

/**
 * Goroutines (or threads) over all samples.
 * @throws PlimsollError PROFILE_INVALID when there is no such count in it.
 */
export function sumCounts(profile: Profile): number {
  return sumColumn(profile, findCountColumn(profile));
}

function sumColumn({ samples }: Profile, column: number): number {
  let sum = 0;
  for (let sample = 0; sample < samples.length; sample++) sum += numberAt(samples.values[column], sample);
  return sum;
}

/** In-use objects and bytes, allocated objects and bytes. */
function heapColumns(profile: Profile): readonly Int64Column[] {
  const { values } = profile.samples;
  const inuseObjects = findSampleType(profile, 'inuse_objects');
  const inuseBytes = findSampleType(profile, 'inuse_space');
  const allocObjects = findSampleTypeOrNone(profile, 'alloc_objects');
  const allocBytes = findSampleTypeOrNone(profile, 'alloc_space');
  return [
    values[inuseObjects],
    values[inuseBytes],
    values[allocObjects === -1 ? inuseObjects : allocObjects],
    values[allocBytes === -1 ? inuseBytes : allocBytes],
  ];
}

function isEmpty(columns: readonly Int64Column[], sample: number): boolean {
  for (const column of columns) if (numberAt(column, sample) !== 0) return false;
  return true;
}

/** Size of one object per sample: label `bytes`, else in use, else allocated. */
function objectSizes(profile: Profile, columns: readonly Int64Column[]): Float64Array {
  const { samples, labels, strings } = profile;
  const [inuseObjects, inuseBytes, allocObjects, allocBytes] = columns;
  const key = strings.find('bytes');
  const sizes = new Float64Array(samples.length);
  for (let sample = 0; sample < samples.length; sample++) {
    let size = 0;
    for (let row = samples.labelStart[sample]; row < samples.labelStart[sample + 1]; row++)
      if (labels.text[row] === NO_ROW && key >= 0 && strings.canonicalRow(labels.key[row]) === key)
        size = numberAt(labels.number, row);
    if (size <= 0)
      size =
        divide(numberAt(inuseBytes, sample), numberAt(inuseObjects, sample)) ||
        divide(numberAt(allocBytes, sample), numberAt(allocObjects, sample));
    sizes[sample] = size;
  }
  return sizes;
}

function divide(bytes: number, objects: number): number {
  return objects > 0 ? Math.max(0, Math.round(bytes / objects)) : 0;
}

function roundToPower(size: number): number {
  return size <= 1 ? size : 2 ** Math.round(Math.log2(size));
}

/** 1 for samples that get no row of their own; null when all do. */
function foldedSamples(profile: Profile, columns: readonly Int64Column[]): Uint8Array | null {
  const { length } = profile.samples;
  if (length <= MAX_HEAP_ROWS) return null;
  const [, inuseBytes, , allocBytes] = columns;
  const order = Array.from({ length }, (_, sample) => sample).sort(
    (a, b) =>
      numberAt(inuseBytes, b) - numberAt(inuseBytes, a) ||
      numberAt(allocBytes, b) - numberAt(allocBytes, a) ||
      a - b,
  );
  const isFolded = new Uint8Array(length);
  for (let at = MAX_HEAP_ROWS; at < length; at++) isFolded[order[at]] = 1;
  return isFolded;
}

/** MemProfileRate. A heap profile that names none was not sampled, as far as it says. */
function periodOf({ header }: Profile): number {
  return header.period > 1n ? Number(header.period) : 1;
}

/** Growing columns of a HeapSnapshot; equal (stack, size) add up. */
class HeapRows {
  /** [stack, size size] */
  readonly #keys = new SequenceInterner();
  #values = Array.from({ length: 4 }, () => new Float64Array(256));

  add(stack: InternedStack, size: number, columns: readonly Int64Column[], sample: number): void {
    this.#keys.push(stack);
    pushNumber(this.#keys, size);
    const row = this.#keys.intern();
    if (row === this.#values[0].length) this.#values = this.#values.map(doubled);
    for (let i = 0; i < columns.length; i++) this.#values[i][row] += numberAt(columns[i], sample);
  }

  finish(takenAtMillis: Millis, periodBytes: number): HeapSnapshot {
    const length = this.#keys.count;
    const stack = new Int32Array(length);
    const objectBytes = new Float64Array(length);
    for (let row = 0; row < length; row++) {
      stack[row] = this.#keys.at(row, 0);
      objectBytes[row] = readNumber(this.#keys, row, 1);
    }
    const [inuseObjects, inuseBytes, allocObjects, allocBytes] = this.#values.map((column) =>
      column.slice(0, length),
    );
    return {
      takenAtMillis,
      periodBytes,
      length,
      stack: stack as HeapSnapshot['stack'],
      objectBytes,
      inuseObjects,
      inuseBytes,
      allocObjects,
      allocBytes,
    };
  }
}

/**
 * Goroutines (or threads, or leaked goroutines) per stack; labels are summed over.
 *
 * @throws PlimsollError PROFILE_INVALID when there is no such count in it.
 */
export function reduceGoroutines(
  profile: Profile,
  interner: StackInterner,
  takenAtMillis: Millis,
): GoroutineSnapshot {
  const column = findCountColumn(profile);
  const stacks = new FrameRows(profile, interner);
  const counts = new Map<InternedStack, number>();
  for (let sample = 0; sample < profile.samples.length; sample++) {
    const count = numberAt(profile.samples.values[column], sample);
    if (count === 0) continue;
    const stack = stacks.stack(profile.samples.stack[sample]);
    counts.set(stack, (counts.get(stack) ?? 0) + count);
  }
  return finishCounts(counts, takenAtMillis);
}

/**
 * Goroutines per stack from a dump. Frames of the runtime (`runtime.gopark` and below) are not printed in dumps, so
 * these stacks do not equal those of a profile of the same process: keep the two apart.
 */
export function reduceGoroutineDump(
  dump: GoroutineDump,
  interner: StackInterner,
  takenAtMillis: Millis,
): GoroutineSnapshot {
  const { frames, stacks, goroutines, strings } = dump;
  const frameRows = new Int32Array(frames.length);
  for (let row = 0; row < frames.length; row++)
    frameRows[row] = interner.internFrame(
      strings.get(frames.function[row]),
      strings.get(frames.file[row]),
      frames.line[row],
    );
  const stackRows = new Int32Array(stacks.length);
  for (let row = 0; row < stacks.length; row++) {
    const open = stacks.frame.subarray(stacks.frameStart[row], stacks.frameStart[row + 1]);
    stackRows[row] = interner.internStack(open.map((frame) => frameRows[frame]));
  }
  const counts = new Map<InternedStack, number>();
  for (let row = 0; row < goroutines.length; row++) {
    const stack = stackRows[goroutines.stack[row]] as InternedStack;
    counts.set(stack, (counts.get(stack) ?? 0) + 1);
  }
  return finishCounts(counts, takenAtMillis);
}

function finishCounts(counts: ReadonlyMap<InternedStack, number>, takenAtMillis: Millis): GoroutineSnapshot {
  return {
    takenAtMillis,
    length: counts.size,
    stack: Int32Array.from(counts.keys()) as GoroutineSnapshot['stack'],
    count: Float64Array.from(counts.values()),
  };
}
