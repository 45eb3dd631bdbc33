import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB, type Millis } from '../base/units.ts';
import { DRAWN_START_MILLIS, drawGauges } from '../testing/series-from-text.ts';
import { assess } from './assess.ts';
import type { LaneAssessment } from './assessment.ts';
import { nextEvaluationAt } from './evaluation-grid.ts';

interface Look {
  readonly text: string;
  readonly limitMib?: number | null;
}

function heapAt({ text, limitMib = 512 }: Look, atMillis: Millis): LaneAssessment {
  const memoryLimitBytes = limitMib === null ? null : limitMib * MIB;
  const { lanes } = assess({ table: drawGauges(text), atMillis, memoryLimitBytes });
  const heap = lanes.find(({ lane }) => lane === 'heap');
  if (!heap) throw new Error('no heap lane');
  return heap;
}

const after = (hours: number): Millis => DRAWN_START_MILLIS + hours * HOUR_MILLIS;

/** Verdicts on the heap along the grid, from the first possible one on. */
function verdictsUntil(hours: number, look: Look): Set<string> {
  const seen = new Set<string>();
  for (let at = after(0.6); at <= after(hours); at = nextEvaluationAt(DRAWN_START_MILLIS, at))
    seen.add(heapAt(look, at).verdict);
  return seen;
}

const SEEDS = [1, 2, 3, 4];
const draw = (seed: number, floor: string): string =>
  `every 1m for 4h seed ${seed}\nload 2400 day 24h 700 noise 100\nfloor ${floor}`;

describe('a leak that is hidden at first is never called harmless', () => {
  it.each(SEEDS)('behind caches that fill at the start, seed %d', (seed) => {
    const look = { text: draw(seed, '10M fill 20M tau 18m +8M/h noise 900k') };
    expect([...verdictsUntil(2.5, look)].filter((verdict) => !/undetermined|leak/.test(verdict))).toEqual([]);
  });

  it.each(SEEDS)('of goroutines that hold a megabyte each, seed %d', (seed) => {
    const look = { text: draw(seed, '12M ramp 16M until 30m +15M/h noise 1200k phi 0.5') };
    expect([...verdictsUntil(2.5, look)].filter((verdict) => !/undetermined|leak/.test(verdict))).toEqual([]);
  });

  it.each(SEEDS)('beside a step, seed %d', (seed) => {
    const look = { text: draw(seed, '20M step 25M at 1h +5M/h noise 1500k'), limitMib: 128 };
    expect([...verdictsUntil(2, look)]).not.toContain('step');
  });

  it.each(SEEDS)('in the noise, seed %d', (seed) => {
    const look = { text: draw(seed, '30M +10M/h noise 5M') };
    expect([...verdictsUntil(1, look)]).not.toContain('no-growth');
  });
});

describe('what excludes a leak is said', () => {
  it.each(SEEDS)('of caches that fill at the start, once the level has lasted, seed %d', (seed) => {
    const heap = heapAt({ text: draw(seed, '10M fill 20M tau 18m noise 900k') }, after(4));
    expect(['filling-to-bound', 'no-growth']).toContain(heap.verdict);
    expect(heap.withheld).toBeNull();
  });

  it('of a step, once the level has lasted', () => {
    const text = draw(1, '20M step 25M at 1h noise 2M');
    const early = heapAt({ text }, after(1.4));
    expect(early).toMatchObject({ verdict: 'undetermined', withheld: 'step', isSuspect: false });
    expect(early.needed?.what).toContain('beside the step');
    expect(early.needed?.millis).toBeGreaterThan(0);
    expect(heapAt({ text }, after(4)).verdict).toBe('step');
  });

  it('depends on the room below the limit', () => {
    const text = draw(1, '30M noise 4M');
    const near = heapAt({ text, limitMib: 64 }, after(1.5));
    expect(near).toMatchObject({ verdict: 'undetermined', withheld: 'no-growth' });
    expect(near.needed?.millis).toBeGreaterThan(0);
    expect(heapAt({ text, limitMib: 8192 }, after(1.5)).verdict).toBe('no-growth');
  });
});

describe('the smallest detectable leak', () => {
  it('is no number where only one that had filled the memory by now would stand out', () => {
    const text = draw(2, '12M noise 6M phi 0.9');
    const [some, none] = [4096, 24].map((limitMib) => heapAt({ text, limitMib }, after(0.7)));
    expect(some.smallestDetectable).toBeGreaterThan(24 * MIB);
    expect(none.smallestDetectable).toBeNull();
    expect(none.verdict).toBe('undetermined');
  });
});
