import { GAUGE_NAMES, type GaugeName, type GaugeReading } from '../base/gauges.ts';
import type { Millis } from '../base/units.ts';
import type { GaugeRows } from '../store/store.ts';
import { MAX_WAITING_ROWS } from './settings.ts';

interface WaitingRow {
  readonly atMillis: Millis;
  readonly reading: GaugeReading;
}

/**
 * Rows of one target on their way to the store. Bounded: while the store is away every second row of the older half
 * goes, so that an outage costs density, never memory.
 */
export class GaugeBuffer {
  #rows: WaitingRow[] = [];

  get length(): number {
    return this.#rows.length;
  }

  add(atMillis: Millis, reading: GaugeReading): void {
    this.#rows.push({ atMillis, reading });
    if (this.#rows.length <= MAX_WAITING_ROWS) return;
    const half = this.#rows.length >> 1;
    this.#rows = this.#rows.filter((_, row) => row >= half || row % 2 === 0);
  }

  /** Takes all rows out, merged by time; null when there are none. */
  take(): GaugeRows | null {
    const rows = mergeByTime(this.#rows);
    this.#rows = [];
    return rows.length === 0 ? null : toColumns(rows);
  }

  /** Puts rows back that could not be stored. */
  putBack(rows: GaugeRows): void {
    this.#rows = [...toWaiting(rows), ...this.#rows];
  }
}

function mergeByTime(rows: readonly WaitingRow[]): WaitingRow[] {
  const byTime = new Map<Millis, GaugeReading>();
  for (const { atMillis, reading } of rows) byTime.set(atMillis, { ...byTime.get(atMillis), ...reading });
  return [...byTime].sort(([a], [b]) => a - b).map(([atMillis, reading]) => ({ atMillis, reading }));
}

function toColumns(rows: readonly WaitingRow[]): GaugeRows {
  const columns = new Map<GaugeName, Float64Array>();
  rows.forEach(({ reading }, row) => {
    for (const name of GAUGE_NAMES) {
      const value = reading[name];
      if (value === undefined) continue;
      let column = columns.get(name);
      if (!column) columns.set(name, (column = new Float64Array(rows.length).fill(Number.NaN)));
      column[row] = value;
    }
  });
  return { timeMillis: Float64Array.from(rows, (row) => row.atMillis), columns };
}

function toWaiting(rows: GaugeRows): WaitingRow[] {
  return Array.from(rows.timeMillis, (atMillis, row) => ({ atMillis, reading: readingAt(rows, row) }));
}

/** One row of stored gauges as a reading. */
export function readingAt(rows: GaugeRows, row: number): GaugeReading {
  const reading: GaugeReading = {};
  for (const [name, column] of rows.columns) {
    const value = column[row];
    if (value !== undefined && !Number.isNaN(value)) reading[name] = value;
  }
  return reading;
}
