// Competing explanations of one series: detection-science 3.2. Nulls are bounded or follow the load, leak models grow
// for as long as time passes or work is done.
import { correctedAutocorrelation, effectiveSamples, whiten } from '../series/stats/autocorrelation.ts';
import { dot } from '../series/stats/least-squares.ts';
import type { ModelName } from './assessment.ts';
import { ProjectedSpace, type CandidateFit, type ProjectedColumn } from './projected-space.ts';
import { linearGrid, logGrid, makeShape, type Axis, type Domain, type Shape } from './shapes.ts';

export interface ModelInput {
  /** Time of each block as a share of the window. */
  readonly time: Axis;
  /** Work done as a share of the window's work; null where work is not known. */
  readonly work: Axis | null;
  readonly value: Float64Array;
  /** Load, and whatever else moves the level without being growth. Each the length of `value`. */
  readonly covariates: readonly Float64Array[];
  /** Parameters that were chosen with the covariates, such as a lag. */
  readonly covariateParameters: number;
  /** Standard deviation that even a perfect fit is granted, in the unit of `value`. */
  readonly noiseFloor: number;
}

/** One model at its best parameters. */
export interface ModelFit {
  readonly name: ModelName;
  readonly shapes: readonly Shape[];
  readonly coefficient: readonly number[];
  /** Standard errors of `coefficient`, for correlated residuals. */
  readonly standardError: readonly number[];
  readonly parameters: number;
  readonly bic: number;
}

export interface ModelSet {
  readonly fits: readonly ModelFit[];
  readonly bestNull: ModelFit;
  readonly bestLeak: ModelFit | null;
  /** The plain line over time, for what could have been detected; null when time is collinear with the load. */
  readonly line: ModelFit | null;
  /** BIC(best null) - BIC(best leak). */
  readonly evidenceRatio: number | null;
  /** Lag-1 autocorrelation that was removed before comparing. */
  readonly autocorrelation: number;
  readonly effectiveSamples: number;
  /** Standard deviation of what the best model leaves, in the unit of the value. */
  readonly noise: number;
  /**
   * Growth over the window, in the unit of the value, at which a straight line would stand out from the best bent
   * curve by an evidence ratio of `evidence`; Infinity when time is collinear with the load.
   */
  straightGrowthFor(evidence: number): number;
}

/** Fewest blocks for a comparison of models with up to five parameters. */
export const BLOCKS_NEEDED = 12;

/**
 * A cache counts as an explanation only as far as its bend can be seen: up to a fill time of this many windows. Without a
 * bound every leak is a cache that fills slowly enough, and nothing could ever be called.
 */
export const LONGEST_TAU = 1;
/** Of L3, detection-science 3.2: a warm-up ends in the first third, or it is the growth. */
const LONGEST_WARM_UP = 1 / 3;
const SHORTEST_TAU = 0.03;
/** A ramp that is full only in the last sixth cannot be told from one that is not full. */
const LATEST_FULL = 0.85;
const STEPS_PAIRED = 36;
const EARLIEST_ONSET = 0.1;
const LATEST_ONSET = 0.85;
/** A step needs some blocks on both sides. */
const STEP_MARGIN_BLOCKS = 3;
/** Fewest blocks after an onset. */
const ONSET_MARGIN_BLOCKS = 6;

/** Fits every model; null with too few blocks. */
export function fitModels(input: ModelInput): ModelSet | null {
  const m = input.value.length;
  if (m < BLOCKS_NEEDED + input.covariates.length) return null;
  const autocorrelation = estimateAutocorrelation(input);
  return new Comparison(input, listShapes(input, 1), autocorrelation).finish(autocorrelation);
}

/**
 * Autocorrelations that are tried. A flexible model and white noise, or a plain model and slow noise: the likelihood
 * decides between them jointly. Taking the residuals of the best white-noise fit instead mistakes a random walk for a
 * staircase with hardly any noise, and then calls its drift certain.
 */
const AUTOCORRELATIONS = [0, 0.4, 0.75, 0.93];
/** For that question every fourth candidate will do. */
const COARSE = 4;

function estimateAutocorrelation(input: ModelInput): number {
  const shapes = listShapes(input, COARSE);
  let best = { score: Infinity, residual: input.value, parameters: 1 };
  for (const phi of AUTOCORRELATIONS) {
    const found = new Comparison(input, shapes, phi).mostLikely();
    if (found.score < best.score) best = found;
  }
  return correctedAutocorrelation(best.residual, best.parameters);
}

