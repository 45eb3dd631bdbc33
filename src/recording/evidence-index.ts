// The evidence of a recording in the order in which it is replayed; bytes are loaded when their turn comes.
import { DAY_MILLIS, type Millis } from '../base/units.ts';
import { toRecordedMillis, toVirtualMillis, type RawEvidence, type TimeMap } from '../model/raw-evidence.ts';
import { MANIFEST_FILE } from './manifest.ts';
import { EVENTS_FILE, GCTRACE_FILE, type MemberKind } from './member-names.ts';

/** Ties in time: gauges before profiles, so that a profile is judged against the gauges of its own instant. */
const ORDER = { metrics: 0, vars: 1, proc: 2, profile: 3, 'log-line': 4, event: 5 } as const;

/** One JSON object of events.jsonl; times inside `fields` are recorded time. */
export interface RecordingEvent {
  readonly atMillis: Millis;
  readonly kind: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A member that is evidence by itself. */
export type TimedMember = Extract<MemberKind, { recordedMillis: Millis }>;

interface Item {
  /** Where it lies: a file, and a line where it has many. */
  readonly file: string;
  readonly line: number | null;
  readonly atMillis: Millis;
  readonly order: number;
  readonly load: () => Promise<RawEvidence>;
}

/** A log of hours at many lines a second; what lies beyond would only cost memory. */
export const MAX_LOG_LINES = 1_000_000;
/** Deploys, restarts, kills: nobody has more. */
export const MAX_EVENTS = 100_000;

/** Of recorded time. Clocks are off by hours, and are set; a recording by hand may go on for long after its `endedAt`. */
const STRAY_MILLIS: Millis = DAY_MILLIS;
/** Strays that are named each. */
const MAX_STRAYS_NAMED = 3;

const FEED = 10;
const SPACE = 32;

/** Fills up, then is sorted once. */
export class EvidenceIndex {
  readonly events: RecordingEvent[] = [];
  readonly warnings: string[] = [];
  readonly #timeMap: TimeMap;
  #items: Item[] = [];
  #isSorted = true;

  constructor(timeMap: TimeMap) {
    this.#timeMap = timeMap;
  }

  get length(): number {
    return this.#items.length;
  }

  /** A file whose name says its time. */
  addTimedMember(file: string, member: TimedMember, read: () => Promise<Uint8Array>): void {
    const atMillis = toVirtualMillis(this.#timeMap, member.recordedMillis);
    this.#add({ file, line: null, atMillis }, ORDER[member.kind], async () => {
      const bytes = await read();
      if (member.kind !== 'profile') return { kind: member.kind, atMillis, bytes };
      const { profile, form, pushed } = member;
      return { kind: 'profile', atMillis, bytes, profile, form, ...(pushed === undefined ? {} : { pushed }) };
    });
  }

