// The report in one sentence: what stands first in a terminal, a ticket and an alert.
import { formatBytesPerHour, formatDuration, type Millis } from '../base/units.ts';
import { formatLeft, formatResource } from '../model/finding-text.ts';
import type { Report } from '../model/report.ts';
import { describeRestarts, wasKilled } from './restarts-text.ts';

/**
 * Verdict sentence of the gravest finding, or of what could not be found.
 *
 * @param restartedAt end of the life that the verdict rests on, while the one since is too young; null = none did.
 */
export function summarizeReport(report: Omit<Report, 'summary'>, restartedAt: Millis | null = null): string {
  const [first] = report.findings;
  const gravest = report.findings.find(({ verdict }) => verdict === report.verdict) ?? first;
  const near = describeNearness(report);
  switch (report.verdict) {
    case 'no-growth':
      return `No growth found${describeRestart(report, restartedAt)}${describeDetectable(report)}.${near}`;
    case 'undetermined':
      return `${gravest === undefined ? cannotTell(report) : gravest.summary}${describeNeed(report)}${near}`;
    case 'leak':
    case 'step':
    case 'filling-to-bound':
    case 'load-driven':
      return `${gravest === undefined ? report.verdict : gravest.summary}${near}`;
  }
}

/** Kills are what is known, however little the rest says. */
function cannotTell(report: Omit<Report, 'summary'>): string {
  if (!wasKilled(report)) return 'Cannot tell yet.';
  return `Cannot tell yet: ${describeRestarts(report)} in ${formatDuration(report.to - report.from)}.`;
}

function describeRestart(report: Omit<Report, 'summary'>, restartedAt: Millis | null): string {
  return restartedAt === null ? '' : ` before the restart ${formatDuration(report.to - restartedAt)} ago`;
}

function describeDetectable(report: Omit<Report, 'summary'>): string {
  const { smallestDetectable } = report;
  return smallestDetectable === null
    ? ''
    : `; a leak above ${formatBytesPerHour(smallestDetectable)} would have been seen`;
}

function describeNeed(report: Omit<Report, 'summary'>): string {
  const needed = report.needed ?? null;
  if (needed === null) return '';
  const time = needed.millis === null ? '' : ` (about ${formatDuration(needed.millis)})`;
  return ` Needed: ${needed.what}${time}.`;
}

/** A limit that comes near is worth a word even where no leak is claimed. */
function describeNearness(report: Omit<Report, 'summary'>): string {
  const { exhaustion, to } = report;
  if (exhaustion === null) return '';
  return ` At this rate ${formatResource(exhaustion.resource)} is reached ${formatLeft(exhaustion, to)}.`;
}
