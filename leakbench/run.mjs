// The benchmark: draws series, runs every method over each of them, prints one table.
// Usage: npm run -s leakbench [-- --quick] [--ablation] [--gates] [--seeds 4] [--days 30] [--every MINUTES] [--kind NAME] [--method NAME] [--json FILE]
//   Everything is drawn from seeds: the same options give the same table. docs/leakbench.md explains it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { KINDS } from './lib/kinds.mjs';
import { score } from './lib/score.mjs';
import { formatTable } from './lib/table.mjs';
import { ABLATIONS } from './methods/ablations.mjs';
import { METHODS } from './methods/all.mjs';
import { writeEdited } from './methods/edited-product.mjs';
import { GATES } from './methods/gates.mjs';

const MINUTE_MILLIS = 60_000;
const DAY_MILLIS = 86_400_000;

const { values: given } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    ablation: { type: 'boolean', default: false },
    gates: { type: 'boolean', default: false },
    seeds: { type: 'string' },
    first: { type: 'string', default: '1' },
    days: { type: 'string' },
    every: { type: 'string' },
    step: { type: 'string' },
    kind: { type: 'string', multiple: true, default: [] },
    group: { type: 'string' },
    method: { type: 'string', multiple: true, default: [] },
    workers: { type: 'string', default: String(availableParallelism()) },
    json: { type: 'string' },
  },
});

/**
 * Quick: one seed of every kind, three days, evaluations at least three hours apart. It shows that nothing is broken; its figures are
 * those of a method that hardly looks.
 */
const defaults = given.quick
  ? { seeds: '1', days: '3', every: '180', step: '10' }
  : { seeds: '4', days: '30', every: '0', step: '5' };
const options = { ...defaults, ...given };

const what = given.gates ? 'gates' : given.ablation ? 'ablation' : 'methods';
const edited = what === 'ablation' ? writeAllEdited() : {};
const tasks = listTasks();
const startedAt = performance.now();
const judged = (await runAll(tasks, Math.max(1, Math.min(Number(options.workers), tasks.length)))).flat();
if (options.json) writeFileSync(options.json, JSON.stringify(judged));
print(judged);

/** Copies of the product for the methods that change it; gone with this process. */
function writeAllEdited() {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-ablation-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
    process.once(signal, () => process.exit(130));
  /** @type {Record<string, string>} */
  const folders = {};
  for (const [i, { name, edits = [] }] of ABLATIONS.entries()) {
    if (edits.length === 0 || (given.method.length > 0 && !given.method.includes(name))) continue;
    writeEdited(edits, (folders[name] = join(folder, String(i))));
  }
  return folders;
}

function listTasks() {
  const kinds = KINDS.filter(
    (kind) =>
      (given.kind.length === 0 || given.kind.includes(kind.name)) &&
      (!given.group || given.group === kind.group),
  );
  const first = Number(options.first);
  const tasks = [];
  for (let seed = first; seed < first + Number(options.seeds); seed++) {
    for (const kind of kinds) {
      tasks.push({
        kind: kind.name,
        seed,
        days: Number(options.days),
        stepMillis: Number(options.step) * MINUTE_MILLIS,
        everyMillis: Number(options.every) * MINUTE_MILLIS,
        patienceMillis: 3 * DAY_MILLIS,
        methods: given.method,
        what,
        edited,
      });
    }
  }
  return tasks;
}

/**
 * Results in the order of the tasks, whichever worker was faster.
 * @param {readonly any[]} tasks
 * @param {number} count
 * @returns {Promise<any[][]>}
 */
function runAll(tasks, count) {
  return new Promise((resolve, reject) => {
    /** @type {any[][]} */
    const results = new Array(tasks.length);
    let next = 0;
    let done = 0;
    if (tasks.length === 0) resolve([]);
    for (let i = 0; i < count; i++) {
      const worker = new Worker(new URL('./lib/worker.mjs', import.meta.url));
      const give = () => {
        if (next < tasks.length) worker.postMessage({ index: next, task: tasks[next++] });
        else void worker.terminate();
      };
      worker.on('message', ({ index, judged }) => {
        results[index] = judged;
        if (++done === tasks.length) resolve(results);
        if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${tasks.length} series `);
        give();
      });
      worker.on('error', reject);
      give();
    }
  });
}

/** @param {readonly import('./lib/judge.mjs').Judged[]} judged */
function print(judged) {
  const seconds = (performance.now() - startedAt) / 1000;
  const count = (/** @type {(one: any) => boolean} */ holds) =>
    judged.filter((one) => one.method === judged[0]?.method && holds(one)).length;
  process.stdout.write(
    `${tasks.length} series of ${options.days} days: ${count((o) => o.group === 'leak')} leaks ` +
      `(${count((o) => o.matters)} exhaust memory within 14 days), ${count((o) => o.group === 'steady')} steady, ` +
      `${count((o) => o.group === 'adversarial')} adversarial; seeds from ${options.first}; ` +
      `evaluated ${Number(options.every) > 0 ? `every ${options.every} min` : "on the product's grid"}\n`,
  );
  for (const family of /** @type {const} */ (['all', 'inside', 'outside'])) {
    const part = judged.filter((one) => family === 'all' || one.family === family);
    const rows = { methods: METHODS, ablation: ABLATIONS, gates: GATES }[what]

      .map(({ name }) => ({ name, of: part.filter((one) => one.method === name) }))
      .filter(({ of }) => of.length > 0)
      .map(({ name, of }) => ({ name, score: score(of) }));
    const title = {
      all: 'All shapes',
      inside: "Shapes of the detector's own models",
      outside: 'Shapes from outside of them',
    };
    process.stdout.write(`\n### ${title[family]}\n\n${formatTable(rows, { goals: true })}\n`);
  }
  process.stderr.write(`${tasks.length} series in ${seconds.toFixed(1)} s\n`);
}
