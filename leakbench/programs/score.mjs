// Recordings of programs against their truth: verdict, class and culprits by Plimsoll; verdicts of today's methods on the same gauges;
// and which function the profiles name to somebody who reads them by hand.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CLI, importProduct } from '../../bench/lib/product.mjs';
import { share } from '../lib/statistics.mjs';
import { formatFigure } from '../lib/table.mjs';
import {
  coroot,
  predictLinear,
  mannKendall,
  rssThreshold,
  threeSnapshots,
  twoSnapshots,
} from '../methods/baselines.mjs';

const { gaugesFromPrometheus } = await importProduct('parse/gauges-from-prometheus');

/** Windows are those of the month, as recordings of two virtual hours cannot hold a day: each is as long as it can be. */
const GAUGE_METHODS = [
  rssThreshold(0.8),
  predictLinear(1, 4),
  coroot(1),
  mannKendall(1),
  twoSnapshots({ apartHours: 1, share: 0.25 }),
  threeSnapshots({ apartHours: 0.5, share: 0.05 }),
];

/**
 * @param {readonly any[]} cases
 * @param {string} folder
 */
export async function scorePrograms(cases, folder) {
  const results = [];
  for (const one of cases) {
    for (const variant of one.healthyOnly ? ['healthy'] : ['leak', 'healthy']) {
      const path = join(folder, `${one.name}-${variant}`);
      if (!existsSync(path)) continue;
      results.push(await judgeRecording(one, variant, path));
    }
  }
  return { results, text: format(results) };
}

/**
 * @param {any} one
 * @param {string} variant
 * @param {string} path
 */
async function judgeRecording(one, variant, path) {
  const report = JSON.parse(await replay(path));
  const leaks = report.findings.filter(
    (/** @type {any} */ f) => f.verdict === 'leak' && f.class !== 'retention',
  );
  const isLeak = variant === 'leak';
  const named = (leaks[0]?.culprits ?? []).map((/** @type {any} */ c) => c.function);
  const isRight = (/** @type {string} */ name) =>
    (one.culprits ?? []).some((/** @type {string} */ c) => c === name);
  const series = readSeries(path);
  return {
    name: one.name,
    variant,
    isLeak,
    truthClass: isLeak ? one.class : '',
    verdict: report.verdict,
    isVerdictRight: isLeak ? report.verdict === 'leak' : one.verdicts.includes(report.verdict),
    // An alarm on healthy code is false, also when it was taken back; other methods are counted the same way.
    saysLeak: report.verdict === 'leak' || (!isLeak && report.alarms.length > 0),
    alarms: report.alarms.length,
    findings: leaks.length,
    class: leaks[0]?.class ?? null,
    named: named.slice(0, 3),
    first: isRight(named[0] ?? ''),
    inThree: named.slice(0, 3).some(isRight),
    byHand: isLeak ? readByHand(one, path, isRight) : null,
    others: Object.fromEntries(
      GAUGE_METHODS.map((method) => [
        method.name,
        method.watch(series, { everyMillis: 0, asksMillis: [], patienceMillis: 0 }).alarms.length > 0,
      ]),
    ),
  };
}

/**
 * @param {string} path
 * @returns {Promise<string>}
 */
function replay(path) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, 'replay', '--json', path], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let said = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (said += chunk));
    child.once('close', (code) => (code === 3 ? reject(new Error(said)) : resolve(out)));
  });
}

/** A recording's scrapes as the columns that the methods read, in virtual time. */
function readSeries(/** @type {string} */ path) {
  const about = JSON.parse(readFileSync(join(path, 'recording.json'), 'utf8'));
  const files = readdirSync(join(path, 'scrapes')).sort();
  const timeMillis = new Float64Array(files.length);
  const names = ['rssBytes', 'heapInuseBytes', 'goroutines'];
  const columns = new Map(names.map((name) => [name, new Float64Array(files.length).fill(NaN)]));
  files.forEach((file, row) => {
    const at = Number(file.slice(0, file.indexOf('.')));
    timeMillis[row] = about.startedAt + (at - about.startedAt) * about.timeScale;
    const { reading } = gaugesFromPrometheus(readFileSync(join(path, 'scrapes', file)));
    for (const name of names) {
      const column = columns.get(name);
      if (column && reading[name] !== undefined) column[row] = reading[name];
    }
  });
  const stepMillis =
    files.length > 1 ? (timeMillis[files.length - 1] - timeMillis[0]) / (files.length - 1) : 0;
  const truth = { limitBytes: about.memoryLimitBytes ?? Infinity };
  return /** @type {any} */ ({ timeMillis, columns, stepMillis, truth, fromMillis: timeMillis[0] ?? 0 });
}

/**
 * What `go tool pprof -top` shows first: of the last heap profile, of the growth between an early one and the last, and of the goroutines.
 * @param {any} one
 * @param {string} path
 * @param {(name: string) => boolean} isRight
 */
