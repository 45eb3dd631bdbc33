// Rows of snapshots drawn as text, for tests of diagnosis: one line a site, one number a snapshot.
import { MINUTE_MILLIS, type Millis } from '../base/units.ts';
import { samplingProbability } from '../profile/sampling.ts';
import type { GoroutineSnapshot, HeapSnapshot, InternedStack } from '../profile/snapshot.ts';
import { StackInterner } from '../profile/stack-interner.ts';

export interface DrawnProfiles {
  readonly heap: readonly HeapSnapshot[];
  readonly goroutines: readonly GoroutineSnapshot[];
  readonly stacks: StackInterner;
}

export interface DrawingOptions {
  readonly startMillis?: Millis;
  readonly everyMillis?: Millis;
  readonly periodBytes?: number;
}

/**
 * Snapshots from lines like these; stacks root first, `function@file:line`, file and line may be left out. Numbers are
 * *sampled* objects alive at each snapshot; behind the second bar sampled objects allocated by then (default: none died).
 *
 *     heap
 *     main.serve > orders/store.Put@/src/store/put.go:27 | 1024 | 0 3 7 12 | 0 3 8 14
 *     goroutines
 *     orders/hub.(*Hub).run > runtime.chansend1 > runtime.gopark | 0 10 20 30
 */
export function drawSnapshots(drawing: string, options: DrawingOptions = {}): DrawnProfiles {
  const stacks = new StackInterner();
  const heap: HeapLine[] = [];
  const goroutines: { stack: InternedStack; count: number[] }[] = [];
  let isHeap = true;
  for (const raw of drawing.split('\n')) {
    const line = raw.trim();
    if (line === '') continue;
    if (line === 'heap' || line === 'goroutines') {
      isHeap = line === 'heap';
      continue;
    }
    const [path, ...cells] = line.split('|').map((cell) => cell.trim());
    const stack = drawStack(stacks, path);
    if (isHeap) {
      const [size, alive, allocated] = cells;
      const samples = numbers(alive);
      heap.push({
        stack,
        size: Number(size),
        samples,
        allocated: numbers(allocated ?? runningMax(samples).join(' ')),
      });
    } else goroutines.push({ stack, count: numbers(cells[0]) });
  }
  const times = (length: number) =>
    Array.from(
      { length },
      (_, at) => (options.startMillis ?? 0) + at * (options.everyMillis ?? 10 * MINUTE_MILLIS),
    );
  return {
    stacks,
    heap: times(heap[0]?.samples.length ?? 0).map((takenAtMillis, at) =>
      toHeap(heap, at, takenAtMillis, options.periodBytes ?? 524_288),
    ),
    goroutines: times(goroutines[0]?.count.length ?? 0).map((takenAtMillis, at) => ({
      takenAtMillis,
      length: goroutines.length,
      stack: stackColumn(goroutines),
      count: Float64Array.from(goroutines, ({ count }) => count[at]),
    })),
  };
}

interface HeapLine {
  readonly stack: InternedStack;
  readonly size: number;
  readonly samples: readonly number[];
  readonly allocated: readonly number[];
}

function toHeap(
  lines: readonly HeapLine[],
  at: number,
  takenAtMillis: Millis,
  periodBytes: number,
): HeapSnapshot {
  const scale = (line: HeapLine, samples: number) => samples / samplingProbability(line.size, periodBytes);
  return {
    takenAtMillis,
    periodBytes,
    length: lines.length,
    stack: stackColumn(lines),
    objectBytes: Float64Array.from(lines, ({ size }) => size),
    inuseObjects: Float64Array.from(lines, (line) => scale(line, line.samples[at])),
    inuseBytes: Float64Array.from(lines, (line) => scale(line, line.samples[at]) * line.size),
    allocObjects: Float64Array.from(lines, (line) => scale(line, line.allocated[at])),
    allocBytes: Float64Array.from(lines, (line) => scale(line, line.allocated[at]) * line.size),
  };
}

function stackColumn(lines: readonly { readonly stack: InternedStack }[]): HeapSnapshot['stack'] {
  return Int32Array.from(lines, ({ stack }) => stack) as HeapSnapshot['stack'];
}

function drawStack(stacks: StackInterner, path: string): InternedStack {
  const frames = path.split(' > ').map((frame) => {
    const match = /^(.*?)(?:@(.*?))?(?::(\d+))?$/.exec(frame.trim());
    return { function: match?.[1] ?? frame, file: match?.[2] ?? '', line: Number(match?.[3] ?? 0) };
  });
  return stacks.intern(frames.reverse());
}

function numbers(text: string): number[] {
  return text.split(/\s+/).map(Number);
}

function runningMax(values: readonly number[]): number[] {
  let max = 0;
  return values.map((value) => (max = Math.max(max, value)));
}

/** `0 2 4 6` for `ramp(4, 2)`: growth of the same amount each snapshot. */
export function ramp(length: number, step: number): string {
  return Array.from({ length }, (_, at) => at * step).join(' ');
}
