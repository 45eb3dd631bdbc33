// The series of one target, as they come from range queries, to its history of gauges.
import type { GaugeName } from '../../base/gauges.ts';
import type { SeriesKey } from '../../parse/history-names.ts';
import type { SeriesView } from '../../parse/query-answer.ts';
import { GaugeHistory } from '../../series/gauge-history.ts';
import type { CensusTarget } from './census.ts';
import { rowOf, type Grid } from './grid.ts';
import type { GaugePlan } from './needed-gauges.ts';

type Column = Float64Array<ArrayBuffer>;

/** One target while its series arrive: a column a series, a row an instant of the grid. NaN = not known. */
export class TargetSeries {
  readonly target: CensusTarget;
  readonly plan: GaugePlan;
  readonly #grid: Grid;
  readonly #columns = new Map<SeriesKey, Column>();
  /** Gauges that come as they are: request counters, what is known of the container. */
  readonly #constants: Map<GaugeName, number>;
  readonly #gauges = new Map<GaugeName, Column>();

  constructor(target: CensusTarget, plan: GaugePlan, grid: Grid) {
    this.target = target;
    this.plan = plan;
    this.#grid = grid;
    this.#constants = new Map(plan.constants);
  }

  takeSeries(key: SeriesKey, series: SeriesView): void {
    this.#fill(this.#columns, key, series);
  }

  takeGauge(gauge: GaugeName, series: SeriesView, factor = 1): void {
    this.#fill(this.#gauges, gauge, series, factor);
  }

  /** A gauge that is the same at all times; where it is known otherwise, that stands. */
  setConstant(gauge: GaugeName, value: number): void {
    this.#constants.set(gauge, value);
  }

  /** Where two series are one (replicas, the lives of a container), the one that came first stands. */
  #fill<K>(columns: Map<K, Column>, key: K, { count, timeMillis, value }: SeriesView, factor = 1): void {
    let column = columns.get(key);
    if (!column) columns.set(key, (column = new Float64Array(this.#grid.points).fill(NaN)));
    for (let i = 0; i < count; i++) {
      const row = rowOf(this.#grid, timeMillis[i] ?? NaN);
      if (row >= 0 && Number.isNaN(column[row])) column[row] = (value[i] ?? NaN) * factor;
    }
  }

  /** Instants at which nothing was known are left out: a target that was away is a gap. */
  history(): GaugeHistory {
    const columns = new Map<GaugeName, Column>();
    for (const { gauge, sumOf, factor } of this.plan.recipes.values()) {
      const parts = sumOf.map((key) => this.#columns.get(key)).filter((part) => part !== undefined);
      if (parts.length === sumOf.length) columns.set(gauge, this.#combine(gauge, parts, factor));
    }
    for (const [gauge, column] of this.#gauges)
      if (!columns.has(gauge)) columns.set(gauge, believable(gauge, column));
    const rows = this.#knownRows(columns);
    const time = Float64Array.from(rows, (row) => this.#grid.fromMillis + row * this.#grid.stepMillis);
    const packed = new Map<GaugeName, Column>();
    for (const [gauge, column] of columns) {
      if (column.some((value) => !Number.isNaN(value))) packed.set(gauge, pick(column, rows));
    }
    for (const [gauge, value] of this.#constants) {
      if (!packed.has(gauge)) packed.set(gauge, new Float64Array(rows.length).fill(value));
    }
    // A process that does not tell its own: the container's is at least what the limit is held against.
    const workingSet = packed.get('cgroupCurrentBytes');
    if (!packed.has('rssBytes') && workingSet) packed.set('rssBytes', workingSet.slice());
    return GaugeHistory.adopt(time, packed);
  }

  #combine(gauge: GaugeName, parts: readonly Column[], factor: number): Column {
    const sum = new Float64Array(this.#grid.points);
    for (const part of parts)
      for (let row = 0; row < sum.length; row++) sum[row] = (sum[row] ?? 0) + (part[row] ?? NaN);
    if (factor !== 1) for (let row = 0; row < sum.length; row++) sum[row] = (sum[row] ?? NaN) * factor;
    return believable(gauge, sum);
  }

  #knownRows(columns: ReadonlyMap<GaugeName, Column>): Uint32Array {
    const isKnown = new Uint8Array(this.#grid.points);
    for (const column of columns.values()) {
      for (let row = 0; row < column.length; row++) if (!Number.isNaN(column[row])) isKnown[row] = 1;
    }
    const rows = new Uint32Array(isKnown.reduce((sum, known) => sum + known, 0));
    let next = 0;
    for (let row = 0; row < isKnown.length; row++) if (isKnown[row] === 1) rows[next++] = row;
    return rows;
  }
}

/** The same rules as for a scrape (parse/gauge-extract.ts): what cannot be true is not known. In place. */
function believable(gauge: GaugeName, column: Column): Column {
  const lowest = gauge === 'gogcPercent' ? -Infinity : 0;
  const isInstant = gauge === 'processStartMillis' || gauge === 'lastGcMillis';
  for (let row = 0; row < column.length; row++) {
    const value = column[row] ?? NaN;
    if (!Number.isFinite(value) || value < lowest || (isInstant && value === 0)) column[row] = NaN;
  }
  return column;
}

function pick(column: Column, rows: Uint32Array): Column {
  const picked = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) picked[i] = column[rows[i] ?? 0] ?? NaN;
  return picked;
}
