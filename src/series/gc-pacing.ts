// GOGC and GOMEMLIMIT as the goals of a GC trace show them. The pacer (runtime/mgcpacer.go): the goal of a cycle is
// live * (1 + g) + (stacks + globals) * g, g = GOGC / 100, of the cycle before it; at least 4 MiB * g; under GOMEMLIMIT
// at most what the limit leaves for the heap.
import { GC_TRACE_RESOLUTION, type GcCycles } from '../base/gc-cycles.ts';
import { MIB, type Bytes } from '../base/units.ts';
import type { GcGuess } from '../model/gc-trace.ts';
import { HEAP_MINIMUM_BYTES } from './live-floor.ts';
import { quantile } from './stats/quantiles.ts';

export interface GcPacing {
  readonly gogcPercent: GcGuess | null;
  readonly isGcOff: boolean;
  readonly goMemLimitBytes: GcGuess | null;
}

/** Fewest goals that show a setting: two may be a warm-up and a coincidence. */
const CYCLES_NEEDED = 3;
/** Below this a whole MiB is too coarse: 8 MiB give GOGC to a fifth. */
const SMALLEST_LIVE: Bytes = 8 * MIB;
/** Goals this close to the highest are at a ceiling ... */
const CEILING_SHARE = 0.95;
/** ... where what GOGC asks for lies this much above it ... */
const CAPPED_FACTOR = 1.2;
/** ... in this share of the cycles. */
const CAPPED_CYCLES_SHARE = 0.3;
/** More than 5000 % is "off" in practice. */
const OFF_RATIO = 50;
/** The settings that people use, in percent. */
const USUAL_PERCENT = [100, 50, 200, 400, 75, 150, 300, 25, 500, 800, 1000];

/** What one cycle's goal says about g, given the cycle before it. */
interface Ratio {
  readonly goal: Bytes;
  readonly low: number;
  readonly high: number;
}

/** Guesses from the cycles of one life; rows between which others are missing are left out. */
export function guessPacing(cycles: GcCycles): GcPacing {
  const goals = cycles.column('goalBytes');
  const last = cycles.length - 1;
  if (last >= 0 && goals[last] === Infinity) return { ...NOTHING, isGcOff: true };
  const ratios = collectRatios(cycles);
  const ceiling = ratios.reduce((highest, { goal }) => Math.max(highest, goal), 0);
  const isAtCeiling = ({ goal }: Ratio) => goal >= CEILING_SHARE * ceiling;
  const off = ratios.filter(({ low }) => low > OFF_RATIO);
  if (ratios.length >= CYCLES_NEEDED && off.length > ratios.length / 2 && ratios.every(isAtCeiling)) {
    return { ...NOTHING, isGcOff: true, goMemLimitBytes: limitAbove(ceiling, ratios.length) };
  }
  const large = ratios.filter(({ high }) => Number.isFinite(high));
  const free = large.filter((ratio) => !isAtCeiling(ratio));
  if (
    free.length < CYCLES_NEEDED &&
    large.length >= CYCLES_NEEDED &&
    large.every(isAtCeiling) &&
    isMoving(cycles)
  ) {
    return { ...NOTHING, goMemLimitBytes: limitAbove(ceiling, large.length) };
  }
  const usual = combine(free.length >= CYCLES_NEEDED ? free : large);
  if (usual === null) return { ...NOTHING, gogcPercent: guessFromMinimum(cycles) };
  const capped = large.filter(
    (ratio) => isAtCeiling(ratio) && CAPPED_FACTOR * (1 + ratio.high) < 1 + usual.low,
  );
  const isCapped = capped.length >= Math.max(CYCLES_NEEDED, CAPPED_CYCLES_SHARE * large.length);
  return {
    gogcPercent: toPercent(usual),
    isGcOff: false,
    goMemLimitBytes: isCapped ? limitAbove(ceiling, capped.length) : null,
  };
}

