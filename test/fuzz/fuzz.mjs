// npm run fuzz: damages real profiles for minutes and reads them as `plimsoll profile` does. What crashes it, makes it hang
// or takes too much memory is kept in test/fuzz/crashers, where it is a failing test until it is mended.
// Usage: npm run fuzz -- [--minutes 5] [--seed N] [--from CASE] [FILE...]   (files are further inputs)
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { gunzipSync, gzipSync } from 'node:zlib';
import { mutantOf, repeatSamples } from './mutate.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const FIXTURES = join(HERE, '..', 'fixtures', 'profiles');
const CRASHERS = join(HERE, 'crashers');
const DIST = process.env.PLIMSOLL_DIST ?? join(HERE, '..', '..', 'dist');
/** Inputs are tens of kilobytes: what takes longer has run away. A picture may take 20 s. */
const HANG_MILLIS = 30_000;
const HEAP_MIB = 512;
/** Of one input more, which is decoded in three parts. */
const LARGE_BYTES = 320 * 1024;

const options = { minutes: 5, seed: Math.floor(Math.random() * 2 ** 31), from: 0 };
const files = [];
const words = process.argv.slice(2);
for (let word = words.shift(); word !== undefined; word = words.shift()) {
  const name = word.replace(/^--/, '');
  if (!word.startsWith('--')) files.push(word);
  else if (Object.hasOwn(options, name) && Number.isFinite(Number(words[0])))
    options[name] = Number(words.shift());
  else fail(`no such option, or no number behind it: ${word}`);
}

const inputs = [...readdirSync(FIXTURES).map((name) => join(FIXTURES, name)), ...files]
  .filter((path) => /\.(?:gz|txt)$/.test(path) || files.includes(path))
  .flatMap((path) => {
    const bytes = readFileSync(path);
    return bytes[0] === 0x1f && bytes[1] === 0x8b ? [bytes, gunzipSync(bytes)] : [bytes];
  });
const large = repeatSamples(gunzipSync(readFileSync(join(FIXTURES, 'heap.pb.gz'))), LARGE_BYTES);
inputs.push(large, gzipSync(large));

/** Case at hand, read, refused. */
const progress = new SharedArrayBuffer(12);
const at = new Int32Array(progress);
const endAt = Date.now() + options.minutes * 60_000;
console.log(`fuzzing for ${options.minutes} min, seed ${options.seed}, ${inputs.length} inputs`);
let [found, next] = [0, options.from];
while (Date.now() < endAt && found < 20) next = await runFrom(next);
console.log(`${at[1] + at[2]} cases: ${at[1]} read, ${at[2]} refused, ${found} failed`);
process.exit(found === 0 ? 0 : 1);

/**
 * Runs cases until one fails or time is up.
 * @param {number} from
 * @returns {Promise<number>} the case to go on with.
 */
function runFrom(from) {
  const worker = new Worker(join(HERE, 'fuzz-worker.mjs'), {
    workerData: { dist: DIST, inputs, seed: options.seed, from, progress },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  });
  return new Promise((resolve) => {
    let [last, since] = [-1, Date.now()];
    const end = (/** @type {number} */ number) => {
      clearInterval(timer);
      void worker.terminate().then(() => resolve(number));
    };
    const timer = setInterval(() => {
      if (at[0] !== last) [last, since] = [at[0], Date.now()];
      else if (Date.now() - since > HANG_MILLIS) {
        keep(last, `no end after ${HANG_MILLIS / 1000} s`);
        return end(last + 1);
      }
      if (Date.now() > endAt) end(last + 1);
    }, 500);
    worker.on('message', ({ number, error }) => {
      keep(number, error);
      end(number + 1);
    });
    worker.on('error', (error) => {
      keep(at[0], String(error));
      end(at[0] + 1);
    });
  });
}

/**
 * @param {number} number
 * @param {string} why
 */
function keep(number, why) {
  found++;
  mkdirSync(CRASHERS, { recursive: true });
  const path = join(CRASHERS, `${options.seed}-${number}.bin`);
  writeFileSync(path, mutantOf(inputs, options.seed, number));
  console.error(`case ${number} (kept as ${basename(path)}): ${why}`);
}

/** @param {string} message */
function fail(message) {
  console.error(`fuzz: ${message}`);
  process.exit(2);
}
