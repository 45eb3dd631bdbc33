// From a profile and what a person asked for to what a report gets: tag frames, options with the total, filters,
// granularity, in this order. Source: google/pprof internal/driver generateRawReport.
import { PlimsollError } from '../../base/errors.ts';
import type { Int64Column, Profile } from '../../pprof/tables.ts';
import { aggregateFrames } from '../aggregate.ts';
import { filterByName, pruneFrom, showFrom } from '../frame-filters.ts';
import { parseLabelExpression, testSamples } from '../label-expression.ts';
import {
  baseSampleTest,
  filterByLabel,
  filterLabelNames,
  numericLabelUnits,
  type SampleTest,
} from '../labels.ts';
import { checkReportSize } from '../report-size.ts';
import { addTagFrames } from '../tag-frames.ts';
import { baseName } from './header.ts';
import type { Granularity, ReportHost, ReportOptions, TextMatcher } from './options.ts';
import type { ReportSettings } from './settings.ts';

/** What is fixed for a report, whatever was asked for. */
export interface ReportShape {
  readonly granularity?: Granularity;
  readonly isUntrimmed?: boolean;
  /** Where -nodecount is not given; 0 = all. */
  readonly defaultNodeCount: number;
}

export interface ReportTask {
  readonly report: string;
  readonly shape: ReportShape;
  readonly settings: ReportSettings;
  /** First operand of peek and list. */
  readonly symbol: string | null;
  /** The profile is one less another. */
  readonly isDifference: boolean;
  readonly host: ReportHost;
  /** compileMatcher of ../text-matcher.ts; may be missing where `usesExpressions` says that none is needed. */
  readonly compile: (source: string, what: string) => TextMatcher;
}

export interface PreparedReport {
  readonly profile: Profile;
  readonly options: ReportOptions;
}

/** Whether `compile` will be called. */
export function usesExpressions(settings: ReportSettings, symbol: string | null): boolean {
  const { focus, ignore, hide, show, showFrom, pruneFrom, tagShow, tagHide, tagFocus, tagIgnore } = settings;
  const all = [focus, ignore, hide, show, showFrom, pruneFrom, tagShow, tagHide, tagFocus, tagIgnore];
  return symbol !== null || all.some((expression) => expression !== '');
}

/** @throws PlimsollError ARGUMENTS_INVALID for settings that do not go with the profile, REPORT_TOO_LARGE. */
export function prepareReport(profile: Profile, task: ReportTask): PreparedReport {
  const { settings, shape, host } = task;
  const units = numericLabelUnits(profile);
  for (const [key, others] of units.ignored)
    host.warn(
      `For tag ${key} used unit ${units.units.get(key)}, also encountered unit(s) ${others.join(', ')}`,
    );
  const tagged = addTags(profile, settings, host);
  const filter = (unfiltered: Profile): Profile => applyFilters(unfiltered, units.units, task);
  const whole = settings.relativePercentages ? filter(tagged) : tagged;
  const options = reportOptions(whole, units.units, task);
  const filtered = settings.relativePercentages ? whole : filter(whole);
  const shown = aggregateFrames(filtered, {
    granularity: shape.granularity ?? settings.granularity,
    noInlines: settings.noInlines,
    showColumns: settings.showColumns,
  });
  checkReportSize(shown);
  return { profile: shown, options };
}

function addTags(profile: Profile, settings: ReportSettings, host: ReportHost): Profile {
  const keys = (list: string): string[] => list.split(',').filter((key) => key !== '');
  const { tagRoot, tagLeaf, unit } = settings;
  const tagged = addTagFrames(profile, keys(tagRoot), keys(tagLeaf), unit);
  if (tagRoot !== '' && !tagged.isRootMatched) host.warn(noMatch('TagRoot'));
  if (tagLeaf !== '' && !tagged.isLeafMatched) host.warn(noMatch('TagLeaf'));
  return tagged.profile;
}

