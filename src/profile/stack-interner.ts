// Stacks of all snapshots of one target, stored once, so that "the same stack" is a comparison of two numbers.
import { toWellFormed } from '../base/utf8.ts';
import { NO_ROW } from '../pprof/tables.ts';
import { pushNumber, readNumber, SequenceInterner } from './sequence-interner.ts';
import type { Frame, InternedStack, StackReader } from './snapshot.ts';

/**
 * Stacks kept at most. A large Go service shows some 5,000; a profile with 60,000 is the worst we have seen. At some
 * 300 bytes a stack this bounds a target to about 20 MB.
 */
export const MAX_INTERNED_STACKS = 65_536;

/** Frames kept of a stack, from the leaf: the most that GODEBUG=profstackdepth allows (default 128). */
export const MAX_STACK_FRAMES = 1024;

/** What a stack becomes when there is no room for it: its values stay in the totals, its place is gone. */
export const OTHER_STACKS: Frame = { function: '(other stacks)', file: '', line: 0 };

/** Row number of a frame (function, file and line) in a StackInterner. */
export type InternedFrame = number & { readonly __rowOf: 'StackInterner.frames' };

/**
 * Three tables: texts, frames, stacks. A frame is a sequence of four cells, a stack one of frames:
 *
 *     texts   "main.leak", "leak.go", "main.main", "main.go"
 *     frames  [0 1 line line]  [2 3 line line]        the line is a number of two cells
 *     stacks  [0 1]  [1]  [~2]                        ~2: frame 2, "(other stacks)", in the row that stands for them
 *
 * Objects are made of what is read through `frames`, and kept.
 */
export class StackInterner implements StackReader {
  readonly #maxStacks: number;
  /** Row of a function's or file's name by how the profile spells it. */
  readonly #textRows = new Map<string, number>();
  /** From here on names are shown, stored and sent: they are texts for everybody. */
  readonly #texts: string[] = [];
  readonly #frames = new SequenceInterner();
  readonly #stacks = new SequenceInterner();
  readonly #shown: (Frame | undefined)[] = [];
  readonly #read: (readonly Frame[] | undefined)[] = [];
  #other: InternedStack | null = null;

  /** @param maxStacks bound of distinct stacks; one more row may hold "(other stacks)". */
  constructor(maxStacks = MAX_INTERNED_STACKS) {
    this.#maxStacks = maxStacks;
  }

  get size(): number {
    return this.#stacks.count;
  }

  /** Frames of all stacks; rows of frames are below it. */
  get frameCount(): number {
    return this.#frames.count;
  }

  frames(stack: InternedStack): readonly Frame[] {
    const known = this.#read[stack];
    if (known !== undefined) return known;
    if (!(stack >= 0 && stack < this.size)) throw new RangeError(`stack ${stack} of ${this.size}`);
    const frames: Frame[] = [];
    const depth = this.depth(stack);
    for (let at = 0; at < depth; at++) frames.push(this.#show(this.frameAt(stack, at)));
    this.#read[stack] = frames;
    return frames;
  }

  /** Frames of a stack. */
  depth(stack: InternedStack): number {
    return this.#stacks.lengthOf(stack);
  }

  /** Frame of a stack, 0 = leaf. */
  frameAt(stack: InternedStack, index: number): InternedFrame {
    const cell = this.#stacks.at(stack, index);
    return (cell < 0 ? ~cell : cell) as InternedFrame;
  }

  functionOf(frame: InternedFrame): string {
    return this.#texts[this.#frames.at(frame, 0)];
  }

  fileOf(frame: InternedFrame): string {
    return this.#texts[this.#frames.at(frame, 1)];
  }

  lineOf(frame: InternedFrame): number {
    return readNumber(this.#frames, frame, 2);
  }

  /** Row of a frame, added when it is new. Names stay exactly as spelled. */
  internFrame(functionName: string, file: string, line: number): InternedFrame {
    this.#frames.push(this.#textRow(functionName));
    this.#frames.push(this.#textRow(file));
    pushNumber(this.#frames, line);
    return this.#frames.intern() as InternedFrame;
  }

  /**
   * Row of a stack of interned frames, leaf first; "(other stacks)" when the table is full.
   * @param length of `frames`, so many are taken.
   */
  internStack(frames: ArrayLike<number>, length = frames.length): InternedStack {
    const kept = Math.min(length, MAX_STACK_FRAMES);
    for (let at = 0; at < kept; at++) this.#stacks.push(frames[at]);
    const row = this.#stacks.intern(this.#maxStacks + (this.#other === null ? 0 : 1));
    return row === NO_ROW ? this.otherStacks() : (row as InternedStack);
  }

  intern(frames: readonly Frame[]): InternedStack {
    return this.internStack(frames.map((frame) => this.internFrame(frame.function, frame.file, frame.line)));
  }

  /** The one row that stands for stacks without a row of their own. */
  otherStacks(): InternedStack {
    if (this.#other !== null) return this.#other;
    const { function: name, file, line } = OTHER_STACKS;
    // No frame of a profile is negative: a stack that happens to look like this one gets a row of its own.
    this.#stacks.push(~this.internFrame(name, file, line));
    this.#other = this.#stacks.intern() as InternedStack;
    return this.#other;
  }

  /** As `otherStacks`, but null while nothing had to be put there. */
  otherStacksOrNone(): InternedStack | null {
    return this.#other;
  }

  /**
   * A new interner with only the stacks that are referenced, and where each row went (-1 = gone). This one stays as
   * it is: readers that still hold it see what they saw.
   *
   * @param isReferenced [size] 1 where the stack is still in use.
   */
  compact(isReferenced: Uint8Array): { readonly interner: StackInterner; readonly remap: Int32Array } {
    const interner = new StackInterner(this.#maxStacks);
    const remap = new Int32Array(this.size).fill(NO_ROW);
    const frames = new Int32Array(MAX_STACK_FRAMES);
    for (let row = 0; row < this.size; row++) {
      if (isReferenced[row] !== 1) continue;
      const stack = row as InternedStack;
      const depth = this.depth(stack);
      for (let at = 0; at < depth; at++) frames[at] = interner.#copyFrame(this, this.frameAt(stack, at));
      remap[row] = stack === this.#other ? interner.otherStacks() : interner.internStack(frames, depth);
    }
    return { interner, remap };
  }

  #copyFrame(from: StackInterner, frame: InternedFrame): InternedFrame {
    return this.internFrame(from.functionOf(frame), from.fileOf(frame), from.lineOf(frame));
  }

  #show(frame: InternedFrame): Frame {
    return (this.#shown[frame] ??= {
      function: this.functionOf(frame),
      file: this.fileOf(frame),
      line: this.lineOf(frame),
    });
  }

  #textRow(text: string): number {
    const known = this.#textRows.get(text);
    if (known !== undefined) return known;
    const row = this.#texts.length;
    this.#texts.push(toWellFormed(text));
    this.#textRows.set(text, row);
    return row;
  }
}
