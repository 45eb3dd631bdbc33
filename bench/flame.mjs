// Flame-graph layout: of all frames, and again when one is clicked. The tree is made of a profile's stacks, or drawn by
// chance with so many nodes (--nodes) where no file is given. There is no other side: what people compare is the page.
// Usage: npm run -s bench:flame -- [--nodes 60000] [--rounds 30] [FILE]
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { performance } from 'node:perf_hooks';
import { gunzipSync } from 'node:zlib';
import { readOptions } from './lib/options.mjs';
import { importProduct, needProduct } from './lib/product.mjs';
import { describeMachine, median, printResult, round } from './lib/results.mjs';

const { options, files } = readOptions({ nodes: 60_000, rounds: 30, seed: 1 });
needProduct();
describeMachine();
const { decodeTables } = await importProduct('pprof/decode-profile');
const { ProfileBuilder } = await importProduct('pprof/profile-builder');
const { buildFlameTree } = await importProduct('flamegraph/flame-tree');
const { layoutFlame, focusFlame } = await importProduct('flamegraph/layout');

const profile = files.length > 0 ? readProfile(files[0]) : drawProfile(options.nodes);
const column = profile.samples.values.length - 1;
/** @type {Record<string, number[]>} */
const took = { tree: [], layout: [], focus: [] };
/**
 * @template T
 * @param {string} what
 * @param {() => T} work
 */
function time(what, work) {
  const start = performance.now();
  const result = work();
  took[what].push(performance.now() - start);
  return result;
}

let nodes = 0;
for (let turn = 0; turn < options.rounds; turn++) {
  const tree = time('tree', () => buildFlameTree(profile, column));
  const layout = time('layout', () => layoutFlame(tree));
  nodes = tree.length;
  time('focus', () => focusFlame(layout, Math.floor(nodes / 2)));
}
printResult({
  bench: 'flame',
  file: files.length > 0 ? basename(files[0]) : 'drawn',
  nodes,
  rounds: options.rounds,
  ...Object.fromEntries(
    Object.entries(took).flatMap(([what, millis]) => [
      [`${what}_ms_first`, round(millis[0], 2)],
      [`${what}_ms_min`, round(Math.min(...millis), 2)],
      [`${what}_ms_median`, round(median(millis), 2)],
    ]),
  ),
});

/** @param {string} file */
function readProfile(file) {
  const bytes = readFileSync(file);
  return decodeTables(bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes);
}

/**
 * Stacks of 5 to 40 frames that share their upper part, as those of a service do.
 * @param {number} wanted
 */
function drawProfile(wanted) {
  let state = options.seed;
  const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const builder = new ProfileBuilder();
  builder.addSampleType(builder.string('space'), builder.string('bytes'));
  const locations = Array.from({ length: 2000 }, (_, row) => {
    const name = builder.string(`example.com/service/room${row % 40}.(*Thing).work${row}`);
    const fn = builder.internFunction({ name, systemName: name, file: name, startLine: 0 });
    const lines = [{ function: fn, line: 1, column: 0 }];
    return builder.internLocation({ mapping: -1, address: row + 1, lines, isFolded: false });
  });
  const pick = () => locations[Math.floor(random() * locations.length)];
  let path = Array.from({ length: 10 }, pick);
  for (let made = path.length; made < wanted;) {
    const shared = Math.floor(random() * path.length);
    const added = 1 + Math.floor(random() * 8);
    path = [...path.slice(0, shared), ...Array.from({ length: added }, pick)].slice(0, 40);
    made += path.length - shared;
    builder.addSample(builder.internStack([...path].reverse()), [1 + Math.floor(random() * 1e6)], []);
  }
  return builder.finish();
}
