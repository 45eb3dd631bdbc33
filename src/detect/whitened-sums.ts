// Inner products of whitened and projected columns without whitening or projecting them. With W the Prais-Winsten transform
// (series/stats/autocorrelation.ts), <W c, v> = <c, W'v>: the vectors v (base columns, values) are turned round once, after
// which a column costs one product with each.
import type { ProjectedSpace } from './projected-space.ts';
import type { Scratch } from './scratch.ts';

/** Sums of a column that are the same for every autocorrelation. */
export interface RawSums {
  /** Sum of squares. */
  readonly square: number;
  /** Sum of products of neighbours. */
  readonly lagged: number;
  /** Squares of the first and the last cell together. */
  readonly ends: number;
}

export function rawSumsOf(column: Float64Array): RawSums {
  const n = column.length;
  let square = 0;
  let lagged = 0;
  for (let i = 0; i < n; i++) square += column[i] * column[i];
  for (let i = 1; i < n; i++) lagged += column[i] * column[i - 1];
  return { square, lagged, ends: n === 0 ? 0 : column[0] ** 2 + column[n - 1] ** 2 };
}

/** Writes W'v at `start`, for v of whitened cells. */
function turnRound(v: Float64Array, phi: number, turned: Float64Array, start: number): void {
  const n = v.length;
  if (n === 0) return;
  for (let i = 0; i + 1 < n; i++) turned[start + i] = v[i] - phi * v[i + 1];
  turned[start + n - 1] = v[n - 1];
  turned[start] += (Math.sqrt(1 - phi * phi) - 1) * v[0];
}

/** Writes W'W c at `start`: with it, a product of two whitened columns is one of a whitened and a plain one. */
export function whitenTwice(column: Float64Array, phi: number, twice: Float64Array, start: number): void {
  const n = column.length;
  for (let i = 0; i < n; i++) {
    const before = i > 0 ? column[i - 1] : 0;
    const after = i + 1 < n ? column[i + 1] : 0;
    const own = i > 0 && i + 1 < n ? 1 + phi * phi : 1;
    twice[start + i] = own * column[i] - phi * (before + after);
  }
}

/**
 * One autocorrelation and one set of base columns. Sums of up to `slots` columns are kept, each at a place of its own. Columns
 * of one kind lie in one array.
 */
export class WhitenedSums {
  readonly #phi: number;
  readonly #base: number;
  readonly #n: number;
  /** Values and then base columns, turned round: `n` cells each. */
  readonly #turned: Float64Array;
  /** The same as sums from a block to the last one: products with a step. */
  readonly #suffix: Float64Array;
  /** Squared length of the whitened column, before projection and after it. */
  readonly before: Float64Array;
  readonly power: Float64Array;
  /** Product with the projected values. */
  readonly withValues: Float64Array;
  readonly #shares: Float64Array;

  /** @param scratch where it is laid out. */
  constructor(space: ProjectedSpace, phi: number, slots: number, scratch: Scratch) {
    this.#phi = phi;
    this.#base = space.basis.length;
    this.#n = space.values.length;
    const rows = 1 + this.#base;
    this.#turned = scratch.take(rows * this.#n);
    this.#suffix = scratch.take(rows * this.#n);
    for (let row = 0; row < rows; row++) {
      const start = row * this.#n;
      turnRound(row === 0 ? space.values : space.basis[row - 1], phi, this.#turned, start);
      sumFromEnd(this.#turned, this.#suffix, start, start + this.#n);
    }
    this.before = scratch.take(slots);
    this.power = scratch.take(slots);
    this.withValues = scratch.take(slots);
    this.#shares = scratch.take(slots * this.#base);
  }

  /** Takes a column at `slot`. */
  take(slot: number, column: Float64Array, raw: RawSums): void {
    const phi = this.#phi;
    const before = raw.square * (1 + phi * phi) - phi * phi * raw.ends - 2 * phi * raw.lagged;
    this.withValues[slot] = quickDot(column, this.#turned);
    let power = before;
    for (let j = 0; j < this.#base; j++) {
      const share = quickDot(column, this.#turned, (j + 1) * this.#n);
      this.#shares[slot * this.#base + j] = share;
      power -= share * share;
    }
    this.before[slot] = before;
    this.power[slot] = power;
  }

  /** Takes a step that begins at block `row` (not the first): no column is needed. */
  takeStep(slot: number, row: number): void {
    const before = 1 + this.#afterStep(row);
    this.withValues[slot] = this.#suffix[row];
    let power = before;
    for (let j = 0; j < this.#base; j++) {
      const share = this.#suffix[(j + 1) * this.#n + row];
      this.#shares[slot * this.#base + j] = share;
      power -= share * share;
    }
    this.before[slot] = before;
    this.power[slot] = power;
  }

  /** Product of the projected columns at two slots, given that of the whitened ones. */
  cross(a: number, b: number, whitened: number): number {
    const shares = this.#shares;
    const base = this.#base;
    let left = whitened;
    for (let j = 0; j < base; j++) left -= shares[a * base + j] * shares[b * base + j];
    return left;
  }

  /** Product of two whitened steps, the second of which begins at `laterRow`. */
  crossOfSteps(laterRow: number): number {
    return 1 - this.#phi + this.#afterStep(laterRow);
  }

  #afterStep(row: number): number {
    return (this.#n - 1 - row) * (1 - this.#phi) ** 2;
  }
}

function sumFromEnd(cells: Float64Array, sums: Float64Array, from: number, to: number): void {
  let sum = 0;
  for (let i = to - 1; i >= from; i--) sums[i] = sum += cells[i];
}

/** Of `a` and as many cells of `b` from `start`. Four sums side by side: a single one waits for each addition to be over. */
export function quickDot(a: Float64Array, b: Float64Array, start = 0): number {
  const n = a.length;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 3 < n; i += 4) {
    s0 += a[i] * b[start + i];
    s1 += a[i + 1] * b[start + i + 1];
    s2 += a[i + 2] * b[start + i + 2];
    s3 += a[i + 3] * b[start + i + 3];
  }
  for (; i < n; i++) s0 += a[i] * b[start + i];
  return s0 + s1 + (s2 + s3);
}