interface Candidates {
  readonly lines: readonly Shape[];
  readonly caches: readonly Shape[];
  readonly steps: readonly Shape[];
  readonly hinges: readonly Shape[];
}

function listShapes(input: ModelInput, coarse: number): Candidates {
  const axes = input.work ? [input.time, input.work] : [input.time];
  // A cache fills by work where work is known; by time where it is not, or where entries expire.
  const ramp = input.work ?? input.time;
  const caches = [
    ...axes.flatMap((axis) =>
      logGrid(SHORTEST_TAU, LONGEST_TAU, 12 / coarse).map((at) => makeShape(axis, 'exponential', at)),
    ),
    ...linearGrid(EARLIEST_ONSET, LATEST_FULL, 12 / coarse).map((at) => makeShape(ramp, 'ramp', at)),
  ];
  const share = input.time.share;
  const steps: Shape[] = [];
  for (let i = STEP_MARGIN_BLOCKS; i <= share.length - STEP_MARGIN_BLOCKS; i += coarse) {
    steps.push(makeShape(input.time, 'step', share[i]));
  }
  const hinges = axes.flatMap((axis) => {
    const last = axis.share[axis.share.length - 1 - ONSET_MARGIN_BLOCKS];
    const latest = Math.min(LATEST_ONSET, last);
    if (!(latest > EARLIEST_ONSET)) return [];
    return linearGrid(EARLIEST_ONSET, latest, 16 / coarse).map((at) => makeShape(axis, 'hinge', at));
  });
  return {
    lines: axes.map((axis) => makeShape(axis, 'line', 0)),
    caches,
    steps,
    hinges,
  };
}

interface RawFit {
  readonly name: ModelName;
  readonly shapes: readonly Shape[];
  readonly columns: readonly ProjectedColumn[];
  readonly fit: CandidateFit;
  readonly parameters: number;
}

/** All models under one assumption about the autocorrelation of the noise. */
class Comparison {
  readonly #input: ModelInput;
  readonly #phi: number;
  readonly #space: ProjectedSpace;
  readonly #grant: number;
  readonly #raw: RawFit[] = [];
  /** Squared length that a line of unit growth keeps after the cache that imitates it best; 0 = cannot be told. */
  readonly #straightness: number;

  constructor(input: ModelInput, shapes: Candidates, phi: number) {
    this.#input = input;
    this.#phi = phi;
    const m = input.value.length;
    const intercept = new Float64Array(m).fill(1);
    const base = [intercept, ...input.covariates].map((column) => whiten(column, phi));
    this.#space = new ProjectedSpace(base, whiten(input.value, phi));
    this.#grant = m * input.noiseFloor ** 2 * (1 + phi * phi);
    this.#straightness = this.#fitAll(shapes);
  }

