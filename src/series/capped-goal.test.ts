import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB, MINUTE_MILLIS } from '../base/units.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { GaugeHistory } from './gauge-history.ts';
import { shrinksRoom, standsSince } from './capped-goal.ts';
import { computeLiveFloor } from './live-floor.ts';

interface Process {
  readonly hours: number;
  /** MiB alive at an hour. */
  readonly live: (hour: number) => number;
  readonly limitMib: number;
  readonly allocatedMibPerMinute?: number;
}

/** A scrape a minute of a process whose GOMEMLIMIT nobody exports: the goal is what GOGC=100 asks for, or the limit. */
function scrape({ hours, live, limitMib, allocatedMibPerMinute = 300 }: Process): GaugeHistory {
  const random = seededRandom(3);
  const history = new GaugeHistory();
  let collections = 0;
  for (let minute = 0; minute <= hours * 60; minute++) {
    const alive = live(minute / 60) + random() - 0.5;
    const goal = Math.min(2 * alive, limitMib);
    // The runtime forces a collection after two minutes.
    collections += Math.max(0.5, allocatedMibPerMinute / (goal - alive));
    history.append(minute * MINUTE_MILLIS, {
      nextGcBytes: goal * MIB,
      heapAllocBytes: (alive + random() * (goal - alive)) * MIB,
      gcCyclesTotal: Math.floor(collections),
      allocatedBytesTotal: minute * allocatedMibPerMinute * MIB,
    });
  }
  return history;
}

const leaking = (hour: number) => 100 + 10 * hour;

function shrinks(process: Process, sinceHours: number): boolean {
  const table = scrape(process);
  const rows = { from: 0, to: table.length };
  return shrinksRoom(table, rows, process.limitMib * MIB, sinceHours * HOUR_MILLIS);
}

describe('a goal that stands', () => {
  it('leaves less and less room under a limit, while the live heap goes on growing', () => {
    expect(shrinks({ hours: 12, live: leaking, limitMib: 400 }, 10)).toBe(true);
  });

  it('leaves as much room as before where the live heap stands as well', () => {
    expect(shrinks({ hours: 14, live: (hour) => Math.min(200, leaking(hour)), limitMib: 400 }, 10)).toBe(
      false,
    );
    expect(shrinks({ hours: 14, live: () => 150, limitMib: 400 }, 0)).toBe(false);
  });

  it('says nothing where collections are forced, or too few', () => {
    expect(shrinks({ hours: 14, live: leaking, limitMib: 400, allocatedMibPerMinute: 2 }, 10)).toBe(false);
    expect(shrinks({ hours: 10.2, live: leaking, limitMib: 400 }, 10)).toBe(false);
  });

  it('stands since its last move', () => {
    const value = Float64Array.from([100, 150, 199, 200, 201, 200]);
    expect(standsSince({ timeMillis: value, value })).toBe(2);
  });

  it('is not taken for the end of a leak: the floor is what heap_alloc falls to from then on', () => {
    const table = scrape({ hours: 13, live: leaking, limitMib: 400 });
    const floor = computeLiveFloor(table, { from: 0, to: table.length });
    expect(floor?.source).toBe('minimum');
    const full = scrape({ hours: 14, live: (hour) => Math.min(200, leaking(hour)), limitMib: 401 });
    expect(computeLiveFloor(full, { from: 0, to: full.length })?.source).toBe('goal');
  });
});
