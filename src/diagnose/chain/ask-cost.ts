import { formatThreeDigits, HOUR_MILLIS } from '../../base/units.ts';
import type { ChainStep } from '../../model/chain-step.ts';
import { halvesOf, lastOf, pointsOf, ratePerHour, round, windowOf, type Facts } from './facts.ts';

/** Half as much again for the same work is a cost that people notice. */
const RISEN_RATIO = 1.5;
/** Collections in the half that has fewer of them: their number comes and goes by one or two without any cause. */
const FEWEST_CYCLES = 6;
/** Seconds of pauses an hour: below 0.03 % of the time nobody notices how they change. */
const FELT_PAUSES = 1;
const COSTS = ['gcCyclesTotal', 'gcPauseSecondsTotal', 'cpuSecondsTotal'] as const;
type SharedCost = 'gcCpuSecondsTotal' | 'gcAssistSecondsTotal';
/** A collector that is paced by GOGC 100 takes a quarter of the CPU while it runs; more than this of all CPU time hurts. */
const HEAVY_GC_SHARE = 0.25;
/** Seconds of CPU an hour (1 % of a core): what an idle process collects may be most of the little that it does. */
const FELT_GC_SECONDS = 36;

/** What does it cost already, in CPU and pauses? */
export function askCost(facts: Facts): ChainStep {
  const cycles = halves(facts, 'gcCyclesTotal');
  const pauses = halves(facts, 'gcPauseSecondsTotal');
  const cpu = halves(facts, 'cpuSecondsTotal');
  const requests = halves(facts, 'requestsTotal');
  const isCounted = requests !== null && requests.before > 0 && requests.after > 0;
  // For each request where they are counted: twice the load is twice the work, not twice the cost.
  const each = (pair: Pair | null): number | null => {
    if (pair === null || pair.before <= 0) return null;
    const raw = pair.after / pair.before;
    return isCounted ? raw / (requests.after / requests.before) : raw;
  };
  const isCountable = cycles === null || countsOf(facts, cycles) >= FEWEST_CYCLES;
  const ratios = {
    gc: isCountable ? each(cycles) : null,
    pauses: isCountable ? each(pauses) : null,
    cpu: each(cpu),
  };
  const usedShare = shareOfCpu(facts, 'gcCpuSecondsTotal', cpu);
  const gcShare = usedShare ?? availableShare(facts);
  const assistShare = shareOfCpu(facts, 'gcAssistSecondsTotal', cpu);
  const gcSeconds = halves(facts, 'gcCpuSecondsTotal')?.after ?? Infinity;
  const isHeavy = (gcShare?.after ?? 0) >= HEAVY_GC_SHARE && gcSeconds >= FELT_GC_SECONDS;
  const isFelt = pauses !== null && pauses.after >= FELT_PAUSES;
  const worst = Math.max(ratios.gc ?? 0, ratios.cpu ?? 0, isFelt ? (ratios.pauses ?? 0) : 0);
  const isKnown = Object.values(ratios).some((ratio) => ratio !== null) || gcShare !== null;
  const isRisen = worst >= RISEN_RATIO;
  // Where nobody counts the work, more of it looks the same as more cost for it.
  const outcome =
    isHeavy || (isRisen && isCounted) ? 'supports' : !isKnown || isRisen ? 'open' : 'contradicts';
  return {
    step: 'cost',
    question: 'Does it cost more than before?',
    hypothesis: 'the collector works more as the heap fills',
    prediction: isCounted
      ? 'cycles, pauses or CPU for each request rise'
      : 'cycles, pauses or CPU rise, without more work (which nothing counts here)',
    test: `second half over first half of this life, ${isCounted ? 'for each request' : 'for each hour: requests are not counted'}`,
    numbers: {
      statistic: isKnown ? round(worst) : null,
      threshold: RISEN_RATIO,
      gcPerHour: cycles === null ? null : round(cycles.after),
      gcRatio: ratios.gc === null ? null : round(ratios.gc),
      pauseSecondsPerHour: pauses === null ? null : round(pauses.after),
      pauseRatio: ratios.pauses === null ? null : round(ratios.pauses),
      cpuRatio: ratios.cpu === null ? null : round(ratios.cpu),
      gcCpuShare: gcShare === null ? null : round(gcShare.after),
      gcCpuShareBefore: gcShare === null ? null : round(gcShare.before),
      assistCpuShare: assistShare === null ? null : round(assistShare.after),
      assistCpuShareBefore: assistShare === null ? null : round(assistShare.before),
      ...windowOf(facts),
    },
    outcome,
    answer: answer(
      facts,
      { cycles, pauses, gcShare, isOfUsed: usedShare !== null, assistShare, isCounted, isKnown },
      ratios,
      outcome,
    ),
    ruledOut: [],
    advice: isHeavy
      ? ['a larger GOGC or GOMEMLIMIT costs memory and gives the CPU back; a smaller live heap gives both']
      : [],
    next: [],
  };
}

