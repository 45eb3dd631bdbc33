// From gauges to what the models fit: one lane's blocks, with spikes set aside and covariates chosen.
import { DAY_MILLIS, HOUR_MILLIS, MINUTE_MILLIS, type Millis } from '../base/units.ts';
import { computeBlocks, type Blocks } from '../series/blocks.ts';
import type { Points } from '../series/points.ts';
import { median, quantile } from '../series/stats/quantiles.ts';
import { interpolateAt, type Work } from '../series/work.ts';
import type { ModelInput } from './models.ts';
import { ProjectedSpace } from './projected-space.ts';
import { DAILY_RHYTHM_MILLIS } from './thresholds.ts';

export interface LaneSource {
  readonly points: Points;
  readonly work: Work | null;
  /** Whether `work` begins with the process: before it, nothing was done. */
  readonly isFromStart: boolean;
  readonly noiseFloor: number;
}

export interface LaneSeries {
  readonly blocks: Blocks;
  readonly input: ModelInput;
  readonly fromMillis: Millis;
  readonly toMillis: Millis;
  readonly spanHours: number;
  /** Blocks that rose and came back: set aside. */
  readonly spikes: number;
  readonly covariateNames: readonly string[];
  /** How far back the mean of the load reaches; 0 = the level follows at once. */
  readonly memoryMillis: Millis;
}

/** Half a window of six blocks on either side: a spike is what is above both. */
const SPIKE_REACH_BLOCKS = 6;
const SPIKE_SIGMAS = 6;
/** More spikes than this share are no spikes but the way the series behaves. */
const SPIKE_SHARE_BOUND = 0.15;
/** A load that varies less cannot explain anything and only costs a parameter. */
const STEADY_LOAD_SHARE = 0.02;
/** Mean load from `before` to `after` each block's middle, in blocks; none = the block's own load. */
interface Kernel {
  readonly before: number;
  readonly after: number;
}

/**
 * How the level may follow the load. Sessions and entries that expire follow the mean of their lifetime: means of the past.
 * A load that is measured with noise would be believed too little (attenuation, so that its trend is mistaken for a
 * leak): centred means.
 */
const KERNELS: readonly Kernel[] = [
  { before: 0, after: 0 },
  ...[1.5, 2, 3, 4, 6, 8, 12].map((memory) => ({ before: memory, after: 0 })),
  ...[1.5, 3, 6].map((half) => ({ before: half, after: half })),
];
/** A longer mean could imitate any trend. */
const LONGEST_KERNEL_SHARE = 1 / 4;

export function prepareLane(
  source: LaneSource,
  window: { readonly fromMillis: Millis; readonly toMillis: Millis },
): LaneSeries {
  const all = computeBlocks(source.points, source.work, window);
  const isKept = keepWithoutSpikes(all, source.noiseFloor);
  const blocks = selectBlocks(all, isKept);
  const spanMillis = Math.max(1, window.toMillis - window.fromMillis);
  const time = blocks.timeMillis.map((at) => (at - window.fromMillis) / spanMillis);
  const total = source.work
    ? interpolateAt(source.work, window.toMillis) - interpolateAt(source.work, window.fromMillis)
    : 0;
  const work = blocks.work && total > 0 ? blocks.work.map((done) => done / total) : null;
  const plain: ModelInput = {
    time: { domain: 'time', share: time },
    work: work ? { domain: 'work', share: work } : null,
    value: blocks.value,
    covariates: [],
    covariateParameters: 0,
    noiseFloor: source.noiseFloor,
  };
  const chosen = withLoad(plain, blocks, source);
  const rhythm = withRhythm(chosen.input, blocks.timeMillis, spanMillis);
  return {
    blocks,
    input: rhythm ?? chosen.input,
    fromMillis: window.fromMillis,
    toMillis: window.toMillis,
    spanHours: spanMillis / HOUR_MILLIS,
    spikes: all.length - blocks.length,
    covariateNames: rhythm ? [...chosen.names, 'hour of day'] : chosen.names,
    memoryMillis: chosen.memoryMillis,
  };
}

/**
 * A block is a spike when it stands far above the medians of the blocks before and after it: it came back, so it is no
 * growth. At the end of the series nothing is known to have come back, so nothing is set aside.
 */
function keepWithoutSpikes(blocks: Blocks, noiseFloor: number): boolean[] {
  const n = blocks.length;
  const kept = new Array<boolean>(n).fill(true);
  if (n < 3 * SPIKE_REACH_BLOCKS) return kept;
  const steps = new Float64Array(n - 1);
  for (let i = 1; i < n; i++) steps[i - 1] = Math.abs(blocks.value[i] - blocks.value[i - 1]);
  // Median absolute difference of neighbours / (0.6745 * sqrt 2) estimates sigma, whatever the trend.
  const sigma = Math.max(median(steps) / 0.954, noiseFloor);
  let spikes = 0;
  for (let i = 1; i + SPIKE_REACH_BLOCKS <= n - 1; i++) {
    const before = median(blocks.value.subarray(Math.max(0, i - SPIKE_REACH_BLOCKS), i));
    const after = median(blocks.value.subarray(i + 1, i + 1 + SPIKE_REACH_BLOCKS));
    if (blocks.value[i] > Math.max(before, after) + SPIKE_SIGMAS * sigma) {
      kept[i] = false;
      spikes++;
    }
  }
  return spikes > SPIKE_SHARE_BOUND * n ? kept.fill(true) : kept;
}

