// From observations to at most 72 blocks: medians, with load and work beside them.
import { MINUTE_MILLIS, type Millis } from '../base/units.ts';
import { lowerBound } from './gauge-history.ts';
import type { Points } from './points.ts';
import { median, quantile } from './stats/quantiles.ts';
import { Interpolation, type Work } from './work.ts';

/** Enough to see a shape, few enough to fit eight models in a millisecond. */
export const BLOCKS_BOUND = 72;
/** A block of 5 min holds at least two GC cycles (the runtime forces one every 2 min). */
const BLOCK_MILLIS = 5 * MINUTE_MILLIS;
/** Young series get shorter blocks, so that there are some: correlation between them is accounted for in the fit. */
const YOUNG_BLOCKS = 24;
const SHORTEST_BLOCK_MILLIS = MINUTE_MILLIS;
/** Blocks that hold fewer observations each than this lump nothing together that lies apart. */
const LUMPED_OBSERVATIONS = 2;

/** One row per block that holds an observation; blocks without one are left out, so times may have gaps. */
export interface Blocks {
  readonly length: number;
  /** Median time of the observations in the block. */
  readonly timeMillis: Float64Array;
  /** Median of the observations, or what share of them was asked to lie below. */
  readonly value: Float64Array;
  /** Units of work per hour over the block; null when work is not known. */
  readonly loadPerHour: Float64Array | null;
  /** Work done from `fromMillis` to the block's time; null when work is not known. */
  readonly work: Float64Array | null;
  readonly widthMillis: Millis;
  /** Observations that went in: GC cycles for the live floor. */
  readonly observations: number;
}

/** Width of a block for a window of `spanMillis`: span / 72, not below 5 min, but 24 blocks as soon as possible. */
export function blockWidthMillis(spanMillis: Millis): Millis {
  const young = Math.max(SHORTEST_BLOCK_MILLIS, spanMillis / YOUNG_BLOCKS);
  return Math.max(spanMillis / BLOCKS_BOUND, Math.min(BLOCK_MILLIS, young));
}

/** Cells of equal width, counted from a window's start; those that hold an observation become blocks. */
interface Grid {
  readonly widthMillis: Millis;
  readonly cells: number;
}

/**
 * The usual width, halved while scrapes that were missed leave so few cells occupied that observations are lumped together which
 * a shorter history would keep apart: what lies in a gap is not known, but what lies beside it is, and must not be lost as time goes
 * on. Below `YOUNG_BLOCKS` occupied cells halving cannot lead to more than `BLOCKS_BOUND`.
 *
 * @param points those of the window, from <= index < to.
 */
function chooseGrid(
  timeMillis: Float64Array,
  from: number,
  to: number,
  fromMillis: Millis,
  spanMillis: Millis,
): Grid {
  let grid: Grid = { widthMillis: blockWidthMillis(spanMillis), cells: BLOCKS_BOUND };
  for (;;) {
    const occupied = countOccupied(timeMillis, from, to, fromMillis, grid);
    const isLumped = to - from >= LUMPED_OBSERVATIONS * occupied;
    const narrower = grid.widthMillis / 2;
    if (occupied >= YOUNG_BLOCKS || !isLumped || narrower < SHORTEST_BLOCK_MILLIS) return grid;
    grid = { widthMillis: narrower, cells: 2 * grid.cells };
  }
}

function countOccupied(
  timeMillis: Float64Array,
  from: number,
  to: number,
  fromMillis: Millis,
  grid: Grid,
): number {
  let occupied = 0;
  let last = -1;
  for (let i = from; i < to; i++) {
    const index = cellOf(timeMillis[i], fromMillis, grid);
    if (index !== last) occupied++;
    last = index;
  }
  return occupied;
}

function cellOf(atMillis: Millis, fromMillis: Millis, { widthMillis, cells }: Grid): number {
  return Math.min(Math.floor((atMillis - fromMillis) / widthMillis), cells - 1);
}

interface Window {
  readonly fromMillis: Millis;
  readonly toMillis: Millis;
}

/** Where blocks lie, and what was done in them: all but the values. */
interface BlockPlaces extends Omit<Blocks, 'value'> {
  /** First observation of each block, and after the last block the end. */
  readonly starts: Int32Array;
}

