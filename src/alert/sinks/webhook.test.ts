import { afterEach, describe, expect, it } from 'vitest';
import { MINUTE_MILLIS, SECOND_MILLIS } from '../../base/units.ts';
import { drawNotice } from '../../testing/drawn-alert.ts';
import { serveVendor, type VendorServer } from '../../testing/vendor-server.ts';
import { makeWebhookSink, signWebhook } from './webhook.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

let servers: VendorServer[] = [];
afterEach(async () => {
  await Promise.all(servers.map(({ close }) => close()));
  servers = [];
});

async function serve(...answer: Parameters<typeof serveVendor>): Promise<VendorServer> {
  const server = await serveVendor(...answer);
  servers.push(server);
  return server;
}

function send(url: string) {
  const headers = { authorization: 'Bearer of-the-receiver' };
  const sink = makeWebhookSink({ kind: 'webhook', url, secret: SECRET, headers }, () => 1_614_265_330_000);
  return sink.send(drawNotice({ key: 'f1-1' }), new AbortController().signal);
}

describe('the signature of a webhook', () => {
  it('is that of the reference vector of Standard Webhooks', () => {
    // Of the tests of the reference libraries: github.com/standard-webhooks/standard-webhooks.
    const [id, body] = ['msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}'];
    const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
    expect(signWebhook({ id, seconds: 1_614_265_330, body, secret: SECRET })).toBe(signature);
  });

  it('takes a secret without prefix as the bytes of its text', () => {
    // printf a.1.b | openssl dgst -sha256 -hmac Jefe -binary | base64
    const signature = 'v1,0b+Q6TcYoRmqqnbg3vIwMFStb5NeqHhB3kprRCCJED0=';
    expect(signWebhook({ id: 'a', seconds: 1, body: 'b', secret: 'Jefe' })).toBe(signature);
  });

  it('goes along with the id and the time that it signs, and with the body as it was signed', async () => {
    const server = await serve();
    await send(server.url);
    const [asked] = server.asked;
    expect(asked?.headers).toMatchObject({ 'webhook-id': 'f1-1', 'webhook-timestamp': '1614265330' });
    const seconds = 1_614_265_330;
    const signature = signWebhook({ id: 'f1-1', seconds, body: JSON.stringify(asked?.body), secret: SECRET });
    expect(asked?.headers['webhook-signature']).toBe(signature);
  });
});

describe('an answer to a webhook', () => {
  it.each([301, 302, 303, 307, 308])(
    'that redirects (%i) is not followed: no secret goes along',
    async (status) => {
      const other = await serve();
      const server = await serve(() => ({ status, headers: { location: `${other.url}/elsewhere` } }));
      expect(await send(server.url)).toMatchObject({ kind: 'failed', isFinal: false });
      expect([server.asked.length, other.asked]).toEqual([1, []]);
    },
  );

  it.each([
    ['120', 2 * MINUTE_MILLIS],
    ['0', 0],
    ['99999999', 15 * MINUTE_MILLIS],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['soon', null],
  ])('that asks to wait (Retry-After: %s) is heeded', async (retryAfter, expected) => {
    const server = await serve(() => ({ status: 429, headers: { 'retry-after': retryAfter } }));
    const result = await send(server.url);
    expect(result).toMatchObject({ kind: 'failed', isFinal: false, retryAfterMillis: expected });
  });

  it('that asks to wait until a date is heeded', async () => {
    const at = new Date(Date.now() + 10 * MINUTE_MILLIS).toUTCString();
    const server = await serve(() => ({ status: 503, headers: { 'retry-after': at } }));
    const result = await send(server.url);
    const millis = result.kind === 'failed' ? (result.retryAfterMillis ?? 0) : 0;
    // Of the date's whole seconds, less what asking took.
    expect(millis).toBeGreaterThan(5 * MINUTE_MILLIS);
    expect(millis).toBeLessThanOrEqual(10 * MINUTE_MILLIS + SECOND_MILLIS);
  });
});
