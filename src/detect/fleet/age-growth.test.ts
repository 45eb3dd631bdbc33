import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS } from '../../base/units.ts';
import { normalQuantile } from '../../series/stats/distributions.ts';
import { seededRandom } from '../../testing/seeded-random.ts';
import { growthByAge, type AgedLevel } from './age-growth.ts';

interface Drawn {
  readonly hours: number;
  readonly noise: () => number;
}

/** Replicas of 1 to 200 hours, one level each. */
function drawFleet(count: number, seed: number, level: (one: Drawn) => number): AgedLevel[] {
  const random = seededRandom(seed * 7919);
  return Array.from({ length: count }, () => {
    const hours = 200 ** random();
    const noise = () => normalQuantile(random());
    return { ageMillis: hours * HOUR_MILLIS, level: level({ hours, noise }), workPerHour: null };
  });
}

const steady = (fleet: readonly AgedLevel[]) => growthByAge(fleet);

describe('memory against age over replicas, seen once', () => {
  it('tells what an hour of age adds', () => {
    const found = steady(drawFleet(24, 3, ({ hours, noise }) => 80 + 0.5 * hours + 4 * noise()));
    expect(found?.low).toBeLessThan(0.5);
    expect(found?.high).toBeGreaterThan(0.5);
    expect(found?.z).toBeGreaterThan(8);
    expect(found?.straightness).toBeGreaterThan(2);
  });

  it('is not sure of growth where there is none, more than once in twenty-five fleets', () => {
    const sure = Array.from({ length: 200 }, (_, seed) => {
      const found = steady(drawFleet(12, seed + 1, ({ noise }) => 80 + 4 * noise()));
      return (found?.low ?? 0) > 0;
    });
    expect(sure.filter(Boolean).length).toBeLessThanOrEqual(8);
  });

  it('has an interval that holds where old replicas scatter more than young ones', () => {
    const holds = Array.from({ length: 300 }, (_, seed) => {
      const found = steady(
        drawFleet(20, seed + 1, ({ hours, noise }) => 80 + 0.5 * hours + 0.2 * hours * noise()),
      );
      return found !== null && found.low <= 0.5 && found.high >= 0.5;
    });
    const share = holds.filter(Boolean).length / holds.length;
    expect(share).toBeGreaterThan(0.86);
    expect(share).toBeLessThan(0.995);
  });

  it('knows a cache that fills by the old replicas, which have stopped', () => {
    const found = steady(
      drawFleet(24, 3, ({ hours, noise }) => 80 + 60 * (1 - Math.exp(-hours / 10)) + noise()),
    );
    expect(found?.low).toBeGreaterThan(0);
    expect(found?.straightness).toBeLessThan(-2);
  });

  it('takes off what follows the work, where all of them count it', () => {
    const random = seededRandom(5);
    const fleet = drawFleet(30, 8, ({ noise }) => 50 + noise()).map((one) => {
      // Old replicas get more work, as a balancer that prefers warm ones gives them.
      const workPerHour = 1000 + (one.ageMillis / HOUR_MILLIS) * 5 + 100 * random();
      return { ...one, level: one.level + 0.02 * workPerHour, workPerHour };
    });
    expect(growthByAge(fleet)?.low).toBeLessThan(0);
    const untold = fleet.map((one, i) => (i === 0 ? { ...one, workPerHour: null } : one));
    expect(growthByAge(untold)?.low).toBeGreaterThan(0);
  });

  it.each([
    ['seven replicas', drawFleet(7, 1, ({ hours }) => hours)],
    [
      'replicas that are all about as old',
      drawFleet(20, 1, ({ hours }) => hours).map((one, i) => ({ ...one, ageMillis: (50 + i) * HOUR_MILLIS })),
    ],
    [
      'replicas that have just started',
      drawFleet(20, 1, ({ hours }) => hours).map((one) => ({ ...one, ageMillis: one.ageMillis / 2000 })),
    ],
    ['levels that are unknown', drawFleet(20, 1, () => NaN)],
    ['nobody', []],
  ] as const)('says nothing of %s', (_name, fleet) => {
    expect(growthByAge(fleet)).toBeNull();
  });
});
