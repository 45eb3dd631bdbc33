// What every benchmark prints: on standard output one JSON line a result, on standard error the machine and progress.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

/**
 * Prints one result. `load1` says how busy the machine was: a figure from a busy machine is an upper bound.
 * @param {Record<string, unknown>} result
 */
export function printResult(result) {
  process.stdout.write(`${JSON.stringify({ ...result, load1: round(loadavg()[0], 2) })}\n`);
}

/** @param {string} text */
export function talk(text) {
  process.stderr.write(`bench: ${text}\n`);
}

/** Says once on which machine the figures were taken. */
export function describeMachine() {
  const go = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' });
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  const flags = readFileSync('/proc/cpuinfo', 'utf8').includes('hypervisor') ? ', virtual machine' : '';
  talk(
    `${cpus().length} x ${model}${flags}, Node ${process.versions.node}, ` +
      `${go.status === 0 ? go.stdout.trim() : 'no Go'}, load ${loadavg()
        .map((l) => l.toFixed(2))
        .join(' ')}`,
  );
}

/**
 * @param {number} value
 * @param {number} digits after the point
 */
export function round(value, digits = 1) {
  return Number(value.toFixed(digits));
}

/** @param {readonly number[]} values */
export function median(values) {
  return quantile(values, 0.5);
}

/**
 * Linear between the two nearest.
 * @param {readonly number[]} values
 * @param {number} q in [0, 1]
 */
export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return NaN;
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? NaN;
  const high = sorted[Math.ceil(at)] ?? NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/**
 * Minimum, median and the middle half: `ms_min`, `ms_median`, `ms_p25`, `ms_p75` with prefix `ms`.
 * @param {string} prefix
 * @param {readonly number[]} values
 * @param {number} digits
 */
export function spread(prefix, values, digits = 1) {
  return {
    [`${prefix}_min`]: round(Math.min(...values), digits),
    [`${prefix}_median`]: round(median(values), digits),
    [`${prefix}_p25`]: round(quantile(values, 0.25), digits),
    [`${prefix}_p75`]: round(quantile(values, 0.75), digits),
  };
}

/**
 * Runs all sides in turn, round after round, each round beginning with another one, so that what else the machine
 * does falls on all of them alike.
 * @template {string} Name
 * @param {number} rounds
 * @param {Record<Name, () => Promise<number>>} sides each returns what it measured
 * @returns {Promise<Record<Name, number[]>>}
 */
export async function interleave(rounds, sides) {
  const names = /** @type {Name[]} */ (Object.keys(sides));
  const values = /** @type {Record<Name, number[]>} */ (Object.fromEntries(names.map((name) => [name, []])));
  for (let r = 0; r < rounds; r++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + r) % names.length];
      values[name].push(await sides[name]());
    }
  }
  return values;
}
