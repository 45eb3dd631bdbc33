// The kinds of series, leaking and healthy. `inside`: a shape that one of the detector's own models describes, with noise as it
// assumes. `outside`: shapes that no model of it describes, or noise and load with the statistics of published traces, or
// artefacts of the collector. A kind says what it holds; lib/series.mjs draws the rest.
import { MIB } from './go-process.mjs';
import * as parts from './parts.mjs';
import { TRACE_STATISTICS } from './traces.mjs';

/** @typedef {import('./simulate.mjs').Plan} Plan */

/**
 * @typedef {object} Draw what a kind may build on
 * @property {import('./random.mjs').Random} random
 * @property {number} hours of the series
 * @property {number} meanPerSecond
 * @property {number} baseBytes
 * @property {number} perHour bytes that the leak is to grow by
 */

/**
 * What a kind may say beside its plan.
 * @typedef {object} Built
 * @property {{ daily?: number, weekly?: number }} [load] of the plain load
 * @property {(hours: number) => number} [loadFactor]
 * @property {number} [onsetHours] of the leak; 0 = from the start
 * @property {number} [perRequest] bytes that every request leaks
 */

/**
 * @typedef {object} Kind
 * @property {string} name
 * @property {'inside' | 'outside'} family
 * @property {'leak' | 'steady' | 'adversarial'} group
 * @property {string | null} class of the leak
 * @property {readonly string[]} verdicts right at the series' end
 * @property {number | null} [onsetHours] null: from the start
 * @property {boolean} [tiny] the heap stays near the 4 MiB minimum
 * @property {(draw: Draw) => Partial<Omit<Plan, 'load'>> & Built} build
 */

const FLAT = ['no-growth', 'load-driven', 'step'];
const FILLING = ['filling-to-bound', 'no-growth', 'load-driven', 'step'];

/**
 * @param {string} name
 * @param {'inside' | 'outside'} family
 * @param {Kind['build']} build
 * @param {string} leakClass
 * @returns {Kind}
 */
const leak = (name, family, build, leakClass = 'heap') => ({
  name,
  family,
  group: 'leak',
  class: leakClass,
  verdicts: ['leak'],
  build,
});

/**
 * @param {string} name
 * @param {'inside' | 'outside'} family
 * @param {readonly string[]} verdicts
 * @param {Kind['build']} build
 * @returns {Kind}
 */
const healthy = (name, family, verdicts, build) => ({
  name,
  family,
  group: 'adversarial',
  class: null,
  verdicts,
  build,
});

/**
 * @param {string} name
 * @param {'inside' | 'outside'} family
 * @param {Kind['build']} build
 * @returns {Kind}
 */
const steady = (name, family, build) => ({ ...healthy(name, family, FLAT, build), group: 'steady' });

/**
 * Restarts at about these distances.
 * @param {Draw} draw
 * @param {number} everyHours
 */
function deploys({ random, hours }, everyHours) {
  const at = [];
  for (let h = everyHours * random.uniform(0.5, 1.2); h < hours; h += everyHours * random.uniform(0.7, 1.3))
    at.push(h);
  return at;
}

/** @param {number} perDay */
const growing = (perDay) => (/** @type {number} */ hours) => 1 + (perDay * hours) / 24;

/** @param {Draw} draw */
const perRequest = (draw) => draw.perHour / (draw.meanPerSecond * 3600);

/** At most 7,200 in a month. */
const THREADS_PER_HOUR = 10;

