// Stacks of all snapshots of one target, stored once, so that "the same stack" is a comparison of two numbers.
import { toWellFormed } from '../base/utf8.ts';
import { Int32Builder } from '../pprof/columns.ts';
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

export class StackInterner implements StackReader {
  readonly #maxStacks: number;
  readonly #frames: Frame[] = [];
  readonly #frameRows = new Map<string, InternedFrame>();
  readonly #frame = new Int32Builder(64);
  readonly #frameStart = new Int32Builder(16);
  // The engine seeds the hashes of its Maps, so stacks made to collide are no danger here.
  readonly #stackRows = new Map<string, InternedStack>();
  readonly #read: (readonly Frame[] | undefined)[] = [];
  #other: InternedStack | null = null;

  /** @param maxStacks bound of distinct stacks; one more row may hold "(other stacks)". */
  constructor(maxStacks = MAX_INTERNED_STACKS) {
    this.#maxStacks = maxStacks;
    this.#frameStart.push(0);
  }

  get size(): number {
    return this.#frameStart.length - 1;
  }

  frames(stack: InternedStack): readonly Frame[] {
    const known = this.#read[stack];
    if (known !== undefined) return known;
    if (!(stack >= 0 && stack < this.size)) throw new RangeError(`stack ${stack} of ${this.size}`);
    const frames: Frame[] = [];
    for (let at = this.#frameStart.at(stack); at < this.#frameStart.at(stack + 1); at++)
      frames.push(this.#frames[this.#frame.at(at)]);
    this.#read[stack] = frames;
    return frames;
  }

  /** Row of a frame, added when it is new. Names stay exactly as spelled. */
  internFrame(frame: Frame): InternedFrame {
    const key = `${frame.line}\n${frame.file}\n${frame.function}`;
    const known = this.#frameRows.get(key);
    if (known !== undefined) return known;
    const row = this.#frames.length as InternedFrame;
    // From here on names are shown, stored and sent: they must be texts for everybody.
    this.#frames.push({
      function: toWellFormed(frame.function),
      file: toWellFormed(frame.file),
      line: frame.line,
    });
    this.#frameRows.set(key, row);
    return row;
  }

  /** Row of a stack of interned frames, leaf first; "(other stacks)" when the table is full. */
  internStack(frames: readonly InternedFrame[]): InternedStack {
    const kept = frames.length > MAX_STACK_FRAMES ? frames.slice(0, MAX_STACK_FRAMES) : frames;
    const key = keyOfStack(kept);
    const known = this.#stackRows.get(key);
    if (known !== undefined) return known;
    if (this.isFull) return this.otherStacks();
    return this.#append(key, kept);
  }

  intern(frames: readonly Frame[]): InternedStack {
    return this.internStack(frames.map((frame) => this.internFrame(frame)));
  }

  get isFull(): boolean {
    return this.#stackRows.size >= this.#maxStacks;
  }

  /** The one row that stands for stacks without a row of their own. */
  otherStacks(): InternedStack {
    this.#other ??= this.#append(null, [this.internFrame(OTHER_STACKS)]);
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
    const remap = new Int32Array(this.size).fill(-1);
    for (let stack = 0; stack < this.size; stack++) {
      if (isReferenced[stack] !== 1) continue;
      remap[stack] =
        stack === this.#other ? interner.otherStacks() : interner.intern(this.frames(stack as InternedStack));
    }
    return { interner, remap };
  }

  #append(key: string | null, frames: readonly InternedFrame[]): InternedStack {
    const row = this.size as InternedStack;
    for (const frame of frames) this.#frame.push(frame);
    this.#frameStart.push(this.#frame.length);
    if (key !== null) this.#stackRows.set(key, row);
    return row;
  }
}

/** Two UTF-16 units a frame: an exact key of half the size of decimal text. */
function keyOfStack(frames: readonly InternedFrame[]): string {
  let key = '';
  for (const frame of frames) key += String.fromCharCode(frame >>> 16, frame & 0xffff);
  return key;
}
