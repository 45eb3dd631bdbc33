// How often a process was started again, and what for: a kill for memory is the gravest thing that a report can tell.
import { formatUtcMinute } from '../base/calendar.ts';
import { KILLED_FOR_MEMORY, type Report } from '../model/report.ts';
import { printable } from './style.ts';

/** Kills shown with their time; the JSON has all. */
const MAX_TIMES = 5;

/** What a report says of ends and restarts. */
export type Restarts = Pick<Report, 'restarts' | 'kills'>;

export function wasKilled({ kills = [] }: Restarts): boolean {
  return kills.some(({ reason }) => reason === KILLED_FOR_MEMORY);
}

/** `restarted 3 times (2 OOMKilled)`; empty for never. */
export function describeRestarts(report: Restarts): string {
  const kills = report.kills ?? [];
  const restarts = Math.max(report.restarts ?? 0, kills.length);
  if (restarts === 0) return '';
  const reasons = new Map<string, number>();
  for (const { reason } of kills) if (reason !== null) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  const why = [...reasons].map(([reason, count]) => `${count} ${printable(reason)}`).join(', ');
  return `restarted ${restarts === 1 ? 'once' : `${restarts} times`}${why === '' ? '' : ` (${why})`}`;
}

/** The same as a sentence without its end, with the times of kills for memory, newest last; null for never restarted. */
export function restartsSentence(report: Restarts): string | null {
  const restarts = describeRestarts(report);
  if (restarts === '') return null;
  const times = (report.kills ?? []).flatMap(({ at, reason }) => (reason === KILLED_FOR_MEMORY ? [at] : []));
  if (times.length === 0) return restarts;
  const shown = times.slice(-MAX_TIMES).map(formatUtcMinute);
  const more = times.length > MAX_TIMES ? `the last ${MAX_TIMES} ` : '';
  return `${restarts}: killed for memory ${more}${shown.join(', ')} UTC`;
}
