import { describe, expect, it } from 'vitest';
import { formatFixed2, scaledLabel } from './measurement.ts';

describe('scaledLabel', () => {
  it('leaves the smallest int64 alone as it is, and no value that is it as a double', () => {
    expect(scaledLabel(-(2n ** 63n), 'bytes', 'auto')).toBe('-9223372036854775808B');
    expect(scaledLabel(-(2n ** 63n) + 1n, 'bytes', 'auto')).toBe('-8192PB');
    expect(scaledLabel(-(2n ** 63n) + 512n, 'bytes', 'auto')).toBe('-8192PB');
  });

  it('rounds halves to the even digit, also of numbers whose hundredfold is no double', () => {
    expect([0.125, 0.375, 0.625, 0.875, 640512135255769.625, -7.125].map(formatFixed2)).toEqual([
      '0.12',
      '0.38',
      '0.62',
      '0.88',
      '640512135255769.62',
      '-7.12',
    ]);
  });
});
