// Sequences of 32-bit numbers, each stored once: stacks, and the keys of functions, locations and samples while profiles
// are merged. No string is made per sequence.
import { trimmed } from '../pprof/stack-rows.ts';
import { NO_ROW } from '../pprof/tables.ts';

/**
 * Slots visited before a sequence goes to the overflow. The hash can be attacked through the profiles; the overflow is a
 * Map, whose hash is seeded by the engine, so that equal sequences always get one row and no input takes more than
 * linear time.
 */
const MAX_PROBES = 32;

const FIRST_SLOTS = 256;

/** As many rows as a column can count: no bound. */
const MAX_ROWS = 0x7fffffff;

/** 2^32 divided by the golden ratio. */
export const HASH_FACTOR = 0x9e3779b1;

const NUMBER = new Float64Array(1);
const NUMBER_CELLS = new Int32Array(NUMBER.buffer);

/** Pushes a number of any size as two cells; 0 and -0 are one number. `readNumber` has it back. */
export function pushNumber(sequence: SequenceInterner, value: number): void {
  NUMBER[0] = value + 0;
  sequence.push(NUMBER_CELLS[0]);
  sequence.push(NUMBER_CELLS[1]);
}

/** The number whose cells begin at `index` of a closed sequence. */
export function readNumber(sequence: SequenceInterner, row: number, index: number): number {
  NUMBER_CELLS[0] = sequence.at(row, index);
  NUMBER_CELLS[1] = sequence.at(row, index + 1);
  return NUMBER[0];
}

/** One step of the hash of a sequence; it begins with 0. */
export function chainHash(chain: number, value: number): number {
  return Math.imul(chain ^ value, HASH_FACTOR);
}

/**
 * Push the numbers of one sequence, then `intern` it to get its row. Loops that write many ask for `room`, write from
 * `length` on and close with `internWritten`.
 */
export class SequenceInterner {
  #cells = new Int32Array(FIRST_SLOTS * 2);
  /** Cells in use, the open sequence included. */
  #length = 0;
  /** Row r is cells[start[r] .. start[r + 1]). */
  #start = new Int32Array(FIRST_SLOTS);
  #hash = new Int32Array(FIRST_SLOTS);
  #count = 0;
  /** Row + 1 by hash, 0 = free; at least twice as many as rows. */
  #slots = new Int32Array(FIRST_SLOTS);
  readonly #overflow = new Map<string, number>();

  /** Rows so far. `intern` gave a new one when it is what this was before. */
  get count(): number {
    return this.#count;
  }

