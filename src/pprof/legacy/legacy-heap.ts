// Heap texts: Go's `heap?debug=1`, tcmalloc's and gperftools' heap, growth and fragmentation profiles. Source: google/pprof
// profile/legacy_profile.go parseHeap.
import type { Profile } from '../tables.ts';
import { divide, parseInt64, unsampleHeap, type Int64 } from './go-numbers.ts';
import { isSpaceOrComment } from './go-text.ts';
import { LegacyBuilder, ontoCall } from './legacy-builder.ts';
import { RecordTotals, type LegacyLines } from './legacy-lines.ts';
import { isMemoryMapStart } from './memory-map.ts';

const TOTALS = String.raw`heap profile: *(\d+): *(\d+) *\[ *(\d+): *(\d+) *\]`;
const HEADER = new RegExp(String.raw`${TOTALS} *@ *(heap[_a-z0-9]*)/?(\d*)`);
const UNSAMPLED_HEADER = new RegExp(String.raw`${TOTALS} @ (?:growth|fragmentation)`);
/** A number begins where its digits do: without the look-behind a long one would be tried from each of them. */
const RECORD = /((?:-|(?<!\d))\d+): *(-?\d+) *\[ *(\d+): *(\d+) *\] @([ x0-9a-f]*)/;

interface HeapHeader {
  readonly period: Int64;
  readonly isSampled: boolean;
  readonly hasAlloc: boolean;
  /** What Go's records sum up to; null where others write the text. */
  readonly totals: readonly Int64[] | null;
}

/** null = no heap text. */
export function decodeLegacyHeap(lines: LegacyLines): Profile | null {
  const header = parseHeader(lines.next() ?? '');
  if (header === null) return null;
  const { hasAlloc, period } = header;
  const names = hasAlloc
    ? ['alloc_objects', 'alloc_space', 'inuse_objects', 'inuse_space']
    : ['objects', 'space'];
  const builder = new LegacyBuilder({
    types: names.map((name) => [name, name.endsWith('space') ? 'bytes' : 'count'] as const),
    periodType: ['space', 'bytes'],
    period,
  });
  const totals = new RecordTotals(header.totals);
  for (let line = lines.next(); line !== null; line = lines.next()) {
    if (isSpaceOrComment(line)) totals.takeComment(line);
    else if (isMemoryMapStart(line)) break;
    else totals.add(addRecord(builder, lines, line, header));
  }
  totals.check(lines, 'heap.header');
  return builder.finish(lines.readMap());
}

function parseHeader(line: string): HeapHeader | null {
  const match = HEADER.exec(line);
  if (match === null)
    return UNSAMPLED_HEADER.test(line)
      ? { period: 1, isSampled: false, hasAlloc: false, totals: null }
      : null;
  const [, inuseCount, inuseBytes, allocCount, allocBytes, kind, rate] = match;
  const hasAlloc =
    (allocCount !== inuseCount && allocCount !== '0') || (allocBytes !== inuseBytes && allocBytes !== '0');
  const period = rate === '' ? 0 : parseInt64(rate, 10);
  if (period === null) return null;
  switch (kind) {
    case 'heapz_v2':
    case 'heap_v2':
      return { period, isSampled: true, hasAlloc, totals: null };
    case 'heapprofile':
      return { period: 1, isSampled: false, hasAlloc, totals: null };
    case 'heap': {
      // Go writes twice its MemProfileRate behind `heap/`, for the sake of old readers.
      return { period: divide(period, 2), isSampled: true, hasAlloc, totals: goTotals(match.slice(1, 5)) };
    }
    default:
      return null;
  }
}

function goTotals(digits: readonly string[]): readonly Int64[] {
  const [inuseCount, inuseBytes, allocCount, allocBytes] = digits.map((each) => parseInt64(each, 10) ?? 0);
  // Go adds a byte to what was allocated where it equals what is in use, so that readers show both.
  const isOneMore = BigInt(allocBytes) === BigInt(inuseBytes) + 1n;
  return [inuseCount, inuseBytes, allocCount, isOneMore ? inuseBytes : allocBytes];
}

/** Adds a sample and returns the numbers of its line as they are written; those that pprof does not look at may be 0. */
function addRecord(
  builder: LegacyBuilder,
  lines: LegacyLines,
  line: string,
  header: HeapHeader,
): readonly Int64[] {
  const match = RECORD.exec(line);
  if (match === null) throw lines.error('this is no heap record', 'heap.record');
  lines.checkTerminated('heap.record');
  const isRead = (at: number): boolean => at < 2 || header.hasAlloc;
  const raw = match
    .slice(1, 5)
    .map((digits, at) =>
      isRead(at) ? lines.integer(digits, 10, 'heap.record') : (parseInt64(digits, 10) ?? 0),
    );
  let blockSize: Int64 = 0;
  const values: Int64[] = [];
  const add = (count: Int64, bytes: Int64, what: string): void => {
    if (Number(count) === 0 && Number(bytes) !== 0)
      throw lines.error(`${bytes} bytes ${what} in no object`, 'heap.record');
    if (Number(count) !== 0) blockSize = divide(bytes, count);
    values.push(...(header.isSampled ? unsampleHeap(count, bytes, header.period) : [count, bytes]));
  };
  if (header.hasAlloc) add(raw[2], raw[3], 'allocated');
  add(raw[0], raw[1], 'in use');
  builder.addSample(lines.addresses(match[5], 'heap.record').map(ontoCall), values, { blockSize });
  return raw;
}
