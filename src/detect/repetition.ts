// The sawtooth: a service that is restarted before a leak is certain grows the same way in every life. Lives are
// independent, so what each of them says may be added up.
import type { LaneAssessment } from './assessment.ts';
import type { LaneMeasures, Repetition } from './lane-measures.ts';

/** Lives before this one that are looked at: more are another version, or another week. */
export const LIVES_POOLED = 3;
/** Rates within this factor of each other are the same growth. */
const SAME_RATE_FACTOR = 2.5;

/**
 * Adds up the lives that could have seen this growth. null when one of them should have seen it and did not, or there is
 * none: a cache that fills anew in each life repeats its bend too, and its evidence ratios count against.
 */
export function findRepetition(measures: LaneMeasures): Repetition | null {
  const { leak, set, question } = measures;
  if (leak === null || set.evidenceRatio === null) return null;
  let lives = 0;
  let squares = leak.z ** 2;
  let evidenceRatio = set.evidenceRatio;
  for (const life of question.earlierLives().slice(0, LIVES_POOLED)) {
    const judgement = compareLife(life, leak.growth.perHour);
    if (judgement === 'blind') continue;
    if (judgement === 'contradicts') return null;
    lives++;
    squares += (life.z ?? 0) ** 2;
    evidenceRatio += life.evidenceRatio ?? 0;
  }
  return lives === 0 ? null : { lives, z: Math.sqrt(squares), evidenceRatio };
}

function compareLife(life: LaneAssessment, perHour: number): 'repeats' | 'contradicts' | 'blind' {
  if (life.growth === null) {
    return life.smallestDetectable !== null && life.smallestDetectable < perHour ? 'contradicts' : 'blind';
  }
  const factor = life.growth.perHour / perHour;
  return factor > 1 / SAME_RATE_FACTOR && factor < SAME_RATE_FACTOR ? 'repeats' : 'contradicts';
}
