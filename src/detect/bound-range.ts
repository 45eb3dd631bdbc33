// Where what fills may stop: the bound that the best curve predicts is one of many that the data leave possible.
import { correctedAutocorrelation, whiten } from '../series/stats/autocorrelation.ts';
import { studentQuantile } from '../series/stats/distributions.ts';
import { fitLeastSquares } from '../series/stats/least-squares.ts';
import type { LaneMeasures } from './lane-measures.ts';
import type { ModelInput } from './model-input.ts';
import { linearGrid, logGrid, makeShape, type Shape } from './shapes.ts';

/** A forecast, like the time to the limit: 80 % as there. */
export const BOUND_CONFIDENCE = 0.8;

/** In the lane's unit, at the mean load of the window. */
export interface BoundRange {
  readonly value: number;
  readonly low: number;
  /** Null where the slowest curve is as possible: then the data show no upper end. */
  readonly high: number | null;
}

/** Fill times that are tried, as shares of the window: one that is eight times as long looks straight in it. */
const FILL_TIMES = logGrid(0.02, 8, 24);
/** Where an even filling is full; at the window's end it has not been seen to be. */
const FULL_AT = linearGrid(0.05, 1, 20);
/** Halvings of a step of the grid towards the end of what is possible, and places that are tried beside the best. */
const HALVINGS = 6;
const BESIDE_BEST = [0.2, 0.4, 0.6, 0.8];

interface Curve {
  readonly at: number;
  readonly sumOfSquares: number;
  readonly bound: number;
  /** Standard error of `bound` for noise of variance 1. */
  readonly unitError: number;
}

/**
 * Profile likelihood of the bound: each fill time that the data leave possible, and the bounds that are possible with it. Null
 * where no curve fits.
 */
export function findBoundRange({ series: { input }, set }: LaneMeasures): BoundRange | null {
  const { shapes } = set.bestNull;
  const moving = shapes.findLast(({ kind }) => kind === 'exponential' || kind === 'ramp');
  if (moving === undefined) return null;
  const others = shapes.filter((shape) => shape !== moving);
  const phi = Math.min(set.autocorrelation, leftBeside(input, shapes));
  const families: readonly Family[] =
    moving.kind === 'ramp' ? [familyOf(moving), { kind: 'exponential', domain: 'time' }] : [familyOf(moving)];
  const rows = families.map((family) => {
    const fitAt = curveFitter(input, others, family, phi);
    const own = family.kind === moving.kind ? [moving.at] : [];
    const grid = [...(family.kind === 'ramp' ? FULL_AT : FILL_TIMES), ...own].sort((a, b) => a - b);
    return { fitAt, curves: densest(grid.map(fitAt), fitAt) };
  });
  const least = Math.min(...rows.flatMap(({ curves }) => curves.map(({ sumOfSquares }) => sumOfSquares)));
  if (!Number.isFinite(least)) return null;
  const m = input.value.length;
  const freedom = Math.max(2, m - 2 - input.covariates.length - shapes.length);
  const variance = (least + m * input.noiseFloor ** 2 * (1 + phi ** 2)) / freedom;
  const quantile = studentQuantile(0.5 + BOUND_CONFIDENCE / 2, freedom);
  const enough = least + quantile ** 2 * variance * (m / Math.max(1, set.whitenedSamples));
  let [low, high, value] = [Infinity, -Infinity, NaN];
  let isOpen = false;
  for (const { fitAt, curves } of rows) {
    for (const { sumOfSquares, bound, unitError } of withEnds(curves, enough, fitAt)) {
      if (sumOfSquares > enough) continue;
      const spread = Math.sqrt(enough - sumOfSquares) * unitError;
      low = Math.min(low, bound - spread);
      high = Math.max(high, bound + spread);
      if (sumOfSquares === least) value = bound;
    }
    const slowest = curves.at(-1);
    isOpen ||= slowest !== undefined && slowest.sumOfSquares <= enough;
  }
  return { value, low: Math.max(0, low), high: isOpen ? null : high };
}

type Family = Pick<Shape, 'kind' | 'domain'>;

function familyOf({ kind, domain }: Shape): Family {
  return { kind, domain };
}

/** The curve that is full at, or fills within, this share of the window; one that empties fits nothing. */
function curveFitter(
  input: ModelInput,
  others: readonly Shape[],
  { kind, domain }: Family,
  phi: number,
): (at: number) => Curve {
  const axis = domain === 'work' && input.work !== null ? input.work : input.time;
  const value = whiten(input.value, phi);
  const level = new Float64Array(input.value.length).fill(1);
  // What is to come counts from the bound down, so that the intercept is the bound itself.
  const fromBound = (shape: Shape) => shape.column.map((cell) => cell - 1);
  const fixed = [level, ...input.covariates.map(centred), ...others.map(fromBound)].map((column) =>
    whiten(column, phi),
  );
  return (at) => {
    const moving = whiten(fromBound(makeShape(axis, kind, at)), phi);
    const solved = fitLeastSquares([...fixed, moving], value);
    const grown = solved?.coefficient.at(-1) ?? 0;
    if (solved === null || !(grown > 0)) return { at, sumOfSquares: Infinity, bound: NaN, unitError: 0 };
    const { sumOfSquares, coefficient, standardError, freedom } = solved;
    const noise = Math.sqrt(sumOfSquares / freedom);
    return { at, sumOfSquares, bound: coefficient[0], unitError: noise > 0 ? standardError[0] / noise : 0 };
  };
}

function centred(column: Float64Array): Float64Array {
  const mean = column.reduce((sum, cell) => sum + cell, 0) / column.length;
  return column.map((cell) => cell - mean);
}

/** More places around the best one: the curves next to it may be a world apart. */
function densest(curves: readonly Curve[], fitAt: (at: number) => Curve): Curve[] {
  const best = curves.reduce((a, b, i) => (b.sumOfSquares < curves[a].sumOfSquares ? i : a), 0);
  const steps = [best - 1, best].filter((i) => i >= 0 && i + 1 < curves.length);
  const more = steps.flatMap((i) =>
    BESIDE_BEST.map((part) => fitAt(between(curves[i], curves[i + 1], part))),
  );
  return [...curves, ...more].sort((a, b) => a.at - b.at);
}

function between(a: Curve, b: Curve, part: number): number {
  return a.at * (b.at / a.at) ** part;
}

/** With the last possible curves on either side, which lie between two places of the grid. */
function withEnds(curves: readonly Curve[], enough: number, fitAt: (at: number) => Curve): Curve[] {
  const isIn = ({ sumOfSquares }: Curve) => sumOfSquares <= enough;
  const ends = curves.slice(1).flatMap((next, i) => {
    let [inside, outside] = isIn(next) ? [next, curves[i]] : [curves[i], next];
    if (!isIn(inside) || isIn(outside)) return [];
    const found: Curve[] = [];
    for (let n = 0; n < HALVINGS; n++) {
      const middle = fitAt(between(inside, outside, 0.5));
      if (isIn(middle)) found.push((inside = middle));
      else outside = middle;
    }
    return found;
  });
  return [...curves, ...ends];
}

/** As in room-for-leak.ts, without the line. */
function leftBeside(input: ModelInput, shapes: readonly Shape[]): number {
  const level = new Float64Array(input.value.length).fill(1);
  const columns = [level, ...input.covariates, ...shapes.map((shape) => shape.column)];
  const solved = fitLeastSquares(columns, input.value);
  return solved === null ? 1 : Math.max(0, correctedAutocorrelation(solved.residual, columns.length));
}