/** @type {readonly Kind[]} */
const LEAKS_INSIDE = [
  leak('time leak', 'inside', (d) => ({ parts: [parts.timeLeak(d.perHour)] })),
  leak('work leak', 'inside', (d) => ({ parts: [parts.workLeak(perRequest(d))], perRequest: perRequest(d) })),
  leak('warm-up then leak', 'inside', (d) => ({
    parts: [
      parts.cache(d.baseBytes * d.random.uniform(0.2, 0.8), d.random.uniform(0.5, 3)),
      parts.timeLeak(d.perHour),
    ],
  })),
  leak('onset', 'inside', (d) => {
    const onsetHours = d.random.uniform(0.1, 0.5) * d.hours;
    return { parts: [parts.timeLeak(d.perHour, { fromHours: onsetHours })], onsetHours };
  }),
  leak('onset at a deploy', 'inside', (d) => {
    const onsetHours = d.random.uniform(0.1, 0.4) * d.hours;
    const per = perRequest(d);
    return {
      parts: [parts.workLeak(per, { fromHours: onsetHours })],
      deploysAtHours: [onsetHours],
      onsetHours,
      perRequest: per,
    };
  }),
  leak('leak over a filling cache', 'inside', (d) => ({
    parts: [
      parts.cache(d.baseBytes * d.random.uniform(0.3, 1.2), d.random.uniform(8, 30)),
      parts.timeLeak(d.perHour),
    ],
  })),
  leak('leak under deploys', 'inside', (d) => ({
    parts: [parts.timeLeak(d.perHour)],
    deploysAtHours: deploys(d, d.random.uniform(20, 60)),
  })),
  leak(
    'goroutine leak',
    'inside',
    (d) => ({ parts: [parts.countLeak('goroutine', d.perHour / 12_000, { heapBytesEach: 3800 })] }),
    'goroutine',
  ),
  leak(
    'native leak',
    'inside',
    (d) => ({ parts: [parts.nativeLeak(perRequest(d))], perRequest: perRequest(d) }),
    'native',
  ),
  leak(
    'thread leak',
    'inside',
    // A goroutine that locks its thread and never lets go; the runtime ends the process at 10,000.
    (d) => ({ parts: [parts.countLeak('thread', Math.min(THREADS_PER_HOUR, d.perHour / (64 * 1024)))] }),
    'thread',
  ),
];

/** @type {readonly Kind[]} */
const LEAKS_OUTSIDE = [
  leak('work leak on a trace', 'outside', (d) => ({
    parts: [parts.workLeak(perRequest(d))],
    perRequest: perRequest(d),
  })),
  leak('time leak on a trace', 'outside', (d) => ({ parts: [parts.timeLeak(d.perHour)] })),
  leak('staircase', 'outside', (d) => ({ parts: [parts.staircaseLeak(d.perHour, d.random.uniform(2, 12))] })),
  leak('nightly job leaks', 'outside', (d) => ({
    parts: [
      parts.nightlyLeak(d.perHour, { atHour: d.random.uniform(0, 24), forHours: d.random.uniform(1, 4) }),
    ],
  })),
  leak('leak with errors', 'outside', (d) => ({ parts: [parts.errorLeak(d.perHour)] })),
  leak('accelerating leak', 'outside', (d) => ({ parts: [parts.acceleratingLeak(d.perHour, 96)] })),
  leak('endless keys', 'outside', (d) => ({
    parts: [parts.endlessKeysLeak(d.perHour, d.random.uniform(0.75, 0.95), d.meanPerSecond)],
  })),
  leak('wandering leak', 'outside', (d) => ({
    parts: [parts.wanderingLeak(d.perHour, d.random.uniform(0.5, 2))],
  })),
  leak('leak in a tiny heap', 'outside', (d) => ({
    parts: [parts.timeLeak(Math.min(d.perHour, 2 * MIB))],
    baseBytes: 1.2 * MIB,
  })),
  leak('trace leak under deploys', 'outside', (d) => ({
    parts: [parts.workLeak(perRequest(d)), parts.cache(d.baseBytes * 0.2, 2)],
    deploysAtHours: deploys(d, d.random.uniform(16, 72)),
    perRequest: perRequest(d),
  })),
  leak('leak with GOGC changed', 'outside', (d) => ({
    parts: [parts.timeLeak(d.perHour)],
    gogc: [
      { hours: 0, percent: 100 },
      { hours: d.random.uniform(24, 160), percent: d.random.pick([50, 200]) },
    ],
  })),
  leak('leak under GOMEMLIMIT', 'outside', (d) => ({
    parts: [parts.timeLeak(d.perHour)],
    goMemLimitBytes: 1.5 * d.baseBytes + 48 * MIB,
  })),
  leak('leak with a nightly batch', 'outside', (d) => ({
    parts: [
      parts.timeLeak(d.perHour),
      parts.batchJob(d.baseBytes * d.random.uniform(0.5, 2), {
        atHour: d.random.uniform(0, 6),
        forHours: 1.5,
      }),
    ],
  })),
  leak(
    'descriptor leak in bursts',
    'outside',
    (d) => ({
      parts: [
        parts.countLeak('fd', Math.max(2, d.perHour / 16_000), { heapBytesEach: 16_000, random: true }),
      ],
    }),
    'fd',
  ),
  leak(
    'goroutine leak among connections',
    'outside',
    (d) => ({
      parts: [
        parts.countLeak('goroutine', d.perHour / 12_000, { heapBytesEach: 3800, random: true }),
        parts.connections(d.random.logUniform(50, 3000), 5, d.meanPerSecond, 4000),
      ],
    }),
    'goroutine',
  ),
];

