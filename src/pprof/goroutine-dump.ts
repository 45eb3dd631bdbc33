// The table that a goroutine dump (`goroutine?debug=2`, SIGQUIT, a panic) decodes to.
import type { StringIndex, StringTable } from '../base/string-table.ts';
import type { FrameIndex, IndexColumn, StackIndex } from './tables.ts';

/** The collector proved that nothing can wake this goroutine (Go 1.26 and later, after a leak check). */
export const GOROUTINE_LEAKED = 1;
export const GOROUTINE_LOCKED_TO_THREAD = 2;
/** Frames were left out in the middle or at the end. */
export const GOROUTINE_ELIDED = 4;

/** `creatorId` of a goroutine whose creator is not named. */
export const NO_CREATOR = -1;

/** One row: one frame as printed. */
export interface FrameTable {
  readonly length: number;
  readonly function: IndexColumn<StringIndex>;
  /** Row of '' when the line with the place is missing. */
  readonly file: IndexColumn<StringIndex>;
  readonly line: Float64Array;
}

/** One row: one distinct stack, leaf first, without the creator: frame[frameStart[r] .. frameStart[r + 1]). */
export interface FrameStackTable {
  readonly length: number;
  readonly frameStart: Int32Array;
  readonly frame: IndexColumn<FrameIndex>;
}

/** One row: one goroutine, in the order of the dump. */
export interface GoroutineTable {
  readonly length: number;
  readonly id: Float64Array;
  /** Wait reason or state, without flags: `chan receive`, `select (no cases)`, `running`. */
  readonly waitReason: IndexColumn<StringIndex>;
  /** Whole minutes; 0 = less than one, or not waiting. The GC measures it, so it needs collections to happen. */
  readonly waitMinutes: Float64Array;
  /** Bits GOROUTINE_*. */
  readonly flags: Uint8Array;
  readonly stack: IndexColumn<StackIndex>;
  /** The `go` statement: frame of the creator, NO_ROW for the main goroutine. */
  readonly createdBy: IndexColumn<FrameIndex>;
  /** Id of the creator (Go 1.21 and later), else NO_CREATOR. */
  readonly creatorId: Float64Array;
  /** length + 1 cells into the label columns. */
  readonly labelStart: Int32Array;
}

/**
 * Example:
 *
 *     goroutine 7 [chan send, 12 minutes]:
 *     main.send()
 *             /src/a.go:11 +0x1e
 *     created by main.main in goroutine 1
 *             /src/a.go:20 +0x67
 *
 *     goroutines id [ 7 ]  waitReason [ "chan send" ]  waitMinutes [ 12 ]  stack [ 0 ]  createdBy [ 1 ]  creatorId [ 1 ]
 *     stacks     frameStart [ 0, 1 ]  frame [ 0 ]
 *     frames     function [ "main.send", "main.main" ]  line [ 11, 20 ]
 */
export interface GoroutineDump {
  readonly strings: StringTable;
  readonly goroutines: GoroutineTable;
  readonly labelKey: IndexColumn<StringIndex>;
  readonly labelValue: IndexColumn<StringIndex>;
  readonly stacks: FrameStackTable;
  readonly frames: FrameTable;
  /**
   * The text stops in the middle of a goroutine, which is then left out. Go itself stops at 64 MiB, silently: the
   * counts are lower bounds.
   */
  readonly isTruncated: boolean;
}
