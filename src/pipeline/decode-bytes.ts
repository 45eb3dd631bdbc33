// Stage "pprof": bytes as received to columnar tables. Runs in the main thread for small profiles and in a worker
// for large ones (profile-decoder.ts).
import { PlimsollError } from '../base/errors.ts';
import { formatBytes, type Bytes } from '../base/units.ts';
import { decodeProfile, type DecodedProfile } from '../pprof/decode-profile.ts';
import { decodeReceivedGzip } from './decode-usual-gzip.ts';
import { gunzipProfile } from './gunzip-profile.ts';

/** Decompressed profiles above this are refused: no Go heap profile comes near, and a gzip bomb stops here. */
export const MAX_PROFILE_BYTES: Bytes = 128 * 1024 * 1024;

/**
 * Decompresses (gzip, several members too) and decodes one profile in any form that src/pprof reads.
 * @param bytes as received.
 * @throws PlimsollError PROFILE_INVALID, PROFILE_TOO_LARGE with stage and place.
 */
export function decodeReceivedProfile(
  bytes: Uint8Array,
  maxBytes: Bytes = MAX_PROFILE_BYTES,
): DecodedProfile {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return decodeProfile(bytes);
  const usual = decodeReceivedGzip(bytes, maxBytes);
  if (usual !== null) return { form: 'proto', profile: usual };
  const plain = gunzipProfile(bytes, maxBytes);
  if (plain !== null) return decodeProfile(plain);
  const fact = `decompresses to more than ${formatBytes(maxBytes)}`;
  throw new PlimsollError('PROFILE_TOO_LARGE', 'pprof', fact, { value: formatBytes(bytes.length) });
}
