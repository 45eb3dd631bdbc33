// The checked facts of a lane, each with statistic, threshold and data window in numbers.
import type { Evidence } from '../model/finding.ts';
import { computeTheilSen } from '../series/stats/theil-sen.ts';
import type { LaneDecision, LaneMeasures, WideLoad } from './lane-measures.ts';
import { solveFit } from './growth.ts';
import type { Lane } from './assessment.ts';
import { LANE_THRESHOLDS, SHORTEST_WATCH_MILLIS, TAIL_RATIO, TAIL_SHARE, TERM_Z } from './thresholds.ts';

type Numbers = Evidence['numbers'];

export function collectEvidence(measures: LaneMeasures, decision: LaneDecision): Evidence[] {
  const { question, series, set } = measures;
  const window: Numbers = {
    fromMillis: series.fromMillis,
    toMillis: series.toMillis,
    blocks: series.blocks.length,
    observations: series.blocks.observations,
    effectiveSamples: set.effectiveSamples,
    autocorrelation: set.autocorrelation,
    spikesSetAside: series.spikes,
    ...question.about,
  };
  return [
    aboutWatch(measures, window),
    aboutSlope(measures, window),
    aboutModels(measures, window),
    aboutSize(measures, window),
    aboutTail(measures, window),
    aboutRepetition(measures, decision, window),
    aboutAgreement(measures, decision, window),
    decision.isSuspect ? aboutRobustSlope(measures, window) : null,
    aboutLoad(measures, decision, window),
  ].filter((entry): entry is Evidence => entry !== null && hasStatistic(entry));
}

/** A test that could not be computed (no model rises, an interval without an end) decides nothing, so it is none. */
function hasStatistic({ numbers }: Evidence): boolean {
  return Number.isFinite(numbers['statistic']);
}

function aboutWatch({ question, isLongEnough }: LaneMeasures, window: Numbers): Evidence {
  return {
    question: `Was the ${question.lane} series watched for long enough?`,
    prediction: 'growth of a start-up is over after the warm-up',
    test: 'time watched after the warm-up',
    numbers: {
      statistic: question.toMillis - question.fromMillis,
      threshold: SHORTEST_WATCH_MILLIS,
      unit: 'millis',
      ...window,
    },
    outcome: isLongEnough ? 'supports' : 'open',
  };
}

function aboutSlope(measures: LaneMeasures, window: Numbers): Evidence {
  const { question, leak, set, zThreshold } = measures;
  const keys = keysOf(question.lane);
  return {
    question: `Does the ${question.lane} series grow?`,
    prediction: 'a leak grows by more than noise and load explain',
    test: 'slope of the best growing model over its standard error, correlation of the noise taken into account',
    numbers: {
      statistic: leak?.z ?? 0,
      threshold: zThreshold,
      model: set.bestLeak?.name ?? 'none rises',
      [keys.rate]: leak?.growth.perHour ?? 0,
      [keys.low]: leak?.growth.low ?? null,
      [keys.high]: leak?.growth.high ?? null,
      [keys.noise]: set.noise,
      ...window,
    },
    outcome: (leak?.z ?? 0) > zThreshold ? 'supports' : 'contradicts',
  };
}

/** Nothing to compare where no growing model rises. */
function aboutModels(measures: LaneMeasures, window: Numbers): Evidence | null {
  const { question, set, claimThreshold } = measures;
  const ratio = set.evidenceRatio;
  if (ratio === null) return null;
  const bics = Object.fromEntries(set.fits.map((fit) => [`bic${fit.name}`, fit.bic]));
  return {
    question: `Is the growth of the ${question.lane} series without bound?`,
    prediction: 'a leak is described better by steady growth than by a filling cache, a step or the load',
    test: 'difference of BIC between the best bounded and the best growing model',
    numbers: {
      statistic: ratio,
      threshold: claimThreshold,
      bounded: set.bestNull.name,
      growing: set.bestLeak?.name ?? null,
      ...(claimThreshold > measures.evidenceThreshold ? { servicesWatched: question.fleet.services } : {}),
      ...bics,
      ...window,
    },
    outcome: ratio > claimThreshold ? 'supports' : ratio > 0 ? 'open' : 'contradicts',
  };
}

function aboutSize({ question, counted, floor, level }: LaneMeasures, window: Numbers): Evidence {
  return {
    question: `Is the growth of the ${question.lane} series large enough to matter?`,
    prediction: LANE_THRESHOLDS[question.lane].reason,
    test: 'growth along the fit against the larger of an absolute floor and a share of the level',
    numbers: {
      statistic: counted,
      threshold: floor,
      unit: LANE_THRESHOLDS[question.lane].unit,
      [keysOf(question.lane).level]: level,
      ...window,
    },
    outcome: counted >= floor ? 'supports' : 'contradicts',
  };
}

function aboutTail({ question, tail }: LaneMeasures, window: Numbers): Evidence | null {
  if (!tail) return null;
  return {
    question: `Does the ${question.lane} series still grow?`,
    prediction: `the last ${100 * TAIL_SHARE} % rise at no less than ${TAIL_RATIO} of the whole rate`,
    test: 'slope of the last part over the whole slope, along what drives the growth',
    numbers: {
      statistic: tail.ratio,
      threshold: TAIL_RATIO,
      lastFifthAtMost: tail.shortRatioHigh,
      ...window,
    },
    outcome: tail.isStillGrowing ? 'supports' : 'contradicts',
  };
}

