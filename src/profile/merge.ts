// Adding and subtracting profiles. Two samples are one when stack and labels are equal; stacks are equal when their
// code is, even if it was loaded elsewhere in memory. Source: google/pprof profile/merge.go.
import { PlimsollError } from '../base/errors.ts';
import type { StringIndex } from '../base/string-table.ts';
import { exactAt } from '../pprof/columns.ts';
import { ProfileBuilder, type LabelRow, type LineRow } from '../pprof/profile-builder.ts';
import {
  NO_ROW,
  type FunctionIndex,
  type IndexColumn,
  type LocationIndex,
  type MappingIndex,
  type Profile,
  type SampleIndex,
  type StackIndex,
} from '../pprof/tables.ts';

/** Mapping sizes are compared in pages: loaders round. */
const PAGE_BYTES = 0x1000n;
/** Row of '' in every table of a builder. */
const NO_TEXT = 0 as StringIndex;

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

interface Signed {
  readonly profile: Profile;
  readonly sign: 1 | -1;
}

function mergeSigned(inputs: readonly Signed[]): Profile {
  if (inputs.length === 0) throw new RangeError('nothing to merge');
  const builder = new ProfileBuilder();
  const types = commonSampleTypes(inputs.map((input) => input.profile));
  for (const { type, unit } of types) builder.addSampleType(builder.string(type), builder.string(unit));
  const merger = new Merger(builder);
  for (const { profile, sign } of inputs) {
    const columns = types.map(({ type }) =>
      profile.sampleTypes.type.findIndex((row) => profile.strings.get(row) === type),
    );
    merger.add(profile, columns, sign);
  }
  mergeHeaders(builder, inputs);
  const merged = builder.finish();
  return hasZeroSample(merged) ? compactProfile(merged) : merged;
}

/** Types by name that occur exactly once in every profile, in the order of the first. */
function commonSampleTypes(profiles: readonly Profile[]): { type: string; unit: string }[] {
  const unitsOf = (profile: Profile): Map<string, string | null> => {
    const units = new Map<string, string | null>();
    for (let column = 0; column < profile.sampleTypes.length; column++) {
      const type = profile.strings.get(profile.sampleTypes.type[column]);
      // A name that occurs twice does not say which column is meant.
      units.set(type, units.has(type) ? null : profile.strings.get(profile.sampleTypes.unit[column]));
    }
    return units;
  };
  const all = profiles.map(unitsOf);
  const common: { type: string; unit: string }[] = [];
  for (const [type, unit] of all[0]) {
    if (unit === null || !all.every((units) => (units.get(type) ?? null) !== null)) continue;
    const other = all.map((units) => units.get(type)).find((found) => found !== unit);
    if (other !== undefined)
      throw invalid(`${type} is in ${unit} here and in ${other} there`, 'profile.sample_type');
    common.push({ type, unit });
  }
  if (common.length === 0) throw invalid('the profiles have no sample type in common', 'profile.sample_type');
  return common;
}

function invalid(fact: string, field: string): PlimsollError {
  return new PlimsollError('PROFILE_INVALID', 'profile', fact, { field });
}

/** Interns what the samples use, in the order of first use, one profile after the other, into the builder. */
class Merger {
  readonly #builder: ProfileBuilder;
  readonly #mappingByKey = new Map<string, MergedMapping>();
  readonly #locationByKey = new Map<string, LocationIndex>();
  readonly #sampleByKey = new Map<number | string, SampleIndex>();

  constructor(builder: ProfileBuilder) {
    this.#builder = builder;
  }

