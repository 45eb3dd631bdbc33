import { expect, it } from 'vitest';
import type { Series } from '../../src/model/status.ts';
import {
  countChart,
  formatAmount,
  latestOf,
  memoryChart,
  thinIndexes,
  valueAt,
  type Chart,
} from './chart-data.ts';

/** A series drawn as columns of time (minutes) and megabytes; `-` = not known. */
function drawSeries(drawn: string, more: Partial<Series> = {}): Series {
  const rows = drawn
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const column = (index: number) => rows.map((row) => (row[index] === '-' ? null : Number(row[index])));
  return {
    service: 's',
    instance: 'i',
    from: Number(rows[0]?.[0]),
    to: Number(rows.at(-1)?.[0]),
    time: rows.map((row) => Number(row[0])),
    values: { rssBytes: column(1), liveFloorBytes: column(2) },
    limitBytes: null,
    goMemLimitBytes: null,
    marks: [],
    fits: [],
    forecast: null,
    ledger: null,
    ...more,
  };
}

/** One line per chart line: its cells, `.` where it has no point, `-` where it is not known. */
function draw(chart: Chart): string[] {
  const cell = (value: number | null | undefined) =>
    value === undefined ? '.' : value === null ? '-' : String(value);
  return [
    `time ${chart.time.join(' ')}`,
    ...chart.lines.map((l) => `${l.key} ${l.values.map(cell).join(' ')}`),
  ];
}

const GROWS = { unit: 'bytes', perHour: 4, low: 3, high: 5, confidence: 0.95 };

const THREE = `
  0  100  40
 10  110  -
 20  120  44`;

it('puts lines of different times on one axis and keeps gaps apart from mere absence', () => {
  const series = drawSeries(THREE, {
    fits: [{ lane: 'heap', unit: 'bytes', time: [0, 20], value: [40, 44], growth: GROWS }],
  });
  expect(draw(memoryChart(series))).toEqual([
    'time 0 10 20',
    'memory 100 110 120',
    'floor 40 . 44',
    'fit 40 . 44',
  ]);
});

it('leaves out instants at which a gauge was not asked for, and keeps a gap where it stayed unknown', () => {
  const chart = memoryChart(
    drawSeries(`
      0  1 -
      5  - 7
     10  1 -
     15  - 7
     20  1 -
     70  - -
     90  1 7`),
  );
  expect(draw(chart).slice(0, 2)).toEqual(['time 0 5 10 15 20 70 90', 'memory 1 . 1 . 1 - 1']);
});

it('knows the last value of a line that ends before the others', () => {
  const [memory] = memoryChart(drawSeries('0 1 1\n10 2 1\n20 - 1')).lines;
  expect(memory && latestOf(memory, 2)).toBe(2);
});

it('lets the forecast start where memory was last known', () => {
  const series = drawSeries(THREE, {
    forecast: { time: [30, 40], mid: [130, 140], low: [128, 136], high: [132, 144] },
  });
  expect(draw(memoryChart(series))).toEqual([
    'time 0 10 20 30 40',
    'memory 100 110 120 . .',
    'floor 40 . 44 . .',
    'low . . 120 128 136',
    'mid . . 120 130 140',
    'high . . 120 132 144',
  ]);
});

it('cuts a forecast that would squeeze the history, at an interpolated end', () => {
  const line = [120, 220];
  const series = drawSeries(THREE, { forecast: { time: [20, 120], mid: line, low: line, high: line } });
  const chart = memoryChart(series);
  expect(chart.to).toBe(50);
  expect(chart.lines.find((l) => l.key === 'mid')?.values.at(-1)).toBe(150);
});

it('cuts a fit that reaches back further than the range on show', () => {
  const series = drawSeries(THREE, {
    fits: [{ lane: 'heap', unit: 'bytes', time: [-20, 20], value: [36, 44], growth: GROWS }],
  });
  const chart = memoryChart(series);
  expect(chart.from).toBe(0);
  expect(draw(chart)[3]).toBe('fit 40 . 44');
});

it('draws a limit within reach and only names one far above', () => {
  const near = memoryChart(drawSeries(THREE, { limitBytes: 500, goMemLimitBytes: 450 }));
  expect(near.limits.map((l) => l.label)).toEqual(['Limit', 'GOMEMLIMIT']);
  expect(near.top).toBeGreaterThan(500);
  const far = memoryChart(drawSeries(THREE, { limitBytes: 10_000 }));
  expect(far.limits).toEqual([]);
  expect(far.above.map((l) => l.value)).toEqual([10_000]);
  expect(far.top).toBeLessThan(200);
});

it('draws no fit that may as well be flat', () => {
  const fit = { lane: 'native', unit: 'bytes', time: [0, 20], value: [9, 8] };
  const fits = [
    { ...fit, growth: { ...GROWS, low: -1 } },
    { ...fit, growth: null },
  ];
  expect(memoryChart(drawSeries(THREE, { fits })).lines.map((l) => l.key)).toEqual(['memory', 'floor']);
});

it('survives one sample and none', () => {
  expect(draw(memoryChart(drawSeries('5 100 -')))).toEqual(['time 5', 'memory 100', 'floor -']);
  const none = memoryChart({ ...drawSeries('5 1 1'), time: [], values: {} });
  expect(none.time).toEqual([]);
  expect(none.top).toBeGreaterThan(0);
});

it('says at the cursor what a line is worth between its points, and nothing across a gap or beyond its end', () => {
  const series = drawSeries(THREE, {
    fits: [{ lane: 'heap', unit: 'bytes', time: [0, 20], value: [40, 44], growth: GROWS }],
  });
  const chart = memoryChart(series);
  const [memory, floor, fit] = chart.lines;
  if (!memory || !floor || !fit) throw new Error('a line is missing');
  expect(valueAt(chart.time, fit, 1)).toBe(42);
  expect(valueAt(chart.time, { ...floor, values: [40, null, 44] }, 1)).toBe(null);
  expect(valueAt(chart.time, memory, 7)).toBe(null);
});

it('draws a count on the span of the memory chart, and nothing when the count is not known', () => {
  const series = drawSeries(THREE, { values: { goroutines: [5, 6, 7], threads: [null, null, null] } });
  expect(countChart(series, 'goroutines', 'goroutine', 99)?.to).toBe(99);
  expect(countChart(series, 'threads', 'thread', 99)).toBe(null);
  expect(countChart(series, 'openFds', 'fd', 99)).toBe(null);
});

it('thins a table evenly and keeps its ends', () => {
  expect(thinIndexes(3, 24)).toEqual([0, 1, 2]);
  expect(thinIndexes(101, 5)).toEqual([0, 25, 50, 75, 100]);
});

it('writes amounts in the unit of the chart', () => {
  expect(formatAmount(31_457_280, 'bytes')).toBe('30 MiB');
  expect(formatAmount(27_884.4, 'count')).toBe('27884');
  expect(formatAmount(null, 'bytes')).toBe('–');
});
