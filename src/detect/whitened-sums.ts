// Inner products of whitened and projected columns without whitening or projecting them. With W the Prais-Winsten transform
// (series/stats/autocorrelation.ts), <W c, v> = <c, W'v>: the vectors v (base columns, values) are turned round once, after
// which a column costs one product with each, and a step or a hinge, of which sums are known, a few additions.
import type { ProjectedSpace } from './projected-space.ts';
import type { AxisSums, RawSums } from './raw-sums.ts';
import type { Scratch } from './scratch.ts';

/** Writes W'v at `start`, for v of whitened cells. */
function turnRound(v: Float64Array, phi: number, turned: Float64Array, start: number): void {
  const n = v.length;
  if (n === 0) return;
  for (let i = 0; i + 1 < n; i++) turned[start + i] = v[i] - phi * v[i + 1];
  turned[start + n - 1] = v[n - 1];
  turned[start] += (Math.sqrt(1 - phi * phi) - 1) * v[0];
}

/**
 * Writes W'W c at `start`, for the `n` cells of c from `from` on: with it, a product of two whitened columns is one of a whitened
 * and a plain one.
 */
export function whitenTwice(
  cells: Float64Array,
  from: number,
  n: number,
  phi: number,
  twice: Float64Array,
  start: number,
): void {
  const own = 1 + phi * phi;
  for (let i = 0; i < n; i++) {
    const before = i > 0 ? cells[from + i - 1] : 0;
    const after = i + 1 < n ? cells[from + i + 1] : 0;
    twice[start + i] = (i > 0 && i + 1 < n ? own : 1) * cells[from + i] - phi * (before + after);
  }
}

/**
 * One autocorrelation and one set of base columns. Sums of up to `slots` columns are kept, each at a place of its own. Columns
 * of one kind lie in one array.
 */
export class WhitenedSums {
  readonly #phi: number;
  /** Values and then base columns. */
  readonly #rows: number;
  readonly #n: number;
  /** They turned round: `n` cells each. */
  readonly #turned: Float64Array;
  /** The same as sums from a block to the last one: products with a step. */
  readonly #suffix: Float64Array;
  /** The same of their products with each axis, counted back from its end: with them, products with a hinge. */
  readonly #along: Float64Array;
  /** Squared length of the whitened column, before projection and after it. */
  readonly before: Float64Array;
  readonly power: Float64Array;
  /** Product with the projected values. */
  readonly withValues: Float64Array;
  /** Products with the base columns, `#rows` cells each: the first is that with the values. */
  readonly #products: Float64Array;

