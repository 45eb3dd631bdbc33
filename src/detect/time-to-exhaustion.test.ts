import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS } from '../base/units.ts';
import {
  capacityInLiveHeap,
  earliestExhaustion,
  EXHAUSTION_WIDENING,
  forecastExhaustion,
} from './time-to-exhaustion.ts';

const approach = { resource: 'memory-limit' as const, limit: 1000, headroom: 100, perHour: 10, error: 1 };
const hours = (at: number | null | undefined): number => (at ?? NaN) / HOUR_MILLIS;

describe('time to exhaustion', () => {
  it('is headroom over rate, with the interval of Fieller widened for what fits leave out', () => {
    const forecast = forecastExhaustion(0, approach);
    const z = 1.2815515655446004 * EXHAUSTION_WIDENING;
    expect(hours(forecast?.at)).toBeCloseTo(10, 9);
    expect(hours(forecast?.low)).toBeCloseTo(100 / (10 + z), 6);
    expect(hours(forecast?.high)).toBeCloseTo(100 / (10 - z), 6);
  });

  it('has no upper end where the rate may as well be zero', () => {
    expect(forecastExhaustion(0, { ...approach, error: 5 })?.high).toBeNull();
  });

  it('is null for what does not approach, now for what is passed', () => {
    expect(forecastExhaustion(0, { ...approach, perHour: 0 })).toBeNull();
    expect(forecastExhaustion(0, { ...approach, perHour: 1e-4 })).toBeNull();
    expect(forecastExhaustion(5, { ...approach, headroom: -3 })).toMatchObject({ at: 5, low: 5 });
  });

  it('is that of the first resource to go', () => {
    const fds = { ...approach, resource: 'max-fds' as const, perHour: 50 };
    expect(earliestExhaustion(0, [approach, fds])?.resource).toBe('max-fds');
  });

  it('counts what a live byte costs in RSS, and what is there beside the heap', () => {
    expect(capacityInLiveHeap(1000, { amplification: 2, besideBytes: 200 })).toBe(400);
    expect(capacityInLiveHeap(1000, { amplification: 0.5, besideBytes: 0 })).toBe(1000);
  });
});
