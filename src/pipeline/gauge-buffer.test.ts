import { describe, expect, it } from 'vitest';
import { GaugeBuffer, readingAt } from './gauge-buffer.ts';
import { MAX_WAITING_ROWS } from './settings.ts';

describe('GaugeBuffer', () => {
  it('makes one row of the readings of one instant, in order of time', () => {
    const buffer = new GaugeBuffer();
    buffer.add(2000, { goroutines: 12 });
    buffer.add(1000, { goroutines: 10 });
    buffer.add(2000, { rssBytes: 5e6 });
    const rows = buffer.take();
    expect(rows && Array.from(rows.timeMillis)).toEqual([1000, 2000]);
    expect(rows && [0, 1].map((row) => readingAt(rows, row))).toEqual([
      { goroutines: 10 },
      { goroutines: 12, rssBytes: 5e6 },
    ]);
    expect(buffer.take()).toBeNull();
  });

  it('gives rows that could not be stored again, before newer ones', () => {
    const buffer = new GaugeBuffer();
    buffer.add(1000, { goroutines: 10 });
    const failed = buffer.take();
    buffer.add(2000, { goroutines: 11 });
    if (failed) buffer.putBack(failed);
    expect(Array.from(buffer.take()?.timeMillis ?? [])).toEqual([1000, 2000]);
  });

  it('loses density, never memory, while the store is away', () => {
    const buffer = new GaugeBuffer();
    for (let row = 0; row < 10 * MAX_WAITING_ROWS; row++) buffer.add(row, { goroutines: row });
    expect(buffer.length).toBeLessThanOrEqual(MAX_WAITING_ROWS);
    const times = buffer.take()?.timeMillis ?? new Float64Array(0);
    expect(times[0]).toBe(0);
    expect(times[times.length - 1]).toBe(10 * MAX_WAITING_ROWS - 1);
  });
});
