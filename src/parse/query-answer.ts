// Answers of a Prometheus-compatible query API, read while they arrive: an answer may be larger than memory allows.
// https://prometheus.io/docs/prometheus/latest/querying/api/
import { PlimsollError } from '../base/errors.ts';
import { formatBytes, KIB, MIB, type Bytes } from '../base/units.ts';
import { PointScanner } from './query-points.ts';

/** One series while the callback runs: its arrays are used again for the next. */
export interface SeriesView {
  /** With `__name__` where the query kept it. */
  readonly labels: Readonly<Record<string, string>>;
  readonly count: number;
  readonly timeMillis: Float64Array;
  /** May be NaN or infinite. */
  readonly value: Float64Array;
}

export interface QueryAnswer {
  readonly series: number;
  readonly points: number;
  /** `warnings` and `infos`, and what this reader left out; at most MAX_WARNINGS. */
  readonly warnings: readonly string[];
  /** Thanos, Mimir and VictoriaMetrics say so when a part of the data could not be asked. */
  readonly isPartial: boolean;
}

export interface QuerySink {
  series?(series: SeriesView): void;
  /** Of an answer that is a list of texts: names of metrics, values of a label. */
  text?(text: string): void;
}

/** 11,000 points take some 400 KiB, labels a few more; what is larger is no series. */
const MAX_ELEMENT_BYTES: Bytes = 8 * MIB;
/** All that is not a series: status, error, warnings, statistics. */
const MAX_ENVELOPE_BYTES: Bytes = MIB;
const MAX_WARNINGS = 20;
const MAX_WARNING_TEXT = 300;
const MAX_KEY = 16;

const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/**
 * Takes the bytes of one answer as they come and hands out each series of it (`data.result`, or `data` where that is a list)
 * as soon as it is whole. Holds one series at a time.
 *
 * @throws PlimsollError ANSWER_INVALID from `push` and `finish` for what is no such answer, QUERY_FAILED from `finish` for
 *   one that says `status: error`.
 */
export class QueryAnswerReader {
  readonly #sink: QuerySink;
  readonly #where: string;
  readonly #points = new PointScanner();
  readonly #decoder = new TextDecoder();
  /** The answer without its series. */
  readonly #envelope = new ByteBuffer(MAX_ENVELOPE_BYTES);
  readonly #element = new ByteBuffer(MAX_ELEMENT_BYTES);
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  /** The last text outside of series, for keys. */
  #text: number[] = [];
  #key = '';
  /** Depth inside the list whose elements are handed out; 0 = not inside. */
  #listDepth = 0;
  #isInElement = false;
  #series = 0;
  #pointCount = 0;
  #histograms = 0;

  /** @param where URL without secrets, for errors. */
  constructor(sink: QuerySink, where: string) {
    this.#sink = sink;
    this.#where = where;
  }

  push(chunk: Uint8Array): void {
    let from = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#isInElement) {
        at = this.#skipElement(chunk, at);
        if (this.#isInElement) break;
        from = this.#endElement(chunk, from, at);
        continue;
      }
      const code = chunk[at] ?? 0;
      const isBetween = this.#listDepth > 0 && this.#depth === this.#listDepth;
      if (this.#isInString) this.#readText(code);
      else if (isBetween && (code === QUOTE || code === OPEN_BRACE || code === OPEN_BRACKET)) {
        this.#keep(chunk, from, at);
        from = at;
        this.#isInElement = true;
        continue;
      } else if (isBetween && code === COMMA) {
        // Commas between elements would be all that is left of them.
        this.#keep(chunk, from, at);
        from = at + 1;
      } else if (code === QUOTE) {
        this.#isInString = true;
        this.#text = [];
      } else if (code === OPEN_BRACE || code === OPEN_BRACKET) this.#open(code);
      else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
        if (--this.#depth < this.#listDepth) this.#listDepth = 0;
      }
      at++;
    }
    this.#keep(chunk, from, chunk.length);
  }

  #readText(code: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (code === BACKSLASH) this.#isEscaped = true;
    else if (code === QUOTE) {
      this.#isInString = false;
      this.#key = String.fromCharCode(...this.#text);
    } else if (this.#text.length < MAX_KEY) this.#text.push(code);
  }

