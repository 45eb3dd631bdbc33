// How long a screening takes: hundreds of services over a week, from Debian's Prometheus or from an API that costs nothing.
// Usage: npm run -s bench:prometheus -- [--api prometheus|generated] [--targets 500] [--leaks 25] [--days 7] [--step 300] [--rounds 3]
//   --step: seconds between two samples and two points. The generated API with 1,000 targets and --step 60 is the large case.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DAY_MILLIS } from './lib/generated-gauges.mjs';
import { writeFleet } from './lib/generated-fleet.mjs';
import { measure } from './lib/measured-child.mjs';
import { readOptions } from './lib/options.mjs';
import { CLI, ROOT, needProduct, stop } from './lib/product.mjs';
import { describeMachine, median, printResult, round, talk } from './lib/results.mjs';
import { makeTemporaryFolder } from './lib/temporary-folder.mjs';

const { options } = readOptions({
  api: 'prometheus',
  targets: 500,
  leaks: 25,
  days: 7,
  step: 300,
  rounds: 3,
});
needProduct();
describeMachine();
const startMillis = Date.UTC(2026, 0, 1);
const endMillis = startMillis + options.days * DAY_MILLIS;

/** @returns {Promise<{ url: string, pid: number | undefined, stop: () => Promise<void> }>} */
async function startGenerated() {
  const args = [options.targets, options.leaks, startMillis].map(String);
  const child = spawn(process.execPath, [join(ROOT, 'bench', 'targets', 'generated-api.mjs'), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [url] = await once(createInterface({ input: child.stdout }), 'line');
  return {
    url,
    pid: child.pid,
    async stop() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

async function startPrometheus() {
  if (spawnSync('promtool', ['--version']).error)
    stop('prometheus and promtool are missing: apt-get install prometheus');
  const { folder, remove } = makeTemporaryFolder('prometheus');
  const data = join(folder, 'data');
  talk(`writing ${options.days} days of ${options.targets} targets`);
  await writeFleet({
    ...{ ...options, stepSeconds: options.step, startMillis },
    fileOf: (day) => join(folder, `${day}.om`),
    async onDay(file) {
      const args = [
        'tsdb',
        'create-blocks-from',
        'openmetrics',
        '--max-block-duration=24h',
        '--quiet',
        file,
        data,
      ];
      const made = spawnSync('promtool', args, { encoding: 'utf8' });
      rmSync(file);
      if (made.status !== 0) stop(`promtool: ${made.stderr}`);
      talk(`${file}: blocks made`);
    },
  });
  const port = await freePort();
  writeFileSync(join(folder, 'prometheus.yml'), '');
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=100y',
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  for await (const line of createInterface({ input: child.stderr }))
    if (line.includes('Server is ready')) break;
  child.stderr.resume();
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    async stop() {
      child.kill('SIGKILL');
      await once(child, 'exit');
      remove();
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' ? address?.port : 0;
}

if (options.api !== 'prometheus' && options.api !== 'generated') stop('--api is prometheus or generated');
const api = options.api === 'generated' ? await startGenerated() : await startPrometheus();
try {
  const until = new Date(endMillis - options.step * 1000).toISOString();
  const args = [CLI, 'check', '--prometheus', api.url, '--selector', '{job="orders"}', '--json'];
  const span = ['--since', `${options.days * 24}h`, '--until', until, '--step', `${options.step}s`];
  const runs = [];
  for (let i = 0; i < options.rounds; i++) {
    const run = await measure(process.execPath, [...args, ...span]);
    if (run.status !== 1) stop(`the screening ended with ${run.status}: ${run.stderr}`);
    const asked = /(\d+) queries, ([\d.]+ \w+)/.exec(run.stderr);
    talk(`${round(run.millis / 1000)} s, ${asked?.[0]}`);
    runs.push({ ...run, queries: Number(asked?.[1]), received: asked?.[2] });
  }
  printResult({
    bench: 'prometheus',
    ...options,
    queries: runs[0]?.queries,
    received: runs[0]?.received,
    seconds: round(median(runs.map(({ millis }) => millis)) / 1000, 2),
    seconds_min: round(Math.min(...runs.map(({ millis }) => millis)) / 1000, 2),
    cpu_seconds: round(median(runs.map(({ cpuSeconds }) => cpuSeconds)), 2),
    peak_mib: round(median(runs.map(({ peakMib }) => peakMib)), 0),
  });
} finally {
  await api.stop();
}
