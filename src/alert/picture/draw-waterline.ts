// The waterline as a picture: what grows, over time, with the line that it may reach.
import { formatBytes, formatDuration } from '../../base/units.ts';
import type { Curve } from '../../model/alert.ts';
import type { PixelImage } from './encode-png.ts';
import { GLYPH_HEIGHT, GLYPH_PITCH, GLYPH_WIDTH, isDark } from './glyphs.ts';

const WIDTH = 760;
const HEIGHT = 300;
/** The plot within: room for labels on the left and below, for the title above. */
const PLOT = { left: 124, right: WIDTH - 20, top: 46, bottom: HEIGHT - 38 };
/** Pixels of a pixel of a letter. */
const SCALE = 2;
const LINE = 3;
const DASH = 8;

const COLOURS = {
  paper: [255, 255, 255],
  grid: [222, 226, 230],
  ink: [73, 80, 87],
  water: [208, 226, 245],
  line: [28, 100, 188],
  limit: [201, 42, 42],
} as const;
type Colour = keyof typeof COLOURS;
const NAMES = Object.keys(COLOURS) as readonly Colour[];

/** A limit that is farther away than this many times the highest value would make the curve flat: it is said, not drawn. */
const FAR = 4;

/** @returns null when there is no curve: fewer than two values. */
export function drawWaterline(curve: Curve): PixelImage | null {
  const known = curve.value.filter((value) => value !== null);
  const first = curve.time[0];
  const last = curve.time.at(-1);
  if (known.length < 2 || first === undefined || last === undefined || last <= first) return null;
  const highest = known.reduce((most, value) => Math.max(most, value), 0);
  const isNear = curve.limit !== null && curve.limit <= FAR * highest;
  const top = roundUp(isNear ? Math.max(highest, curve.limit ?? 0) : highest, curve.unit);
  const canvas = new Canvas();
  const format = formatOf(curve);
  const yOf = (value: number) => Math.round(PLOT.bottom - (value / top) * (PLOT.bottom - PLOT.top));
  const xOf = (time: number) =>
    Math.round(PLOT.left + ((time - first) / (last - first)) * (PLOT.right - PLOT.left));

  for (const value of [0, top / 2, top]) {
    const y = yOf(value);
    canvas.fill(PLOT.left, y, PLOT.right - PLOT.left, 1, 'grid');
    const label = value === 0 ? '0' : format(value);
    canvas.write(label, PLOT.left - 12 - widthOf(label), y - GLYPH_HEIGHT, 'ink');
  }
  drawCurve(canvas, curve, xOf, yOf);
  canvas.write(curve.of, PLOT.left, 12, 'ink');
  const ago = `${formatDuration(last - first)} ago`;
  canvas.write(ago, PLOT.left, PLOT.bottom + 12, 'ink');
  canvas.write('now', PLOT.right - widthOf('now'), PLOT.bottom + 12, 'ink');
  if (curve.limit !== null) {
    const label = `limit ${format(curve.limit)}${isNear ? '' : ' is above'}`;
    canvas.write(label, PLOT.right - widthOf(label), 12, 'limit');
    if (isNear) canvas.dash(PLOT.left, PLOT.right, yOf(curve.limit));
  }
  return canvas.image();
}

/** For who does not see the picture. */
export function describeCurve(curve: Curve): string {
  const { of, time, value, limit } = curve;
  const known = value.filter((each) => each !== null);
  const format = formatOf(curve);
  const span = formatDuration((time.at(-1) ?? 0) - (time[0] ?? 0));
  const reach = `from ${format(known[0] ?? 0)} to ${format(known.at(-1) ?? 0)} in ${span}`;
  return `${of}: ${reach}${limit === null ? '' : `; limit ${format(limit)}`}`;
}

/** Columns of water first, the line above them; where a value is not known there is neither. */
function drawCurve(
  canvas: Canvas,
  { time, value }: Curve,
  xOf: (time: number) => number,
  yOf: (value: number) => number,
): void {
  const columns = time.slice(1).flatMap((at, i) => {
    const [before, after] = [value[i] ?? null, value[i + 1] ?? null];
    if (before === null || after === null) return [];
    const [from, to] = [xOf(time[i] ?? at), xOf(at)];
    return Array.from({ length: to - from }, (_, step) => {
      const y = (part: number) => yOf(before + ((after - before) * part) / (to - from));
      return { x: from + step, y: y(step), next: y(step + 1) };
    });
  });
  for (const { x, y } of columns) canvas.fill(x, y, 1, PLOT.bottom - y, 'water');
  for (const { x, y, next } of columns)
    canvas.fill(x, Math.min(y, next) - 1, LINE, Math.abs(next - y) + LINE, 'line');
}

/** The next of 1, 1.5, 2, 3, 4, 6, ... bytes, or of 1, 2, 4, 6, 8, 10, ... things. */
function roundUp(value: number, unit: Curve['unit']): number {
  const base = unit === 'bytes' ? 2 : 10;
  const power = base ** Math.floor(Math.log(Math.max(value, 1)) / Math.log(base));
  const steps = unit === 'bytes' ? [1, 1.5, 2] : [1, 2, 4, 6, 8, 10];
  return power * (steps.find((step) => step * power >= value) ?? base);
}

function formatOf({ unit }: Curve): (value: number) => string {
  return unit === 'bytes' ? formatBytes : formatCount;
}

function formatCount(count: number): string {
  return count < 10_000 ? String(Math.round(count * 10) / 10) : `${Math.round(count / 1000)}k`;
}

function widthOf(text: string): number {
  return text.length * GLYPH_PITCH * SCALE;
}

class Canvas {
  readonly #pixels = new Uint8Array(WIDTH * HEIGHT);

  /** Parts beyond the edges are left out. */
  fill(x: number, y: number, width: number, height: number, colour: Colour): void {
    const index = NAMES.indexOf(colour);
    for (let row = Math.max(0, y); row < Math.min(HEIGHT, y + height); row++)
      this.#pixels.fill(index, row * WIDTH + Math.max(0, x), row * WIDTH + Math.min(WIDTH, x + width));
  }

  dash(from: number, to: number, y: number): void {
    for (let x = from; x < to; x += 2 * DASH) this.fill(x, y - 1, Math.min(DASH, to - x), LINE - 1, 'limit');
  }

  write(text: string, x: number, y: number, colour: Colour): void {
    for (const [i, letter] of [...text].entries())
      for (let row = 0; row < GLYPH_HEIGHT; row++)
        for (let column = 0; column < GLYPH_WIDTH; column++)
          if (isDark(letter, column, row))
            this.fill(x + (i * GLYPH_PITCH + column) * SCALE, y + row * SCALE, SCALE, SCALE, colour);
  }

  image(): PixelImage {
    return {
      width: WIDTH,
      height: HEIGHT,
      pixels: this.#pixels,
      palette: NAMES.map((name) => COLOURS[name]),
    };
  }
}
