// Whole commands against `go tool pprof`, start-up included, each in a cold process: no cache folder, no server that helps.
// `flame` and `svg` have no other side here: pprof needs Graphviz for the one and has no file of the other.
// Usage: npm run -s bench:profile -- [--rounds 10] FILE...
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { measure } from './lib/measured-child.mjs';
import { readOptions } from './lib/options.mjs';
import { CLI, needProduct, stop } from './lib/product.mjs';
import { describeMachine, interleave, median, printResult, round, spread } from './lib/results.mjs';
import { makeTemporaryFolder } from './lib/temporary-folder.mjs';

const { options, files } = readOptions({ rounds: 10 });
if (files.length === 0) stop('give profiles: npm run -s bench:profile -- FILE...');
const missing = files.find((file) => !statSync(file, { throwIfNoEntry: false })?.isFile());
if (missing) stop(`${missing} is no file`);
needProduct();
describeMachine();
const { folder } = makeTemporaryFolder('profile');

/** @param {string} file */
function reportsOn(file) {
  return [
    { report: 'top', flags: [], isShared: true },
    { report: 'tree', flags: [], isShared: true },
    { report: 'top', flags: [`-base=${file}`], isShared: true },
    { report: 'flame', flags: [`-output=${join(folder, 'flame.svg')}`], isShared: false },
    { report: 'svg', flags: [`-output=${join(folder, 'graph.svg')}`], isShared: false },
  ];
}

/** @type {Record<string, number>} */
const peaks = {};

/**
 * @param {string} side
 * @param {string} command
 * @param {readonly string[]} args
 */
async function once(side, command, args) {
  const { status, millis, peakMib, stderr } = await measure(command, args);
  if (status !== 0) stop(`${side} ended with ${status}: ${stderr.trim().slice(-500)}`);
  peaks[side] = Math.max(peaks[side] ?? 0, peakMib);
  return millis;
}

for (const file of files) {
  for (const { report, flags, isShared } of reportsOn(file)) {
    for (const side of Object.keys(peaks)) delete peaks[side];
    const ours = () => once('plimsoll', process.execPath, [CLI, 'profile', report, ...flags, file]);
    const theirs = () => once('go', 'go', ['tool', 'pprof', `-${report}`, ...flags, file]);
    const sides = isShared ? { plimsoll: ours, go: theirs } : { plimsoll: ours };
    for (const run of Object.values(sides)) await run(); // files into the page cache, pprof into Go's
    const millis = await interleave(options.rounds, sides);
    const best = Math.min(...millis.plimsoll);
    printResult({
      bench: 'profile',
      file: basename(file),
      report: flags.some((flag) => flag.startsWith('-base')) ? `${report} -base` : report,
      rounds: options.rounds,
      ...spread('ms', millis.plimsoll),
      ...(millis.go === undefined
        ? {}
        : { ...spread('go_ms', millis.go), ratio: round(Math.min(...millis.go) / best, 2) }),
      peak_mib: round(peaks.plimsoll),
      ms_p50: round(median(millis.plimsoll)),
    });
  }
}
