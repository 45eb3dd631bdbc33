// Strings as they lie in a profile: UTF-8 bytes and offsets. A profile holds thousands of names and a report shows
// twenty of them, so a name becomes a JavaScript string only when somebody asks for it.

import { decodeUtf8, encodeUtf8 } from './utf8.ts';

/** Row number in a StringTable. */
export type StringIndex = number & { readonly __rowOf: 'strings' };

/** Returned by `find` when no row holds the text. */
export const NO_STRING = -1;

/**
 * Slots that a look-up visits before it gives up on the hash. FNV-1a is fast but can be attacked: whoever writes the
 * profile can make every name collide. Rows beyond the bound go to a Map, whose hash is seeded by the engine, so
 * building stays linear and a look-up stays constant whatever the input.
 */
const MAX_PROBES = 32;

/**
 * A finished table. Rows need not be distinct (a decoder keeps the rows of its input); `canonicalRow` tells which
 * rows hold the same bytes.
 *
 * Invariants: 0 <= start[row] <= end[row] <= bytes.length. Rows may share or skip bytes, so that the strings of a
 * decoded message can stay where they were.
 *
 *     bytes  "\x32\x00\x32\x04main\x32\x03run"
 *     start  [ 2, 4, 10 ]
 *     end    [ 2, 8, 13 ]          rows: "", "main", "run"
 *
 * The three columns are all there is: they cross a worker's boundary as transferred buffers and
 * `new StringTable(bytes, start, end)` is the same table again.
 */
export class StringTable {
  readonly bytes: Uint8Array;
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly #texts: (string | undefined)[] = [];
  #index: StringRowIndex | null = null;

  constructor(bytes: Uint8Array, start: Int32Array, end: Int32Array) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  get length(): number {
    return this.start.length;
  }

  /** Text of a row, decoded on first use as decodeUtf8 does. Throws RangeError for a row that is not there. */
  get(row: number): string {
    const known = this.#texts[row];
    if (known !== undefined) return known;
    if (row < 0 || row >= this.length)
      throw new RangeError(`string row ${row} of ${this.length} does not exist`);
    const text = decodeUtf8(this.bytes, this.start[row], this.end[row]);
    this.#texts[row] = text;
    return text;
  }

  /** First row with exactly this text, or NO_STRING. The first call indexes the table in O(bytes). */
  find(text: string): StringIndex | typeof NO_STRING {
    const wanted = encodeUtf8(text);
    return this.#rows().find(wanted, 0, wanted.length) as StringIndex | typeof NO_STRING;
  }

  /** The first row that holds the same bytes as this one: equal strings have equal canonical rows. */
  canonicalRow(row: number): StringIndex {
    return this.#rows().canonical[row] as StringIndex;
  }

  /** Order by UTF-8 bytes, which is the order of code points (JavaScript's `<` differs beyond U+FFFF). */
  compare(a: number, b: number): number {
    const { bytes, start, end } = this;
    const lengthA = end[a] - start[a];
    const lengthB = end[b] - start[b];
    const shared = Math.min(lengthA, lengthB);
    for (let i = 0; i < shared; i++) {
      const difference = bytes[start[a] + i] - bytes[start[b] + i];
      if (difference !== 0) return difference;
    }
    return lengthA - lengthB;
  }

  #rows(): StringRowIndex {
    this.#index ??= new StringRowIndex(this);
    return this.#index;
  }
}

/** Open addressing over the bytes of a finished table, with a bound on every walk. */
class StringRowIndex {
  readonly canonical: Int32Array;
  readonly #table: StringTable;
  readonly #slots: Int32Array;
  readonly #overflow = new Map<string, number>();

  constructor(table: StringTable) {
    this.#table = table;
    let capacity = 16;
    while (capacity < table.length * 2) capacity *= 2;
    this.#slots = new Int32Array(capacity).fill(-1);
    this.canonical = new Int32Array(table.length);
    for (let row = 0; row < table.length; row++) this.canonical[row] = this.#insert(row);
  }

  #insert(row: number): number {
    const { bytes, start, end } = this.#table;
    const found = this.find(bytes, start[row], end[row]);
    if (found !== NO_STRING) return found;
    const mask = this.#slots.length - 1;
    let slot = hashBytes(bytes, start[row], end[row]) & mask;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      if (this.#slots[slot] === -1) {
        this.#slots[slot] = row;
        return row;
      }
      slot = (slot + 1) & mask;
    }
    this.#overflow.set(binaryText(bytes, start[row], end[row]), row);
    return row;
  }

  find(wanted: Uint8Array, from: number, to: number): number {
    const { bytes, start, end } = this.#table;
    const mask = this.#slots.length - 1;
    let slot = hashBytes(wanted, from, to) & mask;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const row = this.#slots[slot];
      if (row === -1) return NO_STRING;
      if (equalBytes(bytes, start[row], end[row], wanted, from, to)) return row;
      slot = (slot + 1) & mask;
    }
    return this.#overflow.size === 0
      ? NO_STRING
      : (this.#overflow.get(binaryText(wanted, from, to)) ?? NO_STRING);
  }
}

