// The live heap after each GC mark, from whichever gauge says it best. Field notes: detection-science 2.1.
import { GC_TRACE_RESOLUTION } from '../base/gc-cycles.ts';
import { KIB, MIB, type Bytes, type Millis } from '../base/units.ts';
import { shrinksRoom, standsSince } from './capped-goal.ts';
import type { GaugeTable } from './history.ts';
import { PointsBuilder, pointsOfColumn, type Points } from './points.ts';
import { changesPace, floorFromRoom, listRoomWindows } from './room-floor.ts';
import { median, medianAbsoluteDeviationSigma, quantile } from './stats/quantiles.ts';

/**
 * `live`: /gc/heap/live:bytes, exact. `goal`: solved from next_gc. `trace`: lines of gctrace=1, whole MiB. `room`: next_gc less what a cycle
 * allocates, over ten cycles or more. `minimum`: lowest heap_alloc over windows of at least 3 GC cycles, an upper bound of the live heap with the
 * noise of when it was scraped. `profile`: sums of heap profiles, where those are all there is: as of the newest mark, with the noise of
 * their sampling.
 */
export type LiveFloorSource = 'live' | 'goal' | 'trace' | 'room' | 'minimum' | 'profile';

export interface LiveFloor extends Points {
  readonly source: LiveFloorSource;
  /** What a value is exact to; 0 = to the byte. */
  readonly resolutionBytes: Bytes;
  /** Why the better source was not used; empty for `live` and `trace`. */
  readonly why: string;
  /** Points whose goal stood at the 4 MiB minimum: there the value is only known to be below it. */
  readonly atMinimumGoal: number;
  /** Start of the data: later than asked for when GOGC or GOMEMLIMIT changed at run time and what changed with it is not known. */
  readonly fromMillis: Millis;
  /** Since when GOGC and GOMEMLIMIT are what they are, as far as gauges tell. */
  readonly pacedFromMillis: Millis;
  readonly gogcChanges: number;
  /** A goal that stands above a live heap that grows, where no gauge tells of a limit: that limit, less what it leaves for the rest. */
  readonly hiddenLimitBytes: Bytes | null;
  /**
   * What a byte of stack adds to the floor: the goal makes room for stacks, g of (1 + g) of which stays in what is solved from it where
   * no gauge tells what stacks are scanned; 0 where one does, and for other sources.
   */
  readonly stackShare: number;
}

/** The runtime never sets a goal below 4 MiB * GOGC / 100 (runtime/mgcpacer.go: defaultHeapMinimum). */
export const HEAP_MINIMUM_BYTES: Bytes = 4 * MIB;
/** GOGC above this, or negative, is "off" in practice: the goal says nothing about the live heap. */
const GOGC_OFF_PERCENT = 5000;
/** GOMEMLIMIT is math.MaxInt64 when there is none. */
const NO_LIMIT_BYTES = 2 ** 60;
/** The goal counts as capped when it and what is not heap come this close to GOMEMLIMIT. */
const LIMIT_BINDS_SHARE = 0.9;
/** One capped goal in ten and no goal is used: the two kinds of points must not be mixed. */
const CAPPED_SHARE_BOUND = 0.1;
const CYCLES_PER_MINIMUM = 3;
const SCRAPES_PER_MINIMUM = 5;

interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** Live floor over the rows from <= row < to of one incarnation; null when no heap gauge is there. */
export function computeLiveFloor(table: GaugeTable, rows: RowRange): LiveFloor | null {
  const cut = findLastPacerChange(table, rows);
  const range = { from: cut.row, to: rows.to };
  const firstMillis = table.timeMillis[rows.from] ?? NaN;
  const pacedFromMillis = table.timeMillis[cut.row] ?? NaN;
  const about: About = {
    fromMillis: firstMillis,
    pacedFromMillis,
    gogcChanges: cut.changes,
    atMinimumGoal: 0,
    resolutionBytes: 0,
    stackShare: 0,
    hiddenLimitBytes: null,
  };
  const live = table.column('liveHeapBytes');
  if (live) {
    const points = pointPerCycle(table, rows, live, (row) => (live[row] > 0 ? live[row] : NaN));
    if (points.value.length > 0) return { ...points, ...about, source: 'live', why: '' };
  }
  const whole = floorFromGoal(table, rows, cut.row);
  const isCut = whole.why !== '' && range.from > rows.from;
  const goal = isCut ? floorFromGoal(table, range, cut.row) : whole;
  if (goal.why === '') {
    return {
      ...goal.points,
      ...about,
      fromMillis: isCut ? pacedFromMillis : firstMillis,
      atMinimumGoal: goal.atMinimumGoal,
      stackShare: stackShareOfGoal(table, rows),
      source: 'goal',
      why: NO_LIVE_GAUGE,
    };
  }
  const traced = floorFromTrace(table, rows);
  if (traced.value.length > 0) {
    return { ...traced, ...about, resolutionBytes: GC_TRACE_RESOLUTION, source: 'trace', why: '' };
  }
  const { why } = whole;
  const room = floorFromRoom(listRoomWindows(table, rows));
  if (room !== null) {
    return { ...room, ...about, hiddenLimitBytes: findHiddenLimit(table, rows, room), source: 'room', why };
  }
  const minimum = rollingMinimum(table, range);
  if (minimum === null) return floorFromProfiles(table, rows, about);
  const hiddenLimitBytes = findHiddenLimit(table, range, minimum);
  return { ...minimum, ...about, fromMillis: pacedFromMillis, hiddenLimitBytes, source: 'minimum', why };
}

type About = Omit<LiveFloor, 'timeMillis' | 'value' | 'source' | 'why'>;

const NO_LIVE_GAUGE = '/gc/heap/live:bytes is not exported';

/** GOGC or GOMEMLIMIT changed while the process ran: what the goal means changed with it. */
function findLastPacerChange(table: GaugeTable, rows: RowRange): { row: number; changes: number } {
  let row = rows.from;
  let changes = 0;
  for (const name of ['gogcPercent', 'goMemLimitBytes'] as const) {
    const column = table.column(name);
    let last = NaN;
    for (let i = rows.from; column && i < rows.to; i++) {
      if (Number.isNaN(column[i])) continue;
      if (!Number.isNaN(last) && column[i] !== last) {
        changes++;
        row = Math.max(row, i);
      }
      last = column[i];
    }
  }
  return { row, changes };
}

/**
 * One point per GC cycle, not per scrape: the same mark seen twice is no second observation. Cycles are told
 * apart by the GC counter, where that is missing by the value itself.
 */
function pointPerCycle(
  table: GaugeTable,
  rows: RowRange,
  marker: Float64Array,
  valueAt: (row: number) => number,
  cycles = table.column('gcCyclesTotal'),
): Points {
  const { timeMillis } = table;
  const points = new PointsBuilder(Math.max(0, rows.to - rows.from));
  let lastCycle = NaN;
  for (let row = rows.from; row < rows.to; row++) {
    const value = valueAt(row);
    if (Number.isNaN(value)) continue;
    const cycle = cycles && !Number.isNaN(cycles[row]) ? cycles[row] : marker[row];
    if (cycle === lastCycle || (cycles !== null && cycle === 0)) continue;
    lastCycle = cycle;
    points.add(timeMillis[row], value);
  }
  return points.finish();
}

/** The marks that a GC trace tells of; it counts its cycles itself. */
function floorFromTrace(table: GaugeTable, rows: RowRange): Points {
  const live = table.column('traceLiveBytes');
  if (!live) return new PointsBuilder(0).finish();
  return pointPerCycle(table, rows, live, (row) => live[row], table.column('traceCyclesTotal'));
}