  add(profile: Profile, columns: readonly number[], sign: 1 | -1): void {
    const { samples } = profile;
    const rows = new RowsOfOne(this, profile);
    const stacks = new Int32Array(profile.stacks.length).fill(NO_ROW);
    // The first mapping is the main binary, whether a sample touches it or not.
    if (this.#mappingByKey.size === 0 && profile.mappings.length > 0) rows.mapping(0);
    for (let sample = 0; sample < samples.length; sample++) {
      const values = columns.map((column) => {
        const value = samples.values[column][sample];
        return sign === 1 ? value : negate(value);
      });
      if (values.every((value) => value === 0 || value === 0n)) continue;
      const from = samples.stack[sample];
      if (stacks[from] === NO_ROW) stacks[from] = this.#internStack(profile, from, rows);
      const labels = this.#labelsOf(profile, sample);
      const key = keyOf(stacks[from], labels);
      const known = this.#sampleByKey.get(key);
      if (known !== undefined) this.#builder.addToSample(known, values);
      else this.#sampleByKey.set(key, this.#builder.addSample(stacks[from] as StackIndex, values, labels));
    }
  }

  internFunction({ functions, strings }: Profile, row: number): FunctionIndex {
    const builder = this.#builder;
    return builder.internFunction({
      name: builder.stringOf(strings, functions.name[row]),
      systemName: builder.stringOf(strings, functions.systemName[row]),
      file: builder.stringOf(strings, functions.file[row]),
      startLine: functions.startLine[row],
    });
  }

  internLocation({ locations, lines }: Profile, row: number, rows: RowsOfOne): LocationIndex {
    const mapping = locations.mapping[row] === NO_ROW ? null : rows.mapping(locations.mapping[row]);
    const address = BigInt.asUintN(64, exactAt(locations.address, row) + (mapping?.shift ?? 0n));
    const isFolded = locations.isFolded[row] === 1;
    const lineRows: LineRow[] = [];
    let key = `${mapping?.row ?? NO_ROW} ${address} ${isFolded ? 1 : 0}`;
    for (let line = locations.lineStart[row]; line < locations.lineStart[row + 1]; line++) {
      const lineRow = {
        function: rows.function(lines.function[line]),
        line: lines.line[line],
        column: lines.column[line],
      };
      lineRows.push(lineRow);
      key += ` ${lineRow.function}:${lineRow.line}`;
    }
    // pprof compares the column of the last line only (its key has room for no more); the first location wins.
    key += ` ${lineRows.at(-1)?.column ?? 0}`;
    const known = this.#locationByKey.get(key);
    if (known !== undefined) return known;
    const added = this.#builder.internLocation(
      { mapping: mapping?.row ?? NO_ROW, address, lines: lineRows, isFolded },
      this.#locationByKey.size,
    );
    this.#locationByKey.set(key, added);
    return added;
  }

  /** The builder's mapping and what to add to addresses: the same object may be loaded elsewhere. */
  internMapping({ mappings, strings }: Profile, row: number): { row: MappingIndex; shift: bigint } {
    const start = exactAt(mappings.start, row);
    const size = BigInt.asUintN(64, exactAt(mappings.limit, row) - start);
    const pages = (size + PAGE_BYTES - 1n) / PAGE_BYTES;
    const builder = this.#builder;
    const file = builder.stringOf(strings, mappings.file[row]);
    const buildId = builder.stringOf(strings, mappings.buildId[row]);
    const name = buildId !== 0 ? buildId : file;
    const key = `${pages} ${mappings.offset[row]} ${name}`;
    const known = this.#mappingByKey.get(key);
    if (known !== undefined) return { row: known.row, shift: known.start - start };
    const added = builder.addMapping({
      start: mappings.start[row],
      limit: mappings.limit[row],
      offset: mappings.offset[row],
      file,
      buildId,
      flags: mappings.flags[row],
    });
    this.#mappingByKey.set(key, { row: added, start });
    return { row: added, shift: 0n };
  }

  #internStack({ stacks }: Profile, row: number, rows: RowsOfOne): StackIndex {
    const locations: LocationIndex[] = [];
    for (let at = stacks.locationStart[row]; at < stacks.locationStart[row + 1]; at++)
      locations.push(rows.location(stacks.location[at]));
    return this.#builder.internStack(locations);
  }

  #labelsOf({ samples, labels, strings }: Profile, sample: number): LabelRow[] {
    const rows: LabelRow[] = [];
    const builder = this.#builder;
    for (let row = samples.labelStart[sample]; row < samples.labelStart[sample + 1]; row++) {
      const key = builder.stringOf(strings, labels.key[row]);
      if (labels.text[row] !== NO_ROW) rows.push({ key, text: builder.stringOf(strings, labels.text[row]) });
      else rows.push({ key, number: labels.number[row], unit: builder.stringOf(strings, labels.unit[row]) });
    }
    return rows;
  }
}

