// How well a set of covariates explains a series beside some plain trend: enough to choose covariates, whatever the verdict
// will be. Asked a dozen times for each series, so that all that does not depend on the covariates is kept.
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

export class QuickScore {
  readonly #n: number;
  readonly #granted: number;
  readonly #values: Centred;
  readonly #trends: readonly (Centred & { readonly withValues: number })[];

  /** @param plain its covariates are not looked at. */
  constructor(plain: ModelInput) {
    this.#n = plain.value.length;
    this.#granted = plain.noiseFloor ** 2;
    this.#values = centre(plain.value);
    const bent = plain.time.share.map((share) => -Math.expm1(-share / BEND));
    const trends = [plain.time.share, bent, ...(plain.work ? [plain.work.share] : [])];
    this.#trends = trends.map((trend) => {
      const centred = centre(trend);
      return { ...centred, withValues: dot(centred.cells, this.#values.cells) };
    });
  }

  /** BIC of the best of no trend, a line, a bend and a line over the work, beside these covariates. */
  of(covariates: readonly Float64Array[], covariateParameters: number): number {
    const basis = orthonormal(covariates);
    const values = this.#values.cells;
    const shares = basis.map((axis) => dot(axis, values));
    let left = this.#values.power;
    for (const share of shares) left -= share * share;
    const parameters = 1 + covariates.length + covariateParameters;
    let best = this.#score(left, parameters);
    for (const { cells, before, power, withValues } of this.#trends) {
      let own = power;
      let common = withValues;
      for (let j = 0; j < basis.length; j++) {
        const share = dot(basis[j], cells);
        own -= share * share;
        common -= share * shares[j];
      }
      if (own <= COLLINEAR_SHARE * before) continue;
      best = Math.min(best, this.#score(left - (common * common) / own, parameters + 1));
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
  for (const cell of column) {
    sum += cell;
    before += cell * cell;
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
