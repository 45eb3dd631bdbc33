// From a series of the API to what the chart draws: one time axis for all lines. Pure.
import { formatBytes, formatThreeDigits } from '../../src/base/units.ts';
import type { Series } from '../../src/model/status.ts';

/** null = not known at that time (a gap); undefined = this line has no point there (drawn through). */
export type Cell = number | null | undefined;

export interface Line {
  readonly key: 'memory' | 'floor' | 'count' | 'fit' | 'mid' | 'low' | 'high';
  readonly label: string;
  readonly values: readonly Cell[];
}

export interface Chart {
  /** The span of the axis: charts of one series share it, so that they can be read across. */
  readonly from: number;
  readonly to: number;
  /** Milliseconds, strictly rising. */
  readonly time: readonly number[];
  readonly lines: readonly Line[];
  /** Last time with evidence; what is right of it is forecast. */
  readonly until: number;
  readonly unit: 'bytes' | 'count';
  readonly top: number;
  readonly limits: readonly { readonly label: string; readonly value: number; readonly isHard: boolean }[];
  /** Limits that lie too far above to be drawn. */
  readonly above: readonly { readonly label: string; readonly value: number }[];
  readonly samples: number;
}

/** A forecast longer than this many times the history would squeeze the history to a stub. */
const FORECAST_SPAN_LIMIT = 1.5;
/** A limit above this many times the highest value would squeeze the lines to the floor. */
const LIMIT_HEIGHT_LIMIT = 5;
const HEADROOM = 1.06;

interface Part {
  readonly key: Line['key'];
  readonly label: string;
  readonly time: readonly number[];
  readonly value: readonly (number | null)[];
}

/** Memory, live floor, fitted growth and forecast against the limits. */
export function memoryChart(series: Series): Chart {
  const parts: Part[] = [
    gaugePart(series, 'rssBytes', 'memory', 'Memory (RSS)'),
    gaugePart(series, 'liveFloorBytes', 'floor', 'Live floor'),
    ...growingFits(series).map(
      (fit) =>
        ({ key: 'fit', label: `Fitted growth, ${fit.lane}`, time: fit.time, value: fit.value }) as const,
    ),
    ...forecastParts(series),
  ];
  const limits = [
    { label: 'Limit', value: series.limitBytes, isHard: true },
    { label: 'GOMEMLIMIT', value: series.goMemLimitBytes, isHard: false },
  ].flatMap(({ label, value, isHard }) => (value === null ? [] : [{ label, value, isHard }]));
  return assemble(series, parts, limits, 'bytes');
}

/** Fits in bytes that rise for certain; a flat or falling one would only be one more line. */
export function growingFits(series: Series): Series['fits'] {
  return series.fits.filter((fit) => fit.unit === 'bytes' && (fit.growth?.low ?? 0) > 0);
}

/** What a lane counts (goroutines, fds, threads) with its fitted growth, up to `to`; null when nothing is known. */
export function countChart(series: Series, gauge: string, lane: string, to: number): Chart | null {
  const value = series.values[gauge];
  if (!value?.some((v) => v !== null)) return null;
  const parts: Part[] = [
    gaugePart(series, gauge, 'count', COUNT_LABELS[gauge] ?? gauge),
    ...series.fits
      .filter((fit) => fit.lane === lane)
      .map((fit) => ({ key: 'fit', label: 'Fitted growth', time: fit.time, value: fit.value }) as const),
  ];
  return { ...assemble(series, parts, [], 'count'), to };
}

const COUNT_LABELS: Readonly<Record<string, string>> = {
  goroutines: 'Goroutines',
  openFds: 'Open file descriptors',
  threads: 'Threads',
};

/** More than this many usual intervals without a value is a gap; less is another source that answered in between. */
const GAP_INTERVALS = 3;

/**
 * A gauge without the instants at which it was not asked for: sources answer at different times, and each answer is
 * a row of the series. Where it stays unknown for longer than usual, one unknown instant remains: a gap.
 */
function gaugePart(series: Series, gauge: string, key: Line['key'], label: string): Part {
  const rows = (series.values[gauge] ?? []).map((value, i) => ({ at: series.time[i] ?? 0, value }));
  const known = rows.filter((row) => row.value !== null);
  const spacings = known.slice(1).map((row, i) => row.at - (known[i]?.at ?? 0));
  const usual = [...spacings].sort((a, b) => a - b)[Math.floor(spacings.length / 2)] ?? 0;
  const kept: typeof rows = [];
  let last: number | null = null;
  for (const [i, row] of rows.entries()) {
    const next = row.value === null ? rows.slice(i).find((r) => r.value !== null) : row;
    const isGap = last === null || !next || next.at - last > GAP_INTERVALS * usual;
    if (row.value !== null || isGap) kept.push(row);
    if (row.value !== null) last = row.at;
  }
  return { key, label, time: kept.map((row) => row.at), value: kept.map((row) => row.value) };
}

