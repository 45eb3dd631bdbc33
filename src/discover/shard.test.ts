import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shardArgument } from '../cli/arguments.ts';
import { isInShard } from './shard.ts';

describe('a shard', () => {
  it('shares every target among all, each to exactly one, the same each time', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 64 }), (address, count) => {
        const owners = () =>
          Array.from({ length: count }, (_, index) => index).filter((index) =>
            isInShard(address, { index, count }),
          );
        expect(owners()).toHaveLength(1);
        expect(owners()).toEqual(owners());
      }),
    );
  });

  it('is no larger than the others by more than chance', () => {
    const shares = [0, 0, 0];
    for (let i = 0; i < 3000; i++)
      for (const index of [0, 1, 2])
        if (isInShard(`10.0.${i >> 8}.${i & 255}:8080`, { index, count: 3 }))
          shares[index] = (shares[index] ?? 0) + 1;
    for (const share of shares) expect(Math.abs(share - 1000)).toBeLessThan(120);
  });

  it('is where hashmod of Prometheus puts the address', () => {
    expect([0, 1, 2].map((index) => isInShard('baz', { index, count: 1000 }))).toEqual([false, false, false]);
    expect(isInShard('baz', { index: 976, count: 1000 })).toBe(true);
  });

  it.each(['', '0/3', '4/3', '1/0', '1', 'a/b', '1/3/5', '-1/3', '1/99999'])('is not %j', (text) => {
    expect(() => shardArgument(text)).toThrow('needs a shard such as 1/3');
  });

  it('counts from one', () => {
    expect(shardArgument('3/3')).toEqual({ index: 2, count: 3 });
  });
});
