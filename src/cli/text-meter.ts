// Whether bytes are text at all: nothing found in a core dump, an archive or a journal's own file is no answer.
import type { Bytes } from '../base/units.ts';

/** So many bytes of the beginning tell. */
const LOOKED_AT: Bytes = 1024 * 1024;
/** Of random or compressed bytes a tenth are control characters; of logs, coloured ones included, next to none. */
const MAX_CONTROL_SHARE = 0.02;
/** A log that was being written when the power failed has a run of zeros in it; text in two bytes each is half zeros. */
const MAX_ZERO_SHARE = 0.3;
/** systemd's journal on disk. */
const JOURNAL_MAGIC = 'LPKSHHRH';

export class TextMeter {
  #read = 0;
  #zeros = 0;
  #controls = 0;
  #blanks = 0;
  #head = '';

  take(bytes: Uint8Array): void {
    const part = bytes.subarray(0, Math.max(0, LOOKED_AT - this.#read));
    if (this.#head.length < JOURNAL_MAGIC.length) this.#head += String.fromCharCode(...part.subarray(0, 8));
    this.#read += part.length;
    for (const byte of part) {
      if (byte === 0) this.#zeros++;
      else if (byte === 9 || byte === 10 || byte === 13 || byte === 32) this.#blanks++;
      else if (byte < 32 && byte !== ESCAPE) this.#controls++;
    }
  }

  /** Nothing, or nothing but blanks. */
  get isEmpty(): boolean {
    return this.#read === this.#blanks;
  }

  /** Null for text. */
  whyNoText(): string | null {
    if (this.#head.startsWith(JOURNAL_MAGIC)) {
      return "the journal's own file, which only journalctl reads: journalctl --file FILE -k -o export | plimsoll oom -";
    }
    if (this.#zeros > MAX_ZERO_SHARE * this.#read) {
      return `no text: ${percent(this.#zeros, this.#read)} of its bytes are zeros`;
    }
    const written = this.#read - this.#zeros;
    return this.#controls > MAX_CONTROL_SHARE * written
      ? `no text: ${percent(this.#controls, written)} of its bytes are control characters`
      : null;
  }
}

const ESCAPE = 27;

function percent(part: number, whole: number): string {
  return `${Math.round((100 * part) / whole)} %`;
}
