// Lines out of bytes as they come, however long.
import type { Bytes } from '../base/units.ts';

/** Longer lines are cut: nothing that is looked for stands behind it. */
export const MAX_LINE: Bytes = 256 * 1024;

export class ByteLines {
  readonly #longest: Bytes;
  readonly #decoder = new TextDecoder();
  #parts: Uint8Array[] = [];
  #held = 0;

  /** @param longest lines beyond it are cut. */
  constructor(longest: Bytes = MAX_LINE) {
    this.#longest = longest;
  }

  /** Lines that are whole now, without their ends; what is no UTF-8 becomes U+FFFD. */
  push(bytes: Uint8Array): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      this.#hold(bytes.subarray(from, end));
      lines.push(this.#take());
      from = end + 1;
    }
    this.#hold(bytes.subarray(from));
    return lines;
  }

  /** The last line, when it lacks its end. */
  end(): string[] {
    return this.#held > 0 ? [this.#take()] : [];
  }

  #hold(bytes: Uint8Array): void {
    const room = this.#longest - this.#held;
    if (bytes.length === 0 || room <= 0) return;
    const part = bytes.slice(0, room);
    this.#parts.push(part);
    this.#held += part.length;
  }

  #take(): string {
    const line = new Uint8Array(this.#held);
    let at = 0;
    for (const part of this.#parts) {
      line.set(part, at);
      at += part.length;
    }
    this.#parts = [];
    this.#held = 0;
    return this.#decoder.decode(line).replace(/\r$/, '');
  }
}
