// What it costs to judge one target: `assess` (stage 1) and a whole evaluation (stage 1, confirmation, stage 2, case) after a
// day, a week and a month of scrapes, the memory that such a target holds, and a minute of many targets that are really held.
// Usage: npm run -s bench:detect -- [--rounds 15] [--targets 20] [--fleet 10000] [RECORDING]; 0 leaves a part out.
//   Gauges are generated (lib/generated-gauges.mjs); heap and goroutine profiles are those of the recording, spread over
//   the history. Default: the recording in demo/recordings.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DAY_MILLIS, HOUR_MILLIS, SHAPES, drawReadings } from './lib/generated-gauges.mjs';
import { ROOT, importProduct, needProduct, stop } from './lib/product.mjs';
import { readOptions } from './lib/options.mjs';
import { describeMachine, interleave, median, printResult, round, spread } from './lib/results.mjs';

const { options, files } = readOptions({ rounds: 15, targets: 20, fleet: 10_000 });
needProduct();
const path = files[0] ?? shippedRecording();
describeMachine();

const { openRecording } = await importProduct('recording/read-recording');
const { decodeReceivedProfile } = await importProduct('pipeline/decode-bytes');
const { Investigation } = await importProduct('pipeline/investigation');
const { GaugeHistory } = await importProduct('series/gauge-history');
const { assess } = await importProduct('detect/assess');
const { PRODUCTION_SNAPSHOTS } = await importProduct('detect/snapshot-policy');
const { MAX_GOROUTINE_SNAPSHOTS, MAX_HEAP_SNAPSHOTS } = await importProduct('profile/profile-history');

const START_MILLIS = Date.UTC(2026, 0, 1);
const SCRAPE_MILLIS = 15_000;
const MIB = 1024 * 1024;
/** A window that still grows; the longest one; and one that slides. */
const SPANS = { '1 d': DAY_MILLIS, '7 d': 7 * DAY_MILLIS, '30 d': 30 * DAY_MILLIS };
/** The fleet's histories are drawn with sparser scrapes, and some of each shape: they are as full, and it does not take an hour. */
const FLEET_SCRAPE_MILLIS = 60_000;
const FLEET_SPAN_MILLIS = DAY_MILLIS;
const FLEET_DRAWN = 8;
const ROUND_MILLIS = 60_000;
/** What newest rows show is confirmed or refused, and code compiled, by then: what comes after is what a watch does for good. */
const EVALUATED_BEFORE = 20;
/** At the age of a day (detect/evaluation-grid.ts). */
const EVALUATED_EVERY_ROUNDS = 10;
/** As in a watch of production services. */
const SNAPSHOTS = { ...PRODUCTION_SNAPSHOTS, intervalMillis: 10 * 60_000, offersGoroutineLeak: false };

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

function shippedRecording() {
  const folder = join(ROOT, 'demo', 'recordings');
  const name = existsSync(folder) ? readdirSync(folder).find((file) => file.endsWith('.tar.gz')) : undefined;
  return name ? join(folder, name) : stop('no recording to take profiles from: give RECORDING');
}

/** @typedef {{ heap: any[], goroutine: any[] }} Profiles */

/** @returns {Promise<Profiles>} decoded, at most as many as a history holds */
async function readProfiles() {
  const recording = await openRecording(path).catch((/** @type {Error} */ error) => stop(error.message));
  /** @type {Profiles} */
  const profiles = { heap: [], goroutine: [] };
  for await (const evidence of recording.evidence()) {
    if (evidence.kind !== 'profile' || evidence.form !== 'proto') continue;
    if (evidence.profile !== 'heap' && evidence.profile !== 'goroutine') continue;
    profiles[/** @type {'heap' | 'goroutine'} */ (evidence.profile)].push(
      decodeReceivedProfile(evidence.bytes).profile,
    );
  }
  profiles.heap = profiles.heap.slice(0, MAX_HEAP_SNAPSHOTS);
  profiles.goroutine = profiles.goroutine.slice(0, MAX_GOROUTINE_SNAPSHOTS);
  return profiles;
}

/**
 * A target as it is after this span of watching, with every row appended as a watch appends it.
 * @param {import('./lib/generated-gauges.mjs').Shape} shape
 * @param {number} spanMillis
 * @param {Profiles} profiles
 * @param {number} stepMillis between scrapes
 * @param {number} seed
 */
