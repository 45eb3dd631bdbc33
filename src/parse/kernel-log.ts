// Lines of the kernel log, however they were written down: dmesg in all its forms, /dev/kmsg, syslog files, journald's short,
// JSON and export formats; in the envelope of a container's log, or without. What comes out is the kernel's own text, with its time as far as the form tells it.
import { instantOf, monthNumber, parseIsoTime, yearOf } from '../base/calendar.ts';
import type { Bytes, Millis, Seconds } from '../base/units.ts';
import { openLogEnvelope } from './log-envelope.ts';

export interface KernelLine {
  readonly text: string;
  /** By the clock on the wall; null where the form does not say. */
  readonly atMillis: Millis | null;
  /** Since the machine was started; null where the form does not say. */
  readonly bootSeconds: Seconds | null;
  /** Name of the machine, as its log gives it; null where the form does not say. */
  readonly host: string | null;
}

export interface KernelLogContext {
  /** syslog leaves the year out: it is the last one in which the time is not in the future. */
  readonly nowMillis: Millis;
  /** Zone of `dmesg -T` and syslog: minutes east of UTC. */
  readonly eastMinutes: number;
  /** When the machine of this log was started, where that is known: then seconds since boot are times. */
  readonly bootAtMillis: Millis | null;
}

/** A record of the kernel is 8 KiB at most; the rest of a longer line is dropped. */
export const MAX_KERNEL_LINE: Bytes = 64 * 1024;
/** Fields of one journal entry; the largest have a core dump, of which nothing is kept. */
const MAX_FIELD: Bytes = MAX_KERNEL_LINE;

const NEWLINE = 10;

/** Takes bytes as they come and gives the lines that are whole. Forms may change from line to line. */
export class KernelLogReader {
  readonly #context: KernelLogContext;
  readonly #decoder = new TextDecoder();
  #rest = new Uint8Array();
  #isOverlong = false;
  /** An entry of the export format that has begun; null outside of one. */
  #entry: Map<string, string> | null = null;
  /** A binary field of the export format: its name, and how many bytes are still to come. */
  #binary: { name: string; size: number | null; left: number; parts: Uint8Array[] } | null = null;
  #isKmsg = false;
  /** `dmesg --json` has a field a line, and nothing else comes behind it. */
  #isDmesgJson = false;
  #jsonSeconds: Seconds | null = null;
  /** By the envelope of the line; null without one. */
  #writtenMillis: Millis | null = null;
  /** `dmesg --reltime`: the newest line, from which the next one counts. */
  #relativeMillis: Millis | null = null;
  #last: Omit<KernelLine, 'text'> = { atMillis: null, bootSeconds: null, host: null };

  constructor(context: KernelLogContext) {
    this.#context = context;
  }

