// The tables of a merged profile while it grows: what the samples of each profile use, in the order of first use.
// Source: google/pprof profile/merge.go.
import { StringTableBuilder, type StringIndex } from '../base/string-table.ts';
import { Int32Builder, Int64Builder, Uint64Builder, exactAt } from '../pprof/columns.ts';
import {
  NO_ROW,
  type FunctionTable,
  type Int64Column,
  type LabelTable,
  type LineTable,
  type LocationTable,
  type MappingTable,
  type Profile,
  type StackTable,
  type Uint64Column,
} from '../pprof/tables.ts';
import { SequenceInterner } from './sequence-interner.ts';

/** Mapping sizes are compared in pages: loaders round. In 64 bits, so that the largest one counts as none, as in pprof. */
const PAGE_BYTES = 0x1000n;

const TWO_32 = 4294967296;

interface MergedMapping {
  readonly row: number;
  readonly start: bigint;
  /** What to add to addresses: the same object may be loaded elsewhere. Null = nothing. */
  readonly shift: bigint | null;
}

/** Interns rows of other profiles; equal rows become one. */
export class MergeTables {
  readonly strings = new StringTableBuilder();
  readonly #functionKeys = new SequenceInterner();
  readonly #functionStartLine = new Int64Builder();
  readonly #locationKeys = new SequenceInterner();
  readonly #locationMapping = new Int32Builder();
  readonly #locationAddress = new Uint64Builder();
  readonly #locationIsFolded = new Int32Builder();
  readonly #lineStart = new Int32Builder();
  readonly #lineFunction = new Int32Builder();
  readonly #line = new Int64Builder();
  readonly #lineColumn = new Int64Builder();
  readonly #mappingByKey = new Map<string, MergedMapping>();
  readonly #mappingStart = new Uint64Builder();
  readonly #mappingLimit = new Uint64Builder();
  readonly #mappingOffset = new Uint64Builder();
  readonly #mappingFile = new Int32Builder();
  readonly #mappingBuildId = new Int32Builder();
  readonly #mappingFlags = new Int32Builder();
  readonly stacks = new SequenceInterner();

  constructor() {
    this.#lineStart.push(0);
  }

  get mappingCount(): number {
    return this.#mappingByKey.size;
  }

  internFunction({ functions }: Profile, row: number, rows: MergeRows): number {
    const keys = this.#functionKeys;
    const before = keys.count;
    keys.push(rows.string(functions.name[row]));
    keys.push(rows.string(functions.systemName[row]));
    keys.push(rows.string(functions.file[row]));
    pushHalves(keys, functions.startLine, row);
    const merged = keys.intern();
    if (merged === before) this.#functionStartLine.push(functions.startLine[row]);
    return merged;
  }

  internLocation({ locations, lines }: Profile, row: number, rows: MergeRows): number {
    const mapping = locations.mapping[row] === NO_ROW ? null : rows.mapping(locations.mapping[row]);
    const address = shiftedAddress(locations.address, row, mapping?.shift ?? null);
    const from = locations.lineStart[row];
    const to = locations.lineStart[row + 1];
    // Functions first: they may be new, and only one sequence is open at a time in each interner.
    for (let line = from; line < to; line++) rows.function(lines.function[line]);
    const keys = this.#locationKeys;
    const before = keys.count;
    keys.push(mapping?.row ?? NO_ROW);
    pushHalvesOf(keys, address);
    keys.push(locations.isFolded[row]);
    for (let line = from; line < to; line++) {
      keys.push(rows.function(lines.function[line]));
      pushHalves(keys, lines.line, line);
    }
    // pprof compares the column of the last line only (its key has room for no more); the first location wins.
    if (to > from) pushHalves(keys, lines.column, to - 1);
    const merged = keys.intern();
    if (merged !== before) return merged;
    this.#locationMapping.push(mapping?.row ?? NO_ROW);
    this.#locationAddress.push(address);
    this.#locationIsFolded.push(locations.isFolded[row]);
    for (let line = from; line < to; line++) {
      this.#lineFunction.push(rows.function(lines.function[line]));
      this.#line.push(lines.line[line]);
      this.#lineColumn.push(lines.column[line]);
    }
    this.#lineStart.push(this.#lineFunction.length);
    return merged;
  }

