// The early lane: a limit comes near, whatever the verdict. detection-science 3.3 and 3.8.
import { HOUR_MILLIS, type Millis } from '../base/units.ts';
import type { Growth, TimeToExhaustion } from '../model/finding.ts';
import { normalQuantile } from '../series/stats/distributions.ts';
import type { LiveFloor } from '../series/live-floor.ts';
import { median, quantile } from '../series/stats/quantiles.ts';
import { Interpolation, interpolateAt } from '../series/work.ts';
import { pointsOfColumn, type Points } from '../series/points.ts';
import { constantConditions, forecastFrom, liveHeapConditions, type Condition } from './headroom.ts';
import type { Life } from './life.ts';
import type { GoroutineCost, Lane, LaneAssessment } from './assessment.ts';
import { residentEach } from './bytes-each.ts';
import { approachByResident, fitPace, type Pace } from './resident-approach.ts';
import {
  capacityInLiveHeap,
  earliestExhaustion,
  EXHAUSTION_CONFIDENCE,
  EXHAUSTION_WIDENING,
  MAX_THREADS,
  type Approach,
  type Overhead,
} from './time-to-exhaustion.ts';

/** r is taken over this long. */
const AMPLIFICATION_MILLIS: Millis = 6 * HOUR_MILLIS;
const AMPLIFICATION_QUANTILE = 0.97;
/** The early lane looks at this much, or at so many points where they are sparse. */
const EARLY_MILLIS: Millis = HOUR_MILLIS;
const EARLY_POINTS = 8;
/** More than this share of the resource in use. */
const EARLY_USE = 0.5;
const EARLY_FORECAST_MILLIS: Millis = 4 * HOUR_MILLIS;
const YOUNG_FORECAST_MILLIS: Millis = HOUR_MILLIS;
const YOUNG_MILLIS: Millis = 2 * HOUR_MILLIS;
/** The second half still rises at this share of the whole slope: a start-up that flattens does not. */
const STILL_RISING = 0.5;
/** GOMEMLIMIT counts spans, stacks and metadata beside live bytes: about a tenth on top. */
const SOFT_LIMIT_OVERHEAD = 1.1;

/** GOMEMLIMIT is math.MaxInt64 when there is none. */
const NO_SOFT_LIMIT = 2 ** 60;

interface Resource {
  readonly lane: Lane;
  readonly resource: TimeToExhaustion['resource'];
  /** Of the resource itself: bytes of RSS, or a count. */
  readonly limit: number;
  /** The same in the space of the series. */
  readonly capacity: number;
  readonly points: Points;
  /** `capacity` under the conditions of the last day, given the stacks that grow with each live byte. */
  readonly conditions: (stacksPerLiveByte: number) => readonly Condition[];
}

export interface Exhaustion {
  readonly exhaustion: TimeToExhaustion | null;
  readonly isExhausting: boolean;
}

/**
 * Forecast from the lanes' fitted growth where it is established (leak, or not yet decidable), else from the last
 * hour where the early lane fires.
 */
export function findExhaustion(
  life: Life,
  lanes: readonly LaneAssessment[],
  goroutineCost: GoroutineCost | null,
): Exhaustion {
  const approaches: Approach[] = [];
  let isExhausting = false;
  for (const resource of listResources(life)) {
    const lane = lanes.find((candidate) => candidate.lane === resource.lane);
    const early = lookEarly(life, resource);
    if (early) isExhausting = true;
    const isGrowing = lane?.growth && (lane.verdict === 'leak' || lane.isSuspect);
    const pace = isGrowing ? paceOf(lane, lane.growth) : early;
    const sinceMillis = isGrowing
      ? (lane.onsetAtMillis ?? life.incarnation.startMillis)
      : life.atMillis - EARLY_MILLIS;
    if (!pace) continue;
    const conditions = resource.conditions(stacksPerLiveByte(life, lanes));
    const hoursUntil = forecastFrom(life, resource.points, conditions, sinceMillis);
    approaches.push({
      resource: resource.resource,
      limit: resource.limit,
      headroom: resource.capacity - interpolateAt(resource.points, life.atMillis),
      ...(hoursUntil && { hoursUntil }),
      ...pace,
    });
    if (isGrowing && resource.lane === 'heap' && resource.resource === 'memory-limit' && life.floor) {
      const outgrown = approachByResident(life, life.floor, resource.limit, pace, sinceMillis);
      if (outgrown !== null) approaches.push(outgrown);
    }
  }
  if (!approaches.some(({ resource }) => resource === 'memory-limit')) {
    approaches.push(...approachByGoroutines(life, lanes, goroutineCost));
  }
  return { exhaustion: earliestExhaustion(life.atMillis, approaches), isExhausting };
}

/**
 * Goroutines that leak take their stacks, and what they hold, from the same limit; the live heap need not show it among
 * all else that it does.
 */
