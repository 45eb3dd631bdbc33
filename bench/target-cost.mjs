// What watching costs the service that is watched: CPU seconds and bytes per hour.
// Part 1 measures each request many times and multiplies with how often the defaults make it. Part 2 is the check: the
// demo service under load with the watch off and on in turn, as it is by default, and accelerated so that an hour's worth
// of watching falls into every minute, because at the defaults the difference drowns in the service's own noise.
// Usage: npm run -s bench:target-cost -- [--rounds 5] [--seconds 60] [--rps 40] [--scale 60]
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { startDemoService } from './lib/demo-service.mjs';
import { CLI, importProduct, needProduct, stop } from './lib/product.mjs';
import { readOptions } from './lib/options.mjs';
import { cpuSeconds, runOnce, sleep, start } from './lib/processes.mjs';
import { describeMachine, interleave, median, printResult, round, spread, talk } from './lib/results.mjs';
import { makeTemporaryFolder } from './lib/temporary-folder.mjs';

const { options } = readOptions({ rounds: 5, seconds: 60, rps: 40, scale: 60 });
needProduct();
describeMachine();

const { createHttpTarget } = await importProduct('collect/http-target');
const { DEFAULT_SETTINGS } = await importProduct('config/settings');
const { PRODUCTION_SNAPSHOTS, DIAGNOSTIC_SNAPSHOTS } = await importProduct('detect/snapshot-policy');

const HOUR_SECONDS = 3600;
const HOUR_MILLIS = HOUR_SECONDS * 1000;
/** Load before anything is measured: caches fill, the heap becomes what it is in use. */
const SETTLE_MILLIS = 20_000;
/** Each batch of requests takes at least this long, so that ticks of 10 ms are 1 % at most. */
const BATCH_MILLIS = 2000;

/** @typedef {'scrape' | 'vars' | 'memstats' | 'heap' | 'heap gc=1' | 'goroutine'} Request */

/**
 * CPU milliseconds and body bytes of each request, made by the product's own client on a service at rest with warm caches;
 * what the service uses by itself meanwhile is taken off.
 * @param {import('./lib/demo-service.mjs').DemoService} demo
 * @returns {Promise<Record<Request, { cpuMillis: number, bytes: number }>>}
 */
async function measureRequests(demo) {
  const endpoint = (/** @type {string} */ path) => ({ url: demo.url + path, headers: {} });
  const target = (/** @type {object} */ offers) =>
    createHttpTarget(
      {
        ...{ service: 'orders', instance: 'bench', metrics: null, vars: null, pprof: null, pid: null },
        ...{ module: null, memoryLimitBytes: null, labels: {}, ...offers },
      },
      { now: () => Date.now() },
    );
  const { signal } = new AbortController();
  const metrics = target({ metrics: endpoint('/metrics') });
  const vars = target({ vars: endpoint('/debug/vars') });
  const pprof = target({ pprof: endpoint('/debug/pprof') });
  const gauges = async (/** @type {any} */ source) => (await source.fetchGauges(signal))[0];
  const profile = (/** @type {string} */ kind, gc = false) =>
    pprof.fetchProfile(kind, { form: 'proto', gc }, signal);
  /** @type {Record<Request, () => Promise<any>>} */
  const requests = {
    scrape: () => gauges(metrics),
    vars: () => gauges(vars),
    memstats: () => gauges(pprof),
    heap: () => profile('heap'),
    'heap gc=1': () => profile('heap', true),
    goroutine: () => profile('goroutine'),
  };
  /** @type {Record<string, number>} */
  const bytes = {};
  let idleRate = 0;
  const batch = async (/** @type {string} */ name, /** @type {() => Promise<any>} */ request) => {
    const cpuBefore = cpuSeconds(demo.pid);
    const startedAt = performance.now();
    let made = 0;
    while (performance.now() - startedAt < BATCH_MILLIS) {
      const outcome = await request();
      if (outcome.kind !== 'ok') stop(`${name}: ${outcome.error.message}`);
      bytes[name] = outcome.receivedBytes;
      made++;
    }
    const passed = (performance.now() - startedAt) / 1000;
    return ((cpuSeconds(demo.pid) - cpuBefore - idleRate * passed) * 1000) / made;
  };
  const idle = async () => {
    const cpuBefore = cpuSeconds(demo.pid);
    await sleep(BATCH_MILLIS);
    return (cpuSeconds(demo.pid) - cpuBefore) / (BATCH_MILLIS / 1000);
  };
  idleRate = median([await idle(), await idle(), await idle()]);
  const sides = Object.fromEntries(
    Object.entries(requests).map(([name, request]) => [name, () => batch(name, request)]),
  );
  const values = await interleave(options.rounds, sides);
  const costs = /** @type {Record<Request, { cpuMillis: number, bytes: number }>} */ ({});
  for (const [name, millis] of Object.entries(values)) {
    costs[/** @type {Request} */ (name)] = { cpuMillis: median(millis), bytes: bytes[name] };
    printResult({
      bench: 'target-cost-request',
      request: name,
      rounds: options.rounds,
      ...spread('cpu_ms', millis, 3),
      bytes: bytes[name],
      ratio: round(median(millis) / median(values.scrape), 2),
    });
  }
  return costs;
}

