// Protocol-buffer wire format, written into one growing buffer. Nested messages are written in place: their length
// goes in front afterwards, by moving the body when it needs more than one byte.

const FIRST_CAPACITY = 4096;

export class WireWriter {
  #bytes = new Uint8Array(FIRST_CAPACITY);
  #pos = 0;

  /** A varint field; zero is the default of profile.proto and is left out. */
  integer(field: number, value: number | bigint): void {
    if (value == 0) return; // eslint-disable-line eqeqeq -- 0n too
    this.#number(field * 8);
    this.value(value);
  }

  /** A varint without a tag; negative numbers as ten bytes, as int64 asks. */
  value(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0) return this.#number(value);
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 0x7fn) {
      this.#byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.#byte(Number(rest));
  }

  bytes(field: number, bytes: Uint8Array): void {
    this.#number(field * 8 + 2);
    this.#number(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#pos);
    this.#pos += bytes.length;
  }

  /** A length-delimited field whose content `write` puts in: a sub-message or packed numbers. */
  message(field: number, write: () => void): void {
    this.#number(field * 8 + 2);
    const start = this.#pos;
    write();
    const length = this.#pos - start;
    const lengthBytes = varintBytes(length);
    this.#reserve(lengthBytes);
    this.#bytes.copyWithin(start + lengthBytes, start, this.#pos);
    this.#pos = start;
    this.#number(length);
    this.#pos += length;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#pos);
  }

  #number(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#byte(rest);
  }

  #byte(byte: number): void {
    if (this.#pos === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#pos++] = byte;
  }

  #reserve(count: number): void {
    if (this.#pos + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#pos + count));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

function varintBytes(value: number): number {
  let count = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) count++;
  return count;
}
