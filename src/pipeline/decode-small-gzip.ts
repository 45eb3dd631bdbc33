// Small compressed profiles, which are nearly all: decompressed and decoded in the memory of the kernel, without a copy in
// between.
import { crc32 } from 'node:zlib';
import type { Bytes } from '../base/units.ts';
import { looksProto } from '../pprof/decode-profile.ts';
import type { Profile } from '../pprof/tables.ts';
import { MAX_SHARED_PLAIN, sharedKernel } from './kernel-file.ts';

/** What encoders write in front and behind: no name, no time, nothing else (RFC 1952). */
const HEAD_BYTES = 10;
const TAIL_BYTES = 8;
const DEFLATE = 8;
const MIN_BYTES = HEAD_BYTES + TAIL_BYTES + 2;

/**
 * One gzip member of the plainest kind with a profile.proto message of the usual kind.
 *
 * @returns null when it is anything else, larger, or damaged: then it has to be read in the ordinary way.
 */
export function decodeSmallGzip(bytes: Uint8Array, maxBytes: Bytes): Profile | null {
  if (bytes.length < MIN_BYTES || bytes[2] !== DEFLATE || bytes[3] !== 0) return null;
  const tail = bytes.length - TAIL_BYTES;
  const size = uint32(bytes, tail + 4);
  if (size > MAX_SHARED_PLAIN || size > maxBytes || bytes.length > MAX_SHARED_PLAIN) return null;
  const kernel = sharedKernel();
  if (kernel === null) return null;
  const placed = kernel.inflate(bytes.subarray(HEAD_BYTES, tail), size);
  if (placed === null) return null;
  const plain = kernel.view(placed);
  if (!looksProto(plain) || crc32(plain) !== uint32(bytes, tail)) return null;
  return kernel.decode(placed);
}

function uint32(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}
