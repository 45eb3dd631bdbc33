import { describe, expect, it } from 'vitest';
import { drawProfile } from '../testing/drawn-profile.ts';
import { computeGrowthDiff } from './growth-diff.ts';

const PERIOD = 524_288;
/** One kilobyte objects: a sample stands for 525,500 bytes or so. */
const HEAP =
  'types alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes\nperiod space/bytes 524288\n';
/** A line of samples objects of 1 KiB in use, all that were ever allocated. */
const line = (path: string, samples: number): string => {
  const objects = Math.round(samples / -Math.expm1(-1024 / PERIOD));
  return `${path} = ${objects} ${objects * 1024} ${objects} ${objects * 1024} bytes:1024`;
};
const heap = (...rows: string[]) => drawProfile(HEAP + rows.join('\n'));

describe('computeGrowthDiff of heaps', () => {
  it('is sure of what a hundred samples show and not of what two do', () => {
    const before = heap(line('main > leak', 10), line('main > other', 50));
    const after = heap(line('main > leak', 110), line('main > other', 52));
    const { rows, sampling } = computeGrowthDiff(before, after, 'inuse_space', 'flat');
    expect(sampling).toBe('heap');
    expect(rows.map(({ name, isSignificant }) => [name, isSignificant])).toEqual([
      ['leak', true],
      ['other', false],
    ]);
    const [leak] = rows;
    expect(leak.growth / PERIOD).toBeCloseTo(100, 0);
    expect(leak.interval?.low).toBeGreaterThan(70 * PERIOD);
    expect(leak.interval?.high).toBeLessThan(135 * PERIOD);
  });

  it('cancels what lives through both: the interval knows only births and deaths', () => {
    const before = heap(line('main > cache', 1000));
    const after = heap(line('main > cache', 1010));
    const [cache] = computeGrowthDiff(before, after, 'inuse_space', 'flat').rows;
    // Two independent samples of a thousand would be uncertain by 88.
    expect((cache.interval?.high ?? 0) - (cache.interval?.low ?? 0)).toBeLessThan(20 * PERIOD);
    expect(cache.isSignificant).toBe(true);
  });

  it('charges every function of a stack once by cum, recursion too', () => {
    const before = heap(line('main > a > b', 1));
    const after = heap(line('main > a > a > b', 101));
    const rows = computeGrowthDiff(before, after, 'inuse_space', 'cum').rows;
    expect(rows.map(({ name }) => name)).toEqual(['a', 'b', 'main']);
    expect(new Set(rows.map(({ growth }) => Math.round(growth / PERIOD)))).toEqual(new Set([100]));
  });

  it('counts objects where objects are asked for', () => {
    const [row] = computeGrowthDiff(heap(line('f', 1)), heap(line('f', 11)), 'inuse_objects', 'flat').rows;
    expect(row.growth).toBe(10 * 512 + 5);
  });

  it('leaves out what did not change', () => {
    const same = heap(line('f', 5));
    expect(computeGrowthDiff(same, same, 'inuse_space', 'flat').rows).toEqual([]);
  });
});

describe('computeGrowthDiff of other profiles', () => {
  it('takes goroutines as they were counted', () => {
    const before = drawProfile('types goroutine/count\nmain > wait = 3');
    const after = drawProfile('types goroutine/count\nmain > wait = 4\nmain > send = 1');
    const diff = computeGrowthDiff(before, after, 'goroutine', 'flat');
    expect(diff.sampling).toBe('exact');
    expect(diff.rows.map(({ name, growth, isSignificant }) => `${name} ${growth} ${isSignificant}`)).toEqual([
      'send 1 true',
      'wait 1 true',
    ]);
    expect(diff.total).toMatchObject({ before: 3, after: 5, growth: 2, interval: null });
  });

  it('takes CPU time as a count of ticks', () => {
    const cpu = (ticks: number) =>
      drawProfile(
        `types samples/count cpu/nanoseconds\nperiod cpu/nanoseconds 10000000\nf = ${ticks} ${ticks}0000000`,
      );
    const few = computeGrowthDiff(cpu(10), cpu(14), 'cpu', 'flat').rows[0];
    expect([few.growth, few.isSignificant]).toEqual([4e7, false]);
    expect(computeGrowthDiff(cpu(100), cpu(200), 'cpu', 'flat').rows[0].isSignificant).toBe(true);
  });

  it('claims no interval where the sampling is not known', () => {
    const delay = (ns: number) => drawProfile(`types contentions/count delay/nanoseconds\nf = 1 ${ns}`);
    const diff = computeGrowthDiff(delay(5), delay(9), 'delay', 'flat');
    expect([diff.sampling, diff.rows[0].interval]).toEqual(['unknown', null]);
  });
});
