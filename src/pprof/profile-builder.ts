// Builds a Profile row by row: for the text forms, for merging and for profiles drawn in tests. Rows are added only
// through methods, so that no column is forgotten, and everything that can be shared is.
import { StringTableBuilder, type StringIndex, type StringTable } from '../base/string-table.ts';
import { Int32Builder, Int64Builder, Uint64Builder } from './columns.ts';
import { StackRows } from './stack-rows.ts';
import {
  NO_ROW,
  type FunctionIndex,
  type IndexColumn,
  type LocationIndex,
  type MappingIndex,
  type Profile,
  type ProfileHeader,
  type SampleIndex,
  type StackIndex,
} from './tables.ts';

/** A function in strings of the builder. */
export interface FunctionRow {
  readonly name: StringIndex;
  readonly systemName: StringIndex;
  readonly file: StringIndex;
  readonly startLine: number | bigint;
}

export interface LineRow {
  readonly function: FunctionIndex;
  readonly line: number | bigint;
  readonly column: number | bigint;
}

export interface LocationRow {
  readonly mapping: MappingIndex | typeof NO_ROW;
  readonly address: number | bigint;
  readonly lines: readonly LineRow[];
  readonly isFolded: boolean;
}

export interface MappingRow {
  readonly start: number | bigint;
  readonly limit: number | bigint;
  readonly offset: number | bigint;
  readonly file: StringIndex;
  readonly buildId: StringIndex;
  readonly flags: number;
}

/** A label: text or number with a unit ('' = none given). */
export type LabelRow =
  | { readonly key: StringIndex; readonly text: StringIndex }
  | { readonly key: StringIndex; readonly number: number | bigint; readonly unit: StringIndex };

const NO_STRING_ROW = 0 as StringIndex;

export class ProfileBuilder {
  readonly #strings = new StringTableBuilder();
  readonly #typeNames = new Int32Builder();
  readonly #typeUnits = new Int32Builder();
  readonly #mappings: MappingRow[] = [];

  readonly #functionRows = new Map<string, FunctionIndex>();
  readonly #functionName = new Int32Builder();
  readonly #functionSystemName = new Int32Builder();
  readonly #functionFile = new Int32Builder();
  readonly #functionStartLine = new Int64Builder();

  readonly #locationRows = new Map<string, LocationIndex>();
  readonly #locationMapping = new Int32Builder();
  readonly #locationAddress = new Uint64Builder();
  readonly #locationIsFolded = new Int32Builder();
  readonly #lineStart = new Int32Builder();
  readonly #lineFunction = new Int32Builder();
  readonly #line = new Int64Builder();
  readonly #lineColumn = new Int64Builder();

  readonly #stacks = new StackRows();
  readonly #sampleStack = new Int32Builder();
  readonly #values: Int64Builder[] = [];
  readonly #labelStart = new Int32Builder();
  readonly #labelKey = new Int32Builder();
  readonly #labelText = new Int32Builder();
  readonly #labelNumber = new Int64Builder();
  readonly #labelUnit = new Int32Builder();

