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
 * @param onDamage what is whole of a damaged archive, up to there, is given, and then this is called with what is wrong;
 *   without it that is an error.
 * @throws PlimsollError TRACE_UNREADABLE, LOG_UNREADABLE
 */
export async function* readLog(
  path: string,
  signal: AbortSignal,
  code: 'TRACE_UNREADABLE' | 'LOG_UNREADABLE' = 'TRACE_UNREADABLE',
  onDamage?: (fact: string) => void,
): AsyncGenerator<Buffer> {
  const source: Readable = path === STDIN ? process.stdin : createReadStream(path);
  const stop = () => source.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    yield* decode(source, onDamage);
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
async function* decode(
  source: AsyncIterable<Buffer>,
  onDamage: ((fact: string) => void) | undefined,
  mayUnpack = true,
): AsyncGenerator<Buffer> {
  const pieces = source[Symbol.asyncIterator]();
  const first = await pieces.next();
  if (first.done === true) return;
  const all = withFirst(first.value, pieces);
  const begins = (mark: readonly number[]) => mark.every((byte, at) => first.value[at] === byte);
  if (mayUnpack && begins(GZIP)) yield* decode(unpack(all, onDamage), onDamage, false);
  else if (begins(UTF16_LE)) yield* fromUtf16(all, 'utf-16le');
  else if (begins(UTF16_BE)) yield* fromUtf16(all, 'utf-16be');
  else yield* all;
}

/** Piece by piece, so that all that comes before the damage is out before the damage is found. */
async function* unpack(
  pieces: AsyncIterable<Buffer>,
  onDamage: ((fact: string) => void) | undefined,
): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  let unpacked: Buffer[] = [];
  let failure: Error | null = null;
  let goOn = (): void => undefined;
  gunzip.on('data', (piece: Buffer) => unpacked.push(piece));
  gunzip.on('error', (error) => {
    failure = error;
    goOn();
  });
  gunzip.on('end', () => goOn());
  const step = (act: () => void) =>
    new Promise<void>((resolve) => {
      goOn = resolve;
      act();
    });
  const take = () => {
    const taken = unpacked;
    unpacked = [];
    return taken;
  };
  try {
    for await (const piece of pieces) {
      await step(() => gunzip.write(piece, () => goOn()));
      yield* take();
      if (failure !== null) break;
    }
    if (failure === null) await step(() => gunzip.end());
    yield* take();
  } finally {
    gunzip.destroy();
  }
  if (failure === null) return;
  if (onDamage === undefined) throw failure as Error;
  onDamage(describeError(failure));
}

async function* withFirst(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

async function* fromUtf16(pieces: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding);
  for await (const piece of pieces) yield Buffer.from(decoder.decode(piece, { stream: true }));
}
