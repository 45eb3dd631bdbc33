// One life of a Go process as its gauges show it: a live heap goes in; marks, goals, garbage, resident memory and counters
// come out. The arithmetic is the runtime's (Go >= 1.18 pacer, forced collection after two minutes, 4 MiB minimum).

export const MIB = 1024 * 1024;
/** runtime/proc.go: forcegcperiod. */
const FORCED_GC_MILLIS = 120_000;
/** runtime/mgcpacer.go: defaultHeapMinimum, times GOGC / 100. */
const HEAP_MINIMUM = 4 * MIB;
/** The scavenger keeps a tenth above the goal and gives the rest back within some tens of minutes. */
const SCAVENGE_HALF_LIFE_MILLIS = 20 * 60_000;
const RETAINED = 1.1;
/** Heap is mapped in chunks. */
const CHUNK = 4 * MIB;
const STACK_BYTES = 8192;
const GLOBALS_BYTES = 0.4 * MIB;

/**
 * @typedef {object} Demand what the code holds and does during one step
 * @property {number} atMillis end of the step, when a scrape may look
 * @property {number} stepMillis
 * @property {number} liveBytes reachable heap
 * @property {number} transientBytes garbage of requests in flight, which a mark may catch alive
 * @property {number} allocatedBytes over the step
 * @property {number} requests over the step
 * @property {number} goroutines
 * @property {number} fds
 * @property {number} threads
 * @property {number} nativeBytes
 * @property {number} fileBytes resident file pages beyond the program's own
 * @property {number} gogcPercent
 * @property {number | null} goMemLimitBytes
 * @property {number} fragmentation resident heap over heap in use, 1 = none
 */

export class GoProcess {
  #startMillis;
  #random;
  #lastMarkMillis;
  #markedBytes = 0;
  #goalBytes = HEAP_MINIMUM;
  #residentHeap = 6 * MIB;
  #heapSys = 8 * MIB;
  #totals = { requests: 0, allocated: 0, cpuSeconds: 0.4, cycles: 0, pauseSeconds: 0 };

  /**
   * @param {number} startMillis
   * @param {import('./random.mjs').Random} random
   * @param {{ cpuPerRequest: number, programBytes: number, runtimeBytes: number }} build
   */
  constructor(startMillis, random, build) {
    this.#startMillis = startMillis;
    this.#lastMarkMillis = startMillis;
    this.#random = random;
    this.build = build;
  }

  /**
   * Runs one step and says what every gauge would show at its end.
   * @param {Demand} demand
   * @returns {Record<string, number>} by the names of src/base/gauges.ts
   */
  step(demand) {
    const { stepMillis, allocatedBytes } = demand;
    const perMilli = Math.max(1, allocatedBytes / stepMillis);
    const sinceMark = this.#collect(demand, perMilli);
    const heapAlloc = this.#markedBytes + sinceMark * perMilli;
    this.#keepResident(demand, perMilli);
    this.#totals.requests += demand.requests;
    this.#totals.allocated += allocatedBytes;
    return this.#gauges(demand, heapAlloc);
  }

