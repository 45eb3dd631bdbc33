import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PlimsollError } from '../base/errors.ts';
import { readLog } from './read-log.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-log-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(bytes: Uint8Array): Promise<string> {
  const path = join(folder, 'log');
  await writeFile(path, bytes);
  const pieces: Buffer[] = [];
  for await (const piece of readLog(path, new AbortController().signal)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

describe('readLog', () => {
  const text = `gc 1 @0.1s\r\nhéllo\n${'x'.repeat(200_000)}`;

  it('reads a log as it is, and an empty one', async () => {
    expect(await read(Buffer.from(text))).toBe(text);
    expect(await read(Buffer.alloc(0))).toBe('');
    expect(await read(Buffer.from('g'))).toBe('g');
  });

  it('unpacks a rotated log, once', async () => {
    expect(await read(gzipSync(text))).toBe(text);
    expect(await read(gzipSync(gzipSync('x')))).toMatch(/^\u001f/);
  });

  it('reads what a Windows shell redirects: UTF-16 of both orders', async () => {
    const little = Buffer.from(`\ufeff${text}`, 'utf16le');
    expect(await read(little)).toBe(text);
    expect(await read(Buffer.from(little).swap16())).toBe(text);
  });

  it('refuses what cannot be read, with its name', async () => {
    const refused = await read(gzipSync(text).subarray(0, 60)).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(PlimsollError);
    expect(refused).toMatchObject({ code: 'TRACE_UNREADABLE', place: { where: join(folder, 'log') } });
    const missing = readLog(join(folder, 'none'), new AbortController().signal).next();
    await expect(missing).rejects.toMatchObject({ code: 'TRACE_UNREADABLE' });
    const directory = readLog(folder, new AbortController().signal).next();
    await expect(directory).rejects.toMatchObject({ code: 'TRACE_UNREADABLE' });
  });

  it('gives what comes before the damage of an archive where damage is told, however it is cut', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i} ${(i * 7919) % 10_007}\n`).join('');
    const packed = gzipSync(lines);
    const path = join(folder, 'cut.gz');
    for (const share of [0.1, 0.5, 0.9, 1]) {
      await writeFile(path, packed.subarray(0, Math.floor(share * packed.length)));
      const damage: string[] = [];
      const log = readLog(path, new AbortController().signal, 'LOG_UNREADABLE', (fact) => damage.push(fact));
      const pieces: Buffer[] = [];
      for await (const piece of log) pieces.push(piece);
      const text = Buffer.concat(pieces).toString();
      expect(lines.startsWith(text)).toBe(true);
      expect(text.length).toBeGreaterThan(0.75 * share * lines.length);
      expect(damage).toEqual(share === 1 ? [] : [expect.stringMatching(/unexpected end of file/)]);
    }
  });

  it('stops where it is told to', async () => {
    await writeFile(join(folder, 'long'), Buffer.alloc(1 << 20));
    const stop = new AbortController();
    let pieces = 0;
    for await (const _ of readLog(join(folder, 'long'), stop.signal)) {
      pieces++;
      stop.abort();
    }
    expect(pieces).toBeLessThan(3);
  });
});
