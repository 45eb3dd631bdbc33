// The Prometheus text format 0.0.4 and the parts of OpenMetrics that exporters send today.
// https://prometheus.io/docs/instrumenting/exposition_formats/ and the OpenMetrics 1.0 specification.
import { PlimsollError } from '../base/errors.ts';

export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'other';

/** One bad line: the others still count. */
export interface MetricsTextWarning {
  /** From 1. */
  readonly line: number;
  /** The line, shortened. */
  readonly text: string;
  readonly reason: string;
}

/**
 * One sample while the callback runs. The same object is handed out for every sample: copy what must stay.
 */
export interface SampleView {
  readonly name: string;
  /** May be NaN or infinite. */
  readonly value: number;
  /** The exporter's own time of this sample; almost always null. */
  readonly timestampMillis: number | null;
  /** From 1. */
  readonly line: number;
  readonly labelCount: number;
  /** Type of its family as the last `# TYPE` line said; `other` when untyped, unknown or not said. */
  readonly type: MetricType;
  /** The value of a label, unescaped; null when the sample does not have it. */
  label(name: string): string | null;
}

export interface MetricsTextSummary {
  readonly samples: number;
  /** The first MAX_WARNINGS bad lines. */
  readonly warnings: readonly MetricsTextWarning[];
  /** How many lines were bad in all. */
  readonly badLines: number;
}

/** Enough to recognise the cause; a body of garbage must not become a list as long as itself. */
export const MAX_WARNINGS = 20;
const MAX_WARNING_TEXT = 120;

/**
 * Calls `callback` for every sample of a scrape, in order. Allocates a name per sample and a label's text only
 * when it is asked for.
 *
 * A bad line becomes a warning and does not lose the others. The last line counts only when it ends with a line
 * feed, as the format demands: without it `go_goroutines 12` may be the beginning of `go_goroutines 1234`.
 *
 * @param where URL or file, for errors.
 * @throws PlimsollError TARGET_NOT_METRICS for an empty body, HTML, JSON or gzip; METRICS_INVALID when there are lines and
 *   none of them is a sample or a comment.
 */
export function forEachSample(
  text: string,
  callback: (sample: SampleView) => void,
  where?: string,
): MetricsTextSummary {
  checkLooksLikeMetrics(text, where);
  const scanner = new LineScanner(text);
  const warnings: MetricsTextWarning[] = [];
  let badLines = 0;
  let samples = 0;
  let comments = 0;
  const warn = (line: number, start: number, end: number, reason: string): void => {
    badLines++;
    if (warnings.length < MAX_WARNINGS) {
      warnings.push({ line, text: text.slice(start, Math.min(end, start + MAX_WARNING_TEXT)), reason });
    }
  };

  let start = 0;
  for (let line = 1; start < text.length; line++) {
    const feed = text.indexOf('\n', start);
    const next = feed === -1 ? text.length : feed + 1;
    let end = feed === -1 ? text.length : feed;
    if (end > start && text.charCodeAt(end - 1) === CARRIAGE_RETURN) end--;
    const first = skipBlanks(text, start, end);
    if (first === end) {
      // An empty line says nothing.
    } else if (text.charCodeAt(first) === HASH) {
      comments++;
      scanner.readComment(first, end);
    } else if (feed === -1) {
      warn(line, start, end, 'the last line has no line feed: it may be cut short');
    } else {
      const reason = scanner.readSample(first, end, line);
      if (reason === null) {
        samples++;
        callback(scanner);
      } else {
        warn(line, start, end, reason);
      }
    }
    start = next;
  }
  const worst = warnings[0];
  if (samples === 0 && comments === 0 && worst !== undefined) {
    throw new PlimsollError('METRICS_INVALID', 'parse', `no line is a sample: ${worst.reason}`, {
      ...(where === undefined ? {} : { where }),
      line: worst.line,
      value: worst.text,
    });
  }
  return { samples, warnings, badLines };
}

/** True for what a browser would show: a login page, a dashboard, an error page of a proxy. */
export function looksLikeHtml(text: string): boolean {
  return /^\uFEFF?\s*<(?:!doctype|html|head|body|\?xml|!--|title|h\d|p|pre|a|div)\b/i.test(
    text.slice(0, 512),
  );
}