  push(bytes: Uint8Array): KernelLine[] {
    const lines: KernelLine[] = [];
    let data = join(this.#rest, bytes);
    for (;;) {
      if (this.#binary !== null) {
        const used = this.#readBinary(data);
        data = data.subarray(used);
        if (this.#binary !== null) break;
        continue;
      }
      const end = data.indexOf(NEWLINE);
      if (end < 0) break;
      if (!this.#isOverlong) this.#line(data.subarray(0, Math.min(end, MAX_KERNEL_LINE)), lines);
      this.#isOverlong = false;
      data = data.subarray(end + 1);
    }
    if (this.#binary === null && data.length > MAX_KERNEL_LINE) {
      if (!this.#isOverlong) this.#line(data.subarray(0, MAX_KERNEL_LINE), lines);
      this.#isOverlong = true;
      data = new Uint8Array();
    }
    this.#rest = data.slice();
    return lines;
  }

  /** The last line may lack its end. */
  end(): KernelLine[] {
    const lines = this.#rest.length > 0 || this.#binary !== null ? this.push(Uint8Array.of(NEWLINE)) : [];
    if (this.#entry !== null) this.#finishEntry(lines);
    return lines;
  }

  #line(bytes: Uint8Array, lines: KernelLine[]): void {
    const line = this.#decoder
      .decode(bytes)
      .replace(/\r$/, '')
      .replace(/^\u001e/, '');
    if (this.#entry !== null || /^__(?:CURSOR|REALTIME_TIMESTAMP|MONOTONIC_TIMESTAMP)=/.test(line)) {
      this.#exportLine(line, lines);
    } else if (this.#isDmesgJson || /^\s*"dmesg": ?\[/.test(line)) {
      this.#isDmesgJson = true;
      this.#dmesgJson(line, lines);
    } else {
      const { text, atMillis } = openLogEnvelope(line);
      this.#writtenMillis = atMillis;
      if (text.startsWith('{')) this.#journalJson(text, lines);
      else if (text.trim() !== '') this.#plainLine(text, lines);
    }
  }

  #plainLine(line: string, lines: KernelLine[]): void {
    const kmsg = /^\d{1,6},\d{1,20},(\d{1,19}),[^;]{0,80};(.*)$/s.exec(line);
    if (kmsg) {
      this.#isKmsg = true;
      this.#emit(lines, unescapeKmsg(kmsg[2] ?? ''), null, Number(kmsg[1]) / 1e6);
      return;
    }
    // Fields of a kmsg record follow it, indented.
    if (this.#isKmsg && /^ [A-Z_]+=/.test(line)) return;
    // Further lines of one message: journalctl indents them, dmesg does as well.
    const goesOn = /^\s{8,}(?=\S)/.exec(line);
    if (goesOn && !line.includes('kernel:')) {
      lines.push({ text: line.slice(goesOn[0].length), ...this.#last });
      return;
    }
    const opened = openKernelLine(line, this.#context);
    const atMillis = opened.atMillis ?? this.#followRelative(line);
    this.#emit(lines, opened.text, atMillis, opened.bootSeconds, opened.host);
  }

  /** `[Nov20 03:14]` where the minute is another one, then `[  +0.000004]` since the line before. */
  #followRelative(line: string): Millis | null {
    const minute = RELATIVE_MINUTE.exec(line);
    const later = minute === null ? RELATIVE_STEP.exec(line)?.[1] : undefined;
    if (minute) {
      const [, month = '', day = '', hour = '', least = ''] = minute;
      this.#relativeMillis = yearlessMillis({ month, day, hour, minute: least, second: '0' }, this.#context);
    } else if (later !== undefined && this.#relativeMillis !== null) {
      this.#relativeMillis += Number(later) * 1000;
    } else {
      return null;
    }
    return this.#relativeMillis;
  }

  #emit(
    lines: KernelLine[],
    message: string,
    atMillis: Millis | null,
    bootSeconds: Seconds | null,
    host: string | null = null,
  ): void {
    const { bootAtMillis } = this.#context;
    const fromBoot = bootSeconds !== null && bootAtMillis !== null ? bootAtMillis + bootSeconds * 1000 : null;
    this.#last = { atMillis: atMillis ?? fromBoot ?? this.#writtenMillis, bootSeconds, host };
    for (const text of message.split('\n')) lines.push({ text, ...this.#last });
  }

  #exportLine(line: string, lines: KernelLine[]): void {
    if (line === '') {
      this.#finishEntry(lines);
      return;
    }
    this.#entry ??= new Map();
    const equals = line.indexOf('=');
    if (equals > 0) this.#keep(line.slice(0, equals), line.slice(equals + 1));
    else if (/^[A-Z0-9_]{1,64}$/.test(line)) this.#binary = { name: line, size: null, left: 8, parts: [] };
    else this.#entry = null; // no export format after all
  }

  #keep(name: string, value: string): void {
    if (JOURNAL_FIELDS.has(name)) this.#entry?.set(name, value);
  }

  /** Eight bytes of size, the field, and a line's end. Returns how many bytes were taken. */
  #readBinary(data: Uint8Array): number {
    const binary = this.#binary;
    if (binary === null) return 0;
    if (binary.size === null) {
      if (data.length < 8) return 0;
      const size = Number(new DataView(data.buffer, data.byteOffset, 8).getBigUint64(0, true));
      if (size > Number.MAX_SAFE_INTEGER - 1) {
        this.#binary = this.#entry = null;
        return 8;
      }
      binary.size = size;
      binary.left = size + 1;
      return 8;
    }
    const taken = data.subarray(0, binary.left);
    const known = binary.parts.reduce((total, part) => total + part.length, 0);
    if (known < MAX_FIELD) binary.parts.push(taken.slice(0, MAX_FIELD - known));
    binary.left -= taken.length;
    if (binary.left === 0) {
      const bytes = binary.parts.reduce(join, new Uint8Array()).subarray(0, binary.size);
      this.#keep(binary.name, this.#decoder.decode(bytes));
      this.#binary = null;
    }
    return taken.length;
  }

  #finishEntry(lines: KernelLine[]): void {
    const entry = this.#entry;
    this.#entry = null;
    if (entry !== null) this.#journalEntry((name) => entry.get(name), lines);
  }

  #journalJson(line: string, lines: KernelLine[]): void {
    let fields: unknown;
    try {
      fields = JSON.parse(line);
    } catch {
      return; // the opening of dmesg's own JSON, or a line that was cut short
    }
    const record = fields as Readonly<Record<string, unknown>>;
    this.#journalEntry((name) => {
      const value = record[name];
      if (typeof value === 'string') return value;
      // What is no UTF-8 is written as a list of bytes.
      if (!Array.isArray(value) || !value.every((byte) => typeof byte === 'number')) return undefined;
      return this.#decoder.decode(Uint8Array.from(value));
    }, lines);
  }

