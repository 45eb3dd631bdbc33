// `folded`: one line a stack, `root;child;leaf value`, as flamegraph.pl, inferno and speedscope read it.
import { exactAt } from '../../pprof/columns.ts';
import { toFoldedName } from '../../pprof/folded-names.ts';
import { looksFolded } from '../../pprof/decode-folded.ts';
import type { Profile } from '../../pprof/tables.ts';
import { collectPaths } from '../stack-paths.ts';
import type { ReportOptions } from './options.ts';
import { printableNameOf } from './printable-name.ts';

/**
 * Stacks in order of first appearance; samples that differ only in labels or object size are added up. Values are those
 * of the profile in its own unit, never scaled: readers expect whole numbers. What would break a line is written
 * as folded-names.ts says. Samples without frames, and stacks that add up to 0, are left out. A lone stack of one frame is followed by zeros of itself: without them it is a
 * text that ends in a number, as messages of errors are.
 */
export function* renderFolded(profile: Profile, options: ReportOptions): Generator<string> {
  const { length, names, stack, value } = collectPaths(profile, options.valueColumn, printFolded);
  let written = 0;
  let last = '';
  for (let path = 0; path < length; path++) {
    const own = exactAt(value, path);
    if (own === 0n) continue;
    last = [...names.along(stack[path])].join(';');
    yield `${last} ${own}\n`;
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

function printFolded(profile: Profile, location: number, line: number | null): string {
  return toFoldedName(printableNameOf(profile, location, line));
}
