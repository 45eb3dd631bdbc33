// Stage "pprof": bytes as received to columnar tables. Runs in the main thread for small profiles and in a worker
// for large ones (profile-decoder.ts).
import { gunzipSync } from 'node:zlib';
import { PlimsollError } from '../base/errors.ts';
import { formatBytes, type Bytes } from '../base/units.ts';
import { decodeProfile, type DecodedProfile } from '../pprof/decode-profile.ts';

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
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return decodeProfile(isGzip ? gunzip(bytes, maxBytes) : bytes);
}

function gunzip(bytes: Uint8Array, maxBytes: Bytes): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes, chunkSize: outputSize(bytes, maxBytes) });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'ERR_BUFFER_TOO_LARGE' || error instanceof RangeError) {
      throw new PlimsollError(
        'PROFILE_TOO_LARGE',
        'pprof',
        `decompresses to more than ${formatBytes(maxBytes)}`,
        { value: formatBytes(bytes.length) },
        error,
      );
    }
    const fact = code === 'Z_BUF_ERROR' ? 'the gzip data ends early' : 'damaged gzip data';
    throw new PlimsollError('PROFILE_INVALID', 'pprof', fact, { offset: bytes.length }, error);
  }
}

/** No gzip data expands by more than this. */
const MAX_GZIP_RATIO = 1032;
/** Below this a second piece of output costs nothing. */
const MIN_OUTPUT_BYTES: Bytes = 256;

/**
 * The size that the last four bytes of gzip data announce, and one byte more: with room for all of the output at once
 * zlib neither copies it together from pieces nor keeps it twice. Wrong for several members, or when somebody lies; then
 * there are more pieces.
 */
function outputSize(bytes: Uint8Array, maxBytes: Bytes): Bytes {
  if (bytes.length < 4) return MIN_OUTPUT_BYTES;
  const announced = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4).getUint32(0, true);
  const possible = Math.min(announced, maxBytes, bytes.length * MAX_GZIP_RATIO);
  return Math.max(possible + 1, MIN_OUTPUT_BYTES);
}
