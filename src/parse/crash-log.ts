// Crashes of Go programs in a log: why, when, and the goroutine dump as the runtime wrote it, whatever a container, a shipper or
// other threads have put around and in between. The dump is for the goroutine readers of pprof.
import type { Bytes, Millis } from '../base/units.ts';
import { openLogEnvelope, parseLinePrefix, MAX_PREFIX_CHARACTERS } from './log-envelope.ts';

export type CrashKind = 'out-of-memory' | 'signal' | 'panic' | 'fatal' | 'unknown';

export interface Crash {
  readonly kind: CrashKind;
  /** The runtime's own words: `fatal error: out of memory`, `SIGQUIT: quit`; '' where the log begins in the dump. */
  readonly headline: string;
  readonly atMillis: Millis | null;
  /** Which process of several in one log: what stands before its lines beside a time. */
  readonly origin: string;
  /** `runtime: out of memory: cannot allocate 4194304-byte block (746258432 in use)`. */
  readonly wantedBytes: Bytes | null;
  readonly inUseBytes: Bytes | null;
  /** Lines of the dump without what stood around them. */
  readonly dump: string;
  /** Nothing of the dump was left out (see MAX_DUMP_CHARACTERS), and it does not end within a stack. */
  readonly isWhole: boolean;
}

/** A dump of 100,000 goroutines has 60 MB; the rest of a longer one is left out. */
export const MAX_DUMP_CHARACTERS = 128 * 1024 * 1024;
/** Crashes kept of one log: the newest. */
export const MAX_CRASHES = 100;
/** So many lines in a row that are nothing of a dump end it. */
const MAX_FOREIGN_LINES = 500;
/** A headline is followed by its dump within these lines (registers and the stack of the system come first). */
const MAX_LINES_TO_DUMP = 200;

/** Where the runtime's words begin in a line. The longest first: `panic:` may stand inside of a message. */
const HEADLINE =
  /(?:runtime: out of memory: .*|fatal error: .*|SIG[A-Z]+: .*|unexpected fault address .*|panic: .*)$/;
const GOROUTINE = /goroutine \d+(?: gp=0x[0-9a-f]+| m=\S+| mp=0x[0-9a-f]+)* \[.*[\]}]:\s*$/;
const OUT_OF_MEMORY =
  /out of memory|cannot allocate memory|failed to (?:reserve|allocate)|cannot map pages|cannot reserve arena/;
const WANTED = /runtime: (?:out of memory: )?cannot allocate (\d{1,16})-byte block \((\d{1,16}) in use\)/;

interface Open {
  kind: CrashKind;
  headline: string;
  atMillis: Millis | null;
  origin: string;
  wantedBytes: Bytes | null;
  inUseBytes: Bytes | null;
  readonly opener: RegExp | null;
  readonly dump: string[];
  length: number;
  goroutines: number;
  foreign: number;
  newestForeign: string;
  isWhole: boolean;
}

/** Takes lines in their order, without their ends. */
export class CrashLogReader {
  readonly #crashes: Crash[] = [];
  #open: Open | null = null;
  #partial = '';

  line(raw: string): void {
    const { text: part, atMillis, isPartial } = openLogEnvelope(raw);
    const text = this.#partial + part;
    this.#partial = '';
    if (isPartial && text.length < MAX_LINE_CHARACTERS) {
      this.#partial = text;
      return;
    }
    if (this.#open !== null && this.#continue(this.#open, text)) return;
    this.#begin(text, atMillis);
  }

  /** Crashes that have at least one goroutine, oldest first. */
  finish(): readonly Crash[] {
    const open = this.#open;
    if (open?.foreign === 1 && PARTIAL_LINE.test(open.newestForeign)) open.isWhole = false;
    this.#close();
    return this.#crashes;
  }

  #begin(text: string, atMillis: Millis | null): void {
    const found = GOROUTINE.exec(text) ?? HEADLINE.exec(text);
    if (!found || found.index > MAX_PREFIX_CHARACTERS) return;
    const before = text.slice(0, found.index);
    if (!isPrefix(before)) return;
    this.#close();
    const prefix = parseLinePrefix(before);
    this.#open = {
      kind: 'unknown',
      headline: '',
      atMillis: prefix.atMillis ?? atMillis,
      origin: prefix.origin,
      wantedBytes: null,
      inUseBytes: null,
      opener: before === '' ? null : openerFor(before),
      dump: [],
      length: 0,
      goroutines: 0,
      foreign: 0,
      newestForeign: '',
      isWhole: true,
    };
    this.#take(this.#open, found[0]);
  }

  /** False when the line begins another crash, or this one is over. */
  #continue(open: Open, raw: string): boolean {
    const text = open.opener === null ? raw : withoutPrefix(raw, open.opener);
    if (text !== null && isOfDump(text)) {
      // A second headline behind a dump is another crash; the first lines of one have several.
      const isHeadline = HEADLINE.exec(text)?.index === 0;
      if (isHeadline && open.goroutines > 0) return false;
      this.#take(open, text);
      open.foreign = 0;
      return true;
    }
    open.foreign++;
    open.newestForeign = raw;
    const bound = open.goroutines === 0 ? MAX_LINES_TO_DUMP : MAX_FOREIGN_LINES;
    if (open.foreign > bound) this.#close();
    return false;
  }

  #take(open: Open, text: string): void {
    if (HEADLINE.exec(text)?.index === 0) describe(open, text);
    if (GOROUTINE.test(text)) open.goroutines++;
    if (open.goroutines === 0) return;
    open.length += text.length + 1;
    if (open.length <= MAX_DUMP_CHARACTERS) open.dump.push(text);
    else open.isWhole = false;
  }

  #close(): void {
    const open = this.#open;
    this.#open = null;
    if (open === null || open.goroutines === 0) return;
    const { kind, headline, atMillis, origin, wantedBytes, inUseBytes } = open;
    const isWhole = open.isWhole && !endsInStack(open.dump);
    const dump = `${open.dump.join('\n')}\n`;
    this.#crashes.push({ kind, headline, atMillis, origin, wantedBytes, inUseBytes, dump, isWhole });
    if (this.#crashes.length > MAX_CRASHES) this.#crashes.shift();
  }
}

