// Adding and subtracting profiles. Two samples are one when stack and labels are equal; stacks are equal when their
// code is, even if it was loaded elsewhere in memory. Source: google/pprof profile/merge.go.
import { PlimsollError } from '../base/errors.ts';
import type { StringIndex } from '../base/string-table.ts';
import { Int32Builder, Int64Builder } from '../pprof/columns.ts';
import {
  NO_ROW,
  type IndexColumn,
  type Int64Column,
  type Profile,
  type ProfileHeader,
  type ValueTypeTable,
} from '../pprof/tables.ts';
import { MergeLabels, MergeRows, MergeTables } from './merge-tables.ts';
import { chainHash, practiseSequences, SequenceInterner } from './sequence-interner.ts';

/**
 * Sums profiles. Sample types that not all of them have are left out; samples that become zero too.
 *
 * For counters (cpu, alloc_*). In-use heap and goroutine profiles are levels: their sum over *instances* means
 * something, their sum over time does not.
 *
 * @throws PlimsollError PROFILE_INVALID when they have no sample type in common or units differ.
 */
export function mergeProfiles(profiles: readonly Profile[]): Profile {
  return mergeSigned(profiles.map((profile) => ({ profile, sign: 1 as const })));
}

/** What `after` has more than `before`: `after - before`, sample by sample; negative values are shrinkage. */
export function subtractProfile(after: Profile, before: Profile): Profile {
  return mergeSigned([
    { profile: after, sign: 1 },
    { profile: before, sign: -1 },
  ]);
}

/** The profile without zero samples and without what nothing points to any more, in the order of first use. */
export function compactProfile(profile: Profile): Profile {
  return mergeSigned([{ profile, sign: 1 }]);
}

/**
 * A merge to which profiles come one by one, each of which can be forgotten after it was added: memory is bounded by the
 * result. Thousands of profiles of one program have nearly the same stacks.
 */
export function createMerger(): ProfileMerger {
  return new ProfileMerger();
}

interface Signed {
  readonly profile: Profile;
  readonly sign: 1 | -1;
}

/** From here on, practising saves more time than it takes. */
const MANY_SAMPLES = 16_384;

function mergeSigned(inputs: readonly Signed[]): Profile {
  if (inputs.length === 0) throw new RangeError('nothing to merge');
  const samples = inputs.reduce((sum, { profile }) => sum + profile.samples.length, 0);
  if (inputs.length > 1 && samples >= MANY_SAMPLES) practiseSequences();
  let types = readTypes(inputs[0].profile);
  for (const { profile } of inputs.slice(1)) types = commonTypes(types, readTypes(profile));
  const merger = new ProfileMerger(types);
  for (const { profile, sign } of inputs) merger.add(profile, sign);
  return merger.finish();
}

/** Sample types by name; a unit of null = the name occurs twice, so that nobody knows which column is meant. */
type SampleTypes = ReadonlyMap<string, string | null>;

function readTypes({ sampleTypes, strings }: Profile): SampleTypes {
  const units = new Map<string, string | null>();
  for (let column = 0; column < sampleTypes.length; column++) {
    const type = strings.get(sampleTypes.type[column]);
    units.set(type, units.has(type) ? null : strings.get(sampleTypes.unit[column]));
  }
  for (const [type, unit] of units) if (unit === null) units.delete(type);
  if (units.size === 0) throw noTypes();
  return units;
}

/** Those of `types` that `others` has too. */
function commonTypes(types: SampleTypes, others: SampleTypes): SampleTypes {
  const common = new Map<string, string | null>();
  for (const [type, unit] of types) {
    const other = others.get(type);
    if (other === undefined) continue;
    if (other !== unit) throw invalid(`${type} is in ${unit} here and in ${other} there`);
    common.set(type, unit);
  }
  if (common.size === 0) throw noTypes();
  return common;
}

function noTypes(): PlimsollError {
  return invalid('the profiles have no sample type in common');
}

