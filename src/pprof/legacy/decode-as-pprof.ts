// Every form that google/pprof reads, read as it reads it. The difference to decodeProfile: names in the comments of text
// forms are not taken (pprof takes none), their memory maps are, and contention, thread, CPU and Java forms are read.
import { PlimsollError } from '../../base/errors.ts';
import { decodeProfile, isTextProfile, type DecodedProfile } from '../decode-profile.ts';
import type { ProtoKernel } from '../proto-kernel.ts';
import type { Profile } from '../tables.ts';
import { isSpaceOrComment } from './go-text.ts';
import { decodeLegacyContention } from './legacy-contention.ts';
import { decodeLegacyCount } from './legacy-count.ts';
import { decodeLegacyCpu, isLegacyCpu } from './legacy-cpu.ts';
import { decodeLegacyHeap } from './legacy-heap.ts';
import { decodeLegacyJava } from './legacy-java.ts';
import { LegacyLines } from './legacy-lines.ts';
import { decodeLegacyThreads } from './legacy-threads.ts';

/** In pprof's order; the first that recognizes the text reads it. */
const READERS: readonly ((lines: LegacyLines) => Profile | null)[] = [
  decodeLegacyHeap,
  decodeLegacyCount,
  decodeLegacyThreads,
  decodeLegacyContention,
  decodeLegacyJava,
];

/** What the first line that is no comment has in it. */
const HEAD =
  /heap profile: |^[^\t\f\r ]+ profile: total \d|^--- ?(?:contention|mutex|heapz)|--- (?:threadz|Thread) /;
/** How much of the input is looked at for that line. */
const SNIFFED_BYTES = 4096;

/**
 * @param bytes decompressed, complete.
 * @throws PlimsollError PROFILE_INVALID, PROFILE_TOO_LARGE as decodeProfile does.
 */
export function decodeAsPprof(
  bytes: Uint8Array,
  maxTableBytes?: number,
  kernel: ProtoKernel | null = null,
): DecodedProfile {
  if (isLegacyCpu(bytes)) return { form: 'legacy', profile: decodeLegacyCpu(bytes) };
  if (isTextProfile(bytes) || hasHead(bytes)) {
    const lines = new LegacyLines(bytes);
    for (const read of READERS) {
      lines.restart();
      const profile = read(lines);
      if (profile !== null) return { form: 'legacy', profile };
    }
  }
  // What is left is profile.proto, folded stacks, a goroutine dump, or something that is refused by its name.
  const decoded = decodeProfile(bytes, maxTableBytes, kernel);
  if (decoded.form !== 'count-text') return decoded;
  // It has names here and none in pprof, so its reports would be others.
  throw new PlimsollError('PROFILE_INVALID', 'pprof', 'this is no "NAME profile: total N" header', {
    offset: 0,
    field: 'count.header',
  });
}

/** Odd characters do not keep a text from being one: file names have them. */
function hasHead(bytes: Uint8Array): boolean {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, SNIFFED_BYTES));
  const first = start.split('\n').find((line) => !isSpaceOrComment(line));
  return first !== undefined && HEAD.test(first);
}
