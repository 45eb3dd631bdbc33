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
  return new Interpolation(points).at(atMillis);
}

/** `interpolateAt` for many times: each search begins where the one before ended. */
export class Interpolation {
  readonly #time: Float64Array;
  readonly #value: Float64Array;
  /** Of the interval found last. */
  #low = 0;

  constructor({ timeMillis, value }: Points) {
    this.#time = timeMillis;
    this.#value = value;
  }

  at(atMillis: Millis): number {
    const time = this.#time;
    const value = this.#value;
    const n = time.length;
    if (n === 0) return NaN;
    if (atMillis <= time[0]) return value[0];
    if (atMillis >= time[n - 1]) return value[n - 1];
    const low = this.#find(atMillis);
    this.#low = low;
    const share = (atMillis - time[low]) / (time[low + 1] - time[low]);
    return value[low] + share * (value[low + 1] - value[low]);
  }

  /** Last index whose time is not after `atMillis`, which lies within the points: strides that double, then halve. */
  #find(atMillis: Millis): number {
    const time = this.#time;
    let low = this.#low;
    let high = time.length - 1;
    let stride = 1;
    if (time[low] <= atMillis) {
      while (low + stride < high && time[low + stride] <= atMillis) {
        low += stride;
        stride *= 2;
      }
      high = Math.min(high, low + stride);
    } else {
      high = low;
      while (high - stride > 0 && time[high - stride] > atMillis) {
        high -= stride;
        stride *= 2;
      }
      low = Math.max(0, high - stride);
    }
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (time[middle] <= atMillis) low = middle;
      else high = middle;
    }
    return low;
  }
}
