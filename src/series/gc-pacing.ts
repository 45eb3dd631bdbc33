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
/** One g explains the goals when it fits this share of them: a program may change it, and a cycle may be odd. */
const EXPLAINED_SHARE = 0.7;
/** Goals this close to the highest, or to the middle one, are the same goal ... */
const SAME_GOAL_SHARE = 0.05;
/** ... and a limit sets it when this share of the goals is the same one above a live heap that moves. */
const LIMITED_SHARE = 0.5;
/** Beside goals that follow GOGC, this share of lower ones is a limit. */
const CAPPED_SHARE = 0.3;
/** A live heap that moves less than this says nothing about what the goal follows. */
const MOVING_FACTOR = 1.15;
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

const NOTHING: GcPacing = { gogcPercent: null, isGcOff: false, goMemLimitBytes: null };

/** Guesses from the cycles of one life; rows between which others are missing are left out. */
export function guessPacing(cycles: GcCycles): GcPacing {
  const last = cycles.length - 1;
  if (last >= 0 && cycles.column('goalBytes')[last] === Infinity) return { ...NOTHING, isGcOff: true };
  const all = thinned(collectRatios(cycles), MAX_RATIOS);
  const large = all.filter(({ high }) => Number.isFinite(high));
  if (large.length < CYCLES_NEEDED && !isFarAway(all)) {
    return { ...NOTHING, gogcPercent: guessFromMinimum(cycles) };
  }
  const isMoving = moves(cycles);
  const found = findRatio(large);
  if (found !== null) {
    const gogcPercent = toPercent(found);
    return isMoving || USUAL_PERCENT.includes(gogcPercent.value) ? { ...NOTHING, gogcPercent } : NOTHING;
  }
  return guessWithLimit(large) ?? (isMoving ? guessLimitAlone(all) : NOTHING);
}

/** Goals follow GOGC up to a ceiling, and stay there while the heap goes on. */
function guessWithLimit(large: readonly Ratio[]): GcPacing | null {
  const ceiling = large.reduce((highest, { goal }) => Math.max(highest, goal), 0);
  const isBelow = ({ goal }: Ratio) => goal < (1 - SAME_GOAL_SHARE) * ceiling;
  const free = findRatio(large.filter(isBelow));
  if (free === null) return null;
  const capped = large.filter((ratio) => !isBelow(ratio) && ratio.high < free.low);
  if (capped.length < Math.max(CYCLES_NEEDED, CAPPED_SHARE * large.length)) return null;
  return {
    gogcPercent: toPercent(free),
    isGcOff: false,
    goMemLimitBytes: limitAbove(ceiling, capped.length),
  };
}

/** Goals stand still whatever the heap does: a limit sets them, with GOGC off or far above. */
function guessLimitAlone(all: readonly Ratio[]): GcPacing {
  const middle = quantile(
    all.map(({ goal }) => goal),
    0.5,
  );
  const same = all.filter(({ goal }) => Math.abs(goal - middle) <= SAME_GOAL_SHARE * middle);
  if (same.length < Math.max(CYCLES_NEEDED, LIMITED_SHARE * all.length)) return NOTHING;
  const goMemLimitBytes = limitAbove(middle, same.length);
  return { gogcPercent: null, isGcOff: isFarAway(all), goMemLimitBytes };
}

function isFarAway(ratios: readonly Ratio[]): boolean {
  const off = ratios.filter(({ low }) => low > OFF_RATIO).length;
  return off >= CYCLES_NEEDED && off > ratios.length / 2;
}

function moves(cycles: GcCycles): boolean {
  const live = cycles.column('liveBytes');
  return quantile(live, 0.9) > MOVING_FACTOR * quantile(live, 0.1);
}

/** The limit covers all that Go takes, so it lies above what it leaves for the heap; by how much, a trace does not say. */
function limitAbove(ceiling: Bytes, cycles: number): GcGuess {
  return { value: ceiling, low: ceiling, high: null, cycles };
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

/** The g that fits most goals, as the range that three in four of those leave; null where no g fits enough of them. */
function findRatio(ratios: readonly Ratio[]): { low: number; high: number; cycles: number } | null {
  let fitting: readonly Ratio[] = [];
  for (const tried of thinned(ratios, MAX_TRIES)) {
    const g = (tried.low + tried.high) / 2;
    const fits = ratios.filter(({ low, high }) => low <= g && g <= high);
    if (fits.length > fitting.length) fitting = fits;
  }
  if (fitting.length < Math.max(CYCLES_NEEDED, EXPLAINED_SHARE * ratios.length)) return null;
  const low = quantile(
    fitting.map((ratio) => ratio.low),
    0.75,
  );
  const high = quantile(
    fitting.map((ratio) => ratio.high),
    0.25,
  );
  return { low: Math.min(low, high), high: Math.max(low, high), cycles: fitting.length };
}

/** Each try looks at all goals: a long trace says the same with some of them. */
const MAX_TRIES = 128;
const MAX_RATIOS = 4096;

function thinned(ratios: readonly Ratio[], length: number): readonly Ratio[] {
  const step = Math.max(1, Math.ceil(ratios.length / length));
  return ratios.filter((_, at) => at % step === 0);
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
