// Several profiles as one, as `go tool pprof` makes it: only what all have in common, in the finest of their units.
// Source: google/pprof profile.CompatibilizeSampleTypes, measurement.ScaleProfiles, profile.Merge.
import { PlimsollError } from '../base/errors.ts';
import type { StringIndex } from '../base/string-table.ts';
import type { IndexColumn, Profile } from '../pprof/tables.ts';
import { StringAppender } from './append-strings.ts';
import { areSameKindOfUnit, scale } from './measurement.ts';
import { markAsBase } from './labels.ts';
import { mergeProfiles } from './merge.ts';
import { negateSamples, normalizeTo, scaleSamples, toInt64 } from './scale.ts';

/**
 * One profile of several: sample types by name that all of them have, in the order of the first; values in the finest
 * unit; then added up. A single profile passes through the same, because a type name that occurs twice is dropped.
 *
 * @throws PlimsollError PROFILE_INVALID when they have no type in common, or units or periods of different kinds.
 */
export function combineProfiles(profiles: readonly Profile[]): Profile {
  const inUnits = unifyUnits(keepCommonTypes(profiles));
  return inUnits.length === 1 ? inUnits[0] : mergeProfiles(inUnits);
}

export interface BaseOptions {
  /** Marks base samples, so that they stay apart from the others and totals refer to them (-diff_base). */
  readonly isDiff: boolean;
  /** Scales the profile to the sums of the base first. */
  readonly isNormalized: boolean;
}

/** `profile - base`; both are results of combineProfiles. */
export function subtractBase(profile: Profile, base: Profile, options: BaseOptions): Profile {
  const marked = options.isDiff ? markAsBase(base) : base;
  const source = options.isNormalized ? normalizeTo(profile, marked) : profile;
  return combineProfiles([source, negateSamples(marked)]);
}

function keepCommonTypes(profiles: readonly Profile[]): Profile[] {
  const count = new Map<string, number>();
  for (const { sampleTypes, strings } of profiles)
    for (const row of sampleTypes.type) count.set(strings.get(row), (count.get(strings.get(row)) ?? 0) + 1);
  const [first] = profiles;
  const common = typeNames(first).filter((name) => count.get(name) === profiles.length);
  if (common.length === 0)
    throw invalid(
      profiles.length === 1
        ? 'there is no sample type in it (a name that occurs twice does not count)'
        : `the profiles have no sample type in common: ${profiles.map((one) => typeNames(one).join(' ')).join(' / ')}`,
    );
  return profiles.map((profile) => selectTypes(profile, common));
}

function typeNames({ sampleTypes, strings }: Profile): string[] {
  return Array.from(sampleTypes.type, (row) => strings.get(row));
}

function selectTypes(profile: Profile, common: readonly string[]): Profile {
  const { header, samples, sampleTypes, strings } = profile;
  const names = typeNames(profile);
  const columns = common.map((name) => names.indexOf(name));
  const missing = columns.indexOf(-1);
  if (missing !== -1) throw invalid(`a profile has no sample type ${common[missing]}`);
  if (columns.length === names.length && columns.every((column, i) => column === i)) return profile;
  const isDefaultKept = common.includes(strings.get(header.defaultSampleType));
  const pick = (rows: IndexColumn<StringIndex>): IndexColumn<StringIndex> =>
    Int32Array.from(columns, (column) => rows[column]) as IndexColumn<StringIndex>;
  return {
    ...profile,
    header: {
      ...header,
      defaultSampleType: isDefaultKept ? header.defaultSampleType : sampleTypes.type[columns[0]],
    },
    sampleTypes: { length: columns.length, type: pick(sampleTypes.type), unit: pick(sampleTypes.unit) },
    samples: { ...samples, values: columns.map((column) => samples.values[column]) },
  };
}

interface ValueType {
  readonly type: string;
  readonly unit: string;
}

function unifyUnits(profiles: readonly Profile[]): readonly Profile[] {
  if (profiles.length === 1) return profiles;
  const period = finestType(
    profiles.map(({ header, strings }) => ({
      type: strings.get(header.periodType),
      unit: strings.get(header.periodUnit),
    })),
    'profile.period_type',
  );
  const types = Array.from({ length: profiles[0].sampleTypes.length }, (_, column) =>
    finestType(
      profiles.map(({ sampleTypes, strings }) => ({
        type: strings.get(sampleTypes.type[column]),
        unit: strings.get(sampleTypes.unit[column]),
      })),
      'profile.sample_type',
    ),
  );
  const inUnits = profiles.map((profile) => convertTo(profile, period, types));
  inUnits.forEach((profile) => checkSamePeriod(inUnits[0], profile));
  return inUnits;
}

/** The type with the finest unit. */
function finestType(types: readonly ValueType[], field: string): ValueType {
  let finest = types[0];
  for (const type of types.slice(1)) {
    if (!areCompatible(finest, type))
      throw invalid(`${finest.type}/${finest.unit} and ${type.type}/${type.unit} do not go together`, field);
    if (scale(1, type.unit, finest.unit).value < 1) finest = type;
  }
  return finest;
}

function areCompatible(a: ValueType, b: ValueType): boolean {
  // A plural counts as its singular.
  if (a.type.replace(/s$/, '') !== b.type.replace(/s$/, '')) return false;
  return a.unit === b.unit || areSameKindOfUnit(a.unit, b.unit);
}

function convertTo(profile: Profile, period: ValueType, types: readonly ValueType[]): Profile {
  const { header, sampleTypes, strings } = profile;
  const unitOf = (column: number): string => strings.get(sampleTypes.unit[column]);
  const ratios = types.map((type, column) => scale(1, unitOf(column), type.unit).value);
  const oldPeriodUnit = strings.get(header.periodUnit);
  if (oldPeriodUnit === period.unit && types.every((type, column) => type.unit === unitOf(column)))
    return scaleSamples(profile, ratios);
  const appender = new StringAppender(strings);
  const converted = {
    ...profile,
    header: {
      ...header,
      period: BigInt(toInt64(scale(header.period, oldPeriodUnit, period.unit).value)),
      periodUnit: appender.row(period.unit),
    },
    sampleTypes: {
      ...sampleTypes,
      unit: Int32Array.from(types, (type) => appender.row(type.unit)) as IndexColumn<StringIndex>,
    },
  };
  return scaleSamples({ ...converted, strings: appender.finish() }, ratios);
}

/** Type names may differ in a plural s until here; to be added up they must be equal. */
function checkSamePeriod(a: Profile, b: Profile): void {
  const [ours, theirs] = [a, b].map(({ header, strings }) => strings.get(header.periodType));
  if (ours !== theirs)
    throw invalid(`period types ${ours} and ${theirs} do not go together`, 'profile.period_type');
}

function invalid(fact: string, field = 'profile.sample_type'): PlimsollError {
  return new PlimsollError('PROFILES_DIFFER', 'profile', fact, { field });
}
