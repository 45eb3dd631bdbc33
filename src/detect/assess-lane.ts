// One lane: prepare, fit, measure, decide, describe.
import { HOUR_MILLIS, type Millis } from '../base/units.ts';
import type { RuledOut } from '../model/finding.ts';
import { rangeOf } from '../series/stats/quantiles.ts';
import type { Lane, LaneAssessment } from './assessment.ts';
import { findBoundRange, type BoundRange } from './bound-range.ts';
import { decideVerdict } from './decide-lane.ts';
import { describeCache, describeLine, hasWarmUp, measureRecent, solveFit, type SolvedFit } from './growth.ts';
import { findDriver } from './growth-driver.ts';
import { collectEvidence } from './lane-evidence.ts';
import {
  countGrowth,
  measureLane,
  smallestGrowth,
  type LaneDecision,
  type LaneMeasures,
  type LaneQuestion,
} from './lane-measures.ts';
import { prepareBlocks, type LaneBlocks } from './lane-blocks.ts';
import { prepareLane } from './lane-series.ts';
import { BLOCKS_NEEDED, fitModels } from './models.ts';
import { askLivesBefore } from './repetition.ts';
import { smallestDetectable } from './room-for-leak.ts';
import { findBend } from './slowing.ts';
import * as limits from './thresholds.ts';

/**
 * Null when the lane has no observation in the window. Where no model holds for all of it, and a warm-up is behind, what
 * came after the warm-up is asked by itself: growth that sets in hours later must not drown in what the first minutes did.
 */
export function assessLane(question: LaneQuestion): LaneAssessment | null {
  const whole = assessWindow(question);
  if (whole === null || whole.measures === null || whole.assessment.verdict === 'leak') {
    return whole?.assessment ?? null;
  }
  const settled = findSettled(whole.measures);
  // What earlier lives and other replicas showed was asked of the whole.
  const later =
    settled === null
      ? null
      : assessWindow({ ...question, fromMillis: settled, earlierLives: () => [], replicas: () => [] });
  const isMore = later?.assessment.verdict === 'leak' || !whole.assessment.isSuspect;
  return later?.assessment.isSuspect === true && isMore ? later.assessment : whole.assessment;
}

/** Null where some model leaves noise that is worth as many independent blocks as it takes to compare models. */
function findSettled({ set, series, level }: LaneMeasures): Millis | null {
  if (set.effectiveSamples >= BLOCKS_NEEDED || !set.fits.some((fit) => hasWarmUp(fit, level))) return null;
  return series.fromMillis + limits.WARM_UP_SHARE * series.spanMillis;
}

interface Assessed {
  readonly assessment: LaneAssessment;
  /** Null where nothing was fitted. */
  readonly measures: LaneMeasures | null;
}

function assessWindow(question: LaneQuestion): Assessed | null {
  const window = { fromMillis: question.fromMillis, toMillis: question.toMillis };
  const prepared = prepareBlocks(question.source, window);
  if (prepared.blocks.length === 0) return null;
  const bare = (assessment: LaneAssessment): Assessed => ({ assessment, measures: null });
  if (isFlat(question, prepared)) return bare(flat(question, prepared));
  if (prepared.blocks.length < BLOCKS_NEEDED) return bare(tooLittle(question, prepared, BLOCKS_NEEDED));
  const series = prepareLane(question.source, prepared);
  const set = fitModels(series.input);
  // Load and the like take a block each.
  if (!set) return bare(tooLittle(question, series, BLOCKS_NEEDED + series.input.covariates.length));
  const measures = measureLane(question, series, set);
  return { assessment: describe(measures, decideVerdict(measures)), measures };
}

function describe(measures: LaneMeasures, decision: LaneDecision): LaneAssessment {
  const { question, series, set, leak, level } = measures;
  const lane = limits.LANE_THRESHOLDS[question.lane];
  const solved = solveFit(series, set, decision.model);
  const isLeakModel = decision.model.name.startsWith('L');
  const shown = isLeakModel ? leak : null;
  const cache = decision.verdict === 'filling-to-bound' ? describeCache(set.bestNull) : null;
  const bound = cache !== null || isBending(measures, decision) ? boundOf(measures, decision) : null;
  const driver = findDriver(measures);
  return {
    lane: question.lane,
    unit: lane.unit,
    verdict: decision.verdict,
    withheld: decision.withheld ?? null,
    margin: decision.margin ?? null,
    isSuspect: decision.isSuspect,
    bestNull: set.bestNull.name,
    bestLeak: set.bestLeak?.name ?? null,
    evidenceRatio: set.evidenceRatio,
    z: leak?.z ?? null,
    growth: shown?.growth ?? null,
    bend:
      decision.verdict === 'leak' ? findBend(series, set, decision.model, askLivesBefore(measures)) : null,
    onsetAtMillis: shown?.onsetMillis ?? null,
    predictedBound: bound?.value ?? (cache ? level + cache.missing : null),
    boundRange: bound,
    level,
    grown: shown ? shown.grown : (cache?.gained ?? changeAlong(solved)),
    smallestDetectable: smallestDetectable(measures),
    fit: solved ? { timeMillis: series.blocks.timeMillis, value: solved.fitted } : null,
    driver,
    perRequest: driver?.by === 'work' ? perRequest(measures, decision) : null,
    recent: solved ? measureRecent(series, solved, set.autocorrelation) : null,
    line: describeLine(series, set),
    evidence: collectEvidence(measures, decision),
    ruledOut: ruledOut(measures, decision),
    needed: decision.needed,
  };
}

