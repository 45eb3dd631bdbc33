// Sums of sample values, exact over int64. They wrap as Go's do.
import type { Int64Column } from '../../pprof/tables.ts';

/**
 * A growing column of sums. Doubles while the sum of all |value| of the report stays below 2^53 (then every partial sum
 * does), else 64-bit integers: chosen once per report.
 */
export class Sums {
  #cells: Int64Column;
  readonly #isWide: boolean;

  constructor(length: number, isWide: boolean) {
    this.#isWide = isWide;
    this.#cells = isWide ? new BigInt64Array(length) : new Float64Array(length);
  }

  add(row: number, value: number | bigint): void {
    if (row >= this.#cells.length) this.#grow(row);
    // Cells and values are of one kind; asking which for each value would cost more than the sum.
    (this.#cells as Float64Array)[row] += value as number;
  }

  /** The first `length` cells. */
  finish(length: number): Int64Column {
    if (length > this.#cells.length) this.#grow(length - 1);
    return this.#cells.subarray(0, length);
  }

  #grow(row: number): void {
    const length = Math.max(row + 1, this.#cells.length * 2, 64);
    const grown = this.#isWide ? new BigInt64Array(length) : new Float64Array(length);
    (grown as Float64Array).set(this.#cells as Float64Array);
    this.#cells = grown;
  }
}

export function isZero(value: number | bigint): boolean {
  return value === 0 || value === 0n;
}

export function absolute(value: number | bigint): number | bigint {
  if (typeof value === 'number') return Math.abs(value);
  // Go's abs64 of the smallest int64 is itself; nothing else is.
  return value < 0n ? BigInt.asIntN(64, -value) : value;
}

/** Larger |value| first. */
export function compareAbsolute(a: number | bigint, b: number | bigint): number {
  const [left, right] = [absolute(a), absolute(b)];
  return left > right ? -1 : left < right ? 1 : 0;
}

/** Integer division as in Go, truncated; a divisor of 0 leaves the value. */
export function mean(value: number | bigint, divisor: number | bigint): number | bigint {
  if (isZero(divisor)) return value;
  return typeof value === 'number' && typeof divisor === 'number'
    ? Math.trunc(value / divisor) + 0
    : BigInt.asIntN(64, BigInt(value) / BigInt(divisor));
}
