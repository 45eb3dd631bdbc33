// Call stacks stored once. Heap profiles repeat a stack for every object size, so decoding finds the equal ones.
import type { TableBudget } from './table-budget.ts';
import type { StackIndex, StackTable } from './tables.ts';

/**
 * Slots visited before a stack is stored a second time. The hash can be attacked through the file; a repeated row
 * costs memory but breaks nothing, because no operation relies on stacks being distinct.
 */
const MAX_PROBES = 32;

/** Stacks that a table has room for at first, and locations of each. */
const FIRST_STACKS = 64;
const FIRST_DEPTH = 8;

/** Locations whose rows fit into 16 bits. */
const MAX_SHORT_ROWS = 65_536;

/** More slots are not reserved ahead of the stacks themselves, however many are announced. */
const MAX_EXPECTED_STACKS = 65_536;

/** Growing by more at once would reserve memory that a hostile input only announces. */
const MAX_GROWTH = 4;

/** Unused cells that a finished table may keep, as a share of the used ones. */
const MAX_WASTE = 1 / 8;

/** Slots are at most three quarters full. */
const FILL_NUMERATOR = 4;
const FILL_DENOMINATOR = 3;

/** Turns after which the engine remembers what it saw: it does not from the first one on. */
const PRACTICE = 64;

/** Multiplier of the hash: 2^32 divided by the golden ratio. */
const HASH_FACTOR = 0x9e3779b1;

/** One step of the hash of a stack; it begins with 0. */
export function hashLocation(hash: number, location: number): number {
  return Math.imul(hash ^ location, HASH_FACTOR);
}

/**
 * A growing StackTable: push the locations of one stack, then `close` it to get its row. A decoder that writes cells by
 * itself asks for `room`, writes from `length` on and closes with `closeWritten`.
 */
export class StackRows {
  readonly #budget: TableBudget | null;
  /** Rows are below 65,536. */
  readonly #isShort: boolean;
  #location: Int32Array | Uint16Array;
  #length = 0;
  #start: Int32Array;
  #count = 0;
  /**
   * Hash table: 0 = free, else row + 1 in the low bits (as many as number the slots) and bits of the hash above them, so
   * that a look-up hardly ever goes to the cells of another stack.
   */
  #slots: Int32Array;

  /**
   * @param stacks how many there will be, or a guess.
   * @param locations in all of them.
   * @param rows of the table of locations, where that is known.
   */
  constructor(
    stacks = FIRST_STACKS,
    locations = stacks * FIRST_DEPTH,
    rows = MAX_SHORT_ROWS + 1,
    budget: TableBudget | null = null,
  ) {
    const expected = Math.min(Math.max(stacks, 1), MAX_EXPECTED_STACKS);
    this.#budget = budget;
    this.#isShort = rows <= MAX_SHORT_ROWS;
    this.#location = this.#newCells(locations);
    this.#start = this.#newInt32(expected + 1);
    const slots = 2 ** Math.ceil(Math.log2((expected * FILL_NUMERATOR) / FILL_DENOMINATOR + 1));
    this.#slots = this.#newInt32(slots);
  }

  /** Cells of all stacks so far, the open one included. */
  get length(): number {
    return this.#length;
  }

