// Many targets as one answer: ranked, counted, as one document and as a table.
import { formatBytes, formatDuration, type Millis } from '../base/units.ts';
import {
  VERDICTS,
  type Finding,
  type LeakClass,
  type TimeToExhaustion,
  type Verdict,
} from '../model/finding.ts';
import { formatGrowth, formatResource } from '../model/finding-text.ts';
import { describeFleetSummary } from '../model/fleet-text.ts';
import type { Report } from '../model/report.ts';
import type { ServiceFleet } from '../model/screening.ts';
import { describeRestarts, wasKilled } from './restarts-text.ts';
import { formatSparkline } from './sparkline.ts';
import { PLAIN, printable, type Style } from './style.ts';
import { VERDICT_ROLES } from './text.ts';

/** One line of the table, and what it is ranked by. */
export interface ScreenedRow {
  readonly report: Report;
  readonly series: { readonly label: string; readonly values: ArrayLike<number> } | null;
  /** Whether it was there at the end; what is gone decides no verdict as long as others run. */
  readonly isRunning: boolean;
}

/** Lines that somebody reads; the JSON has all. */
const MAX_LINES = 40;
const SPARK_WIDTH = 16;
const MAX_NAME = 48;

/** Gravest first; then those that run; then by the time that is left; then by growth; then by name. */
export function rankScreened<T extends ScreenedRow>(rows: readonly T[]): T[] {
  const verdict = ({ report }: T) => VERDICTS.indexOf(report.verdict);
  const gone = ({ isRunning }: T) => (isRunning ? 0 : 1);
  const limit = ({ report }: T) => exhaustionOf(report)?.at ?? Infinity;
  const growth = ({ report }: T) => growthOf(leadOf(report));
  return [...rows].sort(
    (a, b) =>
      verdict(a) - verdict(b) ||
      gone(a) - gone(b) ||
      (limit(a) === limit(b) ? 0 : limit(a) - limit(b)) ||
      growth(b) - growth(a) ||
      (nameOf(a.report) < nameOf(b.report) ? -1 : 1),
  );
}

/** Of the targets that run at the end; of all where none does. */
export function screenedVerdict(rows: readonly ScreenedRow[]): Verdict {
  const running = rows.filter(({ isRunning }) => isRunning);
  const counted = running.length > 0 ? running : rows;
  const gravest = Math.min(...counted.map(({ report }) => VERDICTS.indexOf(report.verdict)));
  return VERDICTS[gravest] ?? 'undetermined';
}

/** `3 of 500 targets leak; 2 cannot be told yet; 495 show no growth.` */
export function summarizeScreening(rows: readonly ScreenedRow[]): string {
  const counts = new Map<Verdict, number>();
  for (const { report } of rows) counts.set(report.verdict, (counts.get(report.verdict) ?? 0) + 1);
  const parts = VERDICTS.filter((verdict) => counts.has(verdict)).map(
    (verdict) => `${counts.get(verdict) ?? 0} ${WORDS[verdict]}`,
  );
  const gone = rows.filter(({ isRunning }) => !isRunning).length;
  const ended = gone === 0 ? '' : ` ${gone} of them had ended before.`;
  return `${rows.length} ${rows.length === 1 ? 'target' : 'targets'}: ${parts.join(', ')}.${ended}`;
}

const WORDS: Readonly<Record<Verdict, string>> = {
  leak: 'with a leak',
  undetermined: 'not decidable yet',
  step: 'with a step',
  'filling-to-bound': 'filling to a bound',
  'load-driven': 'driven by load',
  'no-growth': 'without growth',
};

/** A line for each target that needs a look, gravest first, below 140 characters where names allow. */
export function formatScreening(
  ranked: readonly ScreenedRow[],
  options: {
    readonly style?: Style;
    readonly notes?: readonly string[];
    readonly fleets?: readonly ServiceFleet[];
  } = {},
): string {
  const style = options.style ?? PLAIN;
  const isWorthALine = ({ report }: ScreenedRow) => report.verdict !== 'no-growth' || wasKilled(report);
  const all = ranked.length <= MAX_LINES ? ranked : ranked.filter(isWorthALine);
  const shown = all.slice(0, MAX_LINES);
  const width = Math.min(MAX_NAME, Math.max(0, ...shown.map(({ report }) => nameOf(report).length)));
  const lines = [summarizeScreening(ranked), ''];
  for (const row of shown) lines.push(formatLine(row, width, style));
  const hidden = ranked.length - shown.length;
  if (hidden > 0) lines.push(style('faint', `and ${hidden} more; --json has all`));
  const together = (options.fleets ?? []).flatMap((fleet) =>
    describeFleetSummary(fleet).map((sentence) => `${fleet.service}: ${sentence}`),
  );
  if (together.length > 0) lines.push('', ...together.slice(0, MAX_LINES).map(printable));
  const detectable = smallestOf(ranked);
  if (detectable !== null) lines.push('', detectable);
  for (const note of options.notes ?? []) lines.push(`${style('warning', 'note:')} ${printable(note)}`);
  return `${lines.join('\n')}\n`;
}

