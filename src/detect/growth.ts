// What a fitted leak model says in the lane's own units: how fast, since when, and whether it still goes on.
import { HOUR_MILLIS, type Millis } from '../base/units.ts';
import type { Growth } from '../model/finding.ts';
import { studentQuantile } from '../series/stats/distributions.ts';
import { dot, fitLeastSquares } from '../series/stats/least-squares.ts';
import { correctedAutocorrelation, whiten } from '../series/stats/autocorrelation.ts';
import type { RecentGrowth, Slope } from './assessment.ts';
import type { LaneSeries } from './lane-series.ts';
import type { ModelFit, ModelSet } from './models.ts';
import { shapeAt, type Axis, type Shape } from './shapes.ts';
import {
  SHORT_TAIL_SHARE,
  TAIL_RATIO,
  TAIL_SHARE,
  TERM_SHARE,
  WARM_UP_FILLED,
  WARM_UP_SHARE,
} from './thresholds.ts';

export const GROWTH_CONFIDENCE = 0.95;

export interface LeakGrowth {
  readonly growth: Growth;
  readonly z: number;
  readonly onsetMillis: Millis;
  /** Along the fit, from onset to the end. */
  readonly grown: number;
  /** The growing term: line or hinge. */
  readonly shape: Shape;
  readonly slopePerShare: number;
  readonly errorPerShare: number;
}

/** The growing term of a leak model is its last shape. */
export function describeLeakGrowth(
  series: LaneSeries,
  set: ModelSet,
  fit: ModelFit,
  unit: string,
): LeakGrowth {
  const last = fit.shapes.length - 1;
  const shape = fit.shapes[last];
  const slope = fit.coefficient[last];
  const error = fit.standardError[last];
  const { perHour, onsetTime, hoursPerShare } = rateOf(series, fit);
  const t = studentQuantile(0.5 + GROWTH_CONFIDENCE / 2, Math.max(2, set.effectiveSamples - fit.parameters));
  const half = Math.hypot(
    t * Math.hypot((error * memoryLeft(series, set, fit)) / hoursPerShare, spreadOfModels(series, set, fit)),
    perHour / series.blocks.length,
    series.resolution / series.spanHours,
  );
  return {
    growth: { unit, perHour, low: perHour - half, high: perHour + half, confidence: GROWTH_CONFIDENCE },
    z: error > 0 ? slope / error : 0,
    onsetMillis: series.fromMillis + onsetTime * series.spanHours * HOUR_MILLIS,
    grown: slope * (1 - onsetShareOf(shape)),
    shape,
    slopePerShare: slope,
    errorPerShare: error,
  };
}

/** The plain line in the lane's unit per hour; null when load and time cannot be told apart. */
export function describeLine(series: LaneSeries, set: ModelSet): Slope | null {
  const { line } = set;
  if (line === null) return null;
  const { perHour, hoursPerShare } = rateOf(series, line);
  const error = line.standardError[0] / hoursPerShare;
  return { perHour, standardError: Math.hypot(error, series.resolution / series.spanHours) };
}

function onsetShareOf(shape: Shape): number {
  return shape.kind === 'hinge' ? shape.at : 0;
}

/** Mean rate of the growing term, its last shape, from onset to the end. */
function rateOf(
  series: LaneSeries,
  fit: ModelFit,
): { perHour: number; onsetTime: number; hoursPerShare: number } {
  const last = fit.shapes.length - 1;
  const shape = fit.shapes[last];
  const onsetShare = onsetShareOf(shape);
  const onsetTime = shape.domain === 'time' ? onsetShare : timeOfWork(series, onsetShare);
  const hoursPerShare = Math.max(series.spanHours * (1 - onsetTime), 1e-6) / (1 - onsetShare);
  return { perHour: fit.coefficient[last] / hoursPerShare, onsetTime, hoursPerShare };
}

/** Standard deviation of the rate over leak models that explain the series about as well: weights by BIC. */
function spreadOfModels(series: LaneSeries, set: ModelSet, best: ModelFit): number {
  const { perHour } = rateOf(series, best);
  let weights = 0;
  let squares = 0;
  for (const fit of set.fits) {
    if (!fit.name.startsWith('L')) continue;
    const weight = Math.exp(-Math.max(0, fit.bic - best.bic) / 2);
    weights += weight;
    squares += weight * (rateOf(series, fit).perHour - perHour) ** 2;
  }
  return weights > 0 ? Math.sqrt(squares / weights) : 0;
}

/**
 * Factor on the standard error for what one lag of autocorrelation does not say: long-run variance of the whitened residuals
 * over the share of it that their first lag accounts for. Newey & West 1987, Bartlett weights, root of n lags.
 */
