import { formatThreeDigits, HOUR_MILLIS } from '../../base/units.ts';
import type { ChainStep } from '../../model/chain-step.ts';
import { computeWork } from '../../series/work.ts';
import { halvesOf, lastOf, pointsOf, riseOf, round, windowOf, type Facts } from './facts.ts';
import { findIdle, type Stretch } from './idle-stretches.ts';

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
  // At rest the collector runs by the clock, for no request at all: like is compared with like.
  const aside = idleOf(facts);
  const cycles = halves(facts, 'gcCyclesTotal', aside);
  const pauses = halves(facts, 'gcPauseSecondsTotal', aside);
  const cpu = halves(facts, 'cpuSecondsTotal', aside);
  const requests = halves(facts, 'requestsTotal', aside);
  const isCounted = requests !== null && requests.before > 0 && requests.after > 0;
  const isCountable = cycles === null || cycles.fewest >= FEWEST_CYCLES;
  const ratiosBy = (work: number) => ({
    gc: isCountable ? ratioOf(cycles, work) : null,
    pauses: ratioOf(pauses, work),
    cpu: ratioOf(cpu, work),
  });
  const isFelt = pauses !== null && pauses.after >= FELT_PAUSES;
  const worstOf = ({ gc, pauses: paused, cpu: used }: Ratios) =>
    Math.max(gc ?? 0, used ?? 0, isFelt ? (paused ?? 0) : 0);
  const moreWork = isCounted ? requests.after / requests.before : 1;
  // For each request where they are counted: twice the load is twice the work, not twice the cost.
  const ratios = ratiosBy(moreWork);
  const worst = worstOf(ratios);
  // With fewer requests what comes by the clock weighs more for each: then it must have risen by the hour as well.
  const isLessWork = worst >= RISEN_RATIO && worstOf(ratiosBy(Math.max(1, moreWork))) < RISEN_RATIO;
  const allCpu = halves(facts, 'cpuSecondsTotal');
  const usedShare = shareOfCpu(facts, 'gcCpuSecondsTotal', allCpu);
  const gcShare = usedShare ?? availableShare(facts);
  const assistShare = shareOfCpu(facts, 'gcAssistSecondsTotal', allCpu);
  const gcSeconds = halves(facts, 'gcCpuSecondsTotal')?.after ?? Infinity;
  const isLarge = (gcShare?.after ?? 0) >= HEAVY_GC_SHARE;
  const isHeavy = isLarge && gcSeconds >= FELT_GC_SECONDS;
  const isKnown = Object.values(ratios).some((ratio) => ratio !== null) || gcShare !== null;
  const isRisen = worst >= RISEN_RATIO;
  // Where nobody counts the work, more of it looks the same as more cost for it.
  const outcome =
    isHeavy || (isRisen && isCounted && !isLessWork)
      ? 'supports'
      : !isKnown || isRisen
        ? 'open'
        : 'contradicts';
  return {
    step: 'cost',
    question: 'Does it cost more than before?',
    hypothesis: 'the collector works more as the heap fills',
    prediction: isCounted
      ? 'cycles, pauses or CPU for each request rise'
      : 'cycles, pauses or CPU rise, without more work (which nothing counts here)',
    test: `second half over first half of this life${aside.length === 0 ? '' : ', idle stretches set aside'}, ${isCounted ? 'for each request' : 'for each hour: requests are not counted'}`,
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
      requestsRatio: isCounted ? round(moreWork) : null,
      ...windowOf(facts),
    },
    outcome,
    answer: answer(
      facts,
      {
        ...{
          cycles,
          pauses,
          gcShare,
          isOfUsed: usedShare !== null,
          assistShare,
          isCounted,
          isLessWork,
          isKnown,
        },
        unfeltSeconds: isLarge && !isHeavy ? gcSeconds : null,
      },
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

/** Per hour in each half of this life. */
interface Pair {
  readonly before: number;
  readonly after: number;
}

type Ratios = Readonly<Record<'gc' | 'pauses' | 'cpu', number | null>>;

/** @param work how many times as much of it there is in the second half. */
function ratioOf(pair: Pair | null, work: number): number | null {
  return pair === null || pair.before <= 0 ? null : pair.after / pair.before / work;
}

/** Stretches without requests; none where nobody counts them, since CPU time is one of the costs. */
function idleOf({ table, rows }: Facts): Stretch[] {
  const work = computeWork(table, rows);
  return work?.source === 'requests' ? findIdle(work) : [];
}

/** With the increase in the half that has less of it; null where the counter is not there. */
function halves(
  facts: Facts,
  name: (typeof COSTS)[number] | SharedCost | 'requestsTotal',
  aside: readonly Stretch[] = [],
): (Pair & { readonly fewest: number }) | null {
  const points = pointsOf(facts, name);
  if (points === null) return null;
  const { startMillis, middleMillis, endMillis } = halvesOf(facts);
  const before = riseOf(points, startMillis, middleMillis, aside);
  const after = riseOf(points, middleMillis, endMillis, aside);
  if (before.millis <= 0 || after.millis <= 0) return null;
  const perHour = ({ risen, millis }: typeof before) => (risen / millis) * HOUR_MILLIS;
  return {
    before: perHour(before),
    after: perHour(after),
    fewest: Math.min(before.risen, after.risen),
  };
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
  /** What the collector takes an hour, where that is a large share of little; null otherwise. */
  readonly unfeltSeconds: number | null;
  /** Requests are: the ratios are for each of them. */
  readonly isCounted: boolean;
  /** Fewer requests alone would make it. */
  readonly isLessWork: boolean;
  readonly isKnown: boolean;
}

function answer(
  facts: Facts,
  { cycles, pauses, gcShare, isOfUsed, assistShare, unfeltSeconds, isCounted, isLessWork, isKnown }: Costs,
  ratios: Ratios,
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
  const unfelt =
    unfeltSeconds === null ? '' : `, which is little: ${formatThreeDigits(unfeltSeconds)} s of CPU an hour`;
  const shares = [
    gcShare === null
      ? null
      : `the collector takes ${trend(gcShare, isOfUsed ? ' of the CPU' : ' of all CPU time')}${unfelt}`,
    assistShare === null ? null : `assists of allocating goroutines ${trend(assistShare, '')}`,
  ].filter((part) => part !== null);
  const same =
    parts.length === 0 ? [] : [`${parts.join(', ')}${isCounted ? ', the ratios for each request' : ''}`];
  const all = [...same, ...shares].join('; ');
  if (outcome === 'open' && isLessWork)
    return `Not clear: ${all}; there were fewer requests, and what comes by the clock weighs more for each.`;
  if (outcome === 'open') return `Not clear: ${all}; requests are not counted, and more work looks the same.`;
  return `${outcome === 'supports' ? 'Yes' : 'No'}: ${all}.`;
}

function trend({ before, after }: Pair, of: string): string {
  return `${formatThreeDigits(100 * after)} %${of} (before ${formatThreeDigits(100 * before)} %)`;
}

function times(ratio: number | null): string {
  return ratio === null ? '' : ` (x ${formatThreeDigits(ratio)})`;
}
