// Profiles of any number of samples, written as they are made: nobody has ten million of them at hand.
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

const FUNCTIONS = 120;
/** Samples whose bytes are made at once. */
const AT_ONCE = 100_000;

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

function number(field: number, value: number): number[] {
  return [...varint(field << 3), ...varint(value)];
}

function message(field: number, ...parts: readonly number[][]): number[] {
  const body = parts.flat();
  return [...varint((field << 3) | 2), ...varint(body.length), ...body];
}

function text(value: string): number[] {
  return message(6, [...Buffer.from(value)]);
}

/**
 * Writes a gzipped profile.proto of `space/bytes`: sample i has a stack of three of 120 functions and the value i modulo 100
 * plus 1.
 */
export async function writeSamples(path: string, count: number): Promise<void> {
  await pipeline(Readable.from(pieces(count)), createGzip({ level: 1 }), createWriteStream(path));
}

function* pieces(count: number): Generator<Buffer> {
  const head = [message(1, number(1, 1), number(2, 2)), text(''), text('space'), text('bytes')];
  for (let i = 0; i < FUNCTIONS; i++) {
    const id = number(1, i + 1);
    head.push(text(`main.f${i}`), message(5, id, number(2, 3 + i)), message(4, id, message(4, id)));
  }
  yield Buffer.from(head.flat());
  for (let from = 0; from < count; from += AT_ONCE) yield samples(from, Math.min(count, from + AT_ONCE));
}

/** Every sample takes ten bytes: a packed stack of three, a packed value. */
function samples(from: number, to: number): Buffer {
  const bytes = Buffer.alloc((to - from) * 10);
  for (let i = from, at = 0; i < to; i++, at += 10) {
    bytes.set([0x12, 8, 0x0a, 3], at);
    bytes[at + 4] = 1 + (i % FUNCTIONS);
    bytes[at + 5] = 1 + (Math.floor(i / FUNCTIONS) % FUNCTIONS);
    bytes[at + 6] = 1 + (Math.floor(i / FUNCTIONS ** 2) % FUNCTIONS);
    bytes.set([0x12, 1, 1 + (i % 100)], at + 7);
  }
  return bytes;
}
