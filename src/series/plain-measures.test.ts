import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB, MINUTE_MILLIS } from '../base/units.ts';
import { GaugeHistory } from './gauge-history.ts';
import { measurePlainly } from './plain-measures.ts';

interface Row {
  readonly liveMib: number;
  readonly rssMib?: number;
  readonly start?: number;
}

/** One row a minute. */
function tableOf(minutes: number, rowAt: (minute: number) => Row): GaugeHistory {
  const history = new GaugeHistory();
  for (let minute = 0; minute <= minutes; minute++) {
    const { liveMib, rssMib = 100, start = 0 } = rowAt(minute);
    history.append(minute * MINUTE_MILLIS, {
      liveHeapBytes: liveMib * MIB,
      gcCyclesTotal: minute + 1,
      rssBytes: rssMib * MIB,
      sysBytes: 60 * MIB,
      heapReleasedBytes: 10 * MIB,
      processStartMillis: start,
    });
  }
  return history;
}
const measure = (table: GaugeHistory, atMinute: number) =>
  measurePlainly(table, HOUR_MILLIS, atMinute * MINUTE_MILLIS);

describe('plain measures', () => {
  it('are what the live heap has grown by over the window, and what lies outside Go', () => {
    const table = tableOf(120, (minute) => ({ liveMib: 100 + minute / 2 }));
    const measures = measure(table, 120);
    // From minute 65 to 115, medians of ten minutes at each end: 132.5 to 157.5 MiB.
    expect(measures?.growth?.percent).toBeCloseTo((100 * 25) / 132.5, 5);
    expect((measures?.growth?.bytesPerHour ?? 0) / MIB).toBeCloseTo(30, 5);
    expect(measures?.nativeBytes).toBe(50 * MIB);
  });

  it('do not follow one value that was scraped at a bad moment', () => {
    const table = tableOf(120, (minute) => ({ liveMib: minute === 120 || minute === 60 ? 900 : 100 }));
    expect(measure(table, 120)?.growth?.percent).toBe(0);
  });

  it('know no growth of a process that is younger than the window', () => {
    const young = tableOf(45, (minute) => ({ liveMib: 10 + minute }));
    expect(measure(young, 45)).toMatchObject({ growth: null, nativeBytes: 50 * MIB });
    const restarted = tableOf(120, (minute) => ({
      liveMib: 10 + minute,
      start: minute < 100 ? 1 : 100 * MINUTE_MILLIS,
    }));
    expect(measure(restarted, 120)?.growth).toBeNull();
  });

  it('are none when nothing was measured in the window', () => {
    const table = tableOf(90, () => ({ liveMib: 100 }));
    expect(measure(table, 150)).not.toBeNull();
    expect(measure(table, 151)).toBeNull();
    expect(measure(new GaugeHistory(), 0)).toBeNull();
  });

  it('are never below zero outside Go', () => {
    expect(
      measure(
        tableOf(90, () => ({ liveMib: 10, rssMib: 20 })),
        90,
      )?.nativeBytes,
    ).toBe(0);
  });
});
