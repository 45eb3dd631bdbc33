// Stacks of a profile to rows of an interner. Every location is translated once, however many stacks go through it.
import { numberAt } from '../pprof/columns.ts';
import { NO_ROW, type Profile } from '../pprof/tables.ts';
import { UNKNOWN_FRAME } from './frames.ts';
import type { InternedStack } from './snapshot.ts';
import { MAX_STACK_FRAMES, type InternedFrame, type StackInterner } from './stack-interner.ts';

export class FrameRows {
  readonly #profile: Profile;
  readonly #interner: StackInterner;
  readonly #locations: (readonly InternedFrame[] | undefined)[] = [];
  readonly #stacks: Int32Array;

  constructor(profile: Profile, interner: StackInterner) {
    this.#profile = profile;
    this.#interner = interner;
    this.#stacks = new Int32Array(profile.stacks.length).fill(NO_ROW);
  }

  /** Interned row of a stack of the profile; inlined lines become frames of their own. */
  stack(row: number): InternedStack {
    if (this.#stacks[row] !== NO_ROW) return this.#stacks[row] as InternedStack;
    const { stacks } = this.#profile;
    const frames: InternedFrame[] = [];
    const end = stacks.locationStart[row + 1];
    // More frames would be cut off anyway, and a hostile file can repeat one location with a million lines.
    for (let at = stacks.locationStart[row]; at < end && frames.length < MAX_STACK_FRAMES; at++)
      for (const frame of this.#framesOf(stacks.location[at])) frames.push(frame);
    const interned = this.#interner.internStack(frames);
    this.#stacks[row] = interned;
    return interned;
  }

  #framesOf(location: number): readonly InternedFrame[] {
    const known = this.#locations[location];
    if (known !== undefined) return known;
    const { locations, lines, functions, strings, mappings } = this.#profile;
    const frames: InternedFrame[] = [];
    const from = locations.lineStart[location];
    const to = locations.lineStart[location + 1];
    for (let line = from; line < to; line++) {
      const row = lines.function[line];
      frames.push(
        this.#interner.internFrame({
          function: strings.get(functions.name[row]) || UNKNOWN_FRAME,
          file: strings.get(functions.file[row]),
          line: numberAt(lines.line, line),
        }),
      );
    }
    if (from === to) {
      const mapping = locations.mapping[location];
      const file = mapping === NO_ROW ? '' : strings.get(mappings.file[mapping]);
      frames.push(this.#interner.internFrame({ function: UNKNOWN_FRAME, file, line: 0 }));
    }
    this.#locations[location] = frames;
    return frames;
  }
}