function noMatch(option: string): string {
  return `${option} expression matched no samples`;
}

function reportOptions(
  profile: Profile,
  numLabelUnits: ReadonlyMap<string, string>,
  task: ReportTask,
): ReportOptions {
  const { report, settings, shape, symbol, host, compile } = task;
  const { sampleTypes, mappings, strings } = profile;
  const valueColumn = findColumn(profile, settings.sampleIndex);
  if (settings.divideBy === 0)
    throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'must not be 0', { field: '-divide_by' });
  const divisorColumn = settings.isMean ? 0 : null;
  const isTrimmed = settings.trim && shape.isUntrimmed !== true;
  const type = strings.get(sampleTypes.type[valueColumn]);
  const file = mappings.length === 0 ? '' : strings.get(mappings.file[0]);
  return {
    report,
    valueColumn,
    divisorColumn,
    sampleType: settings.isMean ? `mean_${type}` : type,
    sampleUnit: strings.get(sampleTypes.unit[valueColumn]),
    outputUnit: settings.unit,
    ratio: 1 / settings.divideBy,
    total: computeTotal(profile, valueColumn, divisorColumn),
    isDifference: task.isDifference,
    sort: settings.sort,
    callTree: settings.callTree,
    dropNegative: settings.dropNegative,
    compactLabels: settings.compactLabels,
    nodeCount: !isTrimmed ? 0 : settings.nodeCount === -1 ? shape.defaultNodeCount : settings.nodeCount,
    nodeFraction: isTrimmed ? settings.nodeFraction : 0,
    edgeFraction: isTrimmed ? settings.edgeFraction : 0,
    activeFilters: activeFilters(settings),
    numLabelUnits,
    title: file === '' ? '' : baseName(file),
    symbol: symbol === null ? null : compile(symbol, report),
    sourcePath: settings.sourcePath,
    trimPath: settings.trimPath,
    host,
  };
}

function activeFilters(settings: ReportSettings): string[] {
  const filters: readonly (readonly [string, string])[] = [
    ['focus', settings.focus],
    ['ignore', settings.ignore],
    ['hide', settings.hide],
    ['show', settings.show],
    ['show_from', settings.showFrom],
    ['tagfocus', settings.tagFocus],
    ['tagignore', settings.tagIgnore],
    ['tagshow', settings.tagShow],
    ['taghide', settings.tagHide],
  ];
  return filters.filter(([, value]) => value !== '').map(([name, value]) => `${name}=${value}`);
}

/**
 * Column of a sample type by name or number; `inuse_space` also finds `space`. '' is the type that the profile names as
 * its default, else the last one.
 */
function findColumn({ header, sampleTypes, strings }: Profile, index: string): number {
  const names = Array.from(sampleTypes.type, (row) => strings.get(row));
  if (names.length === 0) throw invalidIndex('the profile has no sample types', index);
  if (index === '') {
    const byDefault = strings.get(header.defaultSampleType);
    const column = byDefault === '' ? -1 : names.indexOf(byDefault);
    return column === -1 ? names.length - 1 : column;
  }
  if (/^[+-]?\d+$/.test(index)) {
    const column = Number(index);
    if (column >= 0 && column < names.length) return column;
    throw invalidIndex(`is outside 0 to ${names.length - 1}`, index);
  }
  const column = names.findIndex((name) => name === index || name === index.replace(/^inuse_/, ''));
  if (column !== -1) return column;
  throw invalidIndex(`must be one of ${names.join(', ')}`, index);
}

function invalidIndex(fact: string, value: string): PlimsollError {
  return new PlimsollError('ARGUMENTS_INVALID', 'arguments', fact, { field: '-sample_index', value });
}

