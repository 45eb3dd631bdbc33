// Every form that google/pprof reads, read as it reads it. The difference to decodeProfile: names in the comments of text
// forms are not taken (pprof takes none), their memory maps are, and contention, thread, CPU and Java forms are read.
import { decodeProfile, isTextProfile, type DecodedProfile } from '../decode-profile.ts';
import type { Profile } from '../tables.ts';
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

/**
 * @param bytes decompressed, complete.
 * @throws PlimsollError PROFILE_INVALID, PROFILE_TOO_LARGE as decodeProfile does.
 */
export function decodeAsPprof(bytes: Uint8Array, maxTableBytes?: number): DecodedProfile {
  if (isLegacyCpu(bytes)) return { form: 'legacy', profile: decodeLegacyCpu(bytes) };
  if (isTextProfile(bytes)) {
    for (const read of READERS) {
      const profile = read(new LegacyLines(bytes));
      if (profile !== null) return { form: 'legacy', profile };
    }
  }
  // What is left is profile.proto, a goroutine dump, or something that is refused by its name.
  return decodeProfile(bytes, maxTableBytes);
}
