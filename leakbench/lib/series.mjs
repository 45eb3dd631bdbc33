// From a kind and a seed to one series with its truth. Everything that is not the kind's own (size of the service, load, noise,
// what is exported, scrapes that are lost) is drawn here, from the family that the kind belongs to.
import { MIB } from './go-process.mjs';
import { KINDS } from './kinds.mjs';
import { Random, longMemoryNoise, slowNoise } from './random.mjs';
import { HOUR_MILLIS, START_MILLIS, simulate } from './simulate.mjs';
import { TRACE_STATISTICS, plainLoad, serviceMib, traceLoad } from './traces.mjs';

/** @typedef {import('./kinds.mjs').Kind} Kind */
/** @typedef {import('./simulate.mjs').Plan} Plan */

/** Leaks are drawn between these, evenly in the logarithm. */
const SLOWEST_MIB = 0.2;
const FASTEST_MIB = 100;
/** Time to exhaustion is drawn between these, evenly in the logarithm; sizes of containers bound it further. */
const SHORTEST_LIFE_HOURS = 8;
const LONGEST_LIFE_HOURS = 960;
/** Share of its limit that a healthy service uses at its busiest. */
const LEAST_USE = 0.45;
const MOST_USE = 0.97;
const LARGEST_CONTAINER = 16 * 1024 * MIB;
/** A leak counts as one that matters when it would exhaust its memory within this time. */
export const MATTERS_HOURS = 14 * 24;
/** Unattended runs go on for this long to see when memory would have been exhausted. */
const UNATTENDED_HOURS = 30 * 24;

/**
 * @typedef {object} Truth
 * @property {readonly string[]} verdicts
 * @property {string | null} class
 * @property {number | null} onsetMillis first leaked byte; null without a leak
 * @property {number | null} exhaustedMillis first kill for want of memory in this series
 * @property {number | null} unattendedHours from onset to exhaustion if nobody ever restarted it; null = not within 30 days
 * @property {boolean} matters a leak that exhausts its memory within 14 days when left alone
 * @property {number | null} bytesPerRequest where the leak follows the work
 * @property {number} limitBytes
 */

/**
 * @typedef {object} Series
 * @property {string} name
 * @property {Kind} kind
 * @property {number} seed
 * @property {number} stepMillis
 * @property {number} fromMillis
 * @property {number} toMillis
 * @property {import('./simulate.mjs').Simulated['timeMillis']} timeMillis
 * @property {Map<string, Float64Array>} columns
 * @property {import('./simulate.mjs').Hidden} hidden
 * @property {import('./simulate.mjs').Simulated['lives']} lives
 * @property {Truth} truth
 */

/**
 * One series of this kind. The same kind, seed, length and step give the same bytes on every machine.
 * @param {Kind} kind
 * @param {number} seed
 * @param {{ days: number, stepMillis: number }} options
 * @returns {Series}
 */
export function drawSeries(kind, seed, { days, stepMillis }) {
  const random = new Random(seed).fork(kind.name);
  const hours = days * 24;
  const { plan, onsetHours, perRequest, perHour } = drawPlan(kind, random, { hours, stepMillis });
  const stream = random.fork('world');
  const idle = simulate(withoutLeak(plan), stream);
  const normalRss = largest(idle.columns.get('rssBytes'));
  const limitBytes = drawLimit(kind, random.fork('limit'), normalRss, perHour);
  const limited = { ...plan, limitBytes };
  const seen = simulate(limited, stream);
  return {
    name: `${kind.name} #${seed}`,
    kind,
    seed,
    stepMillis,
    fromMillis: START_MILLIS,
    toMillis: START_MILLIS + hours * HOUR_MILLIS,
    ...seen,
    truth: findTruth({ kind, limited, seen, stream, onsetHours, perRequest }),
  };
}

/**
 * The same series without its leak, and with the same load, noise and scrapes.
 * @param {Kind} kind
 * @param {number} seed
 * @param {{ days: number, stepMillis: number }} options
 */
export function drawHealthyTwin(kind, seed, { days, stepMillis }) {
  const random = new Random(seed).fork(kind.name);
  const { plan } = drawPlan(kind, random, { hours: days * 24, stepMillis });
  return simulate(withoutLeak(plan), random.fork('world'));
}

