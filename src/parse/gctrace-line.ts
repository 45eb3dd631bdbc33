// One line of GODEBUG=gctrace=1, of any Go since 1.5. The fields as the runtime's sources print them:
//
//   1.5, 1.6    gc 1 @0.3s 0%: 0.54+0.15+0+0.082+0.22 ms clock, 1.0+0.15+0+0/0/0.027+0.45 ms cpu, 4->4->4 MB, 4 MB goal, 2 P
//   1.7 - 1.17  gc 1 @0.3s 0%: 0.02+0.04+0.03 ms clock, 0.04+0.01/0/0.03+0.07 ms cpu, 4->4->3 MB, 5 MB goal, 2 P
//   1.18 on     ... 4->4->3 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)
//   1.26 on     gc 2 @0.1s 0% (checking for goroutine leaks): ...
import type { GcCycle } from '../base/gc-cycles.ts';
import { MIB } from '../base/units.ts';

/**
 * `whole`: the line lies in text[at, end). `cut`: it begins well and something else goes on at `cutAt`; where a run
 * of digits stands before that, `numberAt` is its first one, since the something else may begin with digits as well
 * (-1 = there is none). `none`: not such a line, or numbers that no process can have.
 */
export type GcLineMatch =
  | { readonly kind: 'whole'; readonly cycle: GcCycle; readonly end: number }
  | { readonly kind: 'cut'; readonly cutAt: number; readonly numberAt: number }
  | { readonly kind: 'none' };

const NONE: GcLineMatch = { kind: 'none' };

/** Where a collection's line may begin. */
export const GC_LINE_BEGIN = /gc \d{1,10} @\d/;

/** 2^43 MiB and above is `math.MaxUint64 >> 20`: no goal, GOGC=off. */
const NO_GOAL_MIB = 2 ** 43;
/** More heap than any machine has (16 PiB): such a number is damaged. */
const MAX_HEAP_MIB = 2 ** 34;
/** Phases or parts of one list; Go has had 3 to 7. */
const MAX_PARTS = 16;

/** Reads the line that begins at `at`. */
export function matchGcLine(text: string, at: number): GcLineMatch {
  const cursor = new Cursor(text, at);
  try {
    const cycle = readCycle(cursor);
    return cycle === null ? NONE : { kind: 'whole', cycle, end: cursor.at };
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    if (!cursor.hasBegun) return NONE;
    return { kind: 'cut', cutAt: cursor.at, numberAt: cursor.numberAt };
  }
}

function readCycle(cursor: Cursor): GcCycle | null {
  cursor.literal('gc ');
  const number = cursor.whole();
  cursor.literal(' @');
  cursor.hasBegun = true;
  const atSeconds = cursor.number();
  cursor.literal('s ');
  const cpuPercent = cursor.number();
  cursor.literal('%');
  cursor.note();
  cursor.literal(': ');
  const clock = cursor.list('+');
  cursor.literal(' ms clock, ');
  const cpu = cursor.list('+/');
  cursor.literal(' ms cpu, ');
  const before = cursor.whole();
  cursor.literal('->');
  const after = cursor.whole();
  cursor.literal('->');
  const live = cursor.whole();
  cursor.literal(' MB, ');
  const goal = cursor.whole();
  cursor.literal(' MB goal');
  const amounts = readAmounts(cursor);
  const processors = cursor.whole();
  cursor.literal(' P');
  const isForced = cursor.note() === 'forced';
  if (Math.max(before, after, live) > MAX_HEAP_MIB || number === 0 || processors === 0) return null;
  return {
    number,
    atSeconds,
    cpuPercent,
    ...describeClock(clock, isForced),
    ...describeCpu(cpu),
    beforeBytes: before * MIB,
    afterBytes: after * MIB,
    liveBytes: live * MIB,
    goalBytes: goal >= NO_GOAL_MIB ? Infinity : goal * MIB,
    stackBytes: (amounts.get('stacks') ?? NaN) * MIB,
    globalsBytes: (amounts.get('globals') ?? NaN) * MIB,
    processors,
    isForced,
  };
}