  /** `<unix_ms> line` each. A line without a time belongs to the line before it (a stack behind a panic). */
  addLog(log: Uint8Array): void {
    let recorded: Millis | null = null;
    let lines = 0;
    let early = 0;
    let line = 0;
    for (const [start, end] of eachLine(log)) {
      line++;
      if (lines === MAX_LOG_LINES) {
        this.warnings.push(`gctrace.log: only the first ${MAX_LOG_LINES} lines are read`);
        break;
      }
      const prefix = readTimePrefix(log, start, end);
      if (prefix) recorded = prefix.recordedMillis;
      if (recorded === null) {
        if (end > start) early++;
        continue;
      }
      lines++;
      const atMillis = toVirtualMillis(this.#timeMap, recorded);
      const textStart = prefix ? prefix.textStart : start;
      this.#add({ file: GCTRACE_FILE, line, atMillis }, ORDER['log-line'], async () => {
        return { kind: 'log-line', atMillis, bytes: log.slice(textStart, end) };
      });
    }
    if (early > 0)
      this.warnings.push(`gctrace.log: ${early} lines before the first one with a time are left out`);
  }

  addEvents(file: Uint8Array): void {
    let line = 0;
    for (const [start, end] of eachLine(file)) {
      line++;
      const bytes = file.slice(start, end);
      const text = new TextDecoder().decode(bytes).trim();
      if (text === '') continue;
      const fields = parseEvent(text);
      if (fields === null) {
        this.#warnEvent(`events.jsonl line ${line}: not a JSON object with a number "t": left out`);
      } else if (this.events.length === MAX_EVENTS) {
        this.warnings.push(`events.jsonl: only the first ${MAX_EVENTS} events are read`);
        break;
      } else {
        const atMillis = toVirtualMillis(this.#timeMap, fields.t);
        const kind = typeof fields['kind'] === 'string' ? fields['kind'] : 'unknown';
        this.events.push({ atMillis, kind, fields });
        const load = async (): Promise<RawEvidence> => ({ kind: 'event', atMillis, bytes });
        this.#add({ file: EVENTS_FILE, line, atMillis }, ORDER.event, load);
      }
    }
    this.events.sort((a, b) => a.atMillis - b.atMillis);
  }

  /**
   * Leaves out, with a warning each, what lies more than a day of recorded time outside of the recording and of all the rest:
   * a time in another unit, or of a clock that was never set. Where nothing lies inside, the two times are what is wrong, and
   * all of it stays. Call it once, after the last piece was added.
   */
  leaveOutStrays(fromMillis: Millis, toMillis: Millis): void {
    this.#sort();
    const items = this.#items;
    const margin = STRAY_MILLIS * this.#timeMap.scale;
    let first = items.findIndex(({ atMillis }) => atMillis >= fromMillis - margin);
    let last = items.findLastIndex(({ atMillis }) => atMillis <= toMillis + margin);
    if (first === -1 || last < first) {
      if (items.length > 0) this.warnings.push(`${MANIFEST_FILE}: no evidence between startedAt and endedAt`);
      return;
    }
    const near = (early: number, late: number) => items[late].atMillis - items[early].atMillis <= margin;
    while (first > 0 && near(first - 1, first)) first--;
    while (last + 1 < items.length && near(last, last + 1)) last++;
    const strays = [...items.slice(0, first), ...items.slice(last + 1)];
    if (strays.length === 0) return;
    const [earliest, latest] = [items[first].atMillis, items[last].atMillis];
    for (const { file, line, atMillis } of strays.slice(0, MAX_STRAYS_NAMED)) {
      const place = line === null ? file : `${file} line ${line}`;
      const side = atMillis < earliest ? 'before' : 'after';
      const at = Math.round(toRecordedMillis(this.#timeMap, atMillis));
      this.warnings.push(
        `${place}: its time ${at} is more than a day ${side} all the rest of the recording: left out`,
      );
    }
    const unnamed = strays.length - MAX_STRAYS_NAMED;
    if (unnamed > 0) this.warnings.push(`${unnamed} more pieces of evidence with such a time are left out`);
    this.#items = items.slice(first, last + 1);
    const kept = this.events.filter(({ atMillis }) => atMillis >= earliest && atMillis <= latest);
    this.events.splice(0, this.events.length, ...kept);
  }

  /** Every piece of evidence: by virtual time, then by kind, then as it was added. Can be walked again. */
  async *inOrder(): AsyncGenerator<RawEvidence, void, undefined> {
    this.#sort();
    for (const item of this.#items) yield await item.load();
  }

  #add(place: Pick<Item, 'file' | 'line' | 'atMillis'>, order: number, load: Item['load']): void {
    this.#items.push({ ...place, order, load });
    this.#isSorted = false;
  }

  #sort(): void {
    if (this.#isSorted) return;
    this.#items.sort((a, b) => a.atMillis - b.atMillis || a.order - b.order);
    this.#isSorted = true;
  }

  #warnEvent(text: string): void {
    if (this.warnings.length < 20) this.warnings.push(text);
  }
}

/** Start and end (without the line feed) of each line; no empty line behind the last feed. */
function* eachLine(bytes: Uint8Array): Generator<readonly [number, number]> {
  let start = 0;
  while (start < bytes.length) {
    const feed = bytes.indexOf(FEED, start);
    const end = feed === -1 ? bytes.length : feed;
    yield [start, end];
    start = end + 1;
  }
}

function readTimePrefix(
  bytes: Uint8Array,
  start: number,
  end: number,
): { recordedMillis: Millis; textStart: number } | null {
  let recordedMillis = 0;
  let at = start;
  while (at < end && at - start < 16) {
    const digit = (bytes[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) break;
    recordedMillis = recordedMillis * 10 + digit;
    at++;
  }
  // Ten digits and more: a line that begins with a small number of its own is no time.
  if (at - start < 10 || (at < end && bytes[at] !== SPACE)) return null;
  return { recordedMillis, textStart: Math.min(at + 1, end) };
}

function parseEvent(text: string): (Record<string, unknown> & { t: number }) | null {
  try {
    const value: unknown = JSON.parse(text);
    const isEvent =
      typeof value === 'object' &&
      value !== null &&
      't' in value &&
      typeof value.t === 'number' &&
      Number.isFinite(value.t);
    return isEvent ? (value as Record<string, unknown> & { t: number }) : null;
  } catch {
    return null;
  }
}
