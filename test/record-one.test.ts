// A recording is of one process: `watch --record` with several targets keeps the evidence of the first one alone.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, requireBuild, startCli } from './built-cli.ts';

requireBuild();

describe('watch --record with two targets', () => {
  const servers: Server[] = [];
  const urls: string[] = [];
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plimsoll-record-'));
    for (const goroutines of [11, 22]) {
      const page = `go_goroutines ${goroutines}\ngo_memstats_next_gc_bytes 8000000\ngo_memstats_heap_alloc_bytes 5000000\n`;
      const server = createServer((request, response) => {
        const isPage = request.url === '/metrics';
        response.writeHead(isPage ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4' });
        response.end(isPage ? page : 'not here\n');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      servers.push(server);
      urls.push(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    }
  });
  afterAll(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    await rm(folder, { recursive: true });
  });

  it('holds what the first one said', async () => {
    const recording = join(folder, 'recording');
    const watch = startCli([
      ...['watch', ...urls, '--record', recording, '--gauge-interval', '1s', '--storage', 'memory'],
      ...['--listen', `127.0.0.1:${await freePort()}`, '--data', join(folder, 'data')],
    ]);
    const scrapes = () => readdir(join(recording, 'scrapes')).catch(() => []);
    await expect.poll(async () => (await scrapes()).length, { timeout: 60_000 }).toBeGreaterThan(3);
    await watch.kill('SIGTERM');
    const names = await scrapes();
    const pages = await Promise.all(names.map((name) => readFile(join(recording, 'scrapes', name), 'utf8')));
    expect(new Set(pages.map((page) => page.split('\n')[0]))).toEqual(new Set(['go_goroutines 11']));
  }, 90_000);
});
