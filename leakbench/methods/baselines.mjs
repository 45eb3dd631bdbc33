// What people use now, as they use it. Windows and thresholds are those of the tools' defaults, of their documentation, or of the
// articles that recommend them; all look at resident memory unless the rule is about the heap.
import { HOUR_MILLIS, MINUTE_MILLIS, firstRowFrom, fitLine, runRule } from './method.mjs';

/** @typedef {import('./method.mjs').Method} Method */
/** @typedef {import('../lib/series.mjs').Series} Series */

/** @param {Series} series */
const rssOf = (series) =>
  series.columns.get('rssBytes') ?? new Float64Array(series.timeMillis.length).fill(NaN);

/** @param {Series} series */
const heapOf = (series) => series.columns.get('heapInuseBytes') ?? rssOf(series);

/**
 * An alert on usage: resident memory above this share of the limit for a quarter of an hour.
 * @param {number} share
 * @returns {Method}
 */
export function rssThreshold(share) {
  return {
    name: `RSS above ${share * 100} % of the limit`,
    about: 'for 15 min: the usual alert',
    watch(series, { everyMillis, asksMillis }) {
      const rss = rssOf(series);
      const bound = share * series.truth.limitBytes;
      return runRule(series, {
        everyMillis,
        asksMillis,
        forMillis: 15 * MINUTE_MILLIS,
        holds: (row) => rss[row] > bound,
      });
    },
  };
}

/**
 * `predict_linear(process_resident_memory_bytes[window], ahead) > limit`, for an hour: least squares over the window, the line's
 * value at the evaluation plus what the slope adds (promql/functions.go). It knows nothing of restarts, as resident
 * memory is a gauge.
 * @param {number} windowHours
 * @param {number} aheadHours
 * @returns {Method}
 */
export function predictLinear(windowHours, aheadHours) {
  return {
    name: `predict_linear ${windowHours}h to ${aheadHours}h`,
    about: `RSS[${windowHours}h] crosses the limit within ${aheadHours} h, for 1 h`,
    watch(series, { everyMillis, asksMillis }) {
      const rss = rssOf(series);
      const { limitBytes } = series.truth;
      const fit = (/** @type {number} */ row) => {
        const from = firstRowFrom(series.timeMillis, series.timeMillis[row] - windowHours * HOUR_MILLIS);
        return fitLine(series.timeMillis, rss, from, row + 1);
      };
      return runRule(series, {
        everyMillis,
        asksMillis,
        forMillis: HOUR_MILLIS,
        holds: (row) => {
          const line = fit(row);
          return line !== null && line.atEnd + line.perHour * aheadHours > limitBytes;
        },
        answer: (row) => {
          const line = fit(row);
          if (!line || !(line.perHour > 0)) return {};
          const hours = Math.max(0, (limitBytes - line.atEnd) / line.perHour);
          return {
            exhaustion: {
              at: series.timeMillis[row] + hours * HOUR_MILLIS,
              low: null,
              high: null,
              isKill: true,
            },
          };
        },
      });
    },
  };
}

const COROOT = {
  /** auditor/memory.go, MemoryGrowthPct: points that must be there, a drop that splits, the least run. */
  known: 0.8,
  drop: 0.5,
  leastPoints: 10,
  leastRun: 1 / 3,
  /** The last quarter (or 15 min) must still rise at this share of the whole slope. */
  tailShare: 0.25,
  tailMillis: 15 * MINUTE_MILLIS,
  tailSlope: 0.3,
  /** Growth of the last hour over the limit, bytes without a limit, and the alert's threshold per hour. */
  shareOfLimit: 0.05,
  perHour: 0.1,
};

/**
 * Coroot's leak check on the resident memory of a container, with the window as the only setting.
 * @param {number} windowHours
 * @returns {Method}
 */
export function coroot(windowHours) {
  return {
    name: `Coroot's rule, ${windowHours} h`,
    about: 'grows by more than 10 % an hour and 5 % of the limit, still rising, for 15 min',
    watch(series, { everyMillis, asksMillis }) {
      return runRule(series, {
        everyMillis,
        asksMillis,
        forMillis: 15 * MINUTE_MILLIS,
        holds: (row) => corootGrows(series, row, windowHours * HOUR_MILLIS),
      });
    },
  };
}

/**
 * @param {Series} series
 * @param {number} row
 * @param {number} windowMillis
 */
function corootGrows({ timeMillis, columns, stepMillis, truth }, row, windowMillis) {
  const rss = columns.get('rssBytes');
  if (!rss) return false;
  const from = firstRowFrom(timeMillis, timeMillis[row] - windowMillis);
  const expected = windowMillis / stepMillis;
  if (row + 1 - from < COROOT.known * expected) return false;
  let best = { from, to: from };
  for (let begin = from, i = from + 1; i <= row + 1; i++) {
    const isSplit = i > row || rss[i] < COROOT.drop * rss[i - 1];
    if (!isSplit) continue;
    if (i - begin > best.to - best.from) best = { from: begin, to: i };
    begin = i;
  }
  const points = best.to - best.from;
  if (points < COROOT.leastPoints || points < COROOT.leastRun * expected) return false;
  const whole = fitLine(timeMillis, rss, best.from, best.to);
  if (!whole || whole.perHour <= 0) return false;
  const span = timeMillis[best.to - 1] - timeMillis[best.from];
  const tailFrom = firstRowFrom(
    timeMillis,
    timeMillis[best.to - 1] - Math.max(COROOT.tailMillis, span * COROOT.tailShare),
  );
  const tail = fitLine(timeMillis, rss, Math.max(best.from, tailFrom), best.to);
  if (!tail || tail.perHour < COROOT.tailSlope * whole.perHour) return false;
  const grown = Math.min(1, span / HOUR_MILLIS) * whole.perHour;
  const hourAgo = whole.atEnd - whole.perHour;
  return (
    grown >= COROOT.shareOfLimit * truth.limitBytes && whole.perHour > COROOT.perHour * Math.max(1, hourAgo)
  );
}

