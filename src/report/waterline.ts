// The heap over time against its goal, for a terminal: live heap below, garbage above it, the goal as a line.
import { GIB, KIB, MIB, formatBytes, formatDuration, type Bytes, type Millis } from '../base/units.ts';
import { PLAIN, type Style, type TextRole } from './style.ts';

/** One row is one collection, oldest first; NaN = not known, Infinity = no goal. */
export interface WaterlineSeries {
  readonly timeMillis: Float64Array;
  readonly live: Float64Array;
  /** Heap when the collection began: live and garbage. */
  readonly before: Float64Array;
  readonly goal: Float64Array;
  /** Where the process was started again. */
  readonly restartMillis: readonly Millis[];
}

/** The series at `length` equal parts of time. A part without a collection holds what was known before it. */
export interface WaterlineBins {
  readonly length: number;
  readonly fromMillis: Millis;
  readonly toMillis: Millis;
  /** Median of the part. */
  readonly live: Float64Array;
  /** Highest of the part. */
  readonly before: Float64Array;
  readonly goal: Float64Array;
  /** Top of the picture: a round amount above all that is drawn. */
  readonly topBytes: Bytes;
  /** Goals are too high to be drawn with the rest. */
  readonly isGoalOutside: boolean;
}

/** A goal above this many times the heap would press the heap flat: a limit that is far away is said, not drawn. */
const GOAL_IN_PICTURE = 3;

/** Thins to `length` parts; null for a series without a row. */
export function binWaterline(series: WaterlineSeries, length: number): WaterlineBins | null {
  const { timeMillis } = series;
  const rows = timeMillis.length;
  if (rows === 0) return null;
  const [fromMillis, toMillis] = [timeMillis[0], timeMillis[rows - 1]];
  const part = Math.max(toMillis - fromMillis, 1) / length;
  const live = new Float64Array(length);
  const before = new Float64Array(length);
  const goal = new Float64Array(length);
  let row = 0;
  for (let bin = 0; bin < length; bin++) {
    const end = bin === length - 1 ? Infinity : fromMillis + (bin + 1) * part;
    const first = row;
    let highest = -Infinity;
    while (row < rows && timeMillis[row] < end) highest = Math.max(highest, series.before[row++]);
    if (row === first) {
      [live[bin], before[bin], goal[bin]] = [live[bin - 1], before[bin - 1], goal[bin - 1]];
    } else {
      live[bin] = medianOf(series.live.subarray(first, row));
      before[bin] = highest;
      goal[bin] = medianOf(series.goal.subarray(first, row));
    }
  }
  const heap = Math.max(...before, ...live);
  const highestGoal = goal.reduce((high, value) => (value > high && value < Infinity ? value : high), 0);
  const isGoalOutside = highestGoal > GOAL_IN_PICTURE * heap;
  const topBytes = roundUp(Math.max(heap, isGoalOutside ? 0 : highestGoal, MIB));
  return { length, fromMillis, toMillis, live, before, goal, topBytes, isGoalOutside };
}

function medianOf(values: Float64Array): number {
  const sorted = values.slice().sort();
  return sorted[sorted.length >> 1];
}

/** Up to a number of at most two digits of KiB, MiB or GiB: labels stay short. */
function roundUp(bytes: Bytes): Bytes {
  const unit = bytes >= GIB ? GIB : bytes >= MIB ? MIB : KIB;
  const digits = 10 ** Math.floor(Math.log10(bytes / unit));
  for (const step of [1, 1.5, 2, 3, 4, 5, 6, 8, 10]) {
    if (step * digits * unit >= bytes) return step * digits * unit;
  }
  return bytes;
}

export interface WaterlineTextOptions {
  readonly style?: Style;
  /** Characters of the terminal's line; 80 where it is not known. */
  readonly width?: number;
  readonly height?: number;
}

const LABEL_WIDTH = 9;
const NARROWEST_PLOT = 10;
/** Wider than this a picture of ten rows is no easier to read. */
const WIDEST_PLOT = 120;
const HEIGHT = 10;
const EIGHTHS = ' ▁▂▃▄▅▆▇█';

