// What readers of old text profiles share: lines, addresses, the map behind the samples.
import type { PlimsollError } from '../../base/errors.ts';
import { encodeUtf8 } from '../../base/utf8.ts';
import { TextLines } from '../text-lines.ts';
import { narrow, parseHex64, parseInt64, type Int64 } from './go-numbers.ts';
import { isSpaceOrComment } from './go-text.ts';
import { isMemoryMapStart, parseMemoryMap, type MapEntry } from './memory-map.ts';

/** google/pprof refuses longer lines, too, but not in the texts of Java: bufio.MaxScanTokenSize with the line feed. */
const MAX_LINE_BYTES = 65_535;

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

  /** Back to before the first line. */
  restart(): void {
    this.#lines.restart();
    this.#current = '';
    this.#isEnd = false;
  }

  next(): string | null {
    const line = this.nextOfAnyLength();
    if (line === null) return null;
    // A character takes three bytes at most for each of its UTF-16 units.
    const bytes = line.length * 3 <= MAX_LINE_BYTES ? 0 : encodeUtf8(line).length;
    if (bytes > MAX_LINE_BYTES) throw this.#lines.error(`a line of ${bytes} bytes`, 'line');
    return line;
  }

  /** As next(), for forms without a limit: TextLines has its own. */
  nextOfAnyLength(): string | null {
    const line = this.#lines.next();
    this.#isEnd = line === null;
    this.#current = line ?? '';
    return line;
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

  error(fact: string, field: string): PlimsollError {
    return this.#lines.error(fact, field);
  }

  /** Passes over other sections to the memory map, and reads it to the end. */
  readMap(): MapEntry[] {
    while (!isMemoryMapStart(this.#current)) if (this.next() === null) return [];
    return parseMemoryMap(() => this.next());
  }
}

/**
 * Go's own debug=1 texts have a `#` line for every frame, and count all records in their header: fewer mean that the end
 * is missing. google/pprof takes what is there. Texts of others count what they like.
 */
export class RecordTotals {
  readonly #totals: readonly Int64[] | null;
  readonly #sums: Int64[];
  #isGo = false;
  #isComplete = false;

  /** @param totals of the header, null where it counts something else. */
  constructor(totals: readonly Int64[] | null) {
    this.#totals = totals;
    this.#sums = totals?.map(() => 0) ?? [];
  }

  /** @param line blank or a comment. */
  takeComment(line: string): void {
    if (line.startsWith('#\t')) this.#isGo = true;
    else if (line.startsWith('# runtime.MemStats')) this.#isComplete = true;
  }

  add(values: readonly Int64[]): void {
    for (let at = 0; at < this.#sums.length; at++) this.#sums[at] = sum(this.#sums[at], values[at]);
  }

  /** Call it behind the last record. */
  check(lines: LegacyLines, field: string): void {
    if (this.#totals === null || !this.#isGo || this.#isComplete || !lines.isEnd) return;
    const missing = this.#totals.findIndex((total, at) => this.#sums[at] < total);
    if (missing === -1) return;
    const [found, due] = [this.#sums[missing], this.#totals[missing]];
    throw lines.error(`the records sum up to ${found} of ${due}: the text ends early`, field);
  }
}

function sum(a: Int64, b: Int64): Int64 {
  const total = Number(a) + Number(b);
  return Number.isSafeInteger(total) ? total : narrow(BigInt(a) + BigInt(b));
}