/** @type {readonly Kind[]} */
const HEALTHY_INSIDE = [
  steady('steady', 'inside', () => ({ load: { daily: 0, weekly: 0 } })),
  steady('daily rhythm', 'inside', () => ({})),
  steady('weekly rhythm', 'inside', () => ({ load: { weekly: 0.5 } })),
  healthy('cache', 'inside', FILLING, (d) => ({
    parts: [parts.cache(d.baseBytes * d.random.logUniform(0.3, 3), d.random.logUniform(1, 40))],
  })),
  healthy('slow cache', 'inside', FILLING, (d) => ({
    parts: [parts.cache(d.baseBytes * d.random.logUniform(0.5, 3), d.random.logUniform(40, 200))],
  })),
  healthy('two caches', 'inside', FILLING, (d) => ({
    parts: [
      parts.cache(d.baseBytes * d.random.logUniform(0.2, 1), d.random.logUniform(0.5, 8)),
      parts.cache(d.baseBytes * d.random.logUniform(0.3, 2), d.random.logUniform(20, 120)),
    ],
  })),
  healthy('full at a bound', 'inside', FILLING, (d) => ({
    parts: [
      parts.rampCache(
        d.baseBytes * d.random.logUniform(0.5, 3),
        d.meanPerSecond * 3600 * d.random.uniform(20, 300),
      ),
    ],
  })),
  healthy('steps', 'inside', FLAT, (d) => ({
    parts: [
      parts.step(d.baseBytes * d.random.uniform(0.2, 0.8), {
        fromHours: d.random.uniform(0.1, 0.4) * d.hours,
      }),
      parts.step(d.baseBytes * d.random.uniform(0.2, 0.8), {
        fromHours: d.random.uniform(0.5, 0.9) * d.hours,
      }),
    ],
  })),
  healthy('load grows', 'inside', ['load-driven', 'no-growth'], (d) => ({
    loadFactor: growing(d.random.uniform(0.01, 0.06)),
    loadBytes: d.baseBytes * d.random.uniform(0.5, 1.5),
  })),
  healthy('new version holds more', 'inside', FLAT, (d) => {
    const fromHours = d.random.uniform(0.1, 0.8) * d.hours;
    return {
      parts: [parts.step(d.baseBytes * d.random.uniform(0.2, 0.8), { fromHours })],
      deploysAtHours: [fromHours],
    };
  }),
  healthy('canary takes over', 'inside', ['load-driven', 'no-growth', 'step'], (d) => {
    const from = d.random.uniform(0.1, 0.6) * d.hours;
    const over = d.random.uniform(6, 72);
    return {
      loadFactor: (hours) => 0.1 + 0.9 * Math.min(1, Math.max(0, (hours - from) / over)),
      loadBytes: d.baseBytes * d.random.uniform(0.5, 1.5),
    };
  }),
  healthy('cache refilled by deploys', 'inside', [...FILLING, 'undetermined'], (d) => {
    const every = d.random.uniform(20, 60);
    return {
      parts: [parts.cache(d.baseBytes * d.random.uniform(0.3, 1.5), every * d.random.uniform(0.1, 0.4))],
      deploysAtHours: deploys(d, every),
    };
  }),
];

