// From blocks to what the models fit: the load with the memory that suits the series, and the hour of day.
import { DAY_MILLIS, HOUR_MILLIS, MINUTE_MILLIS, type Millis } from '../base/units.ts';
import { median, quantile } from '../series/stats/quantiles.ts';
import { Interpolation, interpolateAt } from '../series/work.ts';
import type { LaneBlocks, LaneSource } from './lane-blocks.ts';
import type { ModelInput } from './model-input.ts';
import { QuickScore, Trends, type Beside } from './quick-score.ts';
import type { Axis } from './shapes.ts';
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
  const { blocks, spanMillis } = prepared;
  const places = placesOf(source, prepared);
  const plain: ModelInput = {
    time: places.time,
    work: places.work,
    value: blocks.value,
    covariates: [],
    covariateParameters: 0,
    noiseFloor: source.noiseFloor,
  };
  const quick = new QuickScore(blocks.value, source.noiseFloor, places.trends);
  const chosen = withLoad(plain, places, quick);
  const rhythm = spanMillis < DAILY_RHYTHM_MILLIS ? null : withRhythm(chosen, places, quick);
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
  /** Null for none. */
  readonly load: Covariates | null;
}

/** The load with the memory that explains the series best, beside whatever trend there is. */
function withLoad(plain: ModelInput, places: SeriesPlaces, quick: QuickScore): Chosen {
  const none: Chosen = { input: plain, names: [], memoryMillis: 0, load: null };
  let best = none;
  let bestScore = Infinity;
  for (const kernel of places.kernels) {
    const load = places.loadOver(kernel);
    const covariateParameters = kernel.before + kernel.after > 0 ? 1 : 0;
    const score = quick.of(load.beside, covariateParameters);
    if (score < bestScore) {
      bestScore = score;
      const memoryMillis = (kernel.before - kernel.after) * places.widthMillis;
      const input = { ...plain, covariates: load.columns, covariateParameters };
      best = { input, names: ['load'], memoryMillis, load };
    }
  }
  return best;
}

/** Columns, and what they leave of the trends. Not to be changed. */
interface Covariates {
  readonly columns: readonly Float64Array[];
  readonly beside: Beside;
}

/**
 * Blocks at the same places of the same window, with the same load, and all that follows from these alone. Each piece is worked out
 * when it is first asked for.
 */
class SeriesPlaces {
  readonly time: Axis;
  readonly work: Axis | null;
  readonly trends: Trends;
  readonly widthMillis: Millis;
  /** Those that the load is worth trying with. */
  readonly kernels: readonly Kernel[];
  readonly #source: Pick<LaneSource, 'work' | 'isFromStart'>;
  readonly #blocks: LaneBlocks;
  readonly #loads = new Map<Kernel, Covariates>();
  readonly #withRhythm = new Map<Covariates | null, Covariates>();
  #none: Covariates | null = null;

  constructor(source: Pick<LaneSource, 'work' | 'isFromStart'>, prepared: LaneBlocks) {
    const { blocks, fromMillis, toMillis, spanMillis } = prepared;
    const total = source.work
      ? interpolateAt(source.work, toMillis) - interpolateAt(source.work, fromMillis)
      : 0;
    this.#source = source;
    this.#blocks = prepared;
    this.widthMillis = blocks.widthMillis;
    this.time = { domain: 'time', share: blocks.timeMillis.map((at) => (at - fromMillis) / spanMillis) };
    this.work =
      blocks.work && total > 0 ? { domain: 'work', share: blocks.work.map((done) => done / total) } : null;
    this.trends = new Trends(this);
    const isLoadKnown = source.work !== null && blocks.loadPerHour !== null && !isSteady(blocks.loadPerHour);
    const { timeMillis, widthMillis, length } = blocks;
    const spanBlocks = (timeMillis[length - 1] - timeMillis[0]) / widthMillis;
    this.kernels = isLoadKnown
      ? KERNELS.filter(({ before, after }) => before + after <= LONGEST_KERNEL_SHARE * spanBlocks)
      : [];
  }

