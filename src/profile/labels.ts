// Labels of samples: units of numeric ones, filters on values and names, and the mark of base samples.
import type { StringIndex } from '../base/string-table.ts';
import {
  NO_ROW,
  type IndexColumn,
  type Int64Column,
  type LabelTable,
  type Profile,
} from '../pprof/tables.ts';
import { StringAppender } from './append-strings.ts';
import { filterSamples } from './filter.ts';
import type { TextMatcher } from './reports/options.ts';

/** Samples of the base have this text label with the value `true`, so that they never merge with the others. */
export const BASE_LABEL = 'pprof::base';

export interface NumericLabelUnits {
  /** Unit per key: the first that any sample gives, else one that follows from the key. */
  readonly units: ReadonlyMap<string, string>;
  /** Keys with several units: the others, in the order of their names. */
  readonly ignored: ReadonlyMap<string, readonly string[]>;
}

/** Source: google/pprof profile.NumLabelUnits. */
export function numericLabelUnits({ labels, strings }: Profile): NumericLabelUnits {
  const units = new Map<string, string>();
  const ignored = new Map<string, Set<string>>();
  const seen = new Set<number>();
  let last = -1;
  for (let row = 0; row < labels.length; row++) {
    if (labels.text[row] !== NO_ROW) continue;
    // Most labels repeat one pair of key and unit; a pair is looked at once.
    const pair = labels.key[row] * strings.length + labels.unit[row];
    if (pair === last) continue;
    last = pair;
    if (seen.has(pair)) continue;
    seen.add(pair);
    const key = strings.get(labels.key[row]);
    const unit = strings.get(labels.unit[row]);
    const known = units.get(key) ?? '';
    if (known === '') units.set(key, unit);
    else if (unit !== '' && unit !== known) ignored.set(key, (ignored.get(key) ?? new Set()).add(unit));
  }
  for (const [key, unit] of units)
    if (unit === '') units.set(key, key === 'alignment' || key === 'request' ? 'bytes' : key);
  return { units, ignored: new Map([...ignored].map(([key, others]) => [key, [...others].sort()])) };
}

/** Says of a sample row whether it is meant. */
export type SampleTest = (sample: number) => boolean;

/** Keeps samples that `focus` holds of and `ignore` does not; null = not asked for. */
export function filterByLabel(
  profile: Profile,
  focus: SampleTest | null,
  ignore: SampleTest | null,
): { profile: Profile; isFocusMatched: boolean; isIgnoreMatched: boolean } {
  let [isFocusMatched, isIgnoreMatched] = [false, false];
  if (focus === null && ignore === null) return { profile, isFocusMatched, isIgnoreMatched };
  const filtered = filterSamples(profile, (sample) => {
    const isFocused = focus === null || focus(sample);
    const isIgnored = ignore !== null && ignore(sample);
    isFocusMatched ||= isFocused;
    isIgnoreMatched ||= isIgnored;
    return isFocused && !isIgnored;
  });
  return { profile: filtered, isFocusMatched, isIgnoreMatched };
}

/** Keeps labels whose key matches `show` and not `hide`; null = not asked for. */
export function filterLabelNames(
  profile: Profile,
  show: TextMatcher | null,
  hide: TextMatcher | null,
): { profile: Profile; isShowMatched: boolean; isHideMatched: boolean } {
  let [isShowMatched, isHideMatched] = [false, false];
  if (show === null && hide === null) return { profile, isShowMatched, isHideMatched };
  const { labels, strings } = profile;
  const isKept = Uint8Array.from(labels.key, (key) => {
    const isShown = show === null || show.test(strings.get(key));
    const isHidden = hide !== null && hide.test(strings.get(key));
    isShowMatched ||= isShown;
    isHideMatched ||= isHidden;
    return isShown && !isHidden ? 1 : 0;
  });
  return { profile: keepLabels(profile, isKept), isShowMatched, isHideMatched };
}

/** Whether the sample is one of the base (-diff_base); null when no sample of the profile is. */
export function baseSampleTest({ samples, labels, strings }: Profile): SampleTest | null {
  const isBase = new Uint8Array(labels.length);
  let isAny = false;
  for (let row = 0; row < labels.length; row++) {
    const text = labels.text[row];
    if (text === NO_ROW || strings.get(labels.key[row]) !== BASE_LABEL || strings.get(text) !== 'true')
      continue;
    isBase[row] = 1;
    isAny = true;
  }
  if (!isAny) return null;
  return (sample) => {
    for (let row = samples.labelStart[sample]; row < samples.labelStart[sample + 1]; row++)
      if (isBase[row] === 1) return true;
    return false;
  };
}

/** Marks all samples as those of the base. */
export function markAsBase(profile: Profile): Profile {
  const appender = new StringAppender(profile.strings);
  const [key, text] = [appender.row(BASE_LABEL), appender.row('true')];
  const strings = appender.finish();
  const { samples, labels } = removeBaseMark(profile);
  const length = labels.length + samples.length;
  const from = new Int32Array(length);
  const labelStart = new Int32Array(samples.length + 1);
  let at = 0;
  for (let sample = 0; sample < samples.length; sample++) {
    for (let row = samples.labelStart[sample]; row < samples.labelStart[sample + 1]; row++) from[at++] = row;
    from[at++] = NO_ROW;
    labelStart[sample + 1] = at;
  }
  const pick = (column: Int32Array, mark: number): IndexColumn<StringIndex> =>
    Int32Array.from(from, (row) => (row === NO_ROW ? mark : column[row])) as IndexColumn<StringIndex>;
  return {
    ...profile,
    strings,
    samples: { ...samples, labelStart },
    labels: {
      length,
      key: pick(labels.key, key),
      text: pick(labels.text, text),
      number: pickNumbers(labels.number, from),
      unit: pick(labels.unit, 0),
    },
  };
}

function pickNumbers(column: Int64Column, from: Int32Array): Int64Column {
  if (column instanceof Float64Array)
    return Float64Array.from(from, (row) => (row === NO_ROW ? 0 : column[row]));
  return BigInt64Array.from(from as Iterable<number>, (row) => (row === NO_ROW ? 0n : column[row]));
}

/** Without the text labels that mark base samples: graphs do not show them. */
export function removeBaseMark(profile: Profile): Profile {
  const { labels, strings } = profile;
  const isKept = Uint8Array.from(labels.key, (key, row) =>
    labels.text[row] !== NO_ROW && strings.get(key) === BASE_LABEL ? 0 : 1,
  );
  return keepLabels(profile, isKept);
}

/** Keeps the labels whose cell is 1. */
export function keepLabels(profile: Profile, isKept: Uint8Array): Profile {
  if (!isKept.includes(0)) return profile;
  const { samples, labels } = profile;
  const labelStart = new Int32Array(samples.length + 1);
  const rows: number[] = [];
  for (let sample = 0; sample < samples.length; sample++) {
    for (let row = samples.labelStart[sample]; row < samples.labelStart[sample + 1]; row++)
      if (isKept[row] === 1) rows.push(row);
    labelStart[sample + 1] = rows.length;
  }
  return { ...profile, samples: { ...samples, labelStart }, labels: pickLabels(labels, rows) };
}

function pickLabels(labels: LabelTable, rows: readonly number[]): LabelTable {
  const pick = <Column extends Int32Array | Int64Column>(column: Column): Column => {
    const picked = column.slice(0, rows.length);
    rows.forEach((row, at) => (picked[at] = column[row]));
    return picked as Column;
  };
  return {
    length: rows.length,
    key: pick(labels.key),
    text: pick(labels.text),
    number: pick(labels.number),
    unit: pick(labels.unit),
  };
}
