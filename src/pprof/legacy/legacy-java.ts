// Heap and contention texts of Java agents, whose addresses are handles that a table behind the samples names. Source:
// google/pprof profile/legacy_java_profile.go.
import type { Profile } from '../tables.ts';
import { divide, multiply, parseHex64, parseInt64, unsampleHeap, type Int64 } from './go-numbers.ts';
import { baseName, trimSpace } from './go-text.ts';
import { LegacyBuilder, type LegacyHeader } from './legacy-builder.ts';
import type { LegacyLines } from './legacy-lines.ts';

const HEADERS: Readonly<Record<string, 'heap' | 'contention'>> = {
  '--- heapz 1 ---': 'heap',
  '--- contentionz 1 ---': 'contention',
};
/** Second value, first value. */
const RECORD = /(?<!\d)(\d+) +(\d+) +@ +([ x0-9a-f]*)/;
const LOCATION = /^0x([\da-fA-F]+)[\t\n\f\r ]+(.*)$/s;
/** Mean bytes between samples of the agent. */
const HEAP_RATE = 524_288;

/** null = no Java text. */
export function decodeLegacyJava(lines: LegacyLines): Profile | null {
  const start = trimSpace(lines.next() ?? '');
  const kind = Object.hasOwn(HEADERS, start) ? HEADERS[start] : undefined;
  if (kind === undefined) return null;
  const header = readHeader(lines, kind);
  const builder = new LegacyBuilder(header);
  for (
    let line: string | null = lines.current;
    !lines.isEnd && line !== null;
    line = lines.nextOfAnyLength()
  ) {
    if (trimSpace(line) === '') continue;
    const match = RECORD.exec(trimSpace(line));
    if (match === null) break;
    if (header.types.length === 0)
      throw lines.error('no line before says what the values are (resolution=)', 'java.header');
    lines.checkTerminated('java.record');
    const second = lines.integer(match[1], 0, 'java.record');
    const first = lines.integer(match[2], 0, 'java.record');
    const addresses = lines.addresses(match[3], 'java.record');
    if (kind === 'heap') {
      if (Number(first) === 0) throw lines.error(`${second} bytes in no object`, 'java.record');
      builder.addSample(addresses, unsampleHeap(first, second, HEAP_RATE), {
        blockSize: divide(second, first),
      });
    } else {
      const scale = Number(header.period) === 0 ? 1 : header.period;
      builder.addSample(addresses, [multiply(first, scale), multiply(second, scale)]);
    }
  }
  nameJavaAddresses(builder, lines);
  return builder.finish([], false);
}

/** `name=value` lines; stops at the first line that is none. */
function readHeader(lines: LegacyLines, kind: 'heap' | 'contention'): LegacyHeader {
  let header: LegacyHeader = { types: [], periodType: ['', ''], period: 0 };
  for (let line = lines.nextOfAnyLength(); line !== null; line = lines.nextOfAnyLength()) {
    const trimmed = trimSpace(line);
    if (trimmed === '') continue;
    const attribute = findAttribute(trimmed);
    if (attribute === null) return header;
    const { name, value } = attribute;
    if (name === 'format') {
      if (value !== 'java') throw lines.error('this format is not known', 'java.header');
    } else if (name === 'resolution') {
      const [count, size] = kind === 'heap' ? ['inuse_objects', 'inuse_space'] : ['contentions', 'delay'];
      header = {
        ...header,
        types: [
          [count, 'count'],
          [size, value],
        ],
      };
    } else if (kind === 'contention' && (name === 'sampling period' || name === 'ms since reset')) {
      const number = parseInt64(value, 0);
      if (number === null) throw lines.error('a number that is none of 64 bits', 'java.header');
      header =
        name === 'sampling period'
          ? { ...header, periodType: ['contentions', 'count'], period: number }
          : { ...header, durationNanos: multiply(number, 1e6) };
    } else throw lines.error('this attribute is not known', 'java.header');
  }
  return header;
}

/** The first `name=value` of a line, both of letters, digits, `_` and blanks. */
function findAttribute(line: string): { name: string; value: string } | null {
  for (let at = line.indexOf('='); at !== -1; at = line.indexOf('=', at + 1)) {
    let start = at;
    while (start > 0 && /[\w ]/.test(line[start - 1])) start--;
    const value = /^[\w ]+/.exec(line.slice(at + 1))?.[0];
    if (start < at && value !== undefined) return { name: line.slice(start, at).trim(), value: value.trim() };
  }
  return null;
}

/** `0x4 com.example.Cache.put (Cache.java:31)`, from the current line on. */
export function nameJavaAddresses(builder: LegacyBuilder, lines: LegacyLines): void {
  for (
    let line: string | null = lines.current;
    !lines.isEnd && line !== null;
    line = lines.nextOfAnyLength()
  ) {
    const match = LOCATION.exec(trimSpace(line));
    if (match === null) continue;
    const address = parseHex64(match[1]);
    if (address === null) throw lines.error('an address of more than 64 bits', 'java.location');
    builder.nameAddress(address, readSymbol(match[2]));
  }
}

function readSymbol(text: string): { name: string; file: string; line: Int64 } {
  const place = text.endsWith(')') ? readPlace(text) : null;
  if (place !== null) return place;
  return { name: text.includes('generated stub/JIT') ? 'STUB' : text, file: '', line: 0 };
}

/** `name (file:line)`, or `name (/path/of/library)`, of which the last part is kept. */
function readPlace(text: string): { name: string; file: string; line: Int64 } | null {
  let digits = text.length - 1;
  while (digits > 0 && /\d/.test(text[digits - 1])) digits--;
  const sign = text[digits - 1] === '-' ? digits - 1 : digits;
  const colon = digits < text.length - 1 && text[sign - 1] === ':' ? sign - 1 : -1;
  const open = colon === -1 ? -1 : lastOpening(text, colon - 1);
  if (open !== -1) {
    const number = parseInt64(text.slice(sign, -1), 10) ?? 0;
    const file = text.slice(open + 1, colon);
    return { name: text.slice(0, open - 1), file, line: number > 0 ? number : 0 };
  }
  const path = lastOpening(text, text.length);
  if (path === -1) return null;
  return { name: text.slice(0, path - 1), file: baseName(text.slice(path + 1, -1)), line: 0 };
}

/** The last `(` behind a blank, before `end`. */
function lastOpening(text: string, end: number): number {
  for (let at = text.lastIndexOf('(', end - 1); at > 0; at = text.lastIndexOf('(', at - 1))
    if (/[\t\n\f\r ]/.test(text[at - 1])) return at;
  return -1;
}