  /** Next location of the open stack, leaf first. */
  push(location: number): void {
    if (this.#length === this.#location.length) this.room(1, 0);
    this.#location[this.#length++] = location;
  }

  /**
   * The cells, with room for `count` more behind `length`; valid until the next call. `share` (0 to 1) of all stacks is
   * there already, so that they seldom move twice.
   */
  room(count: number, share: number): Int32Array | Uint16Array {
    if (this.#length + count > this.#location.length) this.#growLocations(this.#length + count, share);
    return this.#location;
  }

  /** Row of the open stack: an earlier equal one if there is one. */
  close(): StackIndex {
    const cells = this.#location;
    let hash = 0;
    for (let at = this.#start[this.#count]; at < this.#length; at++) hash = hashLocation(hash, cells[at]);
    return this.closeWritten(this.#length, hash);
  }

  /** Closes a stack whose cells up to `to` were written into `room`; `chain` is what hashLocation makes of them. */
  closeWritten(to: number, chain: number): StackIndex {
    const from = this.#start[this.#count];
    const hash = mix(chain ^ (to - from));
    const slots = this.#slots;
    const mask = slots.length - 1;
    const mark = tagOf(hash, mask);
    let slot = hash & mask;
    let known = -1;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const found = slots[slot];
      if (found === 0) {
        slots[slot] = mark | (this.#count + 1);
        break;
      }
      if ((found & ~mask) === mark && this.#isEqual((found & mask) - 1, from, to)) {
        known = (found & mask) - 1;
        break;
      }
      slot = (slot + 1) & mask;
    }
    this.#length = known === -1 ? to : from;
    if (known !== -1) return known as StackIndex;
    const row = this.#count++;
    if (this.#count === this.#start.length) this.#growStarts();
    this.#start[this.#count] = to;
    if (this.#count * FILL_NUMERATOR > slots.length * FILL_DENOMINATOR) this.#rehash();
    return row as StackIndex;
  }

  finish(): StackTable {
    return {
      length: this.#count,
      locationStart: trimmed(this.#start, this.#count + 1),
      location: trimmed(this.#location, this.#length) as StackTable['location'],
    };
  }

  #isEqual(row: number, from: number, to: number): boolean {
    const cells = this.#location;
    let at = this.#start[row];
    if (this.#start[row + 1] - at !== to - from) return false;
    for (let i = from; i < to; i++, at++) if (cells[i] !== cells[at]) return false;
    return true;
  }

  #growLocations(needed: number, share: number): void {
    const expected = share > 0 ? (this.#length / share) * (1 + MAX_WASTE / 2) : this.#location.length * 2;
    const capacity = Math.ceil(Math.min(expected, this.#location.length * MAX_GROWTH));
    const larger = this.#newCells(Math.max(needed, capacity, FIRST_STACKS));
    larger.set(this.#location.subarray(0, this.#length));
    this.#location = larger;
  }

  #newCells(count: number): Int32Array | Uint16Array {
    if (!this.#isShort) return this.#newInt32(count);
    return this.#budget === null ? new Uint16Array(count) : this.#budget.uint16(count, 'stacks');
  }

  #growStarts(): void {
    const larger = this.#newInt32(this.#count * 2);
    larger.set(this.#start);
    this.#start = larger;
  }

  #rehash(): void {
    const slots = this.#newInt32(this.#slots.length * 2);
    const mask = slots.length - 1;
    const cells = this.#location;
    for (let row = 0; row < this.#count; row++) {
      const to = this.#start[row + 1];
      let chain = 0;
      for (let at = this.#start[row]; at < to; at++) chain = hashLocation(chain, cells[at]);
      const hash = mix(chain ^ (to - this.#start[row]));
      let slot = hash & mask;
      for (let probe = 0; probe < MAX_PROBES && slots[slot] !== 0; probe++) slot = (slot + 1) & mask;
      if (slots[slot] === 0) slots[slot] = tagOf(hash, mask) | (row + 1);
    }
    this.#slots = slots;
  }

  #newInt32(count: number): Int32Array {
    return this.#budget === null ? new Int32Array(count) : this.#budget.int32(count, 'stacks');
  }
}

/** The bits of a hash that a slot keeps: other ones than those that number it. */
function tagOf(hash: number, mask: number): number {
  return Math.imul(hash, HASH_FACTOR) & ~mask;
}

/** Spreads what the multiplications left in the high bits. */
function mix(chain: number): number {
  const hash = Math.imul(chain ^ (chain >>> 15), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

/**
 * Meets stacks that are known already, some times. Code that was compiled before it met one is thrown away at the first, and
 * with it the decoder that it was built into: that takes longer than all of this.
 */
export function practiseStacks(): void {
  const rows = new StackRows();
  for (let turn = 0; turn < PRACTICE; turn++) {
    rows.push(turn & 1);
    rows.push(1);
    rows.close();
  }
}

/** The first cells, copied only where much would be left behind them. */
export function trimmed<Cells extends Int32Array | Uint16Array>(cells: Cells, length: number): Cells {
  const isWasteful = cells.length - length > length * MAX_WASTE;
  return (isWasteful ? cells.slice(0, length) : cells.subarray(0, length)) as Cells;
}
