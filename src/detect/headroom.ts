// How much room is left below a limit, in the space of the series that grows: under the conditions of every scrape of the
// last day, because the limit is met under the worst of them.
import { DAY_MILLIS, HOUR_MILLIS, MINUTE_MILLIS, type Bytes, type Millis } from '../base/units.ts';
import type { LiveFloor } from '../series/live-floor.ts';
import type { Points } from '../series/points.ts';
import { quantile } from '../series/stats/quantiles.ts';
import { Interpolation } from '../series/work.ts';
import type { Life } from './life.ts';

/** Conditions are those of the last day: load, and with it garbage, has a daily rhythm. */
const CONDITIONS_MILLIS: Millis = DAY_MILLIS;
/** A start-up costs more per live byte than what follows: of a younger life the newer part. */
const SETTLED_SHARE = 0.75;
/** Scrapes looked at, evenly thinned: quantiles of more do not differ. */
const MAX_CONDITIONS = 720;
/**
 * The limit is met under the worst conditions first. Which quantile that is: a spike of one scrape does not count, and of
 * a part of a day the worst are not known.
 */
const QUANTILE_OF_DAY = { least: 0, expected: 0.02, most: 0.1 };
const QUANTILE = { least: 0, expected: 0.05, most: 0.4 };
/** The peak of another day differs from the last one's by about this share of a day's swing. */
const SWING_SHARE = 0.25;
/** runtime/proc.go: forcegcperiod. What is allocated in between is all the garbage there can be. */
const FORCED_GC_MILLIS: Millis = 2 * MINUTE_MILLIS;

/** What a series may grow to under the conditions of one scrape, and where it stood. */
export interface Condition {
  readonly atMillis: Millis;
  readonly capacity: number;
}

/** How surely: `least` is under the worst conditions, at any hour. */
export type Likelihood = 'least' | 'expected' | 'most';

/** Hours from now until the limit, for a rate in the series' unit per hour. */
export type HoursUntil = (perHour: number, likelihood: Likelihood) => number;

/**
 * The coming days are like the last one: under the conditions of each scrape the limit is met when enough has grown since,
 * and where a whole day is known only at that hour of a day. Null without a point.
 */
export function forecastFrom(
  life: Life,
  points: Points,
  conditions: readonly Condition[],
  onsetMillis: Millis,
): HoursUntil | null {
  const stood = new Interpolation(points);
  const timeMillis = new Float64Array(conditions.length);
  const rooms = new Float64Array(conditions.length);
  let count = 0;
  for (const { atMillis, capacity } of conditions) {
    const room = capacity - stood.at(atMillis);
    if (!Number.isFinite(room)) continue;
    timeMillis[count] = atMillis;
    rooms[count++] = room;
  }
  if (count === 0) return null;
  const now = life.atMillis;
  const isWholeDay = ageOf(life) >= CONDITIONS_MILLIS;
  const swingOf = (perHour: number): number => {
    const level = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      level[i] = rooms[i] - (perHour * (now - Math.max(timeMillis[i], onsetMillis))) / HOUR_MILLIS;
    }
    return quantile(level, 0.95) - quantile(level, 0.05);
  };
  return (perHour, likelihood) => {
    const more = likelihood === 'most' ? SWING_SHARE * swingOf(perHour) : 0;
    const isThisHour = isWholeDay && likelihood !== 'least';
    const hours = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const atMillis = timeMillis[i];
      const grownAt = Math.max(atMillis, onsetMillis) + ((rooms[i] + more) / perHour) * HOUR_MILLIS;
      const days = Math.max(1, Math.ceil((grownAt - atMillis) / DAY_MILLIS));
      const met = isThisHour ? atMillis + days * DAY_MILLIS : grownAt;
      hours[i] = Math.max(0, met - now) / HOUR_MILLIS;
    }
    return quantile(hours, (isWholeDay ? QUANTILE_OF_DAY : QUANTILE)[likelihood]);
  };
}

