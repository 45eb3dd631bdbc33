// Bytes of a log, as they come, to the lines of a GC trace; what is not the trace's goes on to the next, byte by byte.
import { GcTrace } from '../pipeline/gc-trace.ts';
import type { Millis } from '../base/units.ts';

/** A longer line is passed on as it comes and not looked at: collections are told in a few hundred bytes. */
const MAX_LINE_BYTES = 64 * 1024;
/** The rest of an interrupted line is a few writes away: after this it never comes. */
const HOLD_MILLIS: Millis = 200;
const LINE_FEED = 0x0a;

export interface TraceStreamOptions {
  /** Takes what passes through; null = nothing is passed on. */
  readonly passOn: ((bytes: Buffer) => void) | null;
  /** The log is read as it is written: what is held back must not wait for ever. */
  readonly isLive: boolean;
  /** Now, where a line arrives when it is written and nothing else dates it; null = arrival says nothing. */
  readonly now: (() => Millis) | null;
  /** The runtime's lines are passed on as well. */
  readonly withTrace: boolean;
}

/** Feeds a `GcTrace`. Text is held as latin1, one character a byte, so that nothing changes on the way. */
export class TraceStream {
  readonly trace: GcTrace;
  readonly #options: TraceStreamOptions;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** The line is too long: the rest of it goes on unseen. */
  #isOverlong = false;
  /** Begin of the pending line that was passed on already: a prompt must not wait for its line feed. */
  #shown = '';
  /** The last line has no line feed: each is held back until something follows it. */
  #isUnended = false;
  #isLineFeedHeld = false;
  #holdTimer: NodeJS.Timeout | undefined;

  constructor(options: TraceStreamOptions) {
    this.#options = options;
    this.trace = new GcTrace((text, endsLine) => this.#other(text, endsLine));
  }

  write(chunk: Buffer): void {
    if (this.#options.withTrace) this.#options.passOn?.(chunk);
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      this.#finishLine(chunk.subarray(from, end));
      from = end + 1;
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
    this.#showPrompt();
    this.#watchHold();
  }

  /** The log is over. */
  end(): void {
    clearTimeout(this.#holdTimer);
    if (this.#pendingBytes > 0 || this.#isOverlong) {
      this.#isUnended = true;
      this.#finishLine(Buffer.alloc(0));
    }
    this.trace.flush();
  }

  #keep(rest: Buffer): void {
    if (this.#isOverlong) {
      this.#pass(rest);
      return;
    }
    this.#pending.push(rest);
    this.#pendingBytes += rest.length;
    if (this.#pendingBytes <= MAX_LINE_BYTES) return;
    this.trace.flush();
    this.#other(this.#takePending().toString('latin1'), false);
    this.#isOverlong = true;
  }

  #finishLine(rest: Buffer): void {
    if (this.#isOverlong || this.#pendingBytes + rest.length > MAX_LINE_BYTES) {
      if (!this.#isOverlong) this.trace.flush();
      this.#other(Buffer.concat([this.#takePending(), rest]).toString('latin1'), true);
      this.#isOverlong = false;
    } else {
      const line = this.#pendingBytes === 0 ? rest : Buffer.concat([this.#takePending(), rest]);
      this.trace.push(line.toString('latin1'), this.#options.now?.() ?? null);
    }
    this.#shown = '';
  }

  #takePending(): Buffer {
    const taken = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    return taken;
  }

  #showPrompt(): void {
    if (this.#pendingBytes === 0 || this.trace.isHolding || this.#options.passOn === null) return;
    const text = Buffer.concat(this.#pending).toString('latin1');
    if (mayBecomeRuntimeLine(text)) return;
    this.#pass(Buffer.from(text.slice(this.#shown.length), 'latin1'));
    this.#shown = text;
  }

  #watchHold(): void {
    clearTimeout(this.#holdTimer);
    if (!this.trace.isHolding || !this.#options.isLive) return;
    this.#holdTimer = setTimeout(() => this.trace.flush(), HOLD_MILLIS);
    this.#holdTimer.unref();
  }

  #other(text: string, endsLine: boolean): void {
    const isShown = this.#shown !== '' && text.startsWith(this.#shown);
    const rest = isShown ? text.slice(this.#shown.length) : text;
    if (isShown) this.#shown = '';
    const before = this.#isLineFeedHeld ? '\n' : '';
    this.#isLineFeedHeld = endsLine && this.#isUnended;
    const passed = before + rest + (endsLine && !this.#isUnended ? '\n' : '');
    if (passed !== '') this.#pass(Buffer.from(passed, 'latin1'));
  }

  #pass(bytes: Buffer): void {
    if (!this.#options.withTrace) this.#options.passOn?.(bytes);
  }
}

const RUNTIME_BEGINS = ['gc ', 'scav ', 'scvg', 'GC forced', 'scan: ', 'pacer: '];

function mayBecomeRuntimeLine(text: string): boolean {
  return RUNTIME_BEGINS.some((begin) => begin.startsWith(text) || text.startsWith(begin));
}
