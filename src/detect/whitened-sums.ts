// Inner products of whitened and projected columns without whitening or projecting them. With W the Prais-Winsten transform
// (series/stats/autocorrelation.ts), <W c, v> = <c, W'v>: the vectors v (base columns, values) are turned round once, after
// which a column costs one product with each.
import type { ProjectedSpace } from './projected-space.ts';

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

/** W'v, for v of whitened cells. */
function turnRound(v: Float64Array, phi: number): Float64Array {
  const n = v.length;
  const turned = new Float64Array(n);
  for (let i = 0; i < n; i++) turned[i] = v[i] - (i + 1 < n ? phi * v[i + 1] : 0);
  if (n > 0) turned[0] += (Math.sqrt(1 - phi * phi) - 1) * v[0];
  return turned;
}

/** W'W c: with it, a product of two whitened columns is one of a whitened and a plain one. */
export function whitenTwice(column: Float64Array, phi: number): Float64Array {
  const n = column.length;
  const twice = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const before = i > 0 ? column[i - 1] : 0;
    const after = i + 1 < n ? column[i + 1] : 0;
    const own = i > 0 && i + 1 < n ? 1 + phi * phi : 1;
    twice[i] = own * column[i] - phi * (before + after);
  }
  return twice;
}

/** One autocorrelation and one set of base columns. Sums of up to `slots` columns are kept, each at a place of its own. */
export class WhitenedSums {
  readonly #phi: number;
  readonly #base: number;
  /** Values and base columns, turned round. */
  readonly #turned: readonly Float64Array[];
  /** The same as sums from a block to the last one: products with a step. */
  readonly #suffix: readonly Float64Array[];
  /** Squared length of the whitened column, before projection and after it. */
  readonly before: Float64Array;
  readonly power: Float64Array;
  /** Product with the projected values. */
  readonly withValues: Float64Array;
  readonly #shares: Float64Array;

  constructor(space: ProjectedSpace, phi: number, slots: number) {
    this.#phi = phi;
    this.#base = space.basis.length;
    this.#turned = [space.values, ...space.basis].map((cells) => turnRound(cells, phi));
    this.#suffix = this.#turned.map(sumFromEnd);
    this.before = new Float64Array(slots);
    this.power = new Float64Array(slots);
    this.withValues = new Float64Array(slots);
    this.#shares = new Float64Array(slots * this.#base);
  }

  /** Takes a column at `slot`. */
  take(slot: number, column: Float64Array, raw: RawSums): void {
    const phi = this.#phi;
    const before = raw.square * (1 + phi * phi) - phi * phi * raw.ends - 2 * phi * raw.lagged;
    this.withValues[slot] = quickDot(column, this.#turned[0]);
    let power = before;
    for (let j = 0; j < this.#base; j++) {
      const share = quickDot(column, this.#turned[j + 1]);
      this.#shares[slot * this.#base + j] = share;
      power -= share * share;
    }
    this.before[slot] = before;
    this.power[slot] = power;
  }

  /** Takes a step that begins at block `row` (not the first): no column is needed. */
  takeStep(slot: number, row: number): void {
    const before = 1 + this.#afterStep(row);
    this.withValues[slot] = this.#suffix[0][row];
    let power = before;
    for (let j = 0; j < this.#base; j++) {
      const share = this.#suffix[j + 1][row];
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
    return (this.#turned[0].length - 1 - row) * (1 - this.#phi) ** 2;
  }
}

function sumFromEnd(cells: Float64Array): Float64Array {
  const sums = new Float64Array(cells.length + 1);
  for (let i = cells.length - 1; i >= 0; i--) sums[i] = sums[i + 1] + cells[i];
  return sums;
}

/** Four sums side by side: a single one waits for each addition to be over. */
export function quickDot(a: Float64Array, b: Float64Array): number {
  const n = a.length;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 3 < n; i += 4) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
    s2 += a[i + 2] * b[i + 2];
    s3 += a[i + 3] * b[i + 3];
  }
  for (; i < n; i++) s0 += a[i] * b[i];
  return s0 + s1 + (s2 + s3);
}
