// The programs: builds them, records each variant with `plimsoll record` at a time scale, replays the recordings and scores verdict,
// class and culprits, beside what people do by hand with the same evidence.
// Usage: npm run -s leakbench:programs [-- --seconds 150] [--parallel 4] [--case NAME]... [--shape NAME] [--keep FOLDER] [--recorded FOLDER] [--json FILE]
//   `--shape each` gives the cases six shapes of load in turn. Needs Go (and a C compiler for one case). `--keep` leaves the recordings; `--recorded` scores such a folder again.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CLI, needProduct, stop } from '../../bench/lib/product.mjs';
import { scorePrograms } from './score.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
/** Virtual seconds per second: two and a half minutes are two and a half hours. */
const TIME_SCALE = 60;
/** Shapes of load that `--shape each` gives out in turn: a case's leak and its healthy twin get the same one. */
const SHAPES = ['flat', 'ramp', 'diurnal', 'bursts', 'step', 'stop'];
/** What the recordings say the limit is. None of the programs reaches it: it is for methods that need one. */
const MEMORY_LIMIT = '512MiB';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '150' },
    parallel: { type: 'string', default: '4' },
    shape: { type: 'string', default: 'swing' },
    case: { type: 'string', multiple: true, default: [] },
    keep: { type: 'string' },
    recorded: { type: 'string' },
    json: { type: 'string' },
  },
});

needProduct();
const work = mkdtempSync(join(tmpdir(), 'plimsoll-leakcases-'));
process.once('exit', () => rmSync(work, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const binary = build();
const cases = listCases(binary);
const folder = options.recorded ?? options.keep ?? join(work, 'recordings');
if (!options.recorded) await recordAll(cases, folder);
const { text, results } = await scorePrograms(cases, folder);
if (options.json) writeFileSync(options.json, JSON.stringify(results));
process.stdout.write(text);

function build() {
  if (spawnSync('go', ['version']).status !== 0) stop('the programs need Go: https://go.dev/dl');
  const output = join(work, 'leakcase');
  const built = spawnSync('go', ['build', '-o', output, './cmd/leakcase'], { cwd: HERE, encoding: 'utf8' });
  if (built.status !== 0) stop(`go build failed: ${built.stderr.trim()}`);
  return output;
}

/** @param {string} program */
function listCases(program) {
  const listed = spawnSync(program, ['-list'], { encoding: 'utf8' });
  /** @type {any[]} */
  const all = JSON.parse(listed.stdout);
  return all.filter(({ name }) => options.case.length === 0 || options.case.includes(name));
}

/**
 * A few at a time.
 * @param {readonly any[]} all
 * @param {string} into
 */
async function recordAll(all, into) {
  mkdirSync(into, { recursive: true });
  const queue = all.flatMap((one, index) =>
    (one.healthyOnly ? ['healthy'] : ['leak', 'healthy']).map((variant) => ({
      name: one.name,
      variant,
      shape: options.shape === 'each' ? String(SHAPES[index % SHAPES.length]) : options.shape,
    })),
  );
  const total = queue.length;
  let done = 0;
  const recordNext = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      await record(next, join(into, `${next.name}-${next.variant}`));
      process.stderr.write(
        `leakbench: ${++done} of ${total} recorded: ${next.name} ${next.variant} (${next.shape})\n`,
      );
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Number(options.parallel)) }, recordNext));
}

/**
 * @param {{ name: string, variant: string, shape: string }} which
 * @param {string} output
 */
async function record({ name, variant, shape }, output) {
  if (existsSync(output) && readdirSync(output).length > 0) return;
  const seconds = options.seconds;
  const program = spawn(binary, ['-case', name, '-variant', variant, '-seconds', seconds, '-shape', shape], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // Where a test or a shell has set them, the runtime would not be what the case says.
    env: { ...process.env, GOGC: '', GOMEMLIMIT: '', GODEBUG: '' },
  });
  const kill = () => program.kill('SIGKILL');
  process.once('exit', kill);
  try {
    const ready = await firstLine(program);
    const { listening } = JSON.parse(ready);
    await run([
      CLI,
      'record',
      `http://${listening}`,
      ...['--output', output, '--for', `${seconds}s`, '--time-scale', String(TIME_SCALE)],
      ...['--memory-limit', MEMORY_LIMIT, '--service', name],
    ]);
  } finally {
    program.kill('SIGTERM');
    process.off('exit', kill);
  }
}

/**
 * @param {import('node:child_process').ChildProcess} program
 * @returns {Promise<string>}
 */
function firstLine(program) {
  return new Promise((resolve, reject) => {
    if (!program.stdout) return reject(new Error('no output'));
    createInterface({ input: program.stdout }).once('line', resolve);
    program.once('exit', (code) => reject(new Error(`the program ended with ${code} before it was ready`)));
  });
}

/** @param {readonly string[]} args */
function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-2000)));
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve(undefined) : reject(new Error(said.trim()))));
  });
}
