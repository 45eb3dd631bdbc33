// Stacks of a profile to rows of an interner. Every location is translated once, however many stacks go through it.
import { Int32Builder, numberAt } from '../pprof/columns.ts';
import { NO_ROW, type Profile } from '../pprof/tables.ts';
import { UNKNOWN_FRAME } from './frames.ts';
import type { InternedStack } from './snapshot.ts';
import { MAX_STACK_FRAMES, type StackInterner } from './stack-interner.ts';

export class FrameRows {
  readonly #profile: Profile;
  readonly #interner: StackInterner;
  /** Where the frames of a location begin in #frame; NO_ROW = not translated yet. */
  readonly #first: Int32Array;
  readonly #frame = new Int32Builder(64);
  readonly #stacks: Int32Array;
  /** The frames of one stack. */
  readonly #open = new Int32Array(MAX_STACK_FRAMES);

  constructor(profile: Profile, interner: StackInterner) {
    this.#profile = profile;
    this.#interner = interner;
    this.#first = new Int32Array(profile.locations.length).fill(NO_ROW);
    this.#stacks = new Int32Array(profile.stacks.length).fill(NO_ROW);
  }

  /** Interned row of a stack of the profile; inlined lines become frames of their own. */
  stack(row: number): InternedStack {
    if (this.#stacks[row] !== NO_ROW) return this.#stacks[row] as InternedStack;
    const { stacks, locations } = this.#profile;
    const end = stacks.locationStart[row + 1];
    let depth = 0;
    // More frames would be cut off anyway, and a hostile file can repeat one location with a million lines.
    for (let at = stacks.locationStart[row]; at < end && depth < MAX_STACK_FRAMES; at++) {
      const location = stacks.location[at];
      const first = this.#translate(location);
      const lines = locations.lineStart[location + 1] - locations.lineStart[location];
      // A location without lines is one unknown frame.
      const count = Math.min(Math.max(lines, 1), MAX_STACK_FRAMES - depth);
      for (let i = 0; i < count; i++) this.#open[depth++] = this.#frame.at(first + i);
    }
    const interned = this.#interner.internStack(this.#open, depth);
    this.#stacks[row] = interned;
    return interned;
  }

  #translate(location: number): number {
    if (this.#first[location] !== NO_ROW) return this.#first[location];
    const { locations, lines, functions, strings, mappings } = this.#profile;
    const first = this.#frame.length;
    const from = locations.lineStart[location];
    const to = locations.lineStart[location + 1];
    for (let line = from; line < to; line++) {
      const row = lines.function[line];
      const name = strings.get(functions.name[row]) || UNKNOWN_FRAME;
      const file = strings.get(functions.file[row]);
      this.#frame.push(this.#interner.internFrame(name, file, numberAt(lines.line, line)));
    }
    if (from === to) {
      const mapping = locations.mapping[location];
      const file = mapping === NO_ROW ? '' : strings.get(mappings.file[mapping]);
      this.#frame.push(this.#interner.internFrame(UNKNOWN_FRAME, file, 0));
    }
    this.#first[location] = first;
    return first;
  }
}
