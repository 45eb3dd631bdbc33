// One lane's blocks, with spikes set aside.
import { HOUR_MILLIS, type Millis } from '../base/units.ts';
import { computeBlocks, type Blocks } from '../series/blocks.ts';
import type { Points } from '../series/points.ts';
import { median } from '../series/stats/quantiles.ts';
import type { Work } from '../series/work.ts';

export interface LaneSource {
  readonly points: Points;
  readonly work: Work | null;
  /** Whether `work` begins with the process: before it, nothing was done. */
  readonly isFromStart: boolean;
  readonly noiseFloor: number;
  /** What comes and goes only ever adds to the values. */
  readonly isFloor?: boolean;
  /** What a value is exact to, in the lane's unit; 0 = exact. A change of this much may be none, or be hidden. */
  readonly resolution: number;
}

export interface LaneBlocks {
  readonly blocks: Blocks;
  readonly fromMillis: Millis;
  readonly toMillis: Millis;
  readonly spanMillis: Millis;
  readonly spanHours: number;
  /** Blocks that rose and came back: set aside. */
  readonly spikes: number;
  readonly resolution: number;
}

/** Half a window of six blocks on either side: a spike is what is above both. */
const SPIKE_REACH_BLOCKS = 6;
const SPIKE_SIGMAS = 4;
/** Share of a block's values that lie below its level, where what comes and goes can only add. */
const FLOOR_SHARE = 0.3;
/** Of symmetric noise the middle is quieter. */
const QUIETER_SHARE = 0.75;
/** More spikes than this share are no spikes but the way the series behaves. */
const SPIKE_SHARE_BOUND = 0.15;

export function prepareBlocks(
  source: LaneSource,
  window: { readonly fromMillis: Millis; readonly toMillis: Millis },
): LaneBlocks {
  const all = computeQuietBlocks(source, window);
  const blocks = selectBlocks(all, keepWithoutSpikes(all, source.noiseFloor));
  const spanMillis = Math.max(1, window.toMillis - window.fromMillis);
  return {
    blocks,
    fromMillis: window.fromMillis,
    toMillis: window.toMillis,
    spanMillis,
    spanHours: spanMillis / HOUR_MILLIS,
    spikes: all.length - blocks.length,
    resolution: source.resolution,
  };
}

/**
 * What a mark finds alive is what is kept and, for as long as they last, buffers and requests in flight, which can only add: there
 * the lower part of a block's values says more about what is kept than their middle. Which of the two does is told by how much
 * blocks differ from those before them.
 */
function computeQuietBlocks(
  { points, work, isFloor }: LaneSource,
  window: { readonly fromMillis: Millis; readonly toMillis: Millis },
): Blocks {
  const middle = computeBlocks(points, work, window);
  if (isFloor !== true || middle.length < 3) return middle;
  const lower = computeBlocks(points, work, window, FLOOR_SHARE);
  return restlessness(lower) < QUIETER_SHARE * restlessness(middle) ? lower : middle;
}

/** Median absolute difference of neighbours. */
function restlessness({ length, value }: Blocks): number {
  const steps = new Float64Array(length - 1);
  for (let i = 1; i < length; i++) steps[i - 1] = Math.abs(value[i] - value[i - 1]);
  return median(steps);
}

/**
 * A block is a spike when it stands far above the medians of the blocks before and after it: it came back, so it is no
 * growth. At the end of the series nothing is known to have come back, so nothing is set aside. Null = all are kept.
 */
function keepWithoutSpikes(blocks: Blocks, noiseFloor: number): boolean[] | null {
  const { length: n, value } = blocks;
  if (n < 3 * SPIKE_REACH_BLOCKS) return null;
  const steps = new Float64Array(n - 1);
  for (let i = 1; i < n; i++) steps[i - 1] = Math.abs(value[i] - value[i - 1]);
  // Median absolute difference of neighbours / (0.6745 * sqrt 2) estimates sigma, whatever the trend.
  const height = SPIKE_SIGMAS * Math.max(median(steps) / 0.954, noiseFloor);
  const spikes: number[] = [];
  for (let i = 1; i + SPIKE_REACH_BLOCKS <= n - 1; i++) {
    const before = Math.max(0, i - SPIKE_REACH_BLOCKS);
    // What does not stand above the lowest on either side stands above no median.
    if (!(value[i] > lowest(value, before, i) + height)) continue;
    if (!(value[i] > lowest(value, i + 1, i + 1 + SPIKE_REACH_BLOCKS) + height)) continue;
    const level = Math.max(median(value, before, i), median(value, i + 1, i + 1 + SPIKE_REACH_BLOCKS));
    if (value[i] > level + height) spikes.push(i);
  }
  if (spikes.length === 0 || spikes.length > SPIKE_SHARE_BOUND * n) return null;
  const kept = new Array<boolean>(n).fill(true);
  for (const at of spikes) kept[at] = false;
  return kept;
}

function lowest(cells: Float64Array, from: number, to: number): number {
  let least = cells[from];
  for (let i = from + 1; i < to; i++) if (cells[i] < least) least = cells[i];
  return least;
}

function selectBlocks(blocks: Blocks, isKept: readonly boolean[] | null): Blocks {
  if (isKept === null) return blocks;
  const pick = (cells: Float64Array): Float64Array => cells.filter((_, i) => isKept[i]);
  return {
    ...blocks,
    length: isKept.reduce((sum, kept) => sum + (kept ? 1 : 0), 0),
    timeMillis: pick(blocks.timeMillis),
    value: pick(blocks.value),
    loadPerHour: blocks.loadPerHour && pick(blocks.loadPerHour),
    work: blocks.work && pick(blocks.work),
  };
}
