import { describe, expect, it } from 'vitest';
import { drawProfile } from '../testing/drawn-profile.ts';
import { GrowthSums, SitePairs } from './heap-growth.ts';
import { reduceHeap } from './reduce.ts';
import { estimateGrowth, recoverSampleCount, samplingProbability, sumGrowth } from './sampling.ts';
import { StackInterner } from './stack-interner.ts';

const HEAP =
  'types alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes\nperiod space/bytes 524288\n';
const PERIOD = 524_288;

function pairOf(before: string, after: string): SitePairs {
  const stacks = new StackInterner();
  return new SitePairs(
    reduceHeap(drawProfile(HEAP + before), stacks, 0),
    reduceHeap(drawProfile(HEAP + after), stacks, 1),
  );
}

describe('SitePairs', () => {
  it('pairs by stack and object size, the rows of the earlier profile first', () => {
    const pairs = pairOf(
      'a = 4 256 2 128 bytes:64\nb = 1 64 1 64 bytes:64',
      'c = 9 576 9 576 bytes:64\na = 1 32 1 32 bytes:32\na = 7 448 5 320 bytes:64',
    );
    const rows = Array.from({ length: pairs.length }, (_, row) => [
      pairs.stack(row),
      pairs.objectBytes(row),
      pairs.before(row, false),
      pairs.after(row, false),
      pairs.before(row, true),
      pairs.after(row, true),
    ]);
    expect(rows).toEqual([
      [0, 64, 2, 5, 4, 7],
      [1, 64, 1, 0, 1, 0],
      [2, 64, 0, 9, 0, 9],
      [0, 32, 0, 1, 0, 1],
    ]);
  });
});

describe('GrowthSums', () => {
  it('sums in columns to what sumGrowth makes of the estimates one by one', () => {
    const sizes = [16, 16, 1024, 65_536, 600_000];
    const line = (size: number, i: number, objects: number): string =>
      `f${i} = ${objects + 50} ${(objects + 50) * size} ${objects} ${objects * size} bytes:${size}`;
    const pairs = pairOf(
      sizes.map((size, i) => line(size, i, 4096 * i)).join('\n'),
      sizes.map((size, i) => line(size, i, i === 1 ? 4096 : 9000 * i)).join('\n'),
    );
    const sums = new GrowthSums(pairs, 'inuse_space', PERIOD, 1);
    const parts = sizes.map((objectBytes, row) => {
      sums.add(0, row);
      const p = samplingProbability(objectBytes, PERIOD);
      const samples = (objects: number): number => recoverSampleCount(objects, p);
      return estimateGrowth({
        objectBytes,
        periodBytes: PERIOD,
        samplesBefore: samples(pairs.before(row, false)),
        samplesAfter: samples(pairs.after(row, false)),
        allocatedSamples: Math.max(0, samples(pairs.after(row, true)) - samples(pairs.before(row, true))),
      });
    });
    const { low, high } = sumGrowth(parts);
    expect(sums.sum(0)).toMatchObject({ low, high });
  });

  it('leaves out a site whose object size is not known', () => {
    const pairs = pairOf('f = 0 0 0 64', 'f = 0 0 0 128');
    const sums = new GrowthSums(pairs, 'inuse_space', PERIOD, 1);
    sums.add(0, 0);
    expect(sums.sum(0)).toEqual({ before: 0, after: 0, low: 0, high: 0 });
  });
});
