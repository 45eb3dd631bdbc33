// Who watches a thousand services looks a thousand times as often as who watches one: what is claimed must be as much more certain.
import type { LaneState } from '../assessment.ts';

/** Of all services that are claimed to leak, the share that chance alone may have brought. */
export const FALSE_SHARE = 0.05;

/** The largest evidence ratio of lanes that are suspected; -Infinity where none is. */
export function strongestEvidence(lanes: readonly LaneState[]): number {
  return lanes.reduce(
    (strongest, { isSuspect, evidenceRatio }) =>
      isSuspect ? Math.max(strongest, evidenceRatio ?? -Infinity) : strongest,
    -Infinity,
  );
}

/**
 * e-BH: with e-values sorted from the largest, the k first may be claimed where k is the most with `k * e(k) >= m / FALSE_SHARE`; it
 * holds whatever the services have in common. A service's e-value is its Bayes factor for growth without bound, `exp(D / 2)` for a
 * difference D of BIC. Source: Wang and Ramdas, J. R. Stat. Soc. B 84 (2022) 822; detection-science 3.5.
 *
 * @param strongest the largest evidence ratio of each service that is watched, NaN or -Infinity where it has none.
 * @returns evidence ratio (difference of BIC) that a claim must reach in this fleet; 0 for no service.
 */
export function evidenceForFleet(strongest: Iterable<number>): number {
  const sorted = Float64Array.from(strongest, (ratio) => (Number.isNaN(ratio) ? -Infinity : ratio)).sort();
  const m = sorted.length;
  if (m === 0) return 0;
  const needed = (k: number) => 2 * Math.log(m / (FALSE_SHARE * k));
  for (let k = m; k > 0; k--) {
    if ((sorted[m - k] ?? -Infinity) >= needed(k)) return needed(k);
  }
  return needed(1);
}
