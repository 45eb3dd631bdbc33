// The tables of a merged profile while it grows: what the samples of each profile use, in the order of first use.
// Source: google/pprof profile/merge.go.
import { StringTableBuilder, type StringIndex, type StringTable } from '../base/string-table.ts';
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
import { chainHash, HASH_FACTOR, SequenceInterner } from './sequence-interner.ts';

/** Mapping sizes are compared in pages: loaders round. In 64 bits, so that the largest one counts as none, as in pprof. */
const PAGE_BYTES = 0x1000n;

const TWO_32 = 4294967296;

/** Labels that are remembered: 2 to the power of this. */
const MEMO_BITS = 8;

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

  internFunction(rows: MergeRows, row: number): number {
    const keys = this.#functionKeys;
    const before = keys.count;
    keys.push(rows.string(rows.functionName[row]));
    keys.push(rows.string(rows.functionSystemName[row]));
    keys.push(rows.string(rows.functionFile[row]));
    pushHalvesOf(keys, rows.functionStartLine[row]);
    const merged = keys.intern();
    if (merged === before) this.#functionStartLine.push(rows.functionStartLine[row]);
    return merged;
  }

  internLocation(rows: MergeRows, row: number): number {
    const mapping = rows.locationMapping[row] === NO_ROW ? null : rows.mapping(rows.locationMapping[row]);
    const mappingRow = mapping === null ? NO_ROW : mapping.row;
    const address = shiftedAddress(rows.locationAddress, row, mapping === null ? null : mapping.shift);
    const from = rows.lineStart[row];
    const to = rows.lineStart[row + 1];
    // Functions first: they may be new, and only one sequence is open at a time in each interner.
    for (let line = from; line < to; line++) rows.function(rows.lineFunction[line]);
    const keys = this.#locationKeys;
    const before = keys.count;
    keys.push(mappingRow);
    pushHalvesOf(keys, address);
    keys.push(rows.locationIsFolded[row]);
    for (let line = from; line < to; line++) {
      keys.push(rows.function(rows.lineFunction[line]));
      pushHalvesOf(keys, rows.line[line]);
    }
    // pprof compares the column of the last line only (its key has room for no more); the first location wins.
    if (to > from) pushHalvesOf(keys, rows.lineColumn[to - 1]);
    const merged = keys.intern();
    if (merged !== before) return merged;
    this.#locationMapping.push(mappingRow);
    this.#locationAddress.push(address);
    this.#locationIsFolded.push(rows.locationIsFolded[row]);
    for (let line = from; line < to; line++) {
      this.#lineFunction.push(rows.function(rows.lineFunction[line]));
      this.#line.push(rows.line[line]);
      this.#lineColumn.push(rows.lineColumn[line]);
    }
    this.#lineStart.push(this.#lineFunction.length);
    return merged;
  }

  internMapping(rows: MergeRows, mappings: MappingTable, row: number): MergedMapping {
    const start = exactAt(mappings.start, row);
    const size = BigInt.asUintN(64, exactAt(mappings.limit, row) - start);
    const pages = BigInt.asUintN(64, size + PAGE_BYTES - 1n) / PAGE_BYTES;
    const file = rows.string(mappings.file[row]);
    const buildId = rows.string(mappings.buildId[row]);
    const key = `${pages} ${mappings.offset[row]} ${buildId !== 0 ? buildId : file}`;
    const known = this.#mappingByKey.get(key);
    if (known !== undefined)
      return {
        row: known.row,
        start: known.start,
        shift: known.start === start ? null : known.start - start,
      };
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

/**
 * Rows of one profile to rows of the merged one, looked up once each, and only those that samples use. The columns stand
 * here one by one because the engine compiles for objects of one form: tables that come from a decoder and those that an
 * operation has put together differ in theirs, and each other form would have everything compiled again.
 */
export class MergeRows {
  readonly functionName: Int32Array;
  readonly functionSystemName: Int32Array;
  readonly functionFile: Int32Array;
  readonly functionStartLine: Int64Column;
  readonly lineStart: Int32Array;
  readonly lineFunction: Int32Array;
  readonly line: Int64Column;
  readonly lineColumn: Int64Column;
  readonly locationMapping: Int32Array;
  readonly locationAddress: Uint64Column;
  readonly locationIsFolded: Uint8Array;
  readonly labelStart: Int32Array;
  readonly labelKey: Int32Array;
  readonly labelText: Int32Array;
  readonly labelNumber: Int64Column;
  readonly labelUnit: Int32Array;
  /** Labels whose sets are known, by memoSlot, and the sets. */
  readonly memoLabel = new Int32Array(1 << MEMO_BITS).fill(NO_ROW);
  readonly memoSet = new Int32Array(1 << MEMO_BITS);
  readonly #tables: MergeTables;
  readonly #texts: StringTable;
  readonly #mappingTable: MappingTable;
  readonly #stackStart: Int32Array;
  readonly #stackLocation: Int32Array | Uint16Array;
  readonly #strings: Int32Array;
  readonly #functions: Int32Array;
  readonly #locations: Int32Array;
  readonly #stacks: Int32Array;
  readonly #mappings: (MergedMapping | null)[];

  constructor(tables: MergeTables, profile: Profile) {
    const { functions, lines, locations, labels, samples, stacks } = profile;
    this.functionName = functions.name;
    this.functionSystemName = functions.systemName;
    this.functionFile = functions.file;
    this.functionStartLine = functions.startLine;
    this.lineStart = locations.lineStart;
    this.lineFunction = lines.function;
    this.line = lines.line;
    this.lineColumn = lines.column;
    this.locationMapping = locations.mapping;
    this.locationAddress = locations.address;
    this.locationIsFolded = locations.isFolded;
    this.labelStart = samples.labelStart;
    this.labelKey = labels.key;
    this.labelText = labels.text;
    this.labelNumber = labels.number;
    this.labelUnit = labels.unit;
    this.#tables = tables;
    this.#texts = profile.strings;
    this.#mappingTable = profile.mappings;
    this.#stackStart = stacks.locationStart;
    this.#stackLocation = stacks.location;
    this.#mappings = Array.from({ length: profile.mappings.length }, () => null);
    this.#strings = new Int32Array(profile.strings.length).fill(NO_ROW);
    this.#functions = new Int32Array(functions.length).fill(NO_ROW);
    this.#locations = new Int32Array(locations.length).fill(NO_ROW);
    this.#stacks = new Int32Array(stacks.length).fill(NO_ROW);
  }

  string(row: number): StringIndex {
    if (this.#strings[row] === NO_ROW) this.#strings[row] = this.#tables.strings.internRow(this.#texts, row);
    return this.#strings[row] as StringIndex;
  }

  function(row: number): number {
    if (this.#functions[row] === NO_ROW) this.#functions[row] = this.#tables.internFunction(this, row);
    return this.#functions[row];
  }

  mapping(row: number): MergedMapping {
    return (this.#mappings[row] ??= this.#tables.internMapping(this, this.#mappingTable, row));
  }

  stack(row: number): number {
    if (this.#stacks[row] === NO_ROW) this.#stacks[row] = this.#internStack(row);
    return this.#stacks[row];
  }

  #internStack(row: number): number {
    const merged = this.#tables.stacks;
    const from = this.#stackStart[row];
    const to = this.#stackStart[row + 1];
    // One cell more, for what writeRows says.
    const cells = merged.room(to - from + 1);
    const at = merged.length;
    const end = at + to - from;
    let chain = writeRows(this.#locations, this.#stackLocation, from, to, cells, at);
    if (cells[end] < 0) {
      this.#internLocations(from, to);
      chain = writeRows(this.#locations, this.#stackLocation, from, to, cells, at);
    }
    return merged.internWritten(end, chain);
  }

  #internLocations(from: number, to: number): void {
    for (let at = from; at < to; at++) {
      const location = this.#stackLocation[at];
      if (this.#locations[location] === NO_ROW)
        this.#locations[location] = this.#tables.internLocation(this, location);
    }
  }
}

/**
 * Writes the merged rows of the locations of a stack from cell `at` on, and behind them one that is negative if any of them has
 * no row yet. By itself, because nearly all of merging is this loop: small, it is compiled many stacks earlier.
 * @returns the hash of what was written, see chainHash.
 */
function writeRows(
  rows: Int32Array,
  locations: Int32Array | Uint16Array,
  from: number,
  to: number,
  cells: Int32Array,
  at: number,
): number {
  let any = 0;
  let chain = 0;
  let cell = at;
  for (let i = from; i < to; i++) {
    const row = rows[locations[i]];
    any |= row;
    cells[cell++] = row;
    chain = chainHash(chain, row);
  }
  cells[cell] = any;
  return chain;
}

/** Labels of samples, and what makes two label sets equal. */
export class MergeLabels {
  readonly #sets = new SequenceInterner();
  readonly #key = new Int32Builder();
  readonly #text = new Int32Builder();
  readonly #number = new Int64Builder();
  readonly #unit = new Int32Builder();

  get length(): number {
    return this.#key.length;
  }

  /** The number of the label set of a sample: text before numbers, each by key; the order of equal keys counts. NO_ROW = none. */
  setOf(rows: MergeRows, sample: number): number {
    const from = rows.labelStart[sample];
    const to = rows.labelStart[sample + 1];
    if (to === from) return NO_ROW;
    if (to - from === 1) return this.#setOfOne(rows, from);
    const order = Array.from({ length: to - from }, (_, i) => from + i);
    const rankOf = (row: number): number =>
      rows.string(rows.labelKey[row]) + (rows.labelText[row] === NO_ROW ? TWO_32 : 0);
    // The sort is stable.
    order.sort((a, b) => rankOf(a) - rankOf(b));
    for (const row of order) pushLabel(rows, row, this.#sets);
    return this.#sets.intern();
  }

  /** Nearly all samples of a heap have one label, which is one of a few dozen sizes. */
  #setOfOne(rows: MergeRows, row: number): number {
    const slot = memoSlot(rows, row);
    const known = rows.memoLabel[slot];
    if (known !== NO_ROW && isSameLabel(rows, row, known)) return rows.memoSet[slot];
    pushLabel(rows, row, this.#sets);
    const set = this.#sets.intern();
    rows.memoLabel[slot] = row;
    rows.memoSet[slot] = set;
    return set;
  }

  /** Takes over the labels of a sample, in their order. */
  add(rows: MergeRows, sample: number): void {
    for (let row = rows.labelStart[sample]; row < rows.labelStart[sample + 1]; row++) {
      this.#key.push(rows.string(rows.labelKey[row]));
      this.#text.push(rows.labelText[row] === NO_ROW ? NO_ROW : rows.string(rows.labelText[row]));
      this.#number.push(rows.labelNumber[row]);
      this.#unit.push(rows.string(rows.labelUnit[row]));
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

function memoSlot({ labelKey, labelText, labelNumber }: MergeRows, row: number): number {
  const number = labelNumber[row];
  const low = typeof number === 'number' ? number | 0 : Number(BigInt.asIntN(32, number));
  return Math.imul(low ^ (labelText[row] << 12) ^ (labelKey[row] << 24), HASH_FACTOR) >>> (32 - MEMO_BITS);
}

/** Whether two labels of one profile are the same by their rows. */
function isSameLabel(
  { labelKey, labelText, labelNumber, labelUnit }: MergeRows,
  a: number,
  b: number,
): boolean {
  return (
    labelNumber[a] === labelNumber[b] &&
    labelText[a] === labelText[b] &&
    labelKey[a] === labelKey[b] &&
    labelUnit[a] === labelUnit[b]
  );
}

function pushLabel(rows: MergeRows, row: number, key: SequenceInterner): void {
  key.push(rows.string(rows.labelKey[row]));
  const text = rows.labelText[row];
  key.push(text === NO_ROW ? NO_ROW : rows.string(text));
  if (text !== NO_ROW) return;
  pushHalvesOf(key, rows.labelNumber[row]);
  key.push(rows.string(rows.labelUnit[row]));
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
