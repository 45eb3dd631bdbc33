// Many heap profiles of one program, made from a real one: what a service's profiles over time, or those of its
// instances, have in common and what not. The same seed gives the same files.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { importProduct } from './product.mjs';

/** Share of the samples that a profile lacks, and of those whose stack is spliced from two. */
const MISSING = 0.05;
const SPLICED = 0.01;

/**
 * Writes `count` profiles into a folder.
 * @param {string} source a heap profile
 * @param {string} folder
 * @param {number} count
 * @param {number} seed
 * @returns {Promise<string[]>} their paths
 */
export async function writeMutatedProfiles(source, folder, count, seed) {
  const { decodeReceivedProfile } = await importProduct('pipeline/decode-bytes');
  const { encodeProfile } = await importProduct('pprof/encode-proto');
  const random = seededRandom(seed);
  const { profile } = decodeReceivedProfile(readFileSync(source));
  return Array.from({ length: count }, (_, i) => {
    const path = join(folder, `${String(i).padStart(5, '0')}.pb.gz`);
    writeFileSync(path, gzipSync(encodeProfile(mutate(profile, random, i)), { level: 6 }));
    return path;
  });
}

/**
 * @param {any} profile
 * @param {() => number} random
 * @param {number} index
 */
function mutate(profile, random, index) {
  const { samples, stacks } = profile;
  const kept = Array.from({ length: samples.length }, (_, row) => row).filter(() => random() >= MISSING);
  /** @type {number[]} */
  const location = [];
  const locationStart = [0];
  for (let row = 0; row < kept.length; row++) {
    const stack = samples.stack[kept[row]];
    const other = samples.stack[kept[Math.floor(random() * kept.length)]];
    const own = stacks.location.subarray(stacks.locationStart[stack], stacks.locationStart[stack + 1]);
    const theirs = stacks.location.subarray(stacks.locationStart[other], stacks.locationStart[other + 1]);
    if (random() >= SPLICED) location.push(...own);
    else location.push(...own.subarray(0, own.length >> 1), ...theirs.subarray(theirs.length >> 1));
    locationStart.push(location.length);
  }
  return {
    ...profile,
    header: {
      ...profile.header,
      timeNanos: profile.header.timeNanos + BigInt(index) * 60_000_000_000n,
    },
    samples: {
      length: kept.length,
      stack: Int32Array.from(kept, (_, row) => row),
      values: samples.values.map((/** @type {Float64Array} */ column) =>
        Float64Array.from(kept, (row) => Math.round(Number(column[row]) * (0.5 + random()))),
      ),
      labelStart: Int32Array.from([0, ...kept.keys()], (_, row) => row),
    },
    labels: keepLabels(profile, kept),
    stacks: {
      length: kept.length,
      locationStart: Int32Array.from(locationStart),
      location: Int32Array.from(location),
    },
  };
}

/**
 * The first label of each sample: heap profiles have one, the size of the objects.
 * @param {any} profile
 * @param {readonly number[]} kept
 */
function keepLabels({ samples, labels }, kept) {
  const rows = kept.map((row) => samples.labelStart[row]);
  return {
    length: kept.length,
    key: Int32Array.from(rows, (row) => labels.key[row]),
    text: Int32Array.from(rows, (row) => labels.text[row]),
    number: Float64Array.from(rows, (row) => Number(labels.number[row])),
    unit: Int32Array.from(rows, (row) => labels.unit[row]),
  };
}

/**
 * mulberry32
 * @param {number} seed
 */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
