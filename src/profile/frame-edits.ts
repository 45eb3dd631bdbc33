// Leaving out lines of locations and locations of stacks: what all frame filters are made of. Rows of functions,
// mappings and strings stay; locations keep their row numbers, so ids stay what they were.
import { Int32Builder } from '../pprof/columns.ts';
import type { Int64Column, LineTable, Profile } from '../pprof/tables.ts';
import { filterSamples } from './filter.ts';

/** Keeps the lines whose cell is 1, in all locations. */
export function keepLines(profile: Profile, isKept: Uint8Array): Profile {
  const { locations, lines } = profile;
  const lineStart = new Int32Array(locations.length + 1);
  let kept = 0;
  for (let location = 0; location < locations.length; location++) {
    for (let line = locations.lineStart[location]; line < locations.lineStart[location + 1]; line++)
      kept += isKept[line];
    lineStart[location + 1] = kept;
  }
  if (kept === lines.length) return profile;
  return { ...profile, locations: { ...locations, lineStart }, lines: pickLines(lines, isKept, kept) };
}

function pickLines(lines: LineTable, isKept: Uint8Array, length: number): LineTable {
  const pick = <Column extends Int32Array | Int64Column>(column: Column): Column => {
    const picked = column.slice(0, length);
    let row = 0;
    for (let line = 0; line < isKept.length; line++) if (isKept[line] === 1) picked[row++] = column[line];
    return picked as Column;
  };
  return { length, function: pick(lines.function), line: pick(lines.line), column: pick(lines.column) };
}

/** What becomes of a stack: the range of its locations that stays, or nothing of its samples. */
export type StackRange = readonly [from: number, to: number];

/**
 * Cuts every stack to a range of its locations; samples whose stack gives null go. Stack rows keep their numbers.
 *
 * @param range is asked once per stack row with its range in `stacks.location`, leaf first.
 */
export function cutStacks(profile: Profile, range: (from: number, to: number) => StackRange | null): Profile {
  return rebuildStacks(profile, (from, to, out) => {
    const cut = range(from, to);
    if (cut === null) return false;
    for (let at = cut[0]; at < cut[1]; at++) out.push(profile.stacks.location[at]);
    return true;
  });
}

/** Leaves locations out of all stacks; `isStackKept` decides before that, and a stack left empty goes too. */
export function dropLocations(
  profile: Profile,
  isDropped: Uint8Array | null,
  isStackKept: (from: number, to: number) => boolean,
): Profile {
  return rebuildStacks(profile, (from, to, out) => {
    if (!isStackKept(from, to)) return false;
    const before = out.length;
    for (let at = from; at < to; at++)
      if (isDropped?.[profile.stacks.location[at]] !== 1) out.push(profile.stacks.location[at]);
    return isDropped === null || out.length > before;
  });
}

function rebuildStacks(
  profile: Profile,
  rebuild: (from: number, to: number, out: Int32Builder) => boolean,
): Profile {
  const { stacks } = profile;
  const locationStart = new Int32Array(stacks.length + 1);
  const isKept = new Uint8Array(stacks.length);
  const out = new Int32Builder(Math.max(1, stacks.location.length));
  for (let stack = 0; stack < stacks.length; stack++) {
    const before = out.length;
    const keep = rebuild(stacks.locationStart[stack], stacks.locationStart[stack + 1], out);
    if (!keep) out.truncate(before);
    isKept[stack] = keep ? 1 : 0;
    locationStart[stack + 1] = out.length;
  }
  const cut = {
    ...profile,
    stacks: { length: stacks.length, locationStart, location: out.finishIndex() },
  } as Profile;
  return filterSamples(cut, (sample) => isKept[cut.samples.stack[sample]] === 1);
}
