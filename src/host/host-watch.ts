// A machine over minutes: does its memory fill, and who fills it? Processes are ranked by their share of the growth, Go or not.
import { HOUR_MILLIS, MIB, type Bytes, type Millis } from '../base/units.ts';
import type { HostMemory, HostProcess, HostReading } from '../parse/host-memory.ts';
import { FEWEST_POINTS, fitRobustGrowth, type RobustGrowth } from './robust-growth.ts';

/** Who reads asks so seldom that this is never met; a reading beyond it is refused. */
export const MAX_READINGS = 512;
/** Processes that are followed over one watch, with those that ended; more count as `others`. */
const MAX_FOLLOWED = 16_384;
/** Growth over the watch that is worth a line: allocators move in steps of megabytes. */
const WORTH_BYTES: Bytes = MIB;
/** And in relation to what it holds: a heap breathes. */
const WORTH_SHARE = 0.005;
/** Two lives of one service are never of one size: without a line over them, a family has grown from this share of what it holds. */
const FAMILY_WORTH_SHARE = 0.1;
/** Growers that are told one by one. */
export const MAX_GROWERS = 20;
const CONFIDENCE = 0.95;

/** In bytes an hour; always finite. */
export interface HostGrowth extends Omit<RobustGrowth, 'standsOut'> {
  readonly unit: 'bytes';
  /** Of the interval of a line; null where `low` and `high` are the slowest and the fastest third of the time. */
  readonly confidence: number | null;
}

/**
 * `process`: one that was there all the time. `family`: those of one name that began or ended meanwhile, taken together: a
 * service that leaks processes, or one that was restarted. `shared`: tmpfs and shared memory. `kernel`: of the kernel itself. Out
 * of the history of exporters: `group`, processes of one name; `container`; `target`, a process that Prometheus scrapes.
 */
export interface HostGrower {
  readonly kind: 'process' | 'family' | 'shared' | 'kernel' | 'group' | 'container' | 'target';
  readonly name: string;
  /** Of a process; null otherwise. */
  readonly pid: number | null;
  /** Processes of it in the last reading. */
  readonly processes: number;
  readonly heldBytes: Bytes;
  readonly grownBytes: Bytes;
  readonly growth: HostGrowth;
  /** Of all growth that stands out, 0 to 1. */
  readonly share: number;
}

export interface HostAnswer {
  readonly fromMillis: Millis;
  readonly toMillis: Millis;
  readonly readings: number;
  /** In the last reading. */
  readonly memory: HostMemory;
  readonly processes: number;
  /** Of what is not available (total - available), null with too few readings. */
  readonly growth: HostGrowth | null;
  /** Whether it grew beyond its own noise, by enough to matter. */
  readonly isGrowing: boolean;
  /** Until nothing is available at this rate; `high` null = never, at the lower end of the growth. */
  readonly left: { readonly millis: Millis; readonly low: Millis; readonly high: Millis | null } | null;
  /** Largest share first; at most MAX_GROWERS. */
  readonly growers: readonly HostGrower[];
  /** What was seen of the machine, for a picture: bytes that are not available. */
  readonly used: readonly Bytes[];
}

interface Followed {
  /** As it was last: between fork and exec a process has the name of its parent. */
  process: HostProcess;
  /** Held bytes by reading; 0 while it was not there. */
  readonly held: Float64Array;
  first: number;
  last: number;
}

export class HostWatch {
  readonly #time: Millis[] = [];
  readonly #memory: HostMemory[] = [];
  readonly #followed = new Map<string, Followed>();
  #processes = 0;

