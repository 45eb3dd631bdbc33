import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { PlimsollError } from '../base/errors.ts';
import { createHttpClient, type GetOptions } from './http-get.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function serve(handler: Handler): Promise<string> {
  return `http://127.0.0.1:${await listen(createServer(handler))}`;
}

/** A server that sends these bytes to whoever connects, and then does as `end` says. */
async function serveRaw(bytes: string, end: 'close' | 'reset' | 'stay'): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(bytes, () => {
        if (end === 'close') socket.end();
        if (end === 'reset') socket.resetAndDestroy();
      });
    });
  });
  return `http://127.0.0.1:${await listen(server)}`;
}

function newClient() {
  const client = createHttpClient();
  closing.push(() => client.close());
  return client;
}

const LIMITS: GetOptions = { timeoutMillis: 20_000, maxBytes: 1000 };

async function get(url: string, options: Partial<GetOptions> = {}): Promise<string> {
  try {
    const answer = await newClient().get(url, { ...LIMITS, ...options });
    return `${answer.contentType} ${new TextDecoder().decode(answer.bytes)}`;
  } catch (error) {
    if (!(error instanceof PlimsollError)) throw error;
    return `${error.code} ${error.message}`.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST');
  }
}

describe('get', () => {
  it('gives the bytes and the content type', async () => {
    const url = await serve((_, response) => {
      response.setHeader('Content-Type', 'Text/Plain; version=0.0.4; charset=utf-8').end('a 1\n');
    });
    expect(await get(`${url}/metrics`)).toBe('text/plain a 1\n');
  });

  it('turns credentials in the URL into a header, and never shows them', async () => {
    const seen: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      seen.push(request.headers.authorization, request.url);
      response.writeHead(401).end('who are you?');
    });
    const answer = await get(`${url.replace('//', '//me:p%40ss@')}/metrics?token=sesame`);
    expect(seen).toEqual([`Basic ${btoa('me:p@ss')}`, '/metrics?token=sesame']);
    expect(answer).toBe('TARGET_STATUS collect: http://HOST/metrics?token=...: HTTP 401: who are you?');
  });

  it('asks for no compression, and undoes it when it comes all the same', async () => {
    const url = await serve((request, response) => {
      response
        .setHeader('Content-Encoding', 'gzip')
        .end(gzipSync(`asked for ${request.headers['accept-encoding']}`));
    });
    expect(await get(url)).toBe(' asked for identity');
  });

  it('stops at a body that is too large: announced, streamed or inflated', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/announced') response.end('x'.repeat(1001));
      else if (request.url === '/streamed') {
        response.write('x'.repeat(600));
        response.end('x'.repeat(600));
      } else response.setHeader('Content-Encoding', 'gzip').end(gzipSync('x'.repeat(100_000)));
    });
    for (const path of ['/announced', '/streamed', '/inflated']) {
      expect(await get(url + path)).toBe(`TARGET_TOO_LARGE collect: http://HOST${path}: more than 1000 B`);
    }
  });

  it('gives the first line of an error page', async () => {
    const url = await serve((_, response) => {
      response.writeHead(404, { 'X-Go-Pprof': '1' }).end('\nUnknown profile\n');
    });
    expect(await get(url)).toBe('TARGET_STATUS collect: http://HOST/: HTTP 404: Unknown profile');
  });

  it('follows redirects within the host and port only', async () => {
    const url = await serve((request, response) => {
      const to: Record<string, string> = {
        '/a': '/b',
        '/elsewhere': 'http://user:secret@evil.example/metrics',
        '/port': 'http://127.0.0.1:1/metrics',
        '/round': '/round',
        '/nonsense': 'http://[',
        '/file': 'file:///etc/passwd',
      };
      const location = to[request.url ?? ''];
      if (location === undefined) response.end(`at ${request.url}`);
      else response.writeHead(302, { Location: location }).end();
    });
    expect(await get(`${url}/a`)).toBe(' at /b');
    expect(await get(`${url}/elsewhere`)).toBe(
      'TARGET_REDIRECTED collect: http://HOST/elsewhere: redirects to http://evil.example/metrics',
    );
    expect(await get(`${url}/port`)).toContain('TARGET_REDIRECTED');
    expect(await get(`${url}/file`)).toContain('redirects to file:///etc/passwd');
    expect(await get(`${url}/nonsense`)).toContain('redirects to no URL');
    expect(await get(`${url}/round`)).toContain('redirects more than 3 times');
  });

  it('follows an upgrade to https of the same host', async () => {
    // What is on the other port speaks no TLS: the failure shows that it was tried there.
    const other = new URL(await serve((_, response) => response.end('plain')));
    const url = await serve((_, response) => {
      response.writeHead(301, { Location: `https://127.0.0.1:${other.port}/` }).end();
    });
    expect(await get(url)).toMatch(/^TARGET_TLS collect: https:\/\/HOST\/: what answers does not speak TLS/);
  });

  it('says that nobody is there', async () => {
    const server = createTcpServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await get(`http://127.0.0.1:${port}/`)).toBe(
      'TARGET_REFUSED collect: http://HOST/: connection refused',
    );
    expect(await get('http://nowhere.invalid/')).toContain('TARGET_REFUSED');
  });

  it.each([
    ['closes without an answer', '', 'close', 'TARGET_REFUSED', 'the connection was closed before an answer'],
    ['resets the connection', '', 'reset', 'TARGET_REFUSED', 'the connection was closed before an answer'],
    ['speaks something else', 'SSH-2.0-OpenSSH_9.6\r\n', 'close', 'TARGET_REFUSED', 'does not speak HTTP'],
    [
      'sends less than it announced',
      'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ngo_gorou',
      'close',
      'TARGET_TRUNCATED',
      'the answer ended early (100 bytes announced)',
    ],
    [
      'stops in the middle of its chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na 1\n\n\r\n',
      'close',
      'TARGET_TRUNCATED',
      'the answer ended early',
    ],
    [
      'resets in the middle of the body',
      'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ngo_gorou',
      'reset',
      'TARGET_TRUNCATED',
      'the answer ended early',
    ],
    [
      'cuts a compressed body',
      'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\u001f\u00c2\u0008\u0000',
      'close',
      'TARGET_TRUNCATED',
      'the answer ended early',
    ],
  ] as const)('says what is wrong with a server that %s', async (_, bytes, end, code, fact) => {
    const answer = await get(await serveRaw(bytes, end));
    expect(answer).toMatch(new RegExp(`^${code} `));
    expect(answer).toContain(fact);
  });

  it('gives up when the time is over: no answer at all, a body that does not end', async () => {
    const slow = await serve((request, response) => {
      if (request.url === '/body') response.write('a 1\n');
    });
    expect(await get(slow, { timeoutMillis: 50 })).toBe(
      'TARGET_TIMEOUT collect: http://HOST/: no answer within 0.05 s',
    );
    expect(await get(`${slow}/body`, { timeoutMillis: 1500 })).toBe(
      'TARGET_TIMEOUT collect: http://HOST/body: the answer did not end within 1.5 s',
    );
  });

  it('does not take what came until then for the whole, where only the end of the connection would end it', async () => {
    const slow = await serveRaw('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\na 1\n', 'stay');
    expect(await get(slow, { timeoutMillis: 300 })).toBe(
      'TARGET_TIMEOUT collect: http://HOST/: the answer did not end within 0.3 s',
    );
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const url = await serve(() => controller.abort());
    expect(await get(url, { signal: controller.signal })).toContain('the request was given up');
    expect(await get(url, { signal: AbortSignal.abort() })).toContain('the request was given up');
  });

  it('uses a connection again, and asks once more when the server has just closed it', async () => {
    const ports = new Set<number | undefined>();
    let requests = 0;
    const client = newClient();
    const server = createServer((request, response) => {
      ports.add(request.socket.remotePort);
      requests++;
      // The third request arrives on a connection that is cut without an answer.
      if (requests === 3) request.socket.resetAndDestroy();
      else response.end(`${requests}`);
    });
    const url = `http://127.0.0.1:${await listen(server)}`;
    const bodies: string[] = [];
    for (let i = 0; i < 3; i++) {
      bodies.push(new TextDecoder().decode((await client.get(url, LIMITS)).bytes));
    }
    expect(bodies).toEqual(['1', '2', '4']);
    expect(ports.size).toBe(2);
  });

  it('refuses what is no http URL before sending anything', async () => {
    expect(await get('ftp://me:secret@host/')).toBe(
      'ARGUMENTS_INVALID collect: found "ftp://host/": only http and https',
    );
    expect(await get('not a url')).toContain('ARGUMENTS_INVALID');
  });
});
