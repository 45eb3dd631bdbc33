// Was the process that was killed the one that grew, or did it die for another?
import { formatBytes, formatDuration, type Bytes, type Millis } from '../base/units.ts';
import type { OomKill, OomTask } from '../parse/oom-log.ts';
import { describeParts, heldBytes, rssOf } from './oom-parts.ts';

/**
 * `leaker`: it grew, and held most. `victim`: the memory was somebody else's. `largest`: it held most; whether it grew is not
 * known. `unknown`: the log does not say who held what.
 */
export type OomRole = 'leaker' | 'victim' | 'largest' | 'unknown';

export interface RoleAnswer {
  readonly role: OomRole;
  readonly why: string;
}

/** Another one that holds so many times as much was rather to blame. */
const LARGER_SHARE = 1.5;
/** More than this share outside of all processes: nobody's heap filled the limit. */
const OUTSIDE_SHARE = 0.5;
/** Growth of a process between two tables that is more than noise of its working set. */
const GROWN_SHARE = 0.05;
const GROWN_BYTES: Bytes = 8 * 1024 * 1024;
/** Lives that are shorter end before anything can leak: it needs more than it is given, or gets a burst. */
const SHORTEST_LIFE: Millis = 10 * 60_000;
/** Standard deviation of the lives over their mean: leaks end after similar times. */
const REGULAR_SHARE = 0.5;
const FEWEST_LIVES = 3;

export interface LivesSeen {
  readonly lengthsMillis: readonly Millis[];
}

/**
 * @param earlier kills of the same group before this one, oldest first: their tables show who grew.
 * @param grows what a watch saw of the process: its growth is above zero; null = not watched.
 */
export function judgeRole(
  kill: OomKill,
  earlier: readonly OomKill[],
  lives: LivesSeen,
  grows: { readonly text: string; readonly isGrowing: boolean } | null,
): RoleAnswer {
  const { victim } = kill;
  if (victim === null) {
    const why =
      kill.toldBy === 'systemd'
        ? 'systemd tells that one of its processes was killed, the kernel log which and who held what'
        : 'the log ends before it says who was killed';
    return { role: 'unknown', why };
  }
  const held = heldBytes(kill);
  if (held === null)
    return { role: 'unknown', why: 'a kernel this old prints no sizes, and its table is not there' };
  const { usedBytes, outsideBytes } = describeParts(kill);
  const larger = largestOther(kill, held);
  if (larger !== null) return larger;
  if (usedBytes !== null && outsideBytes !== null && outsideBytes > OUTSIDE_SHARE * usedBytes) {
    const share = formatBytes(outsideBytes);
    return {
      role: 'victim',
      why: `${share} of ${formatBytes(usedBytes)} belonged to no process (tmpfs, page cache or the kernel)`,
    };
  }
  if (grows?.isGrowing)
    return { role: 'leaker', why: `it held most, and the watch saw it grow ${grows.text}` };
  const grown = grownBetween(kill, earlier);
  if (grown !== null) return grown;
  const sawtooth = judgeSawtooth(lives);
  if (sawtooth !== null) return sawtooth;
  if (kill.tasks.length === 0 && usedBytes === null) {
    return { role: 'unknown', why: 'the log has the line of the kill alone, without the table of processes' };
  }
  return {
    role: 'largest',
    why: `it held most (${formatBytes(held)})${grows ? `; the watch saw ${grows.text}` : ''}; one kill does not show whether it grew`,
  };
}

function largestOther(kill: OomKill, heldBytes: Bytes): RoleAnswer | null {
  const { victim } = kill;
  const own = kill.tasks.find(({ pid }) => pid === victim?.pid);
  const ownBytes = own ? rssOf(kill, own) : heldBytes;
  let largest: OomTask | null = null;
  for (const task of kill.tasks) {
    if (task.pid === victim?.pid) continue;
    if (largest === null || task.rssPages > largest.rssPages) largest = task;
  }
  if (largest === null || rssOf(kill, largest) < LARGER_SHARE * ownBytes) return null;
  const score = describeScores(own, largest);
  return {
    role: 'victim',
    why: `${largest.name} (${largest.pid}) held ${formatBytes(rssOf(kill, largest))}, this one ${formatBytes(ownBytes)}${score}`,
  };
}

function describeScores(own: OomTask | undefined, other: OomTask): string {
  if (!own || own.oomScoreAdj === null || other.oomScoreAdj === null) return '';
  if (own.oomScoreAdj <= other.oomScoreAdj) return '';
  return `; oom_score_adj ${own.oomScoreAdj} against ${other.oomScoreAdj} made the kernel choose it`;
}

/** The same process in an older table, when another one was killed. */
function grownBetween(kill: OomKill, earlier: readonly OomKill[]): RoleAnswer | null {
  const pid = kill.victim?.pid;
  const now = kill.tasks.find((task) => task.pid === pid);
  if (!now) return null;
  for (const before of earlier) {
    const then = before.tasks.find((task) => task.pid === pid && task.name === now.name);
    if (!then) continue;
    const grown = rssOf(kill, now) - rssOf(before, then);
    if (grown < GROWN_BYTES || grown < GROWN_SHARE * rssOf(before, then)) continue;
    const span =
      kill.atMillis !== null && before.atMillis !== null
        ? ` in ${formatDuration(kill.atMillis - before.atMillis)}`
        : '';
    return {
      role: 'leaker',
      why: `it held most, and ${formatBytes(grown)} more than at an earlier kill${span}`,
    };
  }
  return null;
}

function judgeSawtooth({ lengthsMillis }: LivesSeen): RoleAnswer | null {
  const count = lengthsMillis.length;
  if (count < FEWEST_LIVES) return null;
  const mean = lengthsMillis.reduce((total, life) => total + life, 0) / count;
  const variance = lengthsMillis.reduce((total, life) => total + (life - mean) ** 2, 0) / (count - 1);
  if (mean < SHORTEST_LIFE) {
    return {
      role: 'largest',
      why: `its ${count} lives lasted ${formatDuration(mean)} on average: it needs more than its limit from the start, or gets bursts`,
    };
  }
  if (Math.sqrt(variance) > REGULAR_SHARE * mean) return null;
  return {
    role: 'leaker',
    why: `it filled its limit in each of ${count} lives of about ${formatDuration(mean)}`,
  };
}