function aboutRepetition(
  measures: LaneMeasures,
  { repetition, wideLoad }: LaneDecision,
  window: Numbers,
): Evidence | null {
  if (!repetition) return null;
  const { question, zThreshold, claimThreshold } = measures;
  return {
    question: `Did the ${question.lane} series grow the same way in earlier lives of the process?`,
    prediction: 'a leak starts anew with every life, at about the same rate',
    test: 'evidence ratios of the lives added up, the time of filling that they share paid once; none that could have seen the growth may lack it',
    numbers: {
      statistic: repetition.evidenceRatio,
      threshold: claimThreshold,
      lives: repetition.lives,
      z: repetition.z,
      zThreshold,
      ...wideLoadNumbers(wideLoad),
      ...window,
    },
    outcome: judgeTogether(repetition, measures, wideLoad),
  };
}

/** Do several lives, or replicas, say together what one would have to say alone, however finely the load is counted? */
function judgeTogether(
  { z, evidenceRatio }: { readonly z: number; readonly evidenceRatio: number },
  { zThreshold, claimThreshold }: LaneMeasures,
  wideLoad: WideLoad | null | undefined,
): Evidence['outcome'] {
  if (evidenceRatio <= 0) return 'contradicts';
  const isClear = z > zThreshold && evidenceRatio > claimThreshold;
  return isClear && wideLoad?.holds !== false ? 'supports' : 'open';
}

function wideLoadNumbers(wideLoad: WideLoad | null | undefined): Numbers {
  if (!wideLoad) return {};
  return {
    wideLoadZ: wideLoad.z,
    wideLoadZThreshold: wideLoad.zThreshold,
    wideLoadEvidence: wideLoad.evidenceRatio,
    wideLoadThreshold: wideLoad.evidenceThreshold,
  };
}

function aboutAgreement(
  measures: LaneMeasures,
  { agreement, wideLoad }: LaneDecision,
  window: Numbers,
): Evidence | null {
  if (!agreement) return null;
  const { question, zThreshold, claimThreshold } = measures;
  const keys = keysOf(question.lane);
  return {
    question: `Do other replicas' ${question.lane} series grow the same way?`,
    prediction: 'a leak is in the code: every replica under such work has it',
    test: 'evidence ratios added up, the time of filling that replicas share paid once; slopes pooled over all (random effects)',
    numbers: {
      statistic: agreement.evidenceRatio,
      threshold: claimThreshold,
      replicas: agreement.replicas,
      judged: agreement.judged,
      z: agreement.z,
      zThreshold,
      ...wideLoadNumbers(wideLoad),
      [keys.rate]: agreement.perHour,
      [keys.low]: agreement.low,
      [keys.high]: agreement.high,
      ...window,
    },
    outcome: judgeTogether(agreement, measures, wideLoad),
  };
}

/** Least squares can be led by a few blocks; the median of all pairwise slopes cannot. Shown, not decisive. */
function aboutRobustSlope(measures: LaneMeasures, window: Numbers): Evidence | null {
  const { question, series, set } = measures;
  const solved = solveFit(series, set, set.bestLeak ?? set.bestNull);
  if (!solved) return null;
  const inflation = (1 + set.autocorrelation) / (1 - set.autocorrelation);
  const hours = series.input.time.share.map((share) => share * series.spanHours);
  const slope = computeTheilSen(hours, solved.adjusted, { confidence: 0.95, inflation });
  if (!slope) return null;
  const keys = keysOf(question.lane);
  return {
    question: `Do most of the ${question.lane} observations agree on growth?`,
    prediction: 'the median of all pairwise slopes is above zero with its interval',
    test: 'Theil-Sen on the series without load, lower end of the 95 % interval',
    numbers: {
      statistic: finite(slope.low),
      threshold: 0,
      unit: `${LANE_THRESHOLDS[question.lane].unit}PerHour`,
      [keys.rate]: slope.slope,
      [keys.high]: finite(slope.high),
      ...window,
    },
    outcome: slope.low > 0 ? 'supports' : slope.high < 0 ? 'contradicts' : 'open',
  };
}

function aboutLoad(measures: LaneMeasures, decision: LaneDecision, window: Numbers): Evidence | null {
  const { question, series, set } = measures;
  const at = series.covariateNames.indexOf('load');
  if (at < 0) return null;
  const solved = solveFit(series, set, decision.model);
  if (!solved) return null;
  const z = solved.covariateCoefficient[at] / solved.covariateError[at];
  return {
    question: `Does the ${question.lane} series follow the load?`,
    prediction: 'the level rises and falls with the work per hour, whatever grows beside it',
    test: 'coefficient of the load over its standard error',
    numbers: { statistic: finite(z), threshold: TERM_Z, memoryMillis: series.memoryMillis, ...window },
    outcome: z > TERM_Z ? 'supports' : z < -TERM_Z ? 'contradicts' : 'open',
  };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** The unit stands at the end of a number's name, where readers and formatters look for it. */
function keysOf(lane: Lane) {
  const { unit } = LANE_THRESHOLDS[lane];
  return unit === 'bytes'
    ? {
        rate: 'bytesPerHour',
        low: 'lowBytesPerHour',
        high: 'highBytesPerHour',
        noise: 'noiseBytes',
        level: 'levelBytes',
      }
    : { rate: `${unit}PerHour`, low: 'lowPerHour', high: 'highPerHour', noise: 'noise', level: unit };
}
