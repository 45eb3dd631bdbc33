// What a life of a service holds beside its base: caches, pools, buffers, leaks. Each is one function from its parameters to a
// Part; what is held is known exactly, because it is the truth that verdicts are held against.
import { TRACE_STATISTICS, traceLoad } from './traces.mjs';

/** @typedef {import('./simulate.mjs').Part} Part */
/** @typedef {import('./simulate.mjs').Now} Now */
/** @typedef {{ fromHours?: number, untilHours?: number }} Window of the series in which the code is there */

/**
 * @param {Now} now
 * @param {Window} window
 */
const isOn = (now, { fromHours = 0, untilHours = Infinity }) =>
  now.hours > fromHours && now.hours <= untilHours;

/**
 * Grows by what one step adds; nothing is ever given back within a life.
 * @param {Window} window
 * @param {(now: Now) => number} added bytes or counts in this step
 */
function accumulate(window, added) {
  let held = 0;
  return (/** @type {Now} */ now) => (held += isOn(now, window) ? added(now) : 0);
}

// Leaks. ------------------------------------------------------------------------------------------------------------

/**
 * @param {number} perHour bytes
 * @param {Window} [window]
 * @returns {Part}
 */
export function timeLeak(perHour, window = {}) {
  return {
    carrier: 'heap',
    leaks: true,
    begin: () => accumulate(window, (now) => perHour * now.stepHours),
  };
}

/**
 * @param {number} perRequest bytes
 * @param {Window} [window]
 * @returns {Part}
 */
export function workLeak(perRequest, window = {}) {
  return {
    carrier: 'heap',
    leaks: true,
    begin: () => accumulate(window, (now) => perRequest * now.requests),
  };
}

/**
 * The same in goroutines, descriptors or threads, with the heap that each of them pins.
 * @param {'goroutine' | 'fd' | 'thread'} carrier
 * @param {number} perHour
 * @param {{ heapBytesEach?: number, random?: boolean } & Window} [options] `random`: they come one by one, not evenly
 * @returns {Part}
 */
export function countLeak(carrier, perHour, { heapBytesEach = 0, random = false, ...window } = {}) {
  return {
    carrier,
    leaks: true,
    heapBytesEach,
    begin: (stream) =>
      accumulate(window, (now) => {
        const mean = perHour * now.stepHours;
        return random ? stream.poisson(mean) : mean;
      }),
  };
}

/**
 * Bytes outside the Go runtime.
 * @param {number} perRequest
 * @returns {Part}
 */
export function nativeLeak(perRequest) {
  return { carrier: 'native', leaks: true, begin: () => accumulate({}, (now) => perRequest * now.requests) };
}

/**
 * Rare jumps instead of a slope: an import, a tenant, a table that doubles.
 * @param {number} perHour on average
 * @param {number} everyHours mean distance of jumps
 * @returns {Part}
 */
export function staircaseLeak(perHour, everyHours) {
  return {
    carrier: 'heap',
    leaks: true,
    begin: (random) => {
      let next = random.exponential(everyHours);
      return accumulate({}, (now) => {
        let jumped = 0;
        for (; next <= now.age; next += random.exponential(everyHours)) jumped += random.uniform(0.5, 1.5);
        return jumped * perHour * everyHours;
      });
    },
  };
}

/**
 * Only the nightly job leaks.
 * @param {number} perHour on average over the day
 * @param {{ atHour: number, forHours: number }} job
 * @returns {Part}
 */
export function nightlyLeak(perHour, { atHour, forHours }) {
  const isRunning = (/** @type {Now} */ now) => (now.hours - atHour + 24) % 24 < forHours;
  return {
    carrier: 'heap',
    leaks: true,
    begin: () => accumulate({}, (now) => (isRunning(now) ? perHour * (24 / forHours) * now.stepHours : 0)),
  };
}

/**
 * Leaks with errors, which come in bursts that have nothing to do with the load.
 * @param {number} perHour on average
 * @returns {Part}
 */
