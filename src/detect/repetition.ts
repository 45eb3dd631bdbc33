// The sawtooth: a service that is restarted before a leak is certain grows the same way in every life. Lives are
// independent, so what each of them says may be added up.
import { BLOCKS_BOUND } from '../series/blocks.ts';
import { explanationOf, type LaneAssessment, type LaneState } from './assessment.ts';
import type { LaneMeasures, Repetition } from './lane-measures.ts';

/** Lives before this one that are looked at: more are another version, or another week. */
export const LIVES_POOLED = 3;
/** Rates within this factor of each other are the same growth. */
const SAME_RATE_FACTOR = 2.5;

/**
 * What a model of a bound pays for its time of filling (BIC with the most blocks there are). Lives, and replicas, share that time, so that
 * it is paid once: each of them adds what its data say and not once more that a line is simpler.
 */
const SHARED_PARAMETER = Math.log(BLOCKS_BOUND);

/** Evidence for growth without bound of several that grow alike, from the evidence ratio of each. */
export function sumEvidence(ratios: readonly number[]): number {
  return ratios.reduce((sum, ratio) => sum + ratio, 0) - (ratios.length - 1) * SHARED_PARAMETER;
}

/**
 * Adds up the lives that could have seen this growth. null when one of them should have seen it and did not, or there is
 * none: a cache that fills anew in each life repeats its bend too, and its evidence ratios count against.
 */
export function findRepetition(measures: LaneMeasures): Repetition | null {
  const { leak, set, question } = measures;
  if (leak === null || set.evidenceRatio === null) return null;
  const ratios = [set.evidenceRatio];
  let squares = leak.z ** 2;
  for (const life of question.earlierLives().slice(0, LIVES_POOLED)) {
    const judgement = compareLife(life, leak.growth.perHour);
    if (judgement === 'blind') continue;
    if (judgement === 'contradicts') return null;
    squares += (life.z ?? 0) ** 2;
    ratios.push(life.evidenceRatio ?? 0);
  }
  const lives = ratios.length - 1;
  return lives === 0 ? null : { lives, z: Math.sqrt(squares), evidenceRatio: sumEvidence(ratios) };
}

/** A level within this share of one that was reached before is that one again. */
const SAME_LEVEL_SHARE = 0.1;

/** What earlier lives say of growth that is called a leak in this one. */
export interface LivesBefore {
  /** How many were called a leak at about the same rate. */
  readonly repeated: number;
  /** One that was explained otherwise, or would have shown such growth, stood as high: a cache that is filled anew is no news. */
  readonly isRefill: boolean;
}

export function askLivesBefore({ leak, level, question }: LaneMeasures): LivesBefore {
  let repeated = 0;
  let isRefill = false;
  for (const life of question.earlierLives().slice(0, LIVES_POOLED)) {
    const judgement = leak === null ? 'blind' : compareLife(life, leak.growth.perHour);
    if (judgement === 'repeats' && life.verdict === 'leak') repeated++;
    const isOther = judgement === 'contradicts' || isExplained(life);
    if (isOther && level <= (1 + SAME_LEVEL_SHARE) * life.level) isRefill = true;
  }
  return { repeated, isRefill };
}

function isExplained(life: LaneAssessment): boolean {
  const explanation = explanationOf(life);
  return explanation !== 'leak' && explanation !== 'undetermined';
}

/** Does another life, or another replica, grow as this one does? Blind = it could not have seen such growth. */
export function compareLife(life: LaneState, perHour: number): 'repeats' | 'contradicts' | 'blind' {
  if (life.growth === null) {
    return life.smallestDetectable !== null && life.smallestDetectable < perHour ? 'contradicts' : 'blind';
  }
  const factor = life.growth.perHour / perHour;
  return factor > 1 / SAME_RATE_FACTOR && factor < SAME_RATE_FACTOR ? 'repeats' : 'contradicts';
}
