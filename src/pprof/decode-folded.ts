// Folded stacks: `main;serve;put 512`, one line a stack, as flamegraph.pl's collapsers, async-profiler and our own
// `profile folded` write them.
import { fromFoldedName } from './folded-names.ts';
import { parseInt64 } from './legacy/go-numbers.ts';
import { ProfileBuilder } from './profile-builder.ts';
import { TableBudget } from './table-budget.ts';
import { NO_ROW, type LocationIndex, type Profile } from './tables.ts';
import { TextLines } from './text-lines.ts';

const LINE = /^(.*\S)\s+(-?\d{1,20})\s*$/;
/** The text is in memory twice, as bytes and as a string: its tables get less than those of profile.proto. */
const FOLDED_TABLE_BYTES = 128 * 1024 * 1024;
const STACK_BYTES = 40;
const NAME_BYTES = 320;

/** Stacks of one frame look like any text that ends in a number; so many in a row are no accident. */
const ENOUGH_LINES = 3;
/** Without blanks in the frame, fewer are. */
const ENOUGH_WORDS = 2;

/** Whether a text begins as folded stacks do: lines that end in a number, with frames told apart somewhere, or some in a row. */
export function looksFolded(start: string): boolean {
  // The last line may be cut.
  const all = start.split('\n');
  const lines = (all.length > 1 ? all.slice(0, -1) : all).filter((line) => !isSkipped(line));
  const isAll = lines.length > 0 && lines.every((line) => LINE.test(line));
  if (!isAll) return false;
  const isWords = lines.every((line) => /^\S+ -?\d+\s*$/.test(line));
  return lines.some((line) => line.includes(';')) || lines.length >= (isWords ? ENOUGH_WORDS : ENOUGH_LINES);
}

/** Empty lines, and comments as some collapsers write them. */
function isSkipped(line: string): boolean {
  return line.trim() === '' || line.startsWith('#');
}

/**
 * One sample type `samples/count`: the form does not say what it counts.
 *
 * @throws PlimsollError PROFILE_INVALID with the line that is no stack; PROFILE_TOO_LARGE.
 */
export function decodeFolded(bytes: Uint8Array): Profile {
  const lines = new TextLines(bytes);
  const budget = new TableBudget(FOLDED_TABLE_BYTES);
  const builder = new ProfileBuilder();
  const type = builder.string('samples');
  const unit = builder.string('count');
  builder.addSampleType(type, unit);
  builder.setHeader({ periodType: type, periodUnit: unit, period: 1n });
  const rows = new Map<string, LocationIndex>();
  const locationOf = (name: string): LocationIndex => {
    const known = rows.get(name);
    if (known !== undefined) return known;
    budget.take(NAME_BYTES + name.length, 'folded.frame');
    const text = builder.string(fromFoldedName(name));
    const row = builder.internFunction({
      name: text,
      // Names are what somebody chose to write: without another one they are not simplified as those of C++.
      systemName: builder.string(''),
      file: builder.string(''),
      startLine: 0,
    });
    const line = [{ function: row, line: 0, column: 0 }];
    const location = { mapping: NO_ROW, address: 0, lines: line, isFolded: false } as const;
    const added = builder.internLocation(location, rows.size);
    rows.set(name, added);
    return added;
  };
  for (let text = lines.next(); text !== null; text = lines.next()) {
    if (isSkipped(text)) continue;
    const match = LINE.exec(text);
    const value = match === null ? null : parseInt64(match[2], 10);
    if (match === null || value === null)
      throw lines.error('this is no "frame;frame VALUE" line', 'folded.stack');
    const names = match[1].split(';');
    budget.take(STACK_BYTES + 8 * names.length, 'folded.stack');
    const stack = builder.internStack(names.reverse().map(locationOf));
    builder.addSample(stack, [value], []);
  }
  return builder.finish();
}
