// Memory against its limit as one SVG: no script, so that it can be mailed, printed and kept.
import { formatBytes, formatDuration, type Bytes, type Millis } from '../base/units.ts';

/** Times strictly increase; NaN = not known, a gap in the line. */
export interface ChartLine {
  readonly label: string;
  readonly timeMillis: ArrayLike<number>;
  readonly bytes: ArrayLike<number>;
}

export interface ChartInput {
  readonly lines: readonly ChartLine[];
  readonly limitBytes: Bytes | null;
  readonly marks: readonly { readonly at: Millis; readonly text: string }[];
}

const WIDTH = 960;
const HEIGHT = 260;
const LEFT = 72;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 28;
/** Points of a line: more than pixels say nothing. */
const MAX_POINTS = 800;
/** Marks drawn: restarts of a process that restarts all the time would be a wall. */
const MAX_MARKS = 60;
/** A limit far above the memory would press the line flat: it is named instead of drawn. */
const LIMIT_DRAWN = 4;
/** Nothing for this many usual steps is a gap in the line. */
const GAP_STEPS = 5;

/** The picture with its description; empty where no line has two points. */
export function drawWaterline(input: ChartInput, escape: (text: string) => string): string {
  const lines = input.lines.filter((line) => line.timeMillis.length > 1);
  if (lines.length === 0) return '';
  const from = Math.min(...lines.map(({ timeMillis }) => timeMillis[0]));
  const to = Math.max(...lines.map(({ timeMillis }) => timeMillis[timeMillis.length - 1]));
  const highest = Math.max(1, ...lines.map(({ bytes }) => highestOf(bytes)));
  const { limitBytes } = input;
  const isDrawn = limitBytes !== null && limitBytes <= LIMIT_DRAWN * highest;
  const top = 1.08 * Math.max(highest, isDrawn ? limitBytes : 0);
  const x = (at: number) => LEFT + ((at - from) / Math.max(1, to - from)) * (WIDTH - LEFT - RIGHT);
  const y = (bytes: number) => HEIGHT - BOTTOM - (bytes / top) * (HEIGHT - TOP - BOTTOM);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => share * top);
  const title = `memory over ${formatDuration(to - from)}, at most ${formatBytes(highest)}${limitBytes === null ? '' : ` of ${formatBytes(limitBytes)}`}`;
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(title)}">`,
    ...grid.map(
      (bytes) =>
        `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${pixel(y(bytes))}" y2="${pixel(y(bytes))}"/>` +
        `<text x="${LEFT - 8}" y="${pixel(y(bytes) + 4)}" text-anchor="end">${escape(formatBytes(bytes))}</text>`,
    ),
    ...input.marks
      .filter(({ at }) => at >= from && at <= to)
      .slice(-MAX_MARKS)
      .map(
        ({ at, text }) =>
          `<line class="mark" x1="${pixel(x(at))}" x2="${pixel(x(at))}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"><title>${escape(text)}</title></line>`,
      ),
    ...(isDrawn
      ? [
          `<line class="limit" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${pixel(y(limitBytes))}" y2="${pixel(y(limitBytes))}"/>`,
        ]
      : []),
    ...lines.map((line, i) => `<path class="line line-${i}" d="${path(line, x, y)}"/>`),
    `<text x="${LEFT}" y="${HEIGHT - 8}">0</text>`,
    `<text x="${WIDTH - RIGHT}" y="${HEIGHT - 8}" text-anchor="end">${escape(formatDuration(to - from))}</text>`,
    '</svg>',
  ].join('\n');
}

function path(line: ChartLine, x: (at: number) => number, y: (bytes: number) => number): string {
  const { timeMillis, value } = knownPoints(line);
  const gap = GAP_STEPS * usualStep(timeMillis);
  const step = Math.max(1, Math.ceil(value.length / MAX_POINTS));
  const parts: string[] = [];
  for (let i = 0; i < value.length; i += step) {
    // The highest of those that share a pixel: a spike must not vanish.
    const highest = Math.max(...value.slice(i, i + step));
    const isAfterGap = i === 0 || timeMillis[i] - timeMillis[i - 1] > gap;
    parts.push(`${isAfterGap ? 'M' : 'L'}${pixel(x(timeMillis[i]))} ${pixel(y(highest))}`);
  }
  return parts.join('');
}

/** Sources answer at different instants: a row in which only another one spoke is no gap. */
function knownPoints({ timeMillis, bytes }: ChartLine): { timeMillis: number[]; value: number[] } {
  const points: { timeMillis: number[]; value: number[] } = { timeMillis: [], value: [] };
  for (let i = 0; i < timeMillis.length; i++) {
    if (Number.isNaN(bytes[i])) continue;
    points.timeMillis.push(timeMillis[i]);
    points.value.push(bytes[i]);
  }
  return points;
}

function usualStep(timeMillis: readonly number[]): Millis {
  const steps = timeMillis.slice(1).map((at, i) => at - timeMillis[i]);
  steps.sort((a, b) => a - b);
  return steps[steps.length >> 1] ?? 0;
}

function highestOf(bytes: ArrayLike<number>): number {
  let highest = 0;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] > highest) highest = bytes[i];
  return highest;
}

function pixel(value: number): string {
  return String(Math.round(value * 10) / 10);
}
