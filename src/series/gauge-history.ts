import { GAUGE_NAMES, type GaugeName, type GaugeReading } from '../base/gauges.ts';
import type { Millis } from '../base/units.ts';
import { JUDGED_GAUGES, isJudged, type GaugeTable, type JudgedGauge, type NewestRow } from './history.ts';
import { findIncarnations } from './incarnations.ts';
import { PACKED_ROWS_BOUND, packRows, unpackColumn, type CloseTo, type PackedRows } from './packed-rows.ts';
import { chooseRows } from './row-thinning.ts';

/**
 * Most rows that are kept: 3 h of 15 s scrapes at full density, and of a week five to each of the 72 blocks that models
 * look at, more of the last hours. A row takes some 33 bytes, a full history 21 to 30 kB.
 */
export const GAUGE_ROWS_BOUND = 768;

/**
 * Most rows that are known at once and only judged: a week of 5 min. Looked at for moments, at many instants of their time, so
 * that none is told before the others, nor packed.
 */
export const ADOPTED_ROWS_BOUND = 2880;

/** A history that is full is thinned by this share of it, so that it is not thinned with every row. */
const THINNED_SHARE = 1 / 8;

/** Rows that are not packed yet: few, as each takes ten times as much. */
const OPEN_ROWS = 8;

/**
 * Readings of one round (metrics, then /proc) are asked for a few ms apart; with a time scale of 60 that is up
 * to some seconds of virtual time. Far below any scrape interval.
 */
export const ROUND_TOLERANCE_MILLIS = 5000;

/** What became of a reading. `refused` = older than the last row: a clock jump, which is the caller's matter. */
export type AppendOutcome = 'appended' | 'merged' | 'refused';

/**
 * One target's gauges as rows, oldest first; one row is one round of scraping. Columns exist only for judged gauges that
 * were seen; NaN = not known at that time.
 *
 * Bounded: when a row would exceed `GAUGE_ROWS_BOUND` some of the older rows go (row-thinning.ts; never the first), so old data
 * gets coarser and recent data stays dense. Depends on nothing but what was appended: the same readings give the same rows.
 *
 *     append(t=0,   {goroutines: 10, rssBytes: 5e6})     -> appended, row 0
 *     append(t=2,   {rssAnonBytes: 4e6})                 -> merged into row 0 (same round)
 *     append(t=15e3,{goroutines: 11})                    -> appended, row 1, rssBytes NaN
 *
 * At rest rows lie packed, 128 together and the newest open; columns are unpacked when they are asked for, and forgotten with the
 * next append.
 */
export class GaugeHistory implements GaugeTable, NewestRow {
  readonly #packed: PackedRows[] = [];
  #packedRows = 0;
  /** Newest rows, column by column: cell `column * OPEN_ROWS + row`. */
  #open = new Float64Array(0);
  #openRows = 0;
  /** Column of each judged gauge, in the order in which they came; column 0 is the time. -1 = never seen. */
  readonly #places = new Int8Array(JUDGED_GAUGES.length).fill(-1);
  #columns = 1;
  /** Per column, the newest value that was known before the newest row. */
  #before: number[] = [NaN];
  /** Gauges, judged or not, that the newest row knows. */
  readonly #isThere = new Uint8Array(GAUGE_NAMES.length);
  /** What was unpacked since the last append, by column. */
  #unpacked: Float64Array[] = [];
  /** Rows were known at once and lie unpacked only, but for the newest one. */
  #isAdopted = false;

