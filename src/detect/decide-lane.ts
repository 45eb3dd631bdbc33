// The verdict on one lane. The order of the decisions is the order of this file.
import type { Millis } from '../base/units.ts';
import { quantile } from '../series/stats/quantiles.ts';
import { describeCache, solveFit } from './growth.ts';
import { countGrowth, type LaneDecision, type LaneMeasures, type Repetition } from './lane-measures.ts';
import { withWideLoad } from './lane-series.ts';
import { fitModels } from './models.ts';
import { findRepetition } from './repetition.ts';
import * as limits from './thresholds.ts';

export function decideVerdict(measures: LaneMeasures): LaneDecision {
  const { set, leak, tail, question } = measures;
  const watched = question.toMillis - question.fromMillis;
  const ratio = set.evidenceRatio ?? -Infinity;
  const isMaterial = measures.counted >= measures.floor;
  const isGrowing = leak !== null && tail !== null && tail.isStillGrowing && isMaterial;
  const isSuspect = isGrowing && leak.z > limits.SUSPECT_Z && ratio > limits.SUSPECT_EVIDENCE;
  if (!measures.isLongEnough) {
    const millis = limits.SHORTEST_WATCH_MILLIS - watched;
    const needed = { what: 'the process was not watched for long enough after its start', millis };
    return { verdict: 'undetermined', isSuspect, model: set.bestLeak ?? set.bestNull, needed };
  }
  const isClear = isGrowing && leak.z > measures.zThreshold && ratio > measures.evidenceThreshold;
  const alone = { z: measures.zThreshold, evidence: measures.evidenceThreshold };
  if (isClear && set.bestLeak && survivesWideLoad(measures, alone)) {
    return { verdict: 'leak', isSuspect: true, model: set.bestLeak, needed: null };
  }
  const repetition = isSuspect ? findRepetition(measures) : null;
  if (repetition && isRepeated(measures, repetition) && set.bestLeak && survivesWideLoad(measures, SUSPECT)) {
    return { verdict: 'leak', isSuspect: true, model: set.bestLeak, repetition, needed: null };
  }
  const explained = explainByNull(measures);
  if (isSuspect && set.bestLeak) {
    const needed = forecastNeeded(measures);
    return { verdict: 'undetermined', isSuspect, model: set.bestLeak, repetition, needed };
  }
  const isUndecided = isGrowing && leak.z > limits.SUSPECT_Z && ratio > -limits.BEND_EVIDENCE;
  if (isUndecided && set.bestLeak && explained.verdict !== 'load-driven') {
    return {
      verdict: 'undetermined',
      isSuspect: true,
      model: set.bestLeak,
      needed: forecastNeeded(measures),
    };
  }
  return { verdict: explained.verdict, isSuspect: false, model: set.bestNull, needed: explained.needed };
}

const SUSPECT = { z: limits.SUSPECT_Z, evidence: limits.SUSPECT_EVIDENCE };

/** All lives together pass the thresholds that one life would have to pass alone. */
function isRepeated({ zThreshold, evidenceThreshold }: LaneMeasures, together: Repetition): boolean {
  return together.z > zThreshold && together.evidenceRatio > evidenceThreshold;
}

/**
 * A leak is not claimed when it hangs on how finely the load was counted: with the load averaged widely it must stand
 * as clear of the noise, with half of the evidence.
 */
function survivesWideLoad(
  measures: LaneMeasures,
  threshold: { readonly z: number; readonly evidence: number },
): boolean {
  const { question, series } = measures;
  const wide = withWideLoad(series, question.source);
  const set = wide && fitModels(wide);
  if (!set) return true;
  if (!set.bestLeak) return false;
  const last = set.bestLeak.coefficient.length - 1;
  const z = set.bestLeak.coefficient[last] / set.bestLeak.standardError[last];
  return z > threshold.z && (set.evidenceRatio ?? 0) > threshold.evidence / 2;
}

type Explanation = Pick<LaneDecision, 'verdict' | 'needed'>;

/** What the best null says when no leak is claimed: named after whatever moves the level most. */
function explainByNull(measures: LaneMeasures): Explanation {
  const { set, question, floor, level } = measures;
  const change = Math.max(floor, limits.TERM_SHARE * Math.abs(level));
  const byLoad = movedByLoad(measures);
  const otherwise: Explanation = { verdict: byLoad >= change ? 'load-driven' : 'no-growth', needed: null };
  const best = set.bestNull;
  if (best.name === 'N1' || best.name === 'N2') {
    const cache = describeCache(best);
    const gained = countGrowth(question, level, cache.gained);
    const isWarmUp = cache.early >= limits.WARM_UP_FILLED * cache.gained;
    if (gained < Math.max(change, byLoad) || cache.z < limits.TERM_Z || isWarmUp) return otherwise;
    const isBent = (set.evidenceRatio ?? -Infinity) < -limits.BEND_EVIDENCE;
    if (isBent || cache.reached >= limits.BOUND_SEEN_SHARE)
      return { verdict: 'filling-to-bound', needed: null };
    return { verdict: 'undetermined', needed: forecastNeeded(measures) };
  }
  if (best.name === 'N3') {
    const net = countGrowth(
      question,
      level,
      best.coefficient.reduce((sum, height) => sum + height, 0),
    );
    const last = best.coefficient.length - 1;
    const z = best.coefficient[last] / best.standardError[last];
    if (net >= Math.max(change, byLoad) && z > limits.TERM_Z) return { verdict: 'step', needed: null };
  }
  return otherwise;
}

/** How far the load moves the level over the window, when that stands clear of the noise; else 0. */
function movedByLoad({ set, series }: LaneMeasures): number {
  const at = series.covariateNames.indexOf('load');
  const solved = at < 0 ? null : solveFit(series, set, set.bestNull);
  if (!solved) return 0;
  const load = series.input.covariates[at];
  const z = solved.covariateCoefficient[at] / solved.covariateError[at];
  return z > limits.TERM_Z
    ? solved.covariateCoefficient[at] * (quantile(load, 0.95) - quantile(load, 0.05))
    : 0;
}

/**
 * How long until the question is settled. z rises with T^1.5 at a constant rate (detection-science 3.4); a bend shows
 * once the window is about as long as the fill time.
 */
function forecastNeeded(measures: LaneMeasures): { what: string; millis: Millis | null } {
  const { set, leak, question } = measures;
  const watched = question.toMillis - question.fromMillis;
  const byNoise = leak && leak.z > 0 ? (measures.zThreshold / leak.z) ** (2 / 3) : 2;
  const bend = set.bestNull.name === 'N1' ? 1.5 * set.bestNull.shapes[0].at : 1.3;
  const factor = Math.min(4, Math.max(1.1, byNoise, bend));
  const what =
    bend > byNoise
      ? 'a longer watch: whether the growth bends towards a bound does not show yet'
      : 'a longer watch: the growth does not stand clear of the noise yet';
  return { what, millis: Math.round((factor - 1) * watched) };
}
