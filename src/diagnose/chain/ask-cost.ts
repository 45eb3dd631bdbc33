import { formatThreeDigits, HOUR_MILLIS } from '../../base/units.ts';
import type { ChainStep } from '../../model/chain-step.ts';
import { halvesOf, pointsOf, ratePerHour, round, windowOf, type Facts } from './facts.ts';

/** Half as much again for the same work is a cost that people notice. */
const RISEN_RATIO = 1.5;
/** Collections in the half that has fewer of them: their number comes and goes by one or two without any cause. */
const FEWEST_CYCLES = 6;
/** Seconds of pauses an hour: below 0.03 % of the time nobody notices how they change. */
const FELT_PAUSES = 1;
const COSTS = ['gcCyclesTotal', 'gcPauseSecondsTotal', 'cpuSecondsTotal'] as const;

/** What does it cost already, in CPU and pauses? */
export function askCost(facts: Facts): ChainStep {
  const cycles = halves(facts, 'gcCyclesTotal');
  const pauses = halves(facts, 'gcPauseSecondsTotal');
  const cpu = halves(facts, 'cpuSecondsTotal');
  const requests = halves(facts, 'requestsTotal');
  // For each request where they are counted: twice the load is twice the work, not twice the cost.
  const each = (pair: Pair | null): number | null => {
    if (pair === null || pair.before <= 0) return null;
    const raw = pair.after / pair.before;
    return requests === null || requests.before <= 0 || requests.after <= 0
      ? raw
      : raw / (requests.after / requests.before);
  };
  const isCountable = cycles === null || countsOf(facts, cycles) >= FEWEST_CYCLES;
  const ratios = {
    gc: isCountable ? each(cycles) : null,
    pauses: isCountable ? each(pauses) : null,
    cpu: each(cpu),
  };
  const isFelt = pauses !== null && pauses.after >= FELT_PAUSES;
  const worst = Math.max(ratios.gc ?? 0, ratios.cpu ?? 0, isFelt ? (ratios.pauses ?? 0) : 0);
  const isKnown = Object.values(ratios).some((ratio) => ratio !== null);
  const outcome = !isKnown ? 'open' : worst >= RISEN_RATIO ? 'supports' : 'contradicts';
  return {
    step: 'cost',
    question: 'Does it cost more than before?',
    hypothesis: 'the collector works more as the heap fills',
    prediction: 'cycles, pauses or CPU for the same work rise',
    test: 'second half over first half of this life, for each request where they are counted',
    numbers: {
      statistic: isKnown ? round(worst) : null,
      threshold: RISEN_RATIO,
      gcPerHour: cycles === null ? null : round(cycles.after),
      gcRatio: ratios.gc === null ? null : round(ratios.gc),
      pauseSecondsPerHour: pauses === null ? null : round(pauses.after),
      pauseRatio: ratios.pauses === null ? null : round(ratios.pauses),
      cpuRatio: ratios.cpu === null ? null : round(ratios.cpu),
      ...windowOf(facts),
    },
    outcome,
    answer: answer(facts, cycles, pauses, ratios, outcome),
    ruledOut: [],
    advice: [],
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
function halves(facts: Facts, name: (typeof COSTS)[number] | 'requestsTotal'): Pair | null {
  const points = pointsOf(facts, name);
  if (points === null) return null;
  const { startMillis, middleMillis, endMillis } = halvesOf(facts);
  const before = ratePerHour(points, startMillis, middleMillis);
  const after = ratePerHour(points, middleMillis, endMillis);
  return before === null || after === null ? null : { before, after };
}

function answer(
  facts: Facts,
  cycles: Pair | null,
  pauses: Pair | null,
  ratios: Readonly<Record<'gc' | 'pauses' | 'cpu', number | null>>,
  outcome: ChainStep['outcome'],
): string {
  if (outcome === 'open') {
    const isCounted = COSTS.some((name) => pointsOf(facts, name) !== null);
    return isCounted ? 'Too early to tell.' : 'Not known: neither collections nor CPU time are counted.';
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
  return `${outcome === 'supports' ? 'Yes' : 'No'}: ${parts.join(', ')} for the same work.`;
}

function times(ratio: number | null): string {
  return ratio === null ? '' : ` (x ${formatThreeDigits(ratio)})`;
}
