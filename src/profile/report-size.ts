// What a report may cost. Stacks are stored once and inlined lines once per location, so that a file of a megabyte can
// stand for more frames than a report can walk in a day.
import { PlimsollError } from '../base/errors.ts';
import { NO_ROW, type Profile } from '../pprof/tables.ts';

/** Frames over all samples: ten million samples with stacks of forty. Walking them takes seconds. */
export const MAX_FRAMES = 400e6;
/** Names of one stack put together. Real ones have some kilobytes, with C++ templates a megabyte. */
export const MAX_STACK_TEXT = 64 * 1024 * 1024;

/** @throws PlimsollError REPORT_TOO_LARGE beyond MAX_FRAMES or MAX_STACK_TEXT. */
export function checkReportSize({ samples, stacks, locations, lines, functions, strings }: Profile): void {
  const frames = new Float64Array(locations.length);
  const text = new Float64Array(locations.length);
  for (let row = 0; row < locations.length; row++) {
    const [from, end] = [locations.lineStart[row], locations.lineStart[row + 1]];
    frames[row] = Math.max(1, end - from);
    for (let line = from; line < end; line++) {
      const own = lines.function[line];
      if (own !== NO_ROW) text[row] += strings.end[functions.name[own]] - strings.start[functions.name[own]];
    }
  }
  // Nearly every profile is so far below the bounds that no stack need be looked at.
  const depth = longest(stacks.locationStart);
  if (depth * largest(text) <= MAX_STACK_TEXT && samples.length * depth * largest(frames) <= MAX_FRAMES)
    return;
  const framesOfStack = new Float64Array(stacks.length);
  for (let stack = 0; stack < stacks.length; stack++) {
    let [sum, length] = [0, 0];
    for (let at = stacks.locationStart[stack]; at < stacks.locationStart[stack + 1]; at++) {
      sum += frames[stacks.location[at]];
      length += text[stacks.location[at]];
    }
    if (length > MAX_STACK_TEXT)
      throw tooLarge('the names of one stack are too long in all', `${length} bytes`);
    framesOfStack[stack] = sum;
  }
  let total = 0;
  for (let sample = 0; sample < samples.length; sample++) total += framesOfStack[samples.stack[sample]];
  if (total > MAX_FRAMES) throw tooLarge('its stacks have too many frames in all', `${total} frames`);
}

function longest(start: Int32Array): number {
  let longest = 0;
  for (let row = 1; row < start.length; row++) longest = Math.max(longest, start[row] - start[row - 1]);
  return longest;
}

function largest(cells: Float64Array): number {
  let largest = 0;
  for (let row = 0; row < cells.length; row++) if (cells[row] > largest) largest = cells[row];
  return largest;
}

function tooLarge(fact: string, value: string): PlimsollError {
  return new PlimsollError('REPORT_TOO_LARGE', 'profile', fact, { value });
}
