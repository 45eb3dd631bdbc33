// Least squares of many candidate columns against one set of base columns, cheaply: base columns are projected out once
// (Frisch-Waugh-Lovell), after which a candidate of one or two columns costs a handful of multiplications.
import { addScaled, dot } from '../series/stats/least-squares.ts';

export interface ProjectedColumn {
  readonly cells: Float64Array;
  /** Squared length after projection; 0 when the column lies in the base. */
  readonly power: number;
  /** Inner product with the projected values. */
  readonly withValues: number;
}

/** Coefficients of a candidate and what they leave: `inverse` is the diagonal of (X'X)^-1 for its columns. */
export interface CandidateFit {
  readonly coefficient: readonly number[];
  readonly inverse: readonly number[];
  readonly sumOfSquares: number;
}

/** Below this share of its own length a column counts as a combination of the base columns. */
export const COLLINEAR_SHARE = 1e-8;

export class ProjectedSpace {
  /** Orthonormal columns that span the base. */
  readonly basis: readonly Float64Array[];
  readonly values: Float64Array;
  /** Squared length of the values before projection. */
  readonly sumOfSquares: number;
  /** Squared length of the values after projection: what the base alone leaves unexplained. */
  readonly baseSumOfSquares: number;

  /** Takes base columns and values over, as `add` does. */
  constructor(base: readonly Float64Array[], values: Float64Array) {
    const basis: Float64Array[] = [];
    this.basis = basis;
    for (const column of base) {
      const before = dot(column, column);
      this.#projectTwice(column);
      const power = dot(column, column);
      if (power <= COLLINEAR_SHARE * before) continue;
      const scale = 1 / Math.sqrt(power);
      for (let i = 0; i < column.length; i++) column[i] *= scale;
      basis.push(column);
    }
    this.sumOfSquares = dot(values, values);
    this.#projectTwice(values);
    this.values = values;
    this.baseSumOfSquares = dot(this.values, this.values);
  }

  /** Takes the column over: its cells are projected in place, there are hundreds of candidates. */
  add(cells: Float64Array): ProjectedColumn {
    const before = dot(cells, cells);
    for (const axis of this.basis) addScaled(cells, axis, -dot(axis, cells));
    const power = dot(cells, cells);
    if (power <= COLLINEAR_SHARE * before) return { cells, power: 0, withValues: 0 };
    return { cells, power, withValues: dot(cells, this.values) };
  }

  fitOne(a: ProjectedColumn): CandidateFit | null {
    if (a.power === 0) return null;
    const coefficient = a.withValues / a.power;
    const sumOfSquares = Math.max(0, this.baseSumOfSquares - coefficient * a.withValues);
    return { coefficient: [coefficient], inverse: [1 / a.power], sumOfSquares };
  }

  fitTwo(a: ProjectedColumn, b: ProjectedColumn): CandidateFit | null {
    if (a.power === 0 || b.power === 0) return null;
    const cross = dot(a.cells, b.cells);
    const determinant = a.power * b.power - cross * cross;
    if (determinant <= COLLINEAR_SHARE * a.power * b.power) return null;
    const first = (b.power * a.withValues - cross * b.withValues) / determinant;
    const second = (a.power * b.withValues - cross * a.withValues) / determinant;
    const explained = first * a.withValues + second * b.withValues;
    return {
      coefficient: [first, second],
      inverse: [b.power / determinant, a.power / determinant],
      sumOfSquares: Math.max(0, this.baseSumOfSquares - explained),
    };
  }

  /** What a candidate leaves unexplained, block by block, written to `left`. */
  residual(
    columns: readonly ProjectedColumn[],
    coefficient: readonly number[],
    left: Float64Array,
  ): Float64Array {
    left.set(this.values);
    for (let i = 0; i < columns.length; i++) addScaled(left, columns[i].cells, -coefficient[i]);
    return left;
  }

  /** Base and values are projected twice: once leaves rounding errors of the size of a small signal on a large level. */
  #projectTwice(column: Float64Array): void {
    for (let pass = 0; pass < 2; pass++) {
      for (const axis of this.basis) addScaled(column, axis, -dot(axis, column));
    }
  }
}
