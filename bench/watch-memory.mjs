// Memory of `plimsoll watch` at rest, with 1 and with 50 targets, with the engine (chdb, the default) and without
// (memory): the watch process and the engine's process apart, and what one more target costs.
// Usage: npm run -s bench:watch-memory -- [--seconds 60] [--warmup 150] [--targets 1,50] [--storage chdb,memory] [--scale 1]
//   [--rounds 1]
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { captureDemo, startTargets } from './lib/demo-service.mjs';
import { CLI, needProduct } from './lib/product.mjs';
import { readOptions } from './lib/options.mjs';
import { childPids, cpuSeconds, residentMib, sleep, start } from './lib/processes.mjs';
import { describeMachine, median, printResult, round, talk } from './lib/results.mjs';
import { makeTemporaryFolder } from './lib/temporary-folder.mjs';

// At a scale above 1 the watch runs accelerated, so that histories fill: 60 fills 12 h of rows in 12 min.
const { options } = readOptions({
  seconds: 60,
  warmup: 150,
  scale: 1,
  rounds: 1,
  targets: [1, 50],
  storage: ['chdb', 'memory'],
});
needProduct();
describeMachine();

const HEAP_PROBE = fileURLToPath(new URL('./lib/heap-probe.mjs', import.meta.url));
const SAMPLE_MILLIS = 1000;
const MIB = 1024 * 1024;

/**
 * @typedef {object} Measured
 * @property {number} watchMib resident, median after the warm-up
 * @property {number} engineMib 0 without an engine
 * @property {number} heapMib JavaScript heap and buffers of the watch after a collection, at the end
 */

/**
 * @param {string} captures
 * @param {{ count: number, storage: string }} watched
 * @returns {Promise<Measured>}
 */
async function measureWatch(captures, { count, storage }) {
  talk(`watch of ${count} with ${storage}: ${options.warmup} s warm-up, ${options.seconds} s measured ...`);
  const { folder, remove } = makeTemporaryFolder('watch');
  const targets = await startTargets(count, { captures, timeScale: options.scale });
  const config = join(folder, 'plimsoll.yaml');
  const lines = targets.urls.map((url) => `  - { service: orders, url: "${url}", memoryLimit: 512MiB }\n`);
  await writeFile(config, `targets:\n${lines.join('')}`);
  const heapFile = join(folder, 'heap.json');
  const watch = await start(
    process.execPath,
    [
      ...['--expose-gc', '--import', HEAP_PROBE, CLI, 'watch', '-c', config, '--listen', '127.0.0.1:0'],
      ...['--data', join(folder, 'data'), '--storage', storage, '--time-scale', String(options.scale)],
    ],
    { await: { stream: 'stderr', match: /^page: / }, env: { ...process.env, PLIMSOLL_BENCH_HEAP: heapFile } },
  );
  try {
    await sleep(options.warmup * 1000);
    const engine = storage === 'chdb' ? (childPids(watch.pid)[0] ?? null) : null;
    const heapBefore = await askHeap(watch.pid, heapFile);
    const series = await sampleMemory(watch.pid, engine);
    const heapAfter = await askHeap(watch.pid, heapFile);
    const counters = await readCounters(watch.firstLine.replace(/^page: /, ''));
    const measured = {
      watchMib: median(series.watch.map((s) => s.rss)),
      engineMib: engine === null ? 0 : median(series.engine.map((s) => s.rss)),
      heapMib: heapAfter,
    };
    printResult({
      bench: 'watch-memory',
      storage,
      targets: count,
      time_scale: options.scale,
      seconds: options.seconds,
      ...counters,
      watch_rss_mib: round(measured.watchMib),
      watch_rss_max_mib: round(Math.max(...series.watch.map((s) => s.rss))),
      watch_anon_mib: round(median(series.watch.map((s) => s.anon))),
      watch_heap_after_gc_mib: round(heapAfter, 2),
      watch_heap_growth_mib_per_min: round((heapAfter - heapBefore) / (options.seconds / 60), 2),
      watch_cpu_percent: round(series.watchCpuPercent, 2),
      ...(engine === null
        ? {}
        : {
            engine_rss_mib: round(measured.engineMib),
            engine_rss_max_mib: round(Math.max(...series.engine.map((s) => s.rss))),
            engine_anon_mib: round(median(series.engine.map((s) => s.anon))),
            engine_anon_growth_mib_per_min: round(growthPerMinute(series.engine.map((s) => s.anon)), 2),
            engine_cpu_percent: round(series.engineCpuPercent, 2),
          }),
    });
    return measured;
  } finally {
    await watch.stop();
    await targets.stop();
    remove();
  }
}

