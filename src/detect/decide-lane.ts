// The verdict on one lane. The order of the decisions is the order of this file.
import type { Millis } from '../base/units.ts';
import type { Verdict } from '../model/finding.ts';
import { quantile } from '../series/stats/quantiles.ts';
import { STEP_MARGIN_BLOCKS } from './candidates.ts';
import { findAgreement } from './fleet/agreement.ts';
import { describeCache, solveFit } from './growth.ts';
import {
  countGrowth,
  type LaneDecision,
  type LaneMeasures,
  type Repetition,
  type WideLoad,
} from './lane-measures.ts';
import { withWideLoad } from './lane-series.ts';
import { fitModels } from './models.ts';
import { findRepetition } from './repetition.ts';
import { longerForBound, longerForExclusion, smallestDetectable } from './room-for-leak.ts';
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
  const isClear = isGrowing && leak.z > measures.zThreshold && ratio > measures.claimThreshold;
  const alone = { z: measures.zThreshold, evidence: measures.claimThreshold };
  if (isClear && set.bestLeak && testWideLoad(measures, alone)?.holds !== false) {
    return { verdict: 'leak', isSuspect: true, model: set.bestLeak, needed: null };
  }
  const repetition = isSuspect ? findRepetition(measures) : null;
  let wideLoad = repetition && isRepeated(measures, repetition) ? testWideLoad(measures, SUSPECT) : null;
  const isHeld = () => wideLoad?.holds !== false;
  if (repetition && isRepeated(measures, repetition) && set.bestLeak && isHeld()) {
    return { verdict: 'leak', isSuspect: true, model: set.bestLeak, repetition, wideLoad, needed: null };
  }
  const agreement = isSuspect ? findAgreement(measures) : null;
  if (agreement && isRepeated(measures, agreement) && set.bestLeak) {
    wideLoad ??= testWideLoad(measures, SUSPECT);
    if (isHeld()) {
      const together = { repetition, agreement, wideLoad };
      return { verdict: 'leak', isSuspect: true, model: set.bestLeak, ...together, needed: null };
    }
  }
  const explained = explainByNull(measures);
  if (isSuspect && set.bestLeak) {
    const needed = forecastNeeded(measures);
    return {
      verdict: 'undetermined',
      isSuspect,
      model: set.bestLeak,
      repetition,
      agreement,
      wideLoad,
      needed,
    };
  }
  const isUndecided = isGrowing && leak.z > limits.SUSPECT_Z && ratio > -limits.BEND_EVIDENCE;
  if (isUndecided && set.bestLeak && (explained.withheld ?? explained.verdict) !== 'load-driven') {
    return {
      verdict: 'undetermined',
      isSuspect: true,
      model: set.bestLeak,
      needed: forecastNeeded(measures),
    };
  }
  if (isMaskedByGo(measures) && set.bestLeak) {
    const what =
      "a longer watch: growth outside the Go heap is not told from what the heap's own growth brings yet";
    const needed = { what, millis: forecastNeeded(measures).millis };
    const withheld = explained.withheld ?? explained.verdict;
    return { verdict: 'undetermined', withheld, isSuspect: false, model: set.bestLeak, needed };
  }
  return { ...explained, isSuspect: false, model: set.bestNull };
}

/** Native memory that grows as a leak does, of which too little is left once Go's own growth has had its share. */
function isMaskedByGo({ set, leak, tail, counted, floor, level }: LaneMeasures): boolean {
  if (leak === null || tail?.isStillGrowing !== true) return false;
  if (counted >= floor || Math.min(leak.grown, level) < floor) return false;
  return leak.z > limits.SUSPECT_Z && (set.evidenceRatio ?? -Infinity) > limits.SUSPECT_EVIDENCE;
}

const SUSPECT = { z: limits.SUSPECT_Z, evidence: limits.SUSPECT_EVIDENCE };

/** All lives, or replicas, together pass the thresholds that one would have to pass alone. */
function isRepeated(
  { zThreshold, claimThreshold }: LaneMeasures,
  together: Pick<Repetition, 'z' | 'evidenceRatio'>,
): boolean {
  return together.z > zThreshold && together.evidenceRatio > claimThreshold;
}

/**
 * A leak is not claimed when it hangs on how finely the load was counted: with the load averaged widely it must stand
 * as clear of the noise, with half of the evidence. null where load plays no part.
 */
function testWideLoad(
  measures: LaneMeasures,
  threshold: { readonly z: number; readonly evidence: number },
): WideLoad | null {
  const { question, series } = measures;
  const wide = withWideLoad(series, question.source);
  const set = wide && fitModels(wide);
  if (!set) return null;
  const leak = set.bestLeak;
  const last = (leak?.coefficient.length ?? 0) - 1;
  const z = leak === null ? 0 : leak.coefficient[last] / leak.standardError[last];
  const evidenceRatio = leak === null ? 0 : (set.evidenceRatio ?? 0);
  const evidenceThreshold = threshold.evidence / 2;
  const holds = leak !== null && z > threshold.z && evidenceRatio > evidenceThreshold;
  return { z, evidenceRatio, zThreshold: threshold.z, evidenceThreshold, holds };
}

