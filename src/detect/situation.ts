// What a profile is compared by: the live floor, load and GC count when it was taken.
import { HOUR_MILLIS, MINUTE_MILLIS, type Bytes, type Millis } from '../base/units.ts';
import { findIncarnations } from '../series/incarnations.ts';
import type { GaugeTable } from '../series/history.ts';
import { computeLiveFloor } from '../series/live-floor.ts';
import { computeWork, interpolateAt } from '../series/work.ts';

export interface Situation {
  readonly atMillis: Millis;
  readonly incarnationStartMillis: Millis | null;
  readonly floorBytes: Bytes | null;
  readonly goroutines: number | null;
  /** Work per hour over the last ten minutes. */
  readonly loadPerHour: number | null;
  readonly gcCycles: number | null;
}

const LOAD_OVER_MILLIS: Millis = 10 * MINUTE_MILLIS;

/** The situation at `atMillis` as the gauges up to then tell it; null = not known. Store it beside each profile. */
export function describeSituation(table: GaugeTable, atMillis: Millis): Situation {
  const lives = findIncarnations(table).filter((life) => table.timeMillis[life.firstRow] <= atMillis);
  const life = lives[lives.length - 1];
  if (!life) {
    const unknown = { floorBytes: null, goroutines: null, loadPerHour: null, gcCycles: null };
    return { atMillis, incarnationStartMillis: null, ...unknown };
  }
  let to = life.endRow;
  while (to > life.firstRow && table.timeMillis[to - 1] > atMillis) to--;
  const rows = { from: life.firstRow, to };
  const floor = computeLiveFloor(table, rows);
  const work = computeWork(table, rows);
  const last = (name: 'goroutines' | 'gcCyclesTotal'): number | null => {
    const column = table.column(name);
    for (let row = to - 1; column && row >= rows.from; row--)
      if (!Number.isNaN(column[row])) return column[row];
    return null;
  };
  let loadPerHour: number | null = null;
  if (work) {
    const end = Math.min(atMillis, work.timeMillis[work.timeMillis.length - 1]);
    const start = Math.max(end - LOAD_OVER_MILLIS, work.timeMillis[0]);
    if (end > start) {
      loadPerHour = ((interpolateAt(work, end) - interpolateAt(work, start)) / (end - start)) * HOUR_MILLIS;
    }
  }
  return {
    atMillis,
    incarnationStartMillis: life.startMillis,
    floorBytes: floor && floor.value.length > 0 ? floor.value[floor.value.length - 1] : null,
    goroutines: last('goroutines'),
    loadPerHour,
    gcCycles: last('gcCyclesTotal'),
  };
}

/** The same, worked out when a part is asked for: most of the time a policy need not know. */
export class SituationLater implements Situation {
  readonly atMillis: Millis;
  readonly #table: GaugeTable;
  #described: Situation | null = null;

  constructor(table: GaugeTable, atMillis: Millis) {
    this.#table = table;
    this.atMillis = atMillis;
  }
  get incarnationStartMillis(): Millis | null {
    return this.#describe().incarnationStartMillis;
  }
  get floorBytes(): Bytes | null {
    return this.#describe().floorBytes;
  }
  get goroutines(): number | null {
    return this.#describe().goroutines;
  }
  get loadPerHour(): number | null {
    return this.#describe().loadPerHour;
  }
  get gcCycles(): number | null {
    return this.#describe().gcCycles;
  }

  #describe(): Situation {
    return (this.#described ??= describeSituation(this.#table, this.atMillis));
  }
}
