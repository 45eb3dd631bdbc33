import { describe, expect, it } from 'vitest';
import { DAY_MILLIS, HOUR_MILLIS, MIB, MINUTE_MILLIS, type Millis } from '../base/units.ts';
import type { GaugeReading } from '../base/gauges.ts';
import { GaugeHistory } from '../series/gauge-history.ts';
import { computeLiveFloor } from '../series/live-floor.ts';
import { pointsOfColumn } from '../series/points.ts';
import { constantConditions, forecastFrom, liveHeapConditions } from './headroom.ts';
import type { Life } from './life.ts';

const START: Millis = 1_790_000_000_000;

/** A life with a scrape every ten minutes. */
function live(hours: number, read: (hour: number) => GaugeReading): Life {
  const table = new GaugeHistory();
  const count = hours * 6;
  for (let i = 0; i <= count; i++) table.append(START + i * 10 * MINUTE_MILLIS, read(i / 6));
  const rows = { from: 0, to: table.length };
  return {
    table,
    atMillis: START + hours * HOUR_MILLIS,
    incarnation: { startMillis: START, firstRow: 0, endRow: table.length, seenBy: 'first' },
    rows,
    floor: computeLiveFloor(table, rows),
    work: null,
    memoryLimitBytes: null,
  };
}

function fdsUntil(life: Life, limit: number) {
  const points = pointsOfColumn(
    life.table.timeMillis,
    life.table.column('openFds') ?? new Float64Array(),
    life.rows,
  );
  const until = forecastFrom(life, points, constantConditions(life, limit), START);
  if (until === null) throw new Error('no forecast');
  return until;
}

describe('forecast under the conditions of the last day', () => {
  const swinging = (hour: number): GaugeReading => ({
    openFds: 100 + 2 * hour + 50 * Math.sin((2 * Math.PI * hour) / 24),
  });

  it('meets the limit at the hour of the daily peak, not where the last scrape would', () => {
    // Peaks of 2 h a day: at 54 h 258, at 78 h 306, at 102 h 354.
    const until = fdsUntil(live(48, swinging), 300);
    expect(until(2, 'expected')).toBeGreaterThan(75 - 48 - 3);
    expect(until(2, 'expected')).toBeLessThan(80 - 48);
  });

  it('waits for the next peak when this one stays just below', () => {
    const until = fdsUntil(live(48, swinging), 309);
    expect(until(2, 'expected')).toBeGreaterThan(95 - 48);
  });

  it('is soonest under the worst conditions at any hour, latest under a lower peak', () => {
    const until = fdsUntil(live(48, swinging), 300);
    expect(until(2, 'least')).toBeLessThan(until(2, 'expected'));
    expect(until(2, 'most')).toBeGreaterThan(until(2, 'expected'));
  });

  it('needs no whole day', () => {
    const until = fdsUntil(
      live(6, (hour) => ({ openFds: 100 + 10 * hour })),
      200,
    );
    expect(until(10, 'expected')).toBeCloseTo(4, 6);
  });
});

describe('live heap under a limit on resident memory', () => {
  const limit = { bytes: 1000 * MIB, softBytes: null };
  const capacity = (life: Life, soft: number | null = null, stacks = 0): number => {
    if (life.floor === null) throw new Error('no floor');
    const found = liveHeapConditions(life, life.floor, { ...limit, softBytes: soft }, stacks);
    return (found.at(-1)?.capacity ?? NaN) / MIB;
  };
  /** 100 MiB live, resident with its garbage, 20 MiB beside it. */
  const heap =
    (residentMib: number, allocatedMibPerMinute: number | null) =>
    (hour: number): GaugeReading => ({
      liveHeapBytes: 100 * MIB,
      nextGcBytes: 200 * MIB,
      gcCyclesTotal: Math.round(hour * 30),
      heapInuseBytes: residentMib * MIB,
      heapIdleBytes: 0,
      heapReleasedBytes: 0,
      rssBytes: (residentMib + 20) * MIB,
      ...(allocatedMibPerMinute !== null && {
        allocatedBytesTotal: allocatedMibPerMinute * 60 * hour * MIB,
      }),
    });

  it('is divided by what the collector lets a live byte grow to, where allocation is fast', () => {
    expect(capacity(live(2, heap(200, 4000)))).toBeCloseTo(980 / 2, 3);
  });

  it('loses only what is allocated until a collection is forced, where allocation is slow', () => {
    expect(capacity(live(2, heap(120, 10)))).toBeCloseTo(980 - 20, 3);
  });

  it('takes the resident heap per live byte as it is where allocation is not counted', () => {
    expect(capacity(live(2, heap(120, null)))).toBeCloseTo(980 / 1.2, 3);
  });

  it('is nearly the whole limit behind a soft limit, and less where stacks grow along', () => {
    expect(capacity(live(2, heap(200, 4000)), 600 * MIB)).toBeCloseTo(980, 3);
    expect(capacity(live(2, heap(200, 4000)), null, 0.05)).toBeCloseTo(985 / 2.05, 3);
  });

  it('looks at the last day only', () => {
    const life = live(72, heap(200, 4000));
    const found = constantConditions(life, 1);
    expect(found[0].atMillis).toBeGreaterThanOrEqual(life.atMillis - DAY_MILLIS);
  });
});
