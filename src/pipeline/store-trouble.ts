// A store that does not take what it is given fails for every target and every few seconds: people are told once, and then
// now and again, and when it works again.
import { formatDuration, MINUTE_MILLIS, type Millis } from '../base/units.ts';
import type { PlimsollError } from '../base/errors.ts';
import type { Talk } from './ports.ts';

/** As often as somebody who reads along needs to hear the same. */
const AGAIN_MILLIS: Millis = 5 * MINUTE_MILLIS;

interface Trouble {
  readonly since: Millis;
  toldAt: Millis;
  /** Failures since it was told. */
  untold: number;
}

export class StoreTrouble {
  readonly #talk: Talk;
  readonly #steady: () => Millis;
  #trouble: Trouble | null = null;

  /** @param steady real time that never jumps. */
  constructor(talk: Talk, steady: () => Millis) {
    this.#talk = talk;
    this.#steady = steady;
  }

  /** @param what could not be stored, as a person would name it. */
  failed(what: string, error: PlimsollError): void {
    const now = this.#steady();
    const trouble = this.#trouble;
    if (trouble !== null && now - trouble.toldAt < AGAIN_MILLIS) {
      trouble.untold++;
      return;
    }
    const more =
      trouble === null
        ? ''
        : ` This is so since ${formatDuration(now - trouble.since)}, with ${trouble.untold} more failures.`;
    const advice = `${error.message.replace(/\.$/, '')}. ${error.advice}`;
    this.#talk.warn(`${what} could not be stored and is tried again: ${advice}${more}`);
    this.#trouble = { since: trouble?.since ?? now, toldAt: now, untold: 0 };
  }

  worked(): void {
    if (this.#trouble === null) return;
    const lasted = formatDuration(this.#steady() - this.#trouble.since);
    this.#trouble = null;
    this.#talk.info(`the store takes data again, after ${lasted}`);
  }
}
