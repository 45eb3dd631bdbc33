// The growth that people are told. The interval of a fit knows the noise of its model, not what its shape hides: a rhythm of
// the day, or a cache that still fills evenly, is part of a slope until more of it was seen.
import { DAY_MILLIS, type Millis } from '../base/units.ts';
import type { Growth } from '../model/finding.ts';
import type { Assessment, LaneAssessment } from './assessment.ts';
import { growthBeganAt } from './patience.ts';
import { HIDDEN_SHARE_MOST, HIDDEN_SHARE_OF_A_DAY } from './thresholds.ts';

/** What is hidden is so many bytes, whatever is watched: its share of the rate falls with time. */
export function statedGrowth(growth: Growth, lane: LaneAssessment, assessment: Assessment): Growth {
  const watched: Millis = Math.max(assessment.atMillis - growthBeganAt(lane, assessment), 1);
  const share = Math.min(HIDDEN_SHARE_MOST, (HIDDEN_SHARE_OF_A_DAY * DAY_MILLIS) / watched);
  const hidden = share * Math.abs(growth.perHour);
  return {
    ...growth,
    low: growth.perHour - Math.hypot(growth.perHour - growth.low, hidden),
    high: growth.perHour + Math.hypot(growth.high - growth.perHour, hidden),
  };
}
