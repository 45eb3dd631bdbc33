import { HOUR_MILLIS, formatBytesPerHour, formatDuration, type Millis } from '../../base/units.ts';
import type { ChainStep } from '../../model/chain-step.ts';
import { computeLiveFloor } from '../../series/live-floor.ts';
import { correctedAutocorrelation, effectiveSamples } from '../../series/stats/autocorrelation.ts';
import { studentQuantile } from '../../series/stats/distributions.ts';
import { fitLeastSquares } from '../../series/stats/least-squares.ts';
import { computeWork, Interpolation, type Work } from '../../series/work.ts';
import { round, windowOf, type Facts } from './facts.ts';
import { IDLE_MILLIS, findIdle, restedBy } from './idle-stretches.ts';

/** While idle it grows on when at least this share of the growth under load remains; gone below. */
const GOES_ON_SHARE = 0.5;

/** Marks below which four numbers fit anything. */
const FEWEST_MARKS = 8;
/** It is looked at at every evaluation until it speaks: of thirty looks at an interval of 95 % one goes wrong by chance. */
const CONFIDENCE = 0.999;

/** Bytes per hour, with an interval of CONFIDENCE. */
interface Rate {
  readonly perHour: number;
  readonly low: number;
  readonly high: number;
}

interface Idle {
  /** What idle is told by: requests, else CPU time, which background work takes as well. */
  readonly source: Work['source'];
  readonly millis: Millis;
  readonly idle: Rate;
  readonly busy: Rate;
  /** How far growth while idle lies above the share of that under load which tells the two apart. */
  readonly above: Rate;
}

/** What happens while nobody asks anything? */
export function askIdle(facts: Facts): ChainStep {
  const idle = measureIdle(facts);
  const isGrowing = idle !== null && idle.idle.low > 0 && idle.above.low > 0;
  const isStill = idle !== null && idle.busy.low > 0 && idle.above.high < 0;
  const share = idle === null || idle.busy.perHour <= 0 ? null : idle.idle.perHour / idle.busy.perHour;
  const outcome = isGrowing ? 'supports' : isStill ? 'contradicts' : 'open';
  return {
    step: 'idle',
    question: 'Does it grow while the service is idle?',
    hypothesis: 'background work, the framework or a library keeps memory, not the request path',
    prediction: 'the live heap rises in quiet stretches as it does under load',
    test: `growth of the live heap per hour, with its interval, in stretches below 5 % of the usual ${idle?.source === 'cpu' ? 'CPU time (requests are not counted)' : 'requests'}, against that in all others`,
    numbers: {
      statistic: share === null ? null : round(share),
      threshold: GOES_ON_SHARE,
      work: idle?.source ?? null,
      idleMillis: idle?.millis ?? 0,
      idleBytesPerHour: idle && Math.round(idle.idle.perHour),
      idleSpreadBytesPerHour: idle && Math.round(idle.idle.high - idle.idle.perHour),
      busyBytesPerHour: idle && Math.round(idle.busy.perHour),
      busySpreadBytesPerHour: idle && Math.round(idle.busy.high - idle.busy.perHour),
      aboveLowBytesPerHour: idle && Math.round(idle.above.low),
      aboveHighBytesPerHour: idle && Math.round(idle.above.high),
      ...windowOf(facts),
    },
    outcome,
    answer: answer(idle, outcome),
    ruledOut:
      outcome === 'contradicts'
        ? [
            {
              explanation: 'background work',
              why:
                idle?.source === 'cpu'
                  ? 'the heap stands still while the process hardly uses the CPU'
                  : 'the heap stands still while nobody asks anything',
            },
          ]
        : outcome === 'supports'
          ? [
              {
                explanation: 'the request path alone',
                why:
                  idle?.source === 'cpu'
                    ? 'the heap grows on while the process hardly uses the CPU'
                    : 'the heap grows on without requests',
              },
            ]
          : [],
    advice: outcome === 'open' ? [idle === null ? LACKS_REST : LACKS_MARKS] : [],
    next: [],
  };
}

const LACKS_REST = 'watch it through a quiet quarter of an hour to tell the request path from the background';
const LACKS_MARKS =
  'let it rest for longer: at rest the collector runs every two minutes, and each run moves the live heap by itself';

