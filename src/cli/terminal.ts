// What a person at a terminal sees: results on stdout, talk on stderr, one progress line that rewrites itself.
import type { Millis } from '../base/units.ts';
import type { Talk } from '../pipeline/ports.ts';
import { ANSI, PLAIN, type Style } from '../report/style.ts';

/** Between two progress lines where they cannot be rewritten. */
const LOG_PROGRESS_MILLIS = 10_000;

/** Colours where a person looks and has not said no (NO_COLOR, see no-color.org). */
export function styleFor(stream: NodeJS.WriteStream): Style {
  const isPlain = !stream.isTTY || (process.env['NO_COLOR'] ?? '') !== '';
  return isPlain ? PLAIN : ANSI;
}

/** Talk and a progress line on stderr; results on standard output. */
export class Terminal implements Talk {
  readonly #stream = process.stderr;
  readonly #style = styleFor(process.stderr);
  #progress = '';
  #toldMillis = -Infinity;
  #toldAbout = '';

  info(text: string): void {
    this.#line(text);
  }

  warn(text: string): void {
    this.#line(`${this.#style('warning', 'warning:')} ${text}`);
  }

  /** What was asked for, on standard output. */
  result(text: string): void {
    const clear = this.#progress && this.#stream.isTTY;
    if (clear) this.#stream.write('\r\u001b[K');
    process.stdout.write(`${text}\n`);
    if (clear) this.#stream.write(this.#progress);
  }

  /**
   * Rewritten in place on a terminal; elsewhere (a log) it is a line, now and then.
   *
   * @param pace there: a line when what it is about changes, and as a sign of life each `everyMillis` of real time.
   */
  progress(text: string, pace: { readonly everyMillis: Millis; readonly about: string } | null = null): void {
    if (this.#stream.isTTY) {
      this.#progress = text.slice(0, (this.#stream.columns || 80) - 1);
      this.#stream.write(`\r\u001b[K${this.#progress}`);
      return;
    }
    this.#progress = text;
    const now = performance.now();
    const isNews = pace !== null && pace.about !== this.#toldAbout;
    if (!isNews && now - this.#toldMillis < (pace?.everyMillis ?? LOG_PROGRESS_MILLIS)) return;
    this.#toldMillis = now;
    this.#toldAbout = pace?.about ?? '';
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