/** Lines of the picture with scale, time axis and legend; none for an empty series. */
export function drawWaterline(series: WaterlineSeries, options: WaterlineTextOptions = {}): string[] {
  const style = options.style ?? PLAIN;
  const height = options.height ?? HEIGHT;
  const room = (options.width ?? 80) - LABEL_WIDTH - 2;
  const bins = binWaterline(series, Math.max(NARROWEST_PLOT, Math.min(WIDEST_PLOT, room)));
  if (bins === null) return [];
  const lines: string[] = [];
  for (let row = height - 1; row >= 0; row--) {
    const label =
      row === height - 1 || row === height >> 1 ? formatBytes(((row + 1) / height) * bins.topBytes) : '';
    const edge = label === '' ? '│' : '┤';
    lines.push(
      `${style('faint', `${label.padStart(LABEL_WIDTH)} ${edge}`)}${drawRow(bins, row, height, style)}`,
    );
  }
  lines.push(style('faint', `${'0 B'.padStart(LABEL_WIDTH)} ┼${drawAxis(series, bins)}`));
  lines.push(style('faint', `${' '.repeat(LABEL_WIDTH + 2)}${labelAxis(bins)}`));
  lines.push(`${' '.repeat(LABEL_WIDTH + 2)}${describeLegend(series, bins, style)}`);
  return lines;
}

type Cell = readonly [role: TextRole | null, text: string];

/** Neighbours of one role share their colour codes. */
function drawRow(bins: WaterlineBins, row: number, height: number, style: Style): string {
  let text = '';
  let run: Cell = [null, ''];
  const end = () => (text += run[0] === null ? run[1] : style(run[0], run[1]));
  for (let bin = 0; bin < bins.length; bin++) {
    const [role, character] = drawCell(bins, bin, row, height);
    if (role === run[0]) run = [role, run[1] + character];
    else {
      end();
      run = [role, character];
    }
  }
  end();
  return text.trimEnd();
}

function drawCell(bins: WaterlineBins, bin: number, row: number, height: number): Cell {
  const rowsOf = (bytes: Bytes) => (bytes / bins.topBytes) * height - row;
  const live = rowsOf(bins.live[bin]);
  if (live >= 1) return ['code', '█'];
  const goal = bins.isGoalOutside ? NaN : rowsOf(bins.goal[bin]);
  // The top edge of the picture belongs to its highest row.
  if (goal >= 0 && (goal < 1 || (goal === 1 && row === height - 1))) return ['warning', '─'];
  const eighths = Math.round(live * 8);
  if (eighths > 0) return ['code', EIGHTHS[eighths]];
  return rowsOf(bins.before[bin]) >= 0.5 ? ['faint', '░'] : [null, ' '];
}

function drawAxis(series: WaterlineSeries, { length, fromMillis, toMillis }: WaterlineBins): string {
  const axis = Array.from({ length }, () => '─');
  for (const millis of series.restartMillis) {
    const bin = Math.floor(((millis - fromMillis) / Math.max(toMillis - fromMillis, 1)) * length);
    if (bin >= 0 && bin < length) axis[bin] = '┴';
  }
  return axis.join('');
}

function labelAxis({ length, fromMillis, toMillis }: WaterlineBins): string {
  const right = formatSpan(toMillis - fromMillis);
  return `0${right.padStart(length - 1)}`;
}

/** `66 ms`: spans of a start-up are shorter than a second. */
export function formatSpan(millis: Millis): string {
  return millis < 10_000 ? `${Math.round(millis)} ms` : formatDuration(millis);
}

function describeLegend(series: WaterlineSeries, bins: WaterlineBins, style: Style): string {
  const parts = [`${style('code', '█')} live`, `${style('faint', '░')} garbage`];
  const goal = bins.goal[bins.length - 1];
  if (!bins.isGoalOutside && Number.isFinite(goal)) parts.push(`${style('warning', '─')} goal`);
  else if (Number.isFinite(goal)) parts.push(`goal ${formatBytes(goal)}, outside of the picture`);
  if (series.restartMillis.length > 0) parts.push('┴ restart');
  return parts.join('  ');
}