function approachByGoroutines(
  life: Life,
  lanes: readonly LaneAssessment[],
  cost: GoroutineCost | null,
): Approach[] {
  const limit = life.memoryLimitBytes;
  const lane = lanes.find((candidate) => candidate.lane === 'goroutine');
  const growth = lane?.growth ?? null;
  if (limit === null || growth === null || !(growth.low > 0)) return [];
  if (!(lane?.verdict === 'leak' || lane?.isSuspect)) return [];
  const cells = life.table.column('rssBytes');
  const points = cells && pointsOfColumn(life.table.timeMillis, cells, life.rows);
  if (!points || points.value.length === 0) return [];
  const each = residentEach(cost ?? NOTHING_MEASURED);
  const perHour = growth.perHour * each.value;
  const sinceMillis = lane?.onsetAtMillis ?? life.incarnation.startMillis;
  const hoursUntil = forecastFrom(life, points, constantConditions(life, limit), sinceMillis);
  return [
    {
      resource: 'memory-limit',
      limit,
      headroom: limit - points.value[points.value.length - 1],
      ...(hoursUntil && { hoursUntil }),
      perHour,
      error: standardError(growth) * each.value,
      range: { low: growth.low * each.low, high: growth.high * each.high },
    },
  ];
}

const NOTHING_MEASURED: GoroutineCost = { stack: null, resident: null, stackInFloor: 0 };

/** Work of late beyond this factor of before: what grew lately says something about the load. */
const SAME_WORK_FACTOR = 1.5;

/** Standard errors from the rate to the end of the forecast's interval. */
const REACH = EXHAUSTION_WIDENING * normalQuantile(0.5 + EXHAUSTION_CONFIDENCE / 2);

/** As fitted, unless the last quarter shows another rate for certain: leaks accelerate, and caches of keys tire. */
function paceOf({ recent }: LaneAssessment, growth: Growth): Pace {
  const fitted = { perHour: growth.perHour, error: standardError(growth) };
  if (!recent) return fitted;
  const work = recent.workShare ?? 1;
  const isSameWork = work < SAME_WORK_FACTOR && work > 1 / SAME_WORK_FACTOR;
  const isOther = recent.low > growth.high || (recent.high < growth.low && recent.low > 0);
  if (!isSameWork) return fitted;
  const error = (recent.high - recent.low) / 4;
  if (isOther) return { perHour: recent.perHour, error };
  // What is not certain widens the interval, up to where it lies.
  const apart = Math.max(0, Math.abs(recent.perHour - fitted.perHour) - error);
  return { ...fitted, error: Math.max(fitted.error, apart / REACH) };
}

/** Goroutines that leak grow their stacks beside the heap that they hold. */
function stacksPerLiveByte({ table, rows }: Life, lanes: readonly LaneAssessment[]): number {
  const heap = lanes.find(({ lane }) => lane === 'heap')?.growth ?? null;
  const lane = lanes.find(({ lane: name }) => name === 'goroutine');
  const stacks = lastCell(table.column('stackInuseBytes'), rows);
  const goroutines = lastCell(table.column('goroutines'), rows);
  if (!heap || !lane?.growth || !(lane.verdict === 'leak' || lane.isSuspect)) return 0;
  if (stacks === null || !goroutines || !(heap.perHour > 0)) return 0;
  return Math.max(0, ((stacks / goroutines) * lane.growth.perHour) / heap.perHour);
}

function lastCell(column: Float64Array | null, rows: Life['rows']): number | null {
  for (let row = rows.to - 1; column && row >= rows.from; row--) {
    if (!Number.isNaN(column[row])) return column[row];
  }
  return null;
}

function standardError(growth: Growth): number {
  return (growth.high - growth.low) / 2 / normalQuantile(0.5 + growth.confidence / 2);
}

