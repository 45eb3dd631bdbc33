// Whose collections are these? One log may hold the lives of a service that restarts, several processes at once (children
// inherit GODEBUG), or the same lines twice.
import { GcCycleTable, type GcCycle, type GcCycles } from '../base/gc-cycles.ts';
import type { Millis } from '../base/units.ts';
import type { TracedCycle } from './gctrace-reader.ts';

/** One life of one process. */
export interface GcTraceLife {
  readonly origin: string;
  /** Start of the process by the log's clock; null where the log has none. */
  readonly startMillis: Millis | null;
  readonly cycles: GcCycles;
}

/** `go build` alone runs a hundred compilers; the smallest of them are forgotten first. */
export const MAX_PROCESSES = 64;
/** Rows that are kept of all processes: 34 MB, three days of a collection a second at full density. */
export const MAX_CYCLES_KEPT = 1 << 18;
/** A gap in the numbers is a gap in the log only where the clocks agree; a clock may be set, but not by this much. */
const CLOCK_TOLERANCE_MILLIS: Millis = 5 * 60_000;
/** A collection that is done twice (gctrace=2 of old versions) begins again at once. */
const REPEAT_SECONDS = 0.01;

class Process implements GcTraceLife {
  readonly origin: string;
  readonly startMillis: Millis | null;
  readonly cycles = new GcCycleTable();
  readonly firstLine: number;
  lastLine: number;
  last: GcCycle;

  constructor(traced: TracedCycle, line: number) {
    this.origin = traced.isGlued ? '' : traced.origin;
    this.startMillis = startOf(traced);
    this.firstLine = line;
    this.lastLine = line;
    this.last = traced.cycle;
    this.cycles.add(traced.cycle);
  }

  add(cycle: GcCycle, line: number): void {
    this.cycles.add(cycle);
    this.last = cycle;
    this.lastLine = line;
  }
}

/** Gives every collection to the process that it belongs to. */
export class GcTraceProcesses {
  #processes: Process[] = [];
  #line = 0;
  #rows = 0;
  #repeated = 0;
  #forgotten = 0;
  readonly #maxCyclesKept: number;

  constructor(maxCyclesKept = MAX_CYCLES_KEPT) {
    this.#maxCyclesKept = maxCyclesKept;
  }

  /** Lines that told of a collection once more. */
  get repeated(): number {
    return this.#repeated;
  }

  /** @returns the life that it was added to; null for a line that repeats one, or is quoted by a message. */
  add(traced: TracedCycle): GcTraceLife | null {
    const line = this.#line++;
    const { cycle } = traced;
    const own = this.#findOwner(traced);
    if (own !== null) own.add(cycle, line);
    else if (this.#isRepeat(traced)) {
      this.#repeated++;
      return null;
    } else if (traced.isGlued && this.#processes.length > 0) {
      return null; // a message that quotes a trace
    }
    const process = own ?? this.#begin(traced, line);
    if (++this.#rows > this.#maxCyclesKept) this.#thinLongest();
    return process;
  }

  /** The next collection of a process, or a later one of it where lines are missing. */
  #findOwner({ cycle, atMillis, origin, isGlued }: TracedCycle): Process | null {
    let best: Process | null = null;
    let bestGap = Infinity;
    for (const process of this.#processes) {
      const { last } = process;
      if (process.origin !== origin && !isGlued) continue;
      const gap = cycle.number - last.number;
      if (gap < 1 || cycle.atSeconds < last.atSeconds) continue;
      if (gap > 1 && (isGlued || !isSameClock(process, cycle, atMillis))) continue;
      const isBetter =
        gap < bestGap || (gap === bestGap && best !== null && process.lastLine > best.lastLine);
      if (!isBetter) continue;
      best = process;
      bestGap = gap;
    }
    return best;
  }

  #isRepeat({ cycle, origin, isGlued }: TracedCycle): boolean {
    return this.#processes.some(({ origin: own, last }) => {
      if ((own !== origin && !isGlued) || last.number !== cycle.number) return false;
      const since = cycle.atSeconds - last.atSeconds;
      const isAtOnce = since >= 0 && since <= REPEAT_SECONDS + last.clockMillis / 1000;
      return isAtOnce && last.goalBytes === cycle.goalBytes && last.processors === cycle.processors;
    });
  }

  #begin(traced: TracedCycle, line: number): Process {
    if (this.#processes.length === MAX_PROCESSES) {
      const smallest = this.#processes.reduce((a, b) => (b.cycles.length < a.cycles.length ? b : a));
      this.#processes = this.#processes.filter((process) => process !== smallest);
      this.#rows -= smallest.cycles.length;
      this.#forgotten++;
    }
    const process = new Process(traced, line);
    this.#processes.push(process);
    return process;
  }

  #thinLongest(): void {
    const longest = this.#processes.reduce((a, b) => (b.cycles.length > a.cycles.length ? b : a));
    const before = longest.cycles.length;
    longest.cycles.thin();
    this.#rows -= before - longest.cycles.length;
  }

  /**
   * The target of the trace: the process with most collections, and those before and after it of which each begins when
   * the one before has ended. `besides` counts the other processes.
   */
  pickTarget(): { readonly lives: readonly GcTraceLife[]; readonly besides: number } {
    const chains: Process[][] = [];
    for (const process of [...this.#processes].sort((a, b) => a.firstLine - b.firstLine)) {
      const free = chains.filter((lives) => (lives.at(-1)?.lastLine ?? 0) < process.firstLine);
      const chain = free.find((lives) => lives.at(-1)?.origin === process.origin) ?? free[0];
      if (chain === undefined) chains.push([process]);
      else chain.push(process);
    }
    const longest = (lives: readonly Process[]) =>
      Math.max(...lives.map((life) => life.cycles.totals.cycles));
    const [lives = []] = chains.sort((a, b) => longest(b) - longest(a) || b.length - a.length);
    return { lives, besides: this.#processes.length - lives.length + this.#forgotten };
  }
}

/** The line is written when the collection is over. */
function startOf({ cycle, atMillis }: TracedCycle): Millis | null {
  return atMillis === null ? null : atMillis - cycle.atSeconds * 1000 - cycle.clockMillis;
}

function isSameClock(process: Process, cycle: GcCycle, atMillis: Millis | null): boolean {
  if (atMillis === null || process.startMillis === null) return true;
  return Math.abs(atMillis - cycle.atSeconds * 1000 - process.startMillis) <= CLOCK_TOLERANCE_MILLIS;
}
