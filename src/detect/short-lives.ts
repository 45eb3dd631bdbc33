// What would settle it, where the process ends before that can come: waiting is no advice then.
import { formatDuration, type Millis } from '../base/units.ts';
import type { Incarnation } from '../series/incarnations.ts';
import type { Assessment, ShortLives } from './assessment.ts';
import { LIVES_POOLED } from './repetition.ts';
import { SHORTEST_WATCH_MILLIS, WARM_UP_MILLIS } from './thresholds.ts';

/** One life that ended early is no rule. */
const FEWEST_LIVES = 2;

/** A life below this age says nothing, by itself or together with others. */
const YOUNGEST_JUDGED_MILLIS: Millis = WARM_UP_MILLIS + SHORTEST_WATCH_MILLIS;

/**
 * @param lives oldest first; the last one is under way.
 * @returns null where too few have ended, or this one lasts longer than they did.
 */
export function findShortLives(lives: readonly Incarnation[], atMillis: Millis): ShortLives | null {
  const recent = lives.slice(-1 - LIVES_POOLED);
  const ended = recent.length - 1;
  if (ended < FEWEST_LIVES) return null;
  const longestMillis = Math.max(
    ...recent.slice(1).map((life, i) => life.startMillis - recent[i].startMillis),
  );
  return atMillis - recent[ended].startMillis > longestMillis ? null : { ended, longestMillis };
}

/** What is needed, as far as a life as long as the last ones comes to it; where none does, nobody knows when, and that is said. */
export function neededOfLife({
  needed,
  shortLives,
  atMillis,
  incarnationStartMillis,
}: Pick<Assessment, 'needed' | 'shortLives' | 'atMillis' | 'incarnationStartMillis'>): Assessment['needed'] {
  if (needed === null || needed.millis === null || !shortLives) return needed;
  const { ended, longestMillis } = shortLives;
  const takes = atMillis - incarnationStartMillis + needed.millis;
  if (takes <= longestMillis) return needed;
  const ends = `the last ${ended} ended after ${formatDuration(longestMillis)} at most`;
  const what =
    longestMillis < YOUNGEST_JUDGED_MILLIS
      ? `a life of ${formatDuration(YOUNGEST_JUDGED_MILLIS)} and more: ${ends}, too early to be judged`
      : `a longer life: ${ends}, and this takes ${formatDuration(takes)} (${needed.what})`;
  return { what, millis: null };
}
