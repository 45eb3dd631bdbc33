import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../../base/units.ts';
import type { Curve } from '../../model/alert.ts';
import { drawCurve } from '../../testing/drawn-alert.ts';
import { describeCurve, drawWaterline } from './draw-waterline.ts';
import { encodePng, type PixelImage } from './encode-png.ts';
import { canDraw } from './glyphs.ts';

function draw(curve: Curve): PixelImage {
  const image = drawWaterline(curve);
  if (image === null) throw new Error('nothing drawn');
  return image;
}

/** Rows of the picture in which a colour covers this column. */
function rowsOf({ width, height, pixels, palette }: PixelImage, colour: string, x: number): number[] {
  const index = palette.findIndex((each) => each.join(' ') === colour);
  return Array.from({ length: height }, (_, y) => y).filter((y) => pixels[y * width + x] === index);
}
const WATER = '208 226 245';
const LIMIT = '201 42 42';

describe('the waterline as a picture', () => {
  it('rises from left to right as the values do, below the line of the limit', () => {
    const image = draw(drawCurve({ limit: 300 * MIB }));
    const depth = (x: number) => rowsOf(image, WATER, x).length;
    expect(depth(200)).toBeLessThan(depth(400));
    expect(depth(400)).toBeLessThan(depth(700));
    const [limit = 0] = rowsOf(image, LIMIT, 126);
    expect(limit).toBeGreaterThan(0);
    expect(limit).toBeLessThan(Math.min(...rowsOf(image, WATER, 700)));
  });

  it('says of a limit that is far away that it is above, instead of a flat curve', () => {
    const [near, far] = [draw(drawCurve({ limit: null })), draw(drawCurve({ limit: 1e12 }))];
    expect(rowsOf(far, WATER, 700)).toEqual(rowsOf(near, WATER, 700));
  });

  it('shows what is not known as a gap, and is nothing without two values', () => {
    const value = drawCurve().value.map((each, i) => (i >= 4 && i <= 6 ? null : each));
    const gap = draw(drawCurve({ value }));
    expect(rowsOf(gap, WATER, 440)).toEqual([]);
    expect(rowsOf(gap, WATER, 700).length).toBeGreaterThan(0);
    expect(drawWaterline(drawCurve({ time: [], value: [] }))).toBeNull();
    expect(drawWaterline(drawCurve({ time: [5, 5], value: [1, 2] }))).toBeNull();
  });

  it('stays a picture for values that are none: zero, negative, huge', () => {
    for (const value of [0, -5, 1e300]) {
      const image = drawWaterline(drawCurve({ time: [0, HOUR_MILLIS], value: [value, value], limit: value }));
      expect(image?.pixels.length).toBe(760 * 300);
    }
  });

  it('has a letter for all that its labels are made of', () => {
    const words = ['live heap', 'goroutines', 'open files', 'threads', 'memory of the process'];
    for (const text of [
      ...words,
      '0123456789.',
      'KiB MiB GiB',
      'limit is above',
      'now',
      '1 d 2 h 3 min 4 s ago',
      '-',
    ])
      expect(canDraw(text), text).toBe(true);
  });

  it('is said in words for who does not see it', () => {
    expect(describeCurve(drawCurve({ limit: 512 * MIB }))).toBe(
      'live heap: from 20 MiB to 200 MiB in 9 h; limit 512 MiB',
    );
  });

  it('is a PNG of some kilobytes whose rows are the pixels', () => {
    const image = draw(drawCurve());
    const bytes = Buffer.from(encodePng(image));
    expect(bytes.length).toBeLessThan(8192);
    expect(bytes.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
    const chunks = new Map<string, Buffer>();
    for (let at = 8; at < bytes.length;) {
      const length = bytes.readUInt32BE(at);
      chunks.set(bytes.toString('latin1', at + 4, at + 8), bytes.subarray(at + 8, at + 8 + length));
      at += length + 12;
    }
    expect([...chunks.keys()]).toEqual(['IHDR', 'PLTE', 'IDAT', 'IEND']);
    const rows = inflateSync(chunks.get('IDAT') ?? Buffer.alloc(0));
    const second = rows.subarray(image.width + 2, 2 * (image.width + 1));
    expect([...second]).toEqual([...image.pixels.subarray(image.width, 2 * image.width)]);
  });
});
