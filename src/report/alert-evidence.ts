// Evidence for whoever is woken: what was measured, the number, and what would have been enough. The page has all of it, in the words
// of statistics.
import { formatBytes, formatDuration, formatThreeDigits } from '../base/units.ts';
import type { Evidence } from '../model/finding.ts';
import { formatNumbers } from './numbers-text.ts';

/** Three lines decide whether somebody believes it. */
const MAX_LINES = 3;

type Numbers = Evidence['numbers'];
type Write = (numbers: Numbers, all: readonly Evidence[]) => string | null;

const SERIES: Readonly<Record<string, string>> = {
  heap: 'The live heap (what is left after a collection)',
  goroutine: 'The number of goroutines',
  fd: 'The number of file descriptors',
  thread: 'The number of threads',
  native: 'Memory outside the Go heap',
};

/** By how a question begins; in the order in which people ask. Questions are those of detect and diagnose. */
const WORDS: readonly { readonly question: RegExp; readonly write: Write }[] = [
  { question: /^Does the (\w+) series grow\?$/, write: writeGrowth },
  { question: /^Is the growth of the \w+ series without bound\?$/, write: writeBound },
  { question: /^What comes with each descriptor\?$/, write: writeDescriptors },
  { question: /^Which goroutines come and never go\?$/, write: writeGoroutines },
  { question: /^Which code allocates what stays\?$/, write: writeSite },
];

/** What supports the verdict first; a line that nothing here puts into words is given in those of the evidence. */
export function writeEvidenceLines(evidence: readonly Evidence[]): string[] {
  const supports = evidence.filter(({ outcome }) => outcome === 'supports');
  const contradicts = evidence.filter(({ outcome }) => outcome === 'contradicts');
  const told = new Set<Evidence>();
  const lines = WORDS.flatMap(({ question, write }) => {
    const entry = supports.find((each) => question.test(each.question));
    const line = entry === undefined ? null : write(entry.numbers, evidence);
    if (entry === undefined || line === null) return [];
    told.add(entry);
    const series = SERIES[question.exec(entry.question)?.[1] ?? ''];
    return [series === undefined ? line : `${series} ${line}`];
  });
  const rest = [...supports.filter((each) => !told.has(each) && !isTechnical(each)), ...contradicts];
  return [...lines, ...rest.map(writeAsIs)].slice(0, MAX_LINES);
}

/** Needs to be so for the rest to count, and tells nobody more than that. */
const TECHNICAL =
  /^(?:Was the \w+ series watched|Do most of the \w+ observations|Is the growth of the \w+ series large|Does the \w+ series (?:still|follow))/;

function isTechnical({ question }: Evidence): boolean {
  return TECHNICAL.test(question);
}

function writeAsIs(entry: Evidence): string {
  return `${entry.question} ${entry.test}: ${formatNumbers(entry)}`;
}

function numberOf(numbers: Numbers, name: string): number | null {
  const value = numbers[name];
  return typeof value === 'number' ? value : null;
}

function writeGrowth(numbers: Numbers, all: readonly Evidence[]): string | null {
  const [statistic, threshold] = [numberOf(numbers, 'statistic'), numberOf(numbers, 'threshold')];
  const [from, to] = [numberOf(numbers, 'fromMillis'), numberOf(numbers, 'toMillis')];
  const size = all.find(({ question }) =>
    /^Is the growth of the \w+ series large enough/.test(question),
  )?.numbers;
  const grown = size === undefined ? null : numberOf(size, 'statistic');
  if (statistic === null || threshold === null || from === null || to === null) return null;
  const isBytes = size?.['unit'] === 'bytes';
  const rise = grown === null ? '' : ` by ${isBytes ? formatBytes(grown) : formatThreeDigits(grown)}`;
  return `grew${rise} in ${formatDuration(to - from)}: ${times(statistic)} the error of that measurement (${times(threshold)} is enough).`;
}

function writeBound(numbers: Numbers): string | null {
  const [statistic, threshold] = [numberOf(numbers, 'statistic'), numberOf(numbers, 'threshold')];
  if (statistic === null || threshold === null) return null;
  return `Growth without an end fits better than a cache that fills, one step or the load: ${formatThreeDigits(statistic)} points of evidence (BIC; ${formatThreeDigits(threshold)} are enough).`;
}

function writeGoroutines(numbers: Numbers): string | null {
  const [grown, now] = [numberOf(numbers, 'grown'), numberOf(numbers, 'now')];
  if (grown === null || now === null) return null;
  const waits = numbers['waits'];
  const where = typeof waits === 'string' ? `, waiting in ${waits}` : '';
  return `Profiles count ${whole(grown)} more goroutines in this code, ${whole(now)} by now${where}${againstChance(numbers)}.`;
}

function writeSite(numbers: Numbers): string | null {
  const [births, deaths] = [numberOf(numbers, 'sampledBirths'), numberOf(numbers, 'sampledDeaths')];
  const grown = numberOf(numbers, 'grownBytes');
  const [low, high] = [numberOf(numbers, 'lowBytes'), numberOf(numbers, 'highBytes')];
  if (births === null || deaths === null || grown === null) return null;
  const range = low === null || high === null ? '' : ` (${formatBytes(low)} to ${formatBytes(high)})`;
  return `Profiles saw ${whole(births)} objects allocated in this code and ${whole(deaths)} freed; what it holds grew by ${formatBytes(grown)}${range}${againstChance(numbers)}.`;
}

function writeDescriptors(numbers: Numbers): string | null {
  const [fds, goroutines] = [numberOf(numbers, 'grownFds'), numberOf(numbers, 'grownGoroutines')];
  if (fds === null || goroutines === null) return null;
  return `${whole(fds)} more descriptors came with ${whole(goroutines)} more goroutines, as connections do.`;
}

function againstChance(numbers: Numbers): string {
  const [statistic, threshold] = [numberOf(numbers, 'statistic'), numberOf(numbers, 'threshold')];
  if (statistic === null || threshold === null) return '';
  return `: ${times(statistic)} what chance explains (${times(threshold)} is enough)`;
}

function times(value: number): string {
  return `${formatThreeDigits(value)} times`;
}

function whole(value: number): string {
  return String(Math.round(value));
}
