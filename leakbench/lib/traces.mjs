// Load: what services are asked to do over a month. `plain` loads are those that the detector's own models describe (constant,
// one sine a day); `trace` loads have the statistics of published traces and are outside of them. No trace is part of the
// project: only the figures below are used.
import { longMemoryNoise } from './random.mjs';

/** @typedef {import('./random.mjs').Random} Random */

/** Each with where it was published. */
export const TRACE_STATISTICS = {
  webHurst: {
    low: 0.76,
    high: 0.83,
    source: 'M. Crovella, A. Bestavros: Self-Similarity in World Wide Web Traffic, IEEE/ACM ToN 5(6), 1997',
    what: 'Hurst parameter of request traffic in busy hours: bursts at every scale up to hours',
  },
  transferTail: {
    alpha: 1.21,
    source: 'the same: transmission times are Pareto',
    what: 'tail of how long one piece of work holds its memory',
  },
  quietTail: {
    alpha: 1.5,
    source: 'the same: OFF times are Pareto',
    what: 'tail of how long bursts and pauses last',
  },
  keyZipf: {
    low: 0.64,
    high: 0.83,
    source: 'L. Breslau et al.: Web Caching and Zipf-like Distributions, INFOCOM 1999',
    what: 'popularity of requested keys: how the set of keys that were seen grows',
  },
  steadyShare: {
    value: 0.5,
    source: 'M. Shahrad et al.: Serverless in the Wild, USENIX ATC 2020, Azure Functions 2019',
    what: 'share of the peak that does not follow day or week',
  },
  applicationMib: {
    median: 170,
    p90: 400,
    source: 'the same: half of the applications allocate at most 170 MB, nine of ten at most 400 MB',
    what: 'memory of a service: log-normal with this median and this 90th percentile',
  },
  memoryHardlyFollowsLoad: {
    value: true,
    source:
      'C. Jiang et al.: Characterizing Co-located Workloads in Alibaba Cloud Datacenters, IEEE TCC 2020',
    what: 'CPU of containers follows the day while their memory stays about constant: the load explains little of it',
  },
};

const DAY_HOURS = 24;
const WEEK_HOURS = 168;

/** @typedef {(hours: number) => number} Load mean requests a second over the step that begins at these hours */

/**
 * One sine a day, white noise.
 * @param {Random} random
 * @param {{ meanPerSecond: number, daily: number, weekly: number, noise: number }} options
 *   `daily`: half of peak to trough over mean; `weekly`: what a weekend lacks; `noise`: standard deviation over mean
 * @returns {Load}
 */
export function plainLoad(random, { meanPerSecond, daily, weekly, noise }) {
  const peak = random.uniform(10, 22);
  return (hours) => {
    const day = 1 + daily * Math.cos((2 * Math.PI * (hours - peak)) / DAY_HOURS);
    const week = isWeekend(hours) ? 1 - weekly : 1;
    return meanPerSecond * Math.max(0.02, day * week * (1 + noise * random.normal()));
  };
}

/**
 * A steady share, a day with two peaks, weekends, self-similar bursts, a log-normal margin, and crowds that come and go.
 * @param {Random} random
 * @param {{ meanPerSecond: number, stepMillis: number }} options
 * @returns {Load}
 */
export function traceLoad(random, { meanPerSecond, stepMillis }) {
  const { webHurst, steadyShare } = TRACE_STATISTICS;
  const steady = steadyShare.value * random.uniform(0.8, 1.2);
  const noon = random.uniform(9, 16);
  const evening = random.uniform(0.2, 0.9);
  const weekend = random.uniform(0.45, 0.9);
  const bursts = longMemoryNoise(random.fork('bursts'), {
    hurst: random.uniform(webHurst.low, webHurst.high),
    shortestSteps: Math.max(1, (10 * 60_000) / stepMillis),
    longestSteps: (48 * 3_600_000) / stepMillis,
  });
  const spread = random.uniform(0.08, 0.25);
  const crowd = crowds(random.fork('crowds'));
  return (hours) => {
    const clock = hours % DAY_HOURS;
    const day = Math.max(0, bump(clock, noon, 3.2) + evening * bump(clock, noon + 7, 2.2));
    const week = isWeekend(hours) ? weekend : 1;
    const follows = steady + (1 - steady) * 1.6 * day * week;
    return meanPerSecond * follows * Math.exp(spread * bursts() - (spread * spread) / 2) * crowd(hours);
  };
}

/**
 * @param {number} clock
 * @param {number} centre
 * @param {number} width hours
 */
function bump(clock, centre, width) {
  const away = ((clock - centre + 36) % DAY_HOURS) - 12;
  return Math.exp(-(away * away) / (2 * width * width));
}

/**
 * Factor above 1 while a crowd is there: every four days one, Pareto in size and length.
 * @param {Random} random
 */
function crowds(random) {
  let next = random.exponential(96);
  let until = 0;
  let factor = 1;
  return (/** @type {number} */ hours) => {
    if (hours >= next) {
      factor = 1 + random.pareto(TRACE_STATISTICS.quietTail.alpha, 0.4, 4);
      until = hours + random.pareto(TRACE_STATISTICS.quietTail.alpha, 0.2, 12);
      next = until + random.exponential(96);
    }
    return hours < until ? factor : 1;
  };
}

/** @param {number} hours since a Monday's midnight */
export function isWeekend(hours) {
  return hours % WEEK_HOURS >= 5 * DAY_HOURS;
}

/**
 * MiB of live heap of a service without its leak.
 * @param {Random} random
 */
export function serviceMib(random) {
  const { median, p90 } = TRACE_STATISTICS.applicationMib;
  const sigma = Math.log(p90 / median) / 1.2816;
  // Resident memory is about twice the live heap at GOGC=100.
  return Math.min(1500, Math.max(6, (median / 2) * Math.exp(sigma * random.normal())));
}
