import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import { DRAWN_START_MILLIS, drawGauges } from '../testing/series-from-text.ts';
import { assess } from './assess.ts';

const HOURS = 14;

function heapOf(floor: string, seed: number) {
  const text = `every 2m for ${HOURS}h seed ${seed}\nload 2400 day 24h 700 noise 100\nfloor ${floor}`;
  const atMillis = DRAWN_START_MILLIS + HOURS * HOUR_MILLIS;
  const { lanes } = assess({ table: drawGauges(text), atMillis, memoryLimitBytes: 1024 * MIB });
  const heap = lanes.find(({ lane }) => lane === 'heap');
  if (!heap) throw new Error('no heap lane');
  return heap;
}

const SEEDS = [1, 2, 3, 4, 5, 6];

describe('growth that is called a leak', () => {
  it.each(SEEDS)('slows down where it is a cache that takes days to fill, seed %d', (seed) => {
    const heap = heapOf('60M fill 300M tau 40h noise 600k', seed);
    expect(heap.verdict).toBe('leak');
    const missing = 300 * MIB * Math.exp(-HOURS / 40);
    expect(heap.bend?.slowing?.missing).toBeGreaterThan(missing / 2);
    expect(heap.bend?.slowing?.missing).toBeLessThan(missing * 2);
  });

  it.each(SEEDS)('does not slow down where it is one, seed %d', (seed) => {
    const heap = heapOf('60M +6M/h noise 600k', seed);
    expect(heap.verdict).toBe('leak');
    expect(heap.bend?.slowing).toBeNull();
  });

  it.each(SEEDS)('does not slow down with the warm-up before it, seed %d', (seed) => {
    const heap = heapOf('60M fill 40M tau 40m +6M/h noise 600k', seed);
    expect(heap.verdict).toBe('leak');
    expect(heap.bend?.slowing).toBeNull();
  });

  it('leaves open the cache that it is, but for one in twelve by chance', () => {
    const missing = 300 * MIB * Math.exp(-HOURS / 40);
    const open = SEEDS.map(
      (seed) => heapOf('60M fill 300M tau 40h noise 600k', seed).bend?.openBound ?? Infinity,
    );
    expect(Math.min(...open)).toBeGreaterThan(0);
    expect(open.filter((bound) => bound < missing).length).toBeGreaterThanOrEqual(SEEDS.length - 1);
  });

  it.each(SEEDS)('excludes more caches the straighter it is, seed %d', (seed) => {
    const [noisy, clear] = ['1500k', '300k'].map((noise) => heapOf(`60M +6M/h noise ${noise}`, seed));
    expect([noisy.verdict, clear.verdict]).toEqual(['leak', 'leak']);
    expect(noisy.bend?.openBound).toBeGreaterThan(0);
    expect(clear.bend?.openBound ?? Infinity).toBeGreaterThan(1.2 * (noisy.bend?.openBound ?? Infinity));
  });
});
