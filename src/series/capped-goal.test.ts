import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import { drawCollections } from '../testing/drawn-collections.ts';
import type { GaugeHistory } from './gauge-history.ts';
import { shrinksRoom, standsSince } from './capped-goal.ts';
import { computeLiveFloor } from './live-floor.ts';

interface Process {
  readonly hours: number;
  /** MiB alive at an hour. */
  readonly live: (hour: number) => number;
  readonly limitMib: number;
  readonly allocatedPerMinute?: number;
}

/** A process whose GOMEMLIMIT nobody exports: the goal is what GOGC=100 asks for, or the limit. */
function scrape({ limitMib, ...process }: Process): GaugeHistory {
  return drawCollections({ ...process, goal: (live) => Math.min(2 * live, limitMib) });
}

const leaking = (hour: number) => 100 + 10 * hour;

function shrinks(process: Process, sinceHours: number): boolean {
  const table = scrape(process);
  const rows = { from: 0, to: table.length };
  return shrinksRoom(table, rows, process.limitMib * MIB, table.timeMillis[0] + sinceHours * HOUR_MILLIS);
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
    expect(shrinks({ hours: 14, live: leaking, limitMib: 400, allocatedPerMinute: 2 }, 10)).toBe(false);
    expect(shrinks({ hours: 10.2, live: leaking, limitMib: 400 }, 10)).toBe(false);
  });

  it('stands since its last move', () => {
    const value = Float64Array.from([100, 150, 199, 200, 201, 200]);
    expect(standsSince({ timeMillis: value, value })).toBe(2);
  });

  it('is not taken for the end of a leak: the floor is what collections leave below the goal from then on', () => {
    const table = scrape({ hours: 13, live: leaking, limitMib: 400 });
    const floor = computeLiveFloor(table, { from: 0, to: table.length });
    expect(floor?.source).toBe('room');
    const full = scrape({ hours: 14, live: (hour) => Math.min(200, leaking(hour)), limitMib: 401 });
    expect(computeLiveFloor(full, { from: 0, to: full.length })?.source).toBe('goal');
  });
});
