// Memory in plain numbers for plain thresholds: no model, no interval, no verdict.
import { HOUR_MILLIS, type Millis } from '../base/units.ts';
import type { PlainMeasures } from '../model/threshold.ts';
import { lowerBound } from './gauge-history.ts';
import type { GaugeTable } from './history.ts';
import { findIncarnations } from './incarnations.ts';
import { computeLiveFloor } from './live-floor.ts';
import { computeNativeBytes } from './native-bytes.ts';
import type { Points } from './points.ts';
import { median } from './stats/quantiles.ts';

/** Of the window, at each end: one value may have been scraped at a bad moment. */
const END_SHARE = 6;

/** Of the newest life, up to `atMillis`; null where nothing was measured in the window. */
export function measurePlainly(
  table: GaugeTable,
  windowMillis: Millis,
  atMillis: Millis,
): PlainMeasures | null {
  const life = findIncarnations(table).at(-1);
  if (life === undefined) return null;
  const rows = { from: life.firstRow, to: life.endRow };
  const newest = table.timeMillis[life.endRow - 1] ?? -Infinity;
  if (atMillis - newest > windowMillis) return null;
  const endMillis = windowMillis / END_SHARE;
  const native = computeNativeBytes(table, rows);
  const nativeBytes = native && middleOf(native, newest - endMillis, newest)?.value;
  return {
    growth: growthOf(computeLiveFloor(table, rows), newest, windowMillis),
    nativeBytes: nativeBytes === undefined || nativeBytes === null ? null : Math.max(0, nativeBytes),
  };
}

function growthOf(floor: Points | null, newest: Millis, windowMillis: Millis): PlainMeasures['growth'] {
  if (floor === null) return null;
  const [start, endMillis] = [newest - windowMillis, windowMillis / END_SHARE];
  // What a process fills when it starts is no growth of an hour.
  if ((floor.timeMillis[0] ?? Infinity) > start + endMillis) return null;
  const before = middleOf(floor, start, start + endMillis);
  const now = middleOf(floor, newest - endMillis, newest);
  if (before === null || now === null || before.value <= 0) return null;
  const hours = (now.atMillis - before.atMillis) / HOUR_MILLIS;
  const grown = now.value - before.value;
  return hours <= 0 ? null : { percent: (100 * grown) / before.value, bytesPerHour: grown / hours };
}

/** Median of times and of values in a range; where a GC cycle takes longer than it, the value that held at its end. */
function middleOf(points: Points, from: Millis, to: Millis): { atMillis: Millis; value: number } | null {
  const [first, end] = [lowerBound(points.timeMillis, from), lowerBound(points.timeMillis, to + 1)];
  if (end > first)
    return {
      atMillis: median(points.timeMillis.slice(first, end)),
      value: median(points.value.slice(first, end)),
    };
  const value = points.value[end - 1];
  return value === undefined ? null : { atMillis: to, value };
}
