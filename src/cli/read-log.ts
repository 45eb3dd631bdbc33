// Log files as people have them: plain, rotated and compressed, or written by a Windows shell.
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createGunzip } from 'node:zlib';
import { PlimsollError, describeError } from '../base/errors.ts';

const STDIN = '-';

/**
 * The bytes of a log in pieces; gzip is unpacked and UTF-16 with a byte order mark becomes UTF-8. Ends early when
 * `signal` aborts.
 *
 * @param path `-` = standard input.
 * @param code of the error: whose advice fits.
 * @throws PlimsollError TRACE_UNREADABLE, LOG_UNREADABLE
 */
export async function* readLog(
  path: string,
  signal: AbortSignal,
  code: 'TRACE_UNREADABLE' | 'LOG_UNREADABLE' = 'TRACE_UNREADABLE',
): AsyncGenerator<Buffer> {
  const source: Readable = path === STDIN ? process.stdin : createReadStream(path);
  const stop = () => source.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    yield* decode(source);
  } catch (error) {
    if (signal.aborted) return;
    const where = path === STDIN ? 'standard input' : path;
    throw new PlimsollError(code, 'collect', describeError(error), { where }, error);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

const GZIP = [0x1f, 0x8b];
const UTF16_LE = [0xff, 0xfe];
const UTF16_BE = [0xfe, 0xff];

/** Unpacks once: an archive may hold itself. */
async function* decode(source: AsyncIterable<Buffer>, mayUnpack = true): AsyncGenerator<Buffer> {
  const pieces = source[Symbol.asyncIterator]();
  const first = await pieces.next();
  if (first.done === true) return;
  const all = withFirst(first.value, pieces);
  const begins = (mark: readonly number[]) => mark.every((byte, at) => first.value[at] === byte);
  if (mayUnpack && begins(GZIP)) yield* unpack(all);
  else if (begins(UTF16_LE)) yield* fromUtf16(all, 'utf-16le');
  else if (begins(UTF16_BE)) yield* fromUtf16(all, 'utf-16be');
  else yield* all;
}

async function* unpack(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const packed = Readable.from(pieces, { objectMode: false });
  const unpacked = createGunzip();
  packed.on('error', (error) => unpacked.destroy(error));
  try {
    yield* decode(packed.pipe(unpacked), false);
  } finally {
    packed.destroy();
  }
}

async function* withFirst(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

async function* fromUtf16(pieces: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding);
  for await (const piece of pieces) yield Buffer.from(decoder.decode(piece, { stream: true }));
}
