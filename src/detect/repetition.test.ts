import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import { DRAWN_START_MILLIS, drawGauges } from '../testing/series-from-text.ts';
import { assess } from './assess.ts';

/** The heap after 27 h, nine hours into its second life where nothing else is said; each life draws the floor anew. */
function secondLife(floor: string, seed: number, restart = 'restart 18h') {
  const text = `every 2m for 27h seed ${seed}\nload 2400 noise 100\n${restart}\nfloor ${floor}`;
  const atMillis = DRAWN_START_MILLIS + 27 * HOUR_MILLIS;
  const { lanes } = assess({ table: drawGauges(text), atMillis, memoryLimitBytes: 1024 * MIB });
  const heap = lanes.find(({ lane }) => lane === 'heap');
  if (!heap) throw new Error('no heap lane');
  return heap;
}

describe('lives before growth that is called a leak', () => {
  const SEEDS = [1, 2, 3, 4];

  it.each(SEEDS)('stood as high where a cache is filled anew, seed %d', (seed) => {
    const heap = secondLife('60M ramp 90M until 10h noise 600k', seed);
    expect(heap.verdict).toBe('leak');
    expect(heap.bend?.isRefill).toBe(true);
  });

  it.each(SEEDS)('are no filling where they leaked as fast, and exclude larger caches, seed %d', (seed) => {
    const floor = '60M +6M/h noise 1500k';
    const leak = secondLife(floor, seed);
    expect(leak).toMatchObject({ verdict: 'leak', bend: { isRefill: false } });
    // Five minutes show nothing of what the first life did.
    const alone = secondLife(floor, seed, 'restart 17h55m\nrestart 18h');
    expect(alone.bend?.openBound).toBeGreaterThan(0);
    expect(leak.bend?.openBound ?? Infinity).toBeGreaterThanOrEqual(alone.bend?.openBound ?? Infinity);
  });

  it.each(SEEDS)('say nothing where this one leaks past where they stood, seed %d', (seed) => {
    const heap = secondLife('60M +12M/h from 4h noise 600k', seed, 'restart 3h');
    expect(heap).toMatchObject({ verdict: 'leak', bend: { isRefill: false } });
  });
});
