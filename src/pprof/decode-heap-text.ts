// `heap?debug=1`. Its values are NOT unsampled, unlike those of the proto form: they are scaled here, so that every
// Profile means the same. Source: google/pprof profile/legacy_profile.go (parseHeap, scaleHeapSample) and
// runtime/pprof writeHeapInternal.
import { ProfileBuilder, type LabelRow } from './profile-builder.ts';
import type { Profile } from './tables.ts';
import { TextLines } from './text-lines.ts';
import { TextStack, isMemoryMapStart, parseAddresses } from './text-stacks.ts';

const HEADER =
  /^heap profile: *(\d+): *(\d+) *\[ *(\d+): *(\d+) *\] *@ *(heapz?_v2|heapprofile|heap)(?:\/(\d*))?\s*$/;
const SAMPLE = /^\s*(-?\d+): *(-?\d+) *\[ *(\d+): *(\d+) *\] @((?: 0x[0-9a-f]+)*)\s*$/;
const MEMSTATS = '# runtime.MemStats';

export interface HeapText {
  readonly profile: Profile;
  /** Byte offset of the MemStats trailer `# runtime.MemStats`; null when there is none. */
  readonly memStatsOffset: number | null;
}

interface HeapHeader {
  /** Mean bytes between samples; 1 = everything was recorded. */
  readonly period: number;
  readonly isSampled: boolean;
  readonly hasAlloc: boolean;
  /** In-use and alloc totals as written: count, bytes, count, bytes. */
  readonly totals: readonly number[];
  /** Written by Go itself, so the totals are the sums of the records. */
  readonly isGo: boolean;
}

/**
 * Decodes the text form of a heap profile.
 *
 * Rows become samples with a numeric label `bytes` (size of one object). Four sample types, or `objects` and `space`
 * where alloc says nothing that in-use does not say already, as google/pprof has it.
 *
 * @throws PlimsollError PROFILE_INVALID; also when the records are fewer than the header counts (cut off).
 */
export function decodeHeapText(bytes: Uint8Array): HeapText {
  const lines = new TextLines(bytes);
  const builder = new ProfileBuilder();
  const header = parseHeader(lines);
  if (!lines.isTerminated) throw lines.error('the text ends in the middle of its header', 'heap.header');
  declareTypes(builder, header);
  const stack = new TextStack(builder);
  const sums = [0, 0, 0, 0];
  let open: HeapRecord | null = null;
  let memStatsOffset: number | null = null;

  for (let line = lines.next(); line !== null; line = lines.next()) {
    if (line.startsWith(MEMSTATS)) {
      memStatsOffset = lines.lineOffset;
      break;
    }
    if (isMemoryMapStart(line)) break;
    if (line.startsWith('#')) {
      if (open !== null) stack.takeFrame(line);
    } else if (line.trim() !== '') {
      if (open !== null) addRecord(builder, stack, header, open);
      open = parseRecord(lines, line);
      open.raw.forEach((value, i) => (sums[i] += value));
    }
    if (!lines.isTerminated) throw lines.error('the text ends in the middle of a line', 'heap.record');
  }
  if (open !== null) addRecord(builder, stack, header, open);
  checkTotals(lines, header, sums);
  return { profile: builder.finish(), memStatsOffset };
}

function parseHeader(lines: TextLines): HeapHeader {
  const line = lines.next() ?? '';
  const match = HEADER.exec(line);
  if (match === null) throw lines.error('this is no heap profile header', 'heap.header');
  const totals = match.slice(1, 5).map((digits) => safeInteger(lines, digits, 'heap.header'));
  const rate = match[6] ? safeInteger(lines, match[6], 'heap.rate') : 0;
  const [inuseCount, inuseBytes, allocCount, allocBytes] = totals;
  const hasAlloc =
    (allocCount !== inuseCount && allocCount !== 0) || (allocBytes !== inuseBytes && allocBytes !== 0);
  // Go writes twice its MemProfileRate behind `heap/`, for the sake of old readers.
  const isGo = match[5] === 'heap';
  const period = match[5] === 'heapprofile' ? 1 : isGo ? Math.floor(rate / 2) : rate;
  return { period, isSampled: match[5] !== 'heapprofile' && period > 1, hasAlloc, totals, isGo };
}

