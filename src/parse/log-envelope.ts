// What log drivers and shippers put around a line of standard error: the line itself, when it was written, whose it is.
import { parseIsoTime } from '../base/calendar.ts';
import type { Millis } from '../base/units.ts';

export interface LogEntry {
  /** The line as the process wrote it, as far as the envelope shows. */
  readonly text: string;
  /** When it was written, by the clock of who wrote the envelope; null where it does not say. */
  readonly atMillis: Millis | null;
  /** `stdout` or `stderr` of a container; '' where the envelope does not say. */
  readonly stream: string;
  /** The line goes on in the next entry of this stream. */
  readonly isPartial: boolean;
}

/** `{"log":"...\n","stream":"stderr","time":"2026-01-01T00:00:00.123456789Z"}`: Docker's json-file driver. */
const DOCKER_BEGIN = '{"log":';
/** `2026-01-01T00:00:00.123456789Z stderr F ...`: containerd, CRI-O (Kubernetes), Podman. */
const CRI = /^(\S{20,40}) (stdout|stderr) ([FP])(?::\S{0,40})? /;

/** Takes a container's envelope off; a line without one is given back as it is. */
export function openLogEnvelope(line: string): LogEntry {
  if (line.startsWith(DOCKER_BEGIN)) return openDocker(line) ?? bare(line);
  const cri = CRI.exec(line);
  if (!cri) return bare(line);
  const [head, time, stream, tag] = cri;
  const atMillis = parseIsoTime(time);
  if (atMillis === null) return bare(line);
  return { text: line.slice(head.length), atMillis, stream, isPartial: tag === 'P' };
}

function bare(line: string): LogEntry {
  return { text: line, atMillis: null, stream: '', isPartial: false };
}

function openDocker(line: string): LogEntry | null {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    return null; // cut short, or JSON of the program's own
  }
  if (typeof entry !== 'object' || entry === null || !('log' in entry) || typeof entry.log !== 'string') {
    return null;
  }
  const stream = 'stream' in entry && typeof entry.stream === 'string' ? entry.stream : '';
  const time = 'time' in entry && typeof entry.time === 'string' ? parseIsoTime(entry.time) : null;
  const isWhole = entry.log.endsWith('\n');
  const text = isWhole ? entry.log.replace(/\r?\n$/, '') : entry.log;
  return { text, atMillis: time, stream, isPartial: !isWhole };
}

/** What stands before a line of the runtime: time and origin, as people and shippers write them. */
export interface LinePrefix {
  readonly atMillis: Millis | null;
  /** The prefix without its time: the same for all lines of one process (`web-1 |`, `host app[123]:`), '' for none. */
  readonly origin: string;
}

/** Longer text before a line is a message that quotes it. */
export const MAX_PREFIX_CHARACTERS = 240;

const RFC3339 = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?/;
const GO_LOG = /\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})?/;
/** syslog: no year, so it dates nothing. */
const SYSLOG = /[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})?/;
/** Since 2001 in seconds or milliseconds, as recordings and some shippers write it. */
const UNIX = /^(\d{13}|\d{10}(?:\.\d{1,9})?)(?= )/;
const TERMINAL_COLOUR = /\u001b\[[\d;]{0,12}m/g;

/** @param prefix all that stands before the line, ending where it begins. */
export function parseLinePrefix(prefix: string): LinePrefix {
  if (prefix === '') return { atMillis: null, origin: '' };
  const text = prefix.replace(TERMINAL_COLOUR, '');
  const unix = UNIX.exec(text);
  if (unix) {
    const value = Number(unix[1]);
    return { atMillis: unix[1].length === 13 ? value : value * 1000, origin: originOf(text, unix[0]) };
  }
  for (const pattern of [RFC3339, GO_LOG]) {
    const [time] = pattern.exec(text) ?? [];
    if (time !== undefined) return { atMillis: parseIsoTime(time), origin: originOf(text, time) };
  }
  const [syslog] = SYSLOG.exec(text) ?? [];
  return { atMillis: null, origin: originOf(text, syslog ?? '') };
}

function originOf(text: string, time: string): string {
  return text.replace(time, '').trim();
}
