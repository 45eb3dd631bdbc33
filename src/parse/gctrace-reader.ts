// Lines of a log in, collections out. Start here for GC traces.
//
// The runtime writes a line of its trace piece by piece, so what the program says at that moment may stand inside it,
// before it or behind it; log drivers and shippers put their own text around. Nothing here throws: a line that is not
// understood is the program's.
import type { GcCycle } from '../base/gc-cycles.ts';
import type { Millis } from '../base/units.ts';
import { GC_LINE_BEGIN, matchGcLine, type GcLineMatch } from './gctrace-line.ts';
import {
  SCAVENGER_BEGIN,
  isOtherRuntimeLine,
  parseScavengerLine,
  type ScavengerLine,
} from './gctrace-scavenger.ts';
import { MAX_PREFIX_CHARACTERS, openLogEnvelope, parseLinePrefix, type LinePrefix } from './log-envelope.ts';

/** A collection and what the log says about its line. */
export interface TracedCycle {
  readonly cycle: GcCycle;
  /** When the line was written or, where the log does not say, when it arrived; null = neither is known. */
  readonly atMillis: Millis | null;
  /** What stands before the lines of this process beside a time (`web-1 |`); '' = nothing. */
  readonly origin: string;
  /** Other text stood right before it: a message without an end, or one that quotes a trace. */
  readonly isGlued: boolean;
}

export interface GcTraceSink {
  cycle(traced: TracedCycle): void;
  scavenger(line: ScavengerLine): void;
  /** What is not the runtime's, in order, exactly as it came; `endsLine` = a line feed follows. */
  other(text: string, endsLine: boolean): void;
}

export interface GcTraceCounts {
  lines: number;
  cycles: number;
  /** Collections whose line was cut by other output and put together again. */
  mended: number;
  /** Lines that begin as a collection's and could not be read. */
  damaged: number;
}

/** What follows an interrupted line is looked at for its rest; the two are a few writes apart. */
const MAX_LINES_HELD = 8;
/** Parts of a container's line that wait for their end. */
const MAX_PENDING_CHARACTERS = 64 * 1024;

/** A line of the trace that other output interrupted, and what came since. */
interface Interrupted {
  /** From `gc ` on. */
  readonly text: string;
  readonly cut: Extract<GcLineMatch, { kind: 'cut' }>;
  readonly prefix: LinePrefix;
  readonly prefixLength: number;
  readonly atMillis: Millis | null;
  readonly line: string;
  readonly since: { readonly line: string; readonly arrivedMillis: Millis | null }[];
}

export class GcTraceReader {
  readonly counts: GcTraceCounts = { lines: 0, cycles: 0, mended: 0, damaged: 0 };
  readonly #sink: GcTraceSink;
  readonly #pending = new Map<string, string>();
  #interrupted: Interrupted | null = null;
  #lineFeedIsOwed = false;

  constructor(sink: GcTraceSink) {
    this.#sink = sink;
  }

  /**
   * Takes one line without its line feed, one character a byte (latin1) where `other` is to be exact.
   *
   * @param arrivedMillis now, for a log that is read as it is written; null for a file.
   */
  push(line: string, arrivedMillis: Millis | null): void {
    this.counts.lines++;
    this.#route(line, arrivedMillis);
  }

  #route(line: string, arrivedMillis: Millis | null): void {
    if (this.#interrupted !== null) this.#pushBehind(this.#interrupted, line, arrivedMillis);
    else this.#take(line, arrivedMillis);
  }

  /** Gives back what waits for its rest: at the end, or when nothing came for a while. */
  flush(): void {
    const interrupted = this.#interrupted;
    if (interrupted === null) return;
    this.#interrupted = null;
    this.counts.damaged++;
    this.#sink.other(interrupted.line, true);
    for (const { line, arrivedMillis } of interrupted.since) this.#route(line, arrivedMillis);
    if (this.#interrupted !== null) this.flush();
  }

  get isHolding(): boolean {
    return this.#interrupted !== null;
  }

  #pushBehind(interrupted: Interrupted, line: string, arrivedMillis: Millis | null): void {
    if (this.#mend(interrupted, line)) return;
    interrupted.since.push({ line, arrivedMillis });
    // The runtime finishes a line before it begins the next.
    if (interrupted.since.length >= MAX_LINES_HELD || isWholeLine(line)) this.flush();
  }

  /** The interrupted line with this one as its rest. */
  #mend(interrupted: Interrupted, line: string): boolean {
    const { text } = openLogEnvelope(line);
    for (const rest of new Set([text, text.slice(interrupted.prefixLength)])) {
      for (const { head, foreign } of splitInterrupted(interrupted, rest)) {
        const found = matchGcLine(head + rest, 0);
        if (found.kind !== 'whole') continue;
        this.#interrupted = null;
        this.counts.mended++;
        this.#emit(found.cycle, interrupted.prefix, interrupted.atMillis, false);
        this.#sink.other(foreign, true);
        for (const held of interrupted.since) this.#route(held.line, held.arrivedMillis);
        this.#afterLine((head + rest).slice(found.end));
        return true;
      }
    }
    return false;
  }

