// `folded`: one line a stack, `root;child;leaf value`, as flamegraph.pl, inferno and speedscope read it.
import { exactAt, Int64Builder } from '../../pprof/columns.ts';
import { looksFolded } from '../../pprof/decode-folded.ts';
import type { Profile } from '../../pprof/tables.ts';
import { printableNameOf } from './printable-name.ts';
import type { ReportOptions } from './options.ts';

/**
 * Stacks in order of first appearance; samples that differ only in labels or object size are added up. Values are those
 * of the profile in its own unit, never scaled: readers expect whole numbers. What the format cannot hold is replaced:
 * `;` in a name by `:`, line breaks by a blank, `#` at the start of a line (a comment) by a blank and itself. Samples without frames, and
 * stacks that add up to 0, are left out. A lone stack of one frame is followed by zeros of itself: without them it is a
 * text that ends in a number, as messages of errors are.
 */
export function* renderFolded(profile: Profile, options: ReportOptions): Generator<string> {
  const { samples, stacks } = profile;
  const values = samples.values[options.valueColumn];
  const frames = new FoldedFrames(profile);
  const rowOfStack = new Map<string, number>();
  const sums = new Int64Builder();
  for (let sample = 0; sample < samples.length; sample++) {
    const stack = samples.stack[sample];
    const from = stacks.locationStart[stack];
    const names: string[] = [];
    for (let at = stacks.locationStart[stack + 1] - 1; at >= from; at--)
      names.push(frames.of(stacks.location[at]));
    if (names.length === 0) continue;
    const line = names.join(';');
    const row = rowOfStack.get(line);
    if (row === undefined) {
      rowOfStack.set(line, sums.length);
      sums.push(values[sample]);
    } else sums.add(row, values[sample]);
  }
  const column = sums.finish();
  let written = 0;
  let last = '';
  for (const [stack, row] of rowOfStack) {
    const value = exactAt(column, row);
    if (value === 0n) continue;
    const line = stack.startsWith('#') ? ` ${stack}` : stack;
    yield `${line} ${value}\n`;
    last = line;
    written++;
  }
  if (written === 1) yield* zerosUntilKnown(last);
}

function* zerosUntilKnown(line: string): Generator<string> {
  const zero = `${line} 0\n`;
  let text = zero;
  for (let more = 0; more < ENOUGH_ZEROS && !looksFolded(text); more++) {
    yield zero;
    text += zero;
  }
}

/** Three lines of one frame are no accident for any reader, ours included. */
const ENOUGH_ZEROS = 2;

/** The lines of a location, outermost first, joined; made once. */
class FoldedFrames {
  readonly #profile: Profile;
  readonly #text: (string | undefined)[] = [];

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  of(location: number): string {
    return (this.#text[location] ??= this.#read(location));
  }

  #read(location: number): string {
    const { lineStart } = this.#profile.locations;
    const from = lineStart[location];
    const to = lineStart[location + 1];
    if (from === to) return clean(printableNameOf(this.#profile, location, null));
    const names: string[] = [];
    for (let line = to - 1; line >= from; line--)
      names.push(clean(printableNameOf(this.#profile, location, line)));
    return names.join(';');
  }
}

function clean(name: string): string {
  return name.replace(/;/g, ':').replace(/[\r\n\u2028\u2029]+/g, ' ');
}