/** runtime.MemProfileRate unless it was changed: a sample stands for about as much, so smaller moves are noise. */
const PROFILE_RESOLUTION: Bytes = 512 * KIB;

/** Profiles are published with a mark, so what they hold in use is what that mark found alive. */
function floorFromProfiles(table: GaugeTable, rows: RowRange, about: About): LiveFloor | null {
  const live = table.column('profileLiveBytes');
  if (!live) return null;
  const points = pointPerCycle(table, rows, live, (row) => live[row], null);
  if (points.value.length === 0) return null;
  const why = 'heap profiles are all there is';
  return { ...points, ...about, resolutionBytes: PROFILE_RESOLUTION, source: 'profile', why };
}

/**
 * live = (next_gc - g * roots) / (1 + g), g = GOGC / 100 (Go >= 1.18 pacer). `why` is empty when it is valid.
 *
 * @param pacedFrom row since which GOGC and GOMEMLIMIT are what they are: collections before it say nothing against the goal.
 */
function floorFromGoal(
  table: GaugeTable,
  rows: RowRange,
  pacedFrom: number,
): { points: Points; why: string; atMinimumGoal: number } {
  const none = { points: { timeMillis: new Float64Array(), value: new Float64Array() }, atMinimumGoal: 0 };
  const goal = table.column('nextGcBytes');
  if (!goal) return { ...none, why: 'next_gc is not exported' };
  const pacer = new Pacer(table);
  const alloc = table.column('heapAllocBytes');
  let known = 0;
  let off = 0;
  let capped = 0;
  for (let row = rows.from; row < rows.to; row++) {
    if (Number.isNaN(goal[row])) continue;
    known++;
    if (pacer.isOff(row)) off++;
    else if (pacer.isCapped(row, goal[row])) capped++;
  }
  if (known === 0) return { ...none, why: 'next_gc is not exported' };
  if (off > 0) return { ...none, why: 'GOGC is off: next_gc does not follow the live heap' };
  if (capped > CAPPED_SHARE_BOUND * known) {
    return { ...none, why: 'GOMEMLIMIT caps next_gc: it does not follow the live heap' };
  }
  let atMinimumGoal = 0;
  const stackNow = pacer.stackShare(rows.to - 1);
  const points = pointPerCycle(table, rows, goal, (row) => {
    if (Number.isNaN(goal[row]) || pacer.isCapped(row, goal[row])) return NaN;
    const g = pacer.ratio(row);
    // As much of the stacks stays in it as with the newest GOGC: a change of it is no change of the live heap.
    const stacks = (pacer.stackShare(row) - stackNow) * pacer.stackInUse(row);
    const solved = Math.max(0, (goal[row] - g * pacer.roots(row)) / (1 + g) - stacks);
    if (goal[row] > HEAP_MINIMUM_BYTES * g * 1.001) return solved;
    // At the minimum goal the live heap is only known to be below; heap_alloc may bound it further.
    atMinimumGoal++;
    return Math.min(solved, lowestAlloc(alloc, rows.from, row));
  });
  return {
    points,
    why: pacer.isTold ? '' : contradictionOf(table, { from: pacedFrom, to: rows.to }, points),
    atMinimumGoal,
  };
}

function stackShareOfGoal(table: GaugeTable, rows: RowRange): number {
  return new Pacer(table).stackShare(rows.to - 1);
}

/** The goal that stands above what rises, where no gauge tells of a limit. */
function findHiddenLimit(table: GaugeTable, rows: RowRange, floor: Points): Bytes | null {
  const column = table.column('nextGcBytes');
  const limit = table.column('goMemLimitBytes');
  if (!column || (limit !== null && !Number.isNaN(limit[rows.to - 1]))) return null;
  const goal = pointsOfColumn(table.timeMillis, column, rows);
  const last = goal.value[goal.value.length - 1];
  return last < NO_LIMIT_BYTES && standsWhileHeapRises(goal, floor) ? last : null;
}

