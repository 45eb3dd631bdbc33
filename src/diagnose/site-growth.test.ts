import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MIB } from '../base/units.ts';
import { drawSnapshots, ramp } from '../testing/drawn-snapshots.ts';
import {
  computeGrowth,
  computeMonotony,
  computePersistence,
  foldSites,
  thinSnapshots,
} from './site-growth.ts';
import { createPathReader } from './stack-path.ts';
import { THRESHOLDS } from './thresholds.ts';

function fold(drawing: string) {
  const drawn = drawSnapshots(drawing);
  return foldSites(drawn.heap, createPathReader(drawn.stacks, null));
}

describe('foldSites', () => {
  it('merges stacks that differ only in frames of the standard library below the owner', () => {
    const table = fold(`
      main.serve > orders/store.Put:27 > bytes.(*Buffer).Write > bytes.growSlice | 1024 | 0 2 4
      main.serve > orders/store.Put:27 > strings.Repeat                          | 1024 | 0 1 1
      main.serve > orders/store.Put:28 > strings.Repeat                          | 1024 | 0 5 5
    `);
    expect(table.sites.map((site) => [...site.samples])).toEqual([
      [0, 3, 5],
      [0, 5, 5],
    ]);
  });

  it('keeps object sizes apart, since each has its own sampling probability', () => {
    const table = fold(`
      main.f | 64     | 1 2
      main.f | 1048576 | 1 2
    `);
    expect(table.sites.map(({ objectBytes }) => objectBytes).sort((a, b) => a - b)).toEqual([64, 1_048_576]);
    expect(table.sites.map(({ probability }) => probability > 0.5).sort()).toEqual([false, true]);
  });

  it('never lets allocation totals fall where a source leaves dead rows out', () => {
    const table = fold('main.f | 1024 | 4 0 0 | 4 0 0');
    expect([...table.sites[0].allocSamples]).toEqual([4, 4, 4]);
  });

  it('uses at most the bounded number of snapshots and always the first and the newest', () => {
    const thinned = thinSnapshots(Array.from({ length: 500 }, (_, i) => i));
    expect(thinned).toHaveLength(THRESHOLDS.maxSnapshots);
    expect([thinned[0], thinned.at(-1)]).toEqual([0, 499]);
  });

  it('gives the same table whatever the order of rows', () => {
    const lines = [
      'main.a > orders/x.F:1 | 64 | 0 1 2',
      'main.a > orders/x.F:1 > strings.Repeat | 64 | 0 3 2',
      'main.a > orders/y.G:7 | 2048 | 3 3 9',
      'main.b > orders/x.F:1 | 64 | 1 1 1',
    ];
    const expected = fold(lines.join('\n')).sites.map(({ key, samples }) => [key, [...samples]]);
    fc.assert(
      fc.property(fc.shuffledSubarray(lines, { minLength: lines.length }), (shuffled) => {
        expect(fold(shuffled.join('\n')).sites.map(({ key, samples }) => [key, [...samples]])).toEqual(
          expected,
        );
      }),
      { seed: 7, numRuns: 24 },
    );
  });
});

describe('computeGrowth', () => {
  it('makes nine sampled births without a death three standard deviations', () => {
    const table = fold('main.f | 64 | 0 3 6 9');
    expect(computeGrowth(table, table.sites, 0).z).toBeCloseTo(3, 5);
  });

  it('gives growth of a large steady site the noise of its growth, not of its size', () => {
    const table = fold('main.f | 64 | 400 409 418 | 400 409 418');
    const growth = computeGrowth(table, table.sites, 0);
    expect(growth.bytes.value / MIB).toBeCloseTo(9, 1);
    expect(growth.bytes.high - growth.bytes.value).toBeLessThan(9 * MIB);
    expect(growth.z).toBeGreaterThan(4);
  });

  it('finds no growth in a site that churns', () => {
    const table = fold('main.f | 64 | 50 55 52 | 50 250 450');
    const growth = computeGrowth(table, table.sites, 0);
    expect(growth.z).toBeLessThan(0.5);
    expect(growth.survival?.high).toBeLessThan(0.05);
  });

  it('counts births and deaths from the totals', () => {
    const table = fold('main.f | 64 | 0 3 5 | 0 4 9');
    const { births, deaths, survival } = computeGrowth(table, table.sites, 0);
    expect({ births, deaths, share: survival?.value }).toEqual({ births: 9, deaths: 4, share: 5 / 9 });
  });

  it('adds nothing for a site where nothing happened', () => {
    const one = fold('main.f | 64 | 0 4 8');
    const two = fold('main.f | 64 | 0 4 8\nmain.g | 64 | 7 7 7 | 7 7 7');
    expect(computeGrowth(two, two.sites, 0).z).toBeCloseTo(computeGrowth(one, one.sites, 0).z, 9);
  });
});

describe('computePersistence', () => {
  const times = (n: number) => Array.from({ length: n }, (_, i) => i * 60_000);

  it('is one for even growth and zero for what stopped at half', () => {
    expect(computePersistence([0, 2, 4, 6, 8], times(5))).toBe(1);
    expect(computePersistence([0, 4, 8, 8, 8], times(5))).toBe(0);
  });

  it('cannot be told from two snapshots', () => {
    expect(computePersistence([0, 9], times(2))).toBeNull();
  });

  it('is not decided by one buffer in flight at the end', () => {
    const stopped = [0, 2, 4, 6, 8, 8, 8, 8, 8, 9];
    expect(computePersistence(stopped, times(stopped.length))).toBeLessThan(0.4);
  });
});

describe('computeMonotony', () => {
  it('tells what only rises from what comes and goes', () => {
    expect(computeMonotony([0, 1, 2, 3])).toBe(1);
    expect(computeMonotony([0, 4, 1, 5, 2])).toBeLessThan(0.2);
    expect(computeMonotony([3, 3])).toBe(0);
  });
});

describe('a ramp of samples', () => {
  it('reads as even growth that survives', () => {
    const table = fold(`main.f | 64 | ${ramp(12, 2)}`);
    const growth = computeGrowth(table, table.sites, 0);
    expect(growth.persistence).toBeGreaterThan(0.9);
    expect(growth.monotony).toBe(1);
    expect(growth.survival?.low).toBeGreaterThan(0.8);
  });
});
