import { describe, expect, it } from 'vitest';
import type { GaugeReading } from '../base/gauges.ts';
import { MIB } from '../base/units.ts';
import { drawGauges } from '../testing/series-from-text.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { GaugeHistory } from './gauge-history.ts';
import { computeLiveFloor } from './live-floor.ts';

function floorOf(readings: GaugeReading[]) {
  const history = new GaugeHistory();
  readings.forEach((reading, i) => history.append(i * 60_000, reading));
  return computeLiveFloor(history, { from: 0, to: history.length });
}

const megabytes = (value: Float64Array | undefined): number[] =>
  [...(value ?? [])].map((bytes) => bytes / MIB);

describe('live floor', () => {
  it('takes the exact gauge where it is exported, once per GC cycle', () => {
    const floor = floorOf([
      { liveHeapBytes: 0, gcCyclesTotal: 0, nextGcBytes: 4 * MIB },
      { liveHeapBytes: 10 * MIB, gcCyclesTotal: 1, nextGcBytes: 99 * MIB },
      { liveHeapBytes: 10 * MIB, gcCyclesTotal: 1, nextGcBytes: 99 * MIB },
      { liveHeapBytes: 11 * MIB, gcCyclesTotal: 4, nextGcBytes: 99 * MIB },
    ]);
    expect(floor?.source).toBe('live');
    expect(megabytes(floor?.value)).toEqual([10, 11]);
  });

  it('takes a GC trace where nothing says it better, each cycle once although values are whole MiB', () => {
    const traced = [1, 2, 2, 3].map((traceCyclesTotal) => ({ traceLiveBytes: 7.5 * MIB, traceCyclesTotal }));
    const floor = floorOf(traced.map((reading) => ({ ...reading, heapAllocBytes: 20 * MIB })));
    expect(floor).toMatchObject({ source: 'trace', resolutionBytes: MIB, why: '' });
    expect(megabytes(floor?.value)).toEqual([7.5, 7.5, 7.5]);
    expect(floorOf(traced.map((reading) => ({ ...reading, nextGcBytes: 40 * MIB })))?.source).toBe('goal');
  });

  it('solves next_gc for GOGC and roots', () => {
    const floor = floorOf([
      {
        nextGcBytes: 3 * 20 * MIB + 2 * 6 * MIB,
        gogcPercent: 200,
        scanStackBytes: 5 * MIB,
        scanGlobalsBytes: MIB,
        gcCyclesTotal: 1,
      },
    ]);
    expect(floor?.source).toBe('goal');
    expect(megabytes(floor?.value)).toEqual([20]);
  });

  it('counts equal goals as two observations only where two cycles are known', () => {
    const goal = { nextGcBytes: 40 * MIB };
    expect(floorOf([goal, goal, goal])?.value.length).toBe(1);
    expect(floorOf([1, 2, 2, 3].map((gcCyclesTotal) => ({ ...goal, gcCyclesTotal })))?.value.length).toBe(3);
  });

  it('takes the minimum goal for what it is: an upper bound', () => {
    const floor = floorOf([{ nextGcBytes: 4 * MIB, heapAllocBytes: 1.5 * MIB, gcCyclesTotal: 1 }]);
    expect(megabytes(floor?.value)).toEqual([1.5]);
    expect(floor?.atMinimumGoal).toBe(1);
  });

  it.each([
    ['GOGC is off', { gogcPercent: -1 }],
    ['GOMEMLIMIT caps', { gogcPercent: 100, goMemLimitBytes: 70 * MIB }],
  ])('falls back to the rolling minimum when %s', (why, pacer) => {
    const floor = floorOf(
      Array.from({ length: 20 }, (_, i) => ({
        ...pacer,
        nextGcBytes: 66 * MIB,
        heapAllocBytes: (40 + ((i * 7) % 5)) * MIB,
        gcCyclesTotal: i,
      })),
    );
    expect(floor?.source).toBe('minimum');
    expect(floor?.why).toContain(why);
    expect(megabytes(floor?.value)).toEqual([40, 40, 40, 40]);
  });

  it('keeps the goal where GOMEMLIMIT is far away', () => {
    const limit = { goMemLimitBytes: 1024 * MIB, gogcPercent: 100 };
    expect(floorOf([{ ...limit, nextGcBytes: 66 * MIB, gcCyclesTotal: 1 }])?.source).toBe('goal');
  });

  it('takes each goal with the GOGC of its time', () => {
    const floor = floorOf([
      { nextGcBytes: 40 * MIB, gogcPercent: 100, gcCyclesTotal: 1 },
      { nextGcBytes: 42 * MIB, gogcPercent: 100, gcCyclesTotal: 2 },
      { nextGcBytes: 66 * MIB, gogcPercent: 200, gcCyclesTotal: 3 },
    ]);
    expect(megabytes(floor?.value)).toEqual([20, 21, 22]);
    expect(floor?.fromMillis).toBe(0);
    expect(floor?.pacedFromMillis).toBe(120_000);
    expect(floor?.gogcChanges).toBe(1);
  });

  it('starts anew where the collector was switched on', () => {
    const floor = floorOf([
      { nextGcBytes: 900 * MIB, gogcPercent: -1, gcCyclesTotal: 1 },
      { nextGcBytes: 60 * MIB, gogcPercent: 200, gcCyclesTotal: 2 },
    ]);
    expect(floor?.source).toBe('goal');
    expect(megabytes(floor?.value)).toEqual([20]);
    expect(floor?.fromMillis).toBe(60_000);
  });

  it('is null where nothing of the heap is known', () => {
    expect(floorOf([{ goroutines: 3 }])).toBeNull();
  });
});