/** No upper end while a straight line, by time or by work, describes the series about as well as what bends. */
function boundOf(measures: LaneMeasures, { verdict }: LaneDecision): BoundRange | null {
  const range = findBoundRange(measures);
  const { fits, bestNull } = measures.set;
  const straight = Math.min(
    ...fits.flatMap(({ name, bic }) => (name === 'L1' || name === 'L2' ? [bic] : [])),
  );
  const isBent = straight - bestNull.bic > limits.BEND_EVIDENCE;
  return range === null || isBent || verdict !== 'undetermined' ? range : { ...range, high: null };
}

/** Undetermined, and best described by a cache that has gained something that matters. */
function isBending({ set, question, level, floor }: LaneMeasures, { verdict }: LaneDecision): boolean {
  const { bestNull, evidenceRatio } = set;
  if (verdict !== 'undetermined' || (bestNull.name !== 'N1' && bestNull.name !== 'N2')) return false;
  const { gained, z } = describeCache(bestNull);
  return (
    (evidenceRatio ?? -Infinity) < 0 && z >= limits.TERM_Z && countGrowth(question, level, gained) >= floor
  );
}

function changeAlong(solved: SolvedFit | null): number {
  return solved ? solved.fitted[solved.fitted.length - 1] - solved.fitted[0] : 0;
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

/** By the threshold of the evidence "is it without bound?": what that leaves open is ruled out nowhere. */
function ruledOut(measures: LaneMeasures, decision: LaneDecision): RuledOut[] {
  const { set, claimThreshold } = measures;
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
    if (behind <= claimThreshold) continue;
    out.push({
      explanation,
      why: `${chosen.name} describes the series better by ${behind.toFixed(1)} (BIC), more than ${claimThreshold.toFixed(1)}`,
    });
  }
  return out;
}

/** Fewest blocks that show a level, and the share of the window they must lie across: a lazy GC gives few. */
const FLAT_BLOCKS = 3;
const FLAT_SPAN_SHARE = 0.5;

/** No change as large as half of what would matter: no model is needed to see that nothing grows. */
function isFlat(question: LaneQuestion, series: LaneBlocks): boolean {
  const { timeMillis, value, length } = series.blocks;
  const watched = question.toMillis - question.fromMillis;
  if (length < FLAT_BLOCKS || watched < limits.SHORTEST_WATCH_MILLIS) return false;
  if (timeMillis[length - 1] - timeMillis[0] < FLAT_SPAN_SHARE * watched) return false;
  return (
    rangeOf(value) < limits.LANE_THRESHOLDS[question.lane].smallestGrowth / 2 + question.source.resolution
  );
}

function flat(question: LaneQuestion, series: LaneBlocks): LaneAssessment {
  const { value } = series.blocks;
  const lane = limits.LANE_THRESHOLDS[question.lane];
  const level = value[value.length - 1];
  const range = rangeOf(value);
  const resolution = Math.max(lane.noiseFloor, question.source.resolution);
  const floor = smallestGrowth(question, level);
  const seenHours = (series.blocks.timeMillis[value.length - 1] - series.blocks.timeMillis[0]) / HOUR_MILLIS;
  return {
    ...unfitted(question, level),
    verdict: 'no-growth',
    margin: 0,
    grown: level - value[0],
    smallestDetectable: floor / seenHours,
    // What little it moves, it may have moved one way.
    line: { perHour: (level - value[0]) / seenHours, standardError: Math.max(range, resolution) / seenHours },
    evidence: [
      {
        question: `Does the ${question.lane} series move at all?`,
        prediction: lane.reason,
        test: 'range of the block levels against half of the smallest growth that matters',
        numbers: {
          statistic: range,
          threshold: lane.smallestGrowth / 2 + question.source.resolution,
          unit: lane.unit,
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

function tooLittle(question: LaneQuestion, series: LaneBlocks, blocksNeeded: number): LaneAssessment {
  const have = series.blocks.length;
  const level = series.blocks.value[have - 1];
  const watched = question.toMillis - question.fromMillis;
  // Blocks come at their own pace: a lazy collector's are far apart, and lost scrapes leave gaps.
  const atPace = (Math.max(1, blocksNeeded - have) * watched) / have;
  const millis = Math.max(limits.SHORTEST_WATCH_MILLIS - watched, atPace);
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
          statistic: have,
          threshold: blocksNeeded,
          fromMillis: series.fromMillis,
          toMillis: series.toMillis,
          observations: series.blocks.observations,
          ...question.about,
        },
        outcome: 'open',
      },
    ],
    needed: {
      what: `more observations of ${SERIES[question.lane]}: ${have} of ${blocksNeeded} blocks so far`,
      millis,
    },
  };
}

const SERIES: Readonly<Record<Lane, string>> = {
  heap: 'the live heap',
  native: 'memory outside Go',
  goroutine: 'goroutines',
  fd: 'file descriptors',
  thread: 'threads',
};

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
