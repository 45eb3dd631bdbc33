// A receiver that is away for an hour, and a watcher that is killed in the middle of it: nothing is lost, nothing is told twice.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MINUTE_MILLIS, SECOND_MILLIS } from '../src/base/units.ts';
import { CACHE_DIR } from '../src/testing/bundle-store-writer.ts';
import { ROOT } from './built-cli.ts';

const LEAKS = 8;
const START = Date.UTC(2026, 10, 21);
const BACK = START + HOUR_MILLIS;
let folder = '';
beforeAll(async () => {
  await mkdir(CACHE_DIR, { recursive: true });
  folder = await mkdtemp(join(CACHE_DIR, 'alerts-outage-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Request {
  /** By the clock of the watcher. */
  readonly at: number;
  readonly key: string;
  readonly isAccepted: boolean;
}

describe('alerts for a receiver that is away for an hour', () => {
  it('arrive when it is back, each once and in order, although the watcher was killed meanwhile', async () => {
    const program = join(folder, 'teller.mjs');
    await build({
      absWorkingDir: ROOT,
      entryPoints: ['src/testing/alert-teller.ts'],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      packages: 'external',
    });
    const requests: Request[] = [];
    let tellHalf: () => void = () => undefined;
    const half = new Promise<void>((resolve) => (tellHalf = resolve));
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { data } = JSON.parse(Buffer.concat(chunks).toString()) as { data: { key: string } };
        const at = Number(request.headers['webhook-timestamp']) * SECOND_MILLIS;
        const isAccepted = at >= BACK;
        requests.push({ at, key: data.key, isAccepted });
        response.writeHead(isAccepted ? 202 : 503, { connection: 'close' }).end();
        if (at >= START + HOUR_MILLIS / 4) tellHalf();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const file = join(folder, 'told.ndjson');
    const start = (mode: 'open' | 'resolve', at: number) => {
      const args = [program, join(folder, 'alerts'), url, String(LEAKS), file, mode, String(at)];
      return spawn(process.execPath, args, { stdio: 'ignore' });
    };
    const first = start('open', START);
    const killed = once(first, 'exit');
    await half;
    first.kill('SIGKILL');
    await killed;
    // The leaks end while the receiver is still away.
    const second = start('resolve', START + HOUR_MILLIS / 2);
    const [status] = (await once(second, 'exit')) as [number | null];
    await new Promise((resolve) => server.close(resolve));

    expect(status).toBe(0);
    const keys = Array.from({ length: LEAKS }, (_, i) => [`f${i}-1`, `f${i}-2`]).flat();
    const accepted = requests.filter(({ isAccepted }) => isAccepted).map(({ key }) => key);
    expect(accepted.toSorted()).toEqual(keys.toSorted());
    for (let i = 0; i < LEAKS; i++)
      expect(accepted.indexOf(`f${i}-1`)).toBeLessThan(accepted.indexOf(`f${i}-2`));
    // Asked all the time, but less and less often, and each one soon after the receiver is back.
    const refused = requests.filter(({ isAccepted }) => !isAccepted);
    expect(refused.some(({ at }) => at < START + MINUTE_MILLIS)).toBe(true);
    expect(refused.some(({ at }) => at > BACK - 15 * MINUTE_MILLIS)).toBe(true);
    expect(refused.length).toBeLessThan(LEAKS * 30);
    const lastAt = Math.max(...requests.map(({ at }) => at));
    expect(lastAt).toBeLessThan(BACK + 20 * MINUTE_MILLIS);
    const told = (await readFile(file, 'utf8')).trim().split('\n');
    expect(told.map((line) => (JSON.parse(line) as { key: string }).key).toSorted()).toEqual(keys.toSorted());
  }, 120_000);
});
