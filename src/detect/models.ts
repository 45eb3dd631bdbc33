// Competing explanations of one series: detection-science 3.2. Nulls are bounded or follow the load, leak models grow
// for as long as time passes or work is done.
import { correctedAutocorrelation, effectiveSamples, whiten } from '../series/stats/autocorrelation.ts';
import { dot } from '../series/stats/least-squares.ts';
import type { ModelName } from './assessment.ts';
import { listCandidates, type Candidates, type ShapeKey } from './candidates.ts';
import type { ModelInput } from './model-input.ts';
import { ModelSearch, type Found } from './model-search.ts';
import { ProjectedSpace, type CandidateFit, type ProjectedColumn } from './projected-space.ts';
import { Scratch } from './scratch.ts';
import { makeShape, type Shape } from './shapes.ts';

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
  /** The same after whitening, when only the correlation that was left costs samples: what the criterion counts. */
  readonly whitenedSamples: number;
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

/** Fits every model; null with too few blocks. */
export function fitModels(input: ModelInput): ModelSet | null {
  const m = input.value.length;
  if (m < BLOCKS_NEEDED + input.covariates.length) return null;
  const autocorrelation = estimateAutocorrelation(input);
  return new Comparison(input, listCandidates(input, 1), autocorrelation).finish(autocorrelation);
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
  const candidates = listCandidates(input, COARSE);
  let best = { score: Infinity, residual: input.value, parameters: 1 };
  for (const phi of AUTOCORRELATIONS) {
    const found = new Comparison(input, candidates, phi).mostLikely();
    if (found.score < best.score) best = found;
  }
  return correctedAutocorrelation(best.residual, best.parameters);
}

interface RawFit {
  readonly name: ModelName;
  readonly shapes: readonly Shape[];
  readonly columns: readonly ProjectedColumn[];
  readonly fit: CandidateFit;
  readonly parameters: number;
}

/** Values of the criterion that differ by less than this are told apart by projection. */
const BIC_ROUNDING = 1e-6;

/** Comparisons come one after the other, and what they hold in it is theirs until the next. */
const SCRATCH = new Scratch();

/** All models under one assumption about the autocorrelation of the noise. To be used before the next one is made. */
class Comparison {
  readonly #input: ModelInput;
  readonly #phi: number;
  readonly #space: ProjectedSpace;
  readonly #grant: number;
  readonly #search: ModelSearch;
  readonly #none: RawFit;
  readonly #found: readonly Found[];

  constructor(input: ModelInput, candidates: Candidates, phi: number) {
    this.#input = input;
    this.#phi = phi;
    const m = input.value.length;
    SCRATCH.begin();
    const intercept = SCRATCH.take(m).fill(1);
    const base = [intercept, ...input.covariates].map((column) => this.#whiten(column));
    this.#space = new ProjectedSpace(base, this.#whiten(input.value));
    this.#grant = m * input.noiseFloor ** 2 * (1 + phi * phi);
    const fit: CandidateFit = { coefficient: [], inverse: [], sumOfSquares: this.#space.baseSumOfSquares };
    const parameters = 1 + input.covariates.length + input.covariateParameters;
    this.#none = { name: 'N0', shapes: [], columns: [], fit, parameters };
    const exactly = (keys: readonly ShapeKey[]): number => {
      const raw = this.#project({ name: 'N1', parameters, isAnySign: false }, keys);
      return raw ? raw.fit.sumOfSquares : Infinity;
    };
    this.#search = new ModelSearch(input, candidates, this.#space, phi, SCRATCH, exactly);
    this.#found = this.#search.run();
  }

  /** The model that was found, fitted by projection. */
  #fit(found: Found): RawFit | null {
    return this.#bestOf(found, found.near) ?? this.#bestOf(found, found.all());
  }

  #bestOf(found: Found, tried: readonly (readonly ShapeKey[])[]): RawFit | null {
    let best: RawFit | null = null;
    for (const keys of tried) {
      const raw = this.#project(found, keys);
      if (raw && !(best && raw.fit.sumOfSquares >= best.fit.sumOfSquares)) best = raw;
    }
    return best;
  }

