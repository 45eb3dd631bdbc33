import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MINUTE_MILLIS } from '../base/units.ts';
import { drawAssessment } from '../testing/drawn-assessment.ts';
import { changeBesideGroups } from './links.ts';
import { findLane } from './unexplained.ts';

/** A count that rises by 60 an hour for two hours, fitted from the tenth minute to the last but ten. */
function risingLane() {
  const timeMillis = Float64Array.from({ length: 11 }, (_, i) => (10 + 10 * i) * MINUTE_MILLIS);
  const fit = { timeMillis, value: timeMillis.map((at) => 5 + (60 * at) / HOUR_MILLIS) };
  const assessment = drawAssessment(2 * HOUR_MILLIS, { fd: { verdict: 'leak', perHour: 60, fit } });
  const lane = findLane(assessment, 'fd');
  if (lane === null) throw new Error('the lane was drawn');
  return lane;
}

const groups = (...minutes: readonly number[]) => ({
  groups: { timeMillis: minutes.map((at) => at * MINUTE_MILLIS), groups: [] },
  groupBase: 0,
});

describe('changeBesideGroups', () => {
  it('counts over the time that profiles cover, not over all that was watched', () => {
    expect(risingLane().grown).toBe(120);
    expect(changeBesideGroups(risingLane(), groups(30, 60, 90))).toBeCloseTo(60, 9);
    expect(changeBesideGroups(risingLane(), { ...groups(30, 60, 90), groupBase: 1 })).toBeCloseTo(30, 9);
  });

  it('goes on at the rate of the growth where a profile lies beyond the fit', () => {
    expect(changeBesideGroups(risingLane(), groups(5, 118))).toBeCloseTo(113, 9);
  });

  it('takes all of the change where there is no fit or no profile', () => {
    expect(changeBesideGroups({ ...risingLane(), fit: null }, groups(30, 60))).toBe(120);
    expect(changeBesideGroups(risingLane(), groups())).toBe(120);
  });
});
