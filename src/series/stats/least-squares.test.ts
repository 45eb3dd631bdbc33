import { describe, expect, it } from 'vitest';
import {
  correctedAutocorrelation,
  effectiveSamples,
  lagOneAutocorrelation,
  whiten,
} from './autocorrelation.ts';
import { fitLeastSquares } from './least-squares.ts';
import { computeTheilSen } from './theil-sen.ts';
import { seededRandom } from '../../testing/seeded-random.ts';

const time = Float64Array.of(0, 1, 2, 3, 4, 5, 6, 7);
const load = Float64Array.of(3, 1, 4, 1, 5, 9, 2, 6);
const value = Float64Array.of(10.2, 9.1, 14.3, 11.8, 18.9, 25.7, 17.1, 24.6);
const one = new Float64Array(8).fill(1);

// Expected values: numpy 2.4.6 linalg.lstsq with s^2 (X'X)^-1; scipy 1.17.1 stats.theilslopes.
describe('least squares', () => {
  it('give coefficients, standard errors and residual power of numpy', () => {
    const fit = fitLeastSquares([one, load, time], value);
    expect([...(fit?.coefficient ?? [])]).toEqual([
      expect.closeTo(6.073250218722682, 10),
      expect.closeTo(1.4008748906386677, 10),
      expect.closeTo(1.417388451443569, 10),
    ]);
    expect([...(fit?.standardError ?? [])]).toEqual([
      expect.closeTo(0.15890755593573688, 10),
      expect.closeTo(0.03466910224979688, 10),
      expect.closeTo(0.03889942133288938, 10),
    ]);
    expect(fit?.sumOfSquares).toBeCloseTo(0.24532589676290234, 10);
  });

  it('refuse columns that are combinations of others, and too few rows', () => {
    expect(fitLeastSquares([one, load, load.map((cell) => 2 * cell + 1)], value)).toBeNull();
    expect(fitLeastSquares([one, load], value.subarray(0, 2))).toBeNull();
  });
});

describe('Theil-Sen', () => {
  it('has the median slope of scipy, and an interval that one wild value does not move', () => {
    const options = { confidence: 0.95, inflation: 1 };
    expect(computeTheilSen(time, value, options)?.slope).toBeCloseTo(2.0585714285714287, 12);
    const straight = time.map((at) => 2 * at);
    straight[3] = 1000;
    expect(computeTheilSen(time, straight, options)?.slope).toBe(2);
  });

  it('widens with correlation', () => {
    const plain = computeTheilSen(time, value, { confidence: 0.95, inflation: 1 });
    const correlated = computeTheilSen(time, value, { confidence: 0.95, inflation: 3 });
    expect(correlated?.low).toBeLessThan(plain?.low ?? 0);
    expect(correlated?.high).toBeGreaterThan(plain?.high ?? 0);
  });
});

describe('autocorrelation', () => {
  it('of an alternating and a constant series is what the formula says', () => {
    expect(lagOneAutocorrelation(Float64Array.of(1, -1, 1, -1))).toBe(-0.75);
    expect(lagOneAutocorrelation(new Float64Array(4))).toBe(0);
    expect(effectiveSamples(72, 0.5)).toBe(24);
    expect(effectiveSamples(16, 0.98)).toBe(1);
  });

  it('is corrected for what the fit took away: on average right for an AR(1) with a fitted trend', () => {
    const random = seededRandom(11);
    const phi = 0.6;
    let plain = 0;
    let corrected = 0;
    const runs = 300;
    for (let run = 0; run < runs; run++) {
      const noise = new Float64Array(40);
      let last = 0;
      for (let i = 0; i < 40; i++) {
        last = phi * last + (random() + random() + random() - 1.5);
        noise[i] = last;
      }
      const ones = new Float64Array(40).fill(1);
      const steps = Float64Array.from(ones, (_, i) => i);
      const residual = fitLeastSquares([ones, steps], noise)?.residual ?? noise;
      plain += lagOneAutocorrelation(residual) / runs;
      corrected += correctedAutocorrelation(residual, 2) / runs;
    }
    expect(plain).toBeLessThan(phi - 0.07);
    expect(Math.abs(corrected - phi)).toBeLessThan(0.04);
  });

  it('is taken out by whitening', () => {
    const white = whiten(Float64Array.of(2, 1, 0.5, 0.25), 0.5);
    expect([...white]).toEqual([2 * Math.sqrt(0.75), 0, 0, 0]);
  });
});