function declareTypes(builder: ProfileBuilder, header: HeapHeader): void {
  const types = header.hasAlloc
    ? ['alloc_objects', 'alloc_space', 'inuse_objects', 'inuse_space']
    : ['objects', 'space'];
  for (const type of types)
    builder.addSampleType(builder.string(type), builder.string(type.endsWith('space') ? 'bytes' : 'count'));
  builder.setHeader({
    periodType: builder.string('space'),
    periodUnit: builder.string('bytes'),
    period: BigInt(header.period),
  });
}

interface HeapRecord {
  /** In-use count and bytes, alloc count and bytes, as written. */
  readonly raw: readonly number[];
  readonly addresses: readonly bigint[];
}

function parseRecord(lines: TextLines, line: string): HeapRecord {
  const match = SAMPLE.exec(line);
  if (match === null) throw lines.error('this is no heap record', 'heap.record', line);
  const raw = match.slice(1, 5).map((digits) => safeInteger(lines, digits, 'heap.record'));
  if (raw[0] === 0 && raw[1] !== 0)
    throw lines.error(`${raw[1]} bytes in use in no object`, 'heap.record', line);
  if (raw[2] === 0 && raw[3] !== 0)
    throw lines.error(`${raw[3]} bytes allocated in no object`, 'heap.record', line);
  return { raw, addresses: parseAddresses(lines, match[5]) };
}

function addRecord(builder: ProfileBuilder, stack: TextStack, header: HeapHeader, record: HeapRecord): void {
  const [inuseCount, inuseBytes, allocCount, allocBytes] = record.raw;
  const inuse = unsample(header, inuseCount, inuseBytes);
  const values = header.hasAlloc ? [...unsample(header, allocCount, allocBytes), ...inuse] : inuse;
  // Size of one object: of those in use if there are any, else of those that were allocated.
  let size = 0;
  if (inuseCount !== 0) size = Math.trunc(inuseBytes / inuseCount);
  else if (allocCount !== 0) size = Math.trunc(allocBytes / allocCount);
  const labels: LabelRow[] =
    size === 0 ? [] : [{ key: builder.string('bytes'), number: size, unit: builder.string('') }];
  builder.addSample(stack.close(record.addresses), values, labels);
}

/**
 * Recorded values to estimates: an object of s bytes is recorded with p = 1 - exp(-s / period), so a recorded one
 * stands for 1 / p. Truncated as google/pprof does, for equal figures.
 */
function unsample(header: HeapHeader, count: number, bytes: number): readonly number[] {
  if (count === 0 || bytes === 0) return [0, 0];
  if (!header.isSampled) return [count, bytes];
  const scale = 1 / (1 - Math.exp(-(bytes / count) / header.period));
  return [Math.trunc(count * scale), Math.trunc(bytes * scale)];
}

/** Go's header counts all records: fewer below it mean that the end is missing. */
function checkTotals(lines: TextLines, header: HeapHeader, sums: readonly number[]): void {
  if (!header.isGo) return;
  const [, inuseBytes, , allocBytes] = header.totals;
  // Go adds a byte to what was allocated where it equals what is in use, so that readers show both.
  const totals = header.totals.with(3, allocBytes === inuseBytes + 1 ? inuseBytes : allocBytes);
  const missing = totals.findIndex((total, i) => sums[i] < total);
  if (missing === -1) return;
  const fact = `the records sum up to ${sums[missing]} of ${header.totals[missing]}: the text ends early`;
  throw lines.error(fact, 'heap.header');
}

function safeInteger(lines: TextLines, digits: string, field: string): number {
  const value = Number(digits);
  if (!Number.isSafeInteger(value)) throw lines.error('a number beyond 2^53', field, digits);
  return value;
}
