// A Chart as uPlot takes it.
import uPlot from 'uplot';
import { formatAmount, type Chart, type Line } from '../chart-data.ts';
import type { Palette } from '../palette.ts';
import { formatTick } from '../time-words.tsx';
import type { Drawn } from './chart-drawn.ts';
import { drawOverlay } from './chart-overlay.ts';

export function sizeOf(host: HTMLElement): { width: number; height: number } {
  const width = Math.max(240, host.clientWidth);
  return { width, height: width < 560 ? 240 : 336 };
}

/** Axes carry days from here on. */
const LONG_AXIS_MILLIS = 36 * 3_600_000;
/** One sample has no span of its own: it stands in the middle of two minutes. */
const ONE_SAMPLE_PAD_MILLIS = 60_000;

export function makePlot(host: HTMLElement, drawn: Drawn, onCursor: (index: number | null) => void): uPlot {
  const { chart, palette, zone } = drawn;
  const { from, to } = chart;
  const pad = to > from ? 0 : ONE_SAMPLE_PAD_MILLIS;
  const isLong = to - from > LONG_AXIS_MILLIS;
  const options: uPlot.Options = {
    ...sizeOf(host),
    // Room on top for the labels of marks.
    padding: [28, 16, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { size: 7 },
      drag: { x: false, y: false },
      // No dot on a line that has nothing to say at this time; uPlot would show the nearest it has.
      dataIdx: (u, line, index) => (typeof u.data[line]?.[index] === 'number' ? index : null),
    },
    scales: {
      x: { time: true, range: [(from - pad) / 1000, (to + pad) / 1000] },
      y: { range: [0, chart.top] },
    },
    axes: [
      axis(palette, {
        size: 32,
        space: isLong ? 120 : 72,
        grid: { show: false },
        // Ticks are written to the minute: closer ones would read the same.
        incrs: TICK_STEPS,
        values: (_, ticks) => ticks.map((seconds) => formatTick(seconds * 1000, isLong, zone)),
      }),
      axis(palette, {
        size: 72,
        incrs: chart.unit === 'bytes' ? BINARY_STEPS : COUNT_STEPS,
        values: (_, ticks) => ticks.map((tick) => formatAmount(tick, chart.unit)),
      }),
    ],
    series: [{}, ...chart.lines.map((line) => seriesOf(line, chart, palette))],
    bands: bandsOf(chart, palette),
    hooks: {
      draw: [(u) => drawOverlay(u, drawn)],
      setCursor: [(u) => onCursor(u.cursor.idx ?? null)],
    },
  };
  const data = [chart.time.map((at) => at / 1000), ...chart.lines.map((line) => line.values)];
  return new uPlot(options, data as uPlot.AlignedData, host);
}

/** Seconds between ticks of time: minutes, hours, days. */
const TICK_STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60),
  ...[1, 2, 3, 4, 6, 8, 12].map((hours) => hours * 3600),
  ...[1, 2, 3, 4, 5, 6, 7, 14, 28, 91, 182, 365].map((days) => days * 86_400),
];
const BINARY_STEPS = Array.from({ length: 50 }, (_, power) => 2 ** power);
const COUNT_STEPS = Array.from({ length: 12 }, (_, power) =>
  [1, 2, 5].map((digit) => digit * 10 ** power),
).flat();

function axis(palette: Palette, more: Partial<uPlot.Axis>): uPlot.Axis {
  return {
    stroke: palette.quiet,
    font: '12px system-ui, sans-serif',
    grid: { stroke: palette.line, width: 1 },
    ticks: { show: false },
    gap: 8,
    ...more,
  };
}

function seriesOf(line: Line, chart: Chart, palette: Palette): uPlot.Series {
  const dots = { show: chart.samples < 3, size: 7 };
  switch (line.key) {
    case 'memory':
    case 'count':
      return { stroke: palette.water, fill: palette.waterSoft, width: 2, points: dots };
    case 'floor':
      return { stroke: palette.floor, width: 1.75, points: dots };
    case 'fit':
      return { stroke: palette.fit, width: 2, dash: [7, 4], points: { show: false } };
    case 'mid':
      return { stroke: palette.water, width: 1.75, dash: [2, 4], points: { show: false } };
    case 'low':
    case 'high':
      return { stroke: palette.water, width: 0.5, points: { show: false } };
  }
}

function bandsOf(chart: Chart, palette: Palette): uPlot.Band[] {
  const low = chart.lines.findIndex((line) => line.key === 'low');
  const high = chart.lines.findIndex((line) => line.key === 'high');
  if (low < 0 || high < 0) return [];
  return [{ series: [high + 1, low + 1], fill: palette.waterSoft }];
}
