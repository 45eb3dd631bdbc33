// zstd, frame by frame. Node 20 has none; fzstd trusts the sizes in frame headers, so they are checked here first.
import { Decompress, decompress } from 'fzstd';
import { PlimsollError } from '../base/errors.ts';
import type { Bytes } from '../base/units.ts';
import { hexOf } from '../pprof/wire-reader.ts';
import { tooLarge } from './too-large.ts';
import { xxh64 } from './xxh64.ts';

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
/**
 * fzstd moves its whole window for each block where the size of the frame is not stated. More than this moved takes
 * seconds, and no encoder's default comes near it.
 */
const MAX_MOVED_BYTES = 16 * 2 ** 30;

interface Frame {
  /** Bytes of input. */
  readonly length: number;
  /** Null = not stated. */
  readonly contentBytes: number | null;
  readonly windowBytes: number;
  /** Low 32 bits of the hash of the content; null = there is none. */
  readonly checksum: number | null;
  /** Offset of each block within the frame, and its end. */
  readonly blockStart: readonly number[];
}

/** @throws PlimsollError PROFILE_INVALID, PROFILE_TOO_LARGE. */
export function decompressZstd(bytes: Uint8Array, maxBytes: Bytes): Uint8Array {
  const parts: Uint8Array[] = [];
  let total = 0;
  for (let at = 0; at < bytes.length;) {
    const rest = bytes.subarray(at);
    const frame = isSkippable(rest) ? skippableFrame(rest, at) : readFrame(rest, at);
    if (frame.contentBytes !== 0) {
      const part = decompressFrame(rest.subarray(0, frame.length), frame, maxBytes - total, at);
      if (frame.checksum !== null && Number(BigInt.asUintN(32, xxh64(part))) !== frame.checksum)
        throw damaged('the checksum does not match', rest, frame.length - 4, at);
      parts.push(part);
      total += part.length;
    }
    at += frame.length;
  }
  if (parts.length === 1) return parts[0];
  const all = new Uint8Array(total);
  let to = 0;
  for (const part of parts) {
    all.set(part, to);
    to += part.length;
  }
  return all;
}

function decompressFrame(bytes: Uint8Array, frame: Frame, room: Bytes, offset: number): Uint8Array {
  if ((frame.contentBytes ?? 0) > room) throw tooLarge(room);
  if (
    frame.contentBytes === null &&
    (frame.windowBytes > room || frame.windowBytes * (frame.blockStart.length - 1) > MAX_MOVED_BYTES)
  )
    throw new PlimsollError('PROFILE_TOO_LARGE', 'pprof', 'a zstd window too large for this limit', {
      offset,
    });
  try {
    return frame.contentBytes === null ? decompressStream(bytes, room) : decompress(bytes);
  } catch (error) {
    if (error instanceof PlimsollError) throw error;
    const what = error instanceof Error ? error.message : String(error);
    throw damaged(what, bytes, findDamage(bytes, frame, room), offset);
  }
}

/** Offset of the block that cannot be read. */
function findDamage(bytes: Uint8Array, { blockStart }: Frame, room: Bytes): number {
  let total = 0;
  const stream = new Decompress((part) => {
    total += part.length;
    if (total > room) throw tooLarge(room);
  });
  let from = 0;
  try {
    for (const start of blockStart) {
      stream.push(bytes.slice(from, start), start === bytes.length);
      from = start;
    }
  } catch {
    // This is the block.
  }
  return from;
}

function decompressStream(bytes: Uint8Array, room: Bytes): Uint8Array {
  const parts: Uint8Array[] = [];
  let total = 0;
  const stream = new Decompress((part) => {
    total += part.length;
    if (total > room) throw tooLarge(room);
    // The pieces are the caller's; only those with something in them count.
    if (part.length > 0) parts.push(part.slice());
  });
  stream.push(bytes, true);
  const all = new Uint8Array(total);
  let to = 0;
  for (const part of parts) {
    all.set(part, to);
    to += part.length;
  }
  return all;
}

function isSkippable(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && (uint32(bytes, 0) & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC;
}

function skippableFrame(bytes: Uint8Array, offset: number): Frame {
  if (bytes.length < 8) throw damaged('it ends early', bytes, bytes.length, offset);
  const length = 8 + uint32(bytes, 4);
  if (length > bytes.length) throw damaged('it ends early', bytes, bytes.length, offset);
  return { length, contentBytes: 0, windowBytes: 0, checksum: null, blockStart: [] };
}

/** Sizes of a frame, and where it ends, from its headers. Source: RFC 8878, section 3.1.1. */
function readFrame(bytes: Uint8Array, offset: number): Frame {
  if (bytes.length < 4 || uint32(bytes, 0) !== MAGIC) throw damaged('no frame begins here', bytes, 0, offset);
  if (bytes.length < 6) throw damaged('it ends early', bytes, bytes.length, offset);
  const descriptor = bytes[4];
  const isSingleSegment = (descriptor & 0x20) !== 0;
  let at = isSingleSegment ? 5 : 6;
  at += [0, 1, 2, 4][descriptor & 3];
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6];
  if (at + sizeBytes > bytes.length) throw damaged('it ends early', bytes, bytes.length, offset);
  let content = 0;
  for (let i = sizeBytes - 1; i >= 0; i--) content = content * 256 + bytes[at + i];
  if (sizeBytes === 2) content += 256;
  at += sizeBytes;
  const exponent = 10 + (bytes[5] >> 3);
  const windowBytes = isSingleSegment ? content : 2 ** exponent * (1 + (bytes[5] & 7) / 8);
  const blockStart: number[] = [];
  for (let isLast = false; !isLast;) {
    blockStart.push(at);
    if (at + 3 > bytes.length) throw damaged('it ends early', bytes, bytes.length, offset);
    isLast = (bytes[at] & 1) === 1;
    const type = (bytes[at] >> 1) & 3;
    const size = (bytes[at] >> 3) | (bytes[at + 1] << 5) | (bytes[at + 2] << 13);
    at += 3 + (type === 1 ? 1 : size);
  }
  blockStart.push(at);
  const hasChecksum = (descriptor & 4) !== 0;
  if (hasChecksum) at += 4;
  if (at > bytes.length) throw damaged('it ends early', bytes, bytes.length, offset);
  const checksum = hasChecksum ? uint32(bytes, at - 4) : null;
  return { length: at, contentBytes: sizeBytes === 0 ? null : content, windowBytes, checksum, blockStart };
}

function uint32(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}

/** @param from where `bytes` begin in the input. */
function damaged(what: string, bytes: Uint8Array, at: number, from: number): PlimsollError {
  const place = { offset: from + at, field: 'zstd', value: hexOf(bytes, at) };
  return new PlimsollError('PROFILE_INVALID', 'pprof', `the zstd data is damaged: ${what}`, place);
}