/**
 * How often each request is made in an hour, from the product's own defaults. Upper bounds: a suspect's profiles are
 * counted with the forced collection that only the conclusive ones ask for.
 * @returns {Record<string, Partial<Record<Request, number>>>}
 */
function requestsPerHour() {
  const scrapes = HOUR_MILLIS / DEFAULT_SETTINGS.gaugeIntervalMillis;
  const standing = HOUR_MILLIS / PRODUCTION_SNAPSHOTS.baselineMillis;
  const suspect = HOUR_MILLIS / DEFAULT_SETTINGS.profileIntervalMillis;
  const diagnostic =
    HOUR_MILLIS /
    Math.min(DEFAULT_SETTINGS.diagnosticProfileIntervalMillis, DIAGNOSTIC_SNAPSHOTS.baselineMillis);
  return {
    'defaults, nothing suspected': { scrape: scrapes, heap: standing, goroutine: standing },
    'defaults, suspect': { scrape: scrapes, 'heap gc=1': suspect, goroutine: suspect },
    'diagnostic mode': { scrape: scrapes, 'heap gc=1': diagnostic, goroutine: diagnostic },
    'defaults, only /debug/vars and pprof': { vars: scrapes, heap: standing, goroutine: standing },
    'defaults, only pprof': { memstats: scrapes, heap: standing, goroutine: standing },
  };
}

/** @param {Record<Request, { cpuMillis: number, bytes: number }>} costs */
function printExtrapolation(costs) {
  for (const [mode, rates] of Object.entries(requestsPerHour())) {
    const sum = (/** @type {'cpuMillis' | 'bytes'} */ what) =>
      Object.entries(rates).reduce(
        (total, [name, rate]) => total + costs[/** @type {Request} */ (name)][what] * rate,
        0,
      );
    const cpuSecondsPerHour = sum('cpuMillis') / 1000;
    printResult({
      bench: 'target-cost-per-hour',
      mode,
      requests_per_hour: rates,
      cpu_s_per_hour: round(cpuSecondsPerHour, 3),
      percent_of_one_core: round((cpuSecondsPerHour / HOUR_SECONDS) * 100, 4),
      mib_per_hour: round(sum('bytes') / 1024 / 1024, 2),
      limit_percent: 0.5,
    });
  }
}

/** @typedef {{ timeScale: number, isDiagnostic: boolean }} Mode */

/**
 * CPU of the service under load, in percent of one core, while it is watched in this mode (null: not watched).
 * @param {import('./lib/demo-service.mjs').DemoService} demo
 * @param {Mode | null} mode
 * @param {(hourly: { requests: Record<string, number>, bytes: number }) => void} tell what the watch asked for
 */
async function loadedCpuPercent(demo, mode, tell) {
  const { folder, remove } = makeTemporaryFolder('cost');
  const watch = mode === null ? null : await startWatch(demo, mode, folder);
  try {
    await sleep(3000); // the probe and the first answers are over
    const before = watch && (await readSources(watch.page));
    const cpuBefore = cpuSeconds(demo.pid);
    const startedAt = performance.now();
    await sleep(options.seconds * 1000);
    const passed = (performance.now() - startedAt) / 1000;
    const percent = ((cpuSeconds(demo.pid) - cpuBefore) / passed) * 100;
    if (watch && before && mode) {
      const after = await readSources(watch.page);
      const hours = (passed * mode.timeScale) / HOUR_SECONDS;
      const requests = Object.fromEntries(
        Object.entries(after.requests).map(([name, n]) => [
          name,
          round((n - (before.requests[name] ?? 0)) / hours),
        ]),
      );
      tell({ requests, bytes: (after.bytes - before.bytes) / hours });
    }
    return percent;
  } finally {
    await watch?.stop();
    remove();
  }
}