describe('a process that tells neither GOGC nor GOMEMLIMIT', () => {
  /** Twelve hours at a scrape a minute: live heap by hours, goal from it, heap_alloc anywhere between the two. */
  function draw(live: (hours: number) => number, goal: (live: number) => number, seed: number) {
    const table = drawGauges(`every 1m for 12h seed ${seed}\nfloor 64M`);
    const random = seededRandom(seed + 100);
    const [next, alloc] = [table.column('nextGcBytes'), table.column('heapAllocBytes')];
    for (let row = 0; next && alloc && row < table.length; row++) {
      const alive = live(row / 60) * MIB * (0.99 + 0.02 * random());
      next[row] = goal(alive);
      alloc[row] = alive + random() * Math.max(0, next[row] - alive);
    }
    return computeLiveFloor(table, { from: 0, to: table.length });
  }
  const growing = (hours: number) => 40 + 8 * hours;

  it.each([1, 2, 3])('is believed where its heap fits a goal of twice the live heap, seed %d', (seed) => {
    for (const live of [growing, () => 64, (hours: number) => 64 + 20 * Math.sin(hours)]) {
      expect(draw(live, (alive) => 2 * alive, seed)?.source).toBe('goal');
    }
  });

  it.each([
    ['GOGC=200', (alive: number) => 3 * alive],
    ['GOGC=400', (alive: number) => 5 * alive],
    ['GOGC=off under a limit', () => 900 * MIB],
    ['GOGC=off', () => 2 ** 63],
  ])('is measured by its lowest heap_alloc with %s', (_name, goal) => {
    for (const seed of [1, 2, 3]) {
      const floor = draw(growing, goal, seed);
      expect(floor?.source).toBe('minimum');
      expect(floor?.why).toContain('not exported');
    }
  });

  it.each([1, 2, 3])('is measured by its lowest heap_alloc once a memory limit binds, seed %d', (seed) => {
    const capped = (alive: number) => Math.max(alive * 1.02, Math.min(2 * alive, 150 * MIB));
    expect(draw((hours) => Math.min(70, growing(hours)), capped, seed)?.source).toBe('goal');
    expect(draw(growing, capped, seed)?.source).toBe('minimum');
  });
});
