// Which route growth goes with: partial regression of the live heap on time and the requests of each route together.
import { HOUR_MILLIS, type Bytes } from '../base/units.ts';
import { correctedAutocorrelation, effectiveSamples } from '../series/stats/autocorrelation.ts';
import { studentQuantile } from '../series/stats/distributions.ts';
import { dot, fitLeastSquares, type LeastSquaresFit } from '../series/stats/least-squares.ts';
import type { Points } from '../series/points.ts';
import type { RouteTable } from '../series/route-history.ts';
import { Interpolation } from '../series/work.ts';

/** Routes that are fitted one by one, those that vary most; the others are one column together. */
const MAX_FITTED = 8;
/** Requests of a route in the whole window; fewer are no load. */
const FEWEST_REQUESTS = 20;
/** Routes whose requests, time taken off, correlate by more than this rise together: nobody can tell them apart. */
const TOGETHER = 0.97;
/** Points of the live heap in which noise is not seen twice, for each column. */
const SAMPLES_PER_COLUMN = 3;
/** As for work as a whole: standard errors of the coefficient from zero. */
const CLAIM_Z = 4;
/** And in differences from block to block, where what drifts along by chance does not. */
const CLAIM_DIFFERENCE_Z = 2;
/** Growth of which a route brings less is not explained by it. */
const LEAST_SHARE = 0.25;
/** A route whose count departs by less than this share of itself from a straight line: time stands for it. */
const LEAST_DEPARTURE = 1e-3;
const CONFIDENCE = 0.95;
const BLOCKS = 48;

export interface RouteGrowth {
  /** The route that growth goes with; null = none can be named. */
  readonly route: string | null;
  /** Of the growth of the live heap, with its interval; null without a route. */
  readonly share: { readonly value: number; readonly low: number; readonly high: number } | null;
  readonly perRequest: { readonly value: Bytes; readonly low: Bytes; readonly high: Bytes } | null;
  /** Standard errors of the best coefficient from zero; null where none could be fitted. */
  readonly z: number | null;
  /** Routes that were fitted, one by one or in groups. */
  readonly fitted: number;
  /** Routes that rise together with the best one. */
  readonly together: readonly string[];
}

interface Column {
  readonly names: readonly string[];
  /** Cumulative requests at each point of the live heap. */
  readonly done: Float64Array;
}

/** null where routes, or the live heap, are not known for most of the window. */
export function measureRouteGrowth(floor: Points, table: RouteTable): RouteGrowth | null {
  const from = floor.timeMillis.findIndex((at) => at >= table.timeMillis[0]);
  const n = floor.value.length - from;
  if (from < 0 || n < 2 * SAMPLES_PER_COLUMN || from > floor.value.length / 4) return null;
  const time = floor.timeMillis.subarray(from);
  const value = floor.value.subarray(from);
  const hours = Float64Array.from(time, (at) => (at - time[0]) / HOUR_MILLIS);
  const columns = gatherColumns(table, time, hours);
  if (columns.length === 0) return null;
  const none = { route: null, share: null, perRequest: null, fitted: columns.length, together: [] };
  const fit = fitColumns(hours, columns, value);
  if (fit === null) return { ...none, z: null };
  const { coefficient, error, grown, quantile } = fit;
  let best = 0;
  for (let i = 1; i < columns.length; i++) {
    if (coefficient[i] / error[i] > coefficient[best] / error[best]) best = i;
  }
  const column = columns[best];
  const z = coefficient[best] / error[best];
  const half = quantile * error[best];
  const worked = column.done[n - 1] - column.done[0];
  const share = (perRequest: number) => (perRequest * worked) / grown;
  const isClaim =
    grown > 0 &&
    z >= CLAIM_Z &&
    share(coefficient[best] - half) >= LEAST_SHARE &&
    differenceZ(time, hours, columns, value, best) >= CLAIM_DIFFERENCE_Z;
  if (!isClaim) return { ...none, z };
  if (column.names.length > 1) return { ...none, z, together: column.names };
  const interval = (of: (perRequest: number) => number) => ({
    value: of(coefficient[best]),
    low: of(coefficient[best] - half),
    high: of(coefficient[best] + half),
  });
  return {
    ...none,
    route: column.names[0],
    share: interval(share),
    perRequest: interval((perRequest) => perRequest),
    z,
  };
}

