// Block and mutex texts of Go, and contention profiles of C++. Source: google/pprof profile/legacy_profile.go
// parseContention.
import type { Profile } from '../tables.ts';
import { multiply, parseInt64, toInt64, type Int64 } from './go-numbers.ts';
import { isSpaceOrComment, trimSpace } from './go-text.ts';
import { LegacyBuilder, ontoCall } from './legacy-builder.ts';
import type { LegacyLines } from './legacy-lines.ts';

const STARTS = ['--- contentionz ', '--- mutex:', '--- contention:'];
/** Delay, then count. */
const RECORD = /(?<!\d)(\d+)(?: +(\d+)|(\d)) @([ x0-9a-f]*)/;
const TYPES = [
  ['contentions', 'count'],
  ['delay', 'nanoseconds'],
] as const;

interface Attributes {
  readonly hertz: Int64;
  readonly period: Int64;
  readonly durationNanos: Int64;
}

/** What a text of a Java agent begins with, too. */
const AMBIGUOUS_START = '--- contentionz 1 ---';

/** null = no contention text, or one of Java. */
export function decodeLegacyContention(lines: LegacyLines): Profile | null {
  const start = lines.next() ?? '';
  if (!STARTS.some((known) => start.startsWith(known))) return null;
  const attributes = readAttributes(lines);
  if (attributes === null) {
    if (trimSpace(start) === AMBIGUOUS_START) return null;
    throw lines.error('this is no attribute of a contention profile', 'contention.header');
  }
  const { period, durationNanos } = attributes;
  const builder = new LegacyBuilder({ types: TYPES, periodType: TYPES[0], period, durationNanos });
  for (let line: string | null = lines.current; !lines.isEnd && line !== null; line = lines.next()) {
    if (trimSpace(line).startsWith('---')) break;
    if (!isSpaceOrComment(line)) addRecord(builder, lines, line, attributes);
  }
  return builder.finish(lines.readMap());
}

function addRecord(builder: LegacyBuilder, lines: LegacyLines, line: string, attributes: Attributes): void {
  const match = RECORD.exec(line);
  if (match === null) throw lines.error('this is no contention record', 'contention.record');
  lines.checkTerminated('contention.record');
  const delay = lines.integer(match[1], 10, 'contention.record');
  const count = lines.integer(match[2] ?? match[3] ?? '', 10, 'contention.record');
  const addresses = lines.addresses(match[4], 'contention.record').map(ontoCall);
  builder.addSample(addresses, unsample(count, delay, attributes));
}

/** `name = value` lines; stops at the first line that is none. null = not one of ours. */
function readAttributes(lines: LegacyLines): Attributes | null {
  const found = { hertz: 0 as Int64, period: 1 as Int64, durationNanos: 0 as Int64 };
  for (let line = lines.nextContent(); line !== null; line = lines.nextContent()) {
    const equals = line.indexOf('=');
    if (equals === -1 || trimSpace(line).startsWith('---')) break;
    const name = trimSpace(line.slice(0, equals));
    if (name === 'discarded samples') continue;
    const value = parseInt64(trimSpace(line.slice(equals + 1)), 0);
    if (value === null) return null;
    if (name === 'cycles/second') found.hertz = value;
    else if (name === 'sampling period') found.period = value;
    else if (name === 'ms since reset') found.durationNanos = multiply(value, 1e6);
    else return null;
  }
  return found;
}

/** Cycles to nanoseconds, and what was sampled to what happened. */
function unsample(count: Int64, delay: Int64, { hertz, period }: Attributes): readonly [Int64, Int64] {
  if (period <= 0) return [count, delay];
  const nanos = hertz > 0 ? toInt64((Number(delay) * Number(period)) / (Number(hertz) / 1e9)) : delay;
  return [multiply(count, period), nanos];
}
