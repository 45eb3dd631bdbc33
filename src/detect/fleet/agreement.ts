// Other replicas of the same version, asked whether they grow as this one does.
import type { Agreement, LaneMeasures } from '../lane-measures.ts';
import { compareLife, sumEvidence } from '../repetition.ts';
import { describeLine } from '../growth.ts';
import { poolSlopes } from './pooled-growth.ts';

/**
 * Adds up the replicas that could have seen this growth; null when one of them should have seen it and did not, or there is none.
 * Slopes are pooled over all of them. Their evidence against a bound is added up as that of lives: what has not bent yet in any of them
 * gains nothing by their number.
 */
export function findAgreement({ leak, set, series, question }: LaneMeasures): Agreement | null {
  if (leak === null || set.evidenceRatio === null) return null;
  const others = question.replicas();
  const own = describeLine(series, set);
  const ratios = [set.evidenceRatio];
  for (const lane of others) {
    const judgement = compareLife(lane, leak.growth.perHour);
    if (judgement === 'contradicts') return null;
    if (judgement === 'repeats') ratios.push(lane.evidenceRatio ?? 0);
  }
  if (ratios.length === 1) return null;
  const pooled = poolSlopes([own, ...others.map(({ line }) => line ?? null)].filter((line) => line !== null));
  if (pooled === null) return null;
  return {
    ...pooled,
    replicas: ratios.length - 1,
    judged: others.length,
    evidenceRatio: sumEvidence(ratios),
  };
}
