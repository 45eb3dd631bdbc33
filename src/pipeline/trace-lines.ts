// Lines of standard error, as they come in among other evidence, to readings of the GC trace that is in them.
import type { GaugeReading } from '../base/gauges.ts';
import { MINUTE_MILLIS, type Millis } from '../base/units.ts';
import { GcTraceProcesses, type GcTraceLife } from '../parse/gctrace-processes.ts';
import { GcTraceReader, type TracedCycle } from '../parse/gctrace-reader.ts';
import { GaugesFromGcTrace } from '../parse/gauges-from-gctrace.ts';

/** Cycles are only followed here, not kept: enough rows to thin without work on every line. */
const CYCLES_KEPT = 1024;
/** The runtime collects every two minutes at least: a process that was silent for this long has ended. */
const ENDED_AFTER_MILLIS: Millis = 5 * MINUTE_MILLIS;

/**
 * One service's log. Children that write into it are told apart from the service: the process that was there first counts
 * until it falls silent, then the one that speaks next. What a restarted service says in its first minutes is lost by
 * that; they are its warm-up.
 */
export class TraceLines {
  readonly #processes = new GcTraceProcesses(CYCLES_KEPT);
  readonly #gauges = new GaugesFromGcTrace({ isOnlySource: false });
  readonly #reader: GcTraceReader;
  #arrived: TracedCycle[] = [];
  #service: GcTraceLife | null = null;
  #heardMillis: Millis = -Infinity;

  constructor() {
    this.#reader = new GcTraceReader({
      cycle: (traced) => this.#arrived.push(traced),
      scavenger: () => undefined,
      other: () => undefined,
    });
  }

  /** @returns what the lines add to the history at `atMillis`; null for nearly every line of a log. */
  take(lines: string, atMillis: Millis): GaugeReading | null {
    for (const line of lines.split('\n')) this.#reader.push(line, atMillis);
    let reading: GaugeReading | null = null;
    for (const traced of this.#arrived) {
      const life = this.#processes.add(traced);
      if (life === null || !this.#isService(life, atMillis)) continue;
      this.#heardMillis = atMillis;
      reading = this.#gauges.add(traced.cycle, atMillis, null) ?? reading;
    }
    this.#arrived = [];
    return reading;
  }

  #isService(life: GcTraceLife, atMillis: Millis): boolean {
    if (atMillis - this.#heardMillis > ENDED_AFTER_MILLIS) this.#service = life;
    return life === this.#service;
  }
}
