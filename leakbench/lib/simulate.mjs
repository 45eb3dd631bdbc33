// A month of one target: lives that begin, do their work, grow, are deployed over or killed, seen through scrapes that are
// sometimes missing or late.
import { GoProcess, MIB } from './go-process.mjs';

export const HOUR_MILLIS = 3_600_000;
export const DAY_MILLIS = 24 * HOUR_MILLIS;
/** A Monday, so that hours count from a week's beginning. */
export const START_MILLIS = Date.UTC(2026, 0, 5);

/** @typedef {import('./random.mjs').Random} Random */

/**
 * Resident beside the heap: the stack of a goroutine, what is touched of a thread's own.
 * @type {Readonly<Record<string, number>> & { readonly thread: number }}
 */
const BYTES_BESIDE = { goroutine: 8192, thread: 64 * 1024 };

/**
 * @typedef {object} Now
 * @property {number} hours since the series began, end of the step
 * @property {number} age hours since this life began
 * @property {number} stepHours
 * @property {number} requests in this step
 * @property {number} perSecond mean load of this step
 */

/**
 * Something that holds memory beside the base: a cache, a pool, a leak.
 * @typedef {object} Part
 * @property {'heap' | 'goroutine' | 'fd' | 'thread' | 'native' | 'file'} carrier
 * @property {boolean} leaks counts towards the truth
 * @property {number} [heapBytesEach] heap that each goroutine, fd or thread holds
 * @property {(random: Random, life: { startHours: number }) => (now: Now) => number} begin for each life anew; what is
 *   held at the end of the step, in bytes or counts
 */

/**
 * @typedef {object} Plan
 * @property {number} stepMillis between scrapes
 * @property {number} hours
 * @property {number} baseBytes live heap without load, parts and noise
 * @property {() => import('./traces.mjs').Load} load
 * @property {number} meanPerSecond
 * @property {number} loadBytes live heap that the mean load adds
 * @property {number} loadMemoryHours how long a request holds its share
 * @property {number} loadPower 1 = in proportion
 * @property {number} noiseShare standard deviation of the live heap over base and load
 * @property {(random: Random) => () => number} noise standard deviation 1
 * @property {(random: Random) => () => number} transient bytes of work in flight that a mark catches
 * @property {Part[]} parts
 * @property {number[]} deploysAtHours
 * @property {readonly { hours: number, percent: number }[]} gogc ascending
 * @property {number | null} goMemLimitBytes
 * @property {(hours: number, age: number) => number} fragmentation
 * @property {number} bytesPerRequest garbage
 * @property {number} idleBytesPerSecond garbage without load
 * @property {number} goroutinesPerLoad in flight at mean load
 * @property {Exporter} exporter
 * @property {{ share: number, outages: readonly { fromHours: number, toHours: number }[], lateMillis: number }} missing
 * @property {number} limitBytes of resident memory; Infinity for none
 */

/**
 * What the target exports.
 * @typedef {{ live: boolean, goal: boolean, gogc: boolean, requests: boolean, proc: boolean }} Exporter
 */

/**
 * @typedef {object} Simulated
 * @property {Float64Array} timeMillis of scrapes that came
 * @property {Map<string, Float64Array>} columns one cell a scrape, by gauge name
 * @property {Hidden} hidden
 * @property {readonly { startMillis: number, endMillis: number, end: 'oom' | 'deploy' | 'month' }[]} lives
 */

/**
 * What no scrape shows, one row a step, also where the scrape is missing.
 * @typedef {object} Hidden
 * @property {Float64Array} timeMillis
 * @property {Float64Array} leakedBytes held by leaking parts in this life
 * @property {Float64Array} levelBytes live heap without noise
 * @property {Float64Array} leakedCount goroutines, fds, threads that leaked
 * @property {Float64Array} requests since the series began
 */

/**
 * @param {Plan} plan
 * @param {Random} random
 * @returns {Simulated}
 */
export function simulate(plan, random) {
  const steps = Math.floor((plan.hours * HOUR_MILLIS) / plan.stepMillis);
  const world = new World(plan, random, steps);
  for (let i = 0; i < steps; i++) world.step(i);
  return world.finish();
}

class World {
  #plan;
  #random;
  #load;
  #scrapes;
  #arrivals;
  #rows = 0;
  #columns = new Map();
  /** @type {{ startMillis: number, endMillis: number, end: 'oom' | 'deploy' | 'month' }[]} */
  #lives = [];
  #deploys;
  /** @type {Life | null} */
  #life = null;
  #downUntil = START_MILLIS;
  #requestsSoFar = 0;

