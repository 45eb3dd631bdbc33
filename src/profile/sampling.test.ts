import { describe, expect, it } from 'vitest';
import { MIB } from '../base/units.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import {
  criticalZ,
  estimateGrowth,
  estimateLevel,
  growthPValue,
  largestInvisible,
  logGrowthEValue,
  poissonInterval,
  recoverSampleCount,
  samplingProbability,
  sumGrowth,
  survivalShare,
} from './sampling.ts';

const RATE = 524_288;

describe('samplingProbability', () => {
  it('is 1 - exp(-s / R), exact for tiny sizes too, and 1 when everything is recorded', () => {
    expect(samplingProbability(RATE, RATE)).toBeCloseTo(1 - Math.exp(-1), 15);
    expect(samplingProbability(1e-9 * RATE, RATE)).toBeCloseTo(1e-9, 17);
    expect(samplingProbability(64, 1)).toBe(1);
    expect([recoverSampleCount(7, 1), recoverSampleCount(0, 0.1), recoverSampleCount(3, 0)]).toEqual([
      7, 0, 0,
    ]);
  });

  it('recovers the number of recorded objects from the printed estimate', () => {
    for (const size of [16, 1024, 65_536, RATE, 4 * RATE])
      for (const k of [1, 2, 7, 500]) {
        const p = samplingProbability(size, RATE);
        // The runtime truncates; other writers may round.
        expect(recoverSampleCount(Math.trunc(k / p), p)).toBe(k);
        if (size < RATE) expect(recoverSampleCount(Math.round(k / p), p)).toBe(k);
      }
  });
});

describe('intervals', () => {
  it('equal the published Garwood limits', () => {
    const rounded = (k: number): number[] => poissonInterval(k).map((limit) => Number(limit.toFixed(3)));
    // D. Kerridge's table of exact 95 % limits of a Poisson mean.
    expect([0, 1, 5, 10, 20, 100].map(rounded)).toEqual([
      [0, 3.689],
      [0.025, 5.572],
      [1.623, 11.668],
      [4.795, 18.39],
      [12.217, 30.888],
      [81.364, 121.627],
    ]);
  });

  it('join without a step where the normal approximation begins', () => {
    const [low, high] = poissonInterval(10_000);
    const [lowNext, highNext] = poissonInterval(10_001);
    expect(Math.abs(lowNext - low)).toBeLessThan(3);
    expect(Math.abs(highNext - high)).toBeLessThan(3);
  });

  it('have no width where every object is recorded, and no upper end where none can be', () => {
    const all = estimateLevel(7, 64, 1);
    expect([all.low, all.bytes, all.high, all.variance]).toEqual([448, 448, 448, 0]);
    expect(estimateLevel(0, 0, RATE).high).toBe(Infinity);
  });

  it('say of a site that is not in the profile only that it is below 1.5 MiB', () => {
    expect(largestInvisible(64, RATE) / MIB).toBeCloseTo(1.498, 3);
    expect(estimateLevel(0, 64, RATE).low).toBe(0);
  });

  // Sampling as the runtime does it: every object is recorded with probability p, independently.
  it.each([
    ['64 B, 10 MiB', 64, 163_840],
    ['16 KiB, 10 MiB', 16_384, 640],
    ['256 KiB, 10 MiB', 262_144, 40],
    ['1 MiB, 40 MiB', MIB, 40],
  ])('cover the truth at least 95 times in 100: %s', (_, size, objects) => {
    const random = seededRandom(size + objects);
    const p = samplingProbability(size, RATE);
    let covered = 0;
    const rounds = 400;
    for (let round = 0; round < rounds; round++) {
      const { low, high } = estimateLevel(drawBinomial(objects, p, random), size, RATE);
      if (low <= objects * size && objects * size <= high) covered++;
    }
    // Four standard errors below 0.95; exact intervals are conservative, so more is fine.
    expect(covered / rounds).toBeGreaterThan(0.95 - 4 * Math.sqrt((0.95 * 0.05) / rounds));
  });
});