  #journalEntry(field: (name: string) => string | undefined, lines: KernelLine[]): void {
    const text = field('MESSAGE');
    // systemd tells of units whose processes were killed; as syslog would write it down.
    const isSystemd = field('SYSLOG_IDENTIFIER') === 'systemd';
    if (text === undefined || (!isSystemd && (field('_TRANSPORT') ?? 'kernel') !== 'kernel')) return;
    const message = isSystemd ? `systemd[${field('_PID') ?? '1'}]: ${text}` : text;
    const micros = (name: string): number | null => {
      const digits = field(name);
      return digits !== undefined && /^\d{1,19}$/.test(digits) ? Number(digits) : null;
    };
    const real = micros('_SOURCE_REALTIME_TIMESTAMP') ?? micros('__REALTIME_TIMESTAMP');
    const boot = micros('_SOURCE_MONOTONIC_TIMESTAMP') ?? micros('__MONOTONIC_TIMESTAMP');
    const host = field('_HOSTNAME') ?? null;
    this.#emit(lines, message, real === null ? null : real / 1000, boot === null ? null : boot / 1e6, host);
  }

  #dmesgJson(line: string, lines: KernelLine[]): void {
    const time = /^\s+"time":\s*(\d+(?:\.\d+)?)/.exec(line);
    if (time) this.#jsonSeconds = Number(time[1]);
    const message = /^\s+"msg":\s*("(?:[^"\\]|\\.)*")/.exec(line);
    if (!message) return;
    try {
      this.#emit(lines, JSON.parse(message[1] ?? '""') as string, null, this.#jsonSeconds);
    } catch {
      // An escape that JSON does not know: such a message is none of the kernel's.
    }
  }
}

const JOURNAL_FIELDS: ReadonlySet<string> = new Set([
  'MESSAGE',
  '_TRANSPORT',
  'SYSLOG_IDENTIFIER',
  '_PID',
  '_HOSTNAME',
  '__REALTIME_TIMESTAMP',
  '__MONOTONIC_TIMESTAMP',
  '_SOURCE_REALTIME_TIMESTAMP',
  '_SOURCE_MONOTONIC_TIMESTAMP',
]);

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

/** /dev/kmsg writes what is not printable, a line's end for instance, as `\x0a`. */
function unescapeKmsg(text: string): string {
  return text.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

const PRIORITY = /^<\d{1,3}>/;
/** `dmesg --decode`. */
const DECODED = /^[a-z0-9]{3,9} *:[a-z]{3,6} *: /;
const ISO = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?) /;
const SYSLOG = /^([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d)(\.\d{1,9})? /;
const UNIX = /^(\d{10}\.\d{1,9}) /;
/** `[   12.345678]`, and the caller that some kernels print behind it. */
const BOOT = /^\[ *(\d{1,12}\.\d{3,9})\](?:\[ *[TC]\d{1,10}\])? ?/;
/** `dmesg -T`: `[Thu Nov 21 10:00:00 2024]`; other languages have other names of months, of which numbers (`1月`) can be read. */
const DATED = /^\[[^\]\s]{1,20} +([^\]\s]{1,20}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})\] ?/;
/** `dmesg -d`, `dmesg -e`: `[<    0.000012>]`, `[  +0.000012]`, `[Nov21 10:00]`. */
const RELATIVE = /^\[(?:<? *\+?\d{1,9}\.\d{3,9}>?|[A-Z][a-z]{2} ?\d{1,2} \d\d:\d\d)\] /;
const RELATIVE_MINUTE = /^\[([A-Z][a-z]{2}) ?(\d{1,2}) (\d\d):(\d\d)\] /;
const RELATIVE_STEP = /^\[ *\+(\d{1,9}\.\d{3,9})\] /;
/** Who writes in a log of many, up to the kernel's text. */
const ORIGIN = /^(?:([^\s:]{1,255}) )?kernel: ?/;
/** Lines of others that are read, with the machine before them. */
const OTHER_ORIGIN = /^([^\s:]{1,255}) (?=systemd\[\d{1,10}\]: )/;
/** RFC 5424: version, time, host, program, process, kind of message, structured data. */
const RFC5424 =
  /^1 (\d{4}-\d\d-\d\dT\S{8,24}) (\S{1,255}) (\S{1,48}) (\S{1,128}) \S{1,32} (?:-|(?:\[(?:[^\]\\]|\\.){0,4096}\])+) ?\ufeff?/;
