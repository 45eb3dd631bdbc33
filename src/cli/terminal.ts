// What a person at a terminal sees beside the result: talk on stderr, one progress line that rewrites itself.
import type { Talk } from '../pipeline/ports.ts';
import { ANSI, PLAIN, type Style } from '../report/style.ts';

/** Between two progress lines where they cannot be rewritten. */
const LOG_PROGRESS_MILLIS = 10_000;

/** Colours where a person looks and has not said no (NO_COLOR, see no-color.org). */
export function styleFor(stream: NodeJS.WriteStream): Style {
  const isPlain = !stream.isTTY || (process.env['NO_COLOR'] ?? '') !== '';
  return isPlain ? PLAIN : ANSI;
}

/** Talk and a progress line on stderr; standard output is the result's. */
export class Terminal implements Talk {
  readonly #stream = process.stderr;
  readonly #style = styleFor(process.stderr);
  #progress = '';
  #toldMillis = -Infinity;

  info(text: string): void {
    this.#line(text);
  }

  warn(text: string): void {
    this.#line(`${this.#style('warning', 'warning:')} ${text}`);
  }

  /** Rewritten in place on a terminal; elsewhere (a log) it is a line, now and then. */
  progress(text: string): void {
    this.#progress = text;
    if (this.#stream.isTTY) {
      this.#stream.write(`\r\u001b[K${text.slice(0, (this.#stream.columns || 80) - 1)}`);
      return;
    }
    const now = performance.now();
    if (now - this.#toldMillis < LOG_PROGRESS_MILLIS) return;
    this.#toldMillis = now;
    this.#stream.write(`${text}\n`);
  }

  endProgress(): void {
    if (this.#progress && this.#stream.isTTY) this.#stream.write('\r\u001b[K');
    this.#progress = '';
  }

  #line(text: string): void {
    const clear = this.#progress && this.#stream.isTTY ? '\r\u001b[K' : '';
    this.#stream.write(`${clear}${text}\n`);
    if (this.#progress && this.#stream.isTTY) this.#stream.write(this.#progress);
  }
}
