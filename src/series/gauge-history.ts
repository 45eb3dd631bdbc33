import type { GaugeName, GaugeReading } from '../base/gauges.ts';
import { GAUGE_NAMES } from '../base/gauges.ts';
import type { Millis } from '../base/units.ts';
import type { GaugeTable } from './history.ts';

/**
 * Most rows that are kept: 12 h of 15 s scrapes at full density, 10 days of 5 min scrapes. A row costs 8 bytes
 * per gauge that was ever seen (20 to 40 of them), so a full history takes 0.5 to 1 MB.
 */
export const GAUGE_ROWS_BOUND = 2880;

/**
 * Readings of one round (metrics, then /proc) are asked for a few ms apart; with a time scale of 60 that is up
 * to some seconds of virtual time. Far below any scrape interval.
 */
export const ROUND_TOLERANCE_MILLIS = 5000;

const FIRST_ROWS = 64;

/** What became of a reading. `refused` = older than the last row: a clock jump, which is the caller's matter. */
export type AppendOutcome = 'appended' | 'merged' | 'refused';

/**
 * One target's gauges as columns that grow, oldest row first; one row is one round of scraping. Columns exist
 * only for gauges that were seen; NaN = not known at that time.
 *
 * Bounded: when a row would exceed `GAUGE_ROWS_BOUND` every second row of the older half goes (never the first row), so old
 * data gets coarser by halves and recent data stays dense. Depends on nothing but what was appended: the
 * same readings give the same rows.
 *
 *     append(t=0,   {goroutines: 10, rssBytes: 5e6})     -> appended, row 0
 *     append(t=2,   {rssAnonBytes: 4e6})                 -> merged into row 0 (same round)
 *     append(t=15e3,{goroutines: 11})                    -> appended, row 1, rssBytes NaN
 */
export class GaugeHistory implements GaugeTable {
  #length = 0;
  #capacity = FIRST_ROWS;
  #time = new Float64Array(FIRST_ROWS);
  readonly #columns = new Map<GaugeName, Float64Array>();

  /**
   * A history whose rows are known at once. `timeMillis` rises. Beyond the bound rows are left out, the older the
   * more, as when they come one by one. The arrays become the history's own.
   */
  static adopt(
    timeMillis: Float64Array<ArrayBuffer>,
    columns: ReadonlyMap<GaugeName, Float64Array<ArrayBuffer>>,
  ): GaugeHistory {
    const history = new GaugeHistory();
    if (timeMillis.length === 0) return history;
    history.#time = timeMillis;
    history.#length = timeMillis.length;
    for (const [name, column] of columns) history.#columns.set(name, column);
    while (history.#length > GAUGE_ROWS_BOUND) history.#thin();
    history.#capacity = Math.min(GAUGE_ROWS_BOUND, timeMillis.length);
    if (timeMillis.length > GAUGE_ROWS_BOUND) history.#shrink();
    return history;
  }

  get length(): number {
    return this.#length;
  }

  /** A view that is only valid until the next append. */
  get timeMillis(): Float64Array {
    return this.#time.subarray(0, this.#length);
  }

  /** A view that is only valid until the next append; null when this gauge was never seen. */
  column(name: GaugeName): Float64Array | null {
    return this.#columns.get(name)?.subarray(0, this.#length) ?? null;
  }

  append(atMillis: Millis, reading: GaugeReading): AppendOutcome {
    const last = this.#length - 1;
    if (last >= 0) {
      const since = atMillis - this.#time[last];
      const isSameRound =
        since === 0 || (Math.abs(since) <= ROUND_TOLERANCE_MILLIS && !this.#isAlreadyThere(last, reading));
      if (isSameRound) {
        this.#write(last, reading);
        return 'merged';
      }
      if (!(since > 0)) return 'refused';
    }
    if (!Number.isFinite(atMillis)) return 'refused';
    if (this.#length === GAUGE_ROWS_BOUND) this.#thin();
    if (this.#length === this.#capacity) this.#grow();
    this.#time[this.#length++] = atMillis;
    this.#write(this.#length - 1, reading);
    return 'appended';
  }

  /** Rows with fromMillis <= time <= toMillis, copied: stays valid while this history grows. */
  slice(fromMillis: Millis, toMillis: Millis): GaugeTable {
    const from = lowerBound(this.timeMillis, fromMillis);
    let to = from;
    while (to < this.#length && this.#time[to] <= toMillis) to++;
    const columns = new Map<GaugeName, Float64Array>();
    for (const [name, column] of this.#columns) columns.set(name, column.slice(from, to));
    return {
      length: to - from,
      timeMillis: this.#time.slice(from, to),
      column: (name) => columns.get(name) ?? null,
    };
  }

  /** A second answer of the same source starts a new row, however soon it comes: most of its gauges are there. */
  #isAlreadyThere(row: number, reading: GaugeReading): boolean {
    let there = 0;
    let all = 0;
    for (const name of GAUGE_NAMES) {
      if (!Number.isFinite(reading[name] ?? NaN)) continue;
      all++;
      const column = this.#columns.get(name);
      if (column && !Number.isNaN(column[row])) there++;
    }
    return 2 * there > all;
  }

  #write(row: number, reading: GaugeReading): void {
    for (const name of GAUGE_NAMES) {
      const value = reading[name];
      if (value === undefined || !Number.isFinite(value)) continue;
      let column = this.#columns.get(name);
      if (!column) {
        column = new Float64Array(this.#capacity).fill(NaN);
        this.#columns.set(name, column);
      }
      column[row] = value;
    }
  }

  #grow(): void {
    this.#capacity = Math.min(this.#capacity * 2, GAUGE_ROWS_BOUND);
    const time = new Float64Array(this.#capacity);
    time.set(this.#time);
    this.#time = time;
    for (const [name, column] of this.#columns) {
      const grown = new Float64Array(this.#capacity).fill(NaN);
      grown.set(column);
      this.#columns.set(name, grown);
    }
  }

  #shrink(): void {
    this.#time = this.#time.slice(0, this.#capacity);
    for (const [name, column] of this.#columns) this.#columns.set(name, column.slice(0, this.#capacity));
  }

  #thin(): void {
    const half = this.#length >> 1;
    const kept: number[] = [];
    for (let row = 0; row < this.#length; row++) if (row >= half || row % 2 === 0) kept.push(row);
    const columns = [this.#time, ...this.#columns.values()];
    for (const column of columns) {
      for (let to = 0; to < kept.length; to++) column[to] = column[kept[to]];
      column.fill(NaN, kept.length);
    }
    this.#length = kept.length;
  }
}

/** First row whose cell is >= value, in an ascending column; the length when there is none. */
export function lowerBound(ascending: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
