// What decoding may allocate. A message of a few bytes can ask for tables a hundred times its size (a sample without a
// stack takes two bytes there and dozens here), so every table is paid for before it is allocated.
import { PlimsollError } from '../base/errors.ts';

/**
 * Bytes that the tables of one profile may take, everything counted that is ever allocated for them, also what is given
 * back. A heap profile of 60,000 samples takes 10 MiB, one of ten million small samples 250 MiB. Together with the
 * largest message that is taken from outside (128 MiB) and Node itself this stays below 512 MiB.
 */
export const MAX_TABLE_BYTES = 288 * 1024 * 1024;

/**
 * Columns of so many bytes lie together in pieces of memory. Small profiles consist of dozens of small columns, and asking
 * for memory for each took half the time of decoding them.
 */
const MAX_SHARING_BYTES = 2048;
/** Such a piece; what is left of it when a column does not fit is lost. */
const SHARED_BYTES = 8192;
const NOTHING = new ArrayBuffer(0);
const OWN = -1;

export class TableBudget {
  #left: number;
  readonly #limit: number;
  #shared = NOTHING;
  /** Bytes of `#shared` that are given away: a multiple of 8. */
  #used = 0;

  constructor(limit = MAX_TABLE_BYTES) {
    this.#limit = limit;
    this.#left = limit;
  }

  /**
   * Pays for `bytes`; call it before allocating them.
   * @throws PlimsollError PROFILE_TOO_LARGE when there is not so much left.
   */
  take(bytes: number, field: string): void {
    this.#left -= bytes;
    if (this.#left >= 0) return;
    const asked = Math.ceil((this.#limit - this.#left) / 1048576);
    throw new PlimsollError(
      'PROFILE_TOO_LARGE',
      'pprof',
      `its tables would take more than ${Math.floor(this.#limit / 1048576)} MiB of memory`,
      { field, value: `${asked} MiB` },
    );
  }

  /** A column of zeros, paid for. Others may lie in its buffer. */
  int32(count: number, field: string): Int32Array {
    const at = this.#place(count * 4, field);
    return at === OWN ? new Int32Array(count) : new Int32Array(this.#shared, at, count);
  }

  /** The same of doubles. */
  float64(count: number, field: string): Float64Array {
    const at = this.#place(count * 8, field);
    return at === OWN ? new Float64Array(count) : new Float64Array(this.#shared, at, count);
  }

  /** The same of unsigned 16-bit numbers. */
  uint16(count: number, field: string): Uint16Array {
    const at = this.#place(count * 2, field);
    return at === OWN ? new Uint16Array(count) : new Uint16Array(this.#shared, at, count);
  }

  /** The same of bytes. */
  uint8(count: number, field: string): Uint8Array {
    const at = this.#place(count, field);
    return at === OWN ? new Uint8Array(count) : new Uint8Array(this.#shared, at, count);
  }

  /** Pays for a column. @returns where it lies in the shared memory; OWN = it is worth memory of its own. */
  #place(bytes: number, field: string): number {
    this.take(bytes, field);
    if (bytes > MAX_SHARING_BYTES) return OWN;
    const size = (bytes + 7) & ~7;
    if (this.#used + size > this.#shared.byteLength) {
      this.#shared = new ArrayBuffer(SHARED_BYTES);
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += size;
    return at;
  }
}
