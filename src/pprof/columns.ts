// Growing columns. A builder and a finished column are different types; `finish` gives exactly as many cells as
// were pushed.
import type { TableBudget } from './table-budget.ts';
import type { IndexColumn, Int64Column, Uint64Column } from './tables.ts';

const FIRST_CAPACITY = 16;
/** Unused cells at the end of a finished column that are not worth a copy. */
const MAX_SPARE_CELLS = 256;
const TWO_32 = 4294967296;

/** A growing Int32Array. With a budget, its cells are paid for before they are allocated. */
export class Int32Builder {
  readonly #budget: TableBudget | null;
  #cells: Int32Array;
  #length = 0;

  constructor(capacity = FIRST_CAPACITY, budget: TableBudget | null = null) {
    this.#budget = budget;
    const cells = Math.max(1, capacity);
    this.#cells = budget === null ? new Int32Array(cells) : budget.int32(cells, 'rows');
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#cells.length) this.#grow(this.#length * 2);
    this.#cells[this.#length++] = value;
  }

  at(row: number): number {
    return this.#cells[row];
  }

  /** Forgets the cells from `length` on. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** The cells so far; valid until the next push. */
  view(): Int32Array {
    return this.#cells;
  }

  finish(): Int32Array {
    return exact(this.#cells, this.#length);
  }

  finishIndex<Row extends number>(): IndexColumn<Row> {
    return this.finish() as IndexColumn<Row>;
  }

  #grow(capacity: number): void {
    this.#budget?.take(capacity * 4, 'rows');
    const grown = new Int32Array(capacity);
    grown.set(this.#length === this.#cells.length ? this.#cells : this.#cells.subarray(0, this.#length));
    this.#cells = grown;
  }
}

/** The first cells. */
function exact<Cells extends Int32Array | Float64Array | BigInt64Array>(cells: Cells, length: number): Cells {
  const spare = cells.length - length;
  if (spare === 0) return cells;
  return (spare <= MAX_SPARE_CELLS ? cells.subarray(0, length) : cells.slice(0, length)) as Cells;
}

// Loops over whole columns stand by themselves: a function that goes on after its loop is compiled twice.

function maximum(cells: Int32Array): number {
  let largest = -1;
  for (let i = 0; i < cells.length; i++) if (cells[i] > largest) largest = cells[i];
  return largest;
}

/** Adds `column[i]` to `cells[rows[i]]`. @returns the first row whose sum is no safe integer, and was not added. */
function addNarrow(cells: Float64Array, rows: Int32Array, column: Float64Array, sign: 1 | -1): number {
  let i = 0;
  for (; i < rows.length; i++) {
    if (rows[i] < 0) continue;
    const sum = cells[rows[i]] + sign * column[i];
    if (!Number.isSafeInteger(sum)) return i;
    cells[rows[i]] = sum;
  }
  return i;
}

/** A growing column of 64-bit integers; see Int64Column for how it chooses its kind. */
class WideBuilder {
  #narrow: Float64Array;
  #wide: BigInt64Array | null = null;
  #length = 0;
  readonly #isSigned: boolean;
  readonly #budget: TableBudget | null;

  constructor(isSigned: boolean, capacity: number, budget: TableBudget | null) {
    this.#isSigned = isSigned;
    this.#budget = budget;
    const cells = Math.max(1, capacity);
    this.#narrow = budget === null ? new Float64Array(cells) : budget.float64(cells, 'values');
  }

  get length(): number {
    return this.#length;
  }

  /** Pushes the 64-bit integer whose halves are given as unsigned 32-bit numbers. */
  pushWords(high: number, low: number): void {
    if (high < 0x200000) return this.pushNumber(high * TWO_32 + low);
    if (this.#isSigned) {
      const value = (high | 0) * TWO_32 + low;
      if (Number.isSafeInteger(value)) return this.pushNumber(value);
    }
    this.pushBig((BigInt(high) << 32n) | BigInt(low));
  }