const FIRST_ROWS = 64;
const FIRST_BYTES = 1024;

/**
 * A growing table in which every text has exactly one row. Row 0 is always the empty string, as profile.proto asks.
 * Equality is by bytes, so texts that are no valid UTF-8 stay apart and stay as they were.
 */
export class StringTableBuilder {
  /** Rows of texts that were asked for as texts: a look-up here needs no encoding. */
  readonly #rowByText = new Map<string, number>();
  /** Rows for which there was no slot within MAX_PROBES. */
  readonly #overflow = new Map<string, number>();
  #bytes = new Uint8Array(FIRST_BYTES);
  /** Row r is bytes[end[r - 1] .. end[r]). */
  #end = new Int32Array(FIRST_ROWS);
  #hash = new Int32Array(FIRST_ROWS);
  #length = 0;
  /** Row + 1 by hash, 0 = free; at least twice as many as rows. */
  #slots = new Int32Array(FIRST_ROWS * 2);

  constructor() {
    this.intern('');
  }

  get length(): number {
    return this.#length;
  }

  /** Row of a text, added when it is new; see encodeUtf8. */
  intern(text: string): StringIndex {
    const known = this.#rowByText.get(text);
    if (known !== undefined) return known as StringIndex;
    const bytes = encodeUtf8(text);
    const row = this.internBytes(bytes, 0, bytes.length);
    this.#rowByText.set(text, row);
    return row;
  }

  /** Row of the text of another table's row, bytes unchanged. */
  internRow(table: StringTable, row: number): StringIndex {
    return this.internBytes(table.bytes, table.start[row], table.end[row]);
  }

  /** Row of a stretch of bytes, copied when it is new. */
  internBytes(bytes: Uint8Array, from: number, to: number): StringIndex {
    const hash = hashBytes(bytes, from, to) | 0;
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const row = slots[slot] - 1;
      if (row === -1) {
        slots[slot] = this.#length + 1;
        return this.#append(bytes, from, to, hash);
      }
      if (this.#hash[row] === hash && this.#isEqual(row, bytes, from, to)) return row as StringIndex;
      slot = (slot + 1) & mask;
    }
    const key = binaryText(bytes, from, to);
    const known = this.#overflow.get(key);
    if (known !== undefined) return known as StringIndex;
    this.#overflow.set(key, this.#length);
    return this.#append(bytes, from, to, hash);
  }

  finish(): StringTable {
    const length = this.#length;
    const end = this.#end.slice(0, length);
    const start = new Int32Array(length);
    start.set(end.subarray(0, length - 1), 1);
    return new StringTable(this.#bytes.slice(0, end[length - 1]), start, end);
  }

  #startOf(row: number): number {
    return row === 0 ? 0 : this.#end[row - 1];
  }

  #isEqual(row: number, bytes: Uint8Array, from: number, to: number): boolean {
    return equalBytes(this.#bytes, this.#startOf(row), this.#end[row], bytes, from, to);
  }

  #append(bytes: Uint8Array, from: number, to: number, hash: number): StringIndex {
    const row = this.#length++;
    const start = this.#startOf(row);
    const end = start + to - from;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes.subarray(from, to), start);
    if (row === this.#end.length) {
      this.#end = doubled(this.#end);
      this.#hash = doubled(this.#hash);
    }
    this.#end[row] = end;
    this.#hash[row] = hash;
    if (this.#length * 2 > this.#slots.length) this.#rehash();
    return row as StringIndex;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    this.#overflow.clear();
    for (let row = 0; row < this.#length; row++) {
      let slot = this.#hash[row] & mask;
      let probe = 0;
      for (; probe < MAX_PROBES && slots[slot] !== 0; probe++) slot = (slot + 1) & mask;
      if (probe < MAX_PROBES) slots[slot] = row + 1;
      else this.#overflow.set(binaryText(this.#bytes, this.#startOf(row), this.#end[row]), row);
    }
    this.#slots = slots;
  }
}

function doubled(cells: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(cells.length * 2);
  larger.set(cells);
  return larger;
}

/** One character per byte: an exact key for bytes that may be no valid UTF-8. */
function binaryText(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at]);
  return text;
}

function equalBytes(
  a: Uint8Array,
  startA: number,
  endA: number,
  b: Uint8Array,
  startB: number,
  endB: number,
): boolean {
  if (endA - startA !== endB - startB) return false;
  for (let i = startA, j = startB; i < endA; i++, j++) if (a[i] !== b[j]) return false;
  return true;
}

/** FNV-1a, 32 bits. */
function hashBytes(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193);
  return hash >>> 0;
}