function grow(shape, spanMillis, profiles, stepMillis = SCRAPE_MILLIS, seed = 1) {
  const investigation = new Investigation({
    target: { service: 'generated', instance: 'bench' },
    module: null,
    memoryLimitBytes: null,
    timeMap: { originMillis: 0, scale: 1 },
    decoder: null,
  });
  const readings = drawReadings(shape, { startMillis: START_MILLIS, stepMillis, seed });
  /** Appends what a watch would have scraped up to then. */
  const watchUntil = (/** @type {number} */ untilMillis) => {
    let rows = 0;
    for (let next = START_MILLIS; next < untilMillis; rows++) {
      const { atMillis, reading } = readings.next().value;
      investigation.addGauges(atMillis, reading);
      next = atMillis + stepMillis;
    }
    return rows;
  };
  const endMillis = START_MILLIS + spanMillis;
  const startedAt = performance.now();
  const rows = watchUntil(endMillis);
  const microsPerAppend = ((performance.now() - startedAt) / rows) * 1000;
  const spreadOut = (
    /** @type {readonly unknown[]} */ all,
    /** @type {(profile: any, at: number) => void} */ add,
  ) => all.forEach((profile, i) => add(profile, START_MILLIS + ((i + 1) * spanMillis) / (all.length + 1)));
  spreadOut(profiles.heap, (profile, at) => investigation.profiles.addHeap(profile, at));
  spreadOut(profiles.goroutine, (profile, at) => investigation.profiles.addGoroutines(profile, at));
  investigation.restore({ ...investigation.state(), lastEvaluationMillis: endMillis });
  return { investigation, endMillis, microsPerAppend, watchUntil };
}

/**
 * @param {string} name
 * @param {string} span
 * @param {Profiles} profiles
 */
async function measureTime(name, span, profiles) {
  const { investigation, endMillis, microsPerAppend, watchUntil } = grow(SHAPES[name], SPANS[span], profiles);
  let at = endMillis;
  const evaluate = () => {
    at = investigation.nextEvaluationMillis;
    watchUntil(at);
    const startedAt = performance.now();
    investigation.evaluateUpTo(at);
    return performance.now() - startedAt;
  };
  const assessOnce = () => {
    const startedAt = performance.now();
    assess({ table: investigation.history, atMillis: at, memoryLimitBytes: null, ignoreBefore: {} });
    return performance.now() - startedAt;
  };
  for (let i = 0; i < EVALUATED_BEFORE; i++) {
    assessOnce();
    evaluate();
  }
  const millis = await interleave(options.rounds, {
    assess: async () => assessOnce(),
    evaluate: async () => evaluate(),
  });
  const spacing = investigation.nextEvaluationMillis - at;
  printResult({
    bench: 'detect',
    name,
    history_hours: SPANS[span] / HOUR_MILLIS,
    rows: investigation.history.length,
    heap_snapshots: investigation.profiles.heap.length,
    goroutine_snapshots: investigation.profiles.goroutines.length,
    rounds: options.rounds,
    ...spread('assess_ms', millis.assess, 2),
    ...spread('ms', millis.evaluate, 2),
    us_per_append: round(microsPerAppend),
    ratio: round(median(millis.evaluate) / median(millis.assess), 2),
    targets_per_core: Math.floor(
      spacing / (median(millis.evaluate) + (spacing / SCRAPE_MILLIS) * (microsPerAppend / 1000)),
    ),
  });
}

