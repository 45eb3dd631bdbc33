// Group commit: rows that arrive while an insert is under way go together into the next one. A single writer waits
// no longer than its own insert; fifty at once cost one insert instead of fifty.
import { PlimsollError } from '../base/errors.ts';

export interface GroupCommitOptions<Row> {
  /** Writes rows durably; rejects when none or only some were written. */
  readonly write: (rows: readonly Row[]) => Promise<void>;
  /** Rows of one insert at most (one caller's rows are not torn apart unless they alone are more). */
  readonly maxRows: number;
  /** Rows that may wait; beyond it callers are refused rather than memory filled. */
  readonly maxWaitingRows: number;
}

interface Waiting<Row> {
  readonly rows: readonly Row[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit<Row> {
  readonly #options: GroupCommitOptions<Row>;
  #waiting: Waiting<Row>[] = [];
  #waitingRows = 0;
  #running: Promise<void> | null = null;

  constructor(options: GroupCommitOptions<Row>) {
    this.#options = options;
  }

  /**
   * Resolves when these rows are durable.
   * @throws PlimsollError STORE_FAILED at once when too many rows wait already, else whatever `write` throws.
   */
  add(rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return Promise.resolve();
    if (this.#waitingRows > 0 && this.#waitingRows + rows.length > this.#options.maxWaitingRows) {
      const fact = `${this.#waitingRows} rows wait to be written already: the store is slower than what comes in`;
      return Promise.reject(new PlimsollError('STORE_FAILED', 'store', fact));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ rows, resolve, reject });
      this.#waitingRows += rows.length;
      this.#running ??= this.#drain().finally(() => (this.#running = null));
    });
  }

  /** Resolves when nothing is under way or waiting any more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #drain(): Promise<void> {
    // Callers of the same turn of the event loop belong together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      try {
        await this.#write(group.flatMap((waiting) => waiting.rows));
        for (const waiting of group) waiting.resolve();
      } catch (error) {
        for (const waiting of group) waiting.reject(error);
      }
    }
  }

  #takeGroup(): Waiting<Row>[] {
    let count = 0;
    let rows = 0;
    for (const waiting of this.#waiting) {
      if (count > 0 && rows + waiting.rows.length > this.#options.maxRows) break;
      count++;
      rows += waiting.rows.length;
    }
    this.#waitingRows -= rows;
    return this.#waiting.splice(0, count);
  }

  async #write(rows: readonly Row[]): Promise<void> {
    const { maxRows, write } = this.#options;
    for (let from = 0; from < rows.length; from += maxRows) await write(rows.slice(from, from + maxRows));
  }
}
