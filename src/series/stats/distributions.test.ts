import { describe, expect, it } from 'vitest';
import { logGamma, normalQuantile, regularisedBeta, studentCdf, studentQuantile } from './distributions.ts';

// Expected values: scipy 1.17.1 (stats.norm.ppf, stats.t.ppf, special.betainc), Python math.lgamma.
describe('distributions', () => {
  it('give the normal quantiles of scipy to eight digits', () => {
    for (const [p, z] of [
      [0.001, -3.090232306167813],
      [0.025, -1.9599639845400545],
      [0.1, -1.2815515655446004],
      [0.5, 0],
      [0.999, 3.090232306167813],
    ]) {
      expect(normalQuantile(p)).toBeCloseTo(z, 8);
    }
    expect(normalQuantile(1)).toBe(Infinity);
    expect(normalQuantile(1.1)).toBeNaN();
  });

  it('give the Student quantiles of scipy, also for broken degrees of freedom', () => {
    for (const [p, freedom, t] of [
      [0.975, 1, 12.706204736174694],
      [0.975, 2.5, 3.5746548420036817],
      [0.975, 10, 2.228138851986274],
      [0.9, 4, 1.533206274058944],
      [0.05, 30, -1.6972608865939574],
    ]) {
      expect(studentQuantile(p, freedom)).toBeCloseTo(t, 7);
      expect(studentCdf(t, freedom)).toBeCloseTo(p, 9);
    }
  });

  it('give the special functions of scipy', () => {
    expect(regularisedBeta(0.4, 2, 3)).toBeCloseTo(0.5248, 12);
    expect(regularisedBeta(0.1, 0.5, 0.5)).toBeCloseTo(0.20483276469913345, 12);
    expect(regularisedBeta(0.9, 20, 5)).toBeCloseTo(0.9149251141213293, 12);
    expect(logGamma(3.7)).toBeCloseTo(1.4280723266653883, 12);
    expect(logGamma(120)).toBeCloseTo(453.0248962384962, 9);
  });
});