interface MergedMapping {
  readonly row: MappingIndex;
  readonly start: bigint;
}

/** Rows of one input to rows of the builder, looked up once each. */
class RowsOfOne {
  readonly #merger: Merger;
  readonly #profile: Profile;
  readonly #functions: Int32Array;
  readonly #locations: Int32Array;
  readonly #mappings: ({ row: MappingIndex; shift: bigint } | undefined)[] = [];

  constructor(merger: Merger, profile: Profile) {
    this.#merger = merger;
    this.#profile = profile;
    this.#functions = new Int32Array(profile.functions.length).fill(NO_ROW);
    this.#locations = new Int32Array(profile.locations.length).fill(NO_ROW);
  }

  function(row: number): FunctionIndex {
    if (this.#functions[row] === NO_ROW)
      this.#functions[row] = this.#merger.internFunction(this.#profile, row);
    return this.#functions[row] as FunctionIndex;
  }

  location(row: number): LocationIndex {
    if (this.#locations[row] === NO_ROW)
      this.#locations[row] = this.#merger.internLocation(this.#profile, row, this);
    return this.#locations[row] as LocationIndex;
  }

  mapping(row: number): { row: MappingIndex; shift: bigint } {
    return (this.#mappings[row] ??= this.#merger.internMapping(this.#profile, row));
  }
}

/** The order of labels with different keys says nothing; that of equal keys does. */
function keyOf(stack: number, labels: readonly LabelRow[]): number | string {
  if (labels.length === 0) return stack;
  // Text first, then by key; the sort is stable.
  const sorted = labels.length === 1 ? labels : [...labels].sort((a, b) => rankOf(a) - rankOf(b));
  const parts = sorted.map((label) =>
    'text' in label ? `${label.key}=${label.text}` : `${label.key}#${label.number} ${label.unit}`,
  );
  return `${stack}|${parts.join('|')}`;
}

function rankOf(label: LabelRow): number {
  return 'text' in label ? label.key - 2 ** 40 : label.key;
}

function negate(value: number | bigint): number | bigint {
  // 0 - x rather than -x: no negative zero.
  return typeof value === 'bigint' ? -value : 0 - value;
}

function mergeHeaders(builder: ProfileBuilder, inputs: readonly Signed[]): void {
  const first = inputs[0].profile;
  let [timeNanos, durationNanos, period] = [0n, 0n, 0n];
  let [defaultSampleType, docUrl] = [NO_TEXT, NO_TEXT];
  const comments = new Set<StringIndex>();
  for (const { profile } of inputs) {
    const { header, strings } = profile;
    if (timeNanos === 0n || header.timeNanos < timeNanos) timeNanos = header.timeNanos;
    durationNanos = BigInt.asIntN(64, durationNanos + header.durationNanos);
    if (period === 0n || period < header.period) period = header.period;
    for (const row of header.comment) comments.add(builder.stringOf(strings, row));
    if (defaultSampleType === NO_TEXT)
      defaultSampleType = builder.stringOf(strings, header.defaultSampleType);
    if (docUrl === NO_TEXT) docUrl = builder.stringOf(strings, header.docUrl);
  }
  builder.setHeader({
    periodType: builder.stringOf(first.strings, first.header.periodType),
    periodUnit: builder.stringOf(first.strings, first.header.periodUnit),
    period,
    timeNanos,
    durationNanos,
    defaultSampleType,
    dropFrames: builder.stringOf(first.strings, first.header.dropFrames),
    keepFrames: builder.stringOf(first.strings, first.header.keepFrames),
    docUrl,
    comment: Int32Array.from(comments) as IndexColumn<StringIndex>,
  });
}

/** The profile without zero samples and without what nothing points to any more, in the order of first use. */
export function compactProfile(profile: Profile): Profile {
  return mergeSigned([{ profile, sign: 1 }]);
}

function hasZeroSample({ samples }: Profile): boolean {
  for (let sample = 0; sample < samples.length; sample++)
    if (samples.values.every((column) => column[sample] === 0 || column[sample] === 0n)) return true;
  return false;
}
