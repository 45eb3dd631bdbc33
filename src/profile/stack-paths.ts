// Stacks as paths of printed names, root first: what flame graphs and folded stacks are made of. Paths are told apart by
// sorting stacks name by name, without a table of all their prefixes: memory grows with the stacks, not with their frames.
import { Int32Builder, Int64Builder } from '../pprof/columns.ts';
import type { Int64Column, Profile } from '../pprof/tables.ts';

/**
 * Different stacks of a profile, each with what its samples add up to.
 *
 * Example: samples main>a:2, main>b:3, main>a:1 (of another address, which is not printed).
 *
 *     stack [ 0, 1 ]    value [ 3, 3 ]    frames 3 (main, main>a, main>b)
 */
export interface StackPaths {
  readonly length: number;
  readonly names: FrameNames;
  /** A stack that runs along the path; paths in order of first appearance. */
  readonly stack: Int32Array;
  readonly value: Int64Column;
  /** Different beginnings of all paths: rows of their tree, its root not counted. */
  readonly frames: number;
}

/** Prints a line of a location; null for a location without lines. */
export type FramePrinter = (profile: Profile, location: number, line: number | null) => string;

/**
 * Paths of one value. Frames are equal when they print the same, so the granularity of the profile (see aggregate.ts)
 * decides what is one. Samples whose value is 0, or that have no frames, are left out; what adds up to 0 stays.
 *
 * @param column of `profile.samples.values`.
 */
export function collectPaths(profile: Profile, column: number, print: FramePrinter): StackPaths {
  const { samples, stacks } = profile;
  const values = samples.values[column];
  const names = new FrameNames(profile, print);
  const rowOfStack = new Int32Array(stacks.length);
  const stack = new Int32Builder(1024);
  const sums = new Int64Builder(1024);
  for (let sample = 0; sample < samples.length; sample++) {
    const value = values[sample];
    if (value === 0 || value === 0n) continue;
    const row = samples.stack[sample];
    if (stacks.locationStart[row] === stacks.locationStart[row + 1]) continue;
    if (rowOfStack[row] === 0) {
      stack.push(row);
      sums.pushNumber(0);
      rowOfStack[row] = stack.length;
    }
    sums.add(rowOfStack[row] - 1, value);
  }
  return mergeEqual({ names, stack: stack.finish(), sums });
}

interface UnmergedPaths {
  readonly names: FrameNames;
  readonly stack: Int32Array;
  readonly sums: Int64Builder;
}

function mergeEqual({ names, stack, sums }: UnmergedPaths): StackPaths {
  const splitter = new PathSplitter(names, stack);
  const { members, ends } = splitter;
  const isMerged = new Uint8Array(stack.length);
  let [frames, merged] = [0, 0];
  const open = stack.length === 0 ? [] : [0, stack.length];
  for (;;) {
    const end = open.pop();
    const from = open.pop();
    if (end === undefined || from === undefined) break;
    if (end - from === 1) {
      frames += splitter.framesLeft(members[from]);
      continue;
    }
    const ended = splitter.split(from, end);
    for (let at = from + 1; at < ended; at++) {
      sums.add(members[from], sums.at(members[at]));
      isMerged[members[at]] = 1;
      merged++;
    }
    frames += ends.length;
    for (let group = 0, start = ended; group < ends.length; start = ends[group++])
      open.push(start, ends[group]);
  }
  const value = sums.finish();
  if (merged === 0) return { length: stack.length, names, stack, value, frames };
  const kept = new Int32Builder(stack.length - merged);
  const left = new Int64Builder(stack.length - merged);
  for (let row = 0; row < stack.length; row++) {
    if (isMerged[row] === 1) continue;
    kept.push(stack[row]);
    left.push(value[row]);
  }
  return { length: kept.length, names, stack: kept.finish(), value: left.finish(), frames };
}

/** Printed names of the lines of locations, as rows of one list; printed when they are first asked for. */
export class FrameNames {
  readonly list: string[] = [];
  readonly profile: Profile;
  /** Cells of location l are cellStart[l] .. cellStart[l + 1], its innermost line first; one where it has no lines. */
  readonly cellStart: Int32Array;
  /** Row in `list` + 1 by cell; 0 = not printed yet. */
  readonly #row: Int32Array;
  readonly #print: FramePrinter;
  readonly #rowOfName = new Map<string, number>();

  constructor(profile: Profile, print: FramePrinter) {
    const { length, lineStart } = profile.locations;
    this.profile = profile;
    this.#print = print;
    this.cellStart = new Int32Array(length + 1);
    for (let location = 0; location < length; location++)
      this.cellStart[location + 1] =
        this.cellStart[location] + Math.max(1, lineStart[location + 1] - lineStart[location]);
    this.#row = new Int32Array(this.cellStart[length]);
  }

  /** Row in `list`. */
  at(location: number, cell: number): number {
    const row = this.#row[cell];
    return row > 0 ? row - 1 : this.#read(location, cell);
  }