  internMapping({ mappings }: Profile, row: number, rows: MergeRows): MergedMapping {
    const start = exactAt(mappings.start, row);
    const size = BigInt.asUintN(64, exactAt(mappings.limit, row) - start);
    const pages = BigInt.asUintN(64, size + PAGE_BYTES - 1n) / PAGE_BYTES;
    const file = rows.string(mappings.file[row]);
    const buildId = rows.string(mappings.buildId[row]);
    const key = `${pages} ${mappings.offset[row]} ${buildId !== 0 ? buildId : file}`;
    const known = this.#mappingByKey.get(key);
    if (known !== undefined) return { ...known, shift: known.start === start ? null : known.start - start };
    const added: MergedMapping = { row: this.#mappingByKey.size, start, shift: null };
    this.#mappingByKey.set(key, added);
    this.#mappingStart.push(mappings.start[row]);
    this.#mappingLimit.push(mappings.limit[row]);
    this.#mappingOffset.push(mappings.offset[row]);
    this.#mappingFile.push(file);
    this.#mappingBuildId.push(buildId);
    this.#mappingFlags.push(mappings.flags[row]);
    return added;
  }

  finish(): Pick<Profile, 'functions' | 'locations' | 'lines' | 'mappings' | 'stacks'> {
    return {
      functions: this.#finishFunctions(),
      ...this.#finishLocations(),
      mappings: this.#finishMappings(),
      stacks: this.#finishStacks(),
    };
  }

  #finishFunctions(): FunctionTable {
    const keys = this.#functionKeys;
    const columnOf = (index: number): Int32Array =>
      Int32Array.from({ length: keys.count }, (_, row) => keys.at(row, index));
    return {
      length: keys.count,
      name: columnOf(0) as FunctionTable['name'],
      systemName: columnOf(1) as FunctionTable['systemName'],
      file: columnOf(2) as FunctionTable['file'],
      startLine: this.#functionStartLine.finish(),
    };
  }

  #finishLocations(): { locations: LocationTable; lines: LineTable } {
    return {
      locations: {
        length: this.#locationMapping.length,
        id: null,
        mapping: this.#locationMapping.finishIndex(),
        address: this.#locationAddress.finish(),
        lineStart: this.#lineStart.finish(),
        isFolded: Uint8Array.from(this.#locationIsFolded.finish()),
      },
      lines: {
        length: this.#lineFunction.length,
        function: this.#lineFunction.finishIndex(),
        line: this.#line.finish(),
        column: this.#lineColumn.finish(),
      },
    };
  }

  #finishMappings(): MappingTable {
    return {
      length: this.#mappingFile.length,
      id: null,
      start: this.#mappingStart.finish(),
      limit: this.#mappingLimit.finish(),
      offset: this.#mappingOffset.finish(),
      file: this.#mappingFile.finishIndex(),
      buildId: this.#mappingBuildId.finishIndex(),
      flags: Uint8Array.from(this.#mappingFlags.finish()),
    };
  }

  #finishStacks(): StackTable {
    const { start, cells } = this.stacks.finish();
    return {
      length: this.stacks.count,
      locationStart: start,
      location: cells as StackTable['location'],
    };
  }
}

/** Rows of one profile to rows of the merged one, looked up once each, and only those that samples use. */
export class MergeRows {
  readonly #tables: MergeTables;
  readonly #profile: Profile;
  readonly #strings: Int32Array;
  readonly #functions: Int32Array;
  readonly #locations: Int32Array;
  readonly #stacks: Int32Array;
  readonly #mappings: (MergedMapping | undefined)[] = [];

  constructor(tables: MergeTables, profile: Profile) {
    this.#tables = tables;
    this.#profile = profile;
    this.#strings = new Int32Array(profile.strings.length).fill(NO_ROW);
    this.#functions = new Int32Array(profile.functions.length).fill(NO_ROW);
    this.#locations = new Int32Array(profile.locations.length).fill(NO_ROW);
    this.#stacks = new Int32Array(profile.stacks.length).fill(NO_ROW);
  }

