import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeBackoff, TARGET_BACKOFF } from './backoff.ts';

describe('computeBackoff', () => {
  it('doubles up to its bound', () => {
    const backoff = { firstMillis: 1000, maxMillis: 10_000 };
    const full = [1, 2, 3, 4, 5, 6, 1000].map((failures) => computeBackoff(failures, 1, backoff));
    expect(full).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
    expect(computeBackoff(3, 0, backoff)).toBe(2000);
  });

  it('is between half of the delay and all of it for any number of failures', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat(), random, (failures, random) => {
        const delay = computeBackoff(failures, random);
        expect(delay).toBeGreaterThanOrEqual(TARGET_BACKOFF.firstMillis / 2);
        expect(delay).toBeLessThanOrEqual(TARGET_BACKOFF.maxMillis);
      }),
      { seed: 3 },
    );
  });
});