/** `, 0 MB stacks, 0 MB globals, ` up to the number of processors: the fields that came with time, by name. */
function readAmounts(cursor: Cursor): ReadonlyMap<string, number> {
  const amounts = new Map<string, number>();
  cursor.literal(', ');
  for (let part = 0; part < MAX_PARTS; part++) {
    const named = cursor.amount();
    if (named === null) break;
    amounts.set(named.name, named.value);
    cursor.literal(', ');
  }
  return amounts;
}

/**
 * Three phases: stop, concurrent mark, stop. Five (Go 1.5, 1.6): stop, concurrent scan, stop to switch the write
 * barrier on, concurrent mark, stop; a forced collection stopped the world throughout then.
 */
function describeClock(
  clock: readonly number[],
  isForced: boolean,
): Pick<GcCycle, 'clockMillis' | 'stopMillis' | 'longestStopMillis'> {
  const clockMillis = clock.reduce((sum, part) => sum + part, 0);
  if (clock.length === 5 && isForced) {
    return { clockMillis, stopMillis: clockMillis, longestStopMillis: clockMillis };
  }
  const stops = clock.filter((_, phase) => phase % 2 === 0);
  const stopMillis = stops.reduce((sum, part) => sum + part, 0);
  return { clockMillis, stopMillis, longestStopMillis: Math.max(...stops) };
}

/**
 * `stop+assist/background/idle+stop` (Go 1.5, 1.6: `stop+scan+stop+assist/background/idle+stop`): the three with slashes
 * are the mark; idle processors had nothing else to do.
 */
function describeCpu(cpu: readonly number[]): Pick<GcCycle, 'cpuMillis' | 'assistMillis'> {
  const assistAt = cpu.length - 4;
  const idleAt = cpu.length - 2;
  const sum = cpu.reduce((total, part, at) => (at === idleAt ? total : total + part), 0);
  return { cpuMillis: sum, assistMillis: cpu[assistAt] ?? 0 };
}

/** Thrown and caught inside this file: the text goes on as something else. */
class Interrupted extends Error {}

const NUMBER = /\d{1,17}(?:\.\d{1,6})?/y;
const WHOLE = /\d{1,17}/y;
const AMOUNT = /(\d{1,17}) MB ([a-z]{1,20})/y;
const NOTE = / \(([a-z ]{1,60})\)/y;

/** Reads pieces as the runtime writes them, each with a write of its own: what others say comes between two of them. */
class Cursor {
  readonly #text: string;
  at: number;
  /** Of the number that ends at `at`; -1 = what ends there is no number. */
  numberAt = -1;
  hasBegun = false;

  constructor(text: string, at: number) {
    this.#text = text;
    this.at = at;
  }

  literal(expected: string): void {
    if (!this.#text.startsWith(expected, this.at)) throw new Interrupted();
    this.at += expected.length;
    this.numberAt = -1;
  }

  whole(): number {
    return this.number(WHOLE);
  }

  number(pattern = NUMBER): number {
    const [digits] = this.#match(pattern) ?? [];
    if (digits === undefined) throw new Interrupted();
    this.numberAt = this.at;
    this.at += digits.length;
    return Number(digits);
  }

  list(separators: string): number[] {
    const parts = [this.number()];
    while (separators.includes(this.#text.charAt(this.at) || ' ') && parts.length < MAX_PARTS) {
      this.at++;
      this.numberAt = -1;
      parts.push(this.number());
    }
    return parts;
  }

  /** `5 MB stacks`, or null where something else stands. */
  amount(): { name: string; value: number } | null {
    const [found, digits, name] = this.#match(AMOUNT) ?? [];
    if (found === undefined) return null;
    this.at += found.length;
    this.numberAt = -1;
    return { name, value: Number(digits) };
  }

  /** The words of ` (checking for goroutine leaks)`, or null where none stand. */
  note(): string | null {
    const [found, words] = this.#match(NOTE) ?? [];
    if (found === undefined) return null;
    this.at += found.length;
    return words;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    return pattern.exec(this.#text);
  }
}
