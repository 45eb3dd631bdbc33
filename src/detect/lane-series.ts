// From blocks to what the models fit: the load with the memory that suits the series, and the hour of day.
import { DAY_MILLIS, HOUR_MILLIS, MINUTE_MILLIS, type Millis } from '../base/units.ts';
import type { Blocks } from '../series/blocks.ts';
import { median, quantileOfSorted, sortKnown } from '../series/stats/quantiles.ts';
import { Interpolation, interpolateAt, type Work } from '../series/work.ts';
import type { LaneBlocks, LaneSource } from './lane-blocks.ts';
import type { ModelInput } from './model-input.ts';
import { QuickScore } from './quick-score.ts';
import { DAILY_RHYTHM_MILLIS } from './thresholds.ts';

export interface LaneSeries extends LaneBlocks {
  readonly input: ModelInput;
  readonly covariateNames: readonly string[];
  /** How far back the mean of the load reaches; 0 = the level follows at once. */
  readonly memoryMillis: Millis;
}

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

/** Beside blocks, the covariates that explain the series best. */
export function prepareLane(source: LaneSource, prepared: LaneBlocks): LaneSeries {
  const { blocks, fromMillis, toMillis, spanMillis } = prepared;
  const time = blocks.timeMillis.map((at) => (at - fromMillis) / spanMillis);
  const total = source.work
    ? interpolateAt(source.work, toMillis) - interpolateAt(source.work, fromMillis)
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
  const quick = new QuickScore(plain);
  const chosen = withLoad(plain, blocks, source, quick);
  const rhythm = withRhythm(chosen.input, blocks.timeMillis, spanMillis, quick);
  return {
    ...prepared,
    input: rhythm ?? chosen.input,
    covariateNames: rhythm ? [...chosen.names, 'hour of day'] : chosen.names,
    memoryMillis: chosen.memoryMillis,
  };
}

interface Chosen {
  readonly input: ModelInput;
  readonly names: readonly string[];
  readonly memoryMillis: Millis;
}

/** The load with the memory that explains the series best, beside whatever trend there is. */
function withLoad(plain: ModelInput, blocks: Blocks, source: LaneSource, quick: QuickScore): Chosen {
  const none: Chosen = { input: plain, names: [], memoryMillis: 0 };
  if (!blocks.loadPerHour || !source.work || isSteady(blocks.loadPerHour)) return none;
  let best: Chosen = none;
  let bestScore = Infinity;
  const spanBlocks = (blocks.timeMillis[blocks.length - 1] - blocks.timeMillis[0]) / blocks.widthMillis;
  const means = loadMeans(source.work, source.isFromStart, blocks);
  for (const kernel of KERNELS) {
    const width = kernel.before + kernel.after;
    if (width > LONGEST_KERNEL_SHARE * spanBlocks) continue;
    const column = width === 0 ? blocks.loadPerHour : means.over(kernel);
    const covariateParameters = width > 0 ? 1 : 0;
    const score = quick.of([column], covariateParameters);
    if (score < bestScore) {
      bestScore = score;
      const memoryMillis = (kernel.before - kernel.after) * blocks.widthMillis;
      const input = { ...plain, covariates: [column], covariateParameters };
      best = { input, names: ['load'], memoryMillis };
    }
  }
  return best;
}

/** Means of the load around the blocks of a series, each worked out when it is first asked for. Columns are not to be changed. */
class LoadMeans {
  readonly #work: Work;
  readonly #isFromStart: boolean;
  readonly #blocks: Blocks;
  /** Work done until the middle of each block: where the means of the past end. */
  readonly #done: Float64Array;
  readonly #known = new Map<string, Float64Array>();

  constructor(work: Work, isFromStart: boolean, blocks: Blocks) {
    this.#work = work;
    this.#isFromStart = isFromStart;
    this.#blocks = blocks;
    const until = new Interpolation(work);
    this.#done = blocks.timeMillis.map((at) => until.at(at));
  }

  isOf(work: Work, isFromStart: boolean, { timeMillis, widthMillis }: Blocks): boolean {
    if (work !== this.#work || isFromStart !== this.#isFromStart) return false;
    const { timeMillis: known, widthMillis: width } = this.#blocks;
    if (width !== widthMillis || known.length !== timeMillis.length) return false;
    return known.every((at, i) => at === timeMillis[i]);
  }

  over(kernel: Kernel): Float64Array {
    const key = `${kernel.before} ${kernel.after}`;
    let column = this.#known.get(key);
    if (column === undefined) this.#known.set(key, (column = this.#mean(kernel)));
    return column;
  }

  /** Before a process started there was no load; before one that was found running it is not known. */
  #mean({ before, after }: Kernel): Float64Array {
    const { timeMillis, widthMillis: width } = this.#blocks;
    const first = this.#work.timeMillis[0];
    const last = this.#work.timeMillis[this.#work.timeMillis.length - 1];
    const [atStart, atEnd] = [new Interpolation(this.#work), new Interpolation(this.#work)];
    const column = new Float64Array(timeMillis.length);
    for (let i = 0; i < column.length; i++) {
      const at = timeMillis[i];
      const from = at - before * width;
      const start = this.#isFromStart ? from : Math.max(from, first);
      const end = Math.max(Math.min(at + after * width, last), start + MINUTE_MILLIS);
      const doneAtEnd = end === at ? this.#done[i] : atEnd.at(end);
      column[i] = ((doneAtEnd - atStart.at(start)) / (end - start)) * HOUR_MILLIS;
    }
    return column;
  }
}

/** Counts that are scraped together have their blocks at the same places, and the same load. */
let lastMeans: LoadMeans | null = null;

function loadMeans(work: Work, isFromStart: boolean, blocks: Blocks): LoadMeans {
  if (!lastMeans?.isOf(work, isFromStart, blocks)) lastMeans = new LoadMeans(work, isFromStart, blocks);
  return lastMeans;
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
  if (at < 0 || !source.work) return null;
  const covariates = [...series.input.covariates];
  covariates[at] = loadMeans(source.work, source.isFromStart, series.blocks).over(WIDE_KERNEL);
  return { ...series.input, covariates, covariateParameters: 1 };
}

/** Hour of day as one sine and cosine, where it explains what load does not. */
function withRhythm(
  input: ModelInput,
  timeMillis: Float64Array,
  spanMillis: Millis,
  quick: QuickScore,
): ModelInput | null {
  if (spanMillis < DAILY_RHYTHM_MILLIS) return null;
  const angle = timeMillis.map((at) => (2 * Math.PI * (at % DAY_MILLIS)) / DAY_MILLIS);
  const covariates = [...input.covariates, angle.map(Math.sin), angle.map(Math.cos)];
  const score = (columns: readonly Float64Array[]) => quick.of(columns, input.covariateParameters);
  return score(covariates) < score(input.covariates) ? { ...input, covariates } : null;
}

function isSteady(load: Float64Array): boolean {
  const sorted = sortKnown(load);
  const spread = quantileOfSorted(sorted, 0.95) - quantileOfSorted(sorted, 0.05);
  return !(spread > STEADY_LOAD_SHARE * Math.abs(median(sorted)));
}
