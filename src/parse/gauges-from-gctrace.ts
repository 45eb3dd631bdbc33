// Collections as gauges: what stage 1 eats, at the pace of a scrape.
import { GC_TRACE_RESOLUTION, type GcCycle } from '../base/gc-cycles.ts';
import type { GaugeReading } from '../base/gauges.ts';
import { SECOND_MILLIS, type Bytes, type Millis } from '../base/units.ts';

/** A process may collect ten times a second: one reading in this time, as dense as scrapes are. */
export const TRACE_READING_MILLIS: Millis = 10 * SECOND_MILLIS;
/** Collections of one reading that its median is taken of; of more, the newest. */
const MAX_CYCLES_OF_READING = 4096;

export interface TraceGaugeOptions {
  /**
   * The trace is all the evidence there is: then it also stands for what an exporter says (count of collections, heap,
   * start). Otherwise two sources of one number would take turns.
   */
  readonly isOnlySource: boolean;
}

/** Makes readings of the collections of one life after the other. */
export class GaugesFromGcTrace {
  readonly #isOnlySource: boolean;
  #live: Bytes[] = [];
  #givenAtMillis = -Infinity;
  #lastNumber = 0;
  #stopMillis = 0;

  constructor({ isOnlySource }: TraceGaugeOptions) {
    this.#isOnlySource = isOnlySource;
  }

  /**
   * @param atMillis time of the collection, not before that of the one before it.
   * @param startMillis start of the process in the same time; null = not known.
   * @returns the reading that this collection completes: live heap as the median of the collections since the one before
   *   it, so that a collection in the middle of a request weighs no more than the others; null between readings.
   */
  add(cycle: GcCycle, atMillis: Millis, startMillis: Millis | null): GaugeReading | null {
    if (cycle.number <= this.#lastNumber) this.#beginLife();
    this.#lastNumber = cycle.number;
    this.#stopMillis += cycle.stopMillis;
    if (this.#live.length >= MAX_CYCLES_OF_READING) this.#live.shift();
    this.#live.push(cycle.liveBytes);
    if (atMillis - this.#givenAtMillis < TRACE_READING_MILLIS) return null;
    const liveBytes = medianOf(this.#live);
    this.#givenAtMillis = atMillis;
    this.#live = [];
    return {
      // Cut to whole MiB by the runtime: the middle is right on average.
      traceLiveBytes: liveBytes + GC_TRACE_RESOLUTION / 2,
      ...(Number.isFinite(cycle.goalBytes) ? { traceGoalBytes: cycle.goalBytes } : {}),
      traceCyclesTotal: cycle.number,
      ...(this.#isOnlySource ? this.#standIns(cycle, startMillis) : {}),
    };
  }

  #beginLife(): void {
    this.#live = [];
    this.#givenAtMillis = -Infinity;
    this.#stopMillis = 0;
  }

  #standIns(cycle: GcCycle, startMillis: Millis | null): GaugeReading {
    return {
      heapAllocBytes: cycle.afterBytes,
      gcCyclesTotal: cycle.number,
      gcPauseSecondsTotal: this.#stopMillis / SECOND_MILLIS,
      ...(Number.isNaN(cycle.stackBytes) ? {} : { scanStackBytes: cycle.stackBytes }),
      ...(Number.isNaN(cycle.globalsBytes) ? {} : { scanGlobalsBytes: cycle.globalsBytes }),
      ...(startMillis === null ? {} : { processStartMillis: startMillis }),
    };
  }
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}