  /**
   * A history whose rows are known at once. `timeMillis` rises. Beyond `ADOPTED_ROWS_BOUND` rows are left out, the older the
   * more. The arrays become the history's own; the first append makes it one like any other.
   */
  static adopt(
    timeMillis: Float64Array<ArrayBuffer>,
    columns: ReadonlyMap<GaugeName, Float64Array<ArrayBuffer>>,
  ): GaugeHistory {
    const history = new GaugeHistory();
    if (timeMillis.length === 0) return history;
    const cells = [timeMillis];
    for (const [name, column] of columns) {
      if (isJudged(name)) cells[history.#ensurePlace(name)] = column;
    }
    history.#hold(cells);
    GAUGE_NAMES.forEach((name, i) => {
      history.#isThere[i] = Number.isFinite(columns.get(name)?.at(-1) ?? NaN) ? 1 : 0;
    });
    return history;
  }

  get length(): number {
    return this.#packedRows + this.#openRows;
  }

  /** Only valid until the next append. */
  get timeMillis(): Float64Array {
    return this.#unpack(0);
  }

  /** Only valid until the next append; null when this gauge was never seen. */
  column(name: JudgedGauge): Float64Array | null {
    const place = this.#placeOf(name);
    return place < 0 ? null : this.#unpack(place);
  }

  /** In the newest row; NaN when not known there. */
  newest(name: JudgedGauge): number {
    const place = this.#placeOf(name);
    return place < 0 || this.#openRows === 0 ? NaN : this.#open[place * OPEN_ROWS + this.#openRows - 1];
  }

  /** The newest value that was known before the newest row; NaN when there is none. */
  before(name: JudgedGauge): number {
    const place = this.#placeOf(name);
    return place < 0 ? NaN : this.#before[place];
  }

  /** The newest value that is known; null when there is none. */
  lastKnown(name: JudgedGauge): number | null {
    const newest = this.newest(name);
    const value = Number.isNaN(newest) ? this.before(name) : newest;
    return Number.isNaN(value) ? null : value;
  }

  append(atMillis: Millis, reading: GaugeReading): AppendOutcome {
    if (this.#isAdopted) this.#settle();
    if (this.length > 0) {
      const since = atMillis - this.#open[this.#openRows - 1];
      if (since === 0 || (Math.abs(since) <= ROUND_TOLERANCE_MILLIS && !this.#isAlreadyThere(reading))) {
        this.#write(reading);
        return 'merged';
      }
      if (!(since > 0)) return 'refused';
    }
    if (!Number.isFinite(atMillis)) return 'refused';
    this.#beginRow(atMillis);
    this.#write(reading);
    return 'appended';
  }

  /** Forgets what was unpacked: ten times what rows take, and the next append may be long in coming. Columns stay valid. */
  rest(): void {
    if (!this.#isAdopted) this.#unpacked = [];
  }

  /** Rows with fromMillis <= time <= toMillis, copied: stays valid while this history grows. */
  slice(fromMillis: Millis, toMillis: Millis): GaugeTable {
    const { timeMillis } = this;
    const from = lowerBound(timeMillis, fromMillis);
    let to = from;
    while (to < timeMillis.length && timeMillis[to] <= toMillis) to++;
    const columns = new Map<JudgedGauge, Float64Array>();
    for (const name of JUDGED_GAUGES) {
      const column = this.column(name);
      if (column) columns.set(name, column.slice(from, to));
    }
    return {
      length: to - from,
      timeMillis: timeMillis.slice(from, to),
      column: (name) => columns.get(name) ?? null,
    };
  }

  #placeOf(name: JudgedGauge): number {
    return this.#places[JUDGED_PLACE.get(name) ?? -1] ?? -1;
  }

  /** A second answer of the same source starts a new row, however soon it comes: most of its gauges are there. */
  #isAlreadyThere(reading: GaugeReading): boolean {
    let there = 0;
    let all = 0;
    GAUGE_NAMES.forEach((name, i) => {
      if (!Number.isFinite(reading[name] ?? NaN)) return;
      all++;
      there += this.#isThere[i];
    });
    return 2 * there > all;
  }

  #beginRow(atMillis: Millis): void {
    if (this.#openRows === OPEN_ROWS) this.#pack();
    if (this.#openRows === 0 && this.#open.length === 0) this.#open = new Float64Array(OPEN_ROWS);
    const row = this.#openRows++;
    for (let place = 1; place < this.#columns; place++) {
      if (row > 0) this.#noteBefore(place, this.#open[place * OPEN_ROWS + row - 1]);
      this.#open[place * OPEN_ROWS + row] = NaN;
    }
    this.#open[row] = atMillis;
    this.#isThere.fill(0);
  }

  #noteBefore(place: number, value: number): void {
    if (!Number.isNaN(value)) this.#before[place] = value;
  }

  /** Into the newest row. */
  #write(reading: GaugeReading): void {
    this.#unpacked = [];
    for (let i = 0; i < GAUGE_NAMES.length; i++) {
      const name = GAUGE_NAMES[i];
      const value = reading[name];
      if (value === undefined || !Number.isFinite(value)) continue;
      this.#isThere[i] = 1;
      if (!isJudged(name)) continue;
      const place = this.#ensurePlace(name);
      this.#open[place * OPEN_ROWS + this.#openRows - 1] = value;
    }
  }

  #ensurePlace(name: JudgedGauge): number {
    const known = this.#placeOf(name);
    if (known >= 0) return known;
    const place = this.#columns++;
    this.#places[JUDGED_PLACE.get(name) ?? 0] = place;
    this.#before[place] = NaN;
    const open = new Float64Array(this.#columns * OPEN_ROWS).fill(NaN);
    open.set(this.#open);
    this.#open = open;
    return place;
  }

  /** Packs the open rows with those before them, and makes room for as many. */
  #pack(): void {
    for (let place = 1; place < this.#columns; place++) {
      this.#noteBefore(place, this.#open[place * OPEN_ROWS + OPEN_ROWS - 1]);
    }
    const last = this.#packed.at(-1);
    const isGrowing = last !== undefined && last.rows + OPEN_ROWS <= PACKED_ROWS_BOUND;
    const from = this.#packedRows - (isGrowing ? last.rows : 0);
    const rows = this.#packedRows + OPEN_ROWS - from;
    const columns = Array.from({ length: this.#columns }, (_, place) => {
      const cells = new Float64Array(rows);
      if (isGrowing) unpackColumn(last, place, cells, 0);
      cells.set(this.#open.subarray(place * OPEN_ROWS, (place + 1) * OPEN_ROWS), rows - OPEN_ROWS);
      return cells;
    });
    if (isGrowing) this.#packed.pop();
    this.#packed.push(packRows(columns, rows, this.#closeTo()));
    this.#packedRows += OPEN_ROWS;
    this.#openRows = 0;
    this.#unpacked = [];
    if (this.#packedRows + OPEN_ROWS > GAUGE_ROWS_BOUND) this.#thin();
  }

  #thin(): void {
    const columns = Array.from({ length: this.#columns }, (_, place) => this.#unpack(place));
    this.#packAll(this.#thinned(columns, GAUGE_ROWS_BOUND));
    this.#unpacked = [];
  }

  /** Of all rows, which `columns` holds, so many that there is room for more. */
  #thinned(columns: readonly Float64Array[], bound: number): Float64Array[] {
    const starts = findIncarnations(this).map(({ firstRow }) => firstRow);
    const kept = chooseRows(columns[0], starts, Math.floor((1 - THINNED_SHARE) * bound));
    return columns.map((cells) => pickCells(cells, kept));
  }

  #packAll(columns: readonly Float64Array[]): void {
    this.#packed.length = 0;
    this.#packedRows = columns[0].length;
    for (let from = 0; from < this.#packedRows; from += PACKED_ROWS_BOUND) {
      const pieces = columns.map((cells) => cells.subarray(from, from + PACKED_ROWS_BOUND));
      this.#packed.push(packRows(pieces, pieces[0].length, this.#closeTo()));
    }
  }

  /** By place, for the columns that are there. */
  #closeTo(): CloseTo[] {
    const closeTo: CloseTo[] = [];
    for (const { name, to, less } of CLOSE) {
      const [own, place] = [this.#placeOf(name), this.#placeOf(to)];
      if (own < 0 || place < 0) continue;
      const taken = less === null ? -1 : this.#placeOf(less);
      closeTo[own] = { place, less: taken < 0 ? NO_PLACE : taken };
    }
    return closeTo;
  }

  /** Rows that are known at once: the newest is open, as it is when they come one by one. */
  #hold(all: Float64Array[]): void {
    this.#packedRows = all[0].length;
    this.#unpacked = all;
    const columns = this.#packedRows > ADOPTED_ROWS_BOUND ? this.#thinned(all, ADOPTED_ROWS_BOUND) : all;
    this.#packedRows = columns[0].length - 1;
    this.#beginRow(columns[0][this.#packedRows]);
    columns.forEach((cells, place) => {
      this.#open[place * OPEN_ROWS] = cells[this.#packedRows];
      const before = cells.subarray(0, this.#packedRows);
      this.#before[place] = before.findLast((cell) => !Number.isNaN(cell)) ?? NaN;
    });
    this.#unpacked = columns;
    this.#isAdopted = true;
  }

  /** From here on rows come one by one. */
  #settle(): void {
    const all = this.#unpacked;
    const columns = this.length > GAUGE_ROWS_BOUND - OPEN_ROWS ? this.#thinned(all, GAUGE_ROWS_BOUND) : all;
    this.#packAll(columns.map((cells) => cells.subarray(0, -1)));
    this.#unpacked = [];
    this.#isAdopted = false;
  }

  #unpack(place: number): Float64Array {
    const known = this.#unpacked[place];
    if (known !== undefined) return known;
    const cells = new Float64Array(this.length);
    let at = 0;
    for (const packed of this.#packed) {
      unpackColumn(packed, place, cells, at);
      at += packed.rows;
    }
    cells.set(this.#open.subarray(place * OPEN_ROWS, place * OPEN_ROWS + this.#openRows), at);
    this.#unpacked[place] = cells;
    return cells;
  }
}

function pickCells(cells: Float64Array, rows: readonly number[]): Float64Array {
  const picked = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) picked[i] = cells[rows[i]];
  return picked;
}

/** Beyond all columns. */
const NO_PLACE = 255;

/**
 * Gauges that others account for, wholly or nearly: a few bytes kept with many rows where they would take three in each. Values stay
 * exact, and these may be anything.
 */
const CLOSE: readonly { name: JudgedGauge; to: JudgedGauge; less: JudgedGauge | null }[] = [
  { name: 'heapIdleBytes', to: 'heapSysBytes', less: 'heapInuseBytes' },
  { name: 'sysBytes', to: 'heapSysBytes', less: null },
  { name: 'rssAnonBytes', to: 'rssBytes', less: 'rssFileBytes' },
  { name: 'cgroupCurrentBytes', to: 'rssBytes', less: null },
];

const JUDGED_PLACE = new Map<GaugeName, number>(JUDGED_GAUGES.map((name, i) => [name, i]));

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
