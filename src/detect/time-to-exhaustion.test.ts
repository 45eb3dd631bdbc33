import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS } from '../base/units.ts';
import type { Likelihood } from './headroom.ts';
import {
  capacityInLiveHeap,
  earliestExhaustion,
  EXHAUSTION_FLOOR,
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

  it('is never surer than people are steady', () => {
    const forecast = forecastExhaustion(0, { ...approach, error: 0 });
    expect(hours(forecast?.low)).toBeCloseTo(100 / (10 * (1 + EXHAUSTION_FLOOR)), 6);
    expect(hours(forecast?.high)).toBeCloseTo(100 / (10 * (1 - EXHAUSTION_FLOOR)), 6);
  });

  it('asks the conditions where they vary, and keeps its ends in order', () => {
    const hoursUntil = (perHour: number, likelihood: Likelihood) =>
      ({ least: 50, expected: 60, most: 80 })[likelihood] / perHour;
    const forecast = forecastExhaustion(0, { ...approach, error: 0, hoursUntil });
    expect(hours(forecast?.at)).toBeCloseTo(6, 9);
    expect(hours(forecast?.low)).toBeCloseTo(50 / 11.5, 6);
    expect(hours(forecast?.high)).toBeCloseTo(80 / 8.5, 6);
  });

  it('goes on to the memory limit when a soft limit was passed, and says now when there is none', () => {
    const soft = { ...approach, resource: 'gomemlimit' as const, headroom: -5 };
    expect(earliestExhaustion(0, [soft, approach])?.resource).toBe('memory-limit');
    expect(earliestExhaustion(0, [soft])).toMatchObject({ resource: 'gomemlimit', at: 0 });
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
