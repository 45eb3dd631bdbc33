// `goroutine?debug=1`, `threadcreate?debug=1` and every other `NAME profile: total N` text of runtime/pprof.
import { parseQuotedPairs } from './quoted-text.ts';
import { ProfileBuilder, type LabelRow } from './profile-builder.ts';
import type { Profile } from './tables.ts';
import { TextLines } from './text-lines.ts';
import { TextStack, isMemoryMapStart, parseAddresses, type TextAddresses } from './text-stacks.ts';

const HEADER = /^(\S+) profile: total (\d+)\s*$/;
/** `5 @` without an address is what threadcreate writes for threads of the runtime; google/pprof refuses it. */
const SAMPLE = /^(\d+) @((?: 0x[0-9a-f]+)*)\s*$/;
const LABELS = /^# labels: \{(.*)\}\s*$/;

interface CountRecord {
  readonly count: number;
  readonly addresses: TextAddresses;
  labels: readonly LabelRow[];
}

/**
 * Decodes a count text. One sample type `NAME/count`; labels of `# labels:` lines become text labels.
 *
 * @throws PlimsollError PROFILE_INVALID; also when the records are fewer than the header counts (cut off).
 */
export function decodeCountText(bytes: Uint8Array): Profile {
  const lines = new TextLines(bytes);
  const builder = new ProfileBuilder();
  const header = HEADER.exec(lines.next() ?? '');
  if (header === null) throw lines.error('this is no "NAME profile: total N" header', 'count.header');
  const total = Number(header[2]);
  builder.addSampleType(builder.string(header[1]), builder.string('count'));
  builder.setHeader({
    periodType: builder.string(header[1]),
    periodUnit: builder.string('count'),
    period: 1n,
  });

  const stack = new TextStack(builder);
  let open: CountRecord | null = null;
  let sum = 0;
  for (let line = lines.next(); line !== null; line = lines.next()) {
    if (isMemoryMapStart(line) || line.startsWith('---')) break;
    const labels = LABELS.exec(line);
    if (labels !== null && open !== null) open.labels = parseLabels(builder, labels[1]);
    else if (line.startsWith('#')) stack.takeFrame(line);
    else if (line.trim() !== '') {
      if (open !== null) addRecord(builder, stack, open);
      open = parseRecord(lines, line);
      sum += open.count;
    }
    if (!lines.isTerminated) throw lines.error('the text ends in the middle of a line', 'count.record');
  }
  if (open !== null) addRecord(builder, stack, open);
  if (sum < total)
    throw lines.error(`the records sum up to ${sum} of ${total}: the text ends early`, 'count.header');
  return builder.finish();
}

function parseRecord(lines: TextLines, line: string): CountRecord {
  const match = SAMPLE.exec(line);
  if (match === null) throw lines.error('this is no "COUNT @ ADDRESSES" record', 'count.record', line);
  const count = Number(match[1]);
  if (!Number.isSafeInteger(count)) throw lines.error('a number beyond 2^53', 'count.record', match[1]);
  return { count, addresses: parseAddresses(lines, match[2]), labels: [] };
}

function addRecord(builder: ProfileBuilder, stack: TextStack, record: CountRecord): void {
  builder.addSample(stack.close(record.addresses), [record.count], record.labels);
}

function parseLabels(builder: ProfileBuilder, text: string): LabelRow[] {
  return parseQuotedPairs(text).map(([key, value]) => ({
    key: builder.string(key),
    text: builder.string(value),
  }));
}
