// The grids of parameters that the models of detection-science 3.2 are tried with.
import type { ModelInput } from './model-input.ts';
import { linearGrid, logGrid, makeShape, type Axis, type Shape } from './shapes.ts';
import { rawSumsOf, type RawSums } from './whitened-sums.ts';

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

export interface Candidate extends Shape {
  readonly sums: RawSums;
}

export interface Candidates {
  readonly lines: readonly Candidate[];
  readonly caches: readonly Candidate[];
  readonly hinges: readonly Candidate[];
  /** Blocks at which a step over time may begin; at `pairedSteps` two of them. */
  readonly steps: readonly number[];
  readonly pairedSteps: readonly number[];
  /** Places in `caches`: exponential fills over time, and those that are over early enough for a warm-up. */
  readonly fills: readonly number[];
  readonly warmUps: readonly number[];
  /** Any other place, made when it is first tried: each refinement tries many that one under another autocorrelation did. */
  readonly at: (key: ShapeKey) => Candidate;
}

/** A shape by its parameters. */
export type ShapeKey = Pick<Shape, 'kind' | 'domain' | 'at'>;

type Axes = Pick<ModelInput, 'time' | 'work'>;

/**
 * The last candidates by `coarse`. Counts that are scraped together have their blocks at the same places, and a series that is
 * fitted again with another load keeps its own: a third of all lists that are asked for.
 */
const LAST_LISTED = new Map<number, { readonly places: Axes; readonly candidates: Candidates }>();

/** All candidates for blocks at these places; with `coarse` = 4 about every fourth. Not to be changed. */
export function listCandidates(places: Axes, coarse: number): Candidates {
  const last = LAST_LISTED.get(coarse);
  if (last && isSameAxis(last.places.time, places.time) && isSameAxis(last.places.work, places.work)) {
    return last.candidates;
  }
  const candidates = makeCandidates(places, coarse);
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

function makeCandidates({ time, work }: Axes, coarse: number): Candidates {
  const axes = work ? [time, work] : [time];
  const candidate = candidateMaker(time.share.length);
  // A cache fills by work where work is known; by time where it is not, or where entries expire.
  const ramp = work ?? time;
  const caches = [
    ...axes.flatMap((axis) =>
      logGrid(SHORTEST_TAU, LONGEST_TAU, 12 / coarse).map((at) => candidate(axis, 'exponential', at)),
    ),
    ...linearGrid(EARLIEST_ONSET, LATEST_FULL, 12 / coarse).map((at) => candidate(ramp, 'ramp', at)),
  ];
  const places = (isIn: (shape: Shape) => boolean) => caches.flatMap((shape, i) => (isIn(shape) ? [i] : []));
  const steps: number[] = [];
  const latest = time.share.length - STEP_MARGIN_BLOCKS;
  for (let i = STEP_MARGIN_BLOCKS; i <= latest; i += coarse) steps.push(i);
  // A jump that is just over must not pass for growth, though it is too new to be called a step.
  for (let i = latest + 1; i < time.share.length; i++) steps.push(i);
  const lines = axes.map((axis) => candidate(axis, 'line', 0));
  const hinges = axes.flatMap((axis) =>
    listHinges(axis, 16 / coarse).map((at) => candidate(axis, 'hinge', at)),
  );
  const make = ({ kind, domain, at }: ShapeKey) =>
    candidate(domain === 'work' && work ? work : time, kind, at);
  return {
    at: candidatesByPlace([...lines, ...caches, ...hinges], make),
    lines,
    caches,
    hinges,
    steps,
    pairedSteps: steps.length > STEPS_PAIRED ? steps.filter((_, i) => i % 2 === 0) : steps,
    fills: places(({ domain, kind }) => domain === 'time' && kind === 'exponential'),
    warmUps: places(({ at }) => at <= LONGEST_WARM_UP),
  };
}

/** Where growth may set in. */
function listHinges(axis: Axis, count: number): number[] {
  const last = axis.share[axis.share.length - 1 - ONSET_MARGIN_BLOCKS];
  const latest = Math.min(LATEST_ONSET, last);
  if (!(latest > EARLIEST_ONSET)) return [];
  return linearGrid(EARLIEST_ONSET, latest, count);
}

/** Columns that share an array: an array of its own costs more than its cells. */
const COLUMNS_TOGETHER = 32;

/** @param n cells of a column. */
function candidateMaker(n: number): (axis: Axis, kind: Shape['kind'], at: number) => Candidate {
  let cells = new Float64Array(0);
  let used = 0;
  return (axis, kind, at) => {
    if (used + n > cells.length) {
      cells = new Float64Array(COLUMNS_TOGETHER * n);
      used = 0;
    }
    const { column, domain } = makeShape(axis, kind, at, cells.subarray(used, (used += n)));
    return { column, domain, kind, at, sums: rawSumsOf(column) };
  };
}

/** Most places that are kept of one list beside its grid (300 kB): one comparison tries some thirty. */
const PLACES_KEPT = 512;

function candidatesByPlace(
  grid: readonly Candidate[],
  make: (key: ShapeKey) => Candidate,
): (key: ShapeKey) => Candidate {
  let known = { time: new Places(), work: new Places() };
  let kept = 0;
  const keep = (candidate: Candidate) => known[candidate.domain][candidate.kind].set(candidate.at, candidate);
  grid.forEach(keep);
  return (key) => {
    let candidate = known[key.domain][key.kind].get(key.at);
    if (candidate === undefined) {
      if (kept++ === PLACES_KEPT) {
        known = { time: new Places(), work: new Places() };
        grid.forEach(keep);
        kept = 1;
      }
      keep((candidate = make(key)));
    }
    return candidate;
  };
}

/** Candidates of one domain by kind and place. */
class Places implements Record<Shape['kind'], Map<number, Candidate>> {
  readonly line = new Map<number, Candidate>();
  readonly exponential = new Map<number, Candidate>();
  readonly ramp = new Map<number, Candidate>();
  readonly step = new Map<number, Candidate>();
  readonly hinge = new Map<number, Candidate>();
}
