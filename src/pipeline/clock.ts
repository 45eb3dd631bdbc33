import { performance } from 'node:perf_hooks';
import { SECOND_MILLIS, type Millis } from '../base/units.ts';
import type { TimeMap } from '../model/raw-evidence.ts';
import type { Clock } from './ports.ts';

/** A wall clock that differs by more than this from the steady one has jumped (suspend, manual change, NTP step). */
export const CLOCK_JUMP_MILLIS = 5 * SECOND_MILLIS;

/** setTimeout takes a 32-bit number of milliseconds; longer sleeps are taken in pieces. */
const LONGEST_TIMEOUT_MILLIS = 2 ** 31 - 1;

export interface ClockOptions {
  /** Virtual seconds per real second. */
  readonly scale?: number;
  /** Real instant at which virtual time equals real time; now, unless an earlier run set it. */
  readonly originMillis?: Millis | null;
  readonly onJump?: (jumpMillis: Millis) => void;
  readonly parts?: ClockParts;
}

export interface ClockParts {
  /** Wall clock, milliseconds since the epoch. */
  readonly wall: () => Millis;
  /** A clock that never goes back, milliseconds. */
  readonly steady: () => Millis;
}

const SYSTEM: ClockParts = { wall: () => Date.now(), steady: () => performance.now() };

/**
 * Live time that never goes back. It follows the wall clock, and:
 *  - where the wall clock jumps ahead (suspend), so do we: the gap in the data is real;
 *  - where it jumps back, we go on steadily from where we were, so that series stay in order.
 * Either is told once through `onJump`, with the size of the jump.
 */
export class LiveClock implements Clock {
  readonly timeMap: TimeMap;
  readonly #parts: ClockParts;
  readonly #onJump: (jumpMillis: Millis) => void;
  /** wall = steady + offset, as it was when last accepted. */
  #offset: Millis;
  #toldBackwards = 0;

  constructor(options: ClockOptions = {}) {
    const { scale = 1, originMillis = null, parts = SYSTEM } = options;
    this.#parts = parts;
    this.#onJump = options.onJump ?? (() => undefined);
    this.#offset = parts.wall() - parts.steady();
    this.timeMap = { originMillis: originMillis ?? Math.round(parts.wall()), scale };
  }

  now(): Millis {
    const { originMillis, scale } = this.timeMap;
    // Whole real milliseconds, as recordings keep them: replayed, every instant is exactly the one that was seen live.
    return originMillis + Math.round(this.#realNow() - originMillis) * scale;
  }

  #realNow(): Millis {
    const steady = this.#parts.steady();
    const drift = this.#parts.wall() - (steady + this.#offset);
    if (drift > CLOCK_JUMP_MILLIS) {
      this.#offset += drift;
      this.#onJump(drift);
    } else if (drift < -CLOCK_JUMP_MILLIS && Math.abs(drift - this.#toldBackwards) > CLOCK_JUMP_MILLIS) {
      this.#toldBackwards = drift;
      this.#onJump(drift);
    }
    return steady + this.#offset;
  }

  async sleepUntil(atMillis: Millis, signal: AbortSignal): Promise<void> {
    for (;;) {
      const left = (atMillis - this.now()) / this.timeMap.scale;
      if (left <= 0 || signal.aborted) return;
      await sleepReal(Math.min(Math.ceil(left), LONGEST_TIMEOUT_MILLIS), signal);
    }
  }
}

/** Virtual time that stands where it is put: replay moves it with the evidence. */
export class ReplayClock implements Clock {
  readonly timeMap: TimeMap;
  #now: Millis;

  constructor(timeMap: TimeMap) {
    this.timeMap = timeMap;
    this.#now = timeMap.originMillis;
  }

  now(): Millis {
    return this.#now;
  }

  /** Never goes back. */
  moveTo(atMillis: Millis): void {
    this.#now = Math.max(this.#now, atMillis);
  }

  sleepUntil(): Promise<void> {
    return Promise.resolve();
  }
}

/** Real milliseconds; resolves early when `signal` aborts. */
export function sleepReal(millis: Millis, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, millis);
    signal.addEventListener('abort', done, { once: true });
  });
}