  /**
   * @param {Plan} plan
   * @param {Random} random
   * @param {number} steps
   */
  constructor(plan, random, steps) {
    this.#plan = plan;
    this.#random = random;
    this.#load = plan.load();
    this.#scrapes = random.fork('scrapes');
    this.#arrivals = random.fork('arrivals');
    this.#deploys = plan.deploysAtHours.map((hours) => START_MILLIS + hours * HOUR_MILLIS);
    this.time = new Float64Array(steps);
    this.hidden = {
      timeMillis: new Float64Array(steps),
      leakedBytes: new Float64Array(steps),
      levelBytes: new Float64Array(steps),
      leakedCount: new Float64Array(steps),
      requests: new Float64Array(steps),
    };
  }

  /** @param {number} i */
  step(i) {
    const { stepMillis } = this.#plan;
    const from = START_MILLIS + i * stepMillis;
    const atMillis = from + stepMillis;
    if (this.#life && this.#deploys.length > 0 && this.#deploys[0] <= atMillis) this.#end('deploy', from);
    while (this.#deploys.length > 0 && this.#deploys[0] <= atMillis) this.#deploys.shift();
    const hours = (from - START_MILLIS) / HOUR_MILLIS;
    const perSecond = Math.max(0, this.#load(hours));
    // Drawn also while the process is down, so that twins stay aligned.
    const arrived = this.#arrivals.poisson((perSecond * stepMillis) / 1000);
    const seen = this.#drawScrape(hours);
    this.hidden.timeMillis[i] = atMillis;
    if (!this.#life && from >= this.#downUntil) this.#begin(from);
    if (this.#life) {
      this.#requestsSoFar += arrived;
      const held = this.#life.hold({ from, stepMillis, requests: arrived, perSecond });
      this.hidden.leakedBytes[i] = held.leakedBytes;
      this.hidden.leakedCount[i] = held.leakedCount;
      this.hidden.levelBytes[i] = held.levelBytes;
      const reading = this.#life.read(held, atMillis);
      if (seen.isThere) this.#append(atMillis + seen.lateMillis, reading);
      if (reading.rssBytes >= this.#plan.limitBytes) this.#end('oom', atMillis);
    }
    this.hidden.requests[i] = this.#requestsSoFar;
  }

  /** @param {number} atMillis */
  #begin(atMillis) {
    this.#life = new Life(this.#plan, this.#random.fork(`life ${this.#lives.length}`), atMillis);
  }

  /**
   * @param {'oom' | 'deploy' | 'month'} end
   * @param {number} atMillis
   */
  #end(end, atMillis) {
    if (!this.#life) return;
    this.#lives.push({ startMillis: this.#life.startMillis, endMillis: atMillis, end });
    this.#life = null;
    // Back within one step; what a kill costs is not the question here.
    this.#downUntil = atMillis + 20_000;
  }

  /** @param {number} hours */
  #drawScrape(hours) {
    const { missing } = this.#plan;
    const lost = this.#scrapes.chance(missing.share);
    const lateMillis = Math.floor(this.#scrapes.next() * missing.lateMillis);
    const isOut = missing.outages.some(({ fromHours, toHours }) => hours >= fromHours && hours < toHours);
    return { isThere: !lost && !isOut, lateMillis };
  }

  /**
   * @param {number} atMillis
   * @param {Record<string, number>} reading
   */
  #append(atMillis, reading) {
    const { exporter, limitBytes } = this.#plan;
    for (const [name, value] of Object.entries(reading)) {
      if (isHidden(name, exporter)) continue;
      this.#cell(name)[this.#rows] = value;
    }
    if (Number.isFinite(limitBytes)) this.#cell('memoryLimitBytes')[this.#rows] = limitBytes;
    this.time[this.#rows++] = atMillis;
  }

  /** @param {string} name */
  #cell(name) {
    let column = this.#columns.get(name);
    if (!column) this.#columns.set(name, (column = new Float64Array(this.time.length).fill(NaN)));
    return column;
  }

  /** @returns {Simulated} */
  finish() {
    this.#end('month', this.hidden.timeMillis.at(-1) ?? START_MILLIS);
    const columns = new Map();
    for (const [name, column] of this.#columns) columns.set(name, column.slice(0, this.#rows));
    return {
      timeMillis: this.time.slice(0, this.#rows),
      columns,
      hidden: this.hidden,
      lives: this.#lives,
    };
  }
}

/**
 * @param {string} name
 * @param {Exporter} exporter
 */
function isHidden(name, exporter) {
  switch (name) {
    case 'liveHeapBytes':
    case 'scanStackBytes':
    case 'scanGlobalsBytes':
      return !exporter.live;
    case 'nextGcBytes':
      return !exporter.goal;
    case 'gogcPercent':
    case 'goMemLimitBytes':
      return !exporter.gogc;
    case 'requestsTotal':
      return !exporter.requests;
    case 'rssAnonBytes':
    case 'rssFileBytes':
      return !exporter.proc;
    default:
      return false;
  }
}

/** From a start to the next restart. */
class Life {
  #plan;
  #process;
  #parts;
  #noise;
  #transient;
  #sessions = 0;
  #wobble;

  /**
   * @param {Plan} plan
   * @param {Random} random
   * @param {number} startMillis
   */
  constructor(plan, random, startMillis) {
    this.#plan = plan;
    this.startMillis = startMillis;
    const startHours = (startMillis - START_MILLIS) / HOUR_MILLIS;
    this.#process = new GoProcess(startMillis, random.fork('process'), {
      cpuPerRequest: 2e-3,
      programBytes: 14 * MIB,
      runtimeBytes: 5 * MIB,
    });
    this.#parts = plan.parts.map((part, i) => ({
      ...part,
      held: part.begin(random.fork(`part ${i}`), { startHours }),
    }));
    this.#noise = plan.noise(random.fork('noise'));
    this.#transient = plan.transient(random.fork('transient'));
    this.#wobble = random.fork('wobble');
  }

