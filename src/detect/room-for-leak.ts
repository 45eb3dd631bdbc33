// What an explanation leaves room for. A verdict that reassures must exclude a leak, not merely describe the series better:
// a cache that fills hides a slow leak until it is full, and little evidence fits everything.
import { MIB, type Bytes } from '../base/units.ts';
import { correctedAutocorrelation, whiten } from '../series/stats/autocorrelation.ts';
import { dot, fitLeastSquares } from '../series/stats/least-squares.ts';
import type { LaneMeasures } from './lane-measures.ts';
import { listCandidates, type ShapeKey } from './candidates.ts';
import type { ModelInput } from './model-input.ts';
import { ProjectedSpace } from './projected-space.ts';
import { makeShape, type Shape } from './shapes.ts';
import { LANE_THRESHOLDS } from './thresholds.ts';

/** Of growth beside the explanation: this many standard errors above its estimate; every evaluation looks again. */
const UPPER_Z = 3;
/** Counts: the explanation must account for all but this share of what the level has gained. */
const HIDDEN_SHARE = 0.25;
/** A container where nobody says a limit: the smallest that services are usually given. */
const USUAL_LIMIT_BYTES: Bytes = 256 * MIB;
/** A service that lives close to its limit is granted this share of it: exact exclusion there is never. */
const LEAST_ROOM_SHARE = 0.1;
/** "No growth" comes with the size of what it excludes: this long until the limit, in which it would be seen. */
const ROOM_HOURS = 24;
/** "It will stop" promises more: what goes on beside it must not use up the limit within a week, the usual life of a deploy. */
const BOUND_ROOM_HOURS = 7 * 24;
/** What can be seen shrinks with this power of the time watched (detection-science 3.4). */
const POWER_OF_TIME = 1.5;

/** A line beside one choice of the bounded explanation. */
interface Beside {
  readonly sumOfSquares: number;
  readonly grown: number;
  /** Standard error of `grown` for noise of variance 1. */
  readonly unitError: number;
  /** With this much growth beside it, does the cache still fill? One that empties while a leak grows is no explanation. */
  readonly isFilling: (grown: number) => boolean;
}

/**
 * Largest steady growth over the window, in the lane's unit, that may go on beside what the best null explains: upper end of
 * a line that is fitted with it, whichever bounded curve the data leave possible (profile likelihood). The best curve alone
 * is too sure of itself: a slightly slower one leaves room for much more. Infinity where nothing can be told apart.
 */
function largestBeside({ series, set }: LaneMeasures): number {
  const { input } = series;
  const phi = Math.min(set.autocorrelation, autocorrelationLeft(input, set.bestNull.shapes));
  const own = fitBeside(input, set.bestNull.shapes, phi);
  if (own === null) return Infinity;
  const fits = [own, ...fitCachesBeside(input, phi)];
  const least = Math.min(...fits.map(({ sumOfSquares }) => sumOfSquares));
  const m = input.value.length;
  const parameters = 2 + input.covariates.length + set.bestNull.shapes.length;
  const grant = m * input.noiseFloor ** 2 * (1 + phi ** 2);
  const variance = (least + grant) / Math.max(1, m - parameters);
  const enough = least + UPPER_Z ** 2 * variance * (m / Math.max(1, set.whitenedSamples));
  let largest = 0;
  for (const { sumOfSquares, grown, unitError, isFilling } of fits) {
    const left = enough - sumOfSquares;
    if (left < 0) continue;
    const upper = grown + Math.sqrt(left) * unitError;
    if (upper > largest && isFilling(upper)) largest = upper;
  }
  return largest;
}

/** The line beside nothing, and beside each cache that the models are tried with: all but the cache is projected out once. */
function fitCachesBeside(input: ModelInput, phi: number): Beside[] {
  const n = input.value.length;
  const white = (column: Float64Array) => whiten(column, phi);
  const space = new ProjectedSpace(columnsOf(input, []).map(white), white(input.value));
  const line = space.add(white(input.time.share));
  const fits: Beside[] = [];
  const addFit = (fit: Beside | null) => fit && fits.push(fit);
  addFit(fitBeside(input, [], phi));
  const { caches, columns } = listCandidates(input, 1);
  for (let i = 0; i < caches.length; i++) {
    const cache = space.add(white(columns.subarray(i * n, (i + 1) * n)));
    const fit = space.fitTwo(cache, line);
    if (fit === null) {
      addFit(fitBeside(input, [shapeOf(input, caches[i])], phi));
      continue;
    }
    const shared = dot(cache.cells, line.cells);
    const isFilling = (grown: number) => cache.withValues - grown * shared >= 0;
    const unitError = Math.sqrt(fit.inverse[1]);
    addFit({ sumOfSquares: fit.sumOfSquares, grown: fit.coefficient[1], unitError, isFilling });
  }
  return fits;
}

function shapeOf({ time, work }: ModelInput, { kind, domain, at }: ShapeKey): Shape {
  return makeShape(domain === 'work' && work ? work : time, kind, at);
}