function listResources(life: Life): Resource[] {
  const { table, rows, floor, memoryLimitBytes } = life;
  const found: Resource[] = [];
  const column = (name: Parameters<typeof table.column>[0]): Points | null => {
    const cells = table.column(name);
    const points = cells && pointsOfColumn(table.timeMillis, cells, rows);
    return points && points.value.length > 0 ? points : null;
  };
  const constant = (capacity: number) => () => constantConditions(life, capacity);
  const soft = lastValue(column('goMemLimitBytes'));
  const told = soft !== null && soft < NO_SOFT_LIMIT ? soft : null;
  const hidden = floor?.hiddenLimitBytes ?? null;
  const softBytes = told ?? hidden;
  const rss = column('rssBytes');
  if (rss && memoryLimitBytes !== null) {
    const limit = memoryLimitBytes;
    if (floor && floor.value.length > 0) {
      const capacity = capacityInLiveHeap(limit, measureOverhead(life, floor));
      const conditions = (stacks: number) =>
        liveHeapConditions(life, floor, { bytes: limit, softBytes }, stacks);
      found.push({ lane: 'heap', resource: 'memory-limit', limit, capacity, points: floor, conditions });
    }
    // What grows outside Go costs one byte of RSS each.
    found.push({
      lane: 'native',
      resource: 'memory-limit',
      limit,
      capacity: limit,
      points: rss,
      conditions: constant(limit),
    });
  }
  if (softBytes !== null && floor && floor.value.length > 0) {
    // A limit that shows by the goal that stands below it has taken off all that is not live.
    const capacity = told === null ? softBytes : softBytes / SOFT_LIMIT_OVERHEAD;
    const conditions = constant(capacity);
    found.push({
      lane: 'heap',
      resource: 'gomemlimit',
      limit: softBytes,
      capacity,
      points: floor,
      conditions,
    });
  }
  const fds = column('openFds');
  const maxFds = lastValue(column('maxFds'));
  if (fds && maxFds !== null) {
    found.push({
      lane: 'fd',
      resource: 'max-fds',
      limit: maxFds,
      capacity: maxFds,
      points: fds,
      conditions: constant(maxFds),
    });
  }
  const threads = column('threads');
  if (threads) {
    const capacity = MAX_THREADS;
    const conditions = constant(capacity);
    found.push({
      lane: 'thread',
      resource: 'max-threads',
      limit: capacity,
      capacity,
      points: threads,
      conditions,
    });
  }
  return found;
}

function lastValue(points: Points | null): number | null {
  return points ? points.value[points.value.length - 1] : null;
}

/**
 * What RSS holds besides the heap (binary, stacks, native), and how many bytes of resident heap a live byte has lately cost:
 * garbage, fragmentation, idle spans. Taken apart, because the first does not grow with the live heap.
 */
function measureOverhead(life: Life, floor: LiveFloor): Overhead {
  const { table, rows, atMillis } = life;
  const { timeMillis } = table;
  const rss = table.column('rssBytes');
  const inUse = table.column('heapInuseBytes');
  const idle = table.column('heapIdleBytes');
  const released = table.column('heapReleasedBytes');
  const liveAt = new Interpolation(floor);
  const ratios: number[] = [];
  const beside: number[] = [];
  for (let row = rows.to - 1; rss && row >= rows.from; row--) {
    if (timeMillis[row] < atMillis - AMPLIFICATION_MILLIS) break;
    const live = liveAt.at(timeMillis[row]);
    if (Number.isNaN(rss[row]) || !(live > 0)) continue;
    const heap = inUse && idle && released ? inUse[row] + idle[row] - released[row] : rss[row];
    if (Number.isNaN(heap)) continue;
    ratios.push(Math.min(heap, rss[row]) / live);
    beside.push(Math.max(0, rss[row] - heap));
  }
  if (ratios.length === 0) return { amplification: 1, besideBytes: 0 };
  // The newer half: a start-up costs more per live byte than what follows.
  const newer = Math.max(Math.ceil(ratios.length / 2), Math.min(ratios.length, EARLY_POINTS));
  return {
    amplification: quantile(ratios.slice(0, newer), AMPLIFICATION_QUANTILE),
    besideBytes: median(beside.slice(0, newer)),
  };
}

/** Slope of the last hour when all conditions of the early lane hold, else null. */
function lookEarly(life: Life, resource: Resource): Pace | null {
  const { timeMillis, value } = resource.points;
  const n = timeMillis.length;
  let first = n;
  while (first > 0 && (timeMillis[first - 1] >= life.atMillis - EARLY_MILLIS || n - first < EARLY_POINTS))
    first--;
  const count = n - first;
  if (count < EARLY_POINTS) return null;
  if (timeMillis[n - 1] - timeMillis[first] < EARLY_MILLIS / 2) return null;
  const whole = slopeOf(timeMillis.subarray(first), value.subarray(first));
  const half = slopeOf(timeMillis.subarray(first + (count >> 1)), value.subarray(first + (count >> 1)));
  if (!whole || !half) return null;
  const now = value[n - 1];
  const low = whole.perHour - 2 * whole.error;
  const high = whole.perHour + 2 * whole.error;
  const isYoung = life.atMillis - life.incarnation.startMillis < YOUNG_MILLIS;
  const soon = isYoung ? YOUNG_FORECAST_MILLIS : EARLY_FORECAST_MILLIS;
  const earliest = ((resource.capacity - now) / Math.max(high, 1e-9)) * HOUR_MILLIS;
  const fires =
    low > 0 &&
    half.perHour >= STILL_RISING * whole.perHour &&
    now > EARLY_USE * resource.capacity &&
    earliest < soon;
  return fires ? whole : null;
}

function slopeOf(timeMillis: Float64Array, value: Float64Array): Pace | null {
  const hours = timeMillis.map((at) => (at - timeMillis[0]) / HOUR_MILLIS);
  return fitPace(hours, value);
}
