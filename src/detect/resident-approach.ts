// Resident memory that runs away from the live heap: fragmentation, memory of C, idle spans. The limit is on resident memory, so
// where that grows faster than the live heap accounts for, it is what the time to the limit is told by.
import { HOUR_MILLIS, MINUTE_MILLIS, type Bytes, type Millis } from '../base/units.ts';
import type { LiveFloor } from '../series/live-floor.ts';
import { pointsOfColumn, type Points } from '../series/points.ts';
import { correctedAutocorrelation } from '../series/stats/autocorrelation.ts';
import { fitLeastSquares } from '../series/stats/least-squares.ts';
import { median } from '../series/stats/quantiles.ts';
import { Interpolation } from '../series/work.ts';
import { constantConditions, forecastFrom } from './headroom.ts';
import type { Life } from './life.ts';
import type { Approach } from './time-to-exhaustion.ts';

export interface Pace {
  /** In the unit of the series. */
  readonly perHour: number;
  readonly error: number;
}

/** The excess is judged by the last day at most, and by an hour at least. */
const LONGEST_MILLIS: Millis = 24 * HOUR_MILLIS;
const SHORTEST_MILLIS: Millis = HOUR_MILLIS;
const FEWEST_POINTS = 12;
/** A start-up takes more per live byte than what follows: of a younger growth the newer part. */
const SETTLED_SHARE = 0.75;
/** What the live heap leaves unexplained must be worth this share of what it explains, ... */
const OUTGROWN_SHARE = 0.25;
/** ... for certain. */
const OUTGROWN_Z = 3;
/** And go on: the second half at this share of the whole. */
const STILL_GROWING = 0.5;
/** Points that are closer say the same twice. */
const POINTS_APART: Millis = MINUTE_MILLIS;

/**
 * The approach of resident memory itself to `limit`; null where the live heap accounts for its growth.
 *
 * @param pace of the live heap.
 * @param sinceMillis when its growth set in.
 */
export function approachByResident(
  life: Life,
  floor: LiveFloor,
  limit: Bytes,
  pace: Pace,
  sinceMillis: Millis,
): Approach | null {
  const cells = life.table.column('rssBytes');
  const rss = cells && pointsOfColumn(life.table.timeMillis, cells, life.rows);
  if (!rss || rss.value.length === 0) return null;
  const excess = measureExcess(life, rss, floor, sinceMillis);
  if (excess === null) return null;
  const explained = excess.perLiveByte * pace.perHour;
  const isOutgrown =
    excess.perHour - OUTGROWN_Z * excess.error > OUTGROWN_SHARE * Math.max(0, explained) && excess.goesOn;
  if (!isOutgrown) return null;
  const hoursUntil = forecastFrom(life, rss, constantConditions(life, limit), sinceMillis);
  return {
    resource: 'memory-limit',
    limit,
    headroom: limit - rss.value[rss.value.length - 1],
    ...(hoursUntil && { hoursUntil }),
    perHour: explained + excess.perHour,
    error: Math.hypot(excess.perLiveByte * pace.error, excess.error),
  };
}

interface Excess extends Pace {
  /** Resident bytes for each live one, as the window began. */
  readonly perLiveByte: number;
  readonly goesOn: boolean;
}

/** How fast resident memory grows beside what the live heap takes at its price as the window began. */
function measureExcess(life: Life, rss: Points, floor: LiveFloor, sinceMillis: Millis): Excess | null {
  const { atMillis, incarnation } = life;
  const grewFrom = Math.max(sinceMillis, incarnation.startMillis, floor.pacedFromMillis);
  const fromMillis = Math.max(atMillis - LONGEST_MILLIS, atMillis - SETTLED_SHARE * (atMillis - grewFrom));
  if (atMillis - fromMillis < SHORTEST_MILLIS) return null;
  const liveAt = new Interpolation(floor);
  const hours: number[] = [];
  const resident: number[] = [];
  const live: number[] = [];
  let lastMillis = -Infinity;
  for (let i = 0; i < rss.value.length; i++) {
    const at = rss.timeMillis[i];
    const alive = liveAt.at(at);
    if (at < fromMillis || at - lastMillis < POINTS_APART || !(alive > 0)) continue;
    lastMillis = at;
    hours.push((at - fromMillis) / HOUR_MILLIS);
    resident.push(rss.value[i]);
    live.push(alive);
  }
  const n = hours.length;
  if (n < FEWEST_POINTS) return null;
  const early = Math.max(4, n >> 2);
  const perLiveByte = Math.max(1, median(resident.slice(0, early)) / median(live.slice(0, early)));
  const left = Float64Array.from(resident, (bytes, i) => bytes - perLiveByte * live[i]);
  const times = Float64Array.from(hours);
  const whole = fitPace(times, left);
  const half = fitPace(times.slice(n >> 1), left.slice(n >> 1));
  if (whole === null || half === null) return null;
  return { ...whole, perLiveByte, goesOn: half.perHour >= STILL_GROWING * whole.perHour };
}

/** Straight line through values, its error for noise that is correlated; null with too few. */
export function fitPace(hours: Float64Array, values: Float64Array): Pace | null {
  const fit = fitLeastSquares([new Float64Array(hours.length).fill(1), hours], values);
  if (!fit) return null;
  const phi = correctedAutocorrelation(fit.residual, 2);
  return { perHour: fit.coefficient[1], error: fit.standardError[1] * Math.sqrt((1 + phi) / (1 - phi)) };
}