interface Explanation {
  readonly verdict: Verdict;
  readonly withheld?: Verdict;
  readonly margin?: number;
  readonly needed: LaneDecision['needed'];
}

/** What the best null says when no leak is claimed: named after whatever moves the level most. */
function explainByNull(measures: LaneMeasures): Explanation {
  const { set, question, floor, level } = measures;
  const change = Math.max(floor, limits.TERM_SHARE * Math.abs(level));
  const byLoad = movedByLoad(measures);
  const otherwise = () => orExclude(measures, byLoad >= change ? 'load-driven' : 'no-growth');
  const best = set.bestNull;
  if (best.name === 'N1' || best.name === 'N2') {
    const cache = describeCache(best);
    const gained = countGrowth(question, level, cache.gained);
    const isWarmUp = cache.early >= limits.WARM_UP_FILLED * cache.gained;
    if (gained < Math.max(change, byLoad) || cache.z < limits.TERM_Z || isWarmUp) return otherwise();
    const isBent = (set.evidenceRatio ?? -Infinity) < -limits.BEND_EVIDENCE;
    if (isBent || cache.reached >= limits.BOUND_SEEN_SHARE)
      return orBound(measures, 'filling-to-bound', gained);
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
    if (net >= Math.max(change, byLoad) && z > limits.TERM_Z) {
      return isStepNew(measures, best.shapes[last].at)
        ? waitForStep(measures)
        : orBound(measures, 'step', net);
    }
  }
  return otherwise();
}

/** With fewer blocks behind it than a step needs, what rose may just as well go on. */
function isStepNew({ series }: LaneMeasures, at: number): boolean {
  const { share } = series.input.time;
  return share.length - share.findIndex((place) => place >= at) < STEP_MARGIN_BLOCKS;
}

function waitForStep(measures: LaneMeasures): Explanation {
  const blocks = measures.series.input.time.share.length;
  const what = 'a longer watch: whether what has just risen stays or goes on';
  const millis = longerWatch(measures, (blocks + STEP_MARGIN_BLOCKS) / blocks);
  return { verdict: 'undetermined', needed: { what, millis } };
}

/** A bounded explanation, unless it leaves room for a leak that matters. */
function orBound(measures: LaneMeasures, verdict: 'filling-to-bound' | 'step', gained: number): Explanation {
  const longer = longerForBound(measures, gained);
  if (longer <= 1) return { verdict, margin: longer, needed: null };
  const beside = verdict === 'step' ? 'the step' : 'what fills up';
  const what = `a longer watch: growth that goes on beside ${beside} is not excluded yet`;
  return {
    verdict: 'undetermined',
    withheld: verdict,
    needed: { what, millis: longerWatch(measures, longer) },
  };
}

/** Nothing seen, unless a leak that matters could not have been. */
function orExclude(measures: LaneMeasures, verdict: 'load-driven' | 'no-growth'): Explanation {
  const longer = longerForExclusion(measures);
  const isSeen = smallestDetectable(measures) !== null;
  if (isSeen && longer !== null && longer <= 1) return { verdict, margin: longer, needed: null };
  const what = !isSeen
    ? 'a series that steady growth would stand out from: in this one it cannot be told from load and warm-up, so no leak is excluded'
    : 'a longer watch: a leak that would use up the memory within a day could not have been seen yet';
  const millis = longer === null ? null : longerWatch(measures, longer);
  return { verdict: 'undetermined', withheld: verdict, needed: { what, millis } };
}

/** @param factor of the time watched so far. */
function longerWatch({ question }: LaneMeasures, factor: number): Millis {
  const watched = question.toMillis - question.fromMillis;
  return Math.round((Math.min(LONGEST_FORECAST, Math.max(SHORTEST_FORECAST, factor)) - 1) * watched);
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

/** Forecasts are worth no more than this: as a factor of the time watched so far. */
const SHORTEST_FORECAST = 1.1;
const LONGEST_FORECAST = 4;

/**
 * How long until the question is settled. z rises with T^1.5 at a constant rate (detection-science 3.4); a bend shows
 * once the window is about as long as the fill time.
 */
function forecastNeeded(measures: LaneMeasures): { what: string; millis: Millis | null } {
  const { set, leak } = measures;
  const byNoise = leak && leak.z > 0 ? (measures.zThreshold / leak.z) ** (2 / 3) : 2;
  const bend = set.bestNull.name === 'N1' ? 1.5 * set.bestNull.shapes[0].at : 1.3;
  const what =
    bend > byNoise
      ? 'a longer watch: whether the growth bends towards a bound does not show yet'
      : 'a longer watch: the growth does not stand clear of the noise yet';
  return { what, millis: longerWatch(measures, Math.max(byNoise, bend)) };
}