  /** Where the element ends, or the end of the chunk. Nearly all bytes of an answer pass here. */
  #skipElement(chunk: Uint8Array, start: number): number {
    const end = chunk.length;
    let depth = this.#depth;
    let isInString = this.#isInString;
    let at = start;
    if (this.#isEscaped) at++;
    this.#isEscaped = false;
    for (; at < end; at++) {
      const code = chunk[at];
      if (isInString) {
        if (code === BACKSLASH) at++;
        else if (code === QUOTE) {
          isInString = false;
          if (depth === this.#listDepth) break;
        }
      } else if (code === QUOTE) isInString = true;
      else if (code === OPEN_BRACKET || code === OPEN_BRACE) depth++;
      else if ((code === CLOSE_BRACKET || code === CLOSE_BRACE) && --depth === this.#listDepth) break;
    }
    this.#depth = depth;
    this.#isInString = isInString;
    this.#isEscaped = at > end;
    this.#isInElement = at >= end;
    return Math.min(at + 1, end);
  }

  finish(): QueryAnswer {
    const envelope = this.#readEnvelope();
    if (envelope['status'] !== 'success') {
      const said = envelope['error'];
      const fact = typeof said === 'string' ? said.slice(0, MAX_WARNING_TEXT) : 'no status of success';
      throw new PlimsollError('QUERY_FAILED', 'collect', fact, { where: this.#where });
    }
    const warnings = [...texts(envelope['warnings']), ...texts(envelope['infos'])];
    if (this.#histograms > 0) warnings.push(`${this.#histograms} series of native histograms were left out`);
    const isPartial = envelope['isPartial'] === true || warnings.some((text) => PARTIAL.test(text));
    return {
      series: this.#series,
      points: this.#pointCount,
      warnings: warnings.slice(0, MAX_WARNINGS).map((text) => text.slice(0, MAX_WARNING_TEXT)),
      isPartial,
    };
  }

  #open(code: number): void {
    this.#depth++;
    const isList = code === OPEN_BRACKET && this.#listDepth === 0;
    const isData = this.#depth === 2 && this.#key === 'data';
    const isResult = this.#depth === 3 && this.#key === 'result';
    if (isList && (isData || isResult)) this.#listDepth = this.#depth;
  }

  #endElement(chunk: Uint8Array, from: number, end: number): number {
    const isWhole = this.#element.length === 0;
    if (!isWhole && !this.#element.add(chunk, from, end)) throw this.#tooLarge(this.#element);
    this.#readElement(isWhole ? chunk.subarray(from, end) : this.#element.bytes);
    this.#element.clear();
    return end;
  }

  #keep(chunk: Uint8Array, from: number, end: number): void {
    const buffer = this.#isInElement ? this.#element : this.#envelope;
    if (end > from && !buffer.add(chunk, from, end)) throw this.#tooLarge(buffer);
  }

  #tooLarge(buffer: ByteBuffer): PlimsollError {
    const what = buffer === this.#element ? 'a series' : 'what is no series';
    return this.#invalid(`${what} takes more than ${formatBytes(buffer.maxBytes)}`);
  }

  #readElement(bytes: Uint8Array): void {
    if (bytes[0] === QUOTE) {
      this.#sink.text?.(this.#parse(bytes) as string);
      return;
    }
    const found = this.#points.read(bytes);
    if (found === null) throw this.#invalid('a series is not what the API promises');
    if (found.hasHistograms) this.#histograms++;
    const labels = this.#parse(found.metric ?? bytes);
    if (!isLabels(labels)) throw this.#invalid('labels that are no texts');
    this.#series++;
    this.#pointCount += found.count;
    const { timeMillis, value } = this.#points;
    this.#sink.series?.({ labels, count: found.count, timeMillis, value });
  }

  #readEnvelope(): Record<string, unknown> {
    const text = this.#decoder.decode(this.#envelope.bytes);
    const isWhole = this.#depth === 0 && !this.#isInString && text.trim() !== '';
    if (!isWhole) throw this.#invalid(text.trim() === '' ? 'an empty answer' : 'the JSON does not end');
    const json = this.#parse(this.#envelope.bytes);
    if (typeof json === 'object' && json !== null && !Array.isArray(json))
      return json as Record<string, unknown>;
    throw this.#invalid('a JSON object expected');
  }

  #parse(bytes: Uint8Array): unknown {
    try {
      return JSON.parse(this.#decoder.decode(bytes));
    } catch (error) {
      const value = this.#decoder.decode(bytes.subarray(0, 80));
      throw new PlimsollError(
        'ANSWER_INVALID',
        'collect',
        'no JSON of a query API',
        { where: this.#where, value },
        error,
      );
    }
  }

  #invalid(fact: string): PlimsollError {
    return new PlimsollError('ANSWER_INVALID', 'collect', fact, { where: this.#where });
  }
}

const PARTIAL = /partial|fetch(?:ing)? .*(?:fail|error)|store .*(?:fail|unavailable|error)|no store/i;

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
}

function isLabels(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((text) => typeof text === 'string')
  );
}

const FIRST_BYTES: Bytes = 4 * KIB;

/** Bytes one after the other, up to a limit; the array is used again. */
class ByteBuffer {
  readonly maxBytes: Bytes;
  length = 0;
  #array = new Uint8Array(FIRST_BYTES);

  constructor(maxBytes: Bytes) {
    this.maxBytes = maxBytes;
  }

  /** @returns false when it would be too much. */
  add(from: Uint8Array, start: number, end: number): boolean {
    const needed = this.length + end - start;
    if (needed > this.maxBytes) return false;
    if (needed > this.#array.length) {
      const grown = new Uint8Array(Math.min(this.maxBytes, Math.max(needed, this.#array.length * 2)));
      grown.set(this.bytes);
      this.#array = grown;
    }
    this.#array.set(from.subarray(start, end), this.length);
    this.length = needed;
    return true;
  }

  get bytes(): Uint8Array {
    return this.#array.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }
}