  /**
   * @param axes that hinges are taken over.
   * @param scratch where it is laid out.
   */
  constructor(
    space: ProjectedSpace,
    phi: number,
    slots: number,
    axes: readonly AxisSums[],
    scratch: Scratch,
  ) {
    this.#phi = phi;
    const n = space.values.length;
    const rows = 1 + space.basis.length;
    this.#rows = rows;
    this.#n = n;
    const turned = scratch.take(rows * n);
    this.#turned = turned;
    this.#suffix = scratch.take(rows * n);
    this.#along = scratch.take(axes.length * rows * n);
    for (let row = 0; row < rows; row++) {
      const start = row * n;
      turnRound(row === 0 ? space.values : space.basis[row - 1], phi, turned, start);
      sumFromEnd(turned, this.#suffix, start, start + n);
    }
    for (let axis = 0; axis < axes.length; axis++) {
      for (let row = 0; row < rows; row++) {
        sumAlong(turned, row * n, axes[axis], this.#along, (axis * rows + row) * n);
      }
    }
    this.before = scratch.take(slots);
    this.power = scratch.take(slots);
    this.withValues = scratch.take(slots);
    this.#products = scratch.take(slots * rows);
  }

  /** Takes a column, the cells from `start` on, at `slot`. */
  take(slot: number, cells: Float64Array, start: number, raw: RawSums): void {
    const n = this.#n;
    const rows = this.#rows;
    const turned = this.#turned;
    const products = this.#products;
    const at = slot * rows;
    let row = 0;
    // Two rows at a time, and two sums for each: a single one waits for each addition to be over.
    for (; row + 1 < rows; row += 2) {
      const a = row * n;
      const b = a + n;
      let a0 = 0;
      let a1 = 0;
      let b0 = 0;
      let b1 = 0;
      let i = 0;
      for (; i + 1 < n; i += 2) {
        const even = cells[start + i];
        const odd = cells[start + i + 1];
        a0 += even * turned[a + i];
        b0 += even * turned[b + i];
        a1 += odd * turned[a + i + 1];
        b1 += odd * turned[b + i + 1];
      }
      if (i < n) {
        a0 += cells[start + i] * turned[a + i];
        b0 += cells[start + i] * turned[b + i];
      }
      products[at + row] = a0 + a1;
      products[at + row + 1] = b0 + b1;
    }
    if (row < rows) products[at + row] = quickDot(cells, start, n, turned, row * n);
    this.#finish(slot, this.#lengthOf(raw));
  }

  /** Takes a step that begins at block `row` (not the first): no column is needed. */
  takeStep(slot: number, row: number): void {
    const at = slot * this.#rows;
    for (let j = 0; j < this.#rows; j++) this.#products[at + j] = this.#suffix[j * this.#n + row];
    this.#finish(slot, 1 + this.#afterStep(row));
  }

  /** Takes a hinge over the axis at place `axis` of those that were given: no column is needed. */
  takeHinge(slot: number, sums: AxisSums, axis: number, at: number): void {
    const first = sums.firstBehind(at);
    const rise = sums.last - at;
    const rows = this.#rows;
    const n = this.#n;
    for (let j = 0; j < rows; j++) {
      this.#products[slot * rows + j] =
        first === n ? 0 : this.#along[(axis * rows + j) * n + first] + rise * this.#suffix[j * n + first];
    }
    this.#finish(slot, this.#lengthOf(sums.sumsOfHinge(at, first)));
  }

  /** Product of the projected columns at two slots, given that of the whitened ones. */
  cross(a: number, b: number, whitened: number): number {
    const products = this.#products;
    const rows = this.#rows;
    let left = whitened;
    for (let j = 1; j < rows; j++) left -= products[a * rows + j] * products[b * rows + j];
    return left;
  }

  /** Product of two whitened steps, the second of which begins at `laterRow`. */
  crossOfSteps(laterRow: number): number {
    return 1 - this.#phi + this.#afterStep(laterRow);
  }

  /** Squared length of the whitened column. */
  #lengthOf({ square, lagged, ends }: RawSums): number {
    const phi = this.#phi;
    return square * (1 + phi * phi) - phi * phi * ends - 2 * phi * lagged;
  }

  #finish(slot: number, before: number): void {
    const products = this.#products;
    const at = slot * this.#rows;
    let power = before;
    for (let j = 1; j < this.#rows; j++) power -= products[at + j] * products[at + j];
    this.withValues[slot] = products[at];
    this.before[slot] = before;
    this.power[slot] = power;
  }

  #afterStep(row: number): number {
    return (this.#n - 1 - row) * (1 - this.#phi) ** 2;
  }
}

function sumFromEnd(cells: Float64Array, sums: Float64Array, from: number, to: number): void {
  let sum = 0;
  for (let i = to - 1; i >= from; i--) sums[i] = sum += cells[i];
}

function sumAlong(
  cells: Float64Array,
  from: number,
  { share, last }: AxisSums,
  sums: Float64Array,
  start: number,
): void {
  let sum = 0;
  for (let i = share.length - 1; i >= 0; i--) sums[start + i] = sum += cells[from + i] * (share[i] - last);
}

/** Of `n` cells of `a` and of `b`. Four sums side by side. */
export function quickDot(a: Float64Array, fromA: number, n: number, b: Float64Array, fromB: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 3 < n; i += 4) {
    s0 += a[fromA + i] * b[fromB + i];
    s1 += a[fromA + i + 1] * b[fromB + i + 1];
    s2 += a[fromA + i + 2] * b[fromB + i + 2];
    s3 += a[fromA + i + 3] * b[fromB + i + 3];
  }
  for (; i < n; i++) s0 += a[fromA + i] * b[fromB + i];
  return s0 + s1 + (s2 + s3);
}