function memoryLeft(series: LaneSeries, set: ModelSet, fit: ModelFit): number {
  const solved = solveFit(series, set, fit);
  if (!solved) return 1;
  const { value } = series.input;
  const residual = whiten(
    value.map((cell, i) => cell - solved.fitted[i]),
    set.autocorrelation,
  );
  const power = dot(residual, residual);
  if (!(power > 0)) return 1;
  const lags = Math.round(Math.sqrt(residual.length));
  let longRun = 1;
  for (let lag = 1; lag <= lags; lag++) {
    let product = 0;
    for (let i = lag; i < residual.length; i++) product += residual[i] * residual[i - lag];
    longRun += 2 * (1 - lag / (lags + 1)) * (product / power);
  }
  const counted = correctedAutocorrelation(residual, fit.parameters);
  return Math.sqrt(Math.max(1, longRun / ((1 + counted) / (1 - counted))));
}

function timeOfWork(series: LaneSeries, share: number): number {
  const work = series.input.work?.share;
  if (!work || share <= 0) return 0;
  const time = series.input.time.share;
  for (let i = 1; i < work.length; i++) {
    if (work[i] < share) continue;
    const part = work[i] > work[i - 1] ? (share - work[i - 1]) / (work[i] - work[i - 1]) : 1;
    return time[i - 1] + Math.max(0, part) * (time[i] - time[i - 1]);
  }
  return 1;
}

/** A fit solved with all its columns: what it draws, and the series without covariates. */
export interface SolvedFit {
  readonly fitted: Float64Array;
  /** Value minus what the covariates contribute beyond their mean. */
  readonly adjusted: Float64Array;
  readonly covariateCoefficient: Float64Array;
  readonly covariateError: Float64Array;
}

/** Null when the columns are collinear (then the projected fit already dropped one of them). */
export function solveFit(series: LaneSeries, set: ModelSet, fit: ModelFit): SolvedFit | null {
  let solved = SOLVED.get(fit);
  if (solved === undefined) {
    solved = computeSolved(series, set, fit);
    SOLVED.set(fit, solved);
  }
  return solved;
}

/** Each fit belongs to one series and is asked for by several tests. Weak: gone with the assessment. */
const SOLVED = new WeakMap<ModelFit, SolvedFit | null>();

function computeSolved(series: LaneSeries, set: ModelSet, fit: ModelFit): SolvedFit | null {
  const { value, covariates } = series.input;
  const intercept = new Float64Array(value.length).fill(1);
  const columns = [intercept, ...covariates, ...fit.shapes.map((shape) => shape.column)];
  const phi = set.autocorrelation;
  const solved = fitLeastSquares(
    columns.map((column) => whiten(column, phi)),
    whiten(value, phi),
  );
  if (!solved) return null;
  const fitted = new Float64Array(value.length);
  const adjusted = Float64Array.from(value);
  columns.forEach((column, j) => {
    const isCovariate = j > 0 && j <= covariates.length;
    const mean = isCovariate ? column.reduce((sum, cell) => sum + cell, 0) / column.length : 0;
    for (let i = 0; i < value.length; i++) {
      fitted[i] += solved.coefficient[j] * column[i];
      if (isCovariate) adjusted[i] -= solved.coefficient[j] * (column[i] - mean);
    }
  });
  return {
    fitted,
    adjusted,
    covariateCoefficient: solved.coefficient.slice(1, 1 + covariates.length),
    covariateError: solved.standardError.slice(1, 1 + covariates.length),
  };
}

export interface TailTest {
  /** Slope of the last 40 % of the growth over the whole slope. */
  readonly ratio: number;
  /** Upper bound (2 SE) of the same for the last fifth; null with too few blocks there. */
  readonly shortRatioHigh: number | null;
  readonly isStillGrowing: boolean;
}

const SHORT_TAIL_BLOCKS = 5;

/**
 * Went-away test, along whatever drives the growth: a work-driven leak has not gone away because the load stopped.
 * Of a leak behind a warm-up, the warm-up is taken off first.
 */