export function errorLeak(perHour) {
  const { alpha } = TRACE_STATISTICS.quietTail;
  // Mean of a Pareto above 1 cut at 12 with alpha 1.5.
  const meanLength = 2.13;
  const meanPause = 10;
  return {
    carrier: 'heap',
    leaks: true,
    begin: (random) => {
      let from = random.exponential(meanPause);
      let until = from + random.pareto(alpha, 1, 12);
      return accumulate({}, (now) => {
        if (now.age > until) {
          from = now.age + random.exponential(meanPause);
          until = from + random.pareto(alpha, 1, 12);
        }
        const isErring = now.age >= from && now.age < until;
        return isErring ? perHour * ((meanPause + meanLength) / meanLength) * now.stepHours : 0;
      });
    },
  };
}

/**
 * The rate itself grows: held = perHour * age * (age / doubling + 1) / 2.
 * @param {number} perHour at the age `doublingHours`
 * @param {number} doublingHours
 * @returns {Part}
 */
export function acceleratingLeak(perHour, doublingHours) {
  return {
    carrier: 'heap',
    leaks: true,
    begin: () =>
      accumulate({}, (now) => 0.5 * perHour * (0.4 + 1.6 * (now.age / doublingHours)) * now.stepHours),
  };
}

/**
 * Keys without an end, remembered for ever: the set grows as (requests)^beta with beta = 1 / zipf for exponents above 1,
 * and near 1 for the exponents of web keys; here given.
 * @param {number} perHourAtFirstDay bytes
 * @param {number} beta below 1: ever slower, never bounded
 * @param {number} perSecond mean load
 * @returns {Part}
 */
export function endlessKeysLeak(perHourAtFirstDay, beta, perSecond) {
  const firstDay = perSecond * 86_400;
  const scale = (perHourAtFirstDay * 24) / firstDay ** beta;
  return {
    carrier: 'heap',
    leaks: true,
    begin: () => {
      let seen = 0;
      return (now) => scale * (seen += now.requests) ** beta;
    },
  };
}

/**
 * Sessions of which some are freed late and in bulk: a random walk with drift, never below nothing.
 * @param {number} perHour drift
 * @param {number} wander standard deviation of what an hour adds beside the drift, over the drift
 * @returns {Part}
 */
export function wanderingLeak(perHour, wander) {
  return {
    carrier: 'heap',
    leaks: true,
    begin: (random) => {
      let held = 0;
      return (now) => {
        const step = perHour * (now.stepHours + wander * Math.sqrt(now.stepHours) * random.normal());
        return (held = Math.max(0, held + step));
      };
    },
  };
}

// Healthy holders. --------------------------------------------------------------------------------------------------

/**
 * @param {number} bound bytes
 * @param {number} tauHours
 * @returns {Part}
 */
export function cache(bound, tauHours) {
  return { carrier: 'heap', leaks: false, begin: () => (now) => bound * -Math.expm1(-now.age / tauHours) };
}

/**
 * Fills by requests up to a hard bound, in a straight line.
 * @param {number} bound bytes
 * @param {number} requests until it is full
 * @returns {Part}
 */
export function rampCache(bound, requests) {
  return {
    carrier: 'heap',
    leaks: false,
    begin: () => {
      let seen = 0;
      return (now) => bound * Math.min(1, (seen += now.requests) / requests);
    },
  };
}

/**
 * Warm-up that slows down by and by: 1 - exp(-(age / tau)^stretch).
 * @param {number} bound
 * @param {number} tauHours
 * @param {number} stretch below 1
 * @returns {Part}
 */
export function stretchedCache(bound, tauHours, stretch) {
  return {
    carrier: 'heap',
    leaks: false,
    begin: () => (now) => bound * -Math.expm1(-((now.age / tauHours) ** stretch)),
  };
}

/** Classes of keys by rank, each twice as wide as the one before. */
const KEY_CLASSES = 22;

/**
 * Every key of a finite, Zipf-distributed set is kept once it was asked for: the curve of a map by user, by path, by label.
 * @param {number} bound bytes when all keys were seen
 * @param {number} zipf
 * @param {number} rareRequests requests after which the rarest keys are seen (each once on average)
 * @returns {Part}
 */
