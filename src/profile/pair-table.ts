// Rows by pairs of row numbers, in an open-addressing table.
import { Int32Builder } from '../pprof/columns.ts';

const FIRST_SLOTS = 1024;

/** Gives every distinct pair (a, b) a row, in order of first appearance. */
export class PairTable {
  readonly first = new Int32Builder(FIRST_SLOTS);
  readonly second = new Int32Builder(FIRST_SLOTS);
  /** Row + 1; 0 = empty. At most half full. */
  #slots = new Int32Array(FIRST_SLOTS);

  get length(): number {
    return this.first.length;
  }

  row(a: number, b: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const firsts = this.first.view();
    const seconds = this.second.view();
    let slot = mix(a, b) & mask;
    for (;;) {
      const row = slots[slot] - 1;
      if (row < 0) break;
      if (firsts[row] === a && seconds[row] === b) return row;
      slot = (slot + 1) & mask;
    }
    const row = this.first.length;
    this.first.push(a);
    this.second.push(b);
    slots[slot] = row + 1;
    if ((row + 1) * 2 > slots.length) this.#grow();
    return row;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 4);
    const mask = slots.length - 1;
    for (let row = 0; row < this.length; row++) {
      let slot = mix(this.first.at(row), this.second.at(row)) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = row + 1;
    }
    this.#slots = slots;
  }
}

/** Multiplicative mixing (constants of MurmurHash3's finalizer). */
function mix(a: number, b: number): number {
  let mixed = Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
  return mixed ^ (mixed >>> 13);
}
