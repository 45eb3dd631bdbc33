// The one place where compressed profiles become plain bytes, with a limit on what comes out: a gzip bomb of a
// megabyte must not take a gigabyte.
import { constants, createGunzip, gunzipSync } from 'node:zlib';
import { PlimsollError } from '../base/errors.ts';
import type { Bytes } from '../base/units.ts';
import { tooLarge } from './too-large.ts';

/** zlib's output pieces: large enough that a profile is one piece, small enough to be allocated for nothing. */
const MIN_CHUNK = 64 * 1024;
const MAX_CHUNK = 32 * 1024 * 1024;

/**
 * gzip (several members are one stream), zstd, or bytes that are neither, unchanged.
 *
 * @throws PlimsollError PROFILE_INVALID when damaged or cut off, PROFILE_TOO_LARGE beyond `maxBytes`.
 */
export async function decompressProfile(bytes: Uint8Array, maxBytes: Bytes): Promise<Uint8Array> {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzip(bytes, maxBytes);
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

async function gunzip(bytes: Uint8Array, maxBytes: Bytes): Promise<Uint8Array> {
  try {
    const { buffer, engine } = gunzipSync(bytes, {
      maxOutputLength: maxBytes,
      chunkSize: chunkSize(bytes, maxBytes),
      info: true,
    }) as unknown as InflatedInfo;
    // zlib ignores what follows the last member when it begins with a zero; Go refuses it.
    if (engine.bytesWritten < bytes.length)
      throw invalid('something follows the gzip data', engine.bytesWritten);
    return buffer;
  } catch (error) {
    if (error instanceof PlimsollError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    if (code === 'Z_BUF_ERROR') throw invalid('the gzip data ends early', bytes.length);
    const what = error instanceof Error ? error.message : String(error);
    throw invalid(`the gzip data is damaged (${what})`, await findDamage(bytes));
  }
}

/** Offset of the byte with which the damage shows: zlib does not tell, so the bytes before it are tried. */
async function findDamage(bytes: Uint8Array): Promise<number> {
  let [sound, damaged] = [0, bytes.length];
  while (damaged - sound > 1) {
    const middle = (sound + damaged) >> 1;
    if (await isSound(bytes.subarray(0, middle))) sound = middle;
    else damaged = middle;
  }
  return sound;
}

/** Whether nothing is wrong with the start of gzip data. */
function isSound(start: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    const stream = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH, chunkSize: MIN_CHUNK });
    stream.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'Z_BUF_ERROR'));
    stream.once('end', () => resolve(true));
    stream.resume();
    stream.end(start);
  });
}

/** What zlib's `info` option gives; it is not in the types. */
interface InflatedInfo {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

/** A gzip member ends in its length modulo 2^32: a hint, not to be trusted. */
function chunkSize(bytes: Uint8Array, maxBytes: Bytes): number {
  const tail = new DataView(bytes.buffer, bytes.byteOffset + Math.max(0, bytes.length - 4));
  const hint = bytes.length >= 18 ? tail.getUint32(0, true) + 1 : MIN_CHUNK;
  // Deflate shrinks 1,032 times at best.
  return Math.max(MIN_CHUNK, Math.min(hint, MAX_CHUNK, maxBytes, bytes.length * 1032));
}

function invalid(fact: string, offset?: number): PlimsollError {
  return new PlimsollError('PROFILE_INVALID', 'pprof', fact, offset === undefined ? {} : { offset });
}