  #project(
    { name, parameters, isAnySign }: Pick<Found, 'name' | 'parameters' | 'isAnySign'>,
    keys: readonly ShapeKey[],
  ): RawFit | null {
    const shapes = keys.map((key) => this.#makeShape(key));
    const columns = shapes.map(({ column }) => this.#space.add(this.#whiten(column)));
    const [a, b] = columns;
    const fit = columns.length === 2 ? this.#space.fitTwo(a, b) : this.#space.fitOne(a);
    if (!fit || !(isAnySign || fit.coefficient.every((cell) => cell > 0))) return null;
    return { name, shapes, columns, fit, parameters };
  }

  #residual({ columns, fit }: RawFit): Float64Array {
    return this.#space.residual(columns, fit.coefficient, SCRATCH.take(this.#m));
  }

  #whiten(column: Float64Array): Float64Array {
    return whiten(column, this.#phi, SCRATCH.take(column.length));
  }

  #makeShape({ kind, domain, at }: ShapeKey): Shape {
    const { time, work } = this.#input;
    return makeShape(domain === 'work' && work ? work : time, kind, at);
  }

  /** Best of all models by the criterion. */
  #best(): RawFit {
    const bicOf = ({ sumOfSquares, parameters }: { sumOfSquares: number; parameters: number }) =>
      this.#criterion(sumOfSquares, parameters, this.#m);
    let found = this.#found;
    const none = bicOf({ ...this.#none.fit, parameters: this.#none.parameters });
    for (;;) {
      const enough = Math.min(none, ...found.map(bicOf)) + BIC_ROUNDING;
      const close = found.filter((model) => bicOf(model) <= enough);
      const fits = close.map((model) => this.#fit(model)).filter((raw) => raw !== null);
      if (none <= enough) fits.unshift(this.#none);
      if (fits.length > 0)
        return fits.reduce((a, b) => (this.#bic(b, this.#m) < this.#bic(a, this.#m) ? b : a));
      found = found.filter((model) => !close.includes(model));
    }
  }

  /** Best of all models by exact AR(1) likelihood, with what it leaves before whitening. */
  mostLikely(): { score: number; residual: Float64Array; parameters: number } {
    const { value } = this.#input;
    // The Jacobian of the transform: without it a larger phi always looks better.
    const jacobian = -Math.log(1 - this.#phi * this.#phi);
    const best = this.#best();
    const white = this.#residual(best);
    const residual = new Float64Array(value.length);
    for (let i = 0; i < value.length; i++) {
      residual[i] =
        i === 0 ? white[0] / Math.sqrt(1 - this.#phi ** 2) : white[i] + this.#phi * residual[i - 1];
    }
    return { score: this.#bic(best, this.#m) + jacobian, residual, parameters: best.parameters };
  }

  finish(autocorrelation: number): ModelSet {
    const raw = [this.#none, ...this.#found.map((found) => this.#fit(found)).filter((fit) => fit !== null)];
    const best = raw.reduce((a, b) => (this.#bic(b, this.#m) < this.#bic(a, this.#m) ? b : a));
    const residual = this.#residual(best);
    // What correlation is left after whitening costs samples: smooth misfit is not evidence.
    const left = correctedAutocorrelation(residual, best.parameters);
    const n = Math.min(this.#m, Math.max(effectiveSamples(this.#m, left), best.parameters + 1));
    const fits = raw.map((fit) => this.#finishFit(fit, n));
    const nulls = fits.filter((fit) => fit.name.startsWith('N'));
    const leaks = fits.filter((fit) => fit.name.startsWith('L'));
    const bestNull = nulls.reduce((a, b) => (b.bic < a.bic ? b : a));
    const bestLeak = leaks.length === 0 ? null : leaks.reduce((a, b) => (b.bic < a.bic ? b : a));
    const straightness = this.#straightness();
    const power = dot(residual, residual);
    const variance = (power + this.#grant) / Math.max(1, this.#m - best.parameters);
    return {
      fits,
      bestNull,
      bestLeak,
      line: this.#line(n),
      evidenceRatio: bestLeak ? bestNull.bic - bestLeak.bic : null,
      autocorrelation,
      effectiveSamples: effectiveSamples(n, autocorrelation),
      whitenedSamples: n,
      noise: Math.sqrt(variance / Math.max(1 - this.#phi * this.#phi, 0.04)),
      straightGrowthFor: (evidence) => {
        // A null costs one parameter more than the line, and must leave this much more unexplained.
        const left = Math.expm1((evidence + Math.log(n)) / n) * (power + this.#grant);
        return Math.sqrt(left / straightness);
      },
    };
  }

  get #m(): number {
    return this.#input.value.length;
  }

  /** The line whatever its sign: its standard error says what could have been seen. */
  #line(n: number): ModelFit | null {
    const parameters = 2 + this.#input.covariates.length + this.#input.covariateParameters;
    const raw = this.#project({ name: 'L1', parameters, isAnySign: true }, [LINE]);
    return raw ? this.#finishFit(raw, n) : null;
  }

  /** Squared length that a line of unit growth keeps after the cache that imitates it best; 0 = cannot be told. */
  #straightness(): number {
    const columnOf = (key: ShapeKey) => this.#space.add(this.#whiten(this.#makeShape(key).column));
    const line = columnOf(LINE);
    let least = line.power;
    for (const key of this.#search.imitators()) {
      const cache = columnOf(key);
      if (cache.power === 0) continue;
      const shared = dot(line.cells, cache.cells);
      if (shared > 0) least = Math.min(least, line.power - (shared * shared) / cache.power);
    }
    return Math.max(0, least);
  }

  #finishFit(raw: RawFit, n: number): ModelFit {
    const freedom = Math.max(1, this.#m - raw.parameters);
    // A model that misfits smoothly has a slope that is less certain than the best model's noise would say.
    const residual = this.#residual(raw);
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
    return this.#criterion(raw.fit.sumOfSquares, raw.parameters, n);
  }

  #criterion(sumOfSquares: number, parameters: number, n: number): number {
    return n * Math.log((sumOfSquares + this.#grant) / this.#m) + parameters * Math.log(n);
  }
}

const LINE: ShapeKey = { kind: 'line', domain: 'time', at: 0 };
