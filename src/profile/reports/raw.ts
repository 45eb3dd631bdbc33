// `raw`: everything in a profile, for people who look at the data itself. Source: google/pprof profile.String.
import type { StringTable } from '../../base/string-table.ts';
import {
  MAPPING_HAS_FILENAMES,
  MAPPING_HAS_FUNCTIONS,
  MAPPING_HAS_INLINE_FRAMES,
  MAPPING_HAS_LINE_NUMBERS,
  NO_ROW,
  type Profile,
  type Uint64Column,
} from '../../pprof/tables.ts';
import { compareText } from '../compare-text.ts';
import { formatDuration, formatTimeExact } from './go-time.ts';
import { labelsByKey, type SampleLabels } from './sample-labels.ts';
import type { ReportOptions } from './options.ts';

export function* renderRaw(profile: Profile, options: ReportOptions): Generator<string> {
  yield* headerLines(profile, options);
  yield 'Samples:\n';
  yield `${sampleTypesLine(profile)}\n`;
  yield* sampleLines(profile);
  yield 'Locations\n';
  yield* locationLines(profile);
  yield 'Mappings\n';
  yield* mappingLines(profile);
}

function* headerLines({ header, strings }: Profile, { host }: ReportOptions): Generator<string> {
  for (const row of header.comment) yield `Comment: ${strings.get(row)}\n`;
  const url = strings.get(header.docUrl);
  if (url !== '') yield `Doc: ${url}\n`;
  yield `PeriodType: ${strings.get(header.periodType)} ${strings.get(header.periodUnit)}\n`;
  yield `Period: ${header.period}\n`;
  if (header.timeNanos !== 0n) yield `Time: ${formatTimeExact(header.timeNanos, host.zoneAt)}\n`;
  // Cut to four characters, as %.4v does.
  if (header.durationNanos !== 0n) yield `Duration: ${formatDuration(header.durationNanos).slice(0, 4)}\n`;
}

function sampleTypesLine({ header, sampleTypes, strings }: Profile): string {
  const byDefault = strings.get(header.defaultSampleType);
  return Array.from(sampleTypes.type, (row, column) => {
    const type = strings.get(row);
    return `${type}/${strings.get(sampleTypes.unit[column])}${type === byDefault ? '[dflt]' : ''}`;
  })
    .join(' ')
    .trim();
}

function* sampleLines(profile: Profile): Generator<string> {
  const { samples, stacks, locations } = profile;
  for (let sample = 0; sample < samples.length; sample++) {
    let line = '';
    for (const column of samples.values) line += ` ${String(column[sample]).padStart(10)}`;
    line += ': ';
    const stack = samples.stack[sample];
    for (let at = stacks.locationStart[stack]; at < stacks.locationStart[stack + 1]; at++)
      line += `${idAt(locations.id, stacks.location[at])} `;
    yield `${line}\n`;
    if (samples.labelStart[sample + 1] === samples.labelStart[sample]) continue;
    const labels = labelsByKey(profile, sample);
    if (labels.texts.size > 0) yield `                ${describeTexts(labels)}\n`;
    if (labels.numbers.size > 0) yield `                ${describeNumbers(labels)}\n`;
  }
}

function describeTexts({ texts }: SampleLabels): string {
  const parts = [...texts].map(([key, values]) => `${key}:[${values.join(' ')}]`);
  return parts.sort(compareText).join(' ');
}

function describeNumbers({ numbers }: SampleLabels): string {
  const parts = [...numbers].map(([key, values]) => {
    const hasUnits = values.some(({ unit }) => unit !== null);
    const shown = values.map(({ value, unit }) => (hasUnits ? `${value} ${unit ?? ''}` : `${value}`));
    return `${key}:[${shown.join(' ')}]`;
  });
  return parts.sort(compareText).join(' ');
}

function* locationLines(profile: Profile): Generator<string> {
  const { locations, mappings } = profile;
  for (let row = 0; row < locations.length; row++) {
    const mapping = locations.mapping[row];
    const place =
      `${String(idAt(locations.id, row)).padStart(6)}: ${hex(locations.address[row])} ` +
      (mapping === NO_ROW ? '' : `M=${idAt(mappings.id, mapping)} `) +
      (locations.isFolded[row] === 1 ? '[F] ' : '');
    const start = locations.lineStart[row];
    const end = locations.lineStart[row + 1];
    if (start === end) yield `${place}\n`;
    for (let line = start; line < end; line++)
      yield `${line === start ? place : '             '}${describeLine(profile, line)}\n`;
  }
}

function describeLine({ lines, functions, strings }: Profile, line: number): string {
  const row = lines.function[line];
  const name = strings.get(functions.name[row]);
  const systemName = strings.get(functions.systemName[row]);
  const place = `${strings.get(functions.file[row])}:${lines.line[line]}:${lines.column[line]}`;
  const system = name === systemName ? '' : `(${systemName})`;
  return `${name} ${place} s=${functions.startLine[row]}${system}`;
}

const FLAGS: readonly (readonly [number, string])[] = [
  [MAPPING_HAS_FUNCTIONS, '[FN]'],
  [MAPPING_HAS_FILENAMES, '[FL]'],
  [MAPPING_HAS_LINE_NUMBERS, '[LN]'],
  [MAPPING_HAS_INLINE_FRAMES, '[IN]'],
];

function* mappingLines({
  mappings,
  strings,
}: {
  mappings: Profile['mappings'];
  strings: StringTable;
}): Generator<string> {
  for (let row = 0; row < mappings.length; row++) {
    const range = [mappings.start[row], mappings.limit[row], mappings.offset[row]].map(hex).join('/');
    const flags = FLAGS.filter(([bit]) => (mappings.flags[row] & bit) !== 0).map(([, shown]) => shown);
    const names = `${strings.get(mappings.file[row])} ${strings.get(mappings.buildId[row])}`;
    yield `${idAt(mappings.id, row)}: ${range} ${names} ${flags.join('')}\n`;
  }
}

function idAt(ids: Uint64Column | null, row: number): number | bigint {
  return ids === null ? row + 1 : ids[row];
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
