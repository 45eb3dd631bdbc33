// What the pipeline needs from the outside world, each as the smallest interface. Concrete ones are built in
// src/cli and src/server and handed in.
import type { Millis } from '../base/units.ts';
import type { TimeMap } from '../model/raw-evidence.ts';

/**
 * The one clock that fit windows, snapshot policy and alert holds read. Virtual: with time scale N, N virtual
 * seconds pass per real second.
 */
export interface Clock {
  /** Virtual now. */
  now(): Millis;
  /** Resolves when virtual time has reached `atMillis`, or at once when `signal` aborts (never rejects). */
  sleepUntil(atMillis: Millis, signal: AbortSignal): Promise<void>;
  readonly timeMap: TimeMap;
}

/** Progress and warnings for people and logs; the result never goes through here. */
export interface Talk {
  info(text: string): void;
  warn(text: string): void;
}
