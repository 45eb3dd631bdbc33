import { describe, expect, it } from 'vitest';
import { MIB } from '../base/units.ts';
import { ANSI } from './style.ts';
import { drawWaterline, type WaterlineSeries } from './waterline.ts';

/** Rows drawn as `seconds live before goal`, MiB. */
function series(drawn: string, restartSeconds: readonly number[] = []): WaterlineSeries {
  const rows = drawn
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const column = (at: number, factor: number) => Float64Array.from(rows, (row) => (row[at] ?? NaN) * factor);
  return {
    timeMillis: column(0, 1000),
    live: column(1, MIB),
    before: column(2, MIB),
    goal: column(3, MIB),
    restartMillis: restartSeconds.map((seconds) => seconds * 1000),
  };
}

const RISING = series(`
  0    2  4  4
  25   4  8  8
  50   6  8  8
  75   8  9  9
  100 10 10 10
`);

describe('drawWaterline', () => {
  it('shows live heap, garbage and goal over time', () => {
    expect(drawWaterline(RISING, { width: 31, height: 5 })).toEqual([
      '   10 MiB ┤     ──────────────█',
      '          │     ░░░░░░░░░░█████',
      '    6 MiB ┤─────░░░░░██████████',
      '          │░░░░░███████████████',
      '          │████████████████████',
      '      0 B ┼────────────────────',
      '           0         1 min 40 s',
      '           █ live  ░ garbage  ─ goal',
    ]);
  });

  it('keeps to the width of the terminal, from the narrowest to the widest', () => {
    for (const width of [1, 21, 40, 80, 500]) {
      for (const line of drawWaterline(RISING, { width })) {
        expect(line.length).toBeLessThanOrEqual(Math.max(Math.min(width, 131), 60));
      }
    }
  });

  it('is the same picture with colours as without', () => {
    const coloured = drawWaterline(RISING, { style: ANSI, width: 60 }).join('\n');
    expect(coloured).toContain('\u001b[');
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(drawWaterline(RISING, { width: 60 }).join('\n'));
  });

  it('draws a trace of one collection, and nothing of none', () => {
    expect(drawWaterline(series('7 3 4 4'), { width: 40 }).length).toBeGreaterThan(5);
    expect(drawWaterline({ ...series('7 3 4 4'), timeMillis: new Float64Array() })).toEqual([]);
  });

  it('says a goal that lies far above the heap instead of drawing it', () => {
    const far = series('0 2 4 900\n60 2 4 900');
    expect(drawWaterline(far).at(-1)).toContain('goal 900 MiB, outside of the picture');
    const none = series('0 2 4 Infinity\n60 2 4 Infinity');
    expect(drawWaterline(none).at(-1)).not.toContain('goal');
  });

  it('marks where the process was started again', () => {
    const lines = drawWaterline(series('0 9 9 9\n100 1 2 4', [50]), { width: 31 });
    expect(lines.at(-3)).toBe('      0 B ┼──────────┴─────────');
    expect(lines.at(-1)).toContain('┴ restart');
  });
});
