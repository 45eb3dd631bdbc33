// Where `plimsoll profile` takes profiles from: files, standard input, URLs; and how large they may be.
import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { TLSSocket } from 'node:tls';
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

describe('a profile over https', () => {
  const pem = (name: string): string => join(ROOT, 'test', 'fixtures', 'tls', name);
  let secure: SecureServer;
  let host: string;
  const asked: string[] = [];
  beforeAll(async () => {
    const [cert, key, ca] = await Promise.all(
      ['server.pem', 'server.key', 'ca.pem'].map((name) => readFile(pem(name))),
    );
    secure = createSecureServer(
      { cert, key, ca, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        asked.push(request.url ?? '');
        const isKnown = (request.socket as TLSSocket).authorized;
        if (request.url?.startsWith('/mutual') && !isKnown) response.writeHead(403).end('no certificate');
        else createReadStream(HEAP).pipe(response);
      },
    );
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    host = `127.0.0.1:${(secure.address() as AddressInfo).port}`;
  });
  afterAll(() => secure.close());

  const top = (...words: string[]) => runCli(['profile', 'top', ...words]);

  it('is refused where nobody who is trusted has signed for the server, and says what to give', async () => {
    const { status, stdout, stderr } = await top(`https://${host}/heap`);
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toMatch(/certificate is signed by nobody that is trusted here .*-tls_ca/s);
  });

  it('is read with -tls_ca, and with https+insecure:// by whomever it is signed', async () => {
    const local = await top(HEAP);
    for (const words of [
      [`-tls_ca=${pem('ca.pem')}`, `https://${host}/heap`],
      [`https+insecure://${host}/heap`],
    ]) {
      const { status, stdout } = await top(...words);
      expect({ status, stdout }).toEqual({ status: 0, stdout: local.stdout });
    }
  });

  it('is read with -tls_cert and -tls_key where the server wants to know its clients', async () => {
    const ca = `-tls_ca=${pem('ca.pem')}`;
    const refused = await top(ca, `https://${host}/mutual`);
    expect(refused.stderr).toContain('HTTP 403: no certificate');
    const own = [`-tls_cert=${pem('client.pem')}`, `-tls_key=${pem('client.key')}`];
    expect(await top(ca, ...own, `https://${host}/mutual`)).toMatchObject({ status: 0 });
    const half = await top(ca, own[0], `https://${host}/mutual`);
    expect(half.stderr).toMatch(/-tls_cert.* -tls_cert and -tls_key belong together/);
  });

  it('is asked for as long as -seconds says', async () => {
    const { status, stderr } = await top(
      `-tls_ca=${pem('ca.pem')}`,
      '-seconds=2',
      `https://${host}/slow?gc=1`,
    );
    expect(status).toBe(0);
    expect(asked.at(-1)).toBe('/slow?gc=1&seconds=2');
    expect(stderr).toContain('Please wait... (2s)');
  });
});

describe('a server that does not answer', () => {
  it('is given up after -timeout and five seconds', { timeout: 30_000 }, async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const { status, stderr } = await runCli(['profile', 'top', '-timeout=1', `http://127.0.0.1:${port}/x`]);
    silent.closeAllConnections();
    silent.close();
    expect(status).toBe(3);
    expect(stderr).toContain('no answer within 6 s');
  });
});

describe('ten million samples', () => {
  it(
    'are read within the default bounds, and refused where less is allowed',
    { timeout: 120_000 },
    async () => {
      const file = join(folder, 'many.pb.gz');
      await writeSamples(file, 10_000_000);
      const refused = await runCli(['profile', 'top', '--max-bytes=48MiB', file]);
      expect(refused).toMatchObject({ status: 3, stdout: '' });
      expect(refused.stderr).toMatch(/^plimsoll: pprof: .*many\.pb\.gz: more than 48 MiB decompressed/);
      const read = await runCli(['profile', 'top', '-unit=B', file]);
      expect(read).toMatchObject({ status: 0, stderr: '' });
      // Values 1 to 100, a hundred thousand times each.
      expect(read.stdout).toContain('of 505000000B total');
    },
  );
});
