// A watcher that is killed again and again while its sinks fail: nothing is lost, nothing is told twice to who heeds the key.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, mkdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CACHE_DIR } from '../src/testing/bundle-store-writer.ts';
import { ROOT } from './built-cli.ts';

const LEAKS = 20;
let folder = '';
beforeAll(async () => {
  await mkdir(CACHE_DIR, { recursive: true });
  folder = await mkdtemp(join(CACHE_DIR, 'alerts-kill-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function bundle(): Promise<string> {
  const outfile = join(folder, 'teller.mjs');
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/testing/alert-teller.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
  });
  return outfile;
}

describe('alerts of a watcher that is killed', () => {
  it('are neither lost nor doubled, while a sink refuses every third of them', async () => {
    const program = await bundle();
    /** As a receiver that heeds the key: in the order of their first acceptance. */
    const accepted = new Map<string, string>();
    let asked = 0;
    let isFailing = true;
    let onAsked: () => void = () => undefined;
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        asked++;
        onAsked();
        const { data } = JSON.parse(Buffer.concat(chunks).toString()) as {
          data: { key: string; kind: string };
        };
        const isRefused = isFailing && asked % 3 === 0;
        if (!isRefused && !accepted.has(data.key)) accepted.set(data.key, data.kind);
        response.writeHead(isRefused ? 503 : 202, { connection: 'close', 'retry-after': '0' }).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const file = join(folder, 'told.ndjson');
    const start = (mode: 'open' | 'resolve') => {
      const args = [program, join(folder, 'alerts'), url, String(LEAKS), file, mode];
      return spawn(process.execPath, args, { stdio: 'ignore' });
    };
    // Killed in the middle of what is different each time: after so many requests.
    for (const after of [1, 3, 4, 6, 9]) {
      const child = start('open');
      const ended = once(child, 'exit');
      const until = asked + after;
      await new Promise<void>((resolve) => {
        onAsked = () => (asked >= until ? resolve() : undefined);
        child.on('exit', () => resolve());
      });
      child.kill('SIGKILL');
      await ended;
    }
    onAsked = () => undefined;
    isFailing = false;
    const last = start('resolve');
    const [status] = (await once(last, 'exit')) as [number | null];
    await new Promise((resolve) => server.close(resolve));
    expect(status).toBe(0);
    const wanted = Array.from({ length: LEAKS }, (_, i) => [`f${i}-1 opened`, `f${i}-2 resolved`]).flat();
    expect([...accepted].map(([key, kind]) => `${key} ${kind}`).sort()).toEqual(wanted.sort());
    const keys = [...accepted.keys()];
    for (let i = 0; i < LEAKS; i++) expect(keys.indexOf(`f${i}-1`)).toBeLessThan(keys.indexOf(`f${i}-2`));
    // The file has each once, whoever was killed while writing.
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    const told = lines.map((line) => (JSON.parse(line) as { key: string }).key);
    expect(told.sort()).toEqual(keys.sort());
  }, 120_000);
});