const NOTHING: GcPacing = { gogcPercent: null, isGcOff: false, goMemLimitBytes: null };

/** The limit covers all that Go takes, so it lies above what it leaves for the heap; by how much, a trace does not say. */
function limitAbove(ceiling: Bytes, cycles: number): GcGuess {
  return { value: ceiling, low: ceiling, high: null, cycles };
}

/** A goal that stands still above such a live heap is no multiple of it. */
const MOVING_FACTOR = 1.3;

function isMoving(cycles: GcCycles): boolean {
  const live = cycles.column('liveBytes');
  return quantile(live, 0.9) > MOVING_FACTOR * quantile(live, 0.1);
}

/** Rows that follow each other and whose live heap is large enough; `high` is Infinity where it is not. */
function collectRatios(cycles: GcCycles): Ratio[] {
  const column = (name: Parameters<GcCycles['column']>[0]) => cycles.column(name);
  const [number, goal, live] = [column('number'), column('goalBytes'), column('liveBytes')];
  const [stack, globals, forced] = [column('stackBytes'), column('globalsBytes'), column('isForced')];
  const ratios: Ratio[] = [];
  for (let row = 1; row < cycles.length; row++) {
    if (number[row] !== number[row - 1] + 1 || !Number.isFinite(goal[row]) || forced[row] === 1) continue;
    const base = live[row - 1];
    const knowsRoots = !Number.isNaN(stack[row - 1]);
    const roots = knowsRoots ? stack[row - 1] + globals[row - 1] : 0;
    const cut = GC_TRACE_RESOLUTION;
    // live is in [base, base + 1), the goal in [goal, goal + 1), each root in [.., .. + 1) MiB.
    const least = (goal[row] - base - cut) / (base + cut + roots + (knowsRoots ? 2 * cut : 0));
    const most = base >= SMALLEST_LIVE ? (goal[row] + cut - base) / (base + roots) : Infinity;
    ratios.push({ goal: goal[row], low: Math.max(0, least), high: most });
  }
  return ratios;
}

/** The range of g that most cycles agree on: a program may change it, and a cycle may be odd. */
function combine(ratios: readonly Ratio[]): { low: number; high: number; cycles: number } | null {
  if (ratios.length < CYCLES_NEEDED) return null;
  const low = quantile(
    ratios.map((ratio) => ratio.low),
    0.75,
  );
  const high = quantile(
    ratios.map((ratio) => ratio.high),
    0.25,
  );
  const cycles = ratios.length;
  return low <= high ? { low, high, cycles } : { low: high, high: low, cycles };
}

function toPercent({ low, high, cycles }: { low: number; high: number; cycles: number }): GcGuess {
  const usual = USUAL_PERCENT.find((percent) => percent >= 100 * low && percent <= 100 * high);
  const value = usual ?? Math.round(50 * (low + high));
  return { value, low: Math.round(100 * low), high: Math.round(100 * high), cycles };
}

/** A heap that is too small for GOGC stands at the lowest goal there is, 4 MiB * GOGC / 100. */
function guessFromMinimum(cycles: GcCycles): GcGuess | null {
  const goal = cycles.column('goalBytes');
  const live = cycles.column('liveBytes');
  const lowest = cycles.length > 0 ? quantile(goal, 0) : NaN;
  const ratio = lowest / HEAP_MINIMUM_BYTES;
  let atMinimum = 0;
  // The first goal is the minimum always; later ones are where the live heap asks for less.
  for (let row = 1; row < cycles.length; row++) {
    if (goal[row] === lowest && (1 + ratio) * live[row - 1] < lowest) atMinimum++;
  }
  if (atMinimum < CYCLES_NEEDED || !(ratio > 0)) return null;
  const high = Math.round((100 * (lowest + GC_TRACE_RESOLUTION)) / HEAP_MINIMUM_BYTES);
  return { value: Math.round(100 * ratio), low: Math.round(100 * ratio), high, cycles: atMinimum };
}
