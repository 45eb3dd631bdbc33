// How much work the process has done: what load is measured by, and what work-driven leaks follow.
import type { Millis } from '../base/units.ts';
import type { GaugeTable } from './history.ts';
import { pointsOfColumn, type Points } from './points.ts';

export interface Work extends Points {
  /** requests, or CPU seconds where no request counter was recognised. */
  readonly source: 'requests' | 'cpu';
}

const POINTS_NEEDED = 3;

/**
 * Cumulative work since the first row of the range, starting at 0, never falling (a request counter that loses
 * a label set keeps its height). Null when neither requests nor CPU seconds are known, or nothing was done.
 */
export function computeWork(
  table: GaugeTable,
  rows: { readonly from: number; readonly to: number },
): Work | null {
  for (const [name, source] of [
    ['requestsTotal', 'requests'],
    ['cpuSecondsTotal', 'cpu'],
  ] as const) {
    const column = table.column(name);
    if (!column) continue;
    const points = pointsOfColumn(table.timeMillis, column, rows);
    if (points.value.length < POINTS_NEEDED) continue;
    const value = accumulate(points.value);
    if (value[value.length - 1] > 0) return { timeMillis: points.timeMillis, value, source };
  }
  return null;
}

function accumulate(counter: Float64Array): Float64Array {
  const sum = new Float64Array(counter.length);
  for (let i = 1; i < counter.length; i++) sum[i] = sum[i - 1] + Math.max(0, counter[i] - counter[i - 1]);
  return sum;
}

/** Value at a time by linear interpolation, held constant beyond both ends. NaN for no points. */
export function interpolateAt(points: Points, atMillis: Millis): number {
  const { timeMillis, value } = points;
  const n = timeMillis.length;
  if (n === 0) return NaN;
  if (atMillis <= timeMillis[0]) return value[0];
  if (atMillis >= timeMillis[n - 1]) return value[n - 1];
  let low = 0;
  let high = n - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (timeMillis[middle] <= atMillis) low = middle;
    else high = middle;
  }
  const share = (atMillis - timeMillis[low]) / (timeMillis[high] - timeMillis[low]);
  return value[low] + share * (value[high] - value[low]);
}
