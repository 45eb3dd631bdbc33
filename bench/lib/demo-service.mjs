// The demo service under steady load, as a real Go target; and captures of what it answers.
import { mkdir, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, stop } from './product.mjs';
import { sleep, start } from './processes.mjs';
import { talk } from './results.mjs';
import { makeTemporaryFolder } from './temporary-folder.mjs';

const PROGRAMS = join(ROOT, 'node_modules', '.cache', 'plimsoll-bench');

/** So long that the load of its day-and-night shape stays where it is. */
const STEADY_DAY = '100000h';
/** 16 h is the busiest hour: the full rate. */
const BUSIEST_HOUR = '16';

/**
 * Builds Go commands into a cache folder.
 * @param {string} folder below the root
 * @param {string} pattern
 * @returns {Promise<string>} the folder with the programs
 */
async function build(folder, pattern) {
  await mkdir(PROGRAMS, { recursive: true });
  const go = spawnSync('go', ['build', '-trimpath', '-o', `${PROGRAMS}/`, pattern], {
    cwd: join(ROOT, folder),
    encoding: 'utf8',
  });
  if (go.error || go.status !== 0) stop(`needs Go: ${go.error?.message ?? go.stderr.trim()}`);
  return PROGRAMS;
}

/**
 * @typedef {object} DemoService
 * @property {string} url
 * @property {number} pid of the service, without its warehouse and its load
 * @property {() => Promise<void>} startLoad
 * @property {() => Promise<void>} stopLoad
 * @property {() => Promise<void>} stop
 */

/**
 * Starts the demo service without any leak, and its load.
 * @param {number} requestsPerSecond
 * @returns {Promise<DemoService>}
 */
export async function startDemoService(requestsPerSecond) {
  const programs = await build('demo', './cmd/...');
  const service = await start(join(programs, 'orders'), ['-listen', '127.0.0.1:0', '-exit-with-parent'], {
    await: { stream: 'stdout', match: /"listening"/ },
  });
  const url = `http://${JSON.parse(service.firstLine).listening}`;
  const flags = ['-rps', String(requestsPerSecond), '-day', STEADY_DAY, '-start-hour', BUSIEST_HOUR];
  /** @type {import('./processes.mjs').Running | null} */
  let load = null;
  const demo = {
    url,
    pid: service.pid,
    async startLoad() {
      load ??= await start(join(programs, 'loadgen'), ['-target', url, ...flags]);
    },
    async stopLoad() {
      await load?.stop();
      load = null;
    },
    async stop() {
      await demo.stopLoad();
      await service.stop();
    },
  };
  await demo.startLoad();
  return demo;
}

/** Real time between the two captures of /metrics. */
const BETWEEN_SECONDS = 15;

/**
 * Starts stand-ins for `count` services that answer as the demo service does: see bench/targets.
 * @param {number} count
 * @param {{ captures: string, timeScale: number }} options
 * @returns {Promise<{ urls: string[], pid: number, stop: () => Promise<void> }>}
 */
export async function startTargets(count, { captures, timeScale }) {
  const programs = await build(join('bench', 'targets'), '.');
  const running = await start(
    join(programs, 'targets'),
    [
      '-captures',
      captures,
      '-count',
      String(count),
      '-between',
      `${BETWEEN_SECONDS}s`,
      '-time-scale',
      String(timeScale),
    ],
    { await: { stream: 'stdout', match: /^\[/ } },
  );
  const urls = JSON.parse(running.firstLine).map((/** @type {string} */ address) => `http://${address}`);
  return { urls, pid: running.pid, stop: running.stop };
}

/**
 * Captures what the demo service answers under load: /metrics twice, three heap and goroutine profiles.
 * @returns {Promise<{ folder: string, remove: () => void }>}
 */
export async function captureDemo() {
  talk(`capturing the demo service under load (${3 * BETWEEN_SECONDS} s) ...`);
  const { folder, remove } = makeTemporaryFolder('captures');
  const demo = await startDemoService(40);
  const keep = async (/** @type {string} */ path, /** @type {string} */ name) => {
    const answer = await fetch(demo.url + path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    await writeFile(join(folder, name), new Uint8Array(await answer.arrayBuffer()));
  };
  try {
    await keep('/debug/pprof/', 'index.html');
    await keep('/debug/pprof/cmdline', 'cmdline');
    for (let i = 0; i < 3; i++) {
      await sleep(BETWEEN_SECONDS * 1000);
      if (i > 0) await keep('/metrics', `metrics-${i - 1}.prom`);
      await keep('/debug/pprof/heap', `heap-${i}.pb.gz`);
      await keep('/debug/pprof/goroutine', `goroutine-${i}.pb.gz`);
    }
    return { folder, remove };
  } catch (error) {
    remove();
    throw error;
  } finally {
    await demo.stop();
  }
}