/** The fan starts at the last known memory, so that it leaves the line and not the air. */
function forecastParts(series: Series): Part[] {
  const { forecast } = series;
  if (!forecast || forecast.time.length === 0) return [];
  const last = lastKnown(series.time, series.values['rssBytes'] ?? []);
  const first = forecast.time[0] ?? 0;
  const isGap = last !== null && last.at < first;
  const lead = (values: readonly number[]) => (isGap ? [last.value, ...values] : [...values]);
  const time = isGap ? [last.at, ...forecast.time] : [...forecast.time];
  return [
    { key: 'low', label: 'Forecast, low', time, value: lead(forecast.low) },
    { key: 'mid', label: 'Forecast', time, value: lead(forecast.mid) },
    { key: 'high', label: 'Forecast, high', time, value: lead(forecast.high) },
  ];
}

function lastKnown(
  time: readonly number[],
  value: readonly (number | null)[],
): { at: number; value: number } | null {
  for (let i = time.length - 1; i >= 0; i--) {
    const found = value[i];
    const at = time[i];
    if (found !== null && found !== undefined && at !== undefined) return { at, value: found };
  }
  return null;
}

function assemble(
  series: Series,
  parts: readonly Part[],
  limits: Chart['limits'],
  unit: Chart['unit'],
): Chart {
  const start = series.time[0] ?? series.from;
  const until = series.time.at(-1) ?? series.to;
  const end = until + FORECAST_SPAN_LIMIT * Math.max(until - start, 0);
  const clipped = parts.map((part) => clipBefore(clipAfter(part, end), start));
  const time = [...new Set(clipped.flatMap((part) => part.time))].sort((a, b) => a - b);
  const indexOf = new Map(time.map((at, index) => [at, index]));
  const lines = clipped.map(({ key, label, time: own, value }): Line => {
    const values: Cell[] = new Array<Cell>(time.length).fill(undefined);
    for (const [i, at] of own.entries()) values[indexOf.get(at) ?? 0] = value[i] ?? null;
    return { key, label, values };
  });
  const highest = Math.max(0, ...lines.flatMap((l) => l.values.filter((v) => typeof v === 'number')));
  const drawn = limits.filter((limit) => limit.value <= highest * LIMIT_HEIGHT_LIMIT);
  const top = Math.max(highest, ...drawn.map((limit) => limit.value), 1) * HEADROOM;
  const above = limits.filter((limit) => !drawn.includes(limit));
  const to = Math.max(until, time.at(-1) ?? until);
  return {
    from: start,
    to,
    time,
    lines,
    until,
    unit,
    top,
    limits: drawn,
    above,
    samples: series.time.length,
  };
}

/** From `start`, with the value there interpolated: a fit may reach back further than the range on show. */
function clipBefore(part: Part, start: number): Part {
  const keep = part.time.findIndex((at) => at >= start);
  if (keep === 0 || part.time.length === 0) return part;
  if (part.time[keep] === start)
    return { ...part, time: part.time.slice(keep), value: part.value.slice(keep) };
  if (keep < 0) return { ...part, time: [], value: [] };
  const value = interpolate(part.time, part.value, start);
  return {
    ...part,
    time: [start, ...part.time.slice(keep)],
    value: [value, ...part.value.slice(keep)],
  };
}

/** Up to `end`, with the value there interpolated so that a cut fan ends cleanly. */
function clipAfter(part: Part, end: number): Part {
  const cut = part.time.findIndex((at) => at > end);
  if (cut < 0) return part;
  if (cut === 0) return { ...part, time: [], value: [] };
  const value = interpolate(part.time, part.value, end);
  return {
    ...part,
    time: [...part.time.slice(0, cut), end],
    value: [...part.value.slice(0, cut), value],
  };
}

/** Value of a line at `index`, between its neighbours where it has no point of its own; null = not known. */
export function valueAt(time: readonly number[], line: Line, index: number): number | null {
  const own = line.values[index];
  if (own !== undefined) return own;
  const at = time[index];
  const known = line.values.flatMap((value, i) => (value === undefined ? [] : [{ at: time[i] ?? 0, value }]));
  if (at === undefined) return null;
  return interpolate(
    known.map((k) => k.at),
    known.map((k) => k.value),
    at,
  );
}

/** Last known value of a line up to `index`; null when there is none. */
export function latestOf(line: Line, index: number): number | null {
  for (let i = index; i >= 0; i--) {
    const value = line.values[i];
    if (typeof value === 'number') return value;
  }
  return null;
}

function interpolate(time: readonly number[], value: readonly (number | null)[], at: number): number | null {
  const after = time.findIndex((t) => t >= at);
  if (after < 0) return null;
  const [t1, v1] = [time[after] ?? 0, value[after] ?? null];
  if (t1 === at) return v1;
  const [t0, v0] = [time[after - 1], value[after - 1] ?? null];
  if (t0 === undefined || v0 === null || v1 === null) return null;
  return v0 + ((v1 - v0) * (at - t0)) / (t1 - t0);
}

/** At most `rows` instants, evenly thinned, first and last included: the table behind the chart. */
export function thinIndexes(length: number, rows: number): number[] {
  if (length <= rows) return Array.from({ length }, (_, i) => i);
  return Array.from({ length: rows }, (_, i) => Math.round((i * (length - 1)) / (rows - 1)));
}

export function formatAmount(value: number | null, unit: Chart['unit']): string {
  if (value === null) return '–';
  return unit === 'bytes' ? formatBytes(value) : formatThreeDigits(Math.round(value));
}
