import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import { renderWaterlineSvg } from './waterline-svg.ts';
import type { WaterlineSeries } from './waterline.ts';

const COUNT = 500;
const RISING: WaterlineSeries = {
  timeMillis: Float64Array.from({ length: COUNT }, (_, i) => i * 60_000),
  live: Float64Array.from({ length: COUNT }, (_, i) => (3 + i / 10) * MIB),
  before: Float64Array.from({ length: COUNT }, (_, i) => (6 + i / 5) * MIB),
  goal: Float64Array.from({ length: COUNT }, (_, i) => (6.5 + i / 5) * MIB),
  restartMillis: [4 * HOUR_MILLIS],
};

const render = (series: WaterlineSeries, title = 'orders') =>
  renderWaterlineSvg(series, { title, notes: ['leak'] }) ?? '';

describe('renderWaterlineSvg', () => {
  it('draws live heap, garbage, goal, restart and scales inside of the picture', () => {
    const svg = render(RISING);
    for (const role of ['live', 'garbage', 'goal', 'restart']) expect(svg).toContain(`class="${role}"`);
    expect(svg).toContain('>150 MiB<');
    expect(svg).toContain('>8 h<');
    const [, path = ''] = /class="live" d="([^"]+)"/.exec(svg) ?? [];
    const heights = [...path.matchAll(/[V ](\d+(?:\.\d+)?)(?=[HV])/g)].map(([, y]) => Number(y)).slice(0, -1);
    expect(heights.length).toBeGreaterThan(100);
    for (const y of heights) expect(y).toBeGreaterThan(0);
    expect([...heights].sort((a, b) => b - a)).toEqual(heights);
  });

  it('has no numbers that are none, also where there is no goal and one row', () => {
    const one = { ...RISING, timeMillis: RISING.timeMillis.slice(0, 1) };
    for (const series of [one, { ...RISING, goal: RISING.goal.map(() => Infinity) }]) {
      expect(render(series)).not.toMatch(/NaN|Infinity|undefined/);
    }
    expect(render({ ...RISING, goal: RISING.goal.map(() => Infinity) })).not.toContain('>goal<');
  });

  it('keeps text from outside text', () => {
    const svg = render(RISING, '<script>&"\u0000\ud800');
    expect(svg).toContain('&lt;script&gt;&amp;');
    expect(svg).not.toMatch(/<script|\u0000|\ud800/);
  });

  it('stays small however long the trace is', () => {
    const n = 200_000;
    const long = Float64Array.from({ length: n }, (_, i) => 1e6 * (1 + (i % 7)));
    const series = {
      ...RISING,
      timeMillis: long.map((_, i) => i * 1000),
      live: long,
      before: long,
      goal: long,
    };
    expect(render(series).length).toBeLessThan(60_000);
  });

  it('is nothing for an empty series', () => {
    expect(
      renderWaterlineSvg({ ...RISING, timeMillis: new Float64Array() }, { title: '', notes: [] }),
    ).toBeNull();
  });
});