async function sampleMemory(/** @type {number} */ pid, /** @type {number | null} */ engine) {
  const samples = Math.max(2, Math.round((options.seconds * 1000) / SAMPLE_MILLIS));
  const watchCpu = cpuSeconds(pid);
  const engineCpu = engine === null ? 0 : cpuSeconds(engine);
  /** @type {{ rss: number, anon: number }[]} */
  const watchSeries = [];
  /** @type {{ rss: number, anon: number }[]} */
  const engineSeries = [];
  for (let i = 0; i < samples; i++) {
    await sleep(SAMPLE_MILLIS);
    watchSeries.push(residentMib(pid));
    if (engine !== null) engineSeries.push(residentMib(engine));
  }
  return {
    watch: watchSeries,
    engine: engineSeries,
    watchCpuPercent: ((cpuSeconds(pid) - watchCpu) / options.seconds) * 100,
    engineCpuPercent: engine === null ? 0 : ((cpuSeconds(engine) - engineCpu) / options.seconds) * 100,
  };
}

/** Median of the last fifth less that of the first, per minute. */
function growthPerMinute(/** @type {readonly number[]} */ values) {
  const part = Math.max(1, Math.floor(values.length / 5));
  const grown = median(values.slice(-part)) - median(values.slice(0, part));
  return grown / (((values.length - part) * SAMPLE_MILLIS) / 60_000);
}

/** Heap and buffers in use after a collection, MiB. */
async function askHeap(/** @type {number} */ pid, /** @type {string} */ file) {
  await rm(file, { force: true });
  process.kill(pid, 'SIGUSR2');
  for (let tries = 0; tries < 100; tries++) {
    await sleep(50);
    const text = await readFile(file, 'utf8').catch(() => null);
    if (text === null) continue;
    const { heapUsed, arrayBuffers } = JSON.parse(text);
    return (heapUsed + arrayBuffers) / MIB;
  }
  throw new Error('the watch did not say how large its heap is');
}

/** How much it has done by the end, from the watch's own API: a watch that collects nothing needs no memory. */
async function readCounters(/** @type {string} */ page) {
  const answer = await fetch(new URL('/api/v1/targets', page));
  const { targets } = await answer.json();
  const sum = (/** @type {(name: string) => boolean} */ isMeant) =>
    targets
      .flatMap((/** @type {any} */ t) => t.sources)
      .filter((/** @type {any} */ s) => isMeant(s.request))
      .reduce((/** @type {number} */ total, /** @type {any} */ s) => total + s.requests, 0);
  return {
    targets_up: targets.filter((/** @type {any} */ t) => t.state === 'up').length,
    scrapes: sum((name) => name === 'metrics'),
    profiles: sum((name) => name.startsWith('profile:')),
  };
}

const captures = await captureDemo();
try {
  for (let r = 0; r < options.rounds; r++) {
    for (const storage of options.storage) {
      /** @type {{ count: number, at: Measured }[]} */
      const measured = [];
      for (const count of options.targets) {
        measured.push({ count, at: await measureWatch(captures.folder, { count, storage }) });
      }
      const [few, many] = [measured[0], measured[measured.length - 1]];
      if (few && many && many.count > few.count) printIncrement(storage, few, many);
    }
  }
} finally {
  captures.remove();
}

/**
 * @param {string} storage
 * @param {{ count: number, at: Measured }} few
 * @param {{ count: number, at: Measured }} many
 */
function printIncrement(storage, few, many) {
  const kib = (/** @type {keyof Measured} */ what) =>
    round(((many.at[what] - few.at[what]) / (many.count - few.count)) * 1024, 0);
  printResult({
    bench: 'watch-memory-per-target',
    storage,
    time_scale: options.scale,
    watch_rss_kib: kib('watchMib'),
    watch_heap_after_gc_kib: kib('heapMib'),
    engine_rss_kib: kib('engineMib'),
    ratio: round((many.at.watchMib + many.at.engineMib) / (few.at.watchMib + few.at.engineMib), 2),
  });
}
