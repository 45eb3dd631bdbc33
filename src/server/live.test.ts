import { request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { decodeLiveEvent } from '../protocol/live.ts';
import { PATHS } from '../protocol/paths.ts';
import { ask } from '../testing/ask.ts';
import { FAKE_NOW, FakeWatchView } from '../testing/fake-watch-view.ts';
import { LIVE_CLIENT_BUFFER_BYTES, LIVE_CLIENTS_LIMIT } from './live-hub.ts';
import { startServer, type RunningServer } from './start-server.ts';

let view: FakeWatchView;
let server: RunningServer;
const open: { destroy(): void }[] = [];

beforeEach(async () => {
  view = new FakeWatchView();
  server = await startServer({
    view,
    listen: { host: '127.0.0.1', port: 0 },
    webDir: null,
    version: '1.2.3',
    heartbeatMillis: 20,
  });
});
afterEach(async () => {
  for (const one of open.splice(0)) one.destroy();
  await server.close();
});

/** A live stream; `next` resolves with the next line that satisfies the test. */
class Stream {
  readonly incoming: IncomingMessage;
  #buffer = '';
  #check: () => void = () => undefined;

  constructor(incoming: IncomingMessage) {
    this.incoming = incoming;
    incoming.setEncoding('utf8');
    incoming.on('data', (chunk: string) => {
      this.#buffer += chunk;
      this.#check();
    });
    incoming.on('error', () => undefined);
  }

  next(wanted: (line: string) => boolean): Promise<string> {
    return new Promise((resolve) => {
      this.#check = () => {
        const lines = this.#buffer.split('\n');
        const index = lines.findIndex((line, i) => i < lines.length - 1 && wanted(line));
        if (index < 0) return;
        this.#buffer = lines.slice(index + 1).join('\n');
        resolve(lines[index] ?? '');
      };
      this.#check();
    });
  }

  async nextEvent(kind: string) {
    const line = await this.next((l) => l.startsWith('data: ') && l.includes(`"kind":"${kind}"`));
    return decodeLiveEvent(line.slice('data: '.length));
  }

  ended(): Promise<void> {
    return new Promise((resolve) => this.incoming.once('close', resolve));
  }
}

function openStream(): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${server.url}${PATHS.live}`, { agent: false }, (incoming) =>
      resolve(new Stream(incoming)),
    );
    outgoing.on('error', reject);
    outgoing.end();
    open.push(outgoing);
  });
}

const evidence = (instance: string) =>
  ({ kind: 'evidence', service: 'orders', instance, atMillis: FAKE_NOW }) as const;

it('greets with the watch, then tells every change to every page', async () => {
  const [one, two] = [await openStream(), await openStream()];
  expect(one.incoming.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  expect(await one.nextEvent('hello')).toMatchObject({
    watch: { version: '1.2.3', timeScale: 1, now: FAKE_NOW },
  });
  view.emit({ kind: 'incident', service: 'orders', id: 'inc-hub-11', atMillis: FAKE_NOW });
  for (const stream of [one, two]) {
    expect(await stream.nextEvent('incident')).toEqual({
      kind: 'incident',
      service: 'orders',
      id: 'inc-hub-11',
      atMillis: FAKE_NOW,
    });
  }
});

it('tells many changes of one target once', async () => {
  const stream = await openStream();
  await stream.nextEvent('hello');
  for (let i = 0; i < 1000; i++) view.emit(evidence('10.0.0.11:6060'));
  view.emit(evidence('last'));
  await stream.next((l) => l.includes('10.0.0.11:6060'));
  const following = await stream.next((l) => l.startsWith('data: '));
  expect(following).toContain('last');
});

it('keeps an idle stream alive with a comment and the time, so that nothing between gives it up', async () => {
  const stream = await openStream();
  expect(await stream.next((line) => line.startsWith(':'))).toBe(': still here');
  expect(await stream.nextEvent('clock')).toMatchObject({ watch: { now: FAKE_NOW } });
  view.advance(5000);
  await stream.next((line) => line.includes(`"now":${FAKE_NOW + 5000}`));
});

it('takes so many pages and no more, and takes another when one has gone', async () => {
  const streams: Stream[] = [];
  for (let i = 0; i < LIVE_CLIENTS_LIMIT; i++) streams.push(await openStream());
  const refused = await ask(server.url, PATHS.live);
  expect(refused.status).toBe(503);
  expect(refused.json()).toMatchObject({ error: { code: 'TOO_MANY_CLIENTS' } });
  expect((await ask(server.url, PATHS.metrics)).text).toContain(
    `plimsoll_live_clients ${LIVE_CLIENTS_LIMIT}\n`,
  );
  const first = streams[0];
  first?.incoming.destroy();
  let status = 503;
  // The server learns of the closed socket in its own time; each turn is one more request to it.
  while (status === 503) {
    const again = await openStream();
    status = again.incoming.statusCode ?? 0;
  }
  expect(status).toBe(200);
});

it('drops a page that does not read, and keeps the others', async () => {
  const reader = await openStream();
  await reader.nextEvent('hello');
  const { hostname, port } = new URL(server.url);
  const slow: Socket = connect(Number(port), hostname);
  open.push(slow);
  slow.write(`GET ${PATHS.live} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await new Promise((resolve) => slow.once('data', resolve));
  slow.pause();
  slow.on('error', () => undefined);
  const longName = 'x'.repeat(LIVE_CLIENT_BUFFER_BYTES);
  for (let turn = 0, clients = 2; clients === 2; turn++) {
    for (let i = 0; i < 8; i++) view.emit(evidence(`${turn}-${i}-${longName}`));
    await reader.next((l) => l.includes(`"${turn}-7-`));
    clients = Number(/^plimsoll_live_clients (\d+)$/m.exec((await ask(server.url, PATHS.metrics)).text)?.[1]);
  }
  view.emit(evidence('after'));
  expect(await reader.next((l) => l.includes('"after"'))).toContain('evidence');
});

it('ends every stream when the server closes', async () => {
  const stream = await openStream();
  await stream.nextEvent('hello');
  const ended = stream.ended();
  await server.close();
  await ended;
  expect(stream.incoming.complete).toBe(true);
});