  /** The same places: blocks that were computed once for several lanes are the same arrays. */
  isOf({ work, isFromStart }: LaneSource, { blocks, fromMillis, toMillis }: LaneBlocks): boolean {
    const known = this.#blocks;
    return (
      work === this.#source.work &&
      isFromStart === this.#source.isFromStart &&
      fromMillis === known.fromMillis &&
      toMillis === known.toMillis &&
      blocks.timeMillis === known.blocks.timeMillis
    );
  }

  /** The load by itself. */
  loadOver(kernel: Kernel): Covariates {
    let load = this.#loads.get(kernel);
    if (load === undefined) this.#loads.set(kernel, (load = this.#covariates([this.#mean(kernel)])));
    return load;
  }

  /** Nothing. */
  get none(): Covariates {
    this.#none ??= this.#covariates([]);
    return this.#none;
  }

  /** Hour of day as one sine and cosine, beside a load. */
  withRhythm(load: Covariates | null): Covariates {
    let both = this.#withRhythm.get(load);
    if (both === undefined) {
      const angle = this.#blocks.blocks.timeMillis.map(
        (at) => (2 * Math.PI * (at % DAY_MILLIS)) / DAY_MILLIS,
      );
      both = this.#covariates([...(load?.columns ?? []), angle.map(Math.sin), angle.map(Math.cos)]);
      this.#withRhythm.set(load, both);
    }
    return both;
  }

  #covariates(columns: readonly Float64Array[]): Covariates {
    return { columns, beside: this.trends.beside(columns) };
  }

  /**
   * Means of the load around the blocks. Before a process started there was no load; before one that was found running it is not
   * known.
   */
  #mean({ before, after }: Kernel): Float64Array {
    const { work, isFromStart } = this.#source;
    const { timeMillis, widthMillis: width, loadPerHour } = this.#blocks.blocks;
    if (before + after === 0 && loadPerHour) return loadPerHour;
    const column = new Float64Array(timeMillis.length);
    if (work === null) return column;
    const first = work.timeMillis[0];
    const last = work.timeMillis[work.timeMillis.length - 1];
    const [atStart, atEnd] = [new Interpolation(work), new Interpolation(work)];
    for (let i = 0; i < column.length; i++) {
      const at = timeMillis[i];
      const from = at - before * width;
      const start = isFromStart ? from : Math.max(from, first);
      const end = Math.max(Math.min(at + after * width, last), start + MINUTE_MILLIS);
      column[i] = ((atEnd.at(end) - atStart.at(start)) / (end - start)) * HOUR_MILLIS;
    }
    return column;
  }
}

/** Counts that are scraped together have their blocks at the same places, and the same load. */
let lastPlaces: SeriesPlaces | null = null;

function placesOf(source: LaneSource, prepared: LaneBlocks): SeriesPlaces {
  if (!lastPlaces?.isOf(source, prepared)) lastPlaces = new SeriesPlaces(source, prepared);
  return lastPlaces;
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
  const [wide] = placesOf(source, series).loadOver(WIDE_KERNEL).columns;
  covariates[at] = wide;
  return { ...series.input, covariates, covariateParameters: 1 };
}

/** Null where the hour of day does not explain what load leaves. */
function withRhythm({ input, load }: Chosen, places: SeriesPlaces, quick: QuickScore): ModelInput | null {
  const both = places.withRhythm(load);
  const alone = load ?? places.none;
  const isBetter =
    quick.of(both.beside, input.covariateParameters) < quick.of(alone.beside, input.covariateParameters);
  return isBetter ? { ...input, covariates: both.columns } : null;
}

function isSteady(load: Float64Array): boolean {
  const spread = quantile(load, 0.95) - quantile(load, 0.05);
  return !(spread > STEADY_LOAD_SHARE * Math.abs(median(load)));
}
