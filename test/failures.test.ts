// Services that misbehave, and a store that goes away: each is told with stage, cause and what to do, and none
// harms another.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PlimsollError } from '../src/base/errors.ts';
import { GIB, HOUR_MILLIS, MIB, SECOND_MILLIS } from '../src/base/units.ts';
import { createHttpTarget } from '../src/collect/http-target.ts';
import type { TargetSource } from '../src/collect/source.ts';
import { DEFAULT_SETTINGS } from '../src/config/load-config.ts';
import type { Report } from '../src/model/report.ts';
import type { TargetStatus } from '../src/model/status.ts';
import type { Target } from '../src/model/target.ts';
import { LiveClock } from '../src/pipeline/clock.ts';
import type { Clock } from '../src/pipeline/ports.ts';
import { MAX_WAITING_ROWS } from '../src/pipeline/settings.ts';
import { Watch } from '../src/pipeline/watch.ts';
import type { TargetsMessage } from '../src/protocol/messages.ts';
import { PATHS, fillPath } from '../src/protocol/paths.ts';
import { MemoryStore } from '../src/store/memory.ts';
import { freePort, requireBuild, startCli, type RunningCli } from './built-cli.ts';
import { SteppedClock } from './stepped-clock.ts';

requireBuild();

const START_MILLIS = Date.UTC(2026, 0, 5);
const PPROF_INDEX = `<a href='heap?debug=1'>heap</a> <a href='goroutine?debug=1'>goroutine</a>`;

interface GoProcess {
  readonly startSeconds: number;
  readonly goVersion: string;
  readonly liveBytes: number;
  readonly more?: string;
}

/** What client_golang says of a process. */
function formatGoMetrics({ startSeconds, goVersion, liveBytes, more = '' }: GoProcess): string {
  return [
    `go_info{version="${goVersion}"} 1`,
    `go_memstats_heap_alloc_bytes ${liveBytes}`,
    `go_memstats_next_gc_bytes ${2 * liveBytes}`,
    'go_goroutines 12',
    `process_resident_memory_bytes ${3 * liveBytes}`,
    `process_start_time_seconds ${startSeconds}`,
    `${more}\n`,
  ].join('\n');
}

const servers: (Server | TcpServer)[] = [];

async function listen<S extends Server | TcpServer>(server: S, port = 0): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serve = (handler: RequestListener, port = 0) => listen(createHttpServer(handler), port);

afterAll(() => {
  for (const server of servers) {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  }
});

