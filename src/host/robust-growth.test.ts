import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS } from '../base/units.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { fitRobustGrowth } from './robust-growth.ts';

const RISE = 300;
/** From 0 to RISE over one hour. */
const SHAPES: Readonly<Record<string, (share: number) => number>> = {
  'a straight line': (share) => RISE * share,
  'a square root': (share) => RISE * Math.sqrt(share),
  'an exponential': (share) => (RISE * (Math.exp(3 * share) - 1)) / (Math.exp(3) - 1),
  'a parabola': (share) => RISE * share * share,
  'stairs of a collector': (share) => (RISE / 12) * Math.floor(12 * share),
  'an onset in the middle': (share) => Math.max(0, 2 * RISE * (share - 0.5)),
  'a burst near the end': (share) => (share > 0.92 ? RISE : 0),
};

function fit(points: number, value: (share: number, point: number) => number) {
  const shares = Array.from({ length: points }, (_, i) => i / (points - 1));
  return fitRobustGrowth(
    shares.map((share) => share * HOUR_MILLIS),
    shares.map(value),
  );
}

describe('fitRobustGrowth', () => {
  for (const points of [8, 15, 60, 510]) {
    for (const [name, shape] of Object.entries(SHAPES)) {
      if (points < 60 && name === 'a burst near the end') continue;
      it(`finds ${name} of ${points} points to have grown, within finite bounds`, () => {
        const growth = fit(points, shape);
        if (growth === null) throw new Error('no fit');
        expect(growth.standsOut).toBe(true);
        expect(growth.perHour).toBeGreaterThan(RISE / 2);
        expect(growth.perHour).toBeLessThan(1.5 * RISE);
        expect(growth.low).toBeGreaterThanOrEqual(0);
        expect(growth.low).toBeLessThanOrEqual(growth.perHour);
        expect(growth.high).toBeGreaterThanOrEqual(growth.perHour);
        expect(growth.high).toBeLessThan(20 * RISE);
      });
    }
  }

  it('tells the slowest and the fastest third of what begins in the middle', () => {
    const growth = fit(60, SHAPES['an onset in the middle'] ?? (() => 0));
    expect(growth?.basis).toBe('parts');
    expect(growth?.low).toBe(0);
    expect(growth?.high).toBeCloseTo(2 * RISE, -2);
  });

  it('keeps the interval of the line where one holds through noise, and it covers what is true', () => {
    let covers = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const random = seededRandom(seed);
      const growth = fit(60, (share) => RISE * share + 40 * (random() - 0.5));
      expect(growth?.basis).toBe('line');
      if (growth !== null && growth.low < RISE && growth.high > RISE) covers++;
    }
    expect(covers).toBeGreaterThan(88);
  });

  it('is not misled by outliers on the way', () => {
    const growth = fit(60, (share, point) => RISE * share * share + (point % 20 === 7 ? 500 : 0));
    expect(growth?.standsOut).toBe(true);
    expect(growth?.high).toBeLessThan(3 * RISE);
  });

  it('claims no growth of what falls back as far as it rises, whatever its noise', () => {
    let claims = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const random = seededRandom(seed);
      let state = 0;
      const growth = fit(60, () => (state = 0.8 * state + random() - 0.5));
      if (growth?.standsOut === true) claims++;
    }
    // 2.5 % is what the interval of the line allows.
    expect(claims).toBeLessThan(14);
    for (const periods of [1, 2, 3.5, 9]) {
      expect(fit(60, (share) => Math.sin(2 * Math.PI * periods * share))?.standsOut).toBe(false);
    }
  });

  it('has finite bounds for what bends and comes back', () => {
    const growth = fit(60, (share) => Math.sin(Math.PI * share));
    expect(growth?.standsOut).toBe(false);
    expect(Number.isFinite(growth?.low) && Number.isFinite(growth?.high)).toBe(true);
  });
});