/** @type {readonly Kind[]} */
const HEALTHY_OUTSIDE = [
  steady('trace load', 'outside', () => ({})),
  steady('trace load under deploys', 'outside', (d) => ({ deploysAtHours: deploys(d, 72) })),
  steady('tiny heap', 'outside', (d) => ({
    baseBytes: d.random.uniform(0.9, 3.4) * MIB,
    loadBytes: 0.3 * MIB,
  })),
  healthy('map of keys', 'outside', FILLING, (d) => ({
    parts: [
      parts.zipfCache(
        d.baseBytes * d.random.logUniform(0.4, 3),
        d.random.uniform(TRACE_STATISTICS.keyZipf.low, TRACE_STATISTICS.keyZipf.high),
        d.meanPerSecond * 3600 * d.random.logUniform(15, 120),
      ),
    ],
  })),
  healthy('stretched warm-up', 'outside', FILLING, (d) => ({
    parts: [
      parts.stretchedCache(
        d.baseBytes * d.random.logUniform(0.3, 2),
        d.random.logUniform(2, 40),
        d.random.uniform(0.45, 0.7),
      ),
    ],
  })),
  healthy('table that doubles', 'outside', FILLING, (d) => ({
    parts: [
      parts.doublingTable(
        d.baseBytes * d.random.uniform(0.4, 2),
        d.meanPerSecond * 3600 * d.random.uniform(40, 400),
      ),
    ],
  })),
  healthy('entries with a lifetime', 'outside', [...FILLING, 'load-driven'], (d) => {
    const ttl = d.random.pick([6, 12, 24, 48, 168]);
    const each = (d.baseBytes * d.random.uniform(0.4, 1.5)) / (d.meanPerSecond * 3600 * ttl);
    return { parts: [parts.ttlCache(each, ttl)] };
  }),
  healthy('crowds leave buffers', 'outside', FILLING, (d) => ({
    parts: [parts.ratchetPool(d.baseBytes * d.random.uniform(0.8, 2.5), d.meanPerSecond)],
  })),
  healthy('big week after small ones', 'outside', FILLING, (d) => ({
    parts: [
      parts.ratchetPool(d.baseBytes * 2, d.meanPerSecond),
      parts.batchJob(d.baseBytes * d.random.uniform(0.3, 1), {
        atHour: d.random.uniform(0, 168),
        forHours: 10,
        everyHours: 168,
      }),
    ],
  })),
  healthy('more than the load grows', 'outside', ['load-driven', 'no-growth'], (d) => ({
    loadFactor: growing(d.random.uniform(0.01, 0.05)),
    loadPower: d.random.uniform(1.3, 1.7),
    loadBytes: d.baseBytes * d.random.uniform(0.4, 1),
  })),
  healthy('tenants come and go', 'outside', [...FLAT, 'undetermined'], (d) => ({
    parts: [parts.wanderingPool(d.baseBytes * d.random.uniform(0.05, 0.25), d.random.logUniform(10, 120))],
  })),
  healthy('tenants move in', 'outside', [...FILLING, 'undetermined'], (d) => ({
    parts: Array.from({ length: 6 }, () =>
      parts.step(d.baseBytes * d.random.uniform(0.08, 0.3), {
        fromHours: d.random.uniform(0.02, 0.75) * d.hours,
      }),
    ),
  })),
  healthy('memtable', 'outside', [...FLAT, 'filling-to-bound', 'undetermined'], (d) => ({
    parts: [parts.sawtooth(d.baseBytes * d.random.uniform(0.3, 1.2), d.random.logUniform(5, 90))],
  })),
  healthy('nightly batch that grows', 'outside', [...FLAT, 'undetermined'], (d) => ({
    parts: [
      parts.batchJob(d.baseBytes * d.random.uniform(0.5, 3), {
        atHour: d.random.uniform(0, 24),
        forHours: d.random.uniform(0.7, 4),
        growsPerDay: d.random.uniform(0, 0.03),
      }),
    ],
  })),
  healthy('GOGC changed', 'outside', FLAT, (d) => ({
    gogc: [
      { hours: 0, percent: 100 },
      { hours: d.random.uniform(0.1, 0.4) * d.hours, percent: d.random.pick([50, 150, 200, 400]) },
      { hours: d.random.uniform(0.5, 0.9) * d.hours, percent: d.random.pick([50, 100, 300]) },
    ],
  })),
  healthy('GOMEMLIMIT binds', 'outside', FLAT, (d) => ({
    goMemLimitBytes: 1.35 * d.baseBytes + 16 * MIB,
    parts: [parts.cache(d.baseBytes * 0.3, d.random.uniform(1, 12))],
  })),
  healthy('resident memory fragments', 'outside', [...FLAT, 'filling-to-bound'], (d) => {
    const share = d.random.uniform(0.2, 0.6);
    const tau = d.random.logUniform(10, 200);
    return { fragmentation: (_hours, age) => 1 + share * -Math.expm1(-age / tau) };
  }),
  healthy('mapped files', 'outside', [...FLAT, 'filling-to-bound'], (d) => ({
    parts: [parts.mappedFiles(d.baseBytes * d.random.uniform(0.5, 4), d.random.logUniform(5, 200))],
  })),
  healthy('allocator beside Go', 'outside', [...FLAT, 'filling-to-bound'], (d) => ({
    parts: [parts.nativePool(d.baseBytes * d.random.uniform(0.3, 2), d.random.logUniform(2, 60))],
  })),
  healthy('connections that stay', 'outside', [...FLAT, 'filling-to-bound', 'undetermined'], (d) => ({
    parts: [
      parts.connections(d.random.logUniform(100, 5000), d.random.logUniform(1, 12), d.meanPerSecond, 9000),
    ],
  })),
  healthy('pile-ups', 'outside', [...FLAT, 'undetermined'], (d) => ({
    parts: [parts.pileUps(d.random.logUniform(100, 3000), d.random.logUniform(20, 120))],
  })),
  healthy('idle connections stay', 'outside', FILLING, (d) => ({
    parts: [parts.ratchetConnections(d.random.logUniform(100, 3000), d.meanPerSecond, 5000)],
  })),
  healthy('load that nobody counts', 'outside', [...FLAT, 'undetermined'], (d) => ({
    parts: [parts.hiddenLoad(d.baseBytes * d.random.uniform(0.2, 0.8), d.random.logUniform(0.5, 6))],
  })),
  healthy('only heap_alloc is known', 'outside', FILLING, (d) => ({
    parts: [parts.cache(d.baseBytes * 0.3, d.random.logUniform(1, 12))],
    exporter: { live: false, goal: false, gogc: false, requests: true, proc: false },
  })),
  healthy('threads up to a bound', 'outside', FILLING, (d) => ({
    parts: [parts.threadPool(d.random.uniform(20, 120), d.random.logUniform(5, 60))],
  })),
  healthy('map of keys under deploys', 'outside', [...FILLING, 'undetermined'], (d) => {
    const every = d.random.uniform(40, 100);
    return {
      parts: [
        parts.zipfCache(
          d.baseBytes * d.random.uniform(0.3, 1.5),
          0.75,
          d.meanPerSecond * 3600 * every * d.random.uniform(0.1, 0.4),
        ),
      ],
      deploysAtHours: deploys(d, every),
    };
  }),
];

export const KINDS = [...LEAKS_INSIDE, ...LEAKS_OUTSIDE, ...HEALTHY_INSIDE, ...HEALTHY_OUTSIDE];
