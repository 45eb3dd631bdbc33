// Where `plimsoll profile` takes profiles from: files, standard input, URLs; and how large they may be.
import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAIN, ROOT, follow, requireBuild, runCli } from './built-cli.ts';
import { writeSamples } from './many-samples.ts';

requireBuild();

const HEAP = join(ROOT, 'test', 'fixtures', 'profiles', 'heap.pb.gz');
const BEFORE = join(ROOT, 'test', 'fixtures', 'profiles', 'heap.before.pb.gz');

let folder: string;
let server: Server;
let url: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-sources-'));
  server = createServer((request, response) => {
    const file = [HEAP, BEFORE].find((path) => request.url === `/${basename(path)}`);
    if (file === undefined) response.writeHead(404).end('no such profile');
    else createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

describe('a profile', () => {
  it('comes through standard input as from its file', async () => {
    const child = spawn(process.execPath, [MAIN, 'profile', 'raw', '-'], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.end(await readFile(HEAP));
    const piped = await follow(child).ended;
    expect(piped.status).toBe(0);
    expect(piped.stdout).toBe((await runCli(['profile', 'raw', HEAP])).stdout);
  });

  it('comes from a URL as from its file, the base of a difference too', async () => {
    const flags = ['profile', 'traces'];
    const remote = await runCli([...flags, `-base=${url}/heap.before.pb.gz`, `${url}/heap.pb.gz`]);
    const local = await runCli([...flags, `-base=${BEFORE}`, HEAP]);
    expect(remote.status).toBe(0);
    expect(remote.stdout).toBe(local.stdout);
    expect(remote.stderr).toContain(`${url}/heap.pb.gz`);
  });

  it('that is not at its URL is missing with the URL and what the server said', async () => {
    const { status, stdout, stderr } = await runCli(['profile', 'top', `${url}/none`]);
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toContain(`${url}/none: HTTP 404`);
  });
});

describe('ten million samples', () => {
  it('are refused by default and read with a larger --max-bytes', { timeout: 120_000 }, async () => {
    const file = join(folder, 'many.pb.gz');
    await writeSamples(file, 10_000_000);
    const refused = await runCli(['profile', 'top', file]);
    expect(refused).toMatchObject({ status: 3, stdout: '' });
    expect(refused.stderr).toMatch(/^plimsoll: pprof: .*many\.pb\.gz.* more than 288 MiB of memory/);
    const read = await runCli(['profile', 'top', '--max-bytes=512MiB', '-unit=B', file]);
    expect(read).toMatchObject({ status: 0, stderr: '' });
    // Values 1 to 100, a hundred thousand times each.
    expect(read.stdout).toContain('of 505000000B total');
  });
});