  /**
   * Marks that fall into the step; the last one sets goal and floor.
   * @param {Demand} demand
   * @param {number} perMilli bytes allocated a millisecond
   * @returns {number} milliseconds from the last mark to the step's end
   */
  #collect({ atMillis, stepMillis, liveBytes, transientBytes, ...demand }, perMilli) {
    const stacks = demand.goroutines * STACK_BYTES;
    const aim = (/** @type {number} */ live) => this.#goal(live, stacks, demand);
    const period = Math.min(FORCED_GC_MILLIS, Math.max(50, (aim(liveBytes) - liveBytes) / perMilli));
    const marks = Math.floor((atMillis - this.#lastMarkMillis) / period);
    if (marks > 0) {
      // Where in the period the last mark fell is not aligned with scrapes.
      this.#lastMarkMillis =
        marks === 1 && period > stepMillis / 2
          ? this.#lastMarkMillis + period
          : atMillis - this.#random.next() * Math.min(period, stepMillis);
      this.#markedBytes = liveBytes + transientBytes;
      this.#goalBytes = aim(this.#markedBytes);
      this.#totals.cycles += marks;
      this.#totals.pauseSeconds += marks * 1.5e-4;
      this.#totals.cpuSeconds += (marks * this.#markedBytes) / (400 * MIB);
    }
    this.#totals.cpuSeconds += 1e-6 * stepMillis;
    return atMillis - this.#lastMarkMillis;
  }

  /**
   * @param {number} live
   * @param {number} stacks
   * @param {{ gogcPercent: number, goMemLimitBytes: number | null }} settings
   */
  #goal(live, stacks, { gogcPercent, goMemLimitBytes }) {
    const g = gogcPercent / 100;
    const goal = Math.max(HEAP_MINIMUM * g, live + (live + stacks + GLOBALS_BYTES) * g);
    if (goMemLimitBytes === null) return goal;
    const beside = stacks + this.build.runtimeBytes;
    return Math.max(live * 1.02, Math.min(goal, goMemLimitBytes - beside));
  }

  /**
   * @param {Demand} demand
   * @param {number} perMilli
   */
  #keepResident({ stepMillis, fragmentation }, perMilli) {
    const peak = Math.min(this.#goalBytes, this.#markedBytes + perMilli * FORCED_GC_MILLIS);
    const needed = peak * fragmentation;
    const kept = needed * RETAINED;
    const fade = 2 ** (-stepMillis / SCAVENGE_HALF_LIFE_MILLIS);
    this.#residentHeap = Math.max(
      needed,
      this.#residentHeap > kept ? kept + (this.#residentHeap - kept) * fade : this.#residentHeap,
    );
    this.#heapSys = Math.max(this.#heapSys, Math.ceil(this.#residentHeap / CHUNK) * CHUNK);
  }

  /**
   * @param {Demand} demand
   * @param {number} heapAlloc
   */
  #gauges(demand, heapAlloc) {
    const { goroutines, fds, threads, nativeBytes, fileBytes, requests } = demand;
    const totals = this.#totals;
    totals.cpuSeconds += requests * this.build.cpuPerRequest * (1 + 0.03 * this.#random.normal());
    const stacks = goroutines * STACK_BYTES;
    const runtime = this.build.runtimeBytes + heapAlloc / 60;
    const anonymous = this.#residentHeap + stacks + runtime + nativeBytes;
    const files = this.build.programBytes + fileBytes;
    const heapInuse = Math.min(this.#heapSys, heapAlloc * 1.04 + 0.5 * MIB);
    return {
      liveHeapBytes: Math.round(this.#markedBytes),
      nextGcBytes: Math.round(this.#goalBytes),
      heapAllocBytes: Math.round(heapAlloc),
      heapInuseBytes: Math.round(heapInuse),
      heapIdleBytes: Math.round(this.#heapSys - heapInuse),
      heapReleasedBytes: Math.round(Math.max(0, this.#heapSys - this.#residentHeap)),
      heapSysBytes: this.#heapSys,
      stackInuseBytes: stacks,
      stackSysBytes: stacks,
      sysBytes: Math.round(this.#heapSys + stacks + runtime),
      scanStackBytes: stacks,
      scanGlobalsBytes: GLOBALS_BYTES,
      gogcPercent: demand.gogcPercent,
      goMemLimitBytes: demand.goMemLimitBytes ?? 2 ** 63,
      allocatedBytesTotal: Math.round(totals.allocated),
      gcCyclesTotal: totals.cycles,
      gcPauseSecondsTotal: totals.pauseSeconds,
      goroutines: Math.round(goroutines),
      threads: Math.round(threads),
      openFds: Math.round(fds),
      maxFds: 1_048_576,
      rssBytes: Math.round(anonymous + files),
      rssAnonBytes: Math.round(anonymous),
      rssFileBytes: Math.round(files),
      cpuSecondsTotal: totals.cpuSeconds,
      processStartMillis: this.#startMillis,
      requestsTotal: totals.requests,
    };
  }
}
