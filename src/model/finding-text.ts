// A finding in words: shared by diagnosis (its summary) and by every text form of a report.
import {
  formatBytes,
  formatBytesPerHour,
  formatDuration,
  formatThreeDigits,
  HOUR_MILLIS,
  type Millis,
} from '../base/units.ts';
import type { Culprit, Evidence, Finding, Growth, LeakClass, TimeToExhaustion } from './finding.ts';

const THINGS: Readonly<Record<LeakClass, string>> = {
  thread: 'Threads',
  fd: 'File descriptors',
  goroutine: 'Goroutines',
  native: 'Memory outside the Go heap',
  heap: 'The live heap',
  retention: 'Memory that the process holds without using it',
};

const RESOURCES: Readonly<Record<string, string>> = {
  'memory-limit': 'the memory limit',
  gomemlimit: 'GOMEMLIMIT',
  'host-memory': "the host's memory",
  'max-fds': 'the limit of open files',
  'max-threads': 'the limit of threads',
};

/** `30 MiB/h (28 to 32 MiB/h)`, or counts: `120 goroutines/h (110 to 130)`. */
export function formatGrowth(growth: Growth): string {
  if (growth.unit === 'bytes') {
    const part = growth.covers === undefined ? '' : `, ${growth.covers}`;
    return `${formatBytesPerHour(growth.perHour)} (${formatBytes(growth.low)} to ${formatBytes(growth.high)}${part})`;
  }
  const range = `${formatThreeDigits(growth.low)} to ${formatThreeDigits(growth.high)}`;
  return `${formatThreeDigits(growth.perHour)} ${growth.unit}/h (${range})`;
}

/** `hub.go:41`, the function where no line is known. */
export function formatPlace(culprit: Culprit): string {
  if (culprit.file === null) return culprit.function;
  return culprit.line === null ? culprit.file : `${culprit.file}:${culprit.line}`;
}

/** Resource as in a sentence. */
export function formatResource(resource: string): string {
  return RESOURCES[resource] ?? resource;
}

/** One sentence: what grows, how fast, by which code, until when. */
export function summarize(finding: Omit<Finding, 'summary'>, atMillis: Millis): string {
  const growth = finding.counts ?? finding.growth ?? null;
  const rate = growth === null ? '' : ` by ${formatGrowth(growth)}`;
  const thing = THINGS[finding.class];
  switch (finding.verdict) {
    case 'leak':
      return `${thing} leak${thing.endsWith('s') ? '' : 's'}${rate}${nameCulprit(finding)}${nameLimit(finding, atMillis)}.`;
    case 'filling-to-bound':
      return `${thing} fill${thing.endsWith('s') ? '' : 's'} to a bound${rate}; not a leak as far as can be seen.`;
    case 'load-driven':
      return `${thing} follow${thing.endsWith('s') ? '' : 's'} the load${rate}; not a leak.`;
    case 'step':
      return `${thing} rose once and stayed level since; not a leak by itself.`;
    case 'no-growth':
      return `${thing} ${thing.endsWith('s') ? 'do' : 'does'} not grow.`;
    case 'undetermined':
      return `${thing} grow${thing.endsWith('s') ? '' : 's'}${rate}; whether it is a leak cannot be told yet.`;
  }
}

/** In a summary, where no profile shows what leaks. */
export const NO_CODE = '; no code is named';

/** Of a leak whose growth has stopped while the process goes on. */
export function summarizeStopped(finding: Omit<Finding, 'summary'>, why: string): string {
  const growth = finding.counts ?? finding.growth ?? null;
  const rate = growth === null ? '' : ` by ${formatGrowth(growth)}`;
  return `${THINGS[finding.class]} grew${rate}${nameCulprit(finding)}, called a leak; it is over (${why}), and what it brought is still held: a leak that stopped, or what is full by now.`;
}

function nameCulprit(finding: Pick<Finding, 'culprits'>): string {
  const [first] = finding.culprits;
  if (first === undefined) return NO_CODE;
  const place = first.file === null ? '' : ` (${formatPlace(first)})`;
  return ` in ${first.function}${place}`;
}

function nameLimit(finding: Pick<Finding, 'timeToExhaustion'>, atMillis: Millis): string {
  const limit = finding.timeToExhaustion;
  if (limit === null) return '';
  return `; ${formatResource(limit.resource)} is reached ${formatLeft(limit, atMillis)}`;
}

/** Beyond it a forecast is old: longer than any time between two evaluations. */
const OLD_FORECAST: Millis = 2 * HOUR_MILLIS;

/**
 * `in 5 h (3 h to 9 h)`, counted from the instant of the forecast, so that every text of a report says the same.
 * @param atMillis of the text: says how old a forecast is that nothing has renewed; counted from where it tells no instant.
 */
export function formatLeft(limit: TimeToExhaustion, atMillis: Millis): string {
  const from = limit.asOf ?? atMillis;
  const span = (until: Millis) => formatDuration(Math.max(0, until - from));
  const high = limit.high === null ? 'no upper bound' : span(limit.high);
  const age = atMillis - from;
  const old = age > OLD_FORECAST ? `, as it was ${formatDuration(age)} ago` : '';
  const when = limit.at <= from ? 'any moment' : `in ${span(limit.at)}`;
  const { livesMillis } = limit;
  const hidden =
    livesMillis === undefined ? '' : ` without restarts, which come every ${formatDuration(livesMillis)}`;
  return `${when} (${span(limit.low)} to ${high})${hidden}${old}`;
}

/** A statistic and its threshold have the unit that stands beside them; every other number ends in its own. */
export function unitKey(key: string, unit: number | string | null | undefined): string {
  return typeof unit === 'string' && (key === 'statistic' || key === 'threshold') ? unit : key;
}

/** Numbers that people are shown, the statistic with its threshold first; what stands under its own name as well is shown once. */
export function numbersToShow(
  numbers: Evidence['numbers'],
): (readonly [string, Evidence['numbers'][string]])[] {
  const { statistic } = numbers;
  // Findings of earlier versions have their statistic as z alone.
  const first = statistic === undefined ? ['z', 'threshold'] : ['statistic', 'threshold'];
  const entries = Object.entries(numbers).filter(([key]) => key !== 'unit');
  const rank = ([key]: readonly [string, unknown]) =>
    first.includes(key) ? first.indexOf(key) : first.length;
  return entries
    .filter(([key, value]) => first.includes(key) || value === null || value !== statistic)
    .sort((a, b) => rank(a) - rank(b));
}

/**
 * A number of an evidence in the unit that its key ends in.
 * @param formatPlain numbers of no unit, counts among them.
 */
export function formatEvidenceNumber(
  key: string,
  value: number,
  formatPlain: (value: number) => string,
): string {
  if (/bytes\s*per\s*hour$/i.test(key)) return formatBytesPerHour(value);
  if (/PerHour$/.test(key)) return `${formatThreeDigits(value)}/h`;
  if (/bytes$/i.test(key)) return formatBytes(value);
  if (/millis$/i.test(key)) return formatDuration(value);
  return formatPlain(value);
}
