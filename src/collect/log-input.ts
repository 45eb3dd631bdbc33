// Bytes of logs: files, gzipped ones too, standard input, and the kernel's own buffer on this machine.
import { constants, createReadStream, openSync, readSync, closeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { PlimsollError, describeError } from '../base/errors.ts';
import type { Bytes, Millis } from '../base/units.ts';

/** One record of /dev/kmsg is 8 KiB at most. */
const KMSG_RECORD: Bytes = 8192 + 1024;
/** The largest ring buffer that a kernel can be told to keep is 16 MiB of text; a bound all the same. */
const MAX_KMSG_RECORDS = 1_000_000;

/**
 * A log in pieces, unpacked where it is gzipped.
 *
 * @param path `-` = standard input.
 * @throws PlimsollError LOG_UNREADABLE, while it is iterated.
 */
export async function* readLog(path: string): AsyncGenerator<Uint8Array> {
  const source: Readable = path === '-' ? process.stdin : createReadStream(path);
  try {
    const pieces = source[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    const first = await pieces.next();
    if (first.done === true) return;
    const head = first.value;
    const all = chain(head, pieces);
    if (head[0] === 0x1f && head[1] === 0x8b) {
      const unpacked = Readable.from(all).on('error', (error) => gunzip.destroy(error));
      const gunzip = createGunzip();
      yield* unpacked.pipe(gunzip) as AsyncIterable<Uint8Array>;
    } else yield* all;
  } catch (error) {
    throw unreadable(path === '-' ? 'standard input' : path, error);
  } finally {
    source.destroy();
  }
}

async function* chain(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

export interface KernelBuffer {
  /** Records as /dev/kmsg has them. */
  readonly bytes: Uint8Array;
  readonly bootAtMillis: Millis;
  /** Processes that this kernel has killed for memory since it was started; null where it does not count. */
  readonly oomKills: number | null;
}

/**
 * What the kernel of this machine still remembers. Costs a call a record, some ten milliseconds in all.
 *
 * @throws PlimsollError LOG_UNREADABLE without the right (CAP_SYSLOG where kernel.dmesg_restrict is 1), in most containers.
 */
export async function readKernelBuffer(fsRoot = '/'): Promise<KernelBuffer> {
  const path = `${fsRoot.replace(/\/$/, '')}/dev/kmsg`;
  const bytes = readKmsg(path);
  const vmstat = await readFile(`${fsRoot.replace(/\/$/, '')}/proc/vmstat`, 'utf8').catch(() => '');
  const kills = /^oom_kill (\d+)$/m.exec(vmstat);
  return {
    bytes,
    bootAtMillis: Date.now() - uptime() * 1000,
    oomKills: kills ? Number(kills[1]) : null,
  };
}

function readKmsg(path: string): Uint8Array {
  const parts: Uint8Array[] = [];
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw unreadable(path, error);
  }
  try {
    const record = new Uint8Array(KMSG_RECORD);
    for (let count = 0; count < MAX_KMSG_RECORDS; count++) {
      const length = readRecord(file, record);
      if (length === 'overwritten') continue;
      if (length === 0) break;
      parts.push(record.slice(0, length));
    }
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    closeSync(file);
  }
  return Buffer.concat(parts);
}

function readRecord(file: number, record: Uint8Array): number | 'overwritten' {
  try {
    return readSync(file, record, 0, record.length, null);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'EAGAIN') return 0; // all that there is
    if (code === 'EPIPE') return 'overwritten'; // newer records took its place: the next read goes on behind them
    throw error;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'this is a folder',
};

function unreadable(where: string, error: unknown): PlimsollError {
  if (error instanceof PlimsollError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return new PlimsollError(
    'LOG_UNREADABLE',
    'collect',
    REASONS[code] ?? describeError(error),
    { where },
    error,
  );
}