describe('estimateGrowth', () => {
  it('gives z = sqrt(m) for a pure leak of m periods: 20 periods, 4.5 sigma', () => {
    const growth = estimateGrowth({
      objectBytes: 64,
      periodBytes: RATE,
      samplesBefore: 0,
      samplesAfter: 20,
      allocatedSamples: 20,
    });
    expect(growth.z).toBeCloseTo(Math.sqrt(20), 12);
    expect(growth.z).toBeGreaterThan(criticalZ(0.01, 2000));
    expect(growth.bytes / MIB).toBeCloseTo(10, 2);
    expect(growth.low).toBeGreaterThan(0);
  });

  it('lets objects that are in both profiles cancel: a large old heap adds no noise', () => {
    const old = {
      objectBytes: 64,
      periodBytes: RATE,
      samplesBefore: 400,
      samplesAfter: 416,
      allocatedSamples: 16,
    };
    const growth = estimateGrowth(old);
    expect([growth.births, growth.deaths, growth.z]).toEqual([16, 0, 4]);
    // Without the number of allocations all that was there may have been replaced.
    expect(estimateGrowth({ ...old, allocatedSamples: null }).z).toBeCloseTo(16 / Math.sqrt(816), 12);
  });

  it('is certain where everything is recorded', () => {
    const growth = estimateGrowth({
      objectBytes: 100,
      periodBytes: 1,
      samplesBefore: 3,
      samplesAfter: 5,
      allocatedSamples: 9,
    });
    expect([growth.low, growth.bytes, growth.high]).toEqual([200, 200, 200]);
  });

  it.each([
    ['pure growth of 8 MiB on 50 MiB', 100, 16, 0],
    ['churn of 12 MiB without growth', 100, 24, 24],
    ['a handful of samples', 3, 2, 1],
  ])('covers the truth at least 92 times in 100: %s', (_, base, births, deaths) => {
    const random = seededRandom(base + births);
    const perSample = RATE;
    let covered = 0;
    const rounds = 600;
    for (let round = 0; round < rounds; round++) {
      const stay = drawPoisson(base - deaths, random);
      const died = drawPoisson(deaths, random);
      const born = drawPoisson(births, random);
      const { low, high } = estimateGrowth({
        objectBytes: 64,
        periodBytes: RATE,
        samplesBefore: stay + died,
        samplesAfter: stay + born,
        allocatedSamples: born,
      });
      const truth = (births - deaths) * perSample;
      if (low <= truth && truth <= high) covered++;
    }
    expect(covered / rounds).toBeGreaterThan(0.92);
  });
});

describe('sumGrowth', () => {
  const part = (samplesBefore: number, samplesAfter: number, allocatedSamples: number) =>
    estimateGrowth({ objectBytes: 64, periodBytes: RATE, samplesBefore, samplesAfter, allocatedSamples });

  it('of one part is that part', () => {
    const one = part(5, 20, 15);
    const sum = sumGrowth([one]);
    for (const key of ['bytes', 'low', 'high', 'z', 'variance'] as const)
      expect(sum[key]).toBeCloseTo(one[key], 6);
  });

  it('of n equal parts has sqrt(n) times the z', () => {
    expect(sumGrowth([part(0, 4, 4), part(0, 4, 4), part(0, 4, 4), part(0, 4, 4)]).z).toBeCloseTo(4, 12);
  });

  it('is not less sure of a leak for the sites beside it that have long been dead', () => {
    const alone = sumGrowth([part(0, 40, 40)]);
    const among = sumGrowth([part(0, 40, 40), ...Array.from({ length: 2000 }, () => part(0, 0, 0))]);
    expect([among.low, among.high]).toEqual([alone.low, alone.high]);
  });

  it('does not lose significance to parts in which nothing happened', () => {
    const still = part(0, 0, 0);
    expect(sumGrowth([part(0, 16, 16), still, still]).z).toBe(4);
    expect(sumGrowth([still]).z).toBe(0);
  });
});

describe('tests for small counts', () => {
  it('equal the binomial sums', () => {
    expect(growthPValue(0, 5)).toBeCloseTo(1 / 32, 12);
    expect(growthPValue(1, 3)).toBeCloseTo(5 / 16, 12);
    expect(growthPValue(4, 0)).toBe(1);
  });

  it('give an e-value with mean at most 1 when births and deaths are equally likely', () => {
    const n = 12;
    let mean = 0;
    let ways = 1;
    for (let births = 0; births <= n; births++) {
      mean += (ways / 2 ** n) * Math.exp(logGrowthEValue(births, n - births));
      ways = (ways * (n - births)) / (births + 1);
    }
    expect(mean).toBeCloseTo(1, 9);
    expect(logGrowthEValue(20, 0)).toBeGreaterThan(Math.log(2000 / 0.05));
    expect(logGrowthEValue(0, 0)).toBeCloseTo(0, 12);
  });

  it('give survival with Wilson limits', () => {
    expect(survivalShare(0, 0)).toBeNull();
    const all = survivalShare(20, 20);
    expect([all?.value, all?.high, all?.low.toFixed(3)]).toEqual([1, 1, '0.839']);
    expect(survivalShare(-3, 10)?.value).toBe(0);
  });
});

function drawBinomial(n: number, p: number, random: () => number): number {
  let k = 0;
  for (let i = 0; i < n; i++) if (random() < p) k++;
  return k;
}

/** Knuth; for means up to some hundreds. */
function drawPoisson(mean: number, random: () => number): number {
  const limit = Math.exp(-mean);
  let product = random();
  let k = 0;
  while (product > limit) {
    product *= random();
    k++;
  }
  return k;
}
