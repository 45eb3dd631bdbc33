// Decoding a profile, decompression included, against google/pprof's profile.ParseData on the same file: one core each,
// rounds in turn. And the memory that one decoding takes over a Node that has loaded the same code.
// Usage: npm run -s bench:decode -- [--rounds 20] FILE...
import { statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { canPin, converse } from './lib/conversation.mjs';
import { buildGoProgram } from './lib/go-program.mjs';
import { readOptions } from './lib/options.mjs';
import { ROOT, needProduct, stop } from './lib/product.mjs';
import { describeMachine, median, printResult, round } from './lib/results.mjs';

/** Rounds go on until so much time was measured on either side: small files need many for a stable minimum. */
const SECONDS_PER_SIDE = 1.5;
/** One turn of one side, about so long. */
const TURN_MILLIS = 40;

const { options, files } = readOptions({ rounds: 20 });
if (files.length === 0) stop('give profiles to decode: npm run -s bench:decode -- FILE...');
const missing = files.find((file) => !statSync(file, { throwIfNoEntry: false })?.isFile());
if (missing) stop(`${missing} is no file`);
needProduct();
describeMachine();

const isPinned = canPin();
const program = buildGoProgram('pprof-go');
const child = join(ROOT, 'bench', 'lib', 'decode-child.mjs');
const startOurs = () => converse(process.execPath, [child], { isPinned });

for (const file of files) printResult(await compare(file));

/** @param {string} file */
async function compare(file) {
  const ours = startOurs();
  const theirs = converse(program, [], { isPinned, env: { ...process.env, GOMAXPROCS: '1' } });
  const samples = [await load(ours, file), await load(theirs, file)];
  if (samples[0] !== samples[1]) stop(`${file}: ${samples[0]} samples here, ${samples[1]} there`);
  const sides = [
    { talk: ours, nanos: /** @type {number[]} */ ([]), turn: 1 },
    { talk: theirs, nanos: /** @type {number[]} */ ([]), turn: 1 },
  ];
  const isShort = (/** @type {number[]} */ nanos) =>
    nanos.length < options.rounds || nanos.reduce((a, b) => a + b, 0) < SECONDS_PER_SIDE * 1e9;
  while (sides.some((side) => isShort(side.nanos))) {
    for (const side of sides) {
      const took = (await side.talk.ask(`run ${side.turn}`)).split(' ').map(Number);
      side.nanos.push(...took);
      side.turn = Math.max(1, Math.round((TURN_MILLIS * 1e6) / median(took)));
    }
  }
  ours.end();
  theirs.end();
  const [ms, goMs] = sides.map((side) => side.nanos.map((nanos) => nanos / 1e6));
  const [min, goMin] = [ms, goMs].map((all) => all.reduce((least, each) => Math.min(least, each)));
  return {
    bench: 'decode',
    file: basename(file),
    samples: Number(samples[0]),
    rounds: ms.length,
    ms_min: round(min, 3),
    ms_median: round(median(ms), 3),
    go_ms_min: round(goMin, 3),
    go_ms_median: round(median(goMs), 3),
    ratio: round(goMin / min, 2),
    ratio_median: round(median(goMs) / median(ms), 2),
    ...(await peakMemory(file)),
  };
}

/**
 * @param {import('./lib/conversation.mjs').Conversation} talk
 * @param {string} file
 */
async function load(talk, file) {
  const answer = await talk.ask(`load ${file}`);
  if (!answer.startsWith('ok ')) stop(`${file}: ${answer}`);
  return answer.slice(3);
}

/**
 * Peak resident memory of a process that decodes the file once, over one that only loaded the code.
 * @param {string} file
 */
async function peakMemory(file) {
  const idle = startOurs();
  const idleKib = Number(await idle.ask('peak'));
  idle.end();
  const busy = startOurs();
  await load(busy, file);
  const peakKib = Number(await busy.ask('peak'));
  busy.end();
  const bytes = readFileSync(file);
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const plainKib = (isGzip ? gunzipSync(bytes) : bytes).length / 1024;
  return {
    plain_mib: round(plainKib / 1024, 2),
    peak_over_idle_mib: round((peakKib - idleKib) / 1024, 2),
    peak_ratio: round((peakKib - idleKib) / plainKib, 2),
  };
}