/** Windows of heap_alloc that the goal is held against, fewest. */
const WINDOWS_COMPARED = 8;
/** heap_alloc is never below the live heap, but in the moments around a mark, and for what stacks are wrongly taken for. */
const BELOW_SHARE = 0.85;
/** What the lowest heap_alloc must have risen by meanwhile, as a share of what the goal says is alive ... */
const RISES_SHARE = 0.04;
/** ... and in standard errors. */
const RISES_SIGMA = 3;

/**
 * Where the process tells neither GOGC nor GOMEMLIMIT: does its heap fit a goal of twice the live heap? With GOGC=off or above 100 it
 * falls below what that would be; with a memory limit that binds, the goal stands while the lowest heap_alloc of each few cycles rises away
 * from it. Empty where it fits, or nothing is known to hold against it.
 */
function contradictionOf(table: GaugeTable, rows: RowRange, goal: Points): string {
  const minimum = table.column('heapAllocBytes') ? rollingMinimum(table, rows) : null;
  if (minimum === null || minimum.value.length < WINDOWS_COMPARED || goal.value.length < 2) return '';
  const since = standsSince(goal);
  if (shrinksRoom(table, rows, 2 * goal.value[since], goal.timeMillis[since])) return LIMIT_HIDDEN;
  const stack = table.column('stackInuseBytes');
  const { timeMillis } = table;
  const ratios: number[] = [];
  let row = rows.from;
  let point = 0;
  for (let i = 0; i < minimum.value.length; i++) {
    const at = minimum.timeMillis[i];
    while (row < rows.to - 1 && timeMillis[row] < at) row++;
    while (point < goal.value.length - 2 && goal.timeMillis[point + 1] < at) point++;
    // Of the marks before and after, the lower: between them the live heap may have fallen.
    const alive = Math.min(goal.value[point], goal.value[point + 1]) - cell(stack, row, 0) / 2;
    if (alive > HEAP_MINIMUM_BYTES) ratios.push(minimum.value[i] / alive);
  }
  if (ratios.length < WINDOWS_COMPARED) return '';
  if (quantile(ratios, 0.25) < BELOW_SHARE) {
    return 'heap_alloc falls below what next_gc says is alive: GOGC is off or above 100, and not exported';
  }
  if (standsWhileHeapRises(goal, minimum)) return LIMIT_HIDDEN;
  const isPaceTold = table.column('gogcPercent') !== null;
  return !isPaceTold && changesPace(listRoomWindows(table, rows)) ? GOGC_HIDDEN : '';
}

const GOGC_HIDDEN =
  'collections allocate another share of next_gc than before: GOGC was changed, and is not exported';

const LIMIT_HIDDEN = 'heap_alloc rises while next_gc stands: a memory limit binds, and is not exported';

/** Since the goal stands, where it does: is the lowest heap_alloc of each few cycles higher in the later half than in the earlier one? */
function standsWhileHeapRises(goal: Points, minimum: Points): boolean {
  const last = goal.value[goal.value.length - 1];
  const since = standsSince(goal);
  const lowest = [...minimum.value].filter((_, i) => minimum.timeMillis[i] >= goal.timeMillis[since]);
  if (lowest.length < WINDOWS_COMPARED) return false;
  const half = lowest.length >> 1;
  const [early, late] = [lowest.slice(0, half), lowest.slice(half)];
  const noise = Math.max(medianAbsoluteDeviationSigma(early), medianAbsoluteDeviationSigma(late));
  const rise = median(late) - median(early);
  // A median scatters by 1.25 times as much as a mean.
  return rise > RISES_SHARE * last && rise > RISES_SIGMA * 1.25 * noise * Math.sqrt(2 / half);
}

class Pacer {
  readonly #gogc: Float64Array | null;
  readonly #limit: Float64Array | null;
  readonly #stack: Float64Array | null;
  readonly #stackInUse: Float64Array | null;
  readonly #globals: Float64Array | null;
  readonly #sys: Float64Array | null;
  readonly #heapSys: Float64Array | null;

