import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { listProbeAddresses } from './probe-addresses.ts';
import { listIndexedKinds, probeTarget, type ProbeOptions, type ProbeResult } from './probe.ts';

describe('listProbeAddresses', () => {
  /** `metrics | vars | pprof`, candidates separated by spaces. */
  const shown = (typed: string, explicit = {}) => {
    const { metrics, vars, pprof, instance } = listProbeAddresses(typed, explicit);
    return [metrics, vars, pprof].map((list) => list.join(' ')).concat(instance);
  };

  it.each([
    ['host:6060', 'http://host:6060', 'host:6060'],
    ['http://host:6060/', 'http://host:6060', 'host:6060'],
    [':6060', 'http://localhost:6060', 'localhost:6060'],
    ['6060', 'http://localhost:6060', 'localhost:6060'],
    ['host', 'http://host', 'host:80'],
    ['https://host', 'https://host', 'host:443'],
    ['[::1]:6060', 'http://[::1]:6060', '[::1]:6060'],
    [' http://host:6060/metrics ', 'http://host:6060', 'host:6060'],
    ['http://host:6060/debug/pprof/', 'http://host:6060', 'host:6060'],
    ['http://host:6060/debug/pprof/heap?debug=1#x', 'http://host:6060', 'host:6060', '?debug=1'],
    ['host:6060/debug/vars', 'http://host:6060', 'host:6060'],
    ['http://me:pw@host:1', 'http://me:pw@host:1', 'host:1'],
    ['host:1?token=x', 'http://host:1', 'host:1', '?token=x'],
  ])('reads %s', (typed, origin, instance, query = '') => {
    expect(shown(typed)).toEqual([
      `${origin}/metrics${query}`,
      `${origin}/debug/vars${query}`,
      `${origin}/debug/pprof${query}`,
      instance,
    ]);
  });

  it('takes a path for a prefix, and for the scrape itself', () => {
    expect(shown('http://h:1/app')).toEqual([
      'http://h:1/app/metrics http://h:1/metrics http://h:1/app',
      'http://h:1/app/debug/vars http://h:1/debug/vars',
      'http://h:1/app/debug/pprof http://h:1/debug/pprof',
      'h:1',
    ]);
    expect(shown('http://h:1/app/debug/pprof/heap')[2]).toBe(
      'http://h:1/app/debug/pprof http://h:1/debug/pprof',
    );
  });

  it('tries nothing else for an endpoint that is given', () => {
    expect(shown('h:1', { pprofUrl: 'h:2', metricsUrl: 'h:3/stats' })).toEqual([
      'http://h:3/stats',
      'http://h:1/debug/vars',
      'http://h:2/debug/pprof',
      'h:1',
    ]);
    expect(shown('h:1', { pprofUrl: 'h:2/internal' })[2]).toBe(
      'http://h:2/internal http://h:2/internal/debug/pprof',
    );
    expect(shown('h:1', { pprofUrl: 'https://h:2/x/debug/pprof/' })[2]).toBe('https://h:2/x/debug/pprof');
  });

  it.each(['', '  ', 'two words', 'ftp://host', 'http://', 'host:99999', 'me:secret@bad host'])(
    'refuses %j',
    (typed) => {
      expect(() => listProbeAddresses(typed)).toThrow(/an address such as/);
      expect(() => listProbeAddresses(typed)).not.toThrow(/secret/);
    },
  );
});