  #header: ProfileHeader = {
    periodType: NO_STRING_ROW,
    periodUnit: NO_STRING_ROW,
    period: 0n,
    timeNanos: 0n,
    durationNanos: 0n,
    defaultSampleType: NO_STRING_ROW,
    dropFrames: NO_STRING_ROW,
    keepFrames: NO_STRING_ROW,
    docUrl: NO_STRING_ROW,
    comment: new Int32Array(0) as IndexColumn<StringIndex>,
  };

  constructor() {
    this.#lineStart.push(0);
    this.#labelStart.push(0);
  }

  get sampleCount(): number {
    return this.#sampleStack.length;
  }

  string(text: string): StringIndex {
    return this.#strings.intern(text);
  }

  /** The same bytes as in another table. */
  stringOf(table: StringTable, row: number): StringIndex {
    return this.#strings.internRow(table, row);
  }

  /** Before the first sample only: every sample has one value per type. */
  addSampleType(type: StringIndex, unit: StringIndex): void {
    this.#typeNames.push(type);
    this.#typeUnits.push(unit);
    this.#values.push(new Int64Builder());
  }

  setHeader(header: Partial<ProfileHeader>): void {
    this.#header = { ...this.#header, ...header };
  }

  addMapping(mapping: MappingRow): MappingIndex {
    this.#mappings.push(mapping);
    return (this.#mappings.length - 1) as MappingIndex;
  }

  internFunction(row: FunctionRow): FunctionIndex {
    const key = `${row.name} ${row.systemName} ${row.file} ${row.startLine}`;
    const known = this.#functionRows.get(key);
    if (known !== undefined) return known;
    const added = this.#functionName.length as FunctionIndex;
    this.#functionRows.set(key, added);
    this.#functionName.push(row.name);
    this.#functionSystemName.push(row.systemName);
    this.#functionFile.push(row.file);
    this.#functionStartLine.push(row.startLine);
    return added;
  }

  /**
   * @param identity what makes two locations one, when the address alone does not: merging passes the address
   *   relative to its mapping.
   */
  internLocation(row: LocationRow, identity: number | bigint = row.address): LocationIndex {
    let key = `${row.mapping} ${identity} ${row.isFolded ? 1 : 0}`;
    for (const line of row.lines) key += ` ${line.function}:${line.line}:${line.column}`;
    const known = this.#locationRows.get(key);
    if (known !== undefined) return known;
    const added = this.#locationMapping.length as LocationIndex;
    this.#locationRows.set(key, added);
    this.#locationMapping.push(row.mapping);
    this.#locationAddress.push(row.address);
    this.#locationIsFolded.push(row.isFolded ? 1 : 0);
    for (const line of row.lines) {
      this.#lineFunction.push(line.function);
      this.#line.push(line.line);
      this.#lineColumn.push(line.column);
    }
    this.#lineStart.push(this.#lineFunction.length);
    return added;
  }

  /** Leaf first. */
  internStack(locations: Iterable<LocationIndex>): StackIndex {
    for (const location of locations) this.#stacks.push(location);
    return this.#stacks.close();
  }

  addSample(
    stack: StackIndex,
    values: readonly (number | bigint)[],
    labels: readonly LabelRow[],
  ): SampleIndex {
    if (values.length !== this.#values.length)
      throw new RangeError(`${values.length} values for ${this.#values.length} sample types`);
    values.forEach((value, type) => this.#values[type].push(value));
    this.#sampleStack.push(stack);
    for (const label of labels) {
      this.#labelKey.push(label.key);
      this.#labelText.push('text' in label ? label.text : NO_ROW);
      this.#labelNumber.push('text' in label ? 0 : label.number);
      this.#labelUnit.push('text' in label ? NO_STRING_ROW : label.unit);
    }
    this.#labelStart.push(this.#labelKey.length);
    return (this.#sampleStack.length - 1) as SampleIndex;
  }

  /** Adds to the values of a sample that is there already. int64 arithmetic. */
  addToSample(sample: SampleIndex, values: readonly (number | bigint)[]): void {
    values.forEach((value, type) => this.#values[type].add(sample, value));
  }

  finish(): Profile {
    const mappings = this.#mappings;
    return {
      header: this.#header,
      strings: this.#strings.finish(),
      sampleTypes: {
        length: this.#typeNames.length,
        type: this.#typeNames.finishIndex(),
        unit: this.#typeUnits.finishIndex(),
      },
      samples: {
        length: this.#sampleStack.length,
        stack: this.#sampleStack.finishIndex(),
        values: this.#values.map((column) => column.finish()),
        labelStart: this.#labelStart.finish(),
      },
      labels: {
        length: this.#labelKey.length,
        key: this.#labelKey.finishIndex(),
        text: this.#labelText.finishIndex(),
        number: this.#labelNumber.finish(),
        unit: this.#labelUnit.finishIndex(),
      },
      stacks: this.#stacks.finish(),
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
      functions: {
        length: this.#functionName.length,
        name: this.#functionName.finishIndex(),
        systemName: this.#functionSystemName.finishIndex(),
        file: this.#functionFile.finishIndex(),
        startLine: this.#functionStartLine.finish(),
      },
      mappings: {
        length: mappings.length,
        id: null,
        start: uint64Column(mappings.map((row) => row.start)),
        limit: uint64Column(mappings.map((row) => row.limit)),
        offset: uint64Column(mappings.map((row) => row.offset)),
        file: Int32Array.from(mappings, (row) => row.file) as IndexColumn<StringIndex>,
        buildId: Int32Array.from(mappings, (row) => row.buildId) as IndexColumn<StringIndex>,
        flags: Uint8Array.from(mappings, (row) => row.flags),
      },
    };
  }
}

function uint64Column(values: readonly (number | bigint)[]): Float64Array | BigUint64Array {
  const builder = new Uint64Builder(values.length);
  for (const value of values) builder.push(value);
  return builder.finish();
}