/** Null where the line is a combination of the other columns. */
function fitBeside(input: ModelInput, shapes: readonly Shape[], phi: number): Beside | null {
  const columns = [...columnsOf(input, shapes), input.time.share];
  const solved = fitLeastSquares(
    columns.map((column) => whiten(column, phi)),
    whiten(input.value, phi),
  );
  if (!solved) return null;
  const { sumOfSquares, coefficient, standardError, freedom } = solved;
  const line = columns.length - 1;
  const unitError = sumOfSquares > 0 ? standardError[line] / Math.sqrt(sumOfSquares / freedom) : 0;
  const stillFills = (grown: number) => isFilling(input, shapes, grown, phi);
  return { sumOfSquares, grown: coefficient[line], unitError, isFilling: stillFills };
}

/**
 * Of what the best null and a line leave. The comparison of models tries few places at first and takes a sharp bend between
 * two of them for slow noise, beside which anything could hide.
 */
function autocorrelationLeft(input: ModelInput, shapes: readonly Shape[]): number {
  const columns = [...columnsOf(input, shapes), input.time.share];
  const solved = fitLeastSquares(columns, input.value);
  return solved === null ? 1 : Math.max(0, correctedAutocorrelation(solved.residual, columns.length));
}

function isFilling(input: ModelInput, shapes: readonly Shape[], grown: number, phi: number): boolean {
  if (!shapes.some(({ kind }) => kind !== 'step')) return true;
  const columns = columnsOf(input, shapes);
  const rest = input.value.map((cell, i) => cell - grown * input.time.share[i]);
  const solved = fitLeastSquares(
    columns.map((column) => whiten(column, phi)),
    whiten(rest, phi),
  );
  return solved !== null && solved.coefficient.slice(-shapes.length).every((cell) => cell >= 0);
}

function columnsOf({ value, covariates }: ModelInput, shapes: readonly Shape[]): Float64Array[] {
  const intercept = new Float64Array(value.length).fill(1);
  return [intercept, ...covariates, ...shapes.map((shape) => shape.column)];
}

/** The same of the best leak model, unless the evidence against it is as strong as a leak would need for itself. */
function largestOfLeak({ set, leak, evidenceThreshold }: LaneMeasures): number {
  if (!leak || (set.evidenceRatio ?? -Infinity) < -evidenceThreshold) return 0;
  const share = leak.slopePerShare > 0 ? leak.grown / leak.slopePerShare : 1;
  return leak.grown + UPPER_Z * share * leak.errorPerShare;
}

/**
 * How much longer must the bend, or the plateau after a step, be watched until growth that may go on beside it is too little
 * to matter? A factor of the time so far; up to 1 = it is by now.
 *
 * @param gained in the lane's unit, over the window.
 */
export function longerForBound(measures: LaneMeasures, gained: number): number {
  const isBytes = LANE_THRESHOLDS[measures.question.lane].unit === 'bytes';
  const harmless = isBytes
    ? (roomFor(measures) * measures.series.spanHours) / BOUND_ROOM_HOURS
    : HIDDEN_SHARE * gained;
  const inData = Math.max(largestBeside(measures), largestOfLeak(measures));
  // Nothing that leaked can be more than all there is.
  const hidden = Math.max(0, Math.min(inData, measures.level));
  return (hidden / Math.max(measures.floor, harmless)) ** (1 / POWER_OF_TIME);
}

/**
 * The same where nothing was seen to grow: a leak that would use up the limit within a day must have been. Counts have no
 * such limit. Null where longer watching is not known to help.
 */
export function longerForExclusion(measures: LaneMeasures): number | null {
  if (LANE_THRESHOLDS[measures.question.lane].unit !== 'bytes') return 1;
  const unseen = detectableGrowth(measures) / measures.series.spanHours;
  return Number.isFinite(unseen) ? ((unseen * ROOM_HOURS) / roomFor(measures)) ** (1 / POWER_OF_TIME) : null;
}

function roomFor({ question, level }: LaneMeasures): Bytes {
  const { memoryLimitBytes: limit } = question;
  if (limit === null) return Math.max(USUAL_LIMIT_BYTES, level);
  return Math.max(limit - level, LEAST_ROOM_SHARE * limit);
}

/**
 * The steady growth per hour that would have been called by now: the largest of what z, evidence and floor ask for. Null where
 * only growth beyond all that the process could hold would have stood out: then nothing is excluded.
 */
export function smallestDetectable(measures: LaneMeasures): number | null {
  const { series, question, level } = measures;
  const grown = detectableGrowth(measures);
  const isBytes = LANE_THRESHOLDS[question.lane].unit === 'bytes';
  const most = isBytes ? (question.memoryLimitBytes ?? Math.max(USUAL_LIMIT_BYTES, level)) : Infinity;
  return Number.isFinite(grown) && grown <= most ? grown / series.spanHours : null;
}

/** The same over the window, also where it is beyond all that the process could hold; Infinity where nothing would stand out. */
function detectableGrowth({ set, isLongEnough, zThreshold, evidenceThreshold, floor }: LaneMeasures): number {
  if (!isLongEnough || !set.line) return Infinity;
  const bySlope = zThreshold * set.line.standardError[0];
  return Math.max(bySlope, set.straightGrowthFor(evidenceThreshold), floor);
}