/** Bytes in use after a collection. */
function bytesInUse() {
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/**
 * A function of its own, so that the targets of the measurement before are gone.
 * @param {number} spanMillis
 * @param {Profiles} held
 */
function measureHeld(spanMillis, held) {
  const before = bytesInUse();
  const targets = [];
  for (let i = 0; i < options.targets; i++) {
    const { investigation, endMillis, watchUntil } = grow(SHAPES.leak, spanMillis, held);
    watchUntil(endMillis + HOUR_MILLIS / 2);
    investigation.evaluateUpTo(endMillis + HOUR_MILLIS / 2);
    targets.push(investigation);
  }
  return { bytes: bytesInUse() - before, rows: targets[0]?.history.length };
}

/** @param {Profiles} profiles */
function measureMemory(profiles) {
  const nothing = { heap: [], goroutine: [] };
  measureHeld(HOUR_MILLIS, profiles); // compiles the code
  for (const [name, held] of Object.entries({ 'gauges only': nothing, 'gauges and profiles': profiles })) {
    for (const [span, spanMillis] of Object.entries({ '1 h': HOUR_MILLIS, ...SPANS })) {
      const { bytes, rows } = measureHeld(spanMillis, held);
      printResult({
        bench: 'detect-memory',
        holds: name,
        span,
        targets: options.targets,
        rows,
        bytes_per_target: Math.round(bytes / options.targets),
        kib_per_target: round(bytes / 1024 / options.targets),
        mib_total: round(bytes / MIB),
      });
    }
  }
}

/**
 * A history of gauges, as columns, and what is scraped after it.
 * @param {import('./lib/generated-gauges.mjs').Shape} shape
 * @param {number} seed
 */
function drawColumns(shape, seed) {
  const rows = FLEET_SPAN_MILLIS / FLEET_SCRAPE_MILLIS;
  const drawn = drawReadings(shape, { startMillis: START_MILLIS, stepMillis: FLEET_SCRAPE_MILLIS, seed });
  const timeMillis = new Float64Array(rows);
  /** @type {Map<string, Float64Array<ArrayBuffer>>} */
  const columns = new Map();
  for (let row = 0; row < rows; row++) {
    const { atMillis, reading } = drawn.next().value;
    timeMillis[row] = atMillis;
    for (const [name, value] of Object.entries(reading)) {
      let column = columns.get(name);
      if (!column) columns.set(name, (column = new Float64Array(rows).fill(NaN)));
      column[row] = value;
    }
  }
  const next = () => drawn.next().value.reading;
  const scrapes = Array.from({ length: 2 + ROUND_MILLIS / SCRAPE_MILLIS }, next);
  return { timeMillis, columns, scrapes };
}

/**
 * Targets that each hold a history of their own, drawn from a few.
 * @param {number} count
 */
function growFleet(count) {
  const drawn = Object.values(SHAPES).flatMap((shape) =>
    Array.from({ length: FLEET_DRAWN }, (_, seed) => drawColumns(shape, seed + 1)),
  );
  return Array.from({ length: count }, (_, i) => {
    const { timeMillis, columns, scrapes } = drawn[i % drawn.length] ?? stop('nothing was drawn');
    const investigation = new Investigation({
      target: { service: 'generated', instance: `bench-${i}` },
      module: null,
      memoryLimitBytes: null,
      timeMap: { originMillis: 0, scale: 1 },
      decoder: null,
      history: GaugeHistory.adopt(timeMillis, columns),
    });
    const [first, ...following] = scrapes;
    // The first scrape makes it a history that grows: thinned, packed.
    investigation.addGauges(START_MILLIS + FLEET_SPAN_MILLIS, first);
    return { investigation, scrapes: following };
  });
}

/**
 * One minute of a fleet whose histories all exist: for each target four scrapes, after each the question which profiles are
 * wanted, and one evaluation, ten times as often as the grid asks for it at that age.
 * @param {number} count
 */
function measureFleet(count) {
  const before = bytesInUse();
  const fleet = growFleet(count);
  const startMillis = START_MILLIS + FLEET_SPAN_MILLIS + ROUND_MILLIS;
  const judge = (/** @type {Investigation} */ investigation, /** @type {number} */ atMillis) => {
    investigation.restore({ ...investigation.state(), lastEvaluationMillis: atMillis });
    investigation.evaluateUpTo(investigation.nextEvaluationMillis);
  };
  for (const { investigation } of fleet) judge(investigation, startMillis - ROUND_MILLIS);
  const millis = { append: 0, ask: 0, evaluate: 0 };
  /** @param {keyof millis} what @param {() => void} run */
  const timed = (what, run) => {
    const startedAt = performance.now();
    run();
    millis[what] += performance.now() - startedAt;
  };
  const cpuBefore = process.cpuUsage();
  for (const { investigation, scrapes } of fleet) {
    for (let at = startMillis, i = 0; at < startMillis + ROUND_MILLIS; at += SCRAPE_MILLIS, i++) {
      timed('append', () => investigation.addGauges(at, scrapes[i]));
      timed('ask', () => investigation.wantedProfiles(at, SNAPSHOTS));
    }
    timed('evaluate', () => judge(investigation, startMillis + ROUND_MILLIS));
  }
  const cpu = process.cpuUsage(cpuBefore);
  const total = millis.append + millis.ask + millis.evaluate;
  // As a fleet at rest is: the newest scrape of most targets came after their last evaluation.
  for (const { investigation, scrapes } of fleet)
    investigation.addGauges(startMillis + 2 * ROUND_MILLIS, scrapes.at(-1));
  const held = bytesInUse() - before;
  printResult({
    bench: 'detect-fleet',
    targets: count,
    history_hours: FLEET_SPAN_MILLIS / HOUR_MILLIS,
    rows: fleet[0]?.investigation.history.length,
    round_ms: round(total, 0),
    share_of_round: round(total / ROUND_MILLIS, 3),
    cpu_ms: round((cpu.user + cpu.system) / 1000, 0),
    append_ms: round(millis.append, 0),
    ask_ms: round(millis.ask, 0),
    evaluate_ms: round(millis.evaluate, 0),
    round_by_grid_ms: round(millis.append + millis.ask + millis.evaluate / EVALUATED_EVERY_ROUNDS, 0),
    ms_per_target: round(total / count, 3),
    bytes_per_target: Math.round(held / count),
    mib_total: round(held / MIB),
  });
}

const profiles = await readProfiles();
for (const span of options.rounds > 0 ? Object.keys(SPANS) : []) {
  for (const name of Object.keys(SHAPES)) await measureTime(name, span, profiles);
}
if (options.targets > 0) measureMemory(profiles);
if (options.fleet > 0) measureFleet(options.fleet);