/** Routes that vary most one by one, those that rise together as one, the rest as one. */
function gatherColumns(table: RouteTable, time: Float64Array, hours: Float64Array): Column[] {
  const all = table.routes.flatMap(({ name, done }) => {
    const points = new Interpolation({ timeMillis: table.timeMillis, value: done });
    const column = { names: [name], done: Float64Array.from(time, (at) => points.at(at)) };
    const worked = column.done[time.length - 1] - column.done[0];
    const detrended = worked < FEWEST_REQUESTS ? null : withoutTrend(column.done, hours);
    if (detrended === null) return [];
    const length = Math.sqrt(dot(detrended, detrended));
    const isEven = length < LEAST_DEPARTURE * worked * Math.sqrt(time.length);
    return isEven ? [] : [{ column, detrended, length }];
  });
  all.sort((a, b) => b.length - a.length || (a.column.names[0] < b.column.names[0] ? -1 : 1));
  const groups: { column: Column; detrended: Float64Array; length: number }[] = [];
  for (const one of all) {
    const group = groups.find(
      (other) => Math.abs(dot(one.detrended, other.detrended)) > TOGETHER * one.length * other.length,
    );
    if (group !== undefined) group.column = joined(group.column, one.column);
    else if (groups.length < MAX_FITTED) groups.push(one);
    else groups[MAX_FITTED - 1].column = joined(groups[MAX_FITTED - 1].column, one.column);
  }
  return groups.map(({ column }) => column);
}

function joined(a: Column, b: Column): Column {
  return { names: [...a.names, ...b.names], done: a.done.map((done, i) => done + b.done[i]) };
}

function withoutTrend(values: Float64Array, hours: Float64Array): Float64Array | null {
  return fitLeastSquares([new Float64Array(values.length).fill(1), hours], values)?.residual ?? null;
}

interface ColumnFit {
  /** By column of requests. */
  readonly coefficient: Float64Array;
  readonly error: Float64Array;
  /** By time and all requests together. */
  readonly grown: number;
  /** Of the interval, for as many columns as were looked at. */
  readonly quantile: number;
}

function fitColumns(hours: Float64Array, columns: readonly Column[], value: Float64Array): ColumnFit | null {
  const n = value.length;
  const parts = [new Float64Array(n).fill(1), hours, ...columns.map(({ done }) => done)];
  const fit = fitLeastSquares(parts, value);
  if (fit === null) return null;
  const samples = effectiveSamples(n, correctedAutocorrelation(fit.residual, parts.length));
  const freedom = samples - parts.length;
  if (samples < SAMPLES_PER_COLUMN * parts.length) return null;
  const inflation = Math.sqrt(n / samples);
  let grown = 0;
  parts.forEach((part, i) => (grown += fit.coefficient[i] * (part[n - 1] - part[0])));
  return {
    coefficient: fit.coefficient.subarray(2),
    error: fit.standardError.subarray(2).map((error) => error * inflation),
    grown,
    quantile: studentQuantile(1 - (1 - CONFIDENCE) / 2 / columns.length, Math.max(1, freedom)),
  };
}

/** The same from block to block: standard errors of one column's coefficient from zero; 0 where it cannot be told. */
function differenceZ(
  time: Float64Array,
  hours: Float64Array,
  columns: readonly Column[],
  value: Float64Array,
  best: number,
): number {
  const blocks = Math.min(BLOCKS, Math.floor(time.length / 2));
  const steps = (cells: Float64Array): Float64Array => {
    const means = Float64Array.from({ length: blocks }, (_, block) => {
      const from = Math.floor((block * cells.length) / blocks);
      const to = Math.floor(((block + 1) * cells.length) / blocks);
      let sum = 0;
      for (let i = from; i < to; i++) sum += cells[i];
      return sum / (to - from);
    });
    return means.subarray(1).map((mean, i) => mean - means[i]);
  };
  const parts = [steps(hours), ...columns.map(({ done }) => steps(done))];
  const fit: LeastSquaresFit | null = fitLeastSquares(parts, steps(value));
  if (fit === null || !(fit.standardError[best + 1] > 0)) return 0;
  return fit.coefficient[best + 1] / fit.standardError[best + 1];
}