function formatLine({ report, series, isRunning }: ScreenedRow, width: number, style: Style): string {
  const name = printable(nameOf(report));
  const facts = [...screenedFacts(report), ...(isRunning ? [] : ['gone'])];
  // Noise alone would fill the whole height.
  const isFlat = series === null || report.verdict === 'no-growth';
  const picture = isFlat ? '' : formatSparkline(series.values, SPARK_WIDTH);
  return [
    style(VERDICT_ROLES[report.verdict], report.verdict.padEnd(16)),
    style('heading', name.padEnd(width)),
    picture.padEnd(SPARK_WIDTH),
    facts.join(', '),
  ].join('  ');
}

/** Growth, time to the limit, memory and restarts of one target, as far as they are known. */
export function screenedFacts(report: Report): string[] {
  const lead = leadOf(report);
  const limit = exhaustionOf(report);
  const others = report.findings.filter((one) => one !== lead && one.verdict === report.verdict);
  return [
    lead === null ? '' : describeGrowth(lead),
    ...others.map((other) => `and ${describeGrowth(other)}`),
    limit === null ? '' : describeLimit(limit, report.to),
    describeMemory(report),
    describeRestarts(report),
  ].filter((fact) => fact !== '');
}

function describeLimit({ resource, at }: TimeToExhaustion, now: Millis): string {
  const name = formatResource(resource);
  return at <= now ? `${name} is reached` : `${name} in ${formatDuration(at - now)}`;
}

/** Reports that somebody reads in full: what grows, and what was killed; at most MAX_FULL, the gravest first. */
export function worthReading(reports: readonly Report[]): readonly Report[] {
  return reports.filter((report) => report.verdict !== 'no-growth' || wasKilled(report)).slice(0, MAX_FULL);
}

/** A page with more is not read to its end; the JSON has all. */
const MAX_FULL = 20;

function nameOf({ target }: Report): string {
  return target.service === target.instance ? target.service : `${target.service} ${target.instance}`;
}

/** What a row is about: what takes the limit that comes first, else what grows most. */
export function leadOf(report: Report): Finding | null {
  const own = report.findings.filter(({ verdict }) => verdict === report.verdict);
  const counted = EXHAUSTED_BY[report.exhaustion?.resource ?? ''];
  return own.find((finding) => finding.class === counted) ?? own[0] ?? null;
}

/** Limits of what is counted; any class can take memory. */
const EXHAUSTED_BY: Readonly<Record<string, LeakClass>> = { 'max-fds': 'fd', 'max-threads': 'thread' };

function growthOf(finding: Finding | null): number {
  return finding?.growth?.unit === 'bytes' ? finding.growth.perHour : 0;
}

function exhaustionOf(report: Report): TimeToExhaustion | null {
  return leadOf(report)?.timeToExhaustion ?? report.exhaustion;
}

function describeGrowth(finding: Finding): string {
  const growth = finding.counts ?? finding.growth;
  return growth === null ? finding.class : `${finding.class} ${formatGrowth(growth)}`;
}

function describeMemory(report: Report): string {
  const rss = report.ledger?.['rssBytes'] ?? null;
  const limit = report.memoryLimitBytes ?? null;
  if (rss === null) return '';
  return limit === null ? formatBytes(rss) : `${formatBytes(rss)} of ${formatBytes(limit)}`;
}

/** What could have hidden in those that show nothing. */
function smallestOf(rows: readonly ScreenedRow[]): string | null {
  const quiet = rows.filter(({ report }) => report.verdict === 'no-growth');
  const known = quiet.map(({ report }) => report.smallestDetectable).filter((value) => value !== null);
  if (known.length === 0) return null;
  const sorted = known.sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return `Excluded where nothing grows: leaks above ${formatBytes(middle)}/h in half of them, above ${formatBytes(sorted.at(-1) ?? 0)}/h in all.`;
}
