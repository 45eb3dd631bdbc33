// From observations to at most 72 blocks: medians, with load and work beside them.
import { MINUTE_MILLIS, type Millis } from '../base/units.ts';
import type { Points } from './points.ts';
import { median } from './stats/quantiles.ts';
import { interpolateAt, type Work } from './work.ts';

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
  const widthMillis = blockWidthMillis(Math.max(1, window.toMillis - window.fromMillis));
  const time: number[] = [];
  const value: number[] = [];
  const load: number[] = [];
  const done: number[] = [];
  const atStart = work ? interpolateAt(work, window.fromMillis) : 0;
  let observations = 0;
  let from = 0;
  while (from < points.timeMillis.length && points.timeMillis[from] < window.fromMillis) from++;
  while (from < points.timeMillis.length && points.timeMillis[from] <= window.toMillis) {
    const index = Math.min(
      Math.floor((points.timeMillis[from] - window.fromMillis) / widthMillis),
      BLOCKS_BOUND - 1,
    );
    const startMillis = window.fromMillis + index * widthMillis;
    const endMillis = index === BLOCKS_BOUND - 1 ? Infinity : startMillis + widthMillis;
    // At least the point that chose the block, whatever rounding says about the block's end.
    let to = from + 1;
    while (
      to < points.timeMillis.length &&
      points.timeMillis[to] < endMillis &&
      points.timeMillis[to] <= window.toMillis
    ) {
      to++;
    }
    const at = (points.timeMillis[(from + to - 1) >> 1] + points.timeMillis[(from + to) >> 1]) / 2;
    time.push(at);
    value.push(median(points.value.subarray(from, to)));
    observations += to - from;
    if (work) {
      load.push(meanLoadPerHour(work, startMillis, Math.min(startMillis + widthMillis, window.toMillis)));
      done.push(interpolateAt(work, at) - atStart);
    }
    from = to;
  }
  return {
    length: time.length,
    timeMillis: new Float64Array(time),
    value: new Float64Array(value),
    loadPerHour: work ? new Float64Array(load) : null,
    work: work ? new Float64Array(done) : null,
    widthMillis,
    observations,
  };
}

/** A last block can be cut short by the window: its load is then measured over at least half a block. */
function meanLoadPerHour(work: Work, startMillis: Millis, endMillis: Millis): number {
  const last = work.timeMillis[work.timeMillis.length - 1];
  const end = Math.min(endMillis, last);
  const widest = end - startMillis > 0 ? end - startMillis : 0;
  const start = Math.min(startMillis, end - Math.max(widest, SHORTEST_BLOCK_MILLIS));
  const hours = (end - start) / 3_600_000;
  return (interpolateAt(work, end) - interpolateAt(work, start)) / hours;
}
