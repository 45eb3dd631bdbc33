// Seeded randomness with independent streams: a part of a series that is switched off must not change the others.

/** Numbers that depend on nothing but the seed and the labels of the forks on the way here. */
export class Random {
  #state;
  #seed;

  /** @param {number} seed */
  constructor(seed) {
    this.#seed = seed >>> 0;
    this.#state = this.#seed;
  }

  /**
   * A stream of its own.
   * @param {string} label
   */
  fork(label) {
    // FNV-1a over seed and label, then one round of mixing: neighbours share nothing.
    let hash = 0x811c9dc5 ^ this.#seed;
    for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
    return new Random((hash ^ (hash >>> 15)) >>> 0);
  }

  /** Uniform in [0, 1): mulberry32. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /**
   * @param {number} low
   * @param {number} high
   */
  uniform(low, high) {
    return low + (high - low) * this.next();
  }

  /**
   * Uniform in the logarithm: as many small as large ones.
   * @param {number} low
   * @param {number} high
   */
  logUniform(low, high) {
    return low * (high / low) ** this.next();
  }

  /** @param {number} share probability of true */
  chance(share) {
    return this.next() < share;
  }

  /**
   * @template T
   * @param {readonly T[]} items
   */
  pick(items) {
    return items[Math.floor(this.next() * items.length)];
  }

  /** Standard normal, Box-Muller; two numbers are drawn for each, so that streams stay aligned. */
  normal() {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return radius * Math.cos(2 * Math.PI * this.next());
  }

  /** @param {number} mean */
  exponential(mean) {
    return -mean * Math.log(1 - this.next());
  }

  /**
   * Heavy tail: P(X > x) = (low / x)^alpha, cut at `high`.
   * @param {number} alpha
   * @param {number} low
   * @param {number} high
   */
  pareto(alpha, low, high) {
    return Math.min(high, low * (1 - this.next()) ** (-1 / alpha));
  }

  /**
   * Counts; above 50 the normal approximation is close enough.
   * @param {number} mean
   */
  poisson(mean) {
    if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const bound = Math.exp(-mean);
    let count = 0;
    for (let product = this.next(); product > bound; product *= this.next()) count++;
    return count;
  }
}

/**
 * First-order autoregressive noise of standard deviation 1, one value a step.
 * @param {Random} random
 * @param {number} memorySteps time constant in steps; 0 = white
 * @returns {() => number}
 */
export function slowNoise(random, memorySteps) {
  const phi = memorySteps > 0 ? Math.exp(-1 / memorySteps) : 0;
  const spread = Math.sqrt(1 - phi * phi);
  let value = random.normal();
  return () => (value = phi * value + spread * random.normal());
}

/**
 * Long-range dependent noise of standard deviation 1: a sum of autoregressive noises whose memories grow by four, weighted so that
 * the variance of averages falls as n^(2H-2) from the shortest to the longest memory.
 * @param {Random} random
 * @param {{ hurst: number, shortestSteps: number, longestSteps: number }} options
 * @returns {() => number}
 */
export function longMemoryNoise(random, { hurst, shortestSteps, longestSteps }) {
  const memories = [];
  for (let steps = shortestSteps; steps <= longestSteps; steps *= 4) memories.push(steps);
  const power = memories.map((steps) => steps ** (2 * hurst - 2));
  const total = power.reduce((a, b) => a + b, 0);
  const parts = memories.map((steps, i) => ({
    weight: Math.sqrt(power[i] / total),
    draw: slowNoise(random.fork(`memory ${i}`), steps),
  }));
  return () => parts.reduce((sum, part) => sum + part.weight * part.draw(), 0);
}
