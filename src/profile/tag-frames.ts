// -tagroot and -tagleaf: label values as frames at the root or the leaf of every stack, so that reports group by them.
// Source: google/pprof internal/driver addLabelNodes.
import type { StringIndex } from '../base/string-table.ts';
import { Uint64Builder } from '../pprof/columns.ts';
import { StackRows } from '../pprof/stack-rows.ts';
import {
  NO_ROW,
  type FunctionIndex,
  type IndexColumn,
  type Int64Column,
  type LocationIndex,
  type LocationTable,
  type Profile,
  type StackIndex,
} from '../pprof/tables.ts';
import { StringAppender } from './append-strings.ts';
import { scaledLabel } from './measurement.ts';

export interface TagFrames {
  readonly profile: Profile;
  /** Whether any sample has one of the keys. */
  readonly isRootMatched: boolean;
  readonly isLeafMatched: boolean;
}

/**
 * Puts a frame for each key on every stack: its function is the values of the sample under that key (joined by commas,
 * '' where it has none), its file is the key. The first root key is the new root, the last leaf key the new leaf.
 *
 * @param outputUnit of numbers that have a unit.
 */
export function addTagFrames(
  profile: Profile,
  rootKeys: readonly string[],
  leafKeys: readonly string[],
  outputUnit: string,
): TagFrames {
  if (rootKeys.length === 0 && leafKeys.length === 0)
    return { profile, isRootMatched: false, isLeafMatched: false };
  const frames = new FrameAppender(profile);
  const stacks = new StackRows();
  const { samples, stacks: old } = profile;
  const stack = new Int32Array(samples.length);
  let [isRootMatched, isLeafMatched] = [false, false];
  for (let sample = 0; sample < samples.length; sample++) {
    // New frames are numbered as they are met, those of the root first.
    const roots = frames.ofSample(sample, rootKeys, outputUnit);
    const leaves = frames.ofSample(sample, leafKeys, outputUnit);
    isRootMatched ||= roots.isMatched;
    isLeafMatched ||= leaves.isMatched;
    for (const location of leaves.locations) stacks.push(location);
    const row = samples.stack[sample];
    for (let at = old.locationStart[row]; at < old.locationStart[row + 1]; at++)
      stacks.push(old.location[at]);
    for (const location of roots.locations) stacks.push(location);
    stack[sample] = stacks.close();
  }
  const tagged = {
    ...frames.finish(),
    samples: { ...samples, stack: stack as IndexColumn<StackIndex> },
    stacks: stacks.finish(),
  };
  return { profile: tagged, isRootMatched, isLeafMatched };
}

/** Text values under a key, then numbers with their units. */
function labelValues(
  { samples, labels, strings }: Profile,
  sample: number,
  key: string,
  outputUnit: string,
): string[] {
  const rows: number[] = [];
  for (let row = samples.labelStart[sample]; row < samples.labelStart[sample + 1]; row++)
    if (strings.get(labels.key[row]) === key) rows.push(row);
  const texts = rows.filter((row) => labels.text[row] !== NO_ROW);
  const numbers = rows.filter((row) => labels.text[row] === NO_ROW);
  // One number with a unit makes all of that key be taken as having one, if only ''.
  const hasUnits = numbers.some((row) => labels.unit[row] !== 0);
  return [
    ...texts.map((row) => strings.get(labels.text[row])),
    ...numbers.map((row) =>
      hasUnits
        ? scaledLabel(labels.number[row], strings.get(labels.unit[row]), outputUnit)
        : scaledLabel(labels.number[row], '', ''),
    ),
  ];
}

/** Adds functions and locations behind those of a profile. */
class FrameAppender {
  readonly #profile: Profile;
  readonly #strings: StringAppender;
  readonly #rowByFrame = new Map<string, LocationIndex>();
  readonly #names: StringIndex[] = [];
  readonly #files: StringIndex[] = [];

  constructor(profile: Profile) {
    this.#profile = profile;
    this.#strings = new StringAppender(profile.strings);
  }

  /** A frame for each key, the last key first, and whether the sample has any of them. */
  ofSample(
    sample: number,
    keys: readonly string[],
    outputUnit: string,
  ): { readonly locations: readonly LocationIndex[]; readonly isMatched: boolean } {
    let isMatched = false;
    const locations = keys.toReversed().map((key) => {
      const values = labelValues(this.#profile, sample, key, outputUnit);
      isMatched ||= values.length > 0;
      return this.#location(values.join(','), key);
    });
    return { locations, isMatched };
  }

  #location(name: string, file: string): LocationIndex {
    const key = `${file.length} ${file}${name}`;
    const known = this.#rowByFrame.get(key);
    if (known !== undefined) return known;
    const added = (this.#profile.locations.length + this.#names.length) as LocationIndex;
    this.#rowByFrame.set(key, added);
    this.#names.push(this.#strings.row(name));
    this.#files.push(this.#strings.row(file));
    return added;
  }

  finish(): Profile {
    const { functions, lines } = this.#profile;
    const count = this.#names.length;
    const newFunctions = this.#names.map((_, i) => (functions.length + i) as FunctionIndex);
    const zeros = new Array<number>(count).fill(0);
    return {
      ...this.#profile,
      strings: this.#strings.finish(),
      functions: {
        length: functions.length + count,
        name: withRows(functions.name, this.#names),
        systemName: withRows(functions.systemName, zeros),
        file: withRows(functions.file, this.#files),
        startLine: withZeros(functions.startLine, count),
      },
      lines: {
        length: lines.length + count,
        function: withRows(lines.function, newFunctions),
        line: withZeros(lines.line, count),
        column: withZeros(lines.column, count),
      },
      locations: this.#locations(count),
    };
  }

  #locations(count: number): LocationTable {
    const { locations, lines } = this.#profile;
    const isFolded = new Uint8Array(locations.length + count);
    isFolded.set(locations.isFolded);
    return {
      length: locations.length + count,
      id: locations.id === null ? null : withNextIds(locations.id, count),
      mapping: withRows(locations.mapping, new Array<number>(count).fill(NO_ROW)),
      address: withZeros(locations.address, count),
      lineStart: withRows(
        locations.lineStart as IndexColumn<number>,
        this.#names.map((_, i) => lines.length + i + 1),
      ),
      isFolded,
    };
  }
}

function withRows<Row extends number>(column: IndexColumn<Row>, rows: readonly number[]): IndexColumn<Row> {
  const longer = new Int32Array(column.length + rows.length);
  longer.set(column);
  longer.set(rows, column.length);
  return longer as IndexColumn<Row>;
}

function withZeros<Column extends Int64Column | BigUint64Array>(column: Column, count: number): Column {
  if (column instanceof Float64Array) {
    const longer = new Float64Array(column.length + count);
    longer.set(column);
    return longer as Column;
  }
  const longer = new BigUint64Array(column.length + count);
  longer.set(column);
  return (column instanceof BigUint64Array ? longer : new BigInt64Array(longer.buffer)) as Column;
}

/** The ids that follow the highest one. */
function withNextIds(ids: Float64Array | BigUint64Array, count: number): Float64Array | BigUint64Array {
  const longer = new Uint64Builder(ids.length + count);
  let highest = 0n;
  for (const id of ids) {
    longer.push(id);
    if (BigInt(id) > highest) highest = BigInt(id);
  }
  for (let i = 1; i <= count; i++) longer.push(highest + BigInt(i));
  return longer.finish();
}
