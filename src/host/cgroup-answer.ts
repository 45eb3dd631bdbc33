// A group as its own files tell it: what it holds, how near its limit, and how often that has cost a process.
import { formatBytes, formatThreeDigits, type Bytes } from '../base/units.ts';
import { parseMemoryEvents, parseMemoryStat, parsePressure, type Pressure } from '../parse/cgroup-memory.ts';
import { PLAIN, printable, type Style } from '../report/style.ts';
import { nameCgroup } from './cgroup-name.ts';
import type { MemoryPart } from './oom-parts.ts';

export interface CgroupAnswer {
  readonly path: string;
  readonly title: string;
  readonly version: 1 | 2;
  readonly currentBytes: Bytes | null;
  /** The smallest on the way up; null = none, or not told. */
  readonly limitBytes: Bytes | null;
  readonly highBytes: Bytes | null;
  /** Processes that were killed for memory since the group was made. */
  readonly kills: number | null;
  /** Times that usage met the limit. */
  readonly limitHits: number | null;
  readonly highEvents: number | null;
  readonly parts: readonly MemoryPart[];
  readonly pressure: Pressure;
}

/** The files of a group, as collect reads them. */
export interface CgroupFiles {
  readonly 'memory.current'?: number;
  readonly 'memory.max'?: number | null;
  readonly 'memory.high'?: number | null;
  readonly 'memory.stat'?: string;
  readonly 'memory.events'?: string;
  readonly 'memory.failcnt'?: number;
  readonly 'memory.pressure'?: string;
}

export function describeCgroup(path: string, version: 1 | 2, files: CgroupFiles): CgroupAnswer {
  const events = parseMemoryEvents(files['memory.events'] ?? '');
  const stat = parseMemoryStat(files['memory.stat'] ?? '');
  const shmem = stat.shmemBytes ?? 0;
  const parts: MemoryPart[] = [
    { name: 'anonymous', bytes: stat.anonBytes ?? 0 },
    { name: 'page cache', bytes: Math.max(0, (stat.fileBytes ?? 0) - shmem) },
    { name: 'tmpfs and shared memory', bytes: shmem },
    { name: 'kernel', bytes: stat.kernelBytes ?? 0 },
  ];
  return {
    path,
    title: nameCgroup(path).title,
    version,
    currentBytes: files['memory.current'] ?? null,
    limitBytes: files['memory.max'] ?? null,
    highBytes: files['memory.high'] ?? null,
    kills: events.oomKill,
    limitHits: events.max ?? files['memory.failcnt'] ?? null,
    highEvents: events.high,
    parts: parts.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes),
    pressure: parsePressure(files['memory.pressure'] ?? ''),
  };
}

const LABEL_WIDTH = 12;

/** Ends without a newline. */
export function formatCgroup(answer: CgroupAnswer, style: Style = PLAIN): string {
  const { currentBytes, limitBytes, highBytes, kills, limitHits, highEvents, parts, pressure } = answer;
  const row = (label: string, value: string) => `  ${label.padEnd(LABEL_WIDTH)} ${value}`;
  const heading =
    (kills ?? 0) > 0
      ? style('bad', kills === 1 ? '1 OOM KILL' : `${kills} OOM KILLS`)
      : style('good', 'NO OOM KILL');
  const lines = [
    `${heading}  ${style('heading', printable(answer.title))} ${style('faint', `cgroup version ${answer.version}`)}`,
  ];
  if (kills === null) lines.push(row('kills', 'this kernel does not count them'));
  const limit = limitBytes === null ? 'no limit' : `of ${formatBytes(limitBytes)}`;
  if (currentBytes !== null) lines.push(row('holds', `${formatBytes(currentBytes)}, ${limit}`));
  if (highBytes !== null)
    lines.push(row('held up', `above ${formatBytes(highBytes)} (memory.high), ${highEvents ?? 0} times`));
  if (limitHits !== null) lines.push(row('limit met', `${limitHits} times`));
  if (parts.length > 0)
    lines.push(row('made of', parts.map(({ name, bytes }) => `${name} ${formatBytes(bytes)}`).join(', ')));
  const { some } = pressure;
  if (some !== null)
    lines.push(
      row(
        'waits',
        `${formatThreeDigits(some.share60 * 100)} % of the last minute for memory, ${formatThreeDigits(some.totalSeconds)} s in all`,
      ),
    );
  return lines.join('\n');
}