/** The last places, with what they were asked for. */
interface LastPlaced {
  readonly window: Window;
  readonly timeMillis: Float64Array;
  readonly work: Work | null;
  readonly places: BlockPlaces;
}
let lastPlaced: LastPlaced | null = null;

/**
 * Counts that are scraped together have their blocks at the same places, and the same load: it is asked for once. Whatever is the
 * same is the same array.
 */
function placeBlocks(timeMillis: Float64Array, work: Work | null, window: Window): BlockPlaces {
  const last = lastPlaced;
  const isKnown =
    last?.work === work &&
    last.window.fromMillis === window.fromMillis &&
    last.window.toMillis === window.toMillis &&
    isSame(last.timeMillis, timeMillis);
  if (last !== null && isKnown) return last.places;
  const places = computePlaces(timeMillis, work, window);
  lastPlaced = { window: { ...window }, timeMillis: timeMillis.slice(), work, places };
  return places;
}

function isSame(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function computePlaces(timeMillis: Float64Array, work: Work | null, window: Window): BlockPlaces {
  const { fromMillis, toMillis } = window;
  const first = lowerBound(timeMillis, fromMillis);
  let end = first;
  while (end < timeMillis.length && timeMillis[end] <= toMillis) end++;
  const grid = chooseGrid(timeMillis, first, end, fromMillis, Math.max(1, toMillis - fromMillis));
  const { widthMillis } = grid;
  const time = new Float64Array(BLOCKS_BOUND);
  const load = work && new Float64Array(BLOCKS_BOUND);
  const done = work && new Float64Array(BLOCKS_BOUND);
  const starts = new Int32Array(BLOCKS_BOUND + 1);
  const until = work && new Interpolation(work);
  const atStart = until?.at(fromMillis) ?? 0;
  let length = 0;
  let from = first;
  while (from < end) {
    const index = cellOf(timeMillis[from], fromMillis, grid);
    const startMillis = fromMillis + index * widthMillis;
    const endMillis = index === grid.cells - 1 ? Infinity : startMillis + widthMillis;
    // A block is a cell, whatever rounding says about its end: a cell in two parts would be one block more than there are cells.
    let to = from + 1;
    while (to < end && (timeMillis[to] < endMillis || cellOf(timeMillis[to], fromMillis, grid) === index))
      to++;
    const at = (timeMillis[(from + to - 1) >> 1] + timeMillis[(from + to) >> 1]) / 2;
    time[length] = at;
    starts[length] = from;
    if (work && until && load && done) {
      const untilMillis = Math.min(startMillis + widthMillis, toMillis);
      load[length] = meanLoadPerHour(work, until, startMillis, untilMillis);
      done[length] = until.at(at) - atStart;
    }
    length++;
    from = to;
  }
  starts[length] = end;
  return {
    length,
    timeMillis: time.subarray(0, length),
    loadPerHour: load && load.subarray(0, length),
    work: done && done.subarray(0, length),
    widthMillis,
    observations: end - first,
    starts,
  };
}

/**
 * Blocks over fromMillis <= time <= toMillis, counted from `fromMillis`. Not to be changed.
 *
 * @param share of a block's observations that lie below its value.
 */
export function computeBlocks(points: Points, work: Work | null, window: Window, share = 0.5): Blocks {
  const { starts, ...places } = placeBlocks(points.timeMillis, work, window);
  const value = new Float64Array(places.length);
  for (let i = 0; i < value.length; i++) {
    value[i] =
      share === 0.5
        ? median(points.value, starts[i], starts[i + 1])
        : quantile(points.value, share, starts[i], starts[i + 1]);
  }
  return { ...places, value };
}

/** A last block can be cut short by the window: its load is then measured over at least half a block. */
function meanLoadPerHour(work: Work, until: Interpolation, startMillis: Millis, endMillis: Millis): number {
  const last = work.timeMillis[work.timeMillis.length - 1];
  const end = Math.min(endMillis, last);
  const widest = end - startMillis > 0 ? end - startMillis : 0;
  const start = Math.min(startMillis, end - Math.max(widest, SHORTEST_BLOCK_MILLIS));
  const hours = (end - start) / 3_600_000;
  return (until.at(end) - until.at(start)) / hours;
}