  /** Next number of the open sequence. */
  push(value: number): void {
    if (this.#length === this.#cells.length) this.#growCells(this.#length + 1);
    this.#cells[this.#length++] = value;
  }

  /** Cells of all sequences so far, the open one included. */
  get length(): number {
    return this.#length;
  }

  /** The cells, with room for `count` more behind `length`; valid until the next call. */
  room(count: number): Int32Array {
    if (this.#length + count > this.#cells.length) this.#growCells(this.#length + count);
    return this.#cells;
  }

  /** Makes room for so many sequences more, with so many cells in all, where an empty interner will get them. */
  expect(sequences: number, cells: number): void {
    if (this.#count > 0 || sequences <= FIRST_SLOTS) return;
    this.#cells = new Int32Array(cells);
    this.#start = new Int32Array(sequences + 2);
    this.#hash = new Int32Array(sequences + 1);
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(sequences * 2)));
  }

  /**
   * Closes the open sequence: the row of an equal one, or a new row.
   * @param maxRows where a new one would be more than this: NO_ROW, and the sequence is forgotten.
   */
  intern(maxRows = MAX_ROWS): number {
    const cells = this.#cells;
    let chain = 0;
    for (let at = this.#start[this.#count]; at < this.#length; at++) chain = chainHash(chain, cells[at]);
    return this.internWritten(this.#length, chain, maxRows);
  }

  /** The same for a sequence whose cells up to `to` were written into `room`; `chain` is what chainHash makes of them. */
  internWritten(to: number, chain: number, maxRows = MAX_ROWS): number {
    const cells = this.#cells;
    const from = this.#start[this.#count];
    this.#length = to;
    const sized = chain ^ (to - from);
    const hash = Math.imul(sized ^ (sized >>> 15), 0x85ebca6b);
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 13)) & mask;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const row = this.#slots[slot] - 1;
      if (row === -1) {
        if (this.#count >= maxRows) return this.#forget(from);
        this.#slots[slot] = this.#count + 1;
        return this.#add(hash);
      }
      if (this.#hash[row] === hash && this.#isEqual(row, from, to)) {
        this.#length = from;
        return row;
      }
      slot = (slot + 1) & mask;
    }
    const key = cells.subarray(from, to).join(' ');
    const known = this.#overflow.get(key);
    if (known !== undefined) {
      this.#length = from;
      return known;
    }
    if (this.#count >= maxRows) return this.#forget(from);
    this.#overflow.set(key, this.#count);
    return this.#add(hash);
  }

  /** Cells of a closed sequence. */
  lengthOf(row: number): number {
    return this.#start[row + 1] - this.#start[row];
  }

  /** A number of a closed sequence. */
  at(row: number, index: number): number {
    return this.#cells[this.#start[row] + index];
  }

  /** All sequences, and the end of the interner: `cells[start[row] .. start[row + 1])`. */
  finish(): { start: Int32Array; cells: Int32Array } {
    return {
      start: trimmed(this.#start, this.#count + 1),
      cells: trimmed(this.#cells, this.#start[this.#count]),
    };
  }

  #growCells(needed: number): void {
    const larger = new Int32Array(Math.max(needed, this.#cells.length * 2));
    larger.set(this.#cells.subarray(0, this.#length));
    this.#cells = larger;
  }

  #forget(from: number): typeof NO_ROW {
    this.#length = from;
    return NO_ROW;
  }

  #add(hash: number): number {
    const row = this.#count++;
    if (this.#count === this.#start.length) this.#start = doubled(this.#start);
    if (row === this.#hash.length) this.#hash = doubled(this.#hash);
    this.#start[this.#count] = this.#length;
    this.#hash[row] = hash;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    return row;
  }

  #isEqual(row: number, from: number, to: number): boolean {
    const cells = this.#cells;
    let at = this.#start[row];
    if (this.#start[row + 1] - at !== to - from) return false;
    for (let i = from; i < to; i++, at++) if (cells[i] !== cells[at]) return false;
    return true;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    this.#overflow.clear();
    for (let row = 0; row < this.#count; row++) {
      const hash = this.#hash[row];
      let slot = (hash ^ (hash >>> 13)) & mask;
      let probe = 0;
      for (; probe < MAX_PROBES && slots[slot] !== 0; probe++) slot = (slot + 1) & mask;
      if (probe < MAX_PROBES) slots[slot] = row + 1;
      else this.#overflow.set(this.#cells.subarray(this.#start[row], this.#start[row + 1]).join(' '), row);
    }
    this.#slots = slots;
  }
}

/** Grows, and meets sequences that are known already, as practiseStacks does: the first of many profiles has none. */
export function practiseSequences(): void {
  const interner = new SequenceInterner();
  for (let turn = 0; turn < 3 * FIRST_SLOTS; turn++) {
    interner.room(turn);
    interner.push(turn >> 1);
    interner.push(1);
    interner.intern();
  }
}

/** The cells with as many of 0 behind them. */
export function doubled<Cells extends Int32Array | Float64Array>(cells: Cells): Cells {
  const larger =
    cells instanceof Int32Array ? new Int32Array(cells.length * 2) : new Float64Array(cells.length * 2);
  larger.set(cells);
  return larger as Cells;
}