export function testTail(series: LaneSeries, set: ModelSet, fit: ModelFit, leak: LeakGrowth): TailTest {
  const solved = solveFit(series, set, fit);
  const axis = axisOf(series, leak.shape);
  if (!solved || !axis) return { ratio: 1, shortRatioHigh: null, isStillGrowing: true };
  const adjusted = Float64Array.from(solved.adjusted);
  if (fit.shapes.length === 2) {
    const [warmUp] = fit.shapes;
    for (let i = 0; i < adjusted.length; i++) adjusted[i] -= fit.coefficient[0] * warmUp.column[i];
  }
  const onset = leak.shape.kind === 'hinge' ? leak.shape.at : 0;
  const inflation = (1 + set.autocorrelation) / (1 - set.autocorrelation);
  const tail = slopeFrom(axis, adjusted, 1 - TAIL_SHARE * (1 - onset), inflation);
  const short = slopeFrom(axis, adjusted, 1 - SHORT_TAIL_SHARE * (1 - onset), inflation);
  // Values that are cut stand still for as long as the growth stays below one cut.
  const hidden = (share: number) => series.resolution / (share * (1 - onset));
  const ratio = tail ? (tail.slope + hidden(TAIL_SHARE)) / leak.slopePerShare : 1;
  const shortRatioHigh =
    short && short.count >= SHORT_TAIL_BLOCKS
      ? (short.slope + 2 * short.error + hidden(SHORT_TAIL_SHARE)) / leak.slopePerShare
      : null;
  return {
    ratio,
    shortRatioHigh,
    isStillGrowing: ratio >= TAIL_RATIO && !(shortRatioHigh !== null && shortRatioHigh < TAIL_RATIO),
  };
}

function axisOf(series: LaneSeries, shape: Shape): Axis | null {
  return shape.domain === 'time' ? series.input.time : series.input.work;
}

function slopeFrom(
  axis: Axis,
  value: Float64Array,
  fromShare: number,
  inflation: number,
): { slope: number; error: number; count: number } | null {
  let first = 0;
  while (first < axis.share.length && axis.share[first] < fromShare) first++;
  const x = axis.share.slice(first);
  const fit = fitLeastSquares([new Float64Array(x.length).fill(1), x], value.slice(first));
  if (!fit) return null;
  return {
    slope: fit.coefficient[1],
    error: fit.standardError[1] * Math.sqrt(inflation),
    count: x.length,
  };
}

const RECENT_SHARE = 0.25;

/** What happens lately, whatever the whole fit says: this is what ends an alarm. */
export function measureRecent(series: LaneSeries, solved: SolvedFit, phi: number): RecentGrowth | null {
  const inflation = (1 + phi) / (1 - phi);
  const recent = slopeFrom(series.input.time, solved.adjusted, 1 - RECENT_SHARE, inflation);
  if (!recent) return null;
  const measured = slopeFrom(series.input.time, series.input.value, 1 - RECENT_SHARE, 1);
  const half = 2 * recent.error + series.resolution / RECENT_SHARE;
  const work = series.input.work?.share ?? null;
  let workShare: number | null = null;
  if (work) {
    const time = series.input.time.share;
    const first = time.findIndex((share) => share >= 1 - RECENT_SHARE);
    const before = work[first] / Math.max(time[first], 1e-9);
    workShare = before > 0 ? (1 - work[first]) / Math.max(1 - time[first], 1e-9) / before : null;
  }
  return {
    perHour: recent.slope / series.spanHours,
    low: (recent.slope - half) / series.spanHours,
    high: (recent.slope + half) / series.spanHours,
    ...(measured ? { measuredPerHour: measured.slope / series.spanHours } : {}),
    overMillis: RECENT_SHARE * series.spanHours * HOUR_MILLIS,
    workShare,
  };
}

/** How much a cache model adds over the window, and where it ends. */
export function describeCache(fit: ModelFit): {
  gained: number;
  missing: number;
  /** Of `gained`, what came in the first fifth of the window. */
  early: number;
  z: number;
  reached: number;
} {
  let gained = 0;
  let early = 0;
  let missing = 0;
  let z = Infinity;
  fit.shapes.forEach((shape, i) => {
    const filled = shapeAt(shape.kind, shape.at, 1);
    gained += fit.coefficient[i] * filled;
    early += fit.coefficient[i] * shapeAt(shape.kind, shape.at, WARM_UP_SHARE);
    missing += fit.coefficient[i] * (1 - filled);
    z = Math.min(z, fit.coefficient[i] / fit.standardError[i]);
  });
  return { gained, missing, early, z, reached: gained / Math.max(gained + missing, 1e-9) };
}

/** Does the model begin with what fills when a process gets going: full within a fifth of the window, and worth a good part of `level`? */
export function hasWarmUp({ shapes, coefficient }: ModelFit, level: number): boolean {
  return shapes.some(({ kind, at }, i) => {
    if (kind !== 'exponential' && kind !== 'ramp') return false;
    const isFull = shapeAt(kind, at, WARM_UP_SHARE) >= WARM_UP_FILLED * shapeAt(kind, at, 1);
    return isFull && coefficient[i] >= TERM_SHARE * Math.abs(level);
  });
}
