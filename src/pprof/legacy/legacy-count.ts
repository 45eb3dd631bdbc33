// `NAME profile: total N` texts: goroutine, threadcreate. Source: google/pprof profile/legacy_profile.go parseGoCount.
import type { Profile } from '../tables.ts';
import type { Int64 } from './go-numbers.ts';
import { LegacyBuilder, ontoCall } from './legacy-builder.ts';
import { isSpaceOrComment, sum, type LegacyLines } from './legacy-lines.ts';

const HEADER = /^(\S+) profile: total (\d+)$/;
/** `5 @` without an address is what threadcreate writes for threads of the runtime. */
const RECORD = /^(\d+) @((?: 0x[0-9a-f]+)*) ?$/;

/** null = no count text. */
export function decodeLegacyCount(lines: LegacyLines): Profile | null {
  const header = HEADER.exec(lines.nextContent() ?? '');
  if (header === null) return null;
  const type = [header[1], 'count'] as const;
  const total = lines.integer(header[2], 10, 'count.header');
  const builder = new LegacyBuilder({ types: [type], periodType: type, period: 1 });
  let counted: Int64 = 0;
  for (let line = lines.next(); line !== null; line = lines.next()) {
    if (isSpaceOrComment(line)) continue;
    if (line.startsWith('---')) break;
    lines.checkTerminated('count.record');
    const match = RECORD.exec(line);
    if (match === null) throw lines.error('this is no "COUNT @ ADDRESSES" record', 'count.record');
    const count = lines.integer(match[1], 0, 'count.record');
    counted = sum(counted, count);
    builder.addSample(lines.addresses(match[2], 'count.record').map(ontoCall), [count]);
  }
  if (counted < total)
    throw lines.error(`the records sum up to ${counted} of ${total}: the text ends early`, 'count.header');
  return builder.finish(lines.readMap());
}