function readByHand(one, path, isRight) {
  const all = existsSync(join(path, 'profiles')) ? readdirSync(join(path, 'profiles')).sort() : [];
  const of = (/** @type {string} */ kind) =>
    all.filter((f) => f.endsWith(`.${kind}.pb.gz`)).map((f) => join(path, 'profiles', f));
  const heap = of('heap');
  const goroutine = of('goroutine');
  const early = heap[Math.floor(heap.length / 4)];
  const last = heap.at(-1);
  const judge = (/** @type {string[]} */ named) => ({
    named,
    first: isRight(named[0] ?? ''),
    inThree: named.some(isRight),
  });
  return {
    largest: judge(last ? top(['-sample_index=inuse_space', last]) : []),
    diff: judge(last && early ? top(['-sample_index=inuse_space', `-diff_base=${early}`, last]) : []),
    goroutines: judge(goroutine.length > 0 ? top(['-cum', goroutine.at(-1) ?? '']) : []),
  };
}

/** @param {readonly string[]} args */
function top(args) {
  const shown = spawnSync('go', ['tool', 'pprof', '-top', '-nodecount=3', ...args], { encoding: 'utf8' });
  const lines = shown.stdout.split('\n');
  const head = lines.findIndex((line) => /^\s+flat\s+flat%/.test(line));
  return lines
    .slice(head + 1, head + 4)
    .map((line) =>
      line
        .trim()
        .split(/\s+/)
        .slice(5)
        .join(' ')
        .replace(/ \(inline\)$/, ''),
    )
    .filter((name) => name !== '');
}

/** @param {readonly any[]} results */
function format(results) {
  const leaks = results.filter(({ isLeak }) => isLeak);
  const healthy = results.filter(({ isLeak }) => !isLeak);
  const line = (
    /** @type {string} */ name,
    /** @type {(r: any) => boolean} */ says,
    /** @type {any[]} */ culprits,
  ) => {
    const found = leaks.filter(says).length;
    const accused = found + healthy.filter(says).length;
    const cells = [share(found, accused), share(found, leaks.length), ...culprits].map((f) =>
      f ? formatFigure(f, 'share') : '-',
    );
    return `| ${[name, ...cells].join(' | ')} |`;
  };
  const part = (/** @type {readonly any[]} */ of, /** @type {(r: any) => boolean} */ holds) =>
    share(of.filter(holds).length, of.length);
  const found = leaks.filter(({ saysLeak }) => saysLeak);
  const heapLeaks = leaks.filter(({ truthClass }) => truthClass === 'heap');
  const otherLeaks = leaks.filter(({ truthClass }) => truthClass === 'goroutine');
  const rows = [
    '| method | precision | recall | class right | one finding | culprit first | culprit in three |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    line('Plimsoll', (r) => r.saysLeak, [
      part(found, (r) => r.class === r.truthClass),
      part(found, (r) => r.findings === 1),
      part(leaks, (r) => r.saysLeak && r.first),
      part(leaks, (r) => r.saysLeak && r.inThree),
    ]),
    ...GAUGE_METHODS.map(({ name }) => line(name, (r) => r.others[name], [null, null, null, null])),
  ];
  const byHand = (/** @type {string} */ title, /** @type {any[]} */ of, /** @type {string} */ key) =>
    `| ${title} | - | - | - | - | ${formatFigure(
      part(of, (r) => r.byHand[key].first),
      'share',
    )} | ${formatFigure(
      part(of, (r) => r.byHand[key].inThree),
      'share',
    )} |`;
  rows.push(
    byHand('largest pprof entry (heap leaks)', heapLeaks, 'largest'),
    byHand('pprof -diff_base, first entry (heap leaks)', heapLeaks, 'diff'),
    byHand('goroutine profile, top (goroutine leaks)', otherLeaks, 'goroutines'),
  );
  const verdicts = part(results, (r) => r.isVerdictRight);
  const wrong = results
    .filter(
      (r) =>
        !r.isVerdictRight ||
        (r.isLeak && (!r.first || r.class !== r.truthClass || r.findings > 1)) ||
        (!r.isLeak && r.alarms > 0),
    )
    .map(
      (r) =>
        `- ${r.name} ${r.variant}: ${r.verdict}, class ${r.class ?? '-'} (true ${r.truthClass || 'none'}), named ${r.named.join(', ') || 'nothing'}, ${r.findings} leak findings, ${r.alarms} alarms`,
    );
  return [
    `${results.length} recordings: ${leaks.length} leaks, ${healthy.length} healthy; verdict accepted in ${formatFigure(verdicts, 'share')}`,
    '',
    ...rows,
    '',
    'Where Plimsoll is wrong:',
    '',
    ...wrong,
    '',
  ].join('\n');
}
