// Gauges of services that do not exist, for measuring how long it takes to judge them: the gauges that client_golang and
// /proc give, drawn with a fixed seed. For time and memory only; what is right is decided on recordings.

const MIB = 1024 * 1024;
const HOUR_MILLIS = 3_600_000;
const DAY_MILLIS = 24 * HOUR_MILLIS;

/**
 * @typedef {object} Shape
 * @property {(hours: number) => number} liveMib of the heap, from the age in hours
 * @property {(hours: number) => number} load requests a second
 */

const day = (/** @type {number} */ hours) => 40 * (0.67 + 0.33 * Math.sin((2 * Math.PI * hours) / 24));

/** @type {Record<string, Shape>} */
export const SHAPES = {
  flat: { liveMib: () => 64, load: () => 40 },
  leak: { liveMib: (hours) => 64 + 6 * hours, load: day },
  'daily load': { liveMib: (hours) => 30 + day(hours), load: day },
  'filling cache': { liveMib: (hours) => 40 + 200 * (1 - Math.exp(-hours / 6)), load: day },
  step: { liveMib: (hours) => (hours < 5 ? 64 : 112), load: day },
};

/**
 * Readings in order of time, without end.
 * @param {Shape} shape
 * @param {{ startMillis: number, stepMillis: number, seed?: number }} options
 * @returns {Generator<{ atMillis: number, reading: Record<string, number> }, never>}
 */
export function* drawReadings(shape, { startMillis, stepMillis, seed = 1 }) {
  const random = seededRandom(seed);
  const noise = () => random() + random() + random() - 1.5;
  const totals = { requests: 0, allocated: 0, cpu: 0, gc: 0 };
  for (let at = 0; ; at += stepMillis) {
    const hours = at / HOUR_MILLIS;
    const load = shape.load(hours) * (1 + 0.05 * noise());
    const live = whole(shape.liveMib(hours) * MIB * (1 + 0.01 * noise()), 8);
    const alloc = whole(live * (1 + random()), 8);
    totals.requests += Math.max(0, Math.round((load * stepMillis) / 1000));
    totals.allocated += Math.max(0, Math.round(load * 20_000 * (stepMillis / 1000)));
    totals.cpu += (load * stepMillis) / 1e6;
    totals.gc += 1 + Math.floor(random() * 3);
    yield {
      atMillis: startMillis + at,
      reading: readingOf({ live, alloc, load, startMillis, totals, random }),
    };
  }
}

/**
 * Whole bytes, as a runtime and a kernel count them.
 * @param {number} bytes
 * @param {number} unit
 */
const whole = (bytes, unit) => unit * Math.round(bytes / unit);

/** @param {any} now */
function readingOf({ live, alloc, load, startMillis, totals, random }) {
  const goroutines = Math.round(30 + load / 2 + 3 * random());
  const heapSys = whole(live * 2.4, 8192);
  const inUse = whole(alloc * 1.05, 8192);
  const resident = whole(heapSys * 0.9, 4096);
  return {
    liveHeapBytes: live,
    nextGcBytes: live * 2 + 4 * MIB,
    heapAllocBytes: alloc,
    heapInuseBytes: inUse,
    heapIdleBytes: heapSys - inUse,
    heapReleasedBytes: whole(heapSys * 0.1, 8192),
    heapSysBytes: heapSys,
    heapObjects: Math.round(alloc / 96),
    stackInuseBytes: goroutines * 8192,
    stackSysBytes: goroutines * 8192,
    mspanSysBytes: whole(live / 100, 16_384),
    mcacheSysBytes: 15_600,
    buckHashSysBytes: 1.5 * MIB,
    gcSysBytes: whole(live / 20, 8),
    otherSysBytes: MIB,
    sysBytes: heapSys + 10 * MIB,
    gogcPercent: 100,
    allocatedBytesTotal: totals.allocated,
    mallocsTotal: Math.round(totals.allocated / 96),
    freesTotal: Math.round((totals.allocated - alloc) / 96),
    gcCyclesTotal: totals.gc,
    gcPauseSecondsTotal: totals.gc / 10_000,
    goroutines,
    threads: 9 + Math.floor(random() * 2),
    openFds: Math.round(12 + load / 3 + 2 * random()),
    maxFds: 1_048_576,
    rssBytes: resident + 20 * MIB,
    rssAnonBytes: resident + 8 * MIB,
    rssFileBytes: 12 * MIB,
    rssShmemBytes: 0,
    virtualBytes: 1_600_000_000,
    cpuSecondsTotal: Math.round(100 * totals.cpu) / 100,
    processStartMillis: startMillis - HOUR_MILLIS,
    requestsTotal: totals.requests,
    cgroupCurrentBytes: heapSys + 24 * MIB,
    memoryLimitBytes: 4096 * MIB,
  };
}

/**
 * Mulberry32: the same numbers on every machine.
 * @param {number} seed
 */
function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export { DAY_MILLIS, HOUR_MILLIS };