function invalid(fact: string): PlimsollError {
  return new PlimsollError('PROFILES_DIFFER', 'profile', fact, { field: 'profile.sample_type' });
}

/** One value column of the result. */
interface MergedColumn {
  readonly type: string;
  readonly unit: string;
  readonly values: Int64Builder;
}

/** What makes a sample: its stack and its label set. */
const KEY_CELLS = 2;

/** A merge in progress. `finish` ends it. */
export class ProfileMerger {
  readonly #tables = new MergeTables();
  readonly #labels = new MergeLabels();
  /** Stack and label set of each sample: its identity. */
  readonly #sampleKeys = new SequenceInterner();
  readonly #sampleStack = new Int32Builder();
  readonly #labelStart = new Int32Builder();
  readonly #header = new MergedHeader();
  #columns: readonly MergedColumn[] | null;

  /** @param types where all profiles are known beforehand: those that all of them have. */
  constructor(types: SampleTypes | null = null) {
    this.#columns = types === null ? null : newColumns(types);
    this.#labelStart.push(0);
  }

  /** Samples so far. */
  get sampleCount(): number {
    return this.#sampleStack.length;
  }

  /**
   * Adds a profile, or takes it away. Sample types that it does not have are left out of the result from now on.
   * @throws PlimsollError PROFILE_INVALID when no sample type is left or units differ; the merge stays as it was.
   */
  add(profile: Profile, sign: 1 | -1 = 1): void {
    const columns = this.#agree(readTypes(profile));
    const { samples } = profile;
    const inputs = columns.map(({ type }) => samples.values[columnOf(profile, type)]);
    const rows = new MergeRows(this.#tables, profile);
    // The first mapping is the main binary, whether a sample touches it or not.
    if (this.#tables.mappingCount === 0 && profile.mappings.length > 0) rows.mapping(0);
    this.#header.add(profile, (row) => rows.string(row));
    this.#tables.stacks.expect(profile.stacks.length, profile.stacks.location.length + 1);
    this.#sampleKeys.expect(samples.length, samples.length * KEY_CELLS);
    const merged = this.#internSamples(samples.stack, findNonZero(inputs, samples.length), rows);
    columns.forEach(({ values }, column) => values.addAll(merged, inputs[column], sign));
  }

  /** The merged profile. */
  finish(): Profile {
    for (const { values } of this.#columns ?? []) values.growTo(this.sampleCount);
    if (this.#columns === null) throw new RangeError('nothing to merge');
    const { strings } = this.#tables;
    const rowsOf = (texts: readonly string[]): IndexColumn<StringIndex> =>
      Int32Array.from(texts, (text) => strings.intern(text)) as IndexColumn<StringIndex>;
    const sampleTypes: ValueTypeTable = {
      length: this.#columns.length,
      type: rowsOf(this.#columns.map(({ type }) => type)),
      unit: rowsOf(this.#columns.map(({ unit }) => unit)),
    };
    const merged: Profile = {
      header: this.#header.finish(),
      strings: strings.finish(),
      sampleTypes,
      samples: {
        length: this.#sampleStack.length,
        stack: this.#sampleStack.finishIndex(),
        values: this.#columns.map(({ values }) => values.finish()),
        labelStart: this.#labelStart.finish(),
      },
      labels: this.#labels.finish(),
      ...this.#tables.finish(),
    };
    return hasZeroSample(merged) ? compactProfile(merged) : merged;
  }

  /** The columns that are left when only these types are common. */
  #agree(types: SampleTypes): readonly MergedColumn[] {
    if (this.#columns === null) this.#columns = newColumns(types);
    else {
      const known = new Map(this.#columns.map(({ type, unit }) => [type, unit]));
      const common = commonTypes(known, types);
      if (common.size < this.#columns.length)
        this.#columns = this.#columns.filter(({ type }) => common.has(type));
    }
    return this.#columns;
  }

  /** Rows of the samples that have a value; NO_ROW for the others. */
  #internSamples(stack: Int32Array, hasValue: Uint8Array, rows: MergeRows): Int32Array {
    const merged = new Int32Array(stack.length).fill(NO_ROW);
    for (let sample = 0; sample < stack.length; sample++)
      if (hasValue[sample] === 1) merged[sample] = this.#internSample(stack[sample], sample, rows);
    return merged;
  }

  #internSample(stackOfSample: number, sample: number, rows: MergeRows): number {
    const stack = rows.stack(stackOfSample);
    const keys = this.#sampleKeys;
    const before = keys.count;
    const labels = this.#labels.setOf(rows, sample);
    const cells = keys.room(KEY_CELLS);
    const from = keys.length;
    cells[from] = stack;
    cells[from + 1] = labels;
    const row = keys.internWritten(from + KEY_CELLS, chainHash(chainHash(0, stack), labels));
    if (row !== before) return row;
    this.#sampleStack.push(stack);
    this.#labels.add(rows, sample);
    this.#labelStart.push(this.#labels.length);
    return row;
  }
}

function newColumns(types: SampleTypes): readonly MergedColumn[] {
  return Array.from(types, ([type, unit]) => ({ type, unit: unit ?? '', values: new Int64Builder() }));
}

function columnOf({ sampleTypes, strings }: Profile, type: string): number {
  return sampleTypes.type.findIndex((row) => strings.get(row) === type);
}

/** [samples] 1 = a value in any column. */
function findNonZero(columns: readonly Int64Column[], length: number): Uint8Array {
  const isNonZero = new Uint8Array(length);
  for (const column of columns)
    if (column instanceof Float64Array) markNonZero(isNonZero, column);
    else for (let sample = 0; sample < length; sample++) if (column[sample] !== 0n) isNonZero[sample] = 1;
  return isNonZero;
}

function markNonZero(isNonZero: Uint8Array, column: Float64Array): void {
  for (let sample = 0; sample < column.length; sample++) if (column[sample] !== 0) isNonZero[sample] = 1;
}

function hasZeroSample({ samples }: Profile): boolean {
  return findNonZero(samples.values, samples.length).includes(0);
}

const NO_TEXT = 0 as StringIndex;

/** The header: most of it from the first profile, times and comments from all. */
class MergedHeader {
  #first: ProfileHeader | null = null;
  #timeNanos = 0n;
  #durationNanos = 0n;
  #period = 0n;
  #defaultSampleType = NO_TEXT;
  #docUrl = NO_TEXT;
  readonly #comments = new Set<StringIndex>();

  /** @param string row of the merged profile for one of this. */
  add({ header }: Profile, string: (row: number) => StringIndex): void {
    this.#first ??= {
      ...header,
      periodType: string(header.periodType),
      periodUnit: string(header.periodUnit),
      dropFrames: string(header.dropFrames),
      keepFrames: string(header.keepFrames),
    };
    if (this.#timeNanos === 0n || header.timeNanos < this.#timeNanos) this.#timeNanos = header.timeNanos;
    this.#durationNanos = BigInt.asIntN(64, this.#durationNanos + header.durationNanos);
    if (this.#period === 0n || this.#period < header.period) this.#period = header.period;
    for (const row of header.comment) this.#comments.add(string(row));
    if (this.#defaultSampleType === NO_TEXT) this.#defaultSampleType = string(header.defaultSampleType);
    if (this.#docUrl === NO_TEXT) this.#docUrl = string(header.docUrl);
  }

  finish(): ProfileHeader {
    if (this.#first === null) throw new RangeError('nothing to merge');
    return {
      ...this.#first,
      timeNanos: this.#timeNanos,
      durationNanos: this.#durationNanos,
      period: this.#period,
      defaultSampleType: this.#defaultSampleType,
      docUrl: this.#docUrl,
      comment: Int32Array.from(this.#comments) as IndexColumn<StringIndex>,
    };
  }
}
