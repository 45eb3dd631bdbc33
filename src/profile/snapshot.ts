// What diagnosis keeps of a profile: reduced snapshots over one shared, bounded stack table, so that the stacks of
// two snapshots compare by number.
import type { Millis } from '../base/units.ts';

/** One line of source in a stack, innermost (leaf) first within a location, as the profile spells it. */
export interface Frame {
  readonly function: string;
  readonly file: string;
  readonly line: number;
}

/** Row number in a StackInterner. */
export type InternedStack = number & { readonly __rowOf: 'StackInterner' };

/**
 * In-use heap of one instant: one row per (stack, object size).
 *
 * Values are estimates scaled up from samples (the proto form already is; the text form is scaled on the way in).
 * `samples` recovers how many sampled live objects stand behind a row: k = objects * p,
 * p = 1 - exp(-size / period). See sampling.ts.
 *
 * Example: two stacks, the second with two size classes.
 *
 *     stack        [       4,    9,     9 ]
 *     objectBytes  [    1024,   64, 65536 ]
 *     inuseObjects [     512, 8192,     8 ]
 *     inuseBytes   [  524288, 524288, 524288 ]
 *     allocObjects [ ... since process start, never less than in-use ]
 */
export interface HeapSnapshot {
  readonly takenAtMillis: Millis;
  /** MemProfileRate in bytes; 1 = everything is recorded. */
  readonly periodBytes: number;
  readonly length: number;
  readonly stack: Int32Array & { [row: number]: InternedStack };
  /** Size of one object: label `bytes`, else inuse/objects, else alloc/objects. */
  readonly objectBytes: Float64Array;
  readonly inuseObjects: Float64Array;
  readonly inuseBytes: Float64Array;
  readonly allocObjects: Float64Array;
  readonly allocBytes: Float64Array;
}

/** Goroutines of one instant, one row per stack; counts are exact. */
export interface GoroutineSnapshot {
  readonly takenAtMillis: Millis;
  readonly length: number;
  readonly stack: Int32Array & { [row: number]: InternedStack };
  readonly count: Float64Array;
}

/**
 * Who started the goroutines of one instant, from a dump (debug=2): one row per stack, creator and wait reason, most
 * goroutines first. Stacks lack the runtime's own frames, which dumps do not print.
 */
export interface GoroutineOrigins {
  readonly takenAtMillis: Millis;
  readonly length: number;
  readonly stack: Int32Array & { [row: number]: InternedStack };
  readonly count: Float64Array;
  /** The `go` statement; null for the main goroutine, and where the runtime started it. */
  readonly createdBy: readonly (Frame | null)[];
  /** In the runtime's words. */
  readonly reason: readonly string[];
  /** Longest wait of a row in whole minutes of the time that evidence carries; 0 = under one, or not waiting. */
  readonly longestMinutes: Float64Array;
}

/** Read side of the interner: what diagnosis needs to know of stacks. */
export interface StackReader {
  /** Frames leaf first, inlined lines expanded. Stable for the life of the interner. */
  frames(stack: InternedStack): readonly Frame[];
  readonly size: number;
}
