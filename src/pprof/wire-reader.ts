// Protocol-buffer wire format, read with a cursor. Nothing is allocated per field: a varint's low half is returned
// and its high half left in `high`. Every error names the byte, the field and what was found.
import { PlimsollError } from '../base/errors.ts';

export const WIRE_VARINT = 0;
export const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
export const WIRE_FIXED32 = 5;

/** A 64-bit number takes at most ten groups of seven bits. */
const MAX_VARINT_BYTES = 10;

/** Bytes behind a message that a fast path may look at: it loads words, even for the last byte of a field. */
export const READ_AHEAD = 8;

/** For `index`: the field cannot occur twice. */
const NO_TAG = -1;

/** Names of a message's fields by number, for errors; null where the number is not known to us. */
export type FieldNames = readonly (string | null)[];

export class WireReader {
  readonly bytes: Uint8Array;
  /** The same bytes. */
  readonly view: DataView;
  /** Next byte to read. */
  pos = 0;
  /** End of the message that is being read. */
  limit: number;
  /** High 32 bits of the last varint, unsigned. */
  high = 0;
  /** Where the last tag began. */
  tagStart = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.limit = bytes.length;
  }

  get isAtEnd(): boolean {
    return this.pos >= this.limit;
  }

  /** Low 32 bits of a varint, unsigned; the others are in `high`. */
  varint(field: string): number {
    const { pos } = this;
    if (pos + 1 < this.limit) {
      const byte = this.bytes[pos];
      if (byte < 0x80) {
        this.pos = pos + 1;
        this.high = 0;
        return byte;
      }
      const second = this.bytes[pos + 1];
      if (second < 0x80) {
        this.pos = pos + 2;
        this.high = 0;
        return (byte & 0x7f) | (second << 7);
      }
    }
    return this.#longVarint(field);
  }

  #longVarint(field: string): number {
    const { bytes, limit } = this;
    const start = this.pos;
    let pos = start;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 7 * MAX_VARINT_BYTES; shift += 7) {
      if (pos >= limit) throw this.error('the varint is cut off', field, pos);
      const byte = bytes[pos++];
      const group = byte & 0x7f;
      if (shift < 28) low |= group << shift;
      else if (shift === 28) {
        low |= group << 28;
        high = group >>> 4;
      } else high |= group << (shift - 32);
      if (byte < 0x80) {
        this.pos = pos;
        this.high = high >>> 0;
        return low >>> 0;
      }
    }
    throw this.error('a varint of more than 10 bytes', field, start);
  }

  /**
   * Tag of the next field: number * 8 + wire type. Numbers beyond 2^29 - 1 come back as -1 * wire type - 1: nobody
   * knows such a field, it is only skipped.
   */
  tag(message: string): number {
    this.tagStart = this.pos;
    const low = this.varint(message);
    return this.high === 0 && low < 0x80000000 ? low : -1 - (low & 7);
  }

  /** Reads a length and checks that so many bytes are there. */
  length(field: string): number {
    const start = this.pos;
    const length = this.varint(field);
    if (this.high !== 0 || length > this.limit - this.pos) {
      const found = (BigInt(this.high) << 32n) | BigInt(length);
      throw this.error(
        `a length of ${found} bytes where ${this.limit - this.pos} are left`,
        field,
        start,
        `${found}`,
      );
    }
    return length;
  }

  /** Goes past a length-delimited field. */
  skipBytes(field: string): void {
    const length = this.length(field); // moves `pos` first, so it cannot be part of a `+=`
    this.pos += length;
  }

  /** Narrows the reader to the length-delimited field that follows; returns the limit to restore. */
  enter(field: string): number {
    const length = this.length(field);
    const outer = this.limit;
    this.limit = this.pos + length;
    return outer;
  }

  /**
   * A row number of a table with `rows` rows. With the field's tag, a number that is too large counts only if it is
   * the last one: of a field that occurs twice in a message the last value holds.
   */
  index(rows: number, field: string, tag = NO_TAG): number {
    const start = this.pos;
    const row = this.varint(field);
    if (this.high === 0 && row < rows) return row;
    const found = this.signedText(this.high, row);
    if (tag !== NO_TAG && this.occursAgain(tag, field)) return 0;
    throw this.error(`index ${found} of a table with ${rows} entries`, field, start, found);
  }

  /** Whether a field occurs once more in what is left of the message; not if that is damaged. */
  occursAgain(tag: number, field: string): boolean {
    const { pos, high } = this;
    try {
      while (!this.isAtEnd) {
        const next = this.tag(field);
        if (next === tag) return true;
        this.skip(next, field, []);
      }
    } catch (error) {
      if (!(error instanceof PlimsollError)) throw error;
    } finally {
      this.pos = pos;
      this.high = high;
    }
    return false;
  }

  /** Signed 64-bit value as exact bigint. */
  int64(field: string): bigint {
    const low = this.varint(field);
    return BigInt.asIntN(64, (BigInt(this.high) << 32n) | BigInt(low));
  }

  /** Skips a field that we do not know; a known one here has the wrong wire type. */
  skip(tag: number, message: string, names: FieldNames): void {
    const number = tag < 0 ? -1 : tag >>> 3;
    const type = tag < 0 ? -1 - tag : tag & 7;
    const name = number >= 0 ? names[number] : undefined;
    if (typeof name === 'string')
      throw this.error(`wire type ${type} is wrong for this field`, `${message}.${name}`, this.tagStart);
    const field = `${message}.(field ${number})`;
    if (type === WIRE_VARINT) this.varint(field);
    else if (type === WIRE_BYTES) this.skipBytes(field);
    else if (type === WIRE_FIXED64) this.#advance(8, field);
    else if (type === WIRE_FIXED32) this.#advance(4, field);
    else throw this.error(`wire type ${type} does not exist in profiles`, field, this.tagStart, `${type}`);
  }

  #advance(count: number, field: string): void {
    if (count > this.limit - this.pos) throw this.error('the number is cut off', field, this.pos);
    this.pos += count;
  }

  /** The decimal text of an unsigned 64-bit integer. */
  unsignedText(high: number, low: number): string {
    return ((BigInt(high) << 32n) | BigInt(low)).toString();
  }

  /** The decimal text of a signed 64-bit integer. */
  signedText(high: number, low: number): string {
    return BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)).toString();
  }

  error(fact: string, field: string, offset: number, value?: string): PlimsollError {
    const found = value ?? hexOf(this.bytes, offset);
    return new PlimsollError('PROFILE_INVALID', 'pprof', fact, { offset, field, value: found });
  }
}

/** The bytes at an offset, as a person would type them into a search. */
export function hexOf(bytes: Uint8Array, offset: number): string {
  const shown = bytes.subarray(offset, offset + 8);
  if (shown.length === 0) return 'end of input';
  return Array.from(shown, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** Four groups of seven bits, each in its byte of a word, put together: a varint of up to four bytes. */
export function joinGroups(word: number): number {
  return (word & 0x7f) | ((word >>> 1) & 0x3f80) | ((word >>> 2) & 0x1fc000) | ((word >>> 3) & 0xfe00000);
}
