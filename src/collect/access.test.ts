// Against a real TLS server. Certificates: test/fixtures/tls, with the program that makes them.
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { PlimsollError, describeError } from '../base/errors.ts';
import type { Access, TlsFiles } from '../model/target.ts';
import { createHttpClient, type GetOptions } from './http-get.ts';
import { createHttpTarget } from './http-target.ts';
import { probeTarget } from './probe.ts';

const FIXTURES = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'tls');
const pem = (name: string) => join(FIXTURES, name);
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
const greet: Handler = (_, response) => void response.end('a 1\n');

async function serve(handler: Handler = greet, options: ServerOptions = {}, name = 'server') {
  const own = { cert: await readFile(pem(`${name}.pem`)), key: await readFile(pem(`${name}.key`)) };
  const server = createServer({ ...own, ...options }, handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-access-'));
  closing.push(() => rm(folder, { recursive: true }));
  return folder;
}

function newClient() {
  const client = createHttpClient();
  closing.push(() => client.close());
  return client;
}

const NO_TLS: TlsFiles = { ca: null, cert: null, key: null, serverName: null };
const trusting = (tls: Partial<TlsFiles> = {}): Access => ({
  tls: { ...NO_TLS, ca: pem('ca.pem'), ...tls },
  auth: null,
});
const LIMITS: GetOptions = { timeoutMillis: 20_000, maxBytes: 1000 };

/** The body, or the code and the message with what follows from it. */
async function get(url: string, options: Partial<GetOptions>, client = newClient()): Promise<string> {
  try {
    return new TextDecoder().decode((await client.get(url, { ...LIMITS, ...options })).bytes);
  } catch (error) {
    if (!(error instanceof PlimsollError)) throw error;
    return `${error.code} ${describeError(error)}`.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST');
  }
}

describe('certificates', () => {
  it('trusts a server that the given authority has signed', async () => {
    expect(await get(await serve(), { access: trusting() })).toBe('a 1\n');
  });

  it.each([
    ['the authorities of the system', undefined, 'signed by nobody that is trusted here'],
    ['another authority', trusting({ ca: pem('other-ca.pem') }), 'signed by nobody that is trusted here'],
    ['another name', trusting({ serverName: 'orders.internal' }), 'its certificate is for another name'],
  ])('refuses a server by %s', async (_, access, why) => {
    const answer = await get(await serve(), { access });
    expect(answer).toContain('TARGET_TLS collect: https://HOST/: ');
    expect(answer).toContain(why);
  });

  it('refuses one that is out of date', async () => {
    const url = await serve(greet, {}, 'expired');
    expect(await get(url, { access: trusting() })).toContain(
      'its certificate is out of date (CERT_HAS_EXPIRED)',
    );
  });

  it('takes the name that it is told to look for', async () => {
    expect(await get(await serve(), { access: trusting({ serverName: 'localhost' }) })).toBe('a 1\n');
  });

  it('shows its own where the server asks for one', async () => {
    const name: Handler = (request, response) =>
      void response.end((request.socket as TLSSocket).getPeerCertificate().subject.CN);
    const url = await serve(name, { requestCert: true, ca: await readFile(pem('ca.pem')) });
    const own = { cert: pem('client.pem'), key: pem('client.key') };
    expect(await get(url, { access: trusting(own) })).toBe('plimsoll test client');
    expect(await get(url, { access: trusting() })).toMatch(/^TARGET_(TLS|REFUSED) /);
  });

  it('says what is wrong with a file, and not what is in it', async () => {
    const url = await serve();
    const folder = await newFolder();
    const broken = join(folder, 'broken.pem');
    await writeFile(broken, '-----BEGIN PRIVATE KEY-----\nc2VzYW1l\n-----END PRIVATE KEY-----\n');
    const own = (cert: string, key: string) => get(url, { access: trusting({ cert, key }) });
    expect(await get(url, { access: trusting({ ca: join(folder, 'none.pem') }) })).toContain(
      'none.pem: there is no such file',
    );
    expect(await get(url, { access: trusting({ ca: pem('main.go') }) })).toContain('main.go: no certificate');
    expect(await own(pem('client.pem'), pem('server.key'))).toContain('do not belong together');
    const answer = await own(pem('client.pem'), broken);
    expect(answer).toMatch(/^ACCESS_INVALID/);
    expect(answer).not.toContain('c2VzYW1l');
  });

  it('uses the new certificates when a file is replaced, without a restart', async () => {
    const url = await serve();
    const ca = join(await newFolder(), 'ca.pem');
    const client = newClient();
    await copyFile(pem('other-ca.pem'), ca);
    expect(await get(url, { access: trusting({ ca }) }, client)).toMatch(/^TARGET_TLS/);
    await rm(ca);
    await copyFile(pem('ca.pem'), ca);
    expect(await get(url, { access: trusting({ ca }) }, client)).toBe('a 1\n');
  });

  it('says so where the other side speaks no TLS', async () => {
    const url = (await serve()).replace('https:', 'http:');
    expect(await get(url, {})).toMatch(/^TARGET_REFUSED/);
  });
});

describe('credentials', () => {
  const echo: Handler = (request, response) => {
    const { authorization = '-', 'x-scope-orgid': tenant = '-' } = request.headers;
    response.end(`${authorization} ${String(tenant)}`);
  };
  const bearing = (auth: Access['auth']): Access => ({ ...trusting(), auth });

  it('sends a bearer token out of its file, as it is at that time', async () => {
    const url = await serve(echo);
    const file = join(await newFolder(), 'token');
    const access = bearing({ kind: 'bearer', file });
    const client = newClient();
    await writeFile(file, 'first\n');
    expect(await get(url, { access }, client)).toBe('Bearer first -');
    await writeFile(file, 'second');
    expect(await get(url, { access }, client)).toBe('Bearer second -');
    await writeFile(file, 'two\nlines');
    expect(await get(url, { access }, client)).toBe(`ACCESS_INVALID collect: ${file}: one line expected`);
  });

  it('sends user and password, and headers beside them', async () => {
    const access = bearing({ kind: 'basic', user: 'me', secret: 'p@ss:word' });
    const answer = await get(await serve(echo), { access, headers: { 'X-Scope-OrgID': 'team-1' } });
    expect(answer).toBe(`Basic ${btoa('me:p@ss:word')} team-1`);
  });

  it('lets a header that is given win', async () => {
    const access = bearing({ kind: 'bearer', secret: 'token' });
    const url = (await serve(echo)).replace('//', '//a:b@');
    expect(await get(url, { access })).toBe('Bearer token -');
    expect(await get(url, { access, headers: { Authorization: 'Own' } })).toBe('Own -');
  });

  it('never shows what was sent, even where the server tells it back', async () => {
    const tell: Handler = (request, response) => {
      const { authorization = '', 'x-key': key } = request.headers;
      response.writeHead(403).end(`no: ${authorization} ${String(key)} s3same`);
    };
    const url = await serve(tell);
    const headers = { 'X-Key': 'kkkk-1' };
    for (const auth of [
      { kind: 'bearer', secret: 's3same' },
      { kind: 'basic', user: 'me', secret: 's3same' },
    ] as const) {
      const answer = await get(url, { access: bearing(auth), headers });
      expect(answer).toContain('HTTP 403: no: ...');
      for (const secret of ['s3same', btoa('me:s3same'), 'kkkk-1']) expect(answer).not.toContain(secret);
    }
  });
});

describe('a target behind TLS', () => {
  const INDEX = '<html><a href="heap?debug=1">heap</a> <a href="goroutine?debug=1">goroutine</a></html>';
  const guarded: Handler = (request, response) => {
    if (request.headers.authorization !== 'Bearer t0ken') return void response.writeHead(401).end('who?');
    if (request.url === '/metrics') return void response.end('go_memstats_heap_alloc_bytes 5\n');
    if (request.url === '/debug/pprof/') return void response.end(INDEX);
    response.writeHead(404).end();
  };
  const access: Access = { ...trusting(), auth: { kind: 'bearer', secret: 't0ken' } };

  it('is probed and scraped with its certificates and credentials', async () => {
    const url = await serve(guarded);
    const { target, isAnswering } = await probeTarget(url, { access, pid: false });
    expect([isAnswering, target.metrics?.url, target.pprof?.url]).toEqual([
      true,
      `${url}/metrics`,
      `${url}/debug/pprof`,
    ]);
    const source = createHttpTarget(target, { now: () => 1000 });
    const [outcome] = await source.fetchGauges(new AbortController().signal);
    expect(outcome).toMatchObject({ kind: 'ok', request: 'metrics', receivedBytes: 31 });
  });

  it('gives pprof the headers that are its own instead of the credentials', async () => {
    const seen: string[] = [];
    const url = await serve((request, response) => {
      seen.push(`${request.url} ${request.headers.authorization ?? '-'}`);
      guarded(request, response);
    });
    await probeTarget(url, { access, pprofHeaders: { 'X-Key': 'k' }, pid: false });
    expect(seen.filter((line) => line.startsWith('/debug/pprof'))).toContain('/debug/pprof/ -');
    expect(seen).toContain('/metrics Bearer t0ken');
  });
});