/** Of this life, as far as it was seen. */
function ageOf({ table, rows, atMillis, incarnation }: Life): Millis {
  return atMillis - Math.max(incarnation.startMillis, table.timeMillis[rows.from]);
}

/** Rows of the life that stand for what is to come, newest last. */
function listRows(life: Life): number[] {
  const { table, rows, atMillis } = life;
  const from = atMillis - Math.min(CONDITIONS_MILLIS, SETTLED_SHARE * ageOf(life));
  let first = rows.to - 1;
  while (first > rows.from && table.timeMillis[first - 1] >= from) first--;
  const stride = Math.max(1, Math.ceil((rows.to - first) / MAX_CONDITIONS));
  const found: number[] = [];
  for (let row = rows.to - 1; row >= first; row -= stride) found.push(row);
  return found.reverse();
}

/** For a series that is itself limited: a count, or resident memory. */
export function constantConditions(life: Life, capacity: number): Condition[] {
  return listRows(life).map((row) => ({ atMillis: life.table.timeMillis[row], capacity }));
}

/**
 * The live heap that fits under a limit on RSS. A heap of L live bytes is resident as the smaller of what the collector lets it
 * grow to and L plus all that is allocated until a collection is forced, times what fragmentation and idle spans add; a
 * soft limit keeps garbage below it for as long as live bytes allow. `stackShare`: stacks that grow with each live byte.
 */
export function liveHeapConditions(
  life: Life,
  floor: LiveFloor,
  limit: { readonly bytes: Bytes; readonly softBytes: Bytes | null },
  stackShare: number,
): Condition[] {
  const { table } = life;
  const rss = table.column('rssBytes');
  const inUse = table.column('heapInuseBytes');
  const idle = table.column('heapIdleBytes');
  const released = table.column('heapReleasedBytes');
  const goal = table.column('nextGcBytes');
  const liveAt = new Interpolation(floor);
  const found: Condition[] = [];
  for (const row of listRows(life)) {
    const atMillis = table.timeMillis[row];
    // Another GOGC is another world.
    if (atMillis < floor.pacedFromMillis) continue;
    const live = liveAt.at(atMillis);
    if (!rss || Number.isNaN(rss[row]) || !(live > 0)) continue;
    const heap = inUse && idle && released ? inUse[row] + idle[row] - released[row] : rss[row];
    if (Number.isNaN(heap)) continue;
    const resident = Math.max(live, Math.min(heap, rss[row]));
    const beside = rss[row] - resident - stackShare * live;
    const allocated = allocatedUntilForced(life, row);
    const isGoalKnown = goal !== null && goal[row] > live && Number.isFinite(allocated);
    const byGoal = isGoalKnown ? goal[row] / live : resident / live;
    const waste = isGoalKnown ? Math.max(1, resident / Math.min(byGoal * live, live + allocated)) : 1;
    const room = limit.bytes - beside;
    const fits = (perLive: number, more: Bytes): Bytes =>
      (room - waste * more) / (waste * perLive + stackShare);
    const capacity = Math.max(
      fits(byGoal, 0),
      isGoalKnown ? fits(1, allocated) : -Infinity,
      limit.softBytes !== null && limit.softBytes < limit.bytes ? fits(1, 0) : -Infinity,
    );
    found.push({ atMillis, capacity });
  }
  return found;
}

/** At the pace of the time before this row; Infinity where it is not known. */
function allocatedUntilForced({ table, rows }: Life, row: number): Bytes {
  const total = table.column('allocatedBytesTotal');
  if (!total || Number.isNaN(total[row])) return Infinity;
  const at = table.timeMillis[row];
  for (let before = row - 1; before >= rows.from; before--) {
    const elapsed = at - table.timeMillis[before];
    if (elapsed < FORCED_GC_MILLIS || Number.isNaN(total[before])) continue;
    const allocated = total[row] - total[before];
    return allocated >= 0 ? (allocated * FORCED_GC_MILLIS) / elapsed : Infinity;
  }
  return Infinity;
}
