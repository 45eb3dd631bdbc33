// A clock for a whole watch under test: time passes only when the test says so, and always to the next sleeper.
import type { Millis } from '../src/base/units.ts';
import type { TimeMap } from '../src/model/raw-evidence.ts';
import type { Clock } from '../src/pipeline/ports.ts';

interface Sleeper {
  readonly atMillis: Millis;
  readonly wake: () => void;
}

export class SteppedClock implements Clock {
  readonly timeMap: TimeMap;
  #now: Millis;
  #sleepers: Sleeper[] = [];
  readonly #arrivals = new Set<() => void>();

  constructor(startMillis: Millis) {
    this.timeMap = { originMillis: startMillis, scale: 1 };
    this.#now = startMillis;
  }

  now(): Millis {
    return this.#now;
  }

  sleepUntil(atMillis: Millis, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        resolve();
      };
      const sleeper = { atMillis, wake };
      if (signal.aborted) {
        resolve();
        return;
      }
      this.#sleepers.push(sleeper);
      signal.addEventListener('abort', wake, { once: true });
      for (const arrived of this.#arrivals) arrived();
    });
  }

  /** Resolves when `count` sleep: each loop has done what was due. */
  async allAsleep(count = 1): Promise<void> {
    while (this.#sleepers.length < count) {
      await new Promise<void>((resolve) => {
        const arrived = () => {
          this.#arrivals.delete(arrived);
          resolve();
        };
        this.#arrivals.add(arrived);
      });
    }
  }

  /** Wakes the one who sleeps shortest and waits until `count` sleep again. */
  async step(count = 1): Promise<void> {
    await this.allAsleep(count);
    const [next] = this.#sleepers.sort((a, b) => a.atMillis - b.atMillis);
    if (!next) return;
    this.#now = Math.max(this.#now, next.atMillis);
    next.wake();
    await this.allAsleep(count);
  }
}
