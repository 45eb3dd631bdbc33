// Ids of profile.proto to row numbers. Encoders count from 1, which needs no table at all; a hostile or odd file may use
// any 64-bit numbers. No hash table: whoever writes the file could make its keys collide.
import type { TableBudget } from './table-budget.ts';
import { NO_ROW, type Uint64Column } from './tables.ts';

/** Ids up to so many times the number of rows (and a little more) go into an array, larger ones are searched for. */
const DENSE_RATIO = 2;
const DENSE_SLACK = 1024;

const TWO_32 = 4294967296;

const NO_CELLS = new Int32Array(0);
const NO_IDS = new Float64Array(0);

export class IdMap {
  readonly rows: number;
  /** The id of every row is row + 1. */
  readonly isCounting: boolean;
  /** The second of two rows with one id, NO_ROW when all ids differ. */
  duplicate = NO_ROW;
  /** Row by id; of no length when ids count or are too large for it. */
  readonly #dense: Int32Array;
  /** Ids in ascending order and the rows they are of. */
  readonly #sorted: Uint64Column;
  readonly #sortedRow: Int32Array;

  private constructor(rows: number, isCounting: boolean, dense: Int32Array, sorted: Uint64Column) {
    this.rows = rows;
    this.isCounting = isCounting;
    this.#dense = dense;
    this.#sorted = sorted;
    this.#sortedRow = new Int32Array(sorted.length).fill(NO_ROW);
  }

  /** Ids 1, 2, 3 ... */
  static counting(rows: number): IdMap {
    return new IdMap(rows, true, NO_CELLS, NO_IDS);
  }

  /** @param ids one per row, none of them 0. */
  static of(ids: Uint64Column, budget: TableBudget): IdMap {
    const size = largestOf(ids) + 1;
    if (size <= ids.length * DENSE_RATIO + DENSE_SLACK) {
      budget.take(size * 4, 'id');
      const map = new IdMap(ids.length, false, new Int32Array(size).fill(NO_ROW), NO_IDS);
      map.duplicate = map.#fillDense(ids);
      return map;
    }
    budget.take(ids.length * 12, 'id');
    const map = new IdMap(ids.length, false, NO_CELLS, ids.slice().sort());
    map.duplicate = map.#fillSorted(ids);
    return map;
  }

  /** Row of an id, or NO_ROW. Halves as unsigned 32-bit numbers. */
  get(high: number, low: number): number {
    if (this.isCounting) return high === 0 && low !== 0 && low <= this.rows ? low - 1 : NO_ROW;
    if (this.#dense.length > 0) return high === 0 && low < this.#dense.length ? this.#dense[low] : NO_ROW;
    const id = high < 0x200000 ? high * TWO_32 + low : (BigInt(high) << 32n) | BigInt(low);
    const at = this.#find(id);
    return at === NO_ROW ? NO_ROW : this.#sortedRow[at];
  }

  #fillDense(ids: Uint64Column): number {
    for (let row = 0; row < ids.length; row++) {
      const id = Number(ids[row]);
      if (this.#dense[id] !== NO_ROW) return row;
      this.#dense[id] = row;
    }
    return NO_ROW;
  }

  #fillSorted(ids: Uint64Column): number {
    for (let row = 0; row < ids.length; row++) {
      const at = this.#find(ids[row]);
      if (this.#sortedRow[at] !== NO_ROW) return row;
      this.#sortedRow[at] = row;
    }
    return NO_ROW;
  }

  /** Place of the first cell that holds the id. */
  #find(id: number | bigint): number {
    const sorted = this.#sorted;
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle] < id) low = middle + 1;
      else high = middle;
    }
    // A column may be bigint where the id is a number.
    return low < sorted.length && sorted[low] == id ? low : NO_ROW; // eslint-disable-line eqeqeq -- 1n == 1
  }
}

function largestOf(ids: Uint64Column): number {
  let largest = 0;
  for (let row = 0; row < ids.length; row++) largest = Math.max(largest, Number(ids[row]));
  return largest;
}