  string(row: number): StringIndex {
    if (this.#strings[row] === NO_ROW)
      this.#strings[row] = this.#tables.strings.internRow(this.#profile.strings, row);
    return this.#strings[row] as StringIndex;
  }

  function(row: number): number {
    if (this.#functions[row] === NO_ROW)
      this.#functions[row] = this.#tables.internFunction(this.#profile, row, this);
    return this.#functions[row];
  }

  mapping(row: number): MergedMapping {
    return (this.#mappings[row] ??= this.#tables.internMapping(this.#profile, row, this));
  }

  stack(row: number): number {
    if (this.#stacks[row] === NO_ROW) this.#stacks[row] = this.#internStack(row);
    return this.#stacks[row];
  }

  #internStack(row: number): number {
    const { stacks } = this.#profile;
    const merged = this.#tables.stacks;
    const known = this.#locations;
    for (let at = stacks.locationStart[row]; at < stacks.locationStart[row + 1]; at++) {
      const location = stacks.location[at];
      if (known[location] === NO_ROW)
        known[location] = this.#tables.internLocation(this.#profile, location, this);
      merged.push(known[location]);
    }
    return merged.intern();
  }
}

/** Labels of samples, and what makes two label sets equal. */
export class MergeLabels {
  readonly #key = new Int32Builder();
  readonly #text = new Int32Builder();
  readonly #number = new Int64Builder();
  readonly #unit = new Int32Builder();

  get length(): number {
    return this.#key.length;
  }

  /** Pushes the label set of a sample onto a key: text before numbers, each by key; the order of equal keys counts. */
  pushKey({ samples, labels }: Profile, sample: number, rows: MergeRows, key: SequenceInterner): void {
    const from = samples.labelStart[sample];
    const to = samples.labelStart[sample + 1];
    if (to === from) return;
    if (to - from === 1) return pushLabel(labels, from, rows, key);
    const order = Array.from({ length: to - from }, (_, i) => from + i);
    const rankOf = (row: number): number =>
      rows.string(labels.key[row]) + (labels.text[row] === NO_ROW ? TWO_32 : 0);
    // The sort is stable.
    order.sort((a, b) => rankOf(a) - rankOf(b));
    for (const row of order) pushLabel(labels, row, rows, key);
  }

  /** Takes over the labels of a sample, in their order. */
  add({ samples, labels }: Profile, sample: number, rows: MergeRows): void {
    for (let row = samples.labelStart[sample]; row < samples.labelStart[sample + 1]; row++) {
      this.#key.push(rows.string(labels.key[row]));
      this.#text.push(labels.text[row] === NO_ROW ? NO_ROW : rows.string(labels.text[row]));
      this.#number.push(labels.number[row]);
      this.#unit.push(rows.string(labels.unit[row]));
    }
  }

  finish(): LabelTable {
    return {
      length: this.#key.length,
      key: this.#key.finishIndex(),
      text: this.#text.finishIndex(),
      number: this.#number.finish(),
      unit: this.#unit.finishIndex(),
    };
  }
}

function pushLabel(labels: LabelTable, row: number, rows: MergeRows, key: SequenceInterner): void {
  key.push(rows.string(labels.key[row]));
  const text = labels.text[row];
  key.push(text === NO_ROW ? NO_ROW : rows.string(text));
  if (text !== NO_ROW) return;
  pushHalves(key, labels.number, row);
  key.push(rows.string(labels.unit[row]));
}

function pushHalves(key: SequenceInterner, column: Int64Column | Uint64Column, row: number): void {
  pushHalvesOf(key, column[row]);
}

/** A 64-bit number in two's complement: the same halves whatever the kind of its column. */
function pushHalvesOf(key: SequenceInterner, value: number | bigint): void {
  if (typeof value === 'number') {
    key.push(value);
    key.push(Math.floor(value / TWO_32));
  } else {
    key.push(Number(BigInt.asIntN(32, value)));
    key.push(Number(BigInt.asIntN(32, value >> 32n)));
  }
}

function shiftedAddress(column: Uint64Column, row: number, shift: bigint | null): number | bigint {
  if (shift === null) return column[row];
  const address = BigInt.asUintN(64, exactAt(column, row) + shift);
  return address <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(address) : address;
}
