// Answers about kills, for a terminal.
import { formatBytes, formatBytesPerHour, formatDuration, type Millis } from '../base/units.ts';
import type { OomVictim } from '../parse/oom-log.ts';
import { PLAIN, printable, type Style, type TextRole } from '../report/style.ts';
import type { KillAnswer, ServiceAnswer } from './oom-answer.ts';
import type { OomRole } from './oom-role.ts';

export interface OomTextOptions {
  readonly style?: Style;
  readonly nowMillis: Millis;
  /** ISO text of an instant in the reader's zone. */
  readonly formatTime: (atMillis: Millis) => string;
}

const LABEL_WIDTH = 12;
/** Older kills of one service that have a line of their own. */
const MAX_OLDER = 5;

const ROLES: Readonly<Record<OomRole, { readonly text: string; readonly role: TextRole }>> = {
  leaker: { text: 'the leaker', role: 'bad' },
  victim: { text: 'a victim', role: 'warning' },
  largest: { text: 'the largest', role: 'warning' },
  unknown: { text: 'cannot be told', role: 'warning' },
};

/** One service, ending without a newline. */
export function formatService(answer: ServiceAnswer, options: OomTextOptions): string {
  const style = options.style ?? PLAIN;
  const [last, ...older] = answer.kills;
  const count = Math.max(answer.kills.length, answer.lives.length, 1);
  const title = `${count === 1 ? 'OOM KILL' : `${count} OOM KILLS`}`;
  const lines = [
    `${style('bad', title)}  ${style('heading', printable(answer.name))} ${style('faint', printable(answer.host === null ? answer.place : `${answer.place}, on ${answer.host}`))}`,
  ];
  if (last) lines.push(...formatKill(last, options));
  const { text, role } = ROLES[answer.role.role];
  lines.push(row('leaker?', `${style(role, text)}: ${printable(answer.role.why)}`));
  lines.push(...formatSawtooth(answer));
  for (const kill of older.slice(0, MAX_OLDER)) lines.push(row('before', formatOlder(kill, options)));
  if (older.length > MAX_OLDER) lines.push(row('', `and ${older.length - MAX_OLDER} more`));
  const { container } = answer;
  if (container) {
    const limit =
      container.limitBytes === null ? 'no limit set' : `limit ${formatBytes(container.limitBytes)}`;
    lines.push(row('container', `${container.restarts} restarts, ${limit}`));
  }
  lines.push(...formatSilence(answer, style));
  return lines.join('\n');
}

function formatKill(kill: KillAnswer, options: OomTextOptions): string[] {
  const lines = [row('when', formatWhen(kill, options)), row('who', formatVictim(kill))];
  lines.push(row('limit', formatLimit(kill)));
  if (kill.parts.length > 0) {
    const parts = kill.parts.map(({ name, bytes }) => `${name} ${formatBytes(bytes)}`);
    lines.push(row('made of', parts.join(', ')));
  }
  if (kill.victim) lines.push(row('it held', formatHeld(kill.victim)));
  if (kill.beside.length > 0) {
    const others = kill.beside.map(({ name, pid, rssBytes }) => `${name} (${pid}) ${formatBytes(rssBytes)}`);
    lines.push(row('beside it', printable(others.join(', '))));
  }
  if (kill.killedWithIt.length > 0) {
    const names = kill.killedWithIt.map(({ name, pid }) => `${name} (${pid})`);
    lines.push(row('killed too', printable(names.slice(0, 5).join(', '))));
  }
  if (kill.isLargeRequest)
    lines.push(
      row('note', 'a large contiguous block was asked for: memory may have been fragmented and not used up'),
    );
  return lines;
}