function selectBlocks(blocks: Blocks, isKept: readonly boolean[]): Blocks {
  if (isKept.every((kept) => kept)) return blocks;
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

interface Chosen {
  readonly input: ModelInput;
  readonly names: readonly string[];
  readonly memoryMillis: Millis;
}

/** The load with the memory that explains the series best, beside whatever trend there is. */
function withLoad(plain: ModelInput, blocks: Blocks, source: LaneSource): Chosen {
  const none: Chosen = { input: plain, names: [], memoryMillis: 0 };
  if (!blocks.loadPerHour || !source.work || isSteady(blocks.loadPerHour)) return none;
  let best: Chosen = none;
  let bestScore = Infinity;
  const spanBlocks = (blocks.timeMillis[blocks.length - 1] - blocks.timeMillis[0]) / blocks.widthMillis;
  for (const kernel of KERNELS) {
    const width = kernel.before + kernel.after;
    if (width > LONGEST_KERNEL_SHARE * spanBlocks) continue;
    const column = width === 0 ? blocks.loadPerHour : meanLoad(source, blocks, kernel);
    const input = { ...plain, covariates: [column], covariateParameters: width > 0 ? 1 : 0 };
    const score = quickScore(input);
    if (score < bestScore) {
      bestScore = score;
      const memoryMillis = (kernel.before - kernel.after) * blocks.widthMillis;
      best = { input, names: ['load'], memoryMillis };
    }
  }
  return best;
}

/** Before a process started there was no load; before one that was found running it is not known. */
function meanLoad(source: LaneSource, blocks: Blocks, kernel: Kernel): Float64Array {
  const { work, isFromStart } = source;
  if (!work) return new Float64Array(blocks.length);
  const first = work.timeMillis[0];
  const last = work.timeMillis[work.timeMillis.length - 1];
  const width = blocks.widthMillis;
  return blocks.timeMillis.map((at) => {
    const from = at - kernel.before * width;
    const start = isFromStart ? from : Math.max(from, first);
    const end = Math.max(Math.min(at + kernel.after * width, last), start + MINUTE_MILLIS);
    return ((interpolateAt(work, end) - interpolateAt(work, start)) / (end - start)) * HOUR_MILLIS;
  });
}

/** A block's load over this many blocks on either side: a twelfth of a full window. */
const WIDE_KERNEL: Kernel = { before: 3, after: 3 };

/**
 * The same series with the load averaged widely; null where load plays no part. A load that is counted with noise (retries,
 * health checks, requests of unequal weight) is believed too little, and its trend is left over as growth; averaging takes
 * the noise out, at the price of detail.
 */
export function withWideLoad(series: LaneSeries, source: LaneSource): ModelInput | null {
  const at = series.covariateNames.indexOf('load');
  if (at < 0) return null;
  const covariates = [...series.input.covariates];
  covariates[at] = meanLoad(source, series.blocks, WIDE_KERNEL);
  return { ...series.input, covariates, covariateParameters: 1 };
}

/** Hour of day as one sine and cosine, where it explains what load does not. */
function withRhythm(input: ModelInput, timeMillis: Float64Array, spanMillis: Millis): ModelInput | null {
  if (spanMillis < DAILY_RHYTHM_MILLIS) return null;
  const angle = timeMillis.map((at) => (2 * Math.PI * (at % DAY_MILLIS)) / DAY_MILLIS);
  const covariates = [...input.covariates, angle.map(Math.sin), angle.map(Math.cos)];
  const daily = { ...input, covariates };
  return quickScore(daily) < quickScore(input) ? daily : null;
}

/** BIC of the best of some plain trends: enough to choose covariates, whatever the verdict will be. */
function quickScore(input: ModelInput): number {
  const n = input.value.length;
  const space = new ProjectedSpace([new Float64Array(n).fill(1), ...input.covariates], input.value);
  const bent = input.time.share.map((share) => -Math.expm1(-share / 0.2));
  const trends = [input.time.share, bent, ...(input.work ? [input.work.share] : [])];
  const k = 1 + input.covariates.length + input.covariateParameters;
  const score = (sumOfSquares: number, parameters: number): number =>
    n * Math.log(sumOfSquares / n + input.noiseFloor ** 2) + parameters * Math.log(n);
  let best = score(space.baseSumOfSquares, k);
  for (const trend of trends) {
    const fit = space.fitOne(space.add(trend.slice()));
    if (fit) best = Math.min(best, score(fit.sumOfSquares, k + 1));
  }
  return best;
}

function isSteady(load: Float64Array): boolean {
  const spread = quantile(load, 0.95) - quantile(load, 0.05);
  return !(spread > STEADY_LOAD_SHARE * Math.abs(median(load)));
}