export function zipfCache(bound, zipf, rareRequests) {
  const classes = Array.from({ length: KEY_CLASSES }, (_, i) => ({
    keys: 2 ** i,
    weight: (1.5 * 2 ** i) ** -zipf,
  }));
  const keys = classes.reduce((sum, c) => sum + c.keys, 0);
  const rarest = classes[KEY_CLASSES - 1].weight;
  return {
    carrier: 'heap',
    leaks: false,
    begin: () => {
      let seen = 0;
      return (now) => {
        seen += now.requests;
        let known = 0;
        for (const c of classes) known += c.keys * -Math.expm1((-seen / rareRequests) * (c.weight / rarest));
        return (bound * known) / keys;
      };
    },
  };
}

/**
 * Entries by request that live for a fixed time.
 * @param {number} perRequest bytes
 * @param {number} ttlHours
 * @returns {Part}
 */
export function ttlCache(perRequest, ttlHours) {
  return {
    carrier: 'heap',
    leaks: false,
    begin: () => {
      /** @type {{ age: number, bytes: number }[]} */
      const queue = [];
      let first = 0;
      let held = 0;
      return (now) => {
        const bytes = perRequest * now.requests;
        queue.push({ age: now.age, bytes });
        held += bytes;
        for (; queue[first].age <= now.age - ttlHours; first++) held -= queue[first].bytes;
        return held;
      };
    },
  };
}

/**
 * @param {number} bytes
 * @param {Window} window
 * @returns {Part}
 */
export function step(bytes, window) {
  return { carrier: 'heap', leaks: false, begin: () => (now) => (isOn(now, window) ? bytes : 0) };
}

/**
 * Fills and is written out: a memtable, a buffer with a period of its own.
 * @param {number} bytes
 * @param {number} periodHours
 * @returns {Part}
 */
export function sawtooth(bytes, periodHours) {
  return {
    carrier: 'heap',
    leaks: false,
    begin: (random) => {
      let began = 0;
      let period = periodHours * random.uniform(0.8, 1.2);
      return (now) => {
        if (now.age - began >= period) {
          began = now.age;
          period = periodHours * random.uniform(0.8, 1.2);
        }
        return (bytes * (now.age - began)) / periodHours;
      };
    },
  };
}

/**
 * A job that holds memory while it runs; what it works on grows.
 * @param {number} bytes
 * @param {{ atHour: number, forHours: number, everyHours?: number, growsPerDay?: number }} job
 * @returns {Part}
 */
export function batchJob(bytes, { atHour, forHours, everyHours = 24, growsPerDay = 0 }) {
  return {
    carrier: 'heap',
    leaks: false,
    begin: () => (now) => {
      const clock = (now.hours - atHour + 10 * everyHours) % everyHours;
      if (clock >= forHours) return 0;
      return bytes * (1 + (growsPerDay * now.hours) / 24) * Math.min(1, clock / (0.2 * forHours));
    },
  };
}

/**
 * Buffers that grow to the largest need there ever was, up to a bound, and stay.
 * @param {number} bytes at four times the mean load
 * @param {number} meanPerSecond
 * @returns {Part}
 */
export function ratchetPool(bytes, meanPerSecond) {
  return {
    carrier: 'heap',
    leaks: false,
    begin: () => {
      let most = 0;
      return (now) => (most = Math.max(most, Math.min(bytes, (bytes * now.perSecond) / (4 * meanPerSecond))));
    },
  };
}

/**
 * Tenants, datasets, reports that come and go over days and tend to no direction.
 * @param {number} bytes standard deviation; held around three of them
 * @param {number} memoryHours
 * @returns {Part}
 */
export function wanderingPool(bytes, memoryHours) {
  return {
    carrier: 'heap',
    leaks: false,
    begin: (random) => {
      let value = random.normal();
      return (now) => {
        const phi = Math.exp(-now.stepHours / memoryHours);
        value = phi * value + Math.sqrt(1 - phi * phi) * random.normal();
        return bytes * Math.min(6, Math.max(0, 3 + value));
      };
    },
  };
}

