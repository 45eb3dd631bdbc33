// The text forms line by line, with errors that name line and byte.
import { PlimsollError } from '../base/errors.ts';
import { decodeUtf8, encodeUtf8 } from '../base/utf8.ts';

/** A line longer than this is no line of a profile; runtime/pprof writes at most 128 addresses. */
const MAX_LINE_CHARS = 1_048_576;

/** Bytes that are no UTF-8 are kept in texts up to this size: keeping them takes twice the memory for a while. */
const MAX_EXACT_BYTES = 16 * 1024 * 1024;

export class TextLines {
  readonly #text: string;
  /** Bytes of the byte order mark in front of it. */
  readonly #bom: number;
  #next = 0;
  #start = 0;
  #number = 0;
  #isTerminated = true;

  constructor(bytes: Uint8Array) {
    this.#bom = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    this.#text =
      bytes.length <= MAX_EXACT_BYTES
        ? decodeUtf8(bytes, this.#bom, bytes.length)
        : new TextDecoder('utf-8', { ignoreBOM: false }).decode(bytes);
  }

  /** Back to before the first line. */
  restart(): void {
    this.#next = 0;
    this.#start = 0;
    this.#number = 0;
    this.#isTerminated = true;
  }

  /** The next line without its end, or null after the last one. */
  next(): string | null {
    const text = this.#text;
    if (this.#next >= text.length) return null;
    const newline = text.indexOf('\n', this.#next);
    const end = newline === -1 ? text.length : newline;
    this.#isTerminated = newline !== -1;
    this.#start = this.#next;
    this.#next = end + 1;
    this.#number++;
    if (end - this.#start > MAX_LINE_CHARS) throw this.error('the line is too long', 'line');
    return text.slice(this.#start, text.charCodeAt(end - 1) === 0x0d ? end - 1 : end);
  }

  /** Whether the last line given ended with a line feed: false = the text stops in the middle of it. */
  get isTerminated(): boolean {
    return this.#isTerminated;
  }

  /** Byte offset at which the last line given begins. */
  get lineOffset(): number {
    return this.#bom + encodeUtf8(this.#text.slice(0, this.#start)).length;
  }

  /** Number of the last line given, from 1. */
  get lineNumber(): number {
    return this.#number;
  }

  /** An error about the last line given. */
  error(fact: string, field: string, value?: string): PlimsollError {
    const end = this.#text.indexOf('\n', this.#start);
    const found = value ?? this.#text.slice(this.#start, end === -1 ? undefined : end);
    return new PlimsollError('PROFILE_INVALID', 'pprof', fact, {
      line: this.#number,
      offset: this.lineOffset,
      field,
      value: found.slice(0, 200),
    });
  }
}
