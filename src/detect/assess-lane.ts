// One lane: fit, test, decide. The order of the decisions is the order of this file.
import type { Millis } from '../base/units.ts';
import type { RuledOut, Verdict } from '../model/finding.ts';
import type { Points } from '../series/points.ts';
import { median, quantile } from '../series/stats/quantiles.ts';
import type { Lane, LaneAssessment } from './assessment.ts';
import { describeCache, describeLeakGrowth, measureRecent, solveFit, testTail } from './growth.ts';
import type { LeakGrowth, SolvedFit, TailTest } from './growth.ts';
import { collectEvidence } from './lane-evidence.ts';
import { prepareLane, withWideLoad, type LaneSeries, type LaneSource } from './lane-series.ts';
import { BLOCKS_NEEDED, fitModels, type ModelFit, type ModelSet } from './models.ts';
import * as limits from './thresholds.ts';

export interface LaneQuestion {
  readonly lane: Lane;
  readonly source: LaneSource;
  readonly fromMillis: Millis;
  readonly toMillis: Millis;
  /** What the series is, for the evidence: source of the live floor and the like. */
  readonly about: Readonly<Record<string, number | string | null>>;
  /**
   * Native lane: what Go itself claims. Then only what lies above zero counts as growth (below are pages that Go never
   * touched), less a share of Go's own growth, from which it cannot be told apart.
   */
  readonly goMemory: Points | null;
}

/** Everything that was measured about a lane before a word is chosen. */
export interface LaneMeasures {
  readonly question: LaneQuestion;
  readonly series: LaneSeries;
  readonly set: ModelSet;
  readonly level: number;
  readonly zThreshold: number;
  readonly evidenceThreshold: number;
  readonly leak: LeakGrowth | null;
  readonly tail: TailTest | null;
  /** Growth that counts: along the fit, above zero where that is asked. */
  readonly counted: number;
  /** Growth that must be exceeded: absolute floor or share of the level. */
  readonly floor: number;
  readonly isLongEnough: boolean;
}

/** Null when the lane has no observation in the window. */
export function assessLane(question: LaneQuestion): LaneAssessment | null {
  const window = { fromMillis: question.fromMillis, toMillis: question.toMillis };
  const series = prepareLane(question.source, window);
  if (series.blocks.length === 0) return null;
  if (isFlat(question, series)) return flat(question, series);
  const set = fitModels(series.input);
  if (!set) return tooLittle(question, series);
  const measures = measure(question, series, set);
  const verdict = decideVerdict(measures);
  return describe(measures, verdict);
}

function measure(question: LaneQuestion, series: LaneSeries, set: ModelSet): LaneMeasures {
  const lane = limits.LANE_THRESHOLDS[question.lane];
  const watched = series.toMillis - series.fromMillis;
  const hasLoad = series.covariateNames.length > 0 || series.input.work !== null;
  const factor =
    (watched < limits.SHORT_WATCH_MILLIS ? limits.SHORT_WATCH_FACTOR : 1) *
    (!hasLoad && watched < limits.NO_LOAD_MILLIS ? limits.NO_LOAD_FACTOR : 1);
  const level = series.blocks.value[series.blocks.length - 1];
  const leak = set.bestLeak ? describeLeakGrowth(series, set, set.bestLeak, lane.unit) : null;
  const tail = set.bestLeak && leak ? testTail(series, set, set.bestLeak, leak) : null;
  return {
    question,
    series,
    set,
    level,
    zThreshold: limits.LEAK_Z * factor,
    evidenceThreshold: limits.LEAK_EVIDENCE * factor,
    leak,
    tail,
    counted: countGrowth(question, level, leak?.grown ?? 0),
    floor: Math.max(lane.smallestGrowth, lane.smallestShare * Math.abs(level)),
    isLongEnough: watched >= limits.SHORTEST_WATCH_MILLIS,
  };
}

/**
 * RSS is read at another instant than Sys, and huge pages and allocator slack come on top of Go's own growth: up to
 * this share of it says nothing about memory outside Go.
 */
const GO_GROWTH_SHARE = 0.25;

