// Ends of a target that a report tells: for memory as events say it, and of any kind as its cluster does.
import type { Millis } from '../base/units.ts';
import { KILLED_FOR_MEMORY, type Report } from '../model/report.ts';
import type { Mark } from '../model/status.ts';

export type Kills = NonNullable<Report['kills']>;

/** Ends of a process that are kept and listed; the oldest go. */
const MAX_KILLS = 100;

/** Kills for memory among these marks, oldest first. */
export function killsOf(
  marks: readonly Mark[],
  range: { readonly fromMillis: Millis; readonly toMillis: Millis },
): Kills {
  return joinKills(
    marks
      .filter(({ kind, at }) => kind === 'oom-kill' && at >= range.fromMillis && at <= range.toMillis)
      .map(({ at }) => ({ at, reason: KILLED_FOR_MEMORY })),
    [],
  );
}

/** All of them, oldest first; what both say of one instant is one. */
export function joinKills(some: Kills, others: Kills): Kills {
  const byTime = new Map([...some, ...others].map((kill) => [kill.at, kill]));
  return [...byTime.values()].sort((a, b) => a.at - b.at).slice(-MAX_KILLS);
}
