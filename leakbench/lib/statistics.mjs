// Intervals for the table. Shares: Wilson. Counts over time: exact Poisson. Everything else: bootstrap over series with a fixed seed.
import { Random } from './random.mjs';

const Z95 = 1.959964;
const BOOTSTRAP_ROUNDS = 1000;

/** @typedef {{ value: number, low: number, high: number, of: number }} Figure `of`: how many cases it rests on */

/** @type {Figure} */
export const NO_FIGURE = { value: NaN, low: NaN, high: NaN, of: 0 };

/**
 * @param {number} hits
 * @param {number} of
 * @returns {Figure}
 */
export function share(hits, of) {
  if (of === 0) return NO_FIGURE;
  const p = hits / of;
  const z2 = Z95 * Z95;
  const centre = (p + z2 / (2 * of)) / (1 + z2 / of);
  const half = (Z95 / (1 + z2 / of)) * Math.sqrt((p * (1 - p)) / of + z2 / (4 * of * of));
  return { value: p, low: Math.max(0, centre - half), high: Math.min(1, centre + half), of };
}

/**
 * Events over a time.
 * @param {number} events
 * @param {number} time
 * @returns {Figure}
 */
export function rate(events, time) {
  if (!(time > 0)) return NO_FIGURE;
  const low = events === 0 ? 0 : solve((mean) => 1 - poissonBelow(events - 1, mean), 0.025, events);
  const high = solve((mean) => 1 - poissonBelow(events, mean), 0.975, events);
  return { value: events / time, low: low / time, high: high / time, of: events };
}

/**
 * P(X <= k) for a Poisson variable.
 * @param {number} k
 * @param {number} mean
 */
function poissonBelow(k, mean) {
  let log = -mean;
  let sum = Math.exp(log);
  for (let i = 1; i <= k; i++) {
    log += Math.log(mean / i);
    sum += Math.exp(log);
  }
  return Math.min(1, sum);
}

/**
 * The mean at which a rising function reaches `target`.
 * @param {(mean: number) => number} rising
 * @param {number} target
 * @param {number} events
 */
function solve(rising, target, events) {
  let low = 1e-9;
  let high = events + 10 * Math.sqrt(events + 1) + 10;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (rising(middle) < target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Linear between the two nearest.
 * @param {readonly number[]} values
 * @param {number} q in [0, 1]
 */
export function quantile(values, q) {
  if (values.length === 0) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)];
  const high = sorted[Math.ceil(at)];
  // Infinite values (never raised) are ordinary here.
  return low === high ? low : low + (high - low) * (at - Math.floor(at));
}

/**
 * Median with the middle 95 % of bootstrap medians.
 * @param {readonly number[]} values
 * @returns {Figure}
 */
export function medianFigure(values) {
  return bootstrap(values, (sample) => quantile(sample, 0.5));
}

/**
 * @template T
 * @param {readonly T[]} cases
 * @param {(sample: readonly T[]) => number} statistic
 * @returns {Figure}
 */
export function bootstrap(cases, statistic) {
  if (cases.length === 0) return NO_FIGURE;
  const random = new Random(20_260_105);
  const drawn = [];
  for (let round = 0; round < BOOTSTRAP_ROUNDS; round++) {
    const value = statistic(cases.map(() => random.pick(cases)));
    if (!Number.isNaN(value)) drawn.push(value);
  }
  return {
    value: statistic(cases),
    low: quantile(drawn, 0.025),
    high: quantile(drawn, 0.975),
    of: cases.length,
  };
}
