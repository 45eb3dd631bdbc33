// gzip to plain bytes, with a limit on what comes out: a gzip bomb of a megabyte must not take a gigabyte.
import { gunzipSync } from 'node:zlib';
import { PlimsollError } from '../base/errors.ts';
import type { Bytes } from '../base/units.ts';
import { hexOf } from '../pprof/wire-reader.ts';

/** No gzip data expands by more than this. */
const MAX_GZIP_RATIO = 1032;
const MIN_PIECE: Bytes = 256;
/** Above it one is not worth the memory that somebody only announces. */
const MAX_PIECE: Bytes = 32 * 1024 * 1024;

/**
 * Where output of more than this precedes the damage, its place is not looked for: decompressing it twenty times would block
 * the thread for seconds. No real profile is as large.
 */
const MAX_SEARCHED: Bytes = 32 * 1024 * 1024;

/**
 * Decompresses gzip, several members as one stream.
 *
 * @returns null when more than `maxBytes` come out.
 * @throws PlimsollError PROFILE_INVALID with the byte at which it ends early, something else follows, or damage shows.
 */
export function gunzipProfile(bytes: Uint8Array, maxBytes: Bytes): Uint8Array | null {
  try {
    const { buffer, engine } = gunzipSync(bytes, {
      maxOutputLength: maxBytes,
      chunkSize: pieceSize(bytes, maxBytes),
      info: true,
    }) as unknown as InflatedInfo;
    // zlib ignores what follows the last member when it begins with a zero; Go refuses it.
    if (engine.bytesWritten < bytes.length)
      throw invalid('something follows the gzip data', bytes, engine.bytesWritten);
    return buffer;
  } catch (error) {
    if (error instanceof PlimsollError) throw error;
    const code = codeOf(error);
    if (code === 'ERR_BUFFER_TOO_LARGE') return null;
    if (code === 'Z_BUF_ERROR') throw invalid('the gzip data ends early', bytes, bytes.length);
    const what = error instanceof Error ? error.message : String(error);
    throw invalid(`the gzip data is damaged (${what})`, bytes, findDamage(bytes));
  }
}

/** Offset of the byte with which the damage shows: zlib does not tell, so the bytes before it are tried. */
function findDamage(bytes: Uint8Array): number | null {
  let [sound, damaged] = [0, bytes.length];
  while (damaged - sound > 1) {
    const middle = (sound + damaged) >> 1;
    const code = tryStart(bytes.subarray(0, middle));
    if (code === 'ERR_BUFFER_TOO_LARGE') return null;
    if (code === '' || code === 'Z_BUF_ERROR') sound = middle;
    else damaged = middle;
  }
  return sound;
}

/** What zlib says of the start of gzip data; '' = nothing, it is whole members. */
function tryStart(start: Uint8Array): string {
  try {
    gunzipSync(start, { maxOutputLength: MAX_SEARCHED });
    return '';
  } catch (error) {
    return codeOf(error);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

/** What zlib's `info` option gives; it is not in the types. */
interface InflatedInfo {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

/**
 * The size that the last four bytes of gzip data announce, and one byte more: with room for all of the output at once
 * zlib neither copies it together from pieces nor keeps it twice. Wrong for several members, or when somebody lies; then
 * there are more pieces, a thousand at most.
 */
function pieceSize(bytes: Uint8Array, maxBytes: Bytes): Bytes {
  if (bytes.length < 4) return MIN_PIECE;
  const announced = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4).getUint32(0, true);
  const possible = Math.min(announced, maxBytes, MAX_PIECE, bytes.length * MAX_GZIP_RATIO);
  return Math.max(possible + 1, bytes.length, MIN_PIECE);
}

function invalid(fact: string, bytes: Uint8Array, offset: number | null): PlimsollError {
  const place = offset === null ? {} : { offset, field: 'gzip', value: hexOf(bytes, offset) };
  return new PlimsollError('PROFILE_INVALID', 'pprof', fact, place);
}
