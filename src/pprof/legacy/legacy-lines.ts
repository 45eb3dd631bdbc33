// What readers of old text profiles share: lines, addresses, the map behind the samples.
import { TextLines } from '../text-lines.ts';
import { narrow, parseHex64, parseInt64, type Int64 } from './go-numbers.ts';
import { isMemoryMapStart, parseMemoryMap, type MapEntry } from './memory-map.ts';

/** Characters of a line; longer ones are an error of google/pprof, too. */
const MAX_LINE = 65_536;

export class LegacyLines {
  readonly #lines: TextLines;
  /** The last line given, as it is; '' after the end. */
  #current = '';
  #isEnd = false;

  constructor(bytes: Uint8Array) {
    this.#lines = new TextLines(bytes);
  }

  get current(): string {
    return this.#current;
  }

  get isEnd(): boolean {
    return this.#isEnd;
  }

  next(): string | null {
    const line = this.#lines.next();
    if (line === null) {
      this.#isEnd = true;
      this.#current = '';
      return null;
    }
    if (line.length > MAX_LINE) throw this.#lines.error(`a line of ${line.length} characters`, 'line');
    return (this.#current = line);
  }

  /** The first line that is neither empty nor a comment. */
  nextContent(): string | null {
    for (let line = this.next(); line !== null; line = this.next()) if (!isSpaceOrComment(line)) return line;
    return null;
  }

  /** A record that the end of the text cuts off cannot be trusted: its last number may be half a number. */
  checkTerminated(field: string): void {
    if (!this.#lines.isTerminated) throw this.#lines.error('the text ends in the middle of a line', field);
  }

  integer(text: string, base: 0 | 10, field: string): Int64 {
    const value = parseInt64(text, base);
    if (value === null) throw this.#lines.error('a number that is none of 64 bits', field, text);
    return value;
  }

  /** All `0x…` of a text. */
  addresses(text: string, field: string): bigint[] {
    return (text.match(/0x[0-9a-f]+/g) ?? []).map((hex) => {
      const value = parseHex64(hex.slice(2));
      if (value === null) throw this.#lines.error('an address of more than 64 bits', field, hex);
      return value;
    });
  }

  error(fact: string, field: string): Error {
    return this.#lines.error(fact, field);
  }

  /** Passes over other sections to the memory map, and reads it to the end. */
  readMap(): MapEntry[] {
    while (!isMemoryMapStart(this.#current)) if (this.next() === null) return [];
    return parseMemoryMap(() => this.next());
  }
}

export function isSpaceOrComment(line: string): boolean {
  const trimmed = line.trimStart();
  return trimmed === '' || trimmed.startsWith('#');
}

export function sum(a: Int64, b: Int64): Int64 {
  const total = Number(a) + Number(b);
  return Number.isSafeInteger(total) ? total : narrow(BigInt(a) + BigInt(b));
}
