// The one place where compressed profiles become plain bytes, with a limit on what comes out: a gzip bomb of a
// megabyte must not take a gigabyte.
import type { Bytes } from '../base/units.ts';
import { gunzipProfile } from '../pipeline/gunzip-profile.ts';
import { tooLarge } from './too-large.ts';

/**
 * gzip (several members are one stream), zstd, or bytes that are neither, unchanged.
 *
 * @throws PlimsollError PROFILE_INVALID when damaged or cut off, PROFILE_TOO_LARGE beyond `maxBytes`.
 */
export async function decompressProfile(bytes: Uint8Array, maxBytes: Bytes): Promise<Uint8Array> {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const plain = gunzipProfile(bytes, maxBytes);
    if (plain === null) throw tooLarge(maxBytes);
    return plain;
  }
  if (startsLikeZstd(bytes)) {
    const { decompressZstd } = await import('./decompress-zstd.ts');
    return decompressZstd(bytes, maxBytes);
  }
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  return bytes;
}

function startsLikeZstd(bytes: Uint8Array): boolean {
  return bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd;
}