function row(label: string, value: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)} ${value}`;
}

function formatWhen(
  { atMillis, bootSeconds }: KillAnswer,
  { nowMillis, formatTime }: OomTextOptions,
): string {
  if (atMillis !== null) {
    const ago = nowMillis - atMillis;
    return `${formatTime(atMillis)}${ago >= 0 ? `, ${formatDuration(ago)} ago` : ''}`;
  }
  if (bootSeconds !== null) return `${formatDuration(bootSeconds * 1000)} after the machine was started`;
  return 'the log has no times';
}

function formatVictim({ victim, invokedBy, toldBy }: KillAnswer): string {
  if (victim === null) {
    return toldBy === 'systemd'
      ? 'a process of this unit; only systemd tells of it here: the kernel log says which, and what it held'
      : 'the log ends before it says who';
  }
  const uid = victim.uid === null ? '' : `, user ${victim.uid}`;
  const asked = invokedBy === null || invokedBy === victim.name ? '' : `; ${invokedBy} asked for memory`;
  return printable(`${victim.name} (${victim.pid}${uid})${asked}`);
}

function formatLimit({ scope, limitBytes, limitCgroup, limitHits, swapLimitBytes }: KillAnswer): string {
  const hits = limitHits === null ? '' : `, met ${limitHits} times`;
  const swap = swapLimitBytes === 0 ? ', no swap' : '';
  if (scope === 'machine')
    return `the machine ran out${limitBytes === null ? '' : ` of its ${formatBytes(limitBytes)}`}`;
  const bytes = limitBytes === null ? 'not in the log' : formatBytes(limitBytes);
  return printable(`${bytes}${limitCgroup === null ? '' : ` of ${limitCgroup}`}${hits}${swap}`);
}

function formatHeld(victim: OomVictim): string {
  const parts = [
    ...(victim.anonBytes === null ? [] : [`anonymous ${formatBytes(victim.anonBytes)}`]),
    ...(victim.fileBytes === null ? [] : [`files ${formatBytes(victim.fileBytes)}`]),
    ...(victim.shmemBytes ? [`shared ${formatBytes(victim.shmemBytes)}`] : []),
    ...(victim.pageTableBytes === null ? [] : [`page tables ${formatBytes(victim.pageTableBytes)}`]),
  ];
  return parts.length === 0 ? 'not told by a kernel this old' : parts.join(', ');
}

function formatOlder(kill: KillAnswer, options: OomTextOptions): string {
  const bytes = kill.victim?.anonBytes ?? null;
  const held = bytes === null ? '' : `, held ${formatBytes(bytes)}`;
  return `${formatWhen(kill, options)}${held}`;
}

function formatSawtooth({ every, growth, lives }: ServiceAnswer): string[] {
  const lines: string[] = [];
  if (every !== null) {
    const range =
      every.low === null || every.high === null
        ? ''
        : ` (${formatDuration(every.low)} to ${formatDuration(every.high)})`;
    lines.push(row('how often', `every ${formatDuration(every.millis)}${range}`));
  }
  if (growth !== null) {
    const range = `${formatBytesPerHour(growth.low)} to ${formatBytesPerHour(growth.high)}`;
    const isExact = lives.every((life) => life.isExact);
    lines.push(
      row(
        'sawtooth',
        `${isExact ? '' : 'at least '}${formatBytesPerHour(growth.perHour)} (${range}) over ${lives.length} lives`,
      ),
    );
  } else if (lives.length === 1 && lives[0]) {
    const { fromMillis, toMillis, peakBytes, isExact } = lives[0];
    const length = `${isExact ? '' : 'at most '}${formatDuration(toMillis - fromMillis)}`;
    const peak = peakBytes === null ? '' : ` to ${formatBytes(peakBytes)}`;
    lines.push(row('its life', `${length}${peak}; one life has no interval`));
  }
  return lines;
}

function formatSilence({ silence }: ServiceAnswer, style: Style): string[] {
  if (silence === null) return [];
  const lines = [
    row(
      'alert?',
      `${style(silence.hadAlert ? 'good' : 'warning', silence.hadAlert ? 'yes' : 'no')}: ${printable(silence.why)}`,
    ),
  ];
  for (const [i, text] of silence.seen.entries()) lines.push(row(i === 0 ? 'seen' : '', printable(text)));
  if (silence.disagreement !== null) lines.push(row('disagree', printable(silence.disagreement)));
  for (const [i, text] of silence.missing.entries())
    lines.push(row(i === 0 ? 'missing' : '', printable(text)));
  return lines;
}