/** One-sided 1 %. */
const MANN_KENDALL_Z = 2.326;

/**
 * The trend test of the software-aging papers on resident memory, one-sided 1 %, for an hour.
 * @param {number} windowHours
 * @returns {Method}
 */
export function mannKendall(windowHours) {
  return {
    name: `Mann-Kendall, ${windowHours} h`,
    about: 'trend of RSS, one-sided p < 0.01, for 1 h',
    watch(series, { everyMillis, asksMillis }) {
      const rss = rssOf(series);
      return runRule(series, {
        everyMillis,
        asksMillis,
        forMillis: HOUR_MILLIS,
        holds: (row) => {
          const from = firstRowFrom(series.timeMillis, series.timeMillis[row] - windowHours * HOUR_MILLIS);
          return isRising(rss, from, row + 1);
        },
      });
    },
  };
}

/**
 * @param {Float64Array} value
 * @param {number} from
 * @param {number} to
 */
function isRising(value, from, to) {
  const known = value.subarray(from, to).filter((v) => !Number.isNaN(v));
  // At most 72 points, evenly taken: the test is quadratic.
  const every = Math.max(1, Math.ceil(known.length / 72));
  const points = known.filter((_, i) => i % every === 0);
  const n = points.length;
  if (n < 10) return false;
  let s = 0;
  for (let i = 1; i < n; i++) for (let j = 0; j < i; j++) s += Math.sign(points[i] - points[j]);
  return (s - 1) / Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18) > MANN_KENDALL_Z;
}

/**
 * The articles' check: two heap snapshots some time apart, and the second is a quarter larger. With gauges alone heap in use stands
 * for the profile's total; snapshots are a day apart, so that the same hour is compared.
 * @param {{ apartHours: number, share: number }} options
 * @returns {Method}
 */
export function twoSnapshots({ apartHours, share }) {
  return {
    name: `two snapshots, +${share * 100} %`,
    about: `heap in use ${apartHours} h apart (gauges stand for profiles)`,
    watch(series, options) {
      const sizes = snapshotsOf(series, apartHours);
      return runSnapshots(
        series,
        options,
        sizes,
        (i) => i >= 1 && sizes[i].bytes > (1 + share) * sizes[i - 1].bytes,
      );
    },
  };
}

/**
 * Three snapshots of which each is larger than the one before, as MemLab's and LeakCanary's growth detectors ask of objects.
 * @param {{ apartHours: number, share: number }} options
 * @returns {Method}
 */
export function threeSnapshots({ apartHours, share }) {
  return {
    name: `three snapshots, each +${share * 100} %`,
    about: `heap in use ${apartHours} h apart (gauges stand for profiles)`,
    watch(series, options) {
      const sizes = snapshotsOf(series, apartHours);
      const grew = (/** @type {number} */ i) => sizes[i].bytes > (1 + share) * sizes[i - 1].bytes;
      return runSnapshots(series, options, sizes, (i) => i >= 2 && grew(i) && grew(i - 1));
    },
  };
}

/**
 * The first an hour after the start of watching, then each `apartHours` later.
 * @param {Series} series
 * @param {number} apartHours
 */
function snapshotsOf(series, apartHours) {
  const heap = heapOf(series);
  const { timeMillis } = series;
  const found = [];
  for (let at = timeMillis[0] + HOUR_MILLIS; ; at += apartHours * HOUR_MILLIS) {
    let row = firstRowFrom(timeMillis, at);
    while (row < timeMillis.length && Number.isNaN(heap[row])) row++;
    if (row >= timeMillis.length) return found;
    found.push({ row, bytes: heap[row] });
  }
}

/**
 * @param {Series} series
 * @param {import('./method.mjs').WatchOptions} options
 * @param {readonly { row: number }[]} sizes
 * @param {(i: number) => boolean} isLeak at the i-th snapshot
 */
function runSnapshots(series, { asksMillis }, sizes, isLeak) {
  let last = -1;
  return runRule(series, {
    everyMillis: 0,
    asksMillis,
    forMillis: 0,
    holds: (row) => {
      while (last + 1 < sizes.length && sizes[last + 1].row <= row) last++;
      return last >= 0 && isLeak(last);
    },
  });
}

/** LeakProf's threshold (CGO 2024) on the whole process: goroutines beyond ten thousand. */
export const manyGoroutines = {
  name: 'more than 10,000 goroutines',
  about: 'the absolute threshold of goroutine monitors',
  /** @type {Method['watch']} */
  watch(series, { everyMillis, asksMillis }) {
    const goroutines = series.columns.get('goroutines');
    return runRule(series, {
      everyMillis,
      asksMillis,
      forMillis: 15 * MINUTE_MILLIS,
      holds: (row) => (goroutines?.[row] ?? 0) > 10_000,
    });
  },
};