describe('listIndexedKinds', () => {
  it.each([
    [
      "<a href='heap?debug=1'>heap</a> <a href='profile?debug=1'>profile</a> <a href='trace?debug=1'>trace</a>",
      'heap,cpu',
    ],
    ['<a href="goroutine?debug=1">x</a><a href="goroutineleak?debug=1">y</a>', 'goroutine,goroutineleak'],
    ['<a href=/app/debug/pprof/allocs?debug=1>allocs</a>', 'allocs'],
    ['<a href="/profile">my profile</a>', ''],
    ['404 page not found', ''],
  ])('finds in %s: %s', (html, kinds) => {
    expect(listIndexedKinds(html).join(',')).toBe(kinds);
  });
});

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(answers: Readonly<Record<string, string>>): Promise<string> {
  const server = createServer((request, response) => {
    const body = answers[request.url ?? ''];
    if (body === undefined) response.writeHead(404).end('404 page not found\n');
    else response.writeHead(200, body.startsWith('<') ? { 'Content-Type': 'text/html' } : {}).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Attempts as `request kind`, and the endpoints that were found, without the origin. */
async function probe(answers: Readonly<Record<string, string>>, path = '', options: ProbeOptions = {}) {
  const url = await serve(answers);
  const result = await probeTarget(url + path, { pid: false, ...options });
  const { metrics, vars, pprof } = result.target;
  const endpoints = [metrics, vars, pprof].map((one) => one?.url.replace(url, '') ?? '-').join(' ');
  return { ...result, endpoints, tried: tried(result) };
}

function tried(result: ProbeResult): string {
  return result.attempts
    .filter(({ request }) => request !== 'pid')
    .map((one) => `${one.request} ${one.kind === 'failed' ? one.error.code : one.kind}`)
    .join(', ');
}

const INDEX = "<html><a href='heap?debug=1'>heap</a><a href='goroutine?debug=1'>goroutine</a></html>";
const HEAP_TEXT = 'heap profile: 0: 0 [0: 0] @ heap/1048576\n\n# runtime.MemStats\n# HeapAlloc = 5\n';
const VARS = '{"cmdline":["/srv/bin/orders","-v"],"memstats":{"HeapAlloc":7}}';

describe('probeTarget', () => {
  it('takes pprof alone, with the trailer of a heap profile for gauges', async () => {
    const result = await probe({ '/debug/pprof/': INDEX, '/debug/pprof/heap?debug=1': HEAP_TEXT });
    expect([result.endpoints, result.gaugeSource, result.profileKinds]).toEqual([
      '- - /debug/pprof',
      'memstats',
      ['heap', 'goroutine'],
    ]);
    expect(result.tried).toBe(
      'metrics TARGET_STATUS, vars TARGET_STATUS, pprof ok, memstats ok, cmdline TARGET_STATUS',
    );
    expect([result.reading, result.hasGoroutineLeakProfile]).toEqual([{ heapAllocBytes: 5 }, false]);
  });

  it('finds pprof behind a prefix and without an index', async () => {
    const result = await probe({ '/app/debug/pprof/heap?debug=1': HEAP_TEXT }, '/app/debug/pprof/goroutine');
    expect([result.endpoints, result.profileKinds]).toEqual(['- - /app/debug/pprof', ['heap']]);
  });

  it('keeps metrics without Go gauges, and takes the Go gauges from vars', async () => {
    const result = await probe({ '/metrics': 'http_requests_total 5\n', '/debug/vars': VARS });
    expect([result.endpoints, result.gaugeSource]).toEqual(['/metrics /debug/vars -', 'vars']);
    expect(result.reading).toEqual({ heapAllocBytes: 7, requestsTotal: 5 });
    expect(result.target.service).toBe('orders');
  });

  it.each([
    [503, '/metrics /debug/vars -'],
    [401, '/metrics /debug/vars -'],
    [404, '- /debug/vars -'],
  ])('goes on asking a metrics page that answers %i beside vars that do', async (status, endpoints) => {
    const server = createServer((request, response) => {
      if (request.url === '/debug/vars') response.end(VARS);
      else response.writeHead(request.url === '/metrics' ? status : 404).end('no');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { target } = await probeTarget(url, { pid: false });
    const shown = [target.metrics, target.vars, target.pprof].map((one) => one?.url.replace(url, '') ?? '-');
    expect(shown.join(' ')).toBe(endpoints);
  });

  it('does not take a web page on every path for evidence', async () => {
    const page = '<!doctype html><html><title>Orders</title><a href="/profile">me</a></html>';
    const result = await probe({ '/metrics': page, '/debug/vars': page, '/debug/pprof/': page });
    expect([result.isAnswering, result.gaugeSource]).toEqual([false, null]);
    expect(result.tried).toBe(
      'metrics TARGET_NOT_METRICS, vars TARGET_NOT_METRICS, pprof TARGET_NOT_PROFILE, memstats TARGET_STATUS',
    );
  });

  it('gives a target to wait for when nobody is there', async () => {
    const url = await serve({});
    for (const close of closing.splice(0)) close();
    const result = await probeTarget(url);
    const { service, metrics, vars, pprof, pid } = result.target;
    expect([service, metrics?.url, vars, pprof?.url, pid]).toEqual([
      url.replace('http://', ''),
      `${url}/metrics`,
      null,
      `${url}/debug/pprof`,
      null,
    ]);
    expect([result.isAnswering, tried(result)]).toEqual([
      false,
      'metrics TARGET_REFUSED, vars TARGET_REFUSED, pprof TARGET_REFUSED',
    ]);
  });

  it('uses what is given: names, another address for pprof with headers of its own, a process', async () => {
    const other = await serve({ '/debug/pprof/': INDEX });
    const result = await probe({ '/metrics': 'go_gc_heap_live_bytes 5\n' }, '', {
      ...{ service: 'checkout', instance: 'pod-1', pprofUrl: other, pprofHeaders: { 'X-Key': 'k' }, pid: 7 },
      ...{ labels: { zone: 'a' }, memoryLimitBytes: 100, module: 'example.com/checkout' },
    });
    expect(result.target).toMatchObject({
      ...{ service: 'checkout', instance: 'pod-1', pid: 7, labels: { zone: 'a' }, memoryLimitBytes: 100 },
      ...{
        module: 'example.com/checkout',
        pprof: { url: `${other}/debug/pprof`, headers: { 'X-Key': 'k' } },
      },
    });
  });

  it('does not take a process that only passes on what another one says', async () => {
    const url = await serve({ '/debug/pprof/': INDEX, '/debug/pprof/cmdline': '/srv/orders\0-v' });
    const { pid } = await probeTarget(url);
    expect(pid.pid === null && pid.reason).toContain('listens, but another process answers through it');
  });

  it('asks a page that serves several processes for the one whose labels match, and for nothing else', async () => {
    const page = 'go_gc_heap_live_bytes{job="orders",instance="a:1"} 5\ngo_gc_heap_live_bytes 7\n';
    const result = await probe({ '/metrics': page, '/debug/pprof/': INDEX }, '', {
      match: { job: 'orders', instance: 'a:1' },
    });
    expect(result.reading).toEqual({ liveHeapBytes: 5 });
    expect(result.target).toMatchObject({
      ...{ service: 'orders', instance: 'a:1', pprof: null, vars: null, pid: null },
      match: { job: 'orders', instance: 'a:1' },
    });
    expect(tried(result)).not.toContain('pprof');
  });

  it('refuses a service name that could not be a key', async () => {
    await expect(probe({}, '', { service: 'a/b' })).rejects.toThrow(/without a slash/);
  });
});
