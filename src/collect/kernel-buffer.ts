// What the kernel of this machine still remembers of what it wrote.
import { constants, openSync, readSync, closeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { PlimsollError, describeError } from '../base/errors.ts';
import type { Bytes, Millis } from '../base/units.ts';

/** One record of /dev/kmsg is 8 KiB at most. */
const KMSG_RECORD: Bytes = 8192 + 1024;
/** The largest ring buffer that a kernel can be told to keep is 16 MiB of text; a bound all the same. */
const MAX_KMSG_RECORDS = 1_000_000;

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