/** How much of `grown` counts in this lane. */
function countGrowth({ goMemory, fromMillis, toMillis }: LaneQuestion, level: number, grown: number): number {
  if (!goMemory) return grown;
  const { timeMillis, value } = goMemory;
  const quarter = (toMillis - fromMillis) / 4;
  const early = value.filter((_, i) => timeMillis[i] >= fromMillis && timeMillis[i] <= fromMillis + quarter);
  const late = value.filter((_, i) => timeMillis[i] >= toMillis - quarter);
  const goGrowth = early.length > 0 && late.length > 0 ? median(late) - median(early) : 0;
  return Math.min(grown, level) - GO_GROWTH_SHARE * Math.max(0, goGrowth);
}

export interface LaneDecision {
  readonly verdict: Verdict;
  readonly isSuspect: boolean;
  /** The model that the verdict rests on. */
  readonly model: ModelFit;
  readonly needed: { readonly what: string; readonly millis: Millis | null } | null;
}

function decideVerdict(measures: LaneMeasures): LaneDecision {
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
  if (isClear && set.bestLeak && survivesWideLoad(measures)) {
    return { verdict: 'leak', isSuspect: true, model: set.bestLeak, needed: null };
  }
  const explained = explainByNull(measures);
  if (isSuspect && set.bestLeak) {
    return { verdict: 'undetermined', isSuspect, model: set.bestLeak, needed: forecastNeeded(measures) };
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

/**
 * A leak is not claimed when it hangs on how finely the load was counted: with the load averaged widely it must stand
 * as clear of the noise, with half of the evidence.
 */
function survivesWideLoad(measures: LaneMeasures): boolean {
  const { question, series } = measures;
  const wide = withWideLoad(series, question.source);
  const set = wide && fitModels(wide);
  if (!set) return true;
  if (!set.bestLeak) return false;
  const last = set.bestLeak.coefficient.length - 1;
  const z = set.bestLeak.coefficient[last] / set.bestLeak.standardError[last];
  return z > measures.zThreshold && (set.evidenceRatio ?? 0) > measures.evidenceThreshold / 2;
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

function describe(measures: LaneMeasures, decision: LaneDecision): LaneAssessment {
  const { question, series, set, leak, level } = measures;
  const lane = limits.LANE_THRESHOLDS[question.lane];
  const solved = solveFit(series, set, decision.model);
  const isLeakModel = decision.model.name.startsWith('L');
  const shown = isLeakModel ? leak : null;
  const cache = decision.verdict === 'filling-to-bound' ? describeCache(set.bestNull) : null;
  return {
    lane: question.lane,
    unit: lane.unit,
    verdict: decision.verdict,
    isSuspect: decision.isSuspect,
    bestNull: set.bestNull.name,
    bestLeak: set.bestLeak?.name ?? null,
    evidenceRatio: set.evidenceRatio,
    z: leak?.z ?? null,
    growth: shown?.growth ?? null,
    onsetAtMillis: shown?.onsetMillis ?? null,
    predictedBound: cache ? level + cache.missing : null,
    level,
    grown: shown ? shown.grown : (cache?.gained ?? changeAlong(solved)),
    smallestDetectable: smallestDetectable(measures),
    fit: solved ? { timeMillis: series.blocks.timeMillis, value: solved.fitted } : null,
    perRequest: perRequest(measures, decision),
    recent: solved ? measureRecent(series, solved, set.autocorrelation) : null,
    evidence: collectEvidence(measures, decision),
    ruledOut: ruledOut(measures, decision),
    needed: decision.needed,
  };
}

function changeAlong(solved: SolvedFit | null): number {
  return solved ? solved.fitted[solved.fitted.length - 1] - solved.fitted[0] : 0;
}

/** The steady growth that would have been called by now: the largest of what z, evidence and floor ask for. */
function smallestDetectable(measures: LaneMeasures): number | null {
  const { set, series, isLongEnough } = measures;
  if (!isLongEnough || !set.line) return null;
  const bySlope = measures.zThreshold * set.line.standardError[0];
  const byBend = set.straightGrowthFor(measures.evidenceThreshold);
  const grown = Math.max(bySlope, byBend, measures.floor);
  return Number.isFinite(grown) ? grown / series.spanHours : null;
}

function perRequest(measures: LaneMeasures, decision: LaneDecision): LaneAssessment['perRequest'] {
  const { leak, series, question } = measures;
  const work = question.source.work;
  if (decision.model.name !== 'L2' || !leak || work?.source !== 'requests') return null;
  const share = series.input.work?.share;
  const done = series.blocks.work;
  if (!share || !done) return null;
  const last = done.length - 1;
  const total = done[last] / share[last];
  const hours = series.spanHours;
  const scale = hours / total;
  return {
    value: leak.growth.perHour * scale,
    low: leak.growth.low * scale,
    high: leak.growth.high * scale,
  };
}

function ruledOut(measures: LaneMeasures, decision: LaneDecision): RuledOut[] {
  const { set } = measures;
  const chosen = decision.model;
  const out: RuledOut[] = [];
  const names = {
    N0: 'steady, or follows the load',
    N1: 'a cache that fills',
    N2: 'two caches that fill',
    N3: 'a step',
  };
  for (const [name, explanation] of Object.entries(names)) {
    const fits = set.fits.filter((fit) => fit.name === name);
    if (fits.length === 0 || chosen.name === name) continue;
    const bic = Math.min(...fits.map((fit) => fit.bic));
    const behind = bic - chosen.bic;
    if (behind <= limits.SUSPECT_EVIDENCE) continue;
    out.push({
      explanation,
      why: `${chosen.name} describes the series better by ${behind.toFixed(1)} (BIC)`,
    });
  }
  return out;
}

/** No change as large as half of what would matter: no model is needed to see that nothing grows. */
function isFlat(question: LaneQuestion, series: LaneSeries): boolean {
  if (series.blocks.length < BLOCKS_NEEDED) return false;
  if (question.toMillis - question.fromMillis < limits.SHORTEST_WATCH_MILLIS) return false;
  const { value } = series.blocks;
  return quantile(value, 1) - quantile(value, 0) < limits.LANE_THRESHOLDS[question.lane].smallestGrowth / 2;
}

function flat(question: LaneQuestion, series: LaneSeries): LaneAssessment {
  const { value } = series.blocks;
  const lane = limits.LANE_THRESHOLDS[question.lane];
  const level = value[value.length - 1];
  const range = quantile(value, 1) - quantile(value, 0);
  const floor = Math.max(lane.smallestGrowth, lane.smallestShare * Math.abs(level));
  return {
    ...unfitted(question, level),
    verdict: 'no-growth',
    grown: level - value[0],
    smallestDetectable: floor / series.spanHours,
    evidence: [
      {
        question: `Does the ${question.lane} series move at all?`,
        prediction: lane.reason,
        test: 'range of the block medians against half of the smallest growth that matters',
        numbers: {
          statistic: range,
          threshold: lane.smallestGrowth / 2,
          fromMillis: series.fromMillis,
          toMillis: series.toMillis,
          blocks: value.length,
          observations: series.blocks.observations,
          ...question.about,
        },
        outcome: 'contradicts',
      },
    ],
    needed: null,
  };
}

function tooLittle(question: LaneQuestion, series: LaneSeries): LaneAssessment {
  const level = series.blocks.value[series.blocks.length - 1];
  const watched = question.toMillis - question.fromMillis;
  const millis = Math.max(limits.SHORTEST_WATCH_MILLIS - watched, 0);
  return {
    ...unfitted(question, level),
    verdict: 'undetermined',
    grown: level - series.blocks.value[0],
    smallestDetectable: null,
    evidence: [
      {
        question: `Was the ${question.lane} series watched for long enough?`,
        prediction: 'growth of a start-up is over after the warm-up',
        test: 'blocks with an observation',
        numbers: {
          statistic: series.blocks.length,
          threshold: BLOCKS_NEEDED,
          fromMillis: series.fromMillis,
          toMillis: series.toMillis,
          observations: series.blocks.observations,
          ...question.about,
        },
        outcome: 'open',
      },
    ],
    // Blocks come at their own pace (a lazy GC): how long that takes is not known once the time has passed.
    needed: {
      what: `more observations: ${series.blocks.length} of ${BLOCKS_NEEDED} blocks so far`,
      millis: millis > 0 ? millis : null,
    },
  };
}

function unfitted(
  question: LaneQuestion,
  level: number,
): Omit<LaneAssessment, 'verdict' | 'grown' | 'smallestDetectable' | 'evidence' | 'needed'> {
  return {
    lane: question.lane,
    unit: limits.LANE_THRESHOLDS[question.lane].unit,
    level,
    isSuspect: false,
    bestNull: null,
    bestLeak: null,
    evidenceRatio: null,
    z: null,
    growth: null,
    onsetAtMillis: null,
    predictedBound: null,
    fit: null,
    perRequest: null,
    recent: null,
    ruledOut: [],
  };
}
