// Call stacks stored once. Heap profiles repeat a stack for every object size, so decoding finds the equal ones.
import { Int32Builder } from './columns.ts';
import type { StackIndex, StackTable } from './tables.ts';

/**
 * Slots visited before a stack is stored a second time. The hash can be attacked through the file; a repeated row
 * costs memory but breaks nothing, because no operation relies on stacks being distinct.
 */
const MAX_PROBES = 32;

/** A growing StackTable: push the locations of one stack, then `close` it to get its row. */
export class StackRows {
  readonly #location = new Int32Builder(1024);
  readonly #locationStart = new Int32Builder(256);
  readonly #hash = new Int32Builder(256);
  #slots = new Int32Array(512).fill(-1);

  constructor() {
    this.#locationStart.push(0);
  }

  /** Next location of the open stack, leaf first. */
  push(location: number): void {
    this.#location.push(location);
  }

  /** Row of the open stack: an earlier equal one if there is one. */
  close(): StackIndex {
    const row = this.#hash.length;
    const from = this.#locationStart.at(row);
    const to = this.#location.length;
    const cells = this.#location.view();
    let hash = to - from;
    for (let at = from; at < to; at++) hash = Math.imul(hash ^ cells[at], 0x9e3779b1) ^ (hash >>> 15);
    if (row * 2 >= this.#slots.length) this.#rehash();
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 16)) & mask;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const found = this.#slots[slot];
      if (found === -1) {
        this.#slots[slot] = row;
        break;
      }
      if (this.#hash.at(found) === hash && this.#isEqual(found, from, to)) {
        this.#location.truncate(from);
        return found as StackIndex;
      }
      slot = (slot + 1) & mask;
    }
    this.#hash.push(hash);
    this.#locationStart.push(to);
    return row as StackIndex;
  }

  finish(): StackTable {
    return {
      length: this.#hash.length,
      locationStart: this.#locationStart.finish(),
      location: this.#location.finishIndex(),
    };
  }

  #isEqual(row: number, from: number, to: number): boolean {
    const cells = this.#location.view();
    let at = this.#locationStart.at(row);
    if (this.#locationStart.at(row + 1) - at !== to - from) return false;
    for (let i = from; i < to; i++, at++) if (cells[i] !== cells[at]) return false;
    return true;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let row = 0; row < this.#hash.length; row++) {
      const hash = this.#hash.at(row);
      let slot = (hash ^ (hash >>> 16)) & mask;
      for (let probe = 0; probe < MAX_PROBES && slots[slot] !== -1; probe++) slot = (slot + 1) & mask;
      if (slots[slot] === -1) slots[slot] = row;
    }
    this.#slots = slots;
  }
}
