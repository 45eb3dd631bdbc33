// Ids of profile.proto to row numbers. Encoders number from 1, so an array does; a hostile or odd file may use any
// 64-bit number, for which a Map does.
import { NO_ROW } from './tables.ts';

/** How far ids may exceed the number of rows before the array would waste more than it saves. */
const DENSE_SLACK = 1024;

const TWO_32 = 4294967296;

export class IdMap {
  readonly #dense: Int32Array;
  readonly #sparse = new Map<number | string, number>();

  constructor(rows: number) {
    this.#dense = new Int32Array(rows * 2 + DENSE_SLACK).fill(NO_ROW);
  }

  /** False when the id is taken. Halves as unsigned 32-bit numbers. */
  add(high: number, low: number, row: number): boolean {
    if (this.get(high, low) !== NO_ROW) return false;
    if (high === 0 && low < this.#dense.length) this.#dense[low] = row;
    else this.#sparse.set(keyOf(high, low), row);
    return true;
  }

  /** Row of an id, or NO_ROW. */
  get(high: number, low: number): number {
    if (high === 0 && low < this.#dense.length) return this.#dense[low];
    return this.#sparse.size === 0 ? NO_ROW : (this.#sparse.get(keyOf(high, low)) ?? NO_ROW);
  }
}

function keyOf(high: number, low: number): number | string {
  return high < 0x200000 ? high * TWO_32 + low : `${high}:${low}`;
}
