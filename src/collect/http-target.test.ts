import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { Endpoint, Target } from '../model/target.ts';
import { checkProtoProfile } from './check-body.ts';
import { createHttpTarget, profileUrl } from './http-target.ts';
import type { FetchOutcome } from './source.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const HANG = null;
type Answer =
  string | Uint8Array | { status?: number; type?: string; body: string | Uint8Array } | typeof HANG;

/** Path (with query) -> answer; everything else is 404. `asked` lists what was asked. */
async function serve(answers: Readonly<Record<string, Answer>>) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const found = answers[request.url ?? ''];
    if (found === HANG) return;
    const answer = found ?? { status: 404, body: '404 page not found\n' };
    const isPlain = typeof answer === 'string' || answer instanceof Uint8Array;
    const { status = 200, type = 'text/plain', body } = isPlain ? { body: answer } : answer;
    response.writeHead(status, { 'Content-Type': type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const at = (url: string): Endpoint => ({ url, headers: {} });
const TARGET: Target = {
  ...{ service: 'orders', instance: 'a:1', metrics: null, vars: null, pprof: null, pid: null },
  ...{ module: null, memoryLimitBytes: null, labels: {} },
};
/** A clock that counts the looks at it. */
function newClock() {
  let now = 1000;
  return { now: () => now++ };
}
const signal = new AbortController().signal;

/** `metrics ok 1000 "a 1"` or `metrics TARGET_STATUS`. */
function render(outcome: FetchOutcome): string {
  if (outcome.kind === 'failed') return `${outcome.request} ${outcome.error.code}`;
  const { evidence } = outcome;
  const kind = evidence.kind === 'profile' ? `${evidence.profile} ${evidence.form}` : evidence.kind;
  return `${outcome.request} ok: ${kind} at ${evidence.atMillis}, ${outcome.receivedBytes} bytes`;
}

const GO_SCRAPE = 'go_memstats_heap_alloc_bytes 5\n';
const HEAP_TEXT = 'heap profile: 0: 0 [0: 0] @ heap/1048576\n\n# runtime.MemStats\n# Sys = 5\n';

describe('fetchGauges', () => {
  async function gauges(answers: Readonly<Record<string, Answer>>, target: (url: string) => Partial<Target>) {
    const { url, asked } = await serve(answers);
    const source = createHttpTarget({ ...TARGET, ...target(url) }, newClock(), { gaugesTimeoutMillis: 1000 });
    return { outcomes: (await source.fetchGauges(signal)).map(render), asked };
  }
  const all = (url: string) => ({
    metrics: at(`${url}/metrics`),
    vars: at(`${url}/debug/vars`),
    pprof: at(`${url}/debug/pprof`),
  });

  it('asks only for metrics where those hold the Go gauges', async () => {
    const { outcomes, asked } = await gauges({ '/metrics': GO_SCRAPE }, all);
    expect(outcomes).toEqual(['metrics ok: metrics at 1000, 31 bytes']);
    expect(asked).toEqual(['/metrics']);
  });

  it('believes OpenMetrics only with its last line', async () => {
    const type = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
    const whole = { '/metrics': { type, body: `${GO_SCRAPE}# EOF\n` } };
    expect((await gauges(whole, all)).outcomes).toEqual(['metrics ok: metrics at 1000, 37 bytes']);
    const cut = { '/metrics': { type, body: GO_SCRAPE } };
    expect((await gauges(cut, (url) => ({ metrics: at(`${url}/metrics`) }))).outcomes).toEqual([
      'metrics TARGET_TRUNCATED',
    ]);
  });

  it('refuses protobuf, and takes the names of OpenTelemetry for gauges of Go', async () => {
    const binary = { type: 'application/vnd.google.protobuf; proto=x', body: '\u0012\u0003abc' };
    const only = (url: string) => ({ metrics: at(`${url}/metrics`) });
    expect((await gauges({ '/metrics': binary }, only)).outcomes).toEqual(['metrics TARGET_NOT_METRICS']);
    const otel = await gauges({ '/metrics': '{"go.memory.gc.goal"} 5\n', '/debug/vars': '{}' }, all);
    expect(otel.asked).toEqual(['/metrics']);
  });

  it('asks for vars too where an exporter has no Go collector', async () => {
    const { outcomes } = await gauges(
      { '/metrics': 'http_requests_total 5\n', '/debug/vars': '{"memstats":{}}' },
      all,
    );
    expect(outcomes).toEqual(['metrics ok: metrics at 1000, 22 bytes', 'vars ok: vars at 1001, 15 bytes']);
  });

  it('falls back to the trailer of a heap profile where pprof is all there is', async () => {
    const { outcomes, asked } = await gauges(
      {
        '/metrics': { type: 'text/html', body: '<html>Sign in</html>' },
        '/debug/pprof/heap?debug=1': HEAP_TEXT,
      },
      all,
    );
    expect(outcomes).toEqual([
      'metrics TARGET_NOT_METRICS',
      'vars TARGET_STATUS',
      `memstats ok: heap text at 1002, ${HEAP_TEXT.length} bytes`,
    ]);
    expect(asked).toEqual(['/metrics', '/debug/vars', '/debug/pprof/heap?debug=1']);
  });

  it('does not wait a second time for a server that is silent, but asks another one', async () => {
    const other = await serve({ '/debug/vars': '{}' });
    const { outcomes, asked } = await gauges({ '/metrics': HANG }, (url) => ({
      ...all(url),
      vars: at(`${url}/debug/vars`),
      pprof: at(`${other.url}/debug/pprof`),
    }));
    expect(outcomes).toEqual(['metrics TARGET_TIMEOUT', 'memstats TARGET_STATUS']);
    expect([asked, other.asked]).toEqual([['/metrics'], ['/debug/pprof/heap?debug=1']]);
  });

  it('says that a process is gone without losing what HTTP gave', async () => {
    const { url } = await serve({ '/metrics': GO_SCRAPE });
    const target = { ...TARGET, ...all(url), pid: 2 ** 30 };
    const source = createHttpTarget(target, newClock(), { findPid: null });
    expect((await source.fetchGauges(signal)).map(render)).toEqual([
      'metrics ok: metrics at 1000, 31 bytes',
      'proc TARGET_REFUSED',
    ]);
  });

  it('sends the headers of each endpoint to that endpoint only', async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(`${request.url} ${String(request.headers['x-team'] ?? '-')}`);
      response.end('no Go gauges 1\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const target = {
      ...TARGET,
      metrics: { url: `${url}/metrics`, headers: { 'X-Team': 'blue' } },
      pprof: at(`${url}/debug/pprof?token=x`),
    };
    await createHttpTarget(target, newClock()).fetchGauges(signal);
    expect(seen).toEqual(['/metrics blue', '/debug/pprof/heap?token=x&debug=1 -']);
  });

  it('refuses a target whose URL is none when it is made, not in every round', () => {
    expect(() => createHttpTarget({ ...TARGET, vars: at('nonsense') }, newClock())).toThrow(/not a URL/);
  });
});

describe('fetchProfile', () => {
  const GZIP = gzipSync(Buffer.from('a profile, to the collector only a gzip'));

  async function profile(answer: Answer, form: 'proto' | 'text' = 'proto') {
    const path = `/debug/pprof/heap${form === 'text' ? '?debug=1' : ''}`;
    const { url } = await serve({ [path]: answer });
    const source = createHttpTarget({ ...TARGET, pprof: at(`${url}/debug/pprof/`) }, newClock());
    return source.fetchProfile('heap', { form, gc: false }, signal);
  }

  it('gives the bytes exactly as they were served', async () => {
    const outcome = await profile(GZIP);
    expect(render(outcome)).toBe(`profile:heap ok: heap proto at 1000, ${GZIP.length} bytes`);
    expect(outcome.kind === 'ok' && Buffer.from(outcome.evidence.bytes).equals(GZIP)).toBe(true);
  });

  it.each([
    ['HTML', { type: 'text/html', body: '<html>Sign in</html>' }, 'TARGET_NOT_PROFILE'],
    ['HTML that calls itself a profile', '<!DOCTYPE html><html>', 'TARGET_NOT_PROFILE'],
    ['some text', 'hello', 'TARGET_NOT_PROFILE'],
    ['nothing', '', 'TARGET_NOT_PROFILE'],
    ['a gzip that ends early', GZIP.subarray(0, GZIP.length - 9), 'TARGET_TRUNCATED'],
    [
      'a gzip whose content is damaged',
      Buffer.concat([GZIP.subarray(0, 14), Buffer.from('xxxxxxxxxxxxxxxxxxxxx')]),
      'PROFILE_INVALID',
    ],
    ['an error', { status: 500, body: "profile duration exceeds server's WriteTimeout" }, 'TARGET_STATUS'],
  ])('refuses %s', async (_, answer, code) => {
    expect(render(await profile(answer))).toBe(`profile:heap ${code}`);
  });

  it('takes a message that some proxy has unpacked', async () => {
    expect(render(await profile(Buffer.from([0x0a, 2, 8, 1])))).toContain('heap proto');
  });

  it('takes text where text was asked for, and nothing else', async () => {
    expect(render(await profile(HEAP_TEXT, 'text'))).toContain('heap text');
    expect(render(await profile(GZIP, 'text'))).toBe('profile:heap TARGET_NOT_PROFILE');
  });

  it('says that there is no pprof endpoint, and that native profiles have none', async () => {
    const source = createHttpTarget(TARGET, newClock());
    expect(render(await source.fetchProfile('heap', { form: 'proto', gc: false }, signal))).toContain(
      'TARGET_NOT_PROFILE',
    );
    const { url } = await serve({});
    const other = createHttpTarget({ ...TARGET, pprof: at(url) }, newClock());
    expect(render(await other.fetchProfile('native', { form: 'proto', gc: false }, signal))).toContain(
      'TARGET_NOT_PROFILE',
    );
  });

  it('stops unpacking a small profile that becomes a large one', async () => {
    const bytes = gzipSync(Buffer.alloc(5_000_000));
    const answer = { bytes, contentType: 'application/octet-stream' };
    await expect(checkProtoProfile(answer, 'here', 1_000_000)).rejects.toMatchObject({
      code: 'PROFILE_TOO_LARGE',
    });
    await expect(checkProtoProfile(answer, 'here')).resolves.toBeUndefined();
  });
});

describe('profileUrl', () => {
  const base = 'http://h:1/debug/pprof/?token=x';
  it.each([
    ['heap', { form: 'proto', gc: false }, '/debug/pprof/heap?token=x'],
    ['heap', { form: 'proto', gc: true }, '/debug/pprof/heap?token=x&gc=1'],
    ['allocs', { form: 'proto', gc: true }, '/debug/pprof/allocs?token=x'],
    ['goroutine', { form: 'text', gc: false, debug: 2 }, '/debug/pprof/goroutine?token=x&debug=2'],
    ['cpu', { form: 'proto', gc: false }, '/debug/pprof/profile?token=x&seconds=10'],
  ] as const)('asks for %s with %j at %s', (kind, wish, expected) => {
    expect(profileUrl(base, kind, wish)).toBe(`http://h:1${expected}`);
  });
});