/** @param {Plan} plan */
function withoutLeak(plan) {
  return {
    ...plan,
    limitBytes: Infinity,
    parts: plan.parts.map((part) => (part.leaks ? silence(part) : part)),
  };
}

/** @param {import('./simulate.mjs').Part} part */
function silence(part) {
  return { ...part, begin: () => () => 0 };
}

/**
 * @param {Kind} kind
 * @param {Random} random
 * @param {{ hours: number, stepMillis: number }} span
 */
function drawPlan(kind, random, { hours, stepMillis }) {
  const isTrace = kind.family === 'outside';
  const sizes = random.fork('sizes');
  const baseBytes = serviceMib(sizes) * MIB;
  const meanPerSecond = sizes.logUniform(1, 400);
  const perHour = sizes.logUniform(SLOWEST_MIB, FASTEST_MIB) * MIB;
  const built = kind.build({ random: random.fork('kind'), hours, meanPerSecond, baseBytes, perHour });
  const { load = {}, loadFactor = () => 1, onsetHours = 0, perRequest, ...own } = built;
  const coupled = TRACE_STATISTICS.memoryHardlyFollowsLoad.value && isTrace ? 0.15 : 0.4;
  /** @type {Plan} */
  const plan = {
    stepMillis,
    hours,
    baseBytes,
    load: drawLoad(random.fork('load'), { isTrace, load, loadFactor, meanPerSecond, stepMillis }),
    meanPerSecond,
    loadBytes: (own.baseBytes ?? baseBytes) * sizes.uniform(0.02, coupled),
    loadMemoryHours: isTrace ? sizes.logUniform(0.05, 3) : 0,
    loadPower: 1,
    noiseShare: isTrace ? sizes.uniform(0.005, 0.02) : sizes.uniform(0.003, 0.015),
    noise: (stream) => drawNoise(stream, isTrace, stepMillis),
    transient: (stream) => drawTransient(stream, isTrace, own.baseBytes ?? baseBytes),
    parts: [],
    deploysAtHours: [],
    gogc: [{ hours: 0, percent: 100 }],
    goMemLimitBytes: null,
    fragmentation: () => 1,
    bytesPerRequest: sizes.logUniform(5e3, 4e5),
    idleBytesPerSecond: sizes.logUniform(2e3, 5e5),
    goroutinesPerLoad: sizes.logUniform(4, 200),
    exporter: drawExporter(random.fork('exporter'), kind),
    missing: drawMissing(random.fork('missing'), isTrace, hours),
    limitBytes: Infinity,
    ...own,
  };
  return { plan, onsetHours, perRequest: perRequest ?? null, perHour };
}

/**
 * @param {Random} random
 * @param {{ isTrace: boolean, load: any, loadFactor: (hours: number) => number, meanPerSecond: number, stepMillis: number }} about
 * @returns {Plan['load']} a new one each time, with the same numbers
 */
function drawLoad(random, { isTrace, load, loadFactor, meanPerSecond, stepMillis }) {
  const daily = random.uniform(0.2, 0.6);
  const weekly = random.uniform(0, 0.3);
  return () => {
    const stream = random.fork('run');
    const base = isTrace
      ? traceLoad(stream, { meanPerSecond, stepMillis })
      : plainLoad(stream, { meanPerSecond, daily, weekly, noise: 0.05, ...load });
    return (hours) => base(hours) * loadFactor(hours);
  };
}

/**
 * @param {Random} stream
 * @param {boolean} isTrace
 * @param {number} stepMillis
 */
function drawNoise(stream, isTrace, stepMillis) {
  if (!isTrace) return slowNoise(stream, stream.chance(0.5) ? 0 : (15 * 60_000) / stepMillis);
  const { low, high } = TRACE_STATISTICS.webHurst;
  return longMemoryNoise(stream, {
    hurst: stream.uniform(low, high),
    shortestSteps: Math.max(0.5, (5 * 60_000) / stepMillis),
    longestSteps: (12 * HOUR_MILLIS) / stepMillis,
  });
}

