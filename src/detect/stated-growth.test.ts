import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS } from '../base/units.ts';
import type { Growth } from '../model/finding.ts';
import { drawAssessment } from '../testing/drawn-assessment.ts';
import { statedGrowth } from './stated-growth.ts';

const EXACT: Growth = { unit: 'bytes', perHour: 100, low: 100, high: 100, confidence: 0.95 };

/** Ends of the interval of growth that was fitted as `growth`, `hours` after the start. */
function state(hours: number, growth: Growth, onsetHours: number | null = null) {
  const onsetAtMillis = onsetHours === null ? null : onsetHours * HOUR_MILLIS;
  const assessment = drawAssessment(hours * HOUR_MILLIS, { heap: { verdict: 'leak', onsetAtMillis } });
  const { perHour, low, high } = statedGrowth(growth, assessment.lanes[0], assessment);
  expect(perHour).toBe(growth.perHour);
  return [low, high];
}

describe('statedGrowth', () => {
  it('grants a tenth of a rate that was watched for a day, half of that after two, however exact the fit', () => {
    expect(state(24, EXACT)).toEqual([90, 110]);
    expect(state(48, EXACT)).toEqual([95, 105]);
  });

  it('counts from the onset', () => {
    expect(state(48, EXACT, 24)).toEqual([90, 110]);
  });

  it('grants no more than three tenths', () => {
    expect(state(2, EXACT)).toEqual([70, 130]);
  });

  it('adds what is hidden to noise as independent errors add, on either side', () => {
    const [low, high] = state(24, { ...EXACT, low: 50, high: 124 });
    expect(low).toBeCloseTo(100 - Math.hypot(50, 10), 9);
    expect(high).toBeCloseTo(100 + 26, 9);
  });
});