/** Consoles of virtual machines and the like: `... Guest: <6>[123.456] text`. */
const CONSOLE = /^.{0,200}?<\d{1,3}>(?=\[ *\d{1,12}\.\d{3,9}\])/;

/** Takes off what stands before the kernel's text. Without a known prefix the whole line is the text. */
export function openKernelLine(line: string, context: KernelLogContext): KernelLine {
  let text = openRfc5424(line.replace(PRIORITY, '').replace(DECODED, ''));
  let atMillis: Millis | null = null;
  let host: string | null = null;
  const iso = ISO.exec(text);
  const syslog = iso ? null : SYSLOG.exec(text);
  const unix = iso || syslog ? null : UNIX.exec(text);
  if (iso) atMillis = parseIsoTime(iso[1] ?? '', context.eastMinutes);
  else if (syslog) atMillis = syslogMillis(syslog, context);
  else if (unix) atMillis = Number(unix[1]) * 1000;
  const stamp = iso ?? syslog ?? unix;
  const takeOrigin = () => {
    const origin = ORIGIN.exec(text) ?? OTHER_ORIGIN.exec(text);
    if (!origin) return;
    host = origin[1] ?? null;
    text = text.slice(origin[0].length);
  };
  if (stamp) {
    text = text.slice(stamp[0].length);
    takeOrigin();
    text = text.replace(CONSOLE, '');
  }
  const boot = BOOT.exec(text);
  if (boot) {
    text = text.slice(boot[0].length);
    // `journalctl -o short-monotonic` has host and origin behind the seconds.
    if (host === null) takeOrigin();
    return { text, atMillis, bootSeconds: Number(boot[1]), host };
  }
  const dated = DATED.exec(text);
  if (dated) {
    const at = datedMillis(dated, context);
    return { text: text.slice(dated[0].length), atMillis: at, bootSeconds: null, host };
  }
  return { text: text.replace(RELATIVE, ''), atMillis, bootSeconds: null, host };
}

/** As the older form with a time of its own: `2026-11-20T03:14:15.12Z node7 kernel: text`. */
function openRfc5424(line: string): string {
  const found = RFC5424.exec(line);
  if (!found) return line;
  const [head, time = '', host = '', program = '', process = '-'] = found;
  const writer = process === '-' ? program : `${program}[${process}]`;
  return `${time} ${host === '-' ? '' : `${host} `}${writer}: ${line.slice(head.length)}`;
}

function syslogMillis(match: RegExpExecArray, context: KernelLogContext): Millis | null {
  const [, month = '', day = '', hour = '', minute = '', second = '', fraction = ''] = match;
  return yearlessMillis({ month, day, hour, minute, second: `${second}${fraction}` }, context);
}

/** Digits as they stand in the log; the month by its name. */
type Yearless = Readonly<Record<'month' | 'day' | 'hour' | 'minute' | 'second', string>>;

function yearlessMillis(stamp: Yearless, context: KernelLogContext): Millis | null {
  const month = monthNumber(stamp.month);
  if (month === 0) return null;
  const time = { hour: Number(stamp.hour), minute: Number(stamp.minute), second: Number(stamp.second) };
  const year = yearOf(context.nowMillis) + 1;
  // A clock that is a little ahead of ours, or a zone that is not ours, must not cost a year.
  const latest = context.nowMillis + CLOCK_SLACK_MILLIS;
  for (const candidate of [year, year - 1, year - 2]) {
    const at = instantOf({ year: candidate, month, day: Number(stamp.day) }, time, context.eastMinutes);
    if (at <= latest) return at;
  }
  return null;
}

const CLOCK_SLACK_MILLIS: Millis = 24 * 3600 * 1000;

function datedMillis(match: RegExpExecArray, context: KernelLogContext): Millis | null {
  const [, name = '', day, hour, minute, second, year] = match;
  const month = monthNumber(name) || Number(/^(\d{1,2})\D?$/.exec(name)?.[1] ?? 0);
  if (month < 1 || month > 12) return null;
  return instantOf(
    { year: Number(year), month, day: Number(day) },
    { hour: Number(hour), minute: Number(minute), second: Number(second) },
    context.eastMinutes,
  );
}
