// The grids of parameters that the models of detection-science 3.2 are tried with.
import type { ModelInput } from './model-input.ts';
import { fillShape, linearGrid, logGrid, type Axis, type Domain, type Shape } from './shapes.ts';
import { AxisSums, rawSumsOf, type RawSums } from './raw-sums.ts';

/**
 * A cache counts as an explanation only as far as its bend can be seen: up to a fill time of this many windows. Without a
 * bound every leak is a cache that fills slowly enough, and nothing could ever be called.
 */
export const LONGEST_TAU = 1;
export const SHORTEST_TAU = 0.03;
/** A ramp that is full only in the last sixth cannot be told from one that is not full. */
export const LATEST_FULL = 0.85;
export const EARLIEST_ONSET = 0.1;
const LATEST_ONSET = 0.85;
/** Of L3, detection-science 3.2: a warm-up ends in the first third, or it is the growth. */
const LONGEST_WARM_UP = 1 / 3;
/** A step needs some blocks before it, and to be called one also behind it. */
export const STEP_MARGIN_BLOCKS = 3;
/** Fewest blocks after an onset. */
const ONSET_MARGIN_BLOCKS = 6;
/** Pairs grow with the square: of more steps than this every second one stands for its neighbour. */
const STEPS_PAIRED = 36;

export interface Candidates {
  readonly blocks: number;
  readonly caches: readonly ShapeKey[];
  /** Columns of `caches` one after the other, `blocks` cells each (and what is left of longer lists), and their sums. */
  readonly columns: Float64Array;
  readonly sums: readonly RawSums[];
  /** A line over time, and one over the work where that is known. */
  readonly lines: readonly ShapeKey[];
  readonly axes: readonly AxisSums[];
  readonly hinges: readonly ShapeKey[];
  /** Blocks at which a step over time may begin; at `pairedSteps` two of them. */
  readonly steps: readonly number[];
  readonly pairedSteps: readonly number[];
  /** Places in `caches`: exponential fills over time, and those that are over early enough for a warm-up. */
  readonly fills: readonly number[];
  readonly warmUps: readonly number[];
}

/** A shape by its parameters. */
export type ShapeKey = Pick<Shape, 'kind' | 'domain' | 'at'>;

type Axes = Pick<ModelInput, 'time' | 'work'>;

/**
 * The last candidates by `coarse`. Counts that are scraped together have their blocks at the same places, and a series that is
 * fitted again with another load keeps its own: a third of all lists that are asked for.
 */
const LAST_LISTED = new Map<number, { readonly places: Axes; readonly candidates: Candidates }>();

/**
 * All candidates for blocks at these places; with `coarse` = 4 about every fourth. Not to be changed, and valid until the next list
 * that is as coarse: its columns are written over those of the last.
 */
export function listCandidates(places: Axes, coarse: number): Candidates {
  const last = LAST_LISTED.get(coarse);
  if (last && isSameAxis(last.places.time, places.time) && isSameAxis(last.places.work, places.work)) {
    return last.candidates;
  }
  const candidates = makeCandidates(places, coarse, last?.candidates.columns ?? NO_COLUMNS);
  LAST_LISTED.set(coarse, { places: { time: places.time, work: places.work }, candidates });
  return candidates;
}

function isSameAxis(a: Axis | null, b: Axis | null): boolean {
  if (a === b || a === null || b === null) return a === b;
  const { length } = a.share;
  if (length !== b.share.length) return false;
  for (let i = 0; i < length; i++) if (a.share[i] !== b.share[i]) return false;
  return true;
}

const NO_COLUMNS = new Float64Array(0);

/** @param room is written over where it is large enough. */
function makeCandidates({ time, work }: Axes, coarse: number, room: Float64Array): Candidates {
  const axes = work ? [time, work] : [time];
  const n = time.share.length;
  const { caches, fills, warmUps } = listCaches(coarse, work !== null);
  const cells = caches.length * n;
  const columns = cells <= room.length ? room : new Float64Array(cells);
  const sums: RawSums[] = [];
  for (let i = 0; i < caches.length; i++) {
    const { kind, domain, at } = caches[i];
    fillShape(columns, i * n, (domain === 'work' && work ? work : time).share, kind, at);
    sums.push(rawSumsOf(columns, i * n, n));
  }
  const steps: number[] = [];
  const latest = n - STEP_MARGIN_BLOCKS;
  for (let i = STEP_MARGIN_BLOCKS; i <= latest; i += coarse) steps.push(i);
  // A jump that is just over must not pass for growth, though it is too new to be called a step.
  for (let i = latest + 1; i < n; i++) steps.push(i);
  return {
    blocks: n,
    caches,
    columns,
    sums,
    lines: axes.map(({ domain }) => ({ kind: 'line', domain, at: 0 })),
    axes: axes.map((axis) => new AxisSums(axis.share)),
    hinges: axes.flatMap((axis) => listHinges(axis, 16 / coarse)),
    steps,
    pairedSteps: steps.length > STEPS_PAIRED ? steps.filter((_, i) => i % 2 === 0) : steps,
    fills,
    warmUps,
  };
}

type CacheGrid = Pick<Candidates, 'caches' | 'fills' | 'warmUps'>;

/** By `coarse`, without and with work: the same for all places. */
const CACHE_GRIDS = new Map<number, CacheGrid>();

function listCaches(coarse: number, isWorkKnown: boolean): CacheGrid {
  const key = isWorkKnown ? coarse : -coarse;
  let grid = CACHE_GRIDS.get(key);
  if (grid === undefined) CACHE_GRIDS.set(key, (grid = makeCaches(coarse, isWorkKnown)));
  return grid;
}

function makeCaches(coarse: number, isWorkKnown: boolean): CacheGrid {
  const domains = isWorkKnown ? (['time', 'work'] as const) : (['time'] as const);
  // A cache fills by work where work is known; by time where it is not, or where entries expire.
  const ramp: Domain = isWorkKnown ? 'work' : 'time';
  const caches: ShapeKey[] = [
    ...domains.flatMap((domain) =>
      logGrid(SHORTEST_TAU, LONGEST_TAU, 12 / coarse).map((at) => ({
        kind: 'exponential' as const,
        domain,
        at,
      })),
    ),
    ...linearGrid(EARLIEST_ONSET, LATEST_FULL, 12 / coarse).map((at) => ({
      kind: 'ramp' as const,
      domain: ramp,
      at,
    })),
  ];
  const places = (isIn: (key: ShapeKey) => boolean) => caches.flatMap((key, i) => (isIn(key) ? [i] : []));
  return {
    caches,
    fills: places(({ domain, kind }) => domain === 'time' && kind === 'exponential'),
    warmUps: places(({ at }) => at <= LONGEST_WARM_UP),
  };
}

/** Where growth may set in. */
function listHinges({ domain, share }: Axis, count: number): ShapeKey[] {
  const last = share[share.length - 1 - ONSET_MARGIN_BLOCKS];
  const latest = Math.min(LATEST_ONSET, last);
  if (!(latest > EARLIEST_ONSET)) return [];
  return linearGrid(EARLIEST_ONSET, latest, count).map((at) => ({ kind: 'hinge', domain, at }));
}
