import { connect } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, post } from '../testing/ask.ts';
import { FakeWatchView } from '../testing/fake-watch-view.ts';
import { PATHS } from '../protocol/paths.ts';
import { startServer, type RunningServer } from './start-server.ts';

let view: FakeWatchView;
let server: RunningServer;
let webDir: string;

beforeEach(async () => {
  webDir = await mkdtemp(join(tmpdir(), 'plimsoll-web-'));
  await writeFile(join(webDir, 'index.html'), '<!doctype html><title>Plimsoll</title>');
  await writeFile(join(webDir, 'app-ABCD1234.js'), 'console.log(1);'.repeat(100));
  view = new FakeWatchView();
  server = await startServer({ view, listen: { host: '127.0.0.1', port: 0 }, webDir, version: '1.2.3' });
});
afterEach(async () => {
  await server.close();
  await rm(webDir, { recursive: true });
});

/** Writes bytes as they are and gives everything that comes back until the server closes. */
function raw(text: string): Promise<string> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(Number(port), hostname, () => socket.end(text));
    socket.on('data', (chunk) => (received += chunk.toString('utf8')));
    socket.on('close', () => resolve(received));
    socket.on('error', reject);
  });
}

describe('the page', () => {
  it('is served for page routes only, with a policy that lets nothing in from elsewhere', async () => {
    for (const path of ['/', '/s/orders', '/f/5f2c', '/targets']) {
      const answer = await ask(server.url, path);
      expect(answer.status).toBe(200);
      expect(answer.text).toContain('<title>Plimsoll</title>');
      expect(answer.headers['content-security-policy']).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      expect(answer.headers['referrer-policy']).toBe('no-referrer');
    }
  });

  it('answers 404 elsewhere: JSON to programs, the page itself to people', async () => {
    const toProgram = await ask(server.url, '/nowhere');
    expect(toProgram.status).toBe(404);
    expect(toProgram.json()).toMatchObject({ error: { code: 'NOT_FOUND' } });
    const toPerson = await ask(server.url, '/nowhere', { headers: { accept: 'text/html' } });
    expect(toPerson.status).toBe(404);
    expect(toPerson.text).toContain('<title>Plimsoll</title>');
  });

  it('is not sent again to who has it', async () => {
    const first = await ask(server.url, '/app-ABCD1234.js');
    expect(first.headers['cache-control']).toContain('immutable');
    const again = await ask(server.url, '/app-ABCD1234.js', {
      headers: { 'if-none-match': `W/${first.headers['etag']}` },
    });
    expect(again.status).toBe(304);
    expect(again.text).toBe('');
  });

  it('is sent compressed to who takes that', async () => {
    const plain = await ask(server.url, '/app-ABCD1234.js', { headers: { 'accept-encoding': 'gzip;q=0' } });
    const packed = await ask(server.url, '/app-ABCD1234.js', { headers: { 'accept-encoding': 'br, gzip' } });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(packed.bytes.length).toBeLessThan(plain.bytes.length);
  });

  it.each([
    '/../package.json',
    '/..%2f..%2fetc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '//etc/passwd',
    '/app-ABCD1234.js%00',
  ])('never leaves its folder for %s', async (path) => {
    const answer = await ask(server.url, path);
    expect([400, 404]).toContain(answer.status);
  });

  it('is refused at start when its folder holds no page', async () => {
    const options = { view, listen: { host: '127.0.0.1', port: 0 }, version: '1' };
    await expect(startServer({ ...options, webDir: join(webDir, 'none') })).rejects.toMatchObject({
      code: 'WEB_MISSING',
    });
    expect(view.listeners).toBe(1);
  });
});

describe('hostile requests', () => {
  it('refuses another host name and another origin', async () => {
    const host = await ask(server.url, PATHS.targets, { headers: { host: 'evil.example' } });
    expect([host.status, (host.json() as { error: object }).error]).toMatchObject([
      403,
      { code: 'HOST_REFUSED' },
    ]);
    const event = { service: 'orders', kind: 'deploy' };
    const origin = await post(server.url, PATHS.events, event, { origin: 'https://evil.example' });
    expect(origin.status).toBe(403);
    expect(view.marks).toEqual([]);
    expect((await post(server.url, PATHS.events, event, { origin: server.url })).status).toBe(201);
  });

  it('refuses a body that is too large, declared or chunked', async () => {
    const big = { service: 'orders', kind: 'deploy', text: 'x'.repeat(2_000_000) };
    expect((await post(server.url, PATHS.events, big)).status).toBe(413);
    const chunked = await post(server.url, PATHS.events, big, { 'transfer-encoding': 'chunked' });
    expect(chunked.status).toBe(413);
  });

  it.each([
    ['text/plain', '{"service":"orders","kind":"deploy"}', 415],
    ['application/x-www-form-urlencoded', 'service=orders', 415],
    ['application/json', '{"service":', 400],
    ['application/json', '\u0000', 400],
    ['application/json', '{"__proto__":{"service":"orders"},"kind":"deploy"}', 400],
  ])('refuses a body of %s %j with %i', async (type, body, status) => {
    const answer = await ask(server.url, PATHS.events, {
      method: 'POST',
      body,
      headers: { 'content-type': type },
    });
    expect(answer.status).toBe(status);
    expect(answer.json()).toHaveProperty('error.advice');
    expect(view.marks).toEqual([]);
  });

  it('names the methods that a path takes', async () => {
    const answer = await ask(server.url, PATHS.targets, { method: 'DELETE' });
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe('GET');
  });

  it('never lends its answers to other origins', async () => {
    const answer = await ask(server.url, PATHS.targets, { headers: { origin: 'https://evil.example' } });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  it.each([
    [
      'a path that cannot be decoded',
      'GET /api/v1/reports/%ff%fe%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      404,
    ],
    ['a malformed host', 'GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n', 400],
    ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['no HTTP at all', '\u0016\u0003\u0001 hello\r\n\r\n', 400],
    ['endless headers', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`, 431],
  ])('answers %s and goes on', async (_, text, status) => {
    expect(await raw(text)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect((await ask(server.url, PATHS.health)).status).toBe(200);
  });
});

describe('listening', () => {
  it('says so when the port is in use', async () => {
    const port = Number(new URL(server.url).port);
    const second = startServer({ view, listen: { host: '127.0.0.1', port }, webDir: null, version: '1' });
    await expect(second).rejects.toMatchObject({ code: 'PORT_IN_USE', stage: 'server' });
  });

  it('says so when the address is not of this machine', async () => {
    const second = startServer({
      view,
      listen: { host: '203.0.113.1', port: 0 },
      webDir: null,
      version: '1',
    });
    await expect(second).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
  });

  it('lets go of the watch and the port when it closes', async () => {
    const own = new FakeWatchView();
    const second = await startServer({
      view: own,
      listen: { host: '127.0.0.1', port: 0 },
      webDir: null,
      version: '1',
    });
    await second.close();
    expect(own.listeners).toBe(0);
    await expect(ask(second.url, PATHS.health)).rejects.toThrow('ECONNREFUSED');
  });
});
