// Compressed profiles of the usual kind: decompressed and decoded in the memory of the kernel, without a copy in between.
import { crc32 } from 'node:zlib';
import type { Bytes } from '../base/units.ts';
import { decodeInParts } from '../pprof/decode-parts.ts';
import { looksProto } from '../pprof/decode-profile.ts';
import type { ProtoKernel } from '../pprof/proto-kernel.ts';
import type { Profile } from '../pprof/tables.ts';
import { MAX_OWN_PLAIN, MAX_SHARED_PLAIN, kernelFor, sharedKernel } from './kernel-file.ts';

/** What encoders write in front and behind: no name, no time, nothing else (RFC 1952). */
const HEAD_BYTES = 10;
const TAIL_BYTES = 8;
const DEFLATE = 8;
const MIN_BYTES = HEAD_BYTES + TAIL_BYTES + 2;

/**
 * One gzip member of the plainest kind with a profile.proto message of the usual kind. The tables are in memory of their own,
 * which can be transferred: small ones are copied out of the kernel at once, larger ones put together part by part.
 *
 * @returns null when it is anything else, larger than a usual one, or damaged: then it has to be read in the ordinary way.
 */
export function decodeReceivedGzip(bytes: Uint8Array, maxBytes: Bytes): Profile | null {
  const size = plainSize(bytes, Math.min(maxBytes, MAX_OWN_PLAIN));
  if (size === null) return null;
  return size <= MAX_SHARED_PLAIN
    ? decodeIn(sharedKernel(), bytes, size)
    : decodeLarge(sharedKernel(), bytes, size);
}

/**
 * The same in less time, but the tables of large ones are the memory of a kernel, which cannot be transferred.
 *
 * @param maxTableBytes as of decodeProto.
 */
export function decodeUsualGzip(bytes: Uint8Array, maxBytes: Bytes, maxTableBytes: Bytes): Profile | null {
  const size = plainSize(bytes, maxBytes);
  return size === null ? null : decodeIn(kernelFor(size), bytes, size, maxTableBytes);
}

/** What comes out as the last bytes announce it; null = this is no plain member, or it is more than `maxBytes`. */
function plainSize(bytes: Uint8Array, maxBytes: Bytes): Bytes | null {
  if (bytes.length < MIN_BYTES || bytes.length > maxBytes) return null;
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== DEFLATE || bytes[3] !== 0) return null;
  const size = uint32(bytes, bytes.length - 4);
  return size > maxBytes ? null : size;
}

function decodeIn(
  kernel: ProtoKernel | null,
  bytes: Uint8Array,
  size: Bytes,
  maxTableBytes?: Bytes,
): Profile | null {
  const tail = bytes.length - TAIL_BYTES;
  const placed = kernel?.inflate(bytes.subarray(HEAD_BYTES, tail), size) ?? null;
  if (kernel === null || placed === null) return null;
  const plain = kernel.view(placed);
  if (!looksProto(plain) || crc32(plain) !== uint32(bytes, tail)) return null;
  return kernel.decode(placed, maxTableBytes);
}

function decodeLarge(kernel: ProtoKernel | null, bytes: Uint8Array, size: Bytes): Profile | null {
  if (kernel === null) return null;
  const tail = bytes.length - TAIL_BYTES;
  let checksum = 0;
  let isFirst = true;
  const takePlain = (plain: Uint8Array): boolean => {
    if (isFirst && !looksProto(plain)) return false;
    isFirst = false;
    checksum = crc32(plain, checksum);
    return true;
  };
  const profile = decodeInParts(kernel, bytes.subarray(HEAD_BYTES, tail), size, takePlain);
  return checksum === uint32(bytes, tail) ? profile : null;
}

function uint32(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}