function checkLooksLikeMetrics(text: string, where: string | undefined): void {
  const refuse = (fact: string): never => {
    throw new PlimsollError('TARGET_NOT_METRICS', 'parse', fact, {
      ...(where === undefined ? {} : { where }),
      value: text.slice(0, MAX_WARNING_TEXT).trim(),
    });
  };
  const head = text.slice(0, 512).trimStart();
  if (head === '' && text.trim() === '') refuse('the body is empty, Prometheus text expected');
  if (head.startsWith('<')) refuse('HTML, not Prometheus text');
  if (text.startsWith('\u001f')) refuse('gzip or binary data, not Prometheus text');
  // `{"metric.name", label="x"} 1` is a sample with a quoted name; `{"key": 1` and `[` are JSON.
  if (/^(?:\[|\{\s*(?:"(?:[^"\\]|\\.)*"\s*:|\}\s*$))/.test(head)) refuse('JSON, not Prometheus text');
}

const TAB = 9;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const HASH = 35;
const COMMA = 44;
const EQUALS = 61;
const BACKSLASH = 92;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** What one family adds to its name in its samples (OpenMetrics counters are typed without `_total`). */
const FAMILY_SUFFIXES: ReadonlySet<string> = new Set(['', '_total', '_sum', '_count', '_bucket', '_created']);

/** More labels than any real series has; a hostile line must not grow the reused table. */
const MAX_LABELS = 200;
/** Real names have up to some 100 letters; a longer one is a line that never ends. */
const MAX_NAME = 1000;
/** Go prints a float in at most 24 characters. */
const MAX_NUMBER = 64;
/** A `# TYPE` line is a name and a word. */
const MAX_TYPE_LINE = MAX_NAME + 64;

/** Reads one line after the other and is itself the view of the last sample. */
class LineScanner implements SampleView {
  name = '';
  value = NaN;
  timestampMillis: number | null = null;
  line = 0;
  labelCount = 0;

  readonly #text: string;
  readonly #isOpenMetrics: boolean;
  /** Four offsets a label: start and end of its name, start and end of its (escaped) value. */
  readonly #labels: number[] = [];
  #typedFamily = '';
  #typedAs: MetricType = 'other';
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#isOpenMetrics = /# EOF\r?\n?$/.test(text.slice(-16));
  }

  get type(): MetricType {
    if (this.#typedFamily === '' || !this.name.startsWith(this.#typedFamily)) return 'other';
    return FAMILY_SUFFIXES.has(this.name.slice(this.#typedFamily.length)) ? this.#typedAs : 'other';
  }

  label(name: string): string | null {
    for (let i = 0; i < this.labelCount * 4; i += 4) {
      const start = this.#labels[i] ?? 0;
      const end = this.#labels[i + 1] ?? 0;
      if (end - start === name.length && this.#text.startsWith(name, start)) {
        return unescape(this.#text.slice(this.#labels[i + 2], this.#labels[i + 3]));
      }
    }
    return null;
  }

  readComment(start: number, end: number): void {
    if (!this.#text.startsWith('# TYPE ', start)) return;
    const [family = '', type = ''] = this.#text
      .slice(start + 7, Math.min(end, start + MAX_TYPE_LINE))
      .trim()
      .split(/\s+/);
    this.#typedFamily = family.startsWith('"') ? family.slice(1, -1) : family;
    this.#typedAs = METRIC_TYPES.get(type.toLowerCase()) ?? 'other';
  }

  /** @returns null, or why the line is no sample. */
  readSample(start: number, end: number, line: number): string | null {
    const text = this.#text;
    this.line = line;
    this.labelCount = 0;
    this.name = '';
    let at = start;
    if (text.charCodeAt(at) !== OPEN_BRACE) {
      while (at < end && isNameCode(text.charCodeAt(at), at === start)) at++;
      if (at === start) return 'a metric name starts with a letter, _ or :';
      if (at - start > MAX_NAME) return `a name of more than ${MAX_NAME} characters`;
      this.name = text.slice(start, at);
      at = skipBlanks(text, at, end);
    }
    if (text.charCodeAt(at) === OPEN_BRACE) {
      const reason = this.#readLabels(at + 1, end);
      if (reason !== null) return reason;
      at = this.#at;
    } else if (at < end && !isBlank(text.charCodeAt(at - 1))) {
      return `unexpected ${JSON.stringify(text.charAt(at))} in the metric name`;
    }
    if (this.name === '') return 'no metric name';
    return this.#readValues(skipBlanks(text, at, end), end);
  }

  /** Everything between `{` and `}`; `{"quoted.metric.name", label="x"}` too. Leaves #at behind the brace. */
  #readLabels(from: number, end: number): string | null {
    const text = this.#text;
    let at = skipBlanks(text, from, end);
    while (at < end && text.charCodeAt(at) !== CLOSE_BRACE) {
      let nameStart = at;
      let nameEnd = at;
      if (text.charCodeAt(at) === QUOTE) {
        nameStart = at + 1;
        nameEnd = findClosingQuote(text, nameStart, end);
        if (nameEnd === -1) return 'a quoted name does not end';
        at = nameEnd + 1;
      } else {
        while (at < end && isNameCode(text.charCodeAt(at), at === nameStart)) at++;
        nameEnd = at;
        if (nameEnd === nameStart) return 'a label name starts with a letter or _';
      }
      at = skipBlanks(text, at, end);
      if (text.charCodeAt(at) === EQUALS && at < end) {
        at = skipBlanks(text, at + 1, end);
        if (at >= end || text.charCodeAt(at) !== QUOTE) return 'a label value must be quoted';
        const valueEnd = findClosingQuote(text, at + 1, end);
        if (valueEnd === -1) return 'a label value does not end';
        if (this.labelCount === MAX_LABELS) return `more than ${MAX_LABELS} labels`;
        this.#addLabel(nameStart, nameEnd, at + 1, valueEnd);
        at = skipBlanks(text, valueEnd + 1, end);
      } else if (this.name === '' && nameStart > 0 && text.charCodeAt(nameStart - 1) === QUOTE) {
        if (nameEnd - nameStart > MAX_NAME) return `a name of more than ${MAX_NAME} characters`;
        this.name = unescape(text.slice(nameStart, nameEnd));
      } else {
        return 'a label without a value';
      }
      if (at < end && text.charCodeAt(at) === COMMA) at = skipBlanks(text, at + 1, end);
      else if (at >= end || text.charCodeAt(at) !== CLOSE_BRACE) return 'the labels do not end with }';
    }
    if (at >= end) return 'the labels do not end with }';
    this.#at = at + 1;
    return null;
  }

  #addLabel(nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    const row = this.labelCount * 4;
    this.#labels[row] = nameStart;
    this.#labels[row + 1] = nameEnd;
    this.#labels[row + 2] = valueStart;
    this.#labels[row + 3] = valueEnd;
    this.labelCount++;
  }

  /** ` value [timestamp] [# exemplar]`. */
  #readValues(from: number, end: number): string | null {
    const text = this.#text;
    let at = findBlank(text, from, end);
    if (at === from) return 'no value';
    const value = at - from > MAX_NUMBER ? null : parseValue(text.slice(from, at));
    if (value === null) return `${JSON.stringify(text.slice(from, Math.min(at, from + 40)))} is no number`;
    this.value = value;
    this.timestampMillis = null;
    at = skipBlanks(text, at, end);
    if (at < end && text.charCodeAt(at) !== HASH) {
      const stop = findBlank(text, at, end);
      const timestamp = stop - at > MAX_NUMBER ? null : parseValue(text.slice(at, stop));
      if (timestamp === null || !Number.isFinite(timestamp)) return 'the timestamp is no number';
      this.timestampMillis = this.#isOpenMetrics ? timestamp * 1000 : timestamp;
      at = skipBlanks(text, stop, end);
    }
    if (at === end) return null;
    // An exemplar is another process's business; only that it is one is checked.
    const isExemplar =
      text.charCodeAt(at) === HASH && text.charCodeAt(skipBlanks(text, at + 1, end)) === OPEN_BRACE;
    return isExemplar ? null : 'more text behind the value';
  }
}

const METRIC_TYPES: ReadonlyMap<string, MetricType> = new Map<string, MetricType>([
  ['counter', 'counter'],
  ['gauge', 'gauge'],
  ['histogram', 'histogram'],
  ['gaugehistogram', 'histogram'],
  ['summary', 'summary'],
]);

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** As Go's ParseFloat prints and reads: decimals, NaN, +Inf. `Number()` alone would take `` and `0x10`. */
function parseValue(text: string): number | null {
  if (NUMBER.test(text)) return Number(text);
  switch (text.toLowerCase()) {
    case 'nan':
      return NaN;
    case 'inf':
    case '+inf':
    case 'infinity':
    case '+infinity':
      return Infinity;
    case '-inf':
    case '-infinity':
      return -Infinity;
    default:
      return null;
  }
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

function skipBlanks(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && isBlank(text.charCodeAt(at))) at++;
  return at;
}

function findBlank(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && !isBlank(text.charCodeAt(at))) at++;
  return at;
}

function isNameCode(code: number, isFirst: boolean): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    code === 95 ||
    code === 58 ||
    (!isFirst && code >= 48 && code <= 57)
  );
}

function findClosingQuote(text: string, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at;
  }
  return -1;
}

function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([\\"n])/g, (_, code: string) => (code === 'n' ? '\n' : code));
}