  /** Names along a stack, root first. */
  *along(stack: number): Generator<string> {
    const { locationStart, location } = this.profile.stacks;
    for (let at = locationStart[stack + 1] - 1; at >= locationStart[stack]; at--) {
      const own = location[at];
      for (let cell = this.cellStart[own + 1] - 1; cell >= this.cellStart[own]; cell--)
        yield this.list[this.at(own, cell)];
    }
  }

  #read(location: number, cell: number): number {
    const { lineStart } = this.profile.locations;
    const hasLines = lineStart[location] < lineStart[location + 1];
    const line = hasLines ? lineStart[location] + cell - this.cellStart[location] : null;
    const name = this.#print(this.profile, location, line);
    let row = this.#rowOfName.get(name);
    if (row === undefined) {
      row = this.list.push(name) - 1;
      this.#rowOfName.set(name, row);
    }
    this.#row[cell] = row + 1;
    return row;
  }
}

/**
 * Walks along all paths at once, root first, and splits those that went together by their next name. Names are counted in
 * a column: no hash that a file could be made against.
 */
export class PathSplitter {
  /** Rows of paths; those that went together so far lie side by side, in order of their rows. */
  readonly members: Int32Array;
  /** Of the last split: where each group ends, and row of its name. The first begins where `split` says. */
  readonly ends: number[] = [];
  readonly groupNames: number[] = [];
  readonly #names: FrameNames;
  readonly #stack: Int32Array;
  /** By path: index in `stacks.location` of the location that is next, and its cell. */
  readonly #at: Int32Array;
  readonly #cell: Int32Array;
  /** Of the members in turn: group, and row of path, while they are put in order. */
  readonly #group: Int32Array;
  readonly #before: Int32Array;
  /** Group + 1 by name; 0 outside `split`. */
  #groupOfName = new Int32Array(1024);

  /** @param stack of each path; none without locations. */
  constructor(names: FrameNames, stack: Int32Array) {
    const { locationStart, location } = names.profile.stacks;
    this.#names = names;
    this.#stack = stack;
    this.members = new Int32Array(stack.length);
    this.#at = new Int32Array(stack.length);
    this.#cell = new Int32Array(stack.length);
    this.#group = new Int32Array(stack.length);
    this.#before = new Int32Array(stack.length);
    for (let row = 0; row < stack.length; row++) {
      this.members[row] = row;
      this.#at[row] = locationStart[stack[row] + 1] - 1;
      this.#cell[row] = names.cellStart[location[this.#at[row]] + 1] - 1;
    }
  }

  /** Frames of a path that are still ahead. */
  framesLeft(path: number): number {
    const { locationStart, location } = this.#names.profile.stacks;
    const { cellStart } = this.#names;
    const first = locationStart[this.#stack[path]];
    if (this.#at[path] < first) return 0;
    let frames = this.#cell[path] + 1 - cellStart[location[this.#at[path]]];
    for (let at = this.#at[path] - 1; at >= first; at--)
      frames += cellStart[location[at] + 1] - cellStart[location[at]];
    return frames;
  }

  /**
   * Takes the next frame of members from .. end, and puts these in order: those that have no more, then group by group.
   *
   * @returns where those without a next frame end. They must not be split again.
   */
  split(from: number, end: number): number {
    const { members, ends, groupNames } = this;
    ends.length = 0;
    groupNames.length = 0;
    let ended = 0;
    for (let at = from; at < end; at++) {
      const path = members[at];
      const name = this.#next(path);
      let group = -1;
      if (name < 0) ended++;
      else {
        group = (name < this.#groupOfName.length ? this.#groupOfName[name] : 0) - 1;
        if (group < 0) group = this.#open(name);
        ends[group]++;
      }
      this.#group[at] = group;
      this.#before[at] = path;
    }
    // From lengths to places: each group begins where the one before ends, and grows to its own end.
    let next = from + ended;
    for (let group = 0; group < ends.length; group++) {
      this.#groupOfName[groupNames[group]] = 0;
      const { [group]: length } = ends;
      ends[group] = next;
      next += length;
    }
    if (ends.length === 1 && ended === 0) ends[0] = end;
    else {
      let place = from;
      for (let at = from; at < end; at++) {
        const group = this.#group[at];
        members[group < 0 ? place++ : ends[group]++] = this.#before[at];
      }
    }
    return from + ended;
  }

  #open(name: number): number {
    if (name >= this.#groupOfName.length) {
      const grown = new Int32Array(Math.max(name + 1, this.#groupOfName.length * 2));
      grown.set(this.#groupOfName);
      this.#groupOfName = grown;
    }
    const group = this.groupNames.push(name) - 1;
    this.ends.push(0);
    this.#groupOfName[name] = group + 1;
    return group;
  }

  /** Row of the next name, which is then behind; -1 = there is none. */
  #next(path: number): number {
    const { locationStart, location } = this.#names.profile.stacks;
    const { cellStart } = this.#names;
    const at = this.#at[path];
    const first = locationStart[this.#stack[path]];
    if (at < first) return -1;
    const cell = this.#cell[path];
    const own = location[at];
    if (cell > cellStart[own]) this.#cell[path] = cell - 1;
    else {
      this.#at[path] = at - 1;
      if (at > first) this.#cell[path] = cellStart[location[at - 1] + 1] - 1;
    }
    return this.#names.at(own, cell);
  }
}
