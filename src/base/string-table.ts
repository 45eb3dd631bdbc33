// Strings as they lie in a profile: UTF-8 bytes and offsets. A profile holds thousands of names and a report shows
// twenty of them, so a name becomes a JavaScript string only when somebody asks for it.

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

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });
const ENCODER = new TextEncoder();

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

  /** Text of a row, decoded on first use; invalid UTF-8 shows as U+FFFD. Throws RangeError for a row that is not there. */
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
    const wanted = ENCODER.encode(text);
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

  /** Whether the bytes of a row are valid UTF-8 text, that is, whether `get` loses nothing. */
  isLossless(row: number): boolean {
    const text = this.get(row);
    if (!text.includes('\ufffd')) return true;
    const again = ENCODER.encode(text);
    return equalBytes(this.bytes, this.start[row], this.end[row], again, 0, again.length);
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

/**
 * A growing table in which every text has exactly one row. Row 0 is always the empty string, as profile.proto asks.
 * Equality is by bytes, so texts that are no valid UTF-8 stay apart and stay as they were.
 */
export class StringTableBuilder {
  readonly #rowByText = new Map<string, number>();
  readonly #rowByBinary = new Map<string, number>();
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor() {
    this.intern('');
  }

  get length(): number {
    return this.#chunks.length;
  }

  /** Row of a text, added when it is new. Lone surrogates become U+FFFD. */
  intern(text: string): StringIndex {
    const known = this.#rowByText.get(text);
    if (known !== undefined) return known as StringIndex;
    const row = this.#append(ENCODER.encode(text));
    this.#rowByText.set(text, row);
    return row as StringIndex;
  }

  /** Row of the text of another table's row, bytes unchanged. */
  internRow(table: StringTable, row: number): StringIndex {
    if (table.isLossless(row)) return this.intern(table.get(row));
    const key = binaryText(table.bytes, table.start[row], table.end[row]);
    const known = this.#rowByBinary.get(key);
    if (known !== undefined) return known as StringIndex;
    const added = this.#append(table.bytes.slice(table.start[row], table.end[row]));
    this.#rowByBinary.set(key, added);
    return added as StringIndex;
  }

  finish(): StringTable {
    const bytes = new Uint8Array(this.#bytes);
    const start = new Int32Array(this.#chunks.length);
    const end = new Int32Array(this.#chunks.length);
    let at = 0;
    for (let row = 0; row < this.#chunks.length; row++) {
      const chunk = this.#chunks[row];
      bytes.set(chunk, at);
      start[row] = at;
      at += chunk.length;
      end[row] = at;
    }
    return new StringTable(bytes, start, end);
  }

  #append(bytes: Uint8Array): number {
    this.#chunks.push(bytes);
    this.#bytes += bytes.length;
    return this.#chunks.length - 1;
  }
}

/** Below this length a loop over ASCII bytes is faster than a call of TextDecoder. */
const SHORT_TEXT_BYTES = 64;

function decodeUtf8(bytes: Uint8Array, from: number, to: number): string {
  if (to - from <= SHORT_TEXT_BYTES) {
    let text = '';
    let at = from;
    while (at < to && bytes[at] < 0x80) text += String.fromCharCode(bytes[at++]);
    if (at === to) return text;
  }
  return UTF8.decode(bytes.subarray(from, to));
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
