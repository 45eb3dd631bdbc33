import { describe, expect, it } from 'vitest';
import { forecastPeak } from './peak-forecast.ts';

/** Park and Miller. */
function drawRandom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

/** A level of 100 each minute, with a spread of 5 and a wave of a day. */
function draw(seed: number, minutes: number, wave = 0) {
  const random = drawRandom(seed);
  const timeMillis = Float64Array.from({ length: minutes }, (_, i) => i * MINUTE);
  const value = Float64Array.from({ length: minutes }, (_, i) => {
    const gauss = Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
    return 100 + wave * Math.sin((2 * Math.PI * i) / 1440) + 5 * gauss;
  });
  return { timeMillis, value };
}

describe('the forecast of a peak', () => {
  it.each([
    ['noise alone', 0],
    ['a wave of a day as large as twice the noise', 10],
  ])('holds the peak of the next week in 19 of 20 cases, for %s', (_, wave) => {
    let inside = 0;
    const cases = 60;
    for (let seed = 1; seed <= cases; seed++) {
      const all = draw(7919 * seed, 9 * 1440, wave);
      const seen = { timeMillis: all.timeMillis.slice(0, 2 * 1440), value: all.value.slice(0, 2 * 1440) };
      const forecast = forecastPeak(seen, 7 * DAY);
      const peak = all.value.reduce((a, b) => Math.max(a, b));
      if (forecast !== null && peak >= forecast.low && peak <= forecast.high) inside++;
    }
    expect(inside / cases).toBeGreaterThanOrEqual(0.9);
  });

  it('lies further out for a longer time, and never below what was seen', () => {
    const points = draw(5, 1440);
    const [day, month] = [1, 30].map((days) => forecastPeak(points, days * DAY));
    expect(month?.value).toBeGreaterThan(day?.value ?? Infinity);
    expect(day?.low).toBeGreaterThanOrEqual(day?.seen ?? Infinity);
    expect(month?.high).toBeGreaterThan(month?.value ?? Infinity);
  });

  it('is the level itself where that never moved', () => {
    const { timeMillis } = draw(1, 600);
    const flat = forecastPeak({ timeMillis, value: new Float64Array(600).fill(7) }, 30 * DAY);
    expect(flat).toEqual({ seen: 7, value: 7, low: 7, high: 7 });
  });

  it('is not made of a few values', () => {
    expect(forecastPeak(draw(1, 29), DAY)).toBeNull();
    expect(forecastPeak(draw(1, 30), DAY)).not.toBeNull();
  });
});
