import { describe, expect, it } from 'vitest';
import { normalQuantile } from '../../series/stats/distributions.ts';
import { seededRandom } from '../../testing/seeded-random.ts';
import { compareGrowth, poolSlopes } from './pooled-growth.ts';

/** `4±1 6±1`: slopes per hour with their standard errors. */
const slopes = (text: string) =>
  text.split(' ').map((pair) => {
    const [perHour = NaN, standardError = NaN] = pair.split('±').map(Number);
    return { perHour, standardError };
  });

function drawSlopes(count: number, seed: number, truth: { mean: number; spread: number; error: number }) {
  const random = seededRandom(seed);
  const normal = () => normalQuantile(random());
  return Array.from({ length: count }, () => ({
    perHour: truth.mean + truth.spread * normal() + truth.error * normal(),
    standardError: truth.error,
  }));
}

describe('slopes of replicas', () => {
  it('are pooled by random effects with the interval of Hartung and Knapp, as worked out by hand', () => {
    // Q = 2 with one degree of freedom: between-replica variance 1, each weighs 1/2, t(1, 97.5 %) = 12.706.
    const pooled = poolSlopes(slopes('4±1 6±1'));
    expect(pooled).toMatchObject({ replicas: 2, perHour: 5, spread: 1, standardError: 1, z: 5 });
    expect(pooled?.low).toBeCloseTo(5 - 12.7062, 3);
  });

  it('weigh by their precision where they agree', () => {
    expect(poolSlopes(slopes('2±1 2±2 2±9'))?.perHour).toBe(2);
    const pooled = poolSlopes(slopes('1±1 1.9±3 1.1±1'));
    expect(pooled?.perHour).toBeCloseTo((1 + 1.9 / 9 + 1.1) / (2 + 1 / 9), 12);
    expect(pooled?.spread).toBe(0);
  });

  it('that agree better than their noise allows are no more certain for it', () => {
    expect(poolSlopes(slopes('3±1 3±1 3±1 3±1'))?.standardError).toBe(0.5);
  });

  it('are less noisy by the root of their number', () => {
    const [few, many] = [4, 256].map((count) => {
      const errors = Array.from({ length: 50 }, (_, seed) => {
        const drawn = drawSlopes(count, seed + 1, { mean: 2, spread: 0, error: 1 });
        return (poolSlopes(drawn)?.perHour ?? NaN) - 2;
      });
      return Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
    });
    expect((few ?? NaN) / (many ?? NaN)).toBeGreaterThan(6);
    expect((few ?? NaN) / (many ?? NaN)).toBeLessThan(10.5);
  });

  it.each([
    { count: 3, spread: 0.5 },
    { count: 8, spread: 0 },
    { count: 8, spread: 2 },
    { count: 40, spread: 1 },
  ])(
    'have an interval that holds the truth in 93 % of fleets of $count at least, spread $spread',
    (fleet) => {
      const holds = Array.from({ length: 400 }, (_, seed) => {
        const pooled = poolSlopes(
          drawSlopes(fleet.count, seed + 1, { mean: 3, spread: fleet.spread, error: 1 }),
        );
        return pooled !== null && pooled.low <= 3 && pooled.high >= 3;
      });
      const share = holds.filter(Boolean).length / holds.length;
      expect(share).toBeGreaterThan(0.93);
    },
  );

  it('of forty that differ by their noise alone have the interval of their mean', () => {
    const pooled = poolSlopes(drawSlopes(40, 9, { mean: 3, spread: 0, error: 1 }));
    const width = (pooled?.high ?? NaN) - (pooled?.low ?? NaN);
    expect(width / ((2 * 2.02) / Math.sqrt(40))).toBeGreaterThan(0.95);
    expect(width / ((2 * 2.02) / Math.sqrt(40))).toBeLessThan(1.4);
  });

  it('say nothing where there are fewer than two with an error', () => {
    expect(poolSlopes([])).toBeNull();
    expect(poolSlopes(slopes('4±1'))).toBeNull();
    expect(poolSlopes(slopes('4±1 5±0 NaN±1'))).toBeNull();
  });

  it('of two versions differ by as much as both errors together allow', () => {
    const [older, newer] = slopes('1±0.3 3±0.4');
    if (!older || !newer) throw new RangeError('two slopes');
    const difference = compareGrowth(older, newer);
    expect(difference).toMatchObject({ perHour: 2, z: 4 });
    expect(difference.low).toBeCloseTo(2 - 0.98, 12);
    expect(compareGrowth(newer, older).perHour).toBe(-2);
  });
});
