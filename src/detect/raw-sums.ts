// Sums of a column that are the same for every autocorrelation: with them the length of the whitened column is a handful of
// multiplications (whitened-sums.ts).

export interface RawSums {
  /** Sum of squares. */
  readonly square: number;
  /** Sum of products of neighbours. */
  readonly lagged: number;
  /** Squares of the first and the last cell together. */
  readonly ends: number;
}

/** Of `n` cells from `start`. */
export function rawSumsOf(cells: Float64Array, start: number, n: number): RawSums {
  let square = 0;
  let lagged = 0;
  let before = 0;
  for (let i = start; i < start + n; i++) {
    const cell = cells[i];
    square += cell * cell;
    lagged += cell * before;
    before = cell;
  }
  return { square, lagged, ends: n === 0 ? 0 : cells[start] ** 2 + before ** 2 };
}

/**
 * An axis, and the sums of every hinge over it: max(0, share - at) is a straight line from some block on, so that its sums follow
 * from those of the line. Counted back from the axis's end, so that little is lost where few blocks are left.
 */
export class AxisSums {
  readonly share: Float64Array;
  readonly line: RawSums;
  readonly last: number;
  /** From each block to the last one: of share less the last share, of its squares, and of its products with the next block's. */
  readonly #sums: Float64Array;

  /** @param share never falls. */
  constructor(share: Float64Array) {
    const n = share.length;
    this.share = share;
    this.line = rawSumsOf(share, 0, n);
    this.last = n === 0 ? 0 : share[n - 1];
    const sums = new Float64Array(3 * (n + 1));
    this.#sums = sums;
    let next = 0;
    for (let i = n - 1; i >= 0; i--) {
      const back = share[i] - this.last;
      sums[3 * i] = sums[3 * i + 3] + back;
      sums[3 * i + 1] = sums[3 * i + 4] + back * back;
      sums[3 * i + 2] = sums[3 * i + 5] + back * next;
      next = back;
    }
  }

  /** First block behind an onset; as many as there are blocks where none is. */
  firstBehind(at: number): number {
    let low = 0;
    let high = this.share.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.share[middle] > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** @param first `firstBehind(at)`. */
  sumsOfHinge(at: number, first: number): RawSums {
    const count = this.share.length - first;
    if (count === 0) return { square: 0, lagged: 0, ends: 0 };
    const rise = this.last - at;
    const start = first === 0 ? this.share[0] - at : 0;
    const sums = this.#sums;
    const [sum, square, lagged] = [sums[3 * first], sums[3 * first + 1], sums[3 * first + 2]];
    return {
      square: square + 2 * rise * sum + count * rise * rise,
      // Products of neighbours hold each block twice but for the first and the last one, which lies 0 behind itself.
      lagged: lagged + rise * (sum + sums[3 * first + 3]) + (count - 1) * rise * rise,
      ends: start * start + rise * rise,
    };
  }
}
