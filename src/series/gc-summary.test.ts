import { describe, expect, it } from 'vitest';
import { MIB } from '../base/units.ts';
import { gcCyclesFromText } from '../testing/drawn-gc-cycles.ts';
import { summarizeGcCycles } from './gc-summary.ts';

/** A collection a minute, live heap as drawn by `live(minute)` in MiB. */
function everyMinute(minutes: number, live: (minute: number) => number) {
  const rows = Array.from({ length: minutes }, (_, minute) => `${minute * 60} ${live(minute)}`);
  return summarizeGcCycles(gcCyclesFromText(`atSeconds liveBytes\n${rows.join('\n')}`));
}

describe('summarizeGcCycles', () => {
  it('has nothing to say without a collection', () => {
    expect(summarizeGcCycles(gcCyclesFromText('atSeconds'))).toBeNull();
  });

  it('gives levels, pauses, rhythm and allocation of the four collections of one second', () => {
    const summary = summarizeGcCycles(
      gcCyclesFromText(`
        atSeconds  beforeBytes  afterBytes  liveBytes  goalBytes  stopMillis  longestStopMillis  cpuMillis  clockMillis
        0          4            5           2          4          0.1         0.05               10         0
        0.25       6            7           3          4          0.3         0.2                10         0
        0.5        7            8           4          6          0.2         0.1                10         0
        1          8            9           5          8          0.4         0.3                10         0
      `),
    );
    expect(summary).toMatchObject({
      cycles: 4,
      fromSeconds: 0,
      toSeconds: 1,
      processors: 2,
      cyclesPerHour: 3 * 3600,
      allocatedBytesPerSecond: 12 * MIB,
      betweenSeconds: { p50: 0.25, max: 0.5 },
      pauseMillis: { p50: 0.25, max: 0.4, total: 1, longest: 0.3 },
      heap: {
        live: { first: 2 * MIB, last: 5 * MIB, low: 2 * MIB, median: 3.5 * MIB, high: 5 * MIB },
        goal: { first: 4 * MIB, last: 8 * MIB },
      },
      stackBytes: null,
      liveGrowth: null,
    });
    expect(summary?.cpu.share).toBeCloseTo(0.02, 9);
  });

  it('gives the growth of the live heap per hour with an interval that holds the truth', () => {
    for (const [perHour, hours] of [
      [12, 3],
      [1, 8],
      [300, 1],
      [-20, 2],
    ] as const) {
      const growth = everyMinute(hours * 60, (minute) => 200.3 + (perHour * minute) / 60)?.liveGrowth;
      expect(growth?.low, `${perHour}/h`).toBeLessThan(perHour * MIB);
      expect(growth?.high, `${perHour}/h`).toBeGreaterThan(perHour * MIB);
      expect(((growth?.high ?? 0) - (growth?.low ?? 0)) / MIB).toBeLessThan(
        2 / hours + 0.2 * Math.abs(perHour),
      );
    }
  });

  it('gives no growth per hour from less than ten minutes after the warm-up', () => {
    expect(everyMinute(14, (minute) => minute)?.liveGrowth).toBeNull();
    expect(everyMinute(17, (minute) => minute)?.liveGrowth).not.toBeNull();
  });

  it('leaves the warm-up out of the growth', () => {
    const growth = everyMinute(120, (minute) => 20.5 + Math.min(minute, 5) * 40)?.liveGrowth;
    expect(growth?.perHour).toBe(0);
  });

  it('counts CPU of a trace that begins late from its first line on', () => {
    const late = summarizeGcCycles(
      gcCyclesFromText(`
        number  atSeconds  cpuMillis  clockMillis
        90      1000       10         0
        91      1001       10         0
        92      1002       10         0
      `),
    );
    expect(late?.cpu.share).toBeCloseTo(0.0075, 9);
  });
});
