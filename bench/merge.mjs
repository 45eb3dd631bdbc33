// Merging many heap profiles of one program into one profile.proto, against `go tool pprof -proto` over the same files:
// whole commands, cold; and the merge alone, in process, with the memory that it holds.
// Usage: npm run -s bench:merge -- [--count 1000] [--rounds 3] [--seed 1] FILE    FILE is a heap profile to make them from
import { readFileSync, statSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { join } from 'node:path';
import { measure } from './lib/measured-child.mjs';
import { writeMutatedProfiles } from './lib/mutated-profiles.mjs';
import { readOptions } from './lib/options.mjs';
import { CLI, importProduct, needProduct, stop } from './lib/product.mjs';
import { describeMachine, interleave, median, printResult, round, spread, talk } from './lib/results.mjs';
import { makeTemporaryFolder } from './lib/temporary-folder.mjs';

const { options, files } = readOptions({ count: 1000, rounds: 3, seed: 1 });
if (files.length !== 1 || !statSync(files[0], { throwIfNoEntry: false })?.isFile())
  stop('give one heap profile: npm run -s bench:merge -- FILE');
needProduct();
describeMachine();

const { folder } = makeTemporaryFolder('merge');
const profiles = await writeMutatedProfiles(files[0], folder, options.count, options.seed);
talk(`made ${profiles.length} profiles, ${round(statSync(profiles[0]).size / 1024)} KiB the first`);

/** @type {Record<string, number[]>} */
const peaks = { plimsoll: [], go: [] };

/**
 * @param {'plimsoll' | 'go'} side
 * @param {string} command
 * @param {readonly string[]} args
 */
async function once(side, command, args) {
  const { status, millis, peakMib, stderr } = await measure(command, args);
  if (status !== 0) stop(`${side} ended with ${status}: ${stderr.trim().slice(-500)}`);
  peaks[side].push(peakMib);
  return millis;
}

const output = join(folder, 'merged.pb.gz');
const sides = {
  plimsoll: () =>
    once('plimsoll', process.execPath, [CLI, 'profile', 'proto', `-output=${output}`, ...profiles]),
  go: () => once('go', 'go', ['tool', 'pprof', '-proto', `-output=${output}`, ...profiles]),
};
await sides.go(); // the files into the page cache, pprof into Go's
peaks.go.length = 0;
const millis = await interleave(options.rounds, sides);
printResult({
  bench: 'merge',
  what: 'whole command',
  profiles: profiles.length,
  rounds: options.rounds,
  ...spread('ms', millis.plimsoll),
  ...spread('go_ms', millis.go),
  ratio: round(Math.min(...millis.go) / Math.min(...millis.plimsoll), 2),
  peak_mib: round(median(peaks.plimsoll)),
  go_peak_mib: round(median(peaks.go)),
});
printResult(await mergeInProcess());

/** The merge without start-up; memory of the result, and how it goes with the number of profiles. */
async function mergeInProcess() {
  const { decodeReceivedProfile } = await importProduct('pipeline/decode-bytes');
  const { createMerger } = await importProduct('profile/merge');
  const merger = createMerger();
  const start = performance.now();
  /** @type {number[]} */
  const samples = [];
  profiles.forEach((path, i) => {
    merger.add(decodeReceivedProfile(readFileSync(path)).profile);
    if (i % Math.ceil(profiles.length / 4) === 0) samples.push(merger.sampleCount);
  });
  const merged = merger.finish();
  const took = performance.now() - start;
  return {
    bench: 'merge',
    what: 'read, decode and merge in process',
    profiles: profiles.length,
    ms: round(took),
    ms_per_profile: round(took / profiles.length, 3),
    samples: merged.samples.length,
    samples_at_quarters: samples,
  };
}