interface Pair {
  readonly before: number;
  readonly after: number;
}

/** How many there were in the half with fewer of them. */
function countsOf(facts: Facts, { before, after }: Pair): number {
  const { startMillis, middleMillis } = halvesOf(facts);
  return (Math.min(before, after) * (middleMillis - startMillis)) / HOUR_MILLIS;
}

/** Per hour in each half; null where the counter is not there. */
function halves(facts: Facts, name: (typeof COSTS)[number] | SharedCost | 'requestsTotal'): Pair | null {
  const points = pointsOf(facts, name);
  if (points === null) return null;
  const { startMillis, middleMillis, endMillis } = halvesOf(facts);
  const before = ratePerHour(points, startMillis, middleMillis);
  const after = ratePerHour(points, middleMillis, endMillis);
  return before === null || after === null ? null : { before, after };
}

/** Share of the CPU time of the process in both halves. */
function shareOfCpu(facts: Facts, name: SharedCost, cpu: Pair | null): Pair | null {
  const part = halves(facts, name);
  if (part === null || cpu === null || cpu.before <= 0 || cpu.after <= 0) return null;
  return { before: Math.min(1, part.before / cpu.before), after: Math.min(1, part.after / cpu.after) };
}

/**
 * The same from MemStats alone, which gives a mean since the start, of the CPU time that was there and not of what was
 * used: each half by what it adds to that mean.
 */
function availableShare(facts: Facts): Pair | null {
  const points = pointsOf(facts, 'gcCpuFraction');
  if (points === null || points.value.length < 4) return null;
  const { timeMillis, value } = points;
  const start = lastOf(facts, 'processStartMillis') ?? facts.assessment.incarnationStartMillis;
  const spent = (i: number) => value[i] * Math.max(0, timeMillis[i] - start);
  const [last, middle] = [timeMillis.length - 1, timeMillis.length >> 1];
  const between = (from: number, to: number) =>
    Math.max(0, spent(to) - spent(from)) / (timeMillis[to] - timeMillis[from]);
  return { before: between(0, middle), after: between(middle, last) };
}

interface Costs {
  readonly cycles: Pair | null;
  readonly pauses: Pair | null;
  readonly gcShare: Pair | null;
  /** Of the CPU time that the process used; of all that there was otherwise. */
  readonly isOfUsed: boolean;
  readonly assistShare: Pair | null;
  /** Requests are: the ratios are for each of them. */
  readonly isCounted: boolean;
  readonly isKnown: boolean;
}

function answer(
  facts: Facts,
  { cycles, pauses, gcShare, isOfUsed, assistShare, isCounted, isKnown }: Costs,
  ratios: Readonly<Record<'gc' | 'pauses' | 'cpu', number | null>>,
  outcome: ChainStep['outcome'],
): string {
  if (!isKnown) {
    const isMeasured = COSTS.some((name) => pointsOf(facts, name) !== null);
    return isMeasured ? 'Too early to tell.' : 'Not known: neither collections nor CPU time are counted.';
  }
  const parts = [
    cycles === null || ratios.gc === null
      ? null
      : `${formatThreeDigits(cycles.after)} collections an hour${times(ratios.gc)}`,
    pauses === null || ratios.pauses === null
      ? null
      : `${formatThreeDigits(1000 * pauses.after)} ms of pauses an hour${times(ratios.pauses)}`,
    ratios.cpu === null ? null : `CPU${times(ratios.cpu)}`,
  ].filter((part) => part !== null);
  const shares = [
    gcShare === null
      ? null
      : `the collector takes ${trend(gcShare, isOfUsed ? ' of the CPU' : ' of all CPU time')}`,
    assistShare === null ? null : `assists of allocating goroutines ${trend(assistShare, '')}`,
  ].filter((part) => part !== null);
  const same =
    parts.length === 0 ? [] : [`${parts.join(', ')}${isCounted ? ', the ratios for each request' : ''}`];
  const all = [...same, ...shares].join('; ');
  if (outcome === 'open') return `Not clear: ${all}; requests are not counted, and more work looks the same.`;
  return `${outcome === 'supports' ? 'Yes' : 'No'}: ${all}.`;
}

function trend({ before, after }: Pair, of: string): string {
  return `${formatThreeDigits(100 * after)} %${of} (before ${formatThreeDigits(100 * before)} %)`;
}

function times(ratio: number | null): string {
  return ratio === null ? '' : ` (x ${formatThreeDigits(ratio)})`;
}