describe('a watch of services that misbehave', () => {
  let folder: string;
  let watch: RunningCli;
  let url: string;
  let latePort: number;
  let healthyScrapes = 0;

  /** Names of the targets, and what is served there. */
  const misbehave = async (): Promise<Record<string, string>> => {
    const startSeconds = Date.now() / 1000 - 60;
    const wholeProfile = await readFile('test/fixtures/profiles/heap.pb.gz');
    const go = (liveBytes: number, more?: string) =>
      formatGoMetrics({ startSeconds, goVersion: 'go1.26.8', liveBytes, ...(more ? { more } : {}) });
    let scrapes = 0;
    const notFound: RequestListener = (_, response) => response.writeHead(404).end('no such page');
    latePort = await freePort();
    return {
      healthy: await serve((request, response) => {
        if (request.url !== '/metrics') return void response.writeHead(404).end();
        healthyScrapes++;
        response.end(go(30 * MIB));
      }),
      late: `http://127.0.0.1:${latePort}`,
      hanging: await serve(() => undefined),
      html: await serve((_, response) => {
        response.setHeader('content-type', 'text/html').end('<html><title>Sign in</title></html>');
      }),
      nothing: await serve(notFound),
      elsewhere: await serve((_, response) => {
        response.writeHead(302, { location: 'http://elsewhere.example:9/metrics' }).end();
      }),
      endless: await serve((request, response) => {
        if (request.url !== '/metrics') return notFound(request, response);
        const chunk = '# nothing to be seen here\n'.repeat(40_000);
        const more = () => {
          while (response.writable && response.write(chunk));
        };
        response.on('drain', more);
        more();
      }),
      cut: await serve((request, response) => {
        if (request.url !== '/metrics') return notFound(request, response);
        response.writeHead(200, { 'content-length': 5000 });
        response.write('go_goroutines 12\n', () => response.destroy());
      }),
      foreign: await listen(createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'))),
      garbage: await serve((request, response) => {
        if (request.url !== '/metrics') return notFound(request, response);
        // New names in every scrape: a cache that is keyed by them would never stop growing.
        const lines = Array.from(
          { length: 3000 },
          (_, i) => `made_up_${++scrapes}_${i} what{ever="" 1 2 3 ☃`,
        );
        response.end(go(40 * MIB, lines.join('\n')));
      }),
      shortProfile: await serve((request, response) => {
        if (request.url === '/metrics') response.end(go(50 * MIB));
        else if (request.url === '/debug/pprof/') response.end(PPROF_INDEX);
        else if (request.url?.startsWith('/debug/pprof/heap')) {
          response.end(wholeProfile.subarray(0, wholeProfile.length / 2));
        } else response.writeHead(404).end();
      }),
    };
  };

  const status = async (service: string): Promise<TargetStatus | undefined> => {
    const { targets } = (await (await fetch(url + PATHS.targets)).json()) as TargetsMessage;
    return targets.find((target) => target.service === service);
  };
  const eventually = async (service: string, isSo: (status: TargetStatus) => boolean, seconds = 25) => {
    const endAt = performance.now() + seconds * 1000;
    for (;;) {
      const now = await status(service);
      if (now && isSo(now)) return now;
      if (performance.now() > endAt) throw new Error(`${service} stays as it is: ${JSON.stringify(now)}`);
      if (!watch.isRunning()) throw new Error(`the watch ended:\n${watch.said()}`);
      await delay(200);
    }
  };
  const failureOf = (target: TargetStatus, request = 'metrics') =>
    target.sources.find((source) => source.request === request && source.state === 'failing');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plimsoll-failures-'));
    const targets = Object.entries(await misbehave()).map(([service, target]) => ({ service, url: target }));
    await writeFile(join(folder, 'plimsoll.yaml'), JSON.stringify({ targets }));
    const port = await freePort();
    watch = startCli([
      ...['watch', '-c', join(folder, 'plimsoll.yaml'), '--storage', 'memory', '--time-scale', '60'],
      ...['--data', join(folder, 'data'), '--listen', `127.0.0.1:${port}`],
    ]);
    url = (await watch.waitFor(/page: (http:\/\/127\.0\.0\.1:\d+)\//))[1] ?? '';
  });

  afterAll(async () => {
    const { status: exitStatus } = await watch.kill('SIGINT');
    expect(exitStatus).toBe(0);
    await rm(folder, { recursive: true });
  });

  it('watches the healthy one while others are still silent', async () => {
    await eventually('healthy', ({ state }) => state === 'up');
    expect(await status('hanging')).toBeUndefined(); // it is being probed for as long as a scrape may take
    const before = healthyScrapes;
    await eventually('hanging', ({ state }) => state === 'down');
    // 10 s at four scrapes a second, fewer on a machine that is busy.
    expect(healthyScrapes - before).toBeGreaterThan(15);
    expect((await fetch(url + PATHS.ready)).status).toBe(200);
  });

  it.each([
    ['late', 'TARGET_REFUSED', /connection refused/, /Is the process running/],
    ['hanging', 'TARGET_TIMEOUT', /no answer within 10 s/, /\w/],
    ['html', 'TARGET_NOT_METRICS', /HTML, Prometheus text expected/, /\w/],
    ['nothing', 'TARGET_STATUS', /HTTP 404: no such page/, /\w/],
    ['elsewhere', 'TARGET_REDIRECTED', /redirects to http:\/\/elsewhere\.example:9\/metrics/, /\w/],
    ['endless', 'TARGET_TOO_LARGE', /more than 32 MiB/, /\w/],
    ['cut', 'TARGET_TRUNCATED', /ended early \(5000 bytes announced\)/, /\w/],
    ['foreign', 'TARGET_REFUSED', /does not speak HTTP/, /\w/],
  ])('shows stage, cause and advice of a service that is %s', async (service, code, cause, advice) => {
    const down = await eventually(service, ({ state }) => state === 'down');
    const error = failureOf(down)?.error;
    expect(error).toMatchObject({ code, stage: 'collect' });
    expect(error?.message).toMatch(cause);
    expect(error?.advice).toMatch(advice);
    expect(failureOf(down)?.nextTryAt).toBeGreaterThan(failureOf(down)?.lastTriedAt ?? Infinity);
  });

  it('keeps the gauges of a service whose profiles are cut off, and says what is wrong with them', async () => {
    const degraded = await eventually('shortProfile', ({ state }) => state === 'degraded');
    expect(failureOf(degraded, 'profile:heap')?.error).toMatchObject({
      code: 'TARGET_TRUNCATED',
      stage: 'collect',
      message: expect.stringMatching(/gzip ends early/) as string,
    });
    expect(degraded.sources.find(({ request }) => request === 'metrics')?.state).toBe('ok');
  });

  it('reads the good lines between garbage and says so a bounded number of times', async () => {
    await eventually('garbage', ({ sources }) => (sources[0]?.requests ?? 0) > 50);
    const target = await eventually('garbage', ({ state }) => state === 'up');
    expect(target).toMatchObject({ liveHeapBytes: 40 * MIB, goVersion: 'go1.26.8' });
    const response = await fetch(url + fillPath(PATHS.report, { service: 'garbage' }));
    const { warnings } = (await response.json()) as Report;
    expect(warnings?.length).toBeGreaterThan(0);
    expect(warnings?.length).toBeLessThanOrEqual(50);
  });

  it('sees a service that comes up later within the back-off, with all that it offers', async () => {
    await serve((request, response) => {
      if (request.url === '/metrics') {
        const startSeconds = Date.now() / 1000;
        response.end(formatGoMetrics({ startSeconds, goVersion: 'go1.26.8', liveBytes: 9 * MIB }));
      } else if (request.url === '/debug/pprof/') response.end(PPROF_INDEX);
      else response.writeHead(404).end();
    }, latePort);
    const up = await eventually('late', ({ state }) => state === 'up', 130);
    expect(up.goVersion).toBe('go1.26.8');
    expect(up.sources.find(({ request }) => request === 'profile:heap')?.where).toContain('/debug/pprof');
    expect(up.sources.every(({ error }) => error === null)).toBe(true);
  }, 150_000);

  it('has needed no more memory than any watch', async () => {
    const text = await (await fetch(url + PATHS.metrics)).text();
    const bytes = Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(0.5 * GIB);
  });
});

describe('one target of a watch', () => {
  const warnings: string[] = [];
  let watch: Watch | null = null;

  const newWatch = (clock: Clock, store: MemoryStore, random = () => 0.5) => {
    watch = new Watch({
      clock,
      store,
      random,
      talk: { info: () => undefined, warn: (text) => warnings.push(text) },
      settings: DEFAULT_SETTINGS,
    });
    return watch;
  };
  afterEach(async () => {
    await watch?.close();
    warnings.length = 0;
  });

  const targetAt = (url: string, service = 'orders'): Target => ({
    service,
    instance: new URL(url).host,
    metrics: { url: `${url}/metrics`, headers: {} },
    vars: null,
    pprof: { url: `${url}/debug/pprof`, headers: {} },
    pid: null,
    module: null,
    memoryLimitBytes: null,
    labels: {},
  });
  const add = (to: Watch, target: Target, source: TargetSource) =>
    to.addTarget({ target, module: null, memoryLimitBytes: null, source });

  it('that was restarted with another Go version begins a new life; nothing is fitted across', async () => {
    const clock = new SteppedClock(START_MILLIS);
    let life = { startSeconds: START_MILLIS / 1000 - 600, goVersion: 'go1.25.1' };
    let liveBytes = 20 * MIB;
    const url = await serve((request, response) => {
      if (request.url !== '/metrics') return void response.writeHead(404).end();
      response.end(formatGoMetrics({ ...life, liveBytes: (liveBytes += MIB / 4) }));
    });
    const watched = newWatch(clock, new MemoryStore());
    const target = targetAt(url);
    const { investigation } = await add(watched, target, createHttpTarget(target, clock));
    while (clock.now() < START_MILLIS + HOUR_MILLIS) await clock.step();
    expect(watched.targets()[0]).toMatchObject({ goVersion: 'go1.25.1', restarts: 0 });
    const startedAt = clock.now() + 5 * SECOND_MILLIS;
    life = { startSeconds: startedAt / 1000, goVersion: 'go1.26.8' };
    liveBytes = 20 * MIB;
    while (clock.now() < START_MILLIS + 1.5 * HOUR_MILLIS) await clock.step();

    expect(watched.targets()[0]).toMatchObject({
      goVersion: 'go1.26.8',
      restarts: 1,
      processStartAt: startedAt,
      firstEvidenceAt: START_MILLIS,
    });
    const { instance } = target;
    const range = { fromMillis: START_MILLIS, toMillis: clock.now(), maxPoints: 4000, gauges: ['rssBytes'] };
    const series = await watched.series('orders', instance, range);
    expect(series?.time.length).toBeGreaterThan(300);
    expect(series?.marks.filter(({ kind }) => kind === 'restart')).toHaveLength(1);
    for (const fit of series?.fits ?? []) expect(fit.time[0]).toBeGreaterThanOrEqual(startedAt);
    expect(investigation.assessment?.incarnationStartMillis).toBe(startedAt);
  });

  it('is asked ever more rarely while it fails, with jitter, and as ever when it is back', async () => {
    const clock = new SteppedClock(START_MILLIS);
    let isUp = true;
    const url = await serve((_, response) => {
      if (!isUp) return void response.writeHead(503).end('starting');
      const startSeconds = START_MILLIS / 1000;
      response.end(formatGoMetrics({ startSeconds, goVersion: 'go1.26.8', liveBytes: 20 * MIB }));
    });
    let random = 0;
    const watched = newWatch(clock, new MemoryStore(), () => random);
    const target = targetAt(url);
    await add(watched, target, createHttpTarget(target, clock));
    const nextDelays = async (count: number): Promise<number[]> => {
      const delays: number[] = [];
      while (delays.length < count) {
        const before = clock.now();
        await clock.step();
        if (clock.now() > before) delays.push((clock.now() - before) / SECOND_MILLIS);
      }
      return delays;
    };
    await clock.allAsleep();
    expect(await nextDelays(3)).toEqual([15, 15, 15]);
    isUp = false;
    expect(await nextDelays(7)).toEqual([15, 2.5, 5, 10, 20, 40, 60]);
    const [source] = watched.targets()[0]?.sources ?? [];
    expect(source).toMatchObject({ state: 'failing', failuresInARow: 7 });
    expect(source?.nextTryAt).toBe(clock.now() + 60 * SECOND_MILLIS);
    // Told when it begins, not every time.
    expect(warnings.filter((text) => /\/metrics: HTTP 503: starting/.test(text))).toHaveLength(1);
    random = 0.5;
    expect(await nextDelays(2)).toEqual([60, 90]);
    isUp = true;
    expect(await nextDelays(3)).toEqual([90, 15, 15]);
    // This server has no profiles: they fail on their own, and the gauges do not care.
    expect(watched.targets()[0]?.sources[0]).toMatchObject({ state: 'ok', failuresInARow: 0, error: null });
  });

  it('that holds every request open delays neither another target nor its own gauges by its profiles', async () => {
    const started = Date.now() / 1000 - 3600;
    const healthy = { scrapes: 0 };
    const held: string[] = [];
    const metrics = formatGoMetrics({ startSeconds: started, goVersion: 'go1.26.8', liveBytes: 20 * MIB });
    const healthyUrl = await serve((request, response) => {
      if (request.url !== '/metrics') return void held.push('profile'); // never answered
      healthy.scrapes++;
      response.end(metrics);
    });
    const hangingUrl = await serve(() => held.push('gauges'));
    const clock = new LiveClock({ scale: 300 }); // a scrape every 50 ms
    const watched = newWatch(clock, new MemoryStore());
    for (const target of [targetAt(hangingUrl, 'hanging'), targetAt(healthyUrl, 'healthy')]) {
      await add(watched, target, createHttpTarget(target, clock));
    }
    while (!held.includes('profile') || !held.includes('gauges')) await delay(20);
    const before = healthy.scrapes;
    while (healthy.scrapes < before + 20) await delay(20);
    const states = watched.targets().map(({ service, state }) => [service, state]);
    expect(Object.fromEntries(states)).toEqual({ hanging: 'waiting', healthy: 'up' });
  });

  it('is told apart from one that was given up: a time limit ends what is held open', async () => {
    const url = await serve(() => undefined);
    const clock = new SteppedClock(START_MILLIS);
    const watched = newWatch(clock, new MemoryStore());
    const target = targetAt(url);
    await add(watched, target, createHttpTarget(target, clock, { gaugesTimeoutMillis: 150 }));
    await clock.step();
    const [source] = watched.targets()[0]?.sources ?? [];
    expect(source?.error).toMatchObject({ code: 'TARGET_TIMEOUT', stage: 'collect' });
    expect(source?.error?.message).toContain('no answer within 0.15 s');
  });
});

describe('a store that goes away for a while', () => {
  /** Memory that can be unplugged. */
  class UnpluggedStore extends MemoryStore {
    isAway = false;
    override async saveGauges(...args: Parameters<MemoryStore['saveGauges']>): Promise<void> {
      this.#check();
      return super.saveGauges(...args);
    }
    override async saveState(...args: Parameters<MemoryStore['saveState']>): Promise<void> {
      this.#check();
      return super.saveState(...args);
    }
    override async ping(): Promise<void> {
      this.#check();
      return super.ping();
    }
    #check(): void {
      if (this.isAway) throw new PlimsollError('STORE_ENGINE_FAILED', 'store', 'is not back yet');
    }
  }

  const target: Target = {
    service: 'orders',
    instance: 'a:1',
    metrics: null,
    vars: null,
    pprof: null,
    pid: null,
    module: null,
    memoryLimitBytes: null,
    labels: {},
  };

  const watchSteadily = async (store: UnpluggedStore, clock: SteppedClock) => {
    const bytes = new TextEncoder().encode(
      formatGoMetrics({
        startSeconds: START_MILLIS / 1000 - 600,
        goVersion: 'go1.26.8',
        liveBytes: 20 * MIB,
      }),
    );
    const watch = new Watch({
      clock,
      store,
      random: () => 0.5,
      talk: { info: () => undefined, warn: () => undefined },
      settings: DEFAULT_SETTINGS,
    });
    const source: TargetSource = {
      fetchGauges: async () => [
        {
          kind: 'ok',
          request: 'metrics',
          evidence: { kind: 'metrics', atMillis: clock.now(), bytes },
          tookMillis: 1,
          receivedBytes: bytes.length,
        },
      ],
      fetchProfile: () => Promise.reject(new Error('no profile is offered')),
    };
    await watch.addTarget({ target, module: null, memoryLimitBytes: null, source });
    return watch;
  };
  const storedTimes = async (store: MemoryStore) => {
    const range = { fromMillis: 0, toMillis: Number.MAX_SAFE_INTEGER };
    return Array.from((await store.readGauges('orders/a:1', range, 10_000)).timeMillis);
  };

  it('costs readiness, but no row: what came meanwhile is stored when it is back', async () => {
    const store = new UnpluggedStore();
    const clock = new SteppedClock(START_MILLIS);
    const watch = await watchSteadily(store, clock);
    const scrapes = async (count: number) => {
      for (let i = 0; i < count; i++) await clock.step();
      await watch.flush();
    };
    await scrapes(10);
    const before = await storedTimes(store);
    store.isAway = true;
    await scrapes(40);
    await scrapes(40);
    expect(await storedTimes(store)).toEqual(before);
    expect(await watch.readiness()).toMatchObject({ isReady: false });
    expect((await watch.readiness()).reason).toContain('is not back yet');
    expect(watch.counters().storeFailures).toBeGreaterThan(0);
    store.isAway = false;
    await scrapes(10);
    expect(await watch.readiness()).toMatchObject({ isReady: true });
    const times = await storedTimes(store);
    expect(times.length).toBe(watch.counters().scrapes);
    for (const [row, time] of times.slice(1).entries()) expect(time - (times[row] ?? 0)).toBe(15_000);
    await watch.close();
  });

  it('costs density, not memory, when it stays away for long', async () => {
    const store = new UnpluggedStore();
    const clock = new SteppedClock(START_MILLIS);
    const watch = await watchSteadily(store, clock);
    store.isAway = true;
    for (let i = 0; i < 3 * MAX_WAITING_ROWS; i++) {
      await clock.step();
      if (i % 100 === 0) await watch.flush();
    }
    store.isAway = false;
    await watch.flush();
    const times = await storedTimes(store);
    expect(times.length).toBeLessThanOrEqual(MAX_WAITING_ROWS + 1);
    expect(times[0]).toBe(START_MILLIS);
    // The newest are all there.
    for (const [row, time] of times.slice(-500).slice(1).entries()) {
      expect(time - (times.slice(-500)[row] ?? 0)).toBe(15_000);
    }
    await watch.close();
  });
});
