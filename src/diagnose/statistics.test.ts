import { describe, expect, it } from 'vitest';
import { testProportional } from './statistics.ts';

describe('testProportional', () => {
  it('sees no difference between counts that grow in step', () => {
    expect(testProportional([0, 10, 20, 30, 40], [0, 5, 10, 15, 20])).toBeGreaterThan(0.9);
  });

  it('excludes proportion for counts that grow at different times', () => {
    expect(testProportional([0, 30, 60, 60, 60], [0, 0, 0, 30, 60])).toBeLessThan(1e-6);
  });

  it('cannot tell from a handful', () => {
    expect(testProportional([0, 2, 4], [0, 1, 3])).toBeNull();
    expect(testProportional([0, 40], [0, 40])).toBeNull();
  });
});
