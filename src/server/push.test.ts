import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PlimsollError } from '../base/errors.ts';
import type { PushMessage } from '../pipeline/push-intake.ts';
import { encodeProfile } from '../pprof/encode-proto.ts';
import { drawProfile } from '../testing/drawn-profile.ts';
import { FakeWatchView } from '../testing/fake-watch-view.ts';
import { startServer, type RunningServer } from './start-server.ts';

const HEAP = Buffer.from(
  encodeProfile(
    drawProfile(`
      types alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes
      main > keep = 1 64 1 64
    `),
  ),
);
const HEAP_CONFIG = JSON.stringify({
  alloc_space: { units: 'bytes' },
  inuse_space: { aggregation: 'average' },
});

let server: RunningServer;
let taken: PushMessage[];
let refusal: PlimsollError | null;

async function start(token: string | null): Promise<void> {
  const take = (message: PushMessage) => {
    if (refusal) return Promise.reject(refusal);
    taken.push(message);
    return Promise.resolve();
  };
  server = await startServer({
    view: new FakeWatchView(),
    listen: { host: '127.0.0.1', port: 0 },
    webDir: null,
    version: '1.2.3',
    push: token === 'off' ? null : { take, token },
  });
}

beforeEach(() => {
  taken = [];
  refusal = null;
});
afterEach(() => server.close());

function form(config: string | null, profile: Uint8Array = HEAP): FormData {
  const form = new FormData();
  form.append('profile', new Blob([Buffer.from(profile)]), 'profile.pprof');
  if (config !== null) form.append('sample_type_config', new Blob([config]), 'sample_type_config.json');
  return form;
}

