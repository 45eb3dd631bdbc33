// Ordinary least squares for a handful of columns.

/** Result of `fitLeastSquares`; cells of the arrays are in the order of the columns that were passed. */
export interface LeastSquaresFit {
  readonly coefficient: Float64Array;
  /** Standard errors under white noise; inflate by sqrt(n / effective n) for correlated residuals. */
  readonly standardError: Float64Array;
  readonly residual: Float64Array;
  readonly sumOfSquares: number;
  /** n - number of columns, at least 1 so that it can be divided by. */
  readonly freedom: number;
}

/** A column that keeps less than this share of its length after projection is a combination of the others. */
const COLLINEAR_SHARE = 1e-9;

/**
 * y = X b by QR (modified Gram-Schmidt, applied twice: normal equations lose half the digits when a
 * load ramps like time). Returns null when columns are collinear or there are not more rows than columns.
 * Source: Golub & Van Loan, Matrix Computations, 5.2; SE(b)_i = sigma * row norm of R^-1.
 */
export function fitLeastSquares(
  columns: readonly Float64Array[],
  y: ArrayLike<number>,
): LeastSquaresFit | null {
  const n = y.length;
  const k = columns.length;
  if (n <= k || k === 0) return null;
  const basis: Float64Array[] = [];
  const r = new Float64Array(k * k);
  for (let j = 0; j < k; j++) {
    const column = new Float64Array(columns[j]);
    const before = Math.sqrt(dot(column, column));
    for (let pass = 0; pass < 2; pass++) {
      for (let i = 0; i < j; i++) {
        const share = dot(basis[i], column);
        r[i * k + j] += share;
        addScaled(column, basis[i], -share);
      }
    }
    const norm = Math.sqrt(dot(column, column));
    if (!(norm > COLLINEAR_SHARE * before)) return null;
    r[j * k + j] = norm;
    for (let i = 0; i < n; i++) column[i] /= norm;
    basis.push(column);
  }
  const residual = new Float64Array(y);
  const projected = new Float64Array(k);
  for (let j = 0; j < k; j++) {
    projected[j] = dot(basis[j], residual);
    addScaled(residual, basis[j], -projected[j]);
  }
  const sumOfSquares = dot(residual, residual);
  const freedom = Math.max(1, n - k);
  const inverse = invertUpper(r, k);
  const coefficient = new Float64Array(k);
  const standardError = new Float64Array(k);
  for (let i = 0; i < k; i++) {
    let rowNorm = 0;
    for (let j = i; j < k; j++) {
      coefficient[i] += inverse[i * k + j] * projected[j];
      rowNorm += inverse[i * k + j] ** 2;
    }
    standardError[i] = Math.sqrt((rowNorm * sumOfSquares) / freedom);
  }
  return { coefficient, standardError, residual, sumOfSquares, freedom };
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** target += scale * by, in place: only for arrays that the caller owns. */
export function addScaled(target: Float64Array, by: Float64Array, scale: number): void {
  for (let i = 0; i < target.length; i++) target[i] += scale * by[i];
}

function invertUpper(r: Float64Array, k: number): Float64Array {
  const inverse = new Float64Array(k * k);
  for (let j = 0; j < k; j++) {
    inverse[j * k + j] = 1 / r[j * k + j];
    for (let i = j - 1; i >= 0; i--) {
      let sum = 0;
      for (let l = i + 1; l <= j; l++) sum += r[i * k + l] * inverse[l * k + j];
      inverse[i * k + j] = -sum / r[i * k + i];
    }
  }
  return inverse;
}
