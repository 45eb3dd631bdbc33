// A crash in a log as an answer: what the runtime said, and its goroutines in groups.
import { formatBytes } from '../base/units.ts';
import type { Crash } from '../parse/crash-log.ts';
import { GoroutineGrouper, type GoroutineGroup } from '../profile/goroutine-groups.ts';
import { printable, type Style } from '../report/style.ts';
import { dumpOf } from './crash-source.ts';

export interface CrashAnswer {
  readonly kind: Crash['kind'];
  readonly headline: string;
  readonly atMillis: number | null;
  readonly origin: string;
  readonly wantedBytes: number | null;
  readonly inUseBytes: number | null;
  readonly goroutines: number;
  readonly isTruncated: boolean;
  readonly groupCount: number;
  /** Largest first, at most MAX_GROUPS. */
  readonly groups: readonly {
    readonly count: number;
    readonly reason: string;
    readonly waitsIn: string;
    readonly createdBy: string | null;
  }[];
}

const MAX_GROUPS = 20;
const GROUPS_SHOWN = 3;
const LABEL_WIDTH = 12;

export function describeCrash(crash: Crash): CrashAnswer {
  const { kind, headline, atMillis, origin, wantedBytes, inUseBytes } = crash;
  const dump = dumpOf(crash);
  const grouper = new GoroutineGrouper();
  grouper.addDump(dump);
  const groups = grouper.finish();
  return {
    kind,
    headline,
    atMillis,
    origin,
    wantedBytes,
    inUseBytes,
    goroutines: dump.goroutines.length,
    isTruncated: dump.isTruncated,
    groupCount: groups.length,
    groups: groups.slice(0, MAX_GROUPS).map(({ count, reason, waitsIn, createdBy }) => ({
      count,
      reason,
      waitsIn: placeOf(waitsIn),
      createdBy: createdBy && placeOf(createdBy),
    })),
  };
}

function placeOf({ function: name, file, line }: GoroutineGroup['waitsIn']): string {
  return file === '' ? name : `${name} (${file}:${line})`;
}

/** Ends without a newline. */
export function formatCrash(
  crash: CrashAnswer,
  style: Style,
  formatTime: (atMillis: number) => string,
): string {
  const row = (label: string, value: string) => `  ${label.padEnd(LABEL_WIDTH)} ${printable(value)}`;
  const title = crash.kind === 'signal' ? 'STACKS' : 'CRASH';
  const lines = [
    `${style('bad', title)}  ${style('heading', printable(crash.headline || 'goroutines in the log'))} ${style('faint', printable(crash.origin))}`.trimEnd(),
  ];
  if (crash.atMillis !== null) lines.push(row('when', formatTime(crash.atMillis)));
  if (crash.inUseBytes !== null) {
    const wanted =
      crash.wantedBytes === null ? '' : `; a block of ${formatBytes(crash.wantedBytes)} was asked for`;
    lines.push(row('heap', `${formatBytes(crash.inUseBytes)} in use${wanted}`));
  }
  const cut = crash.isTruncated ? ' at least: the dump is cut' : '';
  lines.push(row('goroutines', `${crash.goroutines} in ${crash.groupCount} groups${cut}`));
  for (const { count, reason, waitsIn, createdBy } of crash.groups.slice(0, GROUPS_SHOWN)) {
    lines.push(
      row('', `${count}x ${reason} in ${waitsIn}${createdBy === null ? '' : `, created by ${createdBy}`}`),
    );
  }
  return lines.join('\n');
}