/**
 * Work in flight that a mark catches: now and then something large that is held for a while.
 * @param {Random} stream
 * @param {boolean} isTrace
 * @param {number} baseBytes
 */
function drawTransient(stream, isTrace, baseBytes) {
  if (!isTrace) return () => 0;
  const { alpha } = TRACE_STATISTICS.transferTail;
  return () => {
    const size = stream.pareto(alpha, 0.001, 0.3);
    return stream.chance(0.1) ? size * baseBytes : 0;
  };
}

/**
 * @param {Random} random
 * @param {Kind} kind
 * @returns {import('./simulate.mjs').Exporter}
 */
function drawExporter(random, kind) {
  const isPacerKind = kind.name.includes('GOGC') || kind.name.includes('GOMEMLIMIT');
  return {
    live: random.chance(0.4),
    goal: true,
    // Without it a changed GOGC cannot be told from anything else; client_golang exports it since 1.18.
    gogc: isPacerKind || random.chance(0.7),
    requests: random.chance(0.75),
    proc: kind.name === 'mapped files' || random.chance(0.5),
  };
}

/**
 * @param {Random} random
 * @param {boolean} isTrace
 * @param {number} hours
 */
function drawMissing(random, isTrace, hours) {
  const outages = [];
  if (random.chance(0.5)) {
    const fromHours = random.uniform(0.1, 0.9) * hours;
    outages.push({ fromHours, toHours: fromHours + random.logUniform(0.5, 8) });
  }
  return { share: random.uniform(0, 0.02), outages, lateMillis: isTrace ? 20_000 : 1000 };
}

/**
 * @param {Kind} kind
 * @param {Random} random
 * @param {number} normalRss
 * @param {number} perHour
 */
function drawLimit(kind, random, normalRss, perHour) {
  const roomy = normalRss / random.uniform(LEAST_USE, MOST_USE);
  if (kind.group !== 'leak') return Math.ceil(roomy);
  const lifeHours = random.logUniform(SHORTEST_LIFE_HOURS, LONGEST_LIFE_HOURS);
  // A heap costs about twice its live bytes; memory outside it once.
  const amplification = kind.class === 'native' ? 1 : 2;
  const wanted = normalRss * random.uniform(1.05, 1.2) + amplification * perHour * lifeHours;
  return Math.ceil(Math.min(Math.max(wanted, normalRss * 1.2), Math.max(LARGEST_CONTAINER, roomy)));
}

/**
 * @param {{ kind: Kind, limited: Plan, seen: import('./simulate.mjs').Simulated, stream: Random, onsetHours: number,
 *   perRequest: number | null }} about
 * @returns {Truth}
 */
function findTruth({ kind, limited, seen, stream, onsetHours, perRequest }) {
  const base = { verdicts: kind.verdicts, class: kind.class, limitBytes: limited.limitBytes };
  if (kind.group !== 'leak') {
    const none = { onsetMillis: null, exhaustedMillis: null, unattendedHours: null, matters: false };
    return { ...base, ...none, bytesPerRequest: null };
  }
  const onsetMillis = START_MILLIS + onsetHours * HOUR_MILLIS;
  const killed = (/** @type {import('./simulate.mjs').Simulated} */ run) =>
    run.lives.find(({ end, endMillis }) => end === 'oom' && endMillis > onsetMillis)?.endMillis ?? null;
  const alone = simulate(
    {
      ...limited,
      hours: UNATTENDED_HOURS,
      deploysAtHours: [],
      missing: { share: 1, outages: [], lateMillis: 0 },
    },
    stream,
  );
  const aloneMillis = killed(alone);
  const unattendedHours = aloneMillis === null ? null : (aloneMillis - onsetMillis) / HOUR_MILLIS;
  return {
    ...base,
    onsetMillis,
    exhaustedMillis: killed(seen),
    unattendedHours,
    matters: unattendedHours !== null && unattendedHours <= MATTERS_HOURS,
    bytesPerRequest: perRequest,
  };
}

/** @param {Float64Array | undefined} values */
function largest(values) {
  return values ? values.reduce((a, b) => Math.max(a, b), 0) : 0;
}

/** @param {string} name */
export function kindNamed(name) {
  return KINDS.find((kind) => kind.name === name);
}