  /** Pushes a safe integer. */
  pushNumber(value: number): void {
    if (this.#wide !== null) return this.pushBig(BigInt(value));
    if (this.#length === this.#narrow.length) {
      this.#budget?.take(this.#narrow.length * 16, 'values');
      const grown = new Float64Array(this.#narrow.length * 2);
      grown.set(this.#narrow);
      this.#narrow = grown;
    }
    this.#narrow[this.#length++] = value;
  }

  pushBig(value: bigint): void {
    const wide = this.#widen();
    wide[this.#length++] = value;
  }

  push(value: number | bigint): void {
    if (typeof value === 'number') return this.pushNumber(value);
    const exact = this.#isSigned ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
    const narrow = Number(exact);
    if (Number.isSafeInteger(narrow)) this.pushNumber(narrow);
    else this.pushBig(exact);
  }

  /** Forgets the cells from `length` on. */
  truncate(length: number): void {
    this.#length = length;
  }

  at(row: number): number | bigint {
    return this.#wide === null ? this.#narrow[row] : this.#wide[row];
  }

  /** Adds to a cell; int64 arithmetic, which wraps as Go's does. */
  add(row: number, value: number | bigint): void {
    if (this.#wide === null && typeof value === 'number') {
      const sum = this.#narrow[row] + value;
      if (Number.isSafeInteger(sum)) {
        this.#narrow[row] = sum;
        return;
      }
    }
    const wide = this.#widen();
    wide[row] = BigInt.asIntN(64, wide[row] + BigInt(value));
  }

  /** Cells of 0 up to `length`. */
  growTo(length: number): void {
    if (length <= this.#length) return;
    const cells = this.#wide ?? this.#narrow;
    if (length > cells.length) {
      const capacity = Math.max(length, cells.length * 2);
      this.#budget?.take(capacity * 8, 'values');
      if (this.#wide !== null)
        (this.#wide = new BigInt64Array(capacity)).set(cells.subarray(0, this.#length) as BigInt64Array);
      else (this.#narrow = new Float64Array(capacity)).set(cells.subarray(0, this.#length) as Float64Array);
    } else if (this.#wide !== null) this.#wide.fill(0n, this.#length, length);
    else this.#narrow.fill(0, this.#length, length);
    this.#length = length;
  }

  /**
   * Adds a column, or takes it away: cell i to row `rows[i]`, where that is none of NO_ROW. Rows that are not there yet
   * begin with 0. int64 arithmetic, which wraps as Go's does.
   */
  addAll(rows: Int32Array, column: Int64Column, sign: 1 | -1): void {
    this.growTo(maximum(rows) + 1);
    const isNarrow = this.#wide === null && column instanceof Float64Array;
    let i = isNarrow ? addNarrow(this.#narrow, rows, column, sign) : 0;
    for (; i < rows.length; i++) {
      const value = column[i];
      if (rows[i] >= 0)
        this.add(rows[i], sign === 1 ? value : typeof value === 'bigint' ? -value : 0 - value);
    }
  }

  /** The column as it is read: cells beyond 2^63 of an unsigned column come back unsigned. */
  finishBits(): Float64Array | BigInt64Array {
    return this.#wide === null ? exact(this.#narrow, this.#length) : exact(this.#wide, this.#length);
  }

  /** The 64-bit column with room for one more cell. */
  #widen(): BigInt64Array {
    let wide = this.#wide;
    if (wide === null) {
      this.#budget?.take(Math.max(this.#narrow.length, this.#length + 1) * 8, 'values');
      wide = new BigInt64Array(Math.max(this.#narrow.length, this.#length + 1));
      for (let row = 0; row < this.#length; row++) wide[row] = BigInt(this.#narrow[row]);
      this.#narrow = new Float64Array(1);
    } else if (this.#length === wide.length) {
      this.#budget?.take(wide.length * 16, 'values');
      const grown = new BigInt64Array(wide.length * 2);
      grown.set(wide);
      wide = grown;
    }
    this.#wide = wide;
    return wide;
  }
}

export class Int64Builder extends WideBuilder {
  constructor(capacity = FIRST_CAPACITY, budget: TableBudget | null = null) {
    super(true, capacity, budget);
  }
  finish(): Int64Column {
    return this.finishBits();
  }
}

export class Uint64Builder extends WideBuilder {
  constructor(capacity = FIRST_CAPACITY, budget: TableBudget | null = null) {
    super(false, capacity, budget);
  }
  finish(): Uint64Column {
    const bits = this.finishBits();
    return bits instanceof Float64Array
      ? bits
      : new BigUint64Array(bits.buffer, bits.byteOffset, bits.length);
  }
}

/** Exact value of a cell. */
export function exactAt(column: Int64Column | Uint64Column, row: number): bigint {
  const value = column[row];
  return typeof value === 'bigint' ? value : BigInt(value);
}

/** Value of a cell as a number: exact up to 2^53 - 1, the nearest double beyond. */
export function numberAt(column: Int64Column | Uint64Column, row: number): number {
  return Number(column[row]);
}

/** Whether two columns hold the same integers, whatever their kinds. */
export function equalColumns(a: Int64Column | Uint64Column, b: Int64Column | Uint64Column): boolean {
  if (a.length !== b.length) return false;
  for (let row = 0; row < a.length; row++) if (a[row] != b[row]) return false; // eslint-disable-line eqeqeq -- 1n == 1
  return true;
}