/**
 * @param {import('./lib/demo-service.mjs').DemoService} demo
 * @param {Mode} mode
 * @param {string} folder
 */
async function startWatch(demo, { timeScale, isDiagnostic }, folder) {
  const args = ['watch', demo.url, '--service', 'orders', '--listen', '127.0.0.1:0', '--storage', 'memory'];
  const running = await start(
    process.execPath,
    [CLI, ...args, '--data', join(folder, 'data'), '--time-scale', String(timeScale)],
    { await: { stream: 'stderr', match: /^page: / } },
  );
  const page = running.firstLine.replace(/^page: /, '');
  if (isDiagnostic) {
    await sleep(1000); // the target is known
    const on = await runOnce(process.execPath, [
      CLI,
      'diagnose',
      'on',
      'orders',
      '--for',
      '20h',
      '--server',
      page,
    ]);
    if (on.status !== 0) stop(`diagnose on: ${on.stderr.trim()}`);
  }
  return { page, stop: running.stop };
}

/** Requests by name and received bytes so far, but for /proc, which costs the target nothing. */
async function readSources(/** @type {string} */ page) {
  const { targets } = await (await fetch(new URL('/api/v1/targets', page))).json();
  /** @type {Record<string, number>} */
  const requests = {};
  let bytes = 0;
  for (const source of targets.flatMap((/** @type {any} */ target) => target.sources)) {
    if (source.request === 'proc' || source.requests === 0) continue;
    requests[source.request] = source.requests;
    bytes += source.receivedBytes;
  }
  return { requests, bytes };
}

/**
 * @param {import('./lib/demo-service.mjs').DemoService} demo
 * @returns {Promise<void>}
 */
async function compareOffAndOn(demo) {
  /** @type {Record<string, Mode | null>} */
  const modes = {
    off: null,
    defaults: { timeScale: 1, isDiagnostic: false },
    'defaults, accelerated': { timeScale: options.scale, isDiagnostic: false },
    'diagnostic mode, accelerated': { timeScale: options.scale, isDiagnostic: true },
  };
  /** @type {Record<string, { requests: Record<string, number>, bytes: number }>} */
  const hourly = {};
  const sides = Object.fromEntries(
    Object.entries(modes).map(([name, mode]) => [
      name,
      () => loadedCpuPercent(demo, mode, (told) => (hourly[name] = told)),
    ]),
  );
  const values = await interleave(options.rounds, sides);
  for (const [name, mode] of Object.entries(modes)) {
    const scale = mode?.timeScale ?? 1;
    // Against the window without a watch of the same round: what else the machine did is nearest alike there.
    const extra = values[name].map((percent, at) => (percent - values.off[at]) / scale);
    printResult({
      bench: 'target-cost-ab',
      mode: name,
      time_scale: scale,
      rounds: options.rounds,
      seconds: options.seconds,
      ...spread('service_cpu_percent', values[name], 3),
      ratio: round(median(values[name]) / median(values.off), 3),
      ...(mode === null
        ? {}
        : {
            percent_of_one_core_median: round(median(extra), 4),
            percent_of_one_core_min: round(Math.min(...extra), 4),
            percent_of_one_core_max: round(Math.max(...extra), 4),
            cpu_s_per_hour_median: round((median(extra) / 100) * HOUR_SECONDS, 3),
            mib_per_hour: round((hourly[name]?.bytes ?? NaN) / 1024 / 1024, 2),
            requests_per_hour: hourly[name]?.requests,
          }),
    });
  }
}

const demo = await startDemoService(options.rps);
try {
  talk(`the demo service runs under ${options.rps} requests a second; letting it settle ...`);
  await sleep(SETTLE_MILLIS);
  await demo.stopLoad();
  await sleep(1000);
  talk('each request many times ...');
  printExtrapolation(await measureRequests(demo));
  await demo.startLoad();
  await sleep(SETTLE_MILLIS);
  const minutes = round((options.rounds * 4 * (options.seconds + 6)) / 60, 0);
  talk(`watch off and on in turn, ${options.rounds} rounds, about ${minutes} min ...`);
  await compareOffAndOn(demo);
} finally {
  await demo.stop();
}
