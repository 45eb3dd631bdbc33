// One statement at a time, in the order of arrival: chDB's parameters and settings belong to the connection, and
// two statements at once on one connection would read each other's.

/** Statements that wait. Every waiting one holds its request in memory; beyond this the caller is told to slow down. */
export const MAX_WAITING = 256;

export class QueueFull extends Error {
  constructor() {
    super(`Code: 202. DB::Exception: ${MAX_WAITING} statements wait already (TOO_MANY_SIMULTANEOUS_QUERIES)`);
    this.name = 'QueueFull';
  }
}

export class QueryQueue {
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @throws QueueFull, at once, when MAX_WAITING are waiting. */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= MAX_WAITING) return Promise.reject(new QueueFull());
    this.#waiting++;
    const result = this.#tail.then(work, work);
    this.#tail = result.then(
      () => this.#waiting--,
      () => this.#waiting--,
    );
    return result;
  }

  /** Resolves when everything that was asked for until now is done. */
  async idle(): Promise<void> {
    await this.#tail;
  }
}
