/**
 * Lets at most `width` tasks run at once; the others wait in order of arrival. The queue is bounded by the
 * callers: each target waits with at most one task.
 */
export class Gate {
  readonly #width: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(width: number) {
    this.#width = width;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#width) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await task();
    } finally {
      // The slot passes to the next in line, else it is free.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
