import { describe, expect, it } from 'vitest';
import { MIB } from '../base/units.ts';
import { drawCollections, hoursOf, type CollectedProcess } from '../testing/drawn-collections.ts';
import { computeLiveFloor } from './live-floor.ts';
import { changesPace, floorFromRoom, listRoomWindows } from './room-floor.ts';

const SEEDS = [1, 2, 3];

function windowsOf(process: CollectedProcess) {
  const table = drawCollections(process);
  return listRoomWindows(table, { from: 0, to: table.length });
}

function floorOf(process: CollectedProcess) {
  const table = drawCollections(process);
  return computeLiveFloor(table, { from: 0, to: table.length });
}

/** Largest distance of the mean of six points from what was alive, in MiB. */
function largestMiss(process: CollectedProcess): number {
  const floor = floorFromRoom(windowsOf(process));
  if (floor === null) return Infinity;
  let most = 0;
  for (let i = 0; i + 6 <= floor.value.length; i += 6) {
    const mean = (values: Float64Array) => values.slice(i, i + 6).reduce((sum, one) => sum + one, 0) / 6;
    const alive = process.live(hoursOf(mean(floor.timeMillis)));
    most = Math.max(most, Math.abs(mean(floor.value) / MIB - alive));
  }
  return most;
}

const leaking = (hour: number) => 64 + 3 * hour;
const limited = () => 300;

describe('goal less what a cycle allocates', () => {
  it.each(SEEDS)('follows a leak as room runs out below a limit, seed %d', (seed) => {
    expect(largestMiss({ hours: 72, live: leaking, goal: limited, seed })).toBeLessThan(6);
  });

  it.each(SEEDS)('is the same live heap whatever GOGC is, seed %d', (seed) => {
    const goal = (live: number, hour: number) => (hour < 10 ? 2 : 1.5) * live;
    expect(largestMiss({ hours: 24, live: () => 80, goal, seed })).toBeLessThan(6);
  });

  it('takes heap_alloc where time sets collections off, and nothing where it sets off most', () => {
    const quietAtNight = (hour: number) => (hour % 24 < 6 ? 60 : 300);
    const quiet = { hours: 72, live: leaking, goal: limited, allocatedPerMinute: quietAtNight };
    expect(windowsOf(quiet).some(({ isForced }) => isForced)).toBe(true);
    expect(largestMiss(quiet)).toBeLessThan(12);
    expect(largestMiss({ ...quiet, live: () => 64, allocatedPerMinute: 40 })).toBe(Infinity);
  });

  it('says nothing where the counters do not fit the goal', () => {
    // A third of what is allocated, as one of three processes behind one address would count.
    const shared = windowsOf({ hours: 24, live: leaking, goal: limited }).map((window) => ({
      ...window,
      allocatedBytes: window.allocatedBytes / 3,
    }));
    expect(floorFromRoom(shared)).toBeNull();
  });
});

describe('another pace', () => {
  const steady = { hours: 12, live: () => 80 };

  it.each([
    [100, 50],
    [100, 200],
    [50, 75],
    [400, 100],
  ])('is seen where GOGC goes from %d to %d', (before, after) => {
    for (const seed of SEEDS) {
      const goal = (live: number, hour: number) => live * (1 + (hour < 6 ? before : after) / 100);
      expect(changesPace(windowsOf({ ...steady, goal, seed }))).toBe(true);
    }
  });

  it('is seen where GOGC is raised little by little', () => {
    const goal = (live: number, hour: number) => live * (1.5 + 0.05 * Math.floor(hour));
    expect(changesPace(windowsOf({ ...steady, goal }))).toBe(true);
  });

  it.each([
    ['stands', () => 80],
    ['grows', leaking],
    ['jumps to twice as much', (hour: number) => (hour < 6 ? 60 : 120)],
    ['falls back', (hour: number) => (hour < 6 ? 120 : 60)],
    ['breathes', (hour: number) => 90 + 30 * Math.sin(hour)],
  ])('is none where the live heap %s', (_what, live) => {
    for (const seed of SEEDS) {
      expect(changesPace(windowsOf({ hours: 12, live, goal: (alive) => 2 * alive, seed }))).toBe(false);
    }
  });
});

describe('the source of the live floor', () => {
  it('is the goal until GOGC changes without a word, and the room below it from then on', () => {
    const goal = (live: number, hour: number) => (hour < 10 ? 2 : 1.5) * live;
    expect(floorOf({ hours: 9, live: leaking, goal })?.source).toBe('goal');
    const changed = floorOf({ hours: 12, live: leaking, goal });
    expect(changed?.source).toBe('room');
    expect(changed?.why).toContain('GOGC was changed');
    expect(hoursOf(changed?.fromMillis ?? NaN)).toBe(0);
  });

  it('goes on through a change of GOGC that is told, and through the stacks that are in the goal', () => {
    const stacks = 12;
    const percent = (hour: number) => (hour < 10 ? 100 : 50);
    const floor = floorOf({
      hours: 12,
      live: () => 64,
      goal: (live, hour) => live + ((live + stacks) * percent(hour)) / 100,
      beside: (hour) => ({ gogcPercent: percent(hour), stackInuseBytes: stacks * MIB }),
    });
    expect(floor?.source).toBe('goal');
    expect(floor?.gogcChanges).toBe(1);
    expect(hoursOf(floor?.pacedFromMillis ?? NaN)).toBe(10);
    const values = [...(floor?.value ?? [])];
    expect((Math.max(...values) - Math.min(...values)) / MIB).toBeLessThan(1.5);
    expect(values.length).toBeGreaterThan(600);
  });

  it('shows a limit that no gauge tells by the goal that stands above what grows, and by nothing else', () => {
    const off = { hours: 24, live: leaking, beside: () => ({ gogcPercent: -1 }) };
    expect((floorOf({ ...off, goal: limited })?.hiddenLimitBytes ?? 0) / MIB).toBe(300);
    expect(floorOf({ ...off, goal: limited, live: () => 64 })?.hiddenLimitBytes).toBeNull();
    expect(floorOf({ hours: 24, live: leaking, goal: (live) => 2 * live })?.hiddenLimitBytes).toBeNull();
    const told = () => ({ gogcPercent: -1, goMemLimitBytes: 320 * MIB });
    expect(floorOf({ ...off, goal: limited, beside: told })?.hiddenLimitBytes).toBeNull();
  });
});