  /** Fits all models; returns how straight a line would look (see `#straightness`). */
  #fitAll(shapes: Candidates): number {
    const k = 1 + this.#input.covariates.length + this.#input.covariateParameters;
    const none: CandidateFit = { coefficient: [], inverse: [], sumOfSquares: this.#space.baseSumOfSquares };
    this.#raw.push({ name: 'N0', shapes: [], columns: [], fit: none, parameters: k });
    const caches = shapes.caches.map((shape) => this.#project(shape));
    const steps = shapes.steps.map((shape) => this.#project(shape));
    const lines = shapes.lines.map((shape) => this.#project(shape));
    const hinges = shapes.hinges.map((shape) => this.#project(shape));
    const warmUps = caches.filter(({ shape }) => shape.at <= LONGEST_WARM_UP);
    const exponential = (domain: Domain): Placed[] =>
      caches.filter(({ shape }) => shape.domain === domain && shape.kind === 'exponential');
    this.#keep(this.#refine('N1', this.#bestOne('N1', caches, k + 2, isPositive)));
    this.#keep(this.#bestPair('N2', pairsOf(exponential('time')), k + 4, areBothPositive));
    this.#keep(this.#bestOne('N3', steps, k + 2, isAny));
    this.#keep(this.#bestPair('N3', pairsOf(thin(steps)), k + 4, isAny));
    for (const line of lines) {
      const name = line.shape.domain === 'time' ? 'L1' : 'L2';
      this.#keep(this.#bestOne(name, [line], k + 1, isPositive));
    }
    const withLine = lines.flatMap((line) => warmUps.map((warmUp): [Placed, Placed] => [warmUp, line]));
    this.#keep(this.#bestPair('L3', withLine, k + 3, areBothPositive));
    this.#keep(this.#refine('L4', this.#bestOne('L4', hinges, k + 2, isPositive)));
    return straightness(lines[0].column, caches);
  }

  best(): { residual: Float64Array; parameters: number } {
    let best = this.#raw[0];
    for (const raw of this.#raw) if (this.#bic(raw, this.#m) < this.#bic(best, this.#m)) best = raw;
    return {
      residual: this.#space.residual(best.columns, best.fit.coefficient),
      parameters: best.parameters,
    };
  }

  /** Best of all models by exact AR(1) likelihood, with what it leaves before whitening. */
  mostLikely(): { score: number; residual: Float64Array; parameters: number } {
    const { value } = this.#input;
    // The Jacobian of the transform: without it a larger phi always looks better.
    const jacobian = -Math.log(1 - this.#phi * this.#phi);
    let best = this.#raw[0];
    for (const raw of this.#raw) if (this.#bic(raw, this.#m) < this.#bic(best, this.#m)) best = raw;
    const white = this.#space.residual(best.columns, best.fit.coefficient);
    const residual = new Float64Array(value.length);
    for (let i = 0; i < value.length; i++) {
      residual[i] =
        i === 0 ? white[0] / Math.sqrt(1 - this.#phi ** 2) : white[i] + this.#phi * residual[i - 1];
    }
    return { score: this.#bic(best, this.#m) + jacobian, residual, parameters: best.parameters };
  }

  finish(autocorrelation: number): ModelSet {
    const best = this.best();
    // What correlation is left after whitening costs samples: smooth misfit is not evidence.
    const left = correctedAutocorrelation(best.residual, best.parameters);
    const n = Math.min(this.#m, Math.max(effectiveSamples(this.#m, left), best.parameters + 1));
    const fits = this.#raw.map((raw) => this.#finishFit(raw, n));
    const nulls = fits.filter((fit) => fit.name.startsWith('N'));
    const leaks = fits.filter((fit) => fit.name.startsWith('L'));
    const bestNull = nulls.reduce((a, b) => (b.bic < a.bic ? b : a));
    const bestLeak = leaks.length === 0 ? null : leaks.reduce((a, b) => (b.bic < a.bic ? b : a));
    const variance = (residualPower(best.residual) + this.#grant) / Math.max(1, this.#m - best.parameters);
    return {
      fits,
      bestNull,
      bestLeak,
      line: this.#line(n),
      evidenceRatio: bestLeak ? bestNull.bic - bestLeak.bic : null,
      autocorrelation,
      effectiveSamples: effectiveSamples(n, autocorrelation),
      noise: Math.sqrt(variance / Math.max(1 - this.#phi * this.#phi, 0.04)),
      straightGrowthFor: (evidence) => {
        // A null costs one parameter more than the line, and must leave this much more unexplained.
        const left = Math.expm1((evidence + Math.log(n)) / n) * (residualPower(best.residual) + this.#grant);
        return Math.sqrt(left / this.#straightness);
      },
    };
  }

  get #m(): number {
    return this.#input.value.length;
  }

  /** The line whatever its sign: its standard error says what could have been seen. */
  #line(n: number): ModelFit | null {
    const line = this.#project(makeShape(this.#input.time, 'line', 0));
    const parameters = 2 + this.#input.covariates.length + this.#input.covariateParameters;
    const raw = this.#bestOne('L1', [line], parameters, isAny);
    return raw ? this.#finishFit(raw, n) : null;
  }

  #finishFit(raw: RawFit, n: number): ModelFit {
    const freedom = Math.max(1, this.#m - raw.parameters);
    // A model that misfits smoothly has a slope that is less certain than the best model's noise would say.
    const residual = this.#space.residual(raw.columns, raw.fit.coefficient);
    const own = effectiveSamples(this.#m, correctedAutocorrelation(residual, raw.parameters));
    const samples = Math.min(n, Math.max(own, 1));
    const variance = ((raw.fit.sumOfSquares + this.#grant) / freedom) * (this.#m / samples);
    return {
      name: raw.name,
      shapes: raw.shapes,
      coefficient: raw.fit.coefficient,
      standardError: raw.fit.inverse.map((cell) => Math.sqrt(cell * variance)),
      parameters: raw.parameters,
      bic: this.#bic(raw, n),
    };
  }

  #bic(raw: RawFit, n: number): number {
    return n * Math.log((raw.fit.sumOfSquares + this.#grant) / this.#m) + raw.parameters * Math.log(n);
  }

  #keep(raw: RawFit | null): void {
    if (raw) this.#raw.push(raw);
  }

  #project(shape: Shape): Placed {
    return { shape, column: this.#space.add(whiten(shape.column, this.#phi)) };
  }

  #bestOne(name: ModelName, placed: readonly Placed[], parameters: number, accept: Accept): RawFit | null {
    let best: RawFit | null = null;
    for (const { shape, column } of placed) {
      const fit = this.#space.fitOne(column);
      if (!fit || !accept(fit.coefficient)) continue;
      if (best && fit.sumOfSquares >= best.fit.sumOfSquares) continue;
      best = { name, shapes: [shape], columns: [column], fit, parameters };
    }
    return best;
  }

  #bestPair(
    name: ModelName,
    pairs: Iterable<[Placed, Placed]>,
    parameters: number,
    accept: Accept,
  ): RawFit | null {
    let best: RawFit | null = null;
    for (const [a, b] of pairs) {
      const fit = this.#space.fitTwo(a.column, b.column);
      if (!fit || !accept(fit.coefficient)) continue;
      if (best && fit.sumOfSquares >= best.fit.sumOfSquares) continue;
      best = { name, shapes: [a.shape, b.shape], columns: [a.column, b.column], fit, parameters };
    }
    return best;
  }

  /** Golden section between the neighbours of the best grid point: the grid alone costs evidence. */
  #refine(name: ModelName, raw: RawFit | null): RawFit | null {
    if (!raw) return null;
    const start = raw.shapes[0];
    const axis = start.domain === 'work' && this.#input.work ? this.#input.work : this.#input.time;
    const isTau = start.kind === 'exponential';
    const spread = isTau ? start.at * 0.4 : 0.05;
    let low = Math.max(start.at - spread, isTau ? SHORTEST_TAU : EARLIEST_ONSET);
    let high = Math.min(start.at + spread, isTau ? LONGEST_TAU : LATEST_FULL);
    let best = raw;
    const tryAt = (at: number): number => {
      const placed = this.#project(makeShape(axis, start.kind, at));
      const fit = this.#bestOne(name, [placed], raw.parameters, isPositive);
      if (fit && fit.fit.sumOfSquares < best.fit.sumOfSquares) best = fit;
      return fit ? fit.fit.sumOfSquares : Infinity;
    };
    for (let i = 0; i < 8; i++) {
      const a = high - GOLDEN * (high - low);
      const b = low + GOLDEN * (high - low);
      if (tryAt(a) < tryAt(b)) high = b;
      else low = a;
    }
    return best;
  }
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;

interface Placed {
  readonly shape: Shape;
  readonly column: ProjectedColumn;
}

type Accept = (coefficient: readonly number[]) => boolean;
const isAny: Accept = () => true;
const isPositive: Accept = (coefficient) => coefficient[0] > 0;
const areBothPositive: Accept = (coefficient) => coefficient[0] > 0 && coefficient[1] > 0;

function straightness(line: ProjectedColumn, caches: readonly Placed[]): number {
  let least = line.power;
  for (const { column } of caches) {
    if (column.power === 0) continue;
    const shared = dot(line.cells, column.cells);
    if (shared > 0) least = Math.min(least, line.power - (shared * shared) / column.power);
  }
  return Math.max(0, least);
}

/** Pairs grow with the square: of many steps every second one stands for its neighbour. */
function thin(steps: readonly Placed[]): readonly Placed[] {
  return steps.length > STEPS_PAIRED ? steps.filter((_, i) => i % 2 === 0) : steps;
}

function* pairsOf(placed: readonly Placed[]): Iterable<[Placed, Placed]> {
  for (let i = 0; i < placed.length; i++) {
    for (let j = i + 1; j < placed.length; j++) yield [placed[i], placed[j]];
  }
}

function residualPower(residual: Float64Array): number {
  let sum = 0;
  for (const cell of residual) sum += cell * cell;
  return sum;
}