function answer(idle: Idle | null, outcome: ChainStep['outcome']): string {
  if (idle === null)
    return 'It was never idle for ten minutes, work is not counted, or too few collections were seen.';
  const seen = `in ${formatDuration(idle.millis)} ${idle.source === 'cpu' ? 'with hardly any CPU time' : 'without requests'}`;
  const rates = `${formatRate(idle.idle)} idle, ${formatRate(idle.busy)} under load, ${seen}`;
  if (outcome === 'supports') return `Yes: ${rates}: background, library or framework.`;
  return outcome === 'contradicts' ? `No: ${rates}: the request path.` : `Not clear yet: ${rates}.`;
}

function formatRate({ perHour, low, high }: Rate): string {
  return `${formatBytesPerHour(perHour)} (${formatBytesPerHour(low)} to ${formatBytesPerHour(high)})`;
}

/**
 * Least squares of the live heap on the hours of work and the hours of rest, and on whether it rests: what requests hold while they
 * run goes at once when they end, and is no growth. Every mark counts, and what they move by anyway makes the intervals: growth
 * between two marks of a short rest says nothing by itself. Under load the heap may follow the clock, or the work that was done
 * by then, in mean hours of it: the one that leaves less over is taken, since uneven load is no noise of a leak that requests bring.
 */
function measureIdle({ table, rows }: Facts): Idle | null {
  const work = computeWork(table, rows);
  const floor = computeLiveFloor(table, rows);
  if (work === null || floor === null || floor.value.length < FEWEST_MARKS) return null;
  const stretches = findIdle(work);
  const millis = stretches.reduce((sum, { from, to }) => sum + to - from, 0);
  const { timeMillis, value } = floor;
  const n = value.length;
  if (millis < IDLE_MILLIS || timeMillis[n - 1] - timeMillis[0] - millis < IDLE_MILLIS) return null;
  const rest = timeMillis.map((at) => restedBy(stretches, at) / HOUR_MILLIS);
  const isResting = timeMillis.map((at) => (stretches.some(({ from, to }) => at > from && at <= to) ? 1 : 0));
  const byClock = timeMillis.map((at, i) => (at - timeMillis[0]) / HOUR_MILLIS - rest[i]);
  const done = new Interpolation(work);
  const byWork = timeMillis.map((at) => done.at(at));
  const hoursEach = (byClock[n - 1] - byClock[0]) / (byWork[n - 1] - byWork[0]);
  const one = new Float64Array(n).fill(1);
  const busyHours = [byClock, ...(hoursEach > 0 ? [byWork.map((value) => value * hoursEach)] : [])];
  const fits = busyHours.flatMap((hours) => {
    const fit = fitRates([one, hours, rest, isResting], value);
    return fit === null ? [] : [{ ...fit, hours }];
  });
  if (fits.length === 0) return null;
  const best = fits.reduce((least, fit) => (fit.left < least.left ? fit : least));
  // With this in place of the hours of work, the coefficient of rest is what is asked for: how far it lies above the bound.
  const mixed = best.hours.map((hours, i) => hours + GOES_ON_SHARE * rest[i]);
  const above = fitRates([one, mixed, rest, isResting], value);
  if (above === null) return null;
  const [, busy, idle] = best.rates;
  return { source: work.source, millis, idle, busy, above: above.rates[2] };
}

/** Each coefficient with its interval, the correlation of the residuals taken into account; null where they cannot be told apart. */
function fitRates(
  columns: readonly Float64Array[],
  value: Float64Array,
): { readonly rates: Rate[]; readonly left: number } | null {
  const n = value.length;
  const fit = fitLeastSquares(columns, value);
  if (fit === null) return null;
  const samples = effectiveSamples(n, correctedAutocorrelation(fit.residual, columns.length));
  const width = studentQuantile(1 - (1 - CONFIDENCE) / 2, Math.max(1, samples - columns.length));
  const rates = Array.from(fit.coefficient, (perHour, i) => {
    const half = width * fit.standardError[i] * Math.sqrt(n / samples);
    return { perHour, low: perHour - half, high: perHour + half };
  });
  return { rates, left: fit.residual.reduce((sum, each) => sum + each * each, 0) };
}
