// Replay speed: recorded hours per second, and what detection costs above reading and decoding the same evidence.
// Usage: npm run -s bench:replay -- [--rounds 7] [FILE...]   (default: the recordings in demo/recordings)
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { CLI, ROOT, importProduct, needProduct, stop } from './lib/product.mjs';
import { readOptions } from './lib/options.mjs';
import { runOnce } from './lib/processes.mjs';
import { describeMachine, interleave, median, printResult, round, spread } from './lib/results.mjs';

const { options, files } = readOptions({ rounds: 7 });
needProduct();

function shippedRecordings() {
  const folder = join(ROOT, 'demo', 'recordings');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.tar.gz'))
    .map((name) => join(folder, name));
}

const paths = files.length > 0 ? files : shippedRecordings();
if (paths.length === 0)
  stop('no recording: give FILE..., or make one with plimsoll record (see docs/recording.md)');
describeMachine();

const { openRecording } = await importProduct('recording/read-recording');
const { replayRecordings } = await importProduct('pipeline/replay');
const { ProfileDecoder } = await importProduct('pipeline/profile-decoder');
const { Investigation } = await importProduct('pipeline/investigation');
const { gaugesFromPrometheus } = await importProduct('parse/gauges-from-prometheus');
const { gaugesFromVars } = await importProduct('parse/gauges-from-vars');
const { gaugesFromProc } = await importProduct('parse/gauges-from-proc');

/** Time inside evaluations (stage 1 and 2), summed: the method of the product, with a watch around it. */
const evaluating = { count: 0, millis: 0 };
const evaluateUpTo = Investigation.prototype.evaluateUpTo;
Investigation.prototype.evaluateUpTo = function (/** @type {number} */ atMillis) {
  const startedAt = performance.now();
  const evaluations = evaluateUpTo.call(this, atMillis);
  evaluating.millis += performance.now() - startedAt;
  evaluating.count += evaluations.length;
  return evaluations;
};

/** The other side: opens, reads and decodes everything, keeps nothing, decides nothing. */
async function readAndDecode(/** @type {string} */ path) {
  const recording = await openRecording(path);
  const decoder = new ProfileDecoder();
  try {
    for await (const evidence of recording.evidence()) {
      try {
        if (evidence.kind === 'metrics') gaugesFromPrometheus(evidence.bytes);
        else if (evidence.kind === 'vars') gaugesFromVars(evidence.bytes);
        else if (evidence.kind === 'proc') gaugesFromProc(evidence.bytes);
        else if (evidence.kind === 'profile') await decoder.decode(evidence.bytes);
      } catch {
        // Damaged evidence costs what it costs up to the damage, on both sides.
      }
    }
  } finally {
    await decoder.close();
  }
}

async function timed(/** @type {() => Promise<unknown>} */ work) {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

async function wholeProcess(/** @type {string} */ path) {
  const { status, millis, stderr } = await runOnce(process.execPath, [
    CLI,
    'replay',
    '--json',
    '--fail-on',
    'none',
    path,
  ]);
  if (status !== 0) stop(`replay of ${path} ended with ${status}: ${stderr.trim()}`);
  return millis;
}

for (const path of paths) {
  const recording = await openRecording(path).catch((/** @type {Error} */ error) => stop(error.message));
  const { startedAt, endedAt, timeScale } = recording.manifest;
  const replay = async () => replayRecordings([await openRecording(path)]);
  await replay(); // compiles the code
  await readAndDecode(path);
  evaluating.count = evaluating.millis = 0;
  const millis = await interleave(options.rounds, {
    process: () => wholeProcess(path),
    replay: () => timed(replay),
    decode: () => timed(() => readAndDecode(path)),
  });
  const recordedHours = (endedAt - startedAt) / 3_600_000;
  const perSecond = (/** @type {number[]} */ values) => recordedHours / (median(values) / 1000);
  printResult({
    bench: 'replay',
    file: path,
    evidence: recording.evidenceCount,
    evaluations: evaluating.count / options.rounds,
    recorded_hours: round(recordedHours, 3),
    virtual_hours: round(recordedHours * timeScale, 1),
    rounds: options.rounds,
    ...spread('process_ms', millis.process),
    ...spread('replay_ms', millis.replay),
    ...spread('decode_ms', millis.decode),
    recorded_hours_per_s: round(perSecond(millis.replay), 2),
    virtual_hours_per_s: round(perSecond(millis.replay) * timeScale),
    process_virtual_hours_per_s: round(perSecond(millis.process) * timeScale),
    ms_per_evaluation: round(evaluating.millis / evaluating.count, 2),
    ratio: round(median(millis.replay) / median(millis.decode), 2),
  });
}