  /** @param {{ from: number, stepMillis: number, requests: number, perSecond: number }} step */
  hold({ from, stepMillis, requests, perSecond }) {
    const plan = this.#plan;
    const stepHours = stepMillis / HOUR_MILLIS;
    const hours = (from - START_MILLIS) / HOUR_MILLIS + stepHours;
    const age = (from - this.startMillis) / HOUR_MILLIS + stepHours;
    const now = { hours, age, stepHours, requests, perSecond };
    const share = (perSecond / plan.meanPerSecond) ** plan.loadPower;
    const memory = plan.loadMemoryHours > 0 ? Math.exp(-stepHours / plan.loadMemoryHours) : 0;
    this.#sessions = memory * this.#sessions + (1 - memory) * share;
    const sums = { heap: 0, goroutine: 0, fd: 0, thread: 0, native: 0, file: 0 };
    let leakedBytes = 0;
    let leakedCount = 0;
    for (const part of this.#parts) {
      const amount = part.held(now);
      sums[part.carrier] += amount;
      const isCount = part.carrier === 'goroutine' || part.carrier === 'fd' || part.carrier === 'thread';
      const heap = isCount ? amount * (part.heapBytesEach ?? 0) : 0;
      sums.heap += heap;
      if (!part.leaks) continue;
      if (isCount) leakedCount += amount;
      leakedBytes += isCount ? heap + amount * (BYTES_BESIDE[part.carrier] ?? 0) : amount;
    }
    const steady = plan.baseBytes + plan.loadBytes * this.#sessions;
    return { now, sums, leakedBytes, leakedCount, levelBytes: steady + sums.heap, steady, requests };
  }

  /**
   * @param {ReturnType<Life['hold']>} held
   * @param {number} atMillis
   */
  read({ now, sums, levelBytes, steady, requests }, atMillis) {
    const plan = this.#plan;
    const inFlight = (plan.goroutinesPerLoad * now.perSecond) / plan.meanPerSecond;
    const connections = inFlight * (1 + 0.05 * this.#wobble.normal());
    return this.#process.step({
      atMillis,
      stepMillis: plan.stepMillis,
      liveBytes: Math.max(0.3 * MIB, levelBytes + plan.noiseShare * steady * this.#noise()),
      transientBytes: this.#transient(),
      allocatedBytes: requests * plan.bytesPerRequest + (plan.idleBytesPerSecond * plan.stepMillis) / 1000,
      requests,
      goroutines: Math.max(8, 14 + connections + sums.goroutine),
      fds: Math.max(6, 9 + connections / 2 + sums.fd),
      threads: 9 + (this.#wobble.chance(0.3) ? 1 : 0) + sums.thread,
      nativeBytes: sums.native + sums.thread * BYTES_BESIDE.thread,
      fileBytes: sums.file,
      gogcPercent: plan.gogc.findLast(({ hours }) => hours <= now.hours)?.percent ?? 100,
      goMemLimitBytes: plan.goMemLimitBytes,
      fragmentation: plan.fragmentation(now.hours, now.age),
    });
  }
}