/** What the last line of a log may be the beginning of: a call, its place, the next goroutine. */
const PARTIAL_LINE = /(?:^|\s)(?:\/\S*|[A-Za-z_][\w\-/*%~]*[./(]\S*|goroutine \d+[^\]]*|created by.*)$/;

/**
 * Whether the last stack lacks its end: a goroutine without a call, or a call without its place.
 */
function endsInStack(dump: readonly string[]): boolean {
  const last = dump.findLast((line) => line !== '' && !/^(?:exit status \d+|-----)$/.test(line)) ?? '';
  return GOROUTINE.test(last) || isCall(last) || last.startsWith('created by ');
}

const MAX_LINE_CHARACTERS = 256 * 1024;

function describe(open: Open, text: string): void {
  const wanted = WANTED.exec(text);
  if (wanted) {
    open.wantedBytes = Number(wanted[1]);
    open.inUseBytes = Number(wanted[2]);
  }
  const kind = kindOf(text);
  // `runtime: out of memory: ...` comes before `fatal error: out of memory`, which says it in words.
  if (open.headline === '' || text.startsWith('fatal error: ')) open.headline = text;
  if (open.kind === 'unknown' || kind === 'out-of-memory') open.kind = kind;
}

function kindOf(headline: string): CrashKind {
  if (OUT_OF_MEMORY.test(headline)) return 'out-of-memory';
  if (/^SIG[A-Z]+: /.test(headline)) return 'signal';
  return headline.startsWith('panic: ') ? 'panic' : 'fatal';
}

/** What a log puts before a line has a time, or ends in a colon, a bar or a bracket; a sentence that quotes a crash has not. */
function isPrefix(before: string): boolean {
  return before === '' || parseLinePrefix(before).atMillis !== null || /(?:[:|\]>]\s*|\t)$/.test(before);
}

/** The same prefix with other numbers: times and counters go on. */
function openerFor(before: string): RegExp {
  const pattern = before
    .trimEnd()
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\d+/g, '\\d+');
  const gap = /\s$/.test(before) ? '(?:\\s|$)' : '';
  return new RegExp(`^${pattern}${gap}`);
}

function withoutPrefix(text: string, opener: RegExp): string | null {
  const found = opener.exec(text);
  return found ? text.slice(found[0].length) : null;
}

/** Lines that the runtime writes in a dump; all others are somebody else's. */
function isOfDump(text: string): boolean {
  return (
    text === '' ||
    GOROUTINE.test(text) ||
    HEADLINE.exec(text)?.index === 0 ||
    PLACE.test(text) ||
    isCall(text) ||
    OTHERS.test(text)
  );
}

const PLACE = /^\s+\S.*:\d+(?: \+0x[0-9a-f]+)?(?: fp=0x[0-9a-f]+ sp=0x[0-9a-f]+ pc=0x[0-9a-f]+)?$/;
const OTHERS =
  /^(?:created by \S.*|\.\.\.(?:\d+|additional) frames elided\.\.\.|runtime stack:|\[originating from goroutine \d+\]:|\[signal .*\]|PC=0x\S* .*|r\w{1,5} +0x[0-9a-f]+|[cfg]s +0x[0-9a-f]+|goroutine running on other thread; stack unavailable|exit status \d+|-----)$/;

/** `main.(*T).Run(0x1, {0x2, 0x3})`: up to the first space a name with a dot and a bracket, and a bracket at the end. */
function isCall(text: string): boolean {
  if (!text.endsWith(')') || !/^[A-Za-z_]/.test(text)) return false;
  const space = text.indexOf(' ');
  const head = space < 0 ? text : text.slice(0, space);
  const dot = head.indexOf('.');
  return dot > 0 && head.indexOf('(', dot) > 0 && !head.includes(':');
}