/**
 * A table that doubles when full: bounded by `entries`, each doubling one step.
 * @param {number} bound bytes of the last size
 * @param {number} requests until the last doubling
 * @returns {Part}
 */
export function doublingTable(bound, requests) {
  return {
    carrier: 'heap',
    leaks: false,
    begin: () => {
      let seen = 0;
      return (now) => {
        seen += now.requests;
        const filled = Math.max(1e-6, Math.min(1, seen / requests));
        return bound * 2 ** Math.ceil(Math.log2(filled));
      };
    },
  };
}

/**
 * Connections that stay for hours: their number follows the load slowly.
 * @param {number} count at mean load
 * @param {number} memoryHours
 * @param {number} meanPerSecond
 * @param {number} heapBytesEach
 * @returns {Part}
 */
export function connections(count, memoryHours, meanPerSecond, heapBytesEach) {
  return {
    carrier: 'goroutine',
    leaks: false,
    heapBytesEach,
    begin: (random) => {
      let open = 0;
      return (now) => {
        const phi = Math.exp(-now.stepHours / memoryHours);
        open = phi * open + (1 - phi) * count * (now.perSecond / meanPerSecond);
        return Math.max(0, open + Math.sqrt(Math.max(1, open)) * 0.3 * random.normal());
      };
    },
  };
}

/**
 * Keep-alive connections as many as the busiest moment needed; nobody closes them.
 * @param {number} count at four times the mean load
 * @param {number} meanPerSecond
 * @param {number} heapBytesEach
 * @returns {Part}
 */
export function ratchetConnections(count, meanPerSecond, heapBytesEach) {
  const pool = ratchetPool(count, meanPerSecond);
  return { ...pool, carrier: 'goroutine', heapBytesEach };
}

/**
 * Work that no request counter sees: consumers of a queue, streams.
 * @param {number} bytes at its mean
 * @param {number} memoryHours
 * @returns {Part}
 */
export function hiddenLoad(bytes, memoryHours) {
  return {
    carrier: 'heap',
    leaks: false,
    begin: (random) => {
      const load = traceLoad(random, { meanPerSecond: 1, stepMillis: 300_000 });
      let held = bytes;
      return (now) => {
        const phi = Math.exp(-now.stepHours / memoryHours);
        return (held = phi * held + (1 - phi) * bytes * load(now.hours));
      };
    },
  };
}

/**
 * Threads that blocking calls needed at some time and the runtime never ends.
 * @param {number} bound
 * @param {number} tauHours
 * @returns {Part}
 */
export function threadPool(bound, tauHours) {
  return {
    carrier: 'thread',
    leaks: false,
    begin: () => (now) => Math.floor(bound * -Math.expm1(-now.age / tauHours)),
  };
}

/**
 * For some tens of minutes everything waits for one slow dependency.
 * @param {number} count at the worst
 * @param {number} everyHours
 * @returns {Part}
 */
export function pileUps(count, everyHours) {
  return {
    carrier: 'goroutine',
    leaks: false,
    heapBytesEach: 6000,
    begin: (random) => {
      let from = random.exponential(everyHours);
      let length = random.pareto(TRACE_STATISTICS.quietTail.alpha, 0.3, 3);
      return (now) => {
        if (now.age > from + length) {
          from = now.age + random.exponential(everyHours);
          length = random.pareto(TRACE_STATISTICS.quietTail.alpha, 0.3, 3);
        }
        return now.age < from ? 0 : count * ((now.age - from) / length);
      };
    },
  };
}

/**
 * Files that the page cache keeps mapped for this process.
 * @param {number} bound
 * @param {number} tauHours
 * @returns {Part}
 */
export function mappedFiles(bound, tauHours) {
  return { carrier: 'file', leaks: false, begin: () => (now) => bound * -Math.expm1(-now.age / tauHours) };
}

/**
 * An allocator outside Go that keeps what it once had.
 * @param {number} bound
 * @param {number} tauHours
 * @returns {Part}
 */
export function nativePool(bound, tauHours) {
  return { carrier: 'native', leaks: false, begin: () => (now) => bound * -Math.expm1(-now.age / tauHours) };
}
