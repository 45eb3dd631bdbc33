// How well a set of covariates explains a series beside some plain trend: enough to choose covariates, whatever the verdict
// will be. Asked a dozen times for each series, so that all that does not depend on the values is kept: lanes that are scraped
// together share it.
import { addScaled, dot } from '../series/stats/least-squares.ts';
import type { ModelInput } from './model-input.ts';

/** A column less its mean, with the length that it had before. */
interface Centred {
  readonly cells: Float64Array;
  /** Squared length before the mean was taken off: what collinearity is measured against. */
  readonly before: number;
  readonly power: number;
}

/** Fill time of the bent trend, as a share of the window. */
const BEND = 0.2;
/** As in ProjectedSpace: below this share of its own length a column counts as a combination of the others. */
const COLLINEAR_SHARE = 1e-8;

/** No trend, a line, a bend and a line over the work, for blocks at these places. */
export class Trends {
  readonly columns: readonly Centred[];

  constructor({ time, work }: Pick<ModelInput, 'time' | 'work'>) {
    const bent = time.share.map((share) => -Math.expm1(-share / BEND));
    this.columns = [time.share, bent, ...(work ? [work.share] : [])].map(centre);
  }

  /** The trends beside these covariates. */
  beside(covariates: readonly Float64Array[]): Beside {
    const basis = orthonormal(covariates);
    const shares = this.columns.map(({ cells }) => basis.map((axis) => dot(axis, cells)));
    const own = this.columns.map(({ power, before }, i) => {
      let left = power;
      for (const share of shares[i]) left -= share * share;
      return left > COLLINEAR_SHARE * before ? left : 0;
    });
    return { covariates: covariates.length, basis, shares, own };
  }
}

/** A set of covariates, and what it leaves of each trend. */
export interface Beside {
  readonly covariates: number;
  /** Orthonormal columns that span the covariates less their means. */
  readonly basis: readonly Float64Array[];
  /** By trend, its products with `basis`; and its squared length without them, 0 where it is a combination of them. */
  readonly shares: readonly (readonly number[])[];
  readonly own: readonly number[];
}

export class QuickScore {
  readonly #n: number;
  readonly #granted: number;
  readonly #values: Centred;
  readonly #withValues: readonly number[];

  constructor(value: Float64Array, noiseFloor: number, trends: Trends) {
    this.#n = value.length;
    this.#granted = noiseFloor ** 2;
    const values = centre(value);
    this.#values = values;
    this.#withValues = trends.columns.map(({ cells }) => dot(cells, values.cells));
  }

  /** BIC of the best of no trend, a line, a bend and a line over the work, beside these covariates. */
  of({ covariates, basis, shares, own }: Beside, covariateParameters: number): number {
    const common = basis.map((axis) => dot(axis, this.#values.cells));
    let left = this.#values.power;
    for (const share of common) left -= share * share;
    const parameters = 1 + covariates + covariateParameters;
    let best = this.#score(left, parameters);
    for (let i = 0; i < own.length; i++) {
      if (own[i] === 0) continue;
      let withValues = this.#withValues[i];
      for (let j = 0; j < common.length; j++) withValues -= shares[i][j] * common[j];
      best = Math.min(best, this.#score(left - (withValues * withValues) / own[i], parameters + 1));
    }
    return best;
  }

  #score(sumOfSquares: number, parameters: number): number {
    const variance = Math.max(0, sumOfSquares) / this.#n + this.#granted;
    return this.#n * Math.log(variance) + parameters * Math.log(this.#n);
  }
}

function centre(column: Float64Array): Centred {
  let sum = 0;
  let before = 0;
  for (let i = 0; i < column.length; i++) {
    sum += column[i];
    before += column[i] * column[i];
  }
  const mean = sum / column.length;
  let power = 0;
  const cells = new Float64Array(column.length);
  for (let i = 0; i < cells.length; i++) {
    const cell = column[i] - mean;
    cells[i] = cell;
    power += cell * cell;
  }
  return { cells, before, power };
}

function orthonormal(columns: readonly Float64Array[]): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const column of columns) {
    const { cells, before } = centre(column);
    for (const axis of basis) addScaled(cells, axis, -dot(axis, cells));
    const power = dot(cells, cells);
    if (power <= COLLINEAR_SHARE * before) continue;
    const scale = 1 / Math.sqrt(power);
    for (let i = 0; i < cells.length; i++) cells[i] *= scale;
    basis.push(cells);
  }
  return basis;
}