  #take(line: string, arrivedMillis: Millis | null): void {
    if (line === '' && this.#lineFeedIsOwed) {
      this.#lineFeedIsOwed = false;
      return;
    }
    this.#lineFeedIsOwed = false;
    if (!MAY_BE_RUNTIME.test(line) && this.#pending.size === 0) {
      this.#sink.other(line, true);
      return;
    }
    const entry = openLogEnvelope(line);
    const text = this.#joinParts(entry.stream, entry.text, entry.isPartial);
    if (text === null) {
      this.#sink.other(line, true);
      return;
    }
    const atMillis = entry.atMillis ?? arrivedMillis;
    if (!this.#takeCycle({ line, text, atMillis }) && !this.#takeScavenger(text)) {
      this.#sink.other(line, true);
    }
  }

  /** Text of a line whose parts all came; null while some are to come. */
  #joinParts(stream: string, text: string, isPartial: boolean): string | null {
    const whole = (this.#pending.get(stream) ?? '') + text;
    this.#pending.delete(stream);
    if (!isPartial) return whole;
    if (whole.length <= MAX_PENDING_CHARACTERS) this.#pending.set(stream, whole);
    return null;
  }

  #takeCycle(from: { line: string; text: string; atMillis: Millis | null }): boolean {
    const { line, text } = from;
    const at = text.search(GC_LINE_BEGIN);
    if (at < 0) return false;
    const before = text.slice(0, at);
    const prefix = parseLinePrefix(before.slice(-MAX_PREFIX_CHARACTERS));
    const isGlued = at > MAX_PREFIX_CHARACTERS || (prefix.origin !== '' && !/[|:\]>-]\s*$/.test(before));
    const atMillis = prefix.atMillis ?? from.atMillis;
    const found = matchGcLine(text, at);
    if (found.kind === 'none') return false;
    if (found.kind === 'cut') {
      if (isGlued) return false;
      const { cutAt, numberAt } = found;
      const cut = { kind: found.kind, cutAt: cutAt - at, numberAt: numberAt < 0 ? -1 : numberAt - at };
      const prefixLength = at;
      this.#interrupted = { text: text.slice(at), cut, prefix, prefixLength, atMillis, line, since: [] };
      return true;
    }
    this.#emit(found.cycle, isGlued ? BARE : prefix, atMillis, isGlued);
    // Whatever stands before it but a time may be the program's: nothing of that is ever swallowed.
    if (prefix.origin !== '') this.#sink.other(line, true);
    else this.#afterLine(text.slice(found.end));
    return true;
  }

  #emit(cycle: GcCycle, prefix: LinePrefix, atMillis: Millis | null, isGlued: boolean): void {
    this.counts.cycles++;
    this.#sink.cycle({ cycle, atMillis, origin: prefix.origin, isGlued });
  }

  /** What stands behind a collection on its line: the line feed came late, or not at all. */
  #afterLine(rest: string): void {
    if (rest === '' || rest === '\r') return;
    this.#route(rest, null);
    this.#lineFeedIsOwed = true;
  }

  #takeScavenger(text: string): boolean {
    const at = text.search(SCAVENGER_BEGIN);
    if (at >= 0 && at <= MAX_PREFIX_CHARACTERS && parseLinePrefix(text.slice(0, at)).origin === '') {
      const parsed = parseScavengerLine(text.slice(at));
      if (parsed) this.#sink.scavenger(parsed);
      if (parsed) return true;
    }
    return isOtherRuntimeLine(text.replace(/\r$/, ''));
  }
}

const BARE: LinePrefix = { atMillis: null, origin: '' };

/** Most lines of a log are none of these: one look says so. */
const MAY_BE_RUNTIME = /gc \d|scav |scvg|GC forced|scan: |pacer: |^\{"log":|^\d{4}-\S{16,36} std/;

function isWholeLine(line: string): boolean {
  const at = line.search(GC_LINE_BEGIN);
  return at >= 0 && matchGcLine(line, at).kind === 'whole';
}

/** How a message begins that begins with digits: a date or a time of day. A list of numbers may look like one. */
const DATED = /^(?:\d{4}[-/]\d\d[-/]\d\d|\d\d:\d\d:\d\d)/;
const LONGEST_DATE = 10;
/** How other messages begin; after a space or a sign the digits before it are more likely theirs. */
const MESSAGE = /^[A-Za-z[{<("'\u0080-\u00ff\u001b]/;

/**
 * Where an interrupted line may end and the other text begin, likeliest first, given how the rest begins. A number is one
 * piece: when the rest begins with a digit, the digits before the cut belong to the other text; else they end the number,
 * and the other text begins behind them, or with a date among them (`MB, 7` + `2026/01/01 ...`).
 */
function* splitInterrupted(
  { text, cut: { cutAt, numberAt } }: Interrupted,
  rest: string,
): Generator<{ readonly head: string; readonly foreign: string }> {
  const isNumberNext = /^\d/.test(rest);
  const at = (index: number) => ({ head: text.slice(0, index), foreign: text.slice(index) });
  for (let index = Math.max(1, cutAt - LONGEST_DATE); index <= cutAt; index++) {
    if (!DATED.test(text.slice(index, index + LONGEST_DATE))) continue;
    if (isNumberNext && /\d$/.test(text.slice(0, index))) continue;
    yield at(index);
  }
  if (numberAt < 0) yield at(cutAt);
  else if (isNumberNext) yield at(numberAt);
  else if (MESSAGE.test(text.slice(cutAt))) yield at(cutAt);
}
