// From observations to at most 72 blocks: medians, with load and work beside them.
import { MINUTE_MILLIS, type Millis } from '../base/units.ts';
import { lowerBound } from './gauge-history.ts';
import type { Points } from './points.ts';
import { median } from './stats/quantiles.ts';
import { Interpolation, type Work } from './work.ts';

/** Enough to see a shape, few enough to fit eight models in a millisecond. */
export const BLOCKS_BOUND = 72;
/** A block of 5 min holds at least two GC cycles (the runtime forces one every 2 min). */
const BLOCK_MILLIS = 5 * MINUTE_MILLIS;
/** Young series get shorter blocks, so that there are some: correlation between them is accounted for in the fit. */
const YOUNG_BLOCKS = 24;
const SHORTEST_BLOCK_MILLIS = MINUTE_MILLIS;

/** One row per block that holds an observation; blocks without one are left out, so times may have gaps. */
export interface Blocks {
  readonly length: number;
  /** Median time of the observations in the block. */
  readonly timeMillis: Float64Array;
  /** Median of the observations. */
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

/** Blocks over fromMillis <= time <= toMillis, counted from `fromMillis`. */
export function computeBlocks(
  points: Points,
  work: Work | null,
  window: { readonly fromMillis: Millis; readonly toMillis: Millis },
): Blocks {
  const { fromMillis, toMillis } = window;
  const { timeMillis } = points;
  const widthMillis = blockWidthMillis(Math.max(1, toMillis - fromMillis));
  const cells = () => new Float64Array(BLOCKS_BOUND);
  const blocks = { time: cells(), value: cells(), load: work && cells(), done: work && cells() };
  const until = work && new Interpolation(work);
  const atStart = until?.at(fromMillis) ?? 0;
  const first = lowerBound(timeMillis, fromMillis);
  let length = 0;
  let from = first;
  while (from < timeMillis.length && timeMillis[from] <= toMillis) {
    const index = Math.min(Math.floor((timeMillis[from] - fromMillis) / widthMillis), BLOCKS_BOUND - 1);
    const startMillis = fromMillis + index * widthMillis;
    const endMillis = index === BLOCKS_BOUND - 1 ? Infinity : startMillis + widthMillis;
    // At least the point that chose the block, whatever rounding says about the block's end.
    let to = from + 1;
    while (to < timeMillis.length && timeMillis[to] < endMillis && timeMillis[to] <= toMillis) to++;
    const at = (timeMillis[(from + to - 1) >> 1] + timeMillis[(from + to) >> 1]) / 2;
    blocks.time[length] = at;
    blocks.value[length] = median(points.value, from, to);
    if (work && until && blocks.load && blocks.done) {
      const end = Math.min(startMillis + widthMillis, toMillis);
      blocks.load[length] = meanLoadPerHour(work, until, startMillis, end);
      blocks.done[length] = until.at(at) - atStart;
    }
    length++;
    from = to;
  }
  return {
    length,
    timeMillis: blocks.time.subarray(0, length),
    value: blocks.value.subarray(0, length),
    loadPerHour: blocks.load && blocks.load.subarray(0, length),
    work: blocks.done && blocks.done.subarray(0, length),
    widthMillis,
    observations: from - first,
  };
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