  constructor(table: GaugeTable) {
    this.#gogc = table.column('gogcPercent');
    this.#limit = table.column('goMemLimitBytes');
    this.#stack = table.column('scanStackBytes');
    this.#stackInUse = table.column('stackInuseBytes');
    this.#globals = table.column('scanGlobalsBytes');
    this.#sys = table.column('sysBytes');
    this.#heapSys = table.column('heapSysBytes');
  }

  /** Does the process say what sets its pace? */
  get isTold(): boolean {
    return this.#gogc !== null && this.#limit !== null;
  }

  /** GOGC / 100; 1 where the process does not say. */
  ratio(row: number): number {
    return cell(this.#gogc, row, 100) / 100;
  }

  isOff(row: number): boolean {
    const percent = cell(this.#gogc, row, 100);
    return percent <= 0 || percent > GOGC_OFF_PERCENT;
  }

  /** What of the stacks stays in what is solved from the goal: all that they add, unless a gauge tells what is scanned. */
  stackShare(row: number): number {
    if (this.#stack !== null) return 0;
    const g = this.ratio(row);
    return g / (1 + g);
  }

  stackInUse(row: number): Bytes {
    return cell(this.#stackInUse, row, 0);
  }

  /** Stacks and globals count towards the goal; where they are not exported they are taken as part of the floor. */
  roots(row: number): Bytes {
    return cell(this.#stack, row, 0) + cell(this.#globals, row, 0);
  }

  isCapped(row: number, goal: Bytes): boolean {
    const limit = cell(this.#limit, row, NO_LIMIT_BYTES);
    if (limit >= NO_LIMIT_BYTES) return false;
    const notHeap = cell(this.#sys, row, NaN) - cell(this.#heapSys, row, NaN);
    return goal + (notHeap > 0 ? notHeap : 0) >= LIMIT_BINDS_SHARE * limit;
  }
}

function cell(column: Float64Array | null, row: number, otherwise: number): number {
  const value = column ? column[row] : NaN;
  return Number.isNaN(value) ? otherwise : value;
}

/** Lowest heap_alloc of the last few scrapes up to `row`; Infinity where it is not known. */
function lowestAlloc(alloc: Float64Array | null, firstRow: number, row: number): Bytes {
  let lowest = Infinity;
  for (let back = Math.max(firstRow, row - SCRAPES_PER_MINIMUM + 1); alloc && back <= row; back++) {
    if (alloc[back] < lowest) lowest = alloc[back];
  }
  return lowest;
}

/** One point per window of >= 3 GC cycles and >= 5 scrapes; windows do not overlap, so points are independent. */
function rollingMinimum(table: GaugeTable, rows: RowRange): Points | null {
  const alloc = table.column('heapAllocBytes') ?? table.column('heapInuseBytes');
  if (!alloc) return null;
  const cycles = table.column('gcCyclesTotal');
  const { timeMillis } = table;
  const points = new PointsBuilder(Math.max(0, rows.to - rows.from));
  let scrapes = 0;
  let firstCycle = NaN;
  let lowest = Infinity;
  let lowestMillis = NaN;
  for (let row = rows.from; row < rows.to; row++) {
    if (Number.isNaN(alloc[row])) continue;
    const cycle = cycles ? cycles[row] : NaN;
    if (scrapes === 0) firstCycle = cycle;
    scrapes++;
    if (alloc[row] < lowest) {
      lowest = alloc[row];
      lowestMillis = timeMillis[row];
    }
    const isWide = Number.isNaN(cycle - firstCycle) || cycle - firstCycle >= CYCLES_PER_MINIMUM;
    if (scrapes < SCRAPES_PER_MINIMUM || !isWide) continue;
    points.add(lowestMillis, lowest);
    scrapes = 0;
    lowest = Infinity;
  }
  return points.finish();
}
