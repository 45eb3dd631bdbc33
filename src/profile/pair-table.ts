// Rows by pairs of row numbers, in an open-addressing table.
import { Int32Builder } from '../pprof/columns.ts';
import { NO_ROW } from '../pprof/tables.ts';

const FIRST_SLOTS = 1024;

/**
 * Slots visited before a pair goes to the overflow. The hash can be attacked through the profiles; the overflow is a Map,
 * whose hash is seeded by the engine.
 */
const MAX_PROBES = 32;

/** Gives every distinct pair (a, b) a row, in order of first appearance. */
export class PairTable {
  readonly first = new Int32Builder(FIRST_SLOTS);
  readonly second = new Int32Builder(FIRST_SLOTS);
  /** Row + 1; 0 = empty. At most half full. */
  #slots = new Int32Array(FIRST_SLOTS);
  readonly #overflow = new Map<string, number>();

  get length(): number {
    return this.first.length;
  }

  row(a: number, b: number): number {
    const known = this.find(a, b);
    if (known !== NO_ROW) return known;
    const row = this.first.length;
    this.first.push(a);
    this.second.push(b);
    if (this.length * 2 > this.#slots.length) this.#grow();
    else this.#place(row);
    return row;
  }

  /** The row of a pair; NO_ROW where it has none. */
  find(a: number, b: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const firsts = this.first.view();
    const seconds = this.second.view();
    let slot = mix(a, b) & mask;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const row = slots[slot] - 1;
      if (row < 0) return NO_ROW;
      if (firsts[row] === a && seconds[row] === b) return row;
      slot = (slot + 1) & mask;
    }
    return this.#overflow.get(`${a} ${b}`) ?? NO_ROW;
  }

  /** Slots are never given back: where a row went to the overflow, all slots that it might have had stay taken. */
  #place(row: number): void {
    const mask = this.#slots.length - 1;
    const [a, b] = [this.first.at(row), this.second.at(row)];
    let slot = mix(a, b) & mask;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      if (this.#slots[slot] === 0) {
        this.#slots[slot] = row + 1;
        return;
      }
      slot = (slot + 1) & mask;
    }
    this.#overflow.set(`${a} ${b}`, row);
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 4);
    this.#overflow.clear();
    for (let row = 0; row < this.length; row++) this.#place(row);
  }
}

/** Multiplicative mixing (constants of MurmurHash3's finalizer). */
function mix(a: number, b: number): number {
  let mixed = Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
  return mixed ^ (mixed >>> 13);
}
