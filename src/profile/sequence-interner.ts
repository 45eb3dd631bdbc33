// Sequences of 32-bit numbers, each stored once: stacks, and the keys of functions, locations and samples while profiles
// are merged. No string is made per sequence.

/**
 * Slots visited before a sequence goes to the overflow. The hash can be attacked through the profiles; the overflow is a
 * Map, whose hash is seeded by the engine, so that equal sequences always get one row and no input takes more than
 * linear time.
 */
const MAX_PROBES = 32;

const FIRST_SLOTS = 256;

/** 2^32 divided by the golden ratio. */
const HASH_FACTOR = 0x9e3779b1;

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
    if (this.#length === this.#cells.length) this.#cells = doubled(this.#cells);
    this.#cells[this.#length++] = value;
  }

  /** Closes the open sequence: the row of an equal one, or a new row. */
  intern(): number {
    const cells = this.#cells;
    const from = this.#start[this.#count];
    const to = this.#length;
    let chain = to - from;
    for (let at = from; at < to; at++) chain = Math.imul(chain ^ cells[at], HASH_FACTOR);
    const hash = Math.imul(chain ^ (chain >>> 15), 0x85ebca6b);
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 13)) & mask;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const row = this.#slots[slot] - 1;
      if (row === -1) {
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
    this.#overflow.set(key, this.#count);
    return this.#add(hash);
  }

  /** A number of a closed sequence. */
  at(row: number, index: number): number {
    return this.#cells[this.#start[row] + index];
  }

  /** All sequences: `cells[start[row] .. start[row + 1])`. */
  finish(): { start: Int32Array; cells: Int32Array } {
    return {
      start: this.#start.slice(0, this.#count + 1),
      cells: this.#cells.slice(0, this.#start[this.#count]),
    };
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

function doubled(cells: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(cells.length * 2);
  larger.set(cells);
  return larger;
}
