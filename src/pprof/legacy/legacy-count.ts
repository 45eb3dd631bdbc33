// `NAME profile: total N` texts: goroutine, threadcreate. Source: google/pprof profile/legacy_profile.go parseGoCount.
import type { Profile } from '../tables.ts';
import { parseInt64 } from './go-numbers.ts';
import { isSpaceOrComment } from './go-text.ts';
import { LegacyBuilder, ontoCall } from './legacy-builder.ts';
import { RecordTotals, type LegacyLines } from './legacy-lines.ts';

const HEADER = /^([^\t\n\f\r ]+) profile: total (\d+)$/;
/** `5 @` without an address is what threadcreate writes for threads of the runtime. */
const RECORD = /^(\d+) @((?: 0x[0-9a-f]+)*) ?$/;

/** null = no count text. */
export function decodeLegacyCount(lines: LegacyLines): Profile | null {
  const header = HEADER.exec(lines.nextContent() ?? '');
  if (header === null) return null;
  const type = [header[1], 'count'] as const;
  const builder = new LegacyBuilder({ types: [type], periodType: type, period: 1 });
  const total = parseInt64(header[2], 10);
  const totals = new RecordTotals(total === null ? null : [total]);
  for (let line = lines.next(); line !== null; line = lines.next()) {
    if (isSpaceOrComment(line)) {
      totals.takeComment(line);
      continue;
    }
    if (line.startsWith('---')) break;
    const match = RECORD.exec(line);
    if (match === null) throw lines.error('this is no "COUNT @ ADDRESSES" record', 'count.record');
    lines.checkTerminated('count.record');
    const count = lines.integer(match[1], 0, 'count.record');
    totals.add([count]);
    builder.addSample(lines.addresses(match[2], 'count.record').map(ontoCall), [count]);
  }
  totals.check(lines, 'count.header');
  return builder.finish(lines.readMap());
}
