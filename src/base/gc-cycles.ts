// What a Go runtime says about its garbage collections with GODEBUG=gctrace=1: one collection, and many as columns.
import { MIB, type Bytes, type Millis, type Seconds } from './units.ts';

/**
 * One collection. Amounts are what the line says, whole MiB cut off below (`>> 20`), so the true value lies up to
 * 1 MiB above; NaN = this version of Go does not say.
 *
 *     gc 4 @0.116s 0%: 0.033+0.28+0.002 ms clock, 0.067+0/0.075/0.14+0.005 ms cpu, 14->14->12 MB, 25 MB goal, 2 P
 */
export interface GcCycle {
  /** Counted from 1 by the process. */
  readonly number: number;
  /** Since the start of the process. */
  readonly atSeconds: Seconds;
  /** Share of CPU since the start of the process, whole percent. */
  readonly cpuPercent: number;
  /** All phases. */
  readonly clockMillis: Millis;
  /** All stops of the world of this collection together, and the longest of them. */
  readonly stopMillis: Millis;
  readonly longestStopMillis: Millis;
  /** CPU time without that of processors that had nothing else to do. */
  readonly cpuMillis: Millis;
  /** CPU time that goroutines had to give while they allocated; part of `cpuMillis`. */
  readonly assistMillis: Millis;
  /** Heap when the collection began and when it ended, and what was still reachable. */
  readonly beforeBytes: Bytes;
  readonly afterBytes: Bytes;
  readonly liveBytes: Bytes;
  /** Heap that this collection was to end at; Infinity = none (GOGC=off). */
  readonly goalBytes: Bytes;
  /** Go >= 1.18. */
  readonly stackBytes: Bytes;
  readonly globalsBytes: Bytes;
  readonly processors: number;
  /** By runtime.GC(), debug.FreeOSMemory() or a heap profile with gc=1. */
  readonly isForced: boolean;
}

/** What a line is exact to: amounts are cut off to whole MiB. */
export const GC_TRACE_RESOLUTION: Bytes = MIB;

/** The columns of `GcCycles`, each a number of `GcCycle`; `isForced` is 0 or 1. */
export const GC_COLUMNS = [
  'number',
  'atSeconds',
  'cpuPercent',
  'clockMillis',
  'stopMillis',
  'longestStopMillis',
  'cpuMillis',
  'assistMillis',
  'beforeBytes',
  'afterBytes',
  'liveBytes',
  'goalBytes',
  'stackBytes',
  'globalsBytes',
  'processors',
  'isForced',
] as const satisfies readonly (keyof GcCycle)[];
export type GcColumn = (typeof GC_COLUMNS)[number];

/** Sums over every collection that was seen, also those whose rows were thinned out. */
export interface GcTotals {
  readonly cycles: number;
  readonly forced: number;
  readonly stopMillis: Millis;
  readonly longestStopMillis: Millis;
  readonly cpuMillis: Millis;
  readonly assistMillis: Millis;
  /** Heap that came between the mark of one collection and the begin of the next. */
  readonly allocatedBytes: Bytes;
}

/** Collections of one life of a process, oldest first: one row is one collection. */
export interface GcCycles {
  readonly length: number;
  /** A view that is only valid until the next row is added. */
  column(name: GcColumn): Float64Array;
  readonly totals: GcTotals;
}

/** The row as an object; for reports, not for loops. */
export function cycleAt(cycles: GcCycles, row: number): GcCycle {
  const cell = (name: GcColumn): number => cycles.column(name)[row];
  const numbers = Object.fromEntries(GC_COLUMNS.map((name) => [name, cell(name)]));
  return { ...(numbers as unknown as GcCycle), isForced: cell('isForced') === 1 };
}

const FIRST_ROWS = 256;

/**
 * Collects the collections of one life. Its owner bounds it by `thin`: old collections get coarser, recent ones stay,
 * and `totals` counts them all.
 */
export class GcCycleTable implements GcCycles {
  #length = 0;
  #capacity = FIRST_ROWS;
  readonly #columns = new Map<GcColumn, Float64Array>();
  #totals: GcTotals = {
    cycles: 0,
    forced: 0,
    stopMillis: 0,
    longestStopMillis: 0,
    cpuMillis: 0,
    assistMillis: 0,
    allocatedBytes: 0,
  };

  constructor() {
    for (const name of GC_COLUMNS) this.#columns.set(name, new Float64Array(FIRST_ROWS));
  }

  get length(): number {
    return this.#length;
  }

  get totals(): GcTotals {
    return this.#totals;
  }

  column(name: GcColumn): Float64Array {
    const cells = this.#columns.get(name);
    if (cells === undefined) throw new RangeError(`no column ${name}`);
    return cells.subarray(0, this.#length);
  }

  add(cycle: GcCycle): void {
    this.#count(cycle);
    if (this.#length === this.#capacity) this.#grow();
    for (const [name, cells] of this.#columns) cells[this.#length] = Number(cycle[name]);
    this.#length++;
  }

  /** Drops every second row of the older half, never the first. */
  thin(): void {
    const half = this.#length >> 1;
    let kept = 0;
    for (let row = 0; row < this.#length; row++) {
      if (row < half && row % 2 === 1) continue;
      for (const cells of this.#columns.values()) cells[kept] = cells[row];
      kept++;
    }
    this.#length = kept;
  }

  #count(cycle: GcCycle): void {
    const before = this.#totals;
    const lastLive = this.#length > 0 ? this.column('liveBytes')[this.#length - 1] : NaN;
    const came = cycle.beforeBytes - lastLive;
    this.#totals = {
      cycles: before.cycles + 1,
      forced: before.forced + (cycle.isForced ? 1 : 0),
      stopMillis: before.stopMillis + cycle.stopMillis,
      longestStopMillis: Math.max(before.longestStopMillis, cycle.longestStopMillis),
      cpuMillis: before.cpuMillis + cycle.cpuMillis,
      assistMillis: before.assistMillis + cycle.assistMillis,
      allocatedBytes: before.allocatedBytes + (came > 0 ? came : 0),
    };
  }

  #grow(): void {
    this.#capacity *= 2;
    for (const [name, cells] of this.#columns) {
      const grown = new Float64Array(this.#capacity);
      grown.set(cells);
      this.#columns.set(name, grown);
    }
  }
}
