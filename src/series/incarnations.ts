// Where one life of the process ends and the next begins. Nothing is fitted across a restart.
import type { Millis } from '../base/units.ts';
import type { GaugeTable, JudgedGauge, NewestRow } from './history.ts';

export interface Incarnation {
  /** When the process started; never after the first row nor before the last row of the life before. */
  readonly startMillis: Millis;
  /** Rows firstRow <= row < endRow. */
  readonly firstRow: number;
  readonly endRow: number;
  /** How the restart was seen; `first` for the life in which watching began. */
  readonly seenBy: 'first' | 'start-time' | 'counter-reset' | 'cliff';
}

/** Some exporters recompute the start time from uptime and clock on every scrape and wobble by this much. */
export const START_WOBBLE_MILLIS = 2000;

/**
 * A start time that moved by more than this is a restart even where no counter fell: after a long gap the
 * counters of the new life may have passed those of the old one. Above the wobble at a time scale of 100.
 */
export const START_MOVED_MILLIS = 5 * 60_000;

/** A fall of RSS to less than this share is a restart where neither start time nor counters are known. */
const CLIFF_SHARE = 0.5;

/**
 * Counters that only the process itself can reset. Request counters are not among them: their sum falls when
 * a label set is deleted.
 */
const PROCESS_COUNTERS = [
  'gcCyclesTotal',
  'cpuSecondsTotal',
  'allocatedBytesTotal',
] as const satisfies readonly JudgedGauge[];

/**
 * A GC trace reaches us by another way than the exporter, and a restart at another moment: its count tells lives apart
 * only where nothing else does.
 */
const LAST_RESORT = 'traceCyclesTotal' satisfies JudgedGauge;

/**
 * A reset starts at zero. A counter that fell, but not below this share, in a process whose start time stays: two pages
 * (/metrics and /debug/vars) that were read within milliseconds and joined in the other order.
 */
const RESET_SHARE = 0.5;

/**
 * Lives of one target, oldest first; empty for an empty table. `processStartMillis` is taken as the process says it
 * (recorded time), so with a time scale it only tells lives apart and the first row bounds it.
 */
export function findIncarnations(table: GaugeTable): Incarnation[] {
  const found: Incarnation[] = [];
  const start = table.column('processStartMillis');
  let firstRow = 0;
  let seenBy: Incarnation['seenBy'] = 'first';
  const detector = new RestartDetector(table);
  for (let row = 0; row <= table.length; row++) {
    const restart = row < table.length ? detector.advance(row) : 'end';
    if (restart === null) continue;
    if (row > firstRow) found.push(describeLife(table, start, { firstRow, endRow: row, seenBy }));
    if (restart === 'end') break;
    firstRow = row;
    seenBy = restart;
  }
  return found;
}

/**
 * Can the newest row have begun a life? A cheap question for every scrape, answered too often with yes and never
 * wrongly with no; `findIncarnations` decides.
 */
export function mayBeginLife(history: NewestRow): boolean {
  if (history.length <= 1) return true;
  // Comparisons with what is not known are false.
  const fell = (name: JudgedGauge, share: number) => history.newest(name) < share * history.before(name);
  const hasFallen = PROCESS_COUNTERS.some((name) => fell(name, 1)) || fell(LAST_RESORT, 1);
  if (hasFallen || fell('rssBytes', CLIFF_SHARE)) return true;
  const moved = history.newest('processStartMillis') - history.before('processStartMillis');
  return Math.abs(moved) > START_WOBBLE_MILLIS;
}

function describeLife(
  table: GaugeTable,
  start: Float64Array | null,
  life: { firstRow: number; endRow: number; seenBy: Incarnation['seenBy'] },
): Incarnation {
  const firstMillis = table.timeMillis[life.firstRow];
  const earliest = life.firstRow > 0 ? table.timeMillis[life.firstRow - 1] : -Infinity;
  let said = NaN;
  for (let row = life.firstRow; start && row < life.endRow && Number.isNaN(said); row++) said = start[row];
  const isUsable = said >= 0 && said <= firstMillis;
  return { ...life, startMillis: isUsable ? Math.max(said, earliest) : firstMillis };
}

/** Remembers the last known value of each column, so that a missing cell does not hide a reset. */
class RestartDetector {
  readonly #start: Float64Array | null;
  readonly #counters: readonly Float64Array[];
  readonly #rss: Float64Array | null;
  #lastStart = NaN;
  #lastRss = NaN;
  readonly #lastCounter: Float64Array;

  constructor(table: GaugeTable) {
    this.#start = table.column('processStartMillis');
    const counters = PROCESS_COUNTERS.map((name) => table.column(name)).filter((column) => column !== null);
    const trace = table.column(LAST_RESORT);
    this.#counters = counters.length === 0 && this.#start === null && trace ? [trace] : counters;
    this.#rss = table.column('rssBytes');
    this.#lastCounter = new Float64Array(this.#counters.length).fill(NaN);
  }

  advance(row: number): Exclude<Incarnation['seenBy'], 'first'> | null {
    let fell = false;
    let rose = false;
    let isReset = false;
    for (let i = 0; i < this.#counters.length; i++) {
      const value = this.#counters[i][row];
      if (Number.isNaN(value)) continue;
      if (value < RESET_SHARE * this.#lastCounter[i]) isReset = true;
      if (value < this.#lastCounter[i]) fell = true;
      else if (value >= this.#lastCounter[i]) rose = true;
      this.#lastCounter[i] = value;
    }
    const start = this.#start?.[row] ?? NaN;
    const moved = Math.abs(start - this.#lastStart);
    if (!Number.isNaN(start)) this.#lastStart = start;
    const rss = this.#rss?.[row] ?? NaN;
    const isCliff = rss < CLIFF_SHARE * this.#lastRss;
    if (!Number.isNaN(rss)) this.#lastRss = rss;
    const isMoved = moved > START_WOBBLE_MILLIS;
    const isFall = fell && (isMoved || (!rose && this.#start === null));
    if (isReset || isFall) return isMoved ? 'start-time' : 'counter-reset';
    if (moved > START_MOVED_MILLIS || (isMoved && !rose)) return 'start-time';
    return isCliff && this.#start === null && this.#counters.length === 0 ? 'cliff' : null;
  }
}