async function send(
  path: string,
  body: string | FormData | Uint8Array<ArrayBuffer> | Buffer<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${server.url}${path}`, { method: 'POST', body, headers });
  return { status: answer.status, text: await answer.text() };
}

/** `field: bytes` of protobuf, all lengths below 128 or in two bytes. */
function field(number: number, content: Uint8Array | string): Buffer {
  const bytes = Buffer.from(content);
  const { length } = bytes;
  const size = length < 128 ? [length] : [(length & 0x7f) | 0x80, length >> 7];
  return Buffer.concat([Buffer.from([number * 8 + 2, ...size]), bytes]);
}

function pushMessage(labels: Record<string, string>): Buffer {
  const pairs = Object.entries(labels).map(([name, value]) =>
    field(1, Buffer.concat([field(1, name), field(2, value)])),
  );
  return field(1, Buffer.concat([...pairs, field(2, Buffer.concat([field(1, HEAP), field(2, 'an id')]))]));
}

const LABELS = { __name__: 'memory', service_name: 'orders', instance: 'a:1', __delta__: 'false' };

describe('/ingest', () => {
  const path =
    '/ingest?name=orders%7Bpod%3Dp1%7D&from=1700000000000000000&until=1700000015000000000&spyName=gospy';

  it('takes a form of pyroscope-go, below any prefix, with a plain 200', async () => {
    await start(null);
    expect(await send(path, form(HEAP_CONFIG))).toEqual({ status: 200, text: '' });
    expect((await send(`/pyroscope${path}`, form(HEAP_CONFIG))).status).toBe(200);
    expect(taken).toHaveLength(2);
    expect(taken[0]).toMatchObject({
      app: 'orders',
      profile: 'heap',
      allocations: 'since-last',
      fromMillis: 1_700_000_000_000,
      untilMillis: 1_700_000_015_000,
    });
    expect(Buffer.from(taken[0].bytes).equals(HEAP)).toBe(true);
    expect(taken[0].labels.get('pod')).toBe('p1');
  });

  it('looks into a profile that nothing describes, whose allocations are since the start', async () => {
    await start(null);
    await send('/ingest?name=orders&format=pprof', HEAP, { 'content-type': 'application/octet-stream' });
    expect(taken).toMatchObject([{ profile: 'heap', allocations: 'since-start' }]);
  });

  it.each([
    ['contentions', { contentions: { 'display-name': 'mutex_count' } }, 'mutex'],
    ['contentions', { contentions: { 'display-name': 'block_count' } }, 'block'],
    ['goroutine', { goroutine: { 'display-name': 'goroutines' } }, 'goroutine'],
  ])('tells by the description of %s what %o is: %s', async (_, config, kind) => {
    await start(null);
    await send(path, form(JSON.stringify(config)));
    expect(taken.map(({ profile }) => profile)).toEqual([kind]);
  });

  it.each([
    ['no name', '/ingest', form(null), 'PUSH_INVALID'],
    ['another format', '/ingest?name=a&format=jfr', form(null), 'PUSH_INVALID'],
    ['a form without a profile', '/ingest?name=a', new FormData(), 'PUSH_INVALID'],
    ['a description that is no JSON', '/ingest?name=a', form('{'), 'PUSH_INVALID'],
    ['no profile at all', '/ingest?name=a', form(null, Buffer.from('hello')), 'PROFILE_INVALID'],
  ])('refuses %s with 400', async (_, where, body, code) => {
    await start(null);
    const { status, text } = await send(where, body);
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ error: { code } });
    expect(taken).toEqual([]);
  });
});

describe('/push.v1.PusherService/Push', () => {
  const path = '/push.v1.PusherService/Push';

  it('takes protobuf, plain and gzip, and answers with an empty message', async () => {
    await start(null);
    const proto = { 'content-type': 'application/proto' };
    expect(await send(path, new Uint8Array(pushMessage(LABELS)), proto)).toEqual({ status: 200, text: '' });
    const packed = { ...proto, 'content-encoding': 'gzip' };
    expect((await send(path, new Uint8Array(gzipSync(pushMessage(LABELS))), packed)).status).toBe(200);
    expect(taken).toHaveLength(2);
    expect(taken[1]).toMatchObject({ profile: 'heap', allocations: 'since-last', app: null });
    expect(Buffer.from(taken[1].bytes).equals(HEAP)).toBe(true);
  });

  it('takes JSON, and reckons allocations from the start where nobody has subtracted', async () => {
    await start(null);
    const labels = [
      { name: '__name__', value: 'memory' },
      { name: 'service_name', value: 'orders' },
    ];
    const body = JSON.stringify({ series: [{ labels, samples: [{ rawProfile: HEAP.toString('base64') }] }] });
    expect(await send(path, body, { 'content-type': 'application/json' })).toEqual({
      status: 200,
      text: '{}',
    });
    expect(taken).toMatchObject([{ profile: 'heap', allocations: 'since-start' }]);
  });

  it('leaves out kinds that it does not know', async () => {
    await start(null);
    const body = new Uint8Array(pushMessage({ ...LABELS, __name__: 'wall' }));
    expect((await send(path, body, { 'content-type': 'application/proto' })).status).toBe(200);
    expect(taken).toEqual([]);
  });

  it('says what is wrong in the words of Connect', async () => {
    await start(null);
    const cut = new Uint8Array(pushMessage(LABELS).subarray(0, 20));
    const { status, text } = await send(path, cut, { 'content-type': 'application/proto' });
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ code: 'invalid_argument' });
    refusal = new PlimsollError('PUSH_REFUSED', 'pipeline', 'pushes more often than it may');
    const busy = await send(path, new Uint8Array(pushMessage(LABELS)), {
      'content-type': 'application/proto',
    });
    expect(busy.status).toBe(429);
    expect(JSON.parse(busy.text)).toMatchObject({ code: 'resource_exhausted' });
    const grpc = await send(path, 'x', { 'content-type': 'application/grpc' });
    expect(grpc.status).toBe(400);
  });
});

describe('who may push', () => {
  const path = '/ingest?name=orders';

  it('is nobody where it is off', async () => {
    await start('off');
    const { status, text } = await send(path, form(HEAP_CONFIG));
    expect(status).toBe(403);
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'PUSH_OFF' } });
  });

  it('is who has the token, as bearer or as password', async () => {
    await start('s3cret');
    const basic = (password: string) => `Basic ${Buffer.from(`any:${password}`).toString('base64')}`;
    for (const [authorization, status] of [
      ['', 401],
      ['Bearer wrong', 401],
      [basic('wrong'), 401],
      ['Bearer s3cret', 200],
      [basic('s3cret'), 200],
    ] as const) {
      expect((await send(path, form(HEAP_CONFIG), { authorization })).status).toBe(status);
    }
    expect(taken).toHaveLength(2);
  });

  it('is no page of a browser', async () => {
    await start(null);
    expect((await send(path, form(HEAP_CONFIG), { origin: server.url })).status).toBe(403);
    expect(taken).toEqual([]);
  });

  it('sends no more than 16 MiB at once, declared or not', async () => {
    await start(null);
    const large = new Uint8Array(16 * 1024 * 1024 + 1);
    expect((await send(path, large)).status).toBe(413);
    expect(taken).toEqual([]);
  });
});