/** Sum of |value| (of the base samples, where there are any), divided by the sum of the divisors. int64 arithmetic. */
function computeTotal(profile: Profile, valueColumn: number, divisorColumn: number | null): bigint {
  const { values } = profile.samples;
  const isBase = baseSampleTest(profile);
  const baseTotal = isBase === null ? 0n : sumOf(values[valueColumn], isBase, true);
  const test = baseTotal > 0n ? isBase : null;
  const total = test === null ? sumOf(values[valueColumn], null, true) : baseTotal;
  const divisor = divisorColumn === null ? 0n : sumOf(values[divisorColumn], test, false);
  return divisor === 0n ? total : BigInt.asIntN(64, total / divisor);
}

function sumOf(column: Int64Column, test: SampleTest | null, isAbsolute: boolean): bigint {
  let sum = 0n;
  // Summed up in doubles as long as that is exact.
  let part = 0;
  for (let sample = 0; sample < column.length; sample++) {
    if (test !== null && !test(sample)) continue;
    const value = column[sample];
    const size = isAbsolute && value < 0 ? -value : value;
    if (typeof size === 'number' && Number.isSafeInteger(part + size)) part += size;
    else {
      sum += BigInt(part) + BigInt.asIntN(64, BigInt(size));
      part = 0;
    }
  }
  return BigInt.asIntN(64, sum + BigInt(part));
}

function applyFilters(
  profile: Profile,
  units: ReadonlyMap<string, string>,
  { settings, host, compile }: ReportTask,
): Profile {
  const matcher = (flag: string, source: string): TextMatcher | null =>
    source === '' ? null : compile(source, `-${flag}`);
  const names = {
    focus: matcher('focus', settings.focus),
    ignore: matcher('ignore', settings.ignore),
    hide: matcher('hide', settings.hide),
    show: matcher('show', settings.show),
  };
  const from = matcher('show_from', settings.showFrom);
  const prune = matcher('prune_from', settings.pruneFrom);
  const tagShow = matcher('tagshow', settings.tagShow);
  const tagHide = matcher('taghide', settings.tagHide);
  const warnUnless = (isMatched: boolean, option: string): void => {
    if (!isMatched) host.warn(noMatch(option));
  };

  const named = filterByName(profile, names);
  warnUnless(named.matched.focus, 'Focus');
  warnUnless(named.matched.ignore, 'Ignore');
  warnUnless(named.matched.hide, 'Hide');
  warnUnless(named.matched.show, 'Show');
  let filtered = named.profile;
  if (from !== null) {
    const cut = showFrom(filtered, from);
    warnUnless(cut.isMatched, 'ShowFrom');
    filtered = cut.profile;
  }
  filtered = filterTagValues(filtered, units, { settings, host, compile });
  const tags = filterLabelNames(filtered, tagShow, tagHide);
  warnUnless(tagShow === null || tags.isShowMatched, 'TagShow');
  warnUnless(tagHide === null || tags.isHideMatched, 'TagHide');
  return prune === null ? tags.profile : pruneFrom(tags.profile, prune);
}

function filterTagValues(
  profile: Profile,
  units: ReadonlyMap<string, string>,
  { settings, host, compile }: Pick<ReportTask, 'settings' | 'host' | 'compile'>,
): Profile {
  const test = (flag: string, text: string): SampleTest | null => {
    if (text === '') return null;
    const expression = parseLabelExpression(text, (source) => compile(source, `-${flag}`));
    if ('range' in expression.value)
      host.warn(`${flag}:Interpreted '${text.slice(text.indexOf('=') + 1)}' as range, not regexp`);
    return testSamples(profile, expression, units);
  };
  const focus = test('tagfocus', settings.tagFocus);
  const ignore = test('tagignore', settings.tagIgnore);
  const tagged = filterByLabel(profile, focus, ignore);
  if (focus !== null && !tagged.isFocusMatched) host.warn(noMatch('TagFocus'));
  if (ignore !== null && !tagged.isIgnoreMatched) host.warn(noMatch('TagIgnore'));
  return tagged.profile;
}
