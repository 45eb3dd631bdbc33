// What decoding may allocate. A message of a few bytes can ask for tables a hundred times its size (a sample without a
// stack takes two bytes there and dozens here), so every table is paid for before it is allocated.
import { PlimsollError } from '../base/errors.ts';

/**
 * Bytes that the tables of one profile may take, everything counted that is ever allocated for them, also what is given
 * back. A heap profile of 60,000 samples takes 10 MiB, one of ten million small samples 250 MiB. Together with the
 * largest message that is taken from outside (128 MiB) and Node itself this stays below 512 MiB.
 */
export const MAX_TABLE_BYTES = 288 * 1024 * 1024;

export class TableBudget {
  #left: number;
  readonly #limit: number;

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
}