  /** @returns false when it is not later than the one before, or one too many. */
  take({ atMillis, memory, processes }: HostReading): boolean {
    const row = this.#time.length;
    if (row === MAX_READINGS || atMillis <= (this.#time.at(-1) ?? -Infinity)) return false;
    this.#time.push(atMillis);
    this.#memory.push(memory);
    this.#processes = processes.length;
    for (const process of processes) {
      const key = `${process.pid} ${process.startTicks}`;
      let followed = this.#followed.get(key);
      if (followed === undefined) {
        if (this.#followed.size === MAX_FOLLOWED) continue;
        followed = { process, held: new Float64Array(MAX_READINGS), first: row, last: row };
        this.#followed.set(key, followed);
      }
      followed.process = process;
      followed.held[row] = process.heldBytes;
      followed.last = row;
    }
    return true;
  }

  /** Null before the first reading. */
  answer(): HostAnswer | null {
    const memory = this.#memory.at(-1);
    if (memory === undefined) return null;
    const used = this.#memory.map(({ totalBytes, availableBytes }) => totalBytes - availableBytes);
    const fit = this.#fit(used);
    const growth = fit && growthOf(fit);
    const isGrowing = fit !== null && this.#isWorth(fit, used.at(-1) ?? 0, WORTH_SHARE);
    const growers = this.#rank();
    return {
      ...{ fromMillis: this.#time[0] ?? 0, toMillis: this.#time.at(-1) ?? 0, readings: this.#time.length },
      ...{ memory, processes: this.#processes, growth, isGrowing, growers, used },
      left: growth !== null && isGrowing ? timeLeft(memory.availableBytes, growth) : null,
    };
  }

  #rank(): HostGrower[] {
    const growers = [
      ...this.#processesAndFamilies(),
      this.#candidate('shared', 'tmpfs and shared memory', this.#column('sharedBytes')),
      this.#candidate('kernel', 'the kernel', this.#column('kernelBytes')),
    ].filter((grower) => grower !== null);
    const sum = growers.reduce((total, { grownBytes }) => total + grownBytes, 0);
    return growers
      .map((grower) => ({ ...grower, share: grower.grownBytes / sum }))
      .sort((a, b) => b.grownBytes - a.grownBytes)
      .slice(0, MAX_GROWERS);
  }

  #column(name: 'sharedBytes' | 'kernelBytes'): number[] {
    return this.#memory.map((memory) => memory[name]);
  }

  #processesAndFamilies(): (HostGrower | null)[] {
    const end = this.#time.length - 1;
    const growers: (HostGrower | null)[] = [];
    const families = new Map<string, { held: Float64Array; processes: number }>();
    for (const { process, held, first, last } of this.#followed.values()) {
      if (first === 0 && last === end) {
        const kind = process.kind ?? 'process';
        const grower = this.#candidate(kind, process.name, held.subarray(0, end + 1));
        growers.push(grower && { ...grower, pid: kind === 'process' ? process.pid : null, processes: 1 });
        continue;
      }
      const family = families.get(process.name) ?? { held: new Float64Array(end + 1), processes: 0 };
      for (let row = first; row <= last; row++) family.held[row] = (family.held[row] ?? 0) + (held[row] ?? 0);
      if (last === end) family.processes++;
      families.set(process.name, family);
    }
    for (const [name, { held, processes }] of families) {
      const grower = this.#candidate('family', name, held);
      growers.push(grower && { ...grower, processes });
    }
    return growers;
  }

  /** Null where it does not grow beyond its own noise. */
  #candidate(kind: HostGrower['kind'], name: string, held: ArrayLike<number>): HostGrower | null {
    const heldBytes = held[held.length - 1] ?? 0;
    if (rangeOf(held) < WORTH_BYTES) return null;
    const fit = this.#fit(held);
    const share = kind === 'family' && fit?.basis === 'parts' ? FAMILY_WORTH_SHARE : WORTH_SHARE;
    if (fit === null || !this.#isWorth(fit, heldBytes, share)) return null;
    const grownBytes = this.#grown(fit.perHour);
    return {
      ...{ kind, name, pid: null, processes: 0, heldBytes, grownBytes, share: 0 },
      growth: growthOf(fit),
    };
  }

  #grown(perHour: number): Bytes {
    const span = (this.#time.at(-1) ?? 0) - (this.#time[0] ?? 0);
    return (perHour * span) / HOUR_MILLIS;
  }

  #isWorth({ perHour, standsOut }: RobustGrowth, heldBytes: Bytes, share: number): boolean {
    const grown = this.#grown(perHour);
    return standsOut && grown >= WORTH_BYTES && grown >= share * heldBytes;
  }

  #fit(values: ArrayLike<number>): RobustGrowth | null {
    return this.#time.length < FEWEST_POINTS ? null : fitRobustGrowth(this.#time, values, CONFIDENCE);
  }
}

function growthOf({ perHour, low, high, basis }: RobustGrowth): HostGrowth {
  return { unit: 'bytes', perHour, low, high, confidence: basis === 'line' ? CONFIDENCE : null, basis };
}

/** What never moved by that much has no fit worth its time. */
function rangeOf(values: ArrayLike<number>): number {
  let lowest = Infinity;
  let highest = -Infinity;
  for (let row = 0; row < values.length; row++) {
    lowest = Math.min(lowest, values[row] ?? NaN);
    highest = Math.max(highest, values[row] ?? NaN);
  }
  return highest - lowest;
}

function timeLeft(availableBytes: Bytes, { perHour, low, high }: HostGrowth): HostAnswer['left'] {
  const until = (rate: number) => (availableBytes / rate) * HOUR_MILLIS;
  return { millis: until(perHour), low: until(high), high: low > 0 ? until(low) : null };
}
