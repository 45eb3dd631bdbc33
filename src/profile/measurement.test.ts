import { describe, expect, it } from 'vitest';
import { scaledLabel } from './measurement.ts';

describe('scaledLabel', () => {
  it('leaves the smallest int64 alone as it is, and no value that is it as a double', () => {
    expect(scaledLabel(-(2n ** 63n), 'bytes', 'auto')).toBe('-9223372036854775808B');
    expect(scaledLabel(-(2n ** 63n) + 1n, 'bytes', 'auto')).toBe('-8192PB');
    expect(scaledLabel(-(2n ** 63n) + 512n, 'bytes', 'auto')).toBe('-8192PB');
  });
});
