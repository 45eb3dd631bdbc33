import { MINUTE_MILLIS, formatBytesPerHour, formatDuration, type Millis } from '../../base/units.ts';
import type { ChainStep } from '../../model/chain-step.ts';
import { computeLiveFloor } from '../../series/live-floor.ts';
import type { Points } from '../../series/points.ts';
import { medianAbsoluteDeviationSigma, quantile } from '../../series/stats/quantiles.ts';
import { Interpolation, computeWork, type Work } from '../../series/work.ts';
import { round, windowOf, type Facts } from './facts.ts';

/** Idle: less than this share of the usual work per hour ... */
const IDLE_SHARE = 0.05;
/** ... for at least this long: the collector runs by itself every two minutes, so that several marks fall into it. */
const IDLE_MILLIS: Millis = 10 * MINUTE_MILLIS;
/** While idle it grows on when at least this share of the growth under load remains; gone below. */
const GOES_ON_SHARE = 0.5;

interface Idle {
  /** What idle is told by: requests, else CPU time, which background work takes as well. */
  readonly source: Work['source'];
  readonly millis: Millis;
  readonly idlePerHour: number;
  readonly busyPerHour: number;
  /** Half the 95 % interval of `idlePerHour`. */
  readonly spread: number;
}

/** What happens while nobody asks anything? */
export function askIdle(facts: Facts): ChainStep {
  const idle = measureIdle(facts);
  const isKnown = idle !== null && idle.busyPerHour > 0;
  const share = isKnown ? idle.idlePerHour / idle.busyPerHour : null;
  const isGrowing = isKnown && share !== null && share >= GOES_ON_SHARE && idle.idlePerHour - idle.spread > 0;
  const isStill = isKnown && idle.idlePerHour + idle.spread < GOES_ON_SHARE * idle.busyPerHour;
  const outcome = isGrowing ? 'supports' : isStill ? 'contradicts' : 'open';
  return {
    step: 'idle',
    question: 'Does it grow while the service is idle?',
    hypothesis: 'background work, the framework or a library keeps memory, not the request path',
    prediction: 'the live heap rises in quiet stretches as it does under load',
    test: `growth of the live heap per hour in stretches below 5 % of the usual ${idle?.source === 'cpu' ? 'CPU time (requests are not counted)' : 'requests'}, against that in all others`,
    numbers: {
      statistic: share === null ? null : round(share),
      threshold: GOES_ON_SHARE,
      work: idle?.source ?? null,
      idleMillis: idle?.millis ?? 0,
      idleBytesPerHour: idle === null ? null : Math.round(idle.idlePerHour),
      idleSpreadBytesPerHour: idle === null ? null : Math.round(idle.spread),
      busyBytesPerHour: idle === null ? null : Math.round(idle.busyPerHour),
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
    advice:
      outcome === 'open' && idle === null
        ? ['watch it through a quiet quarter of an hour to tell the request path from the background']
        : [],
    next: [],
  };
}

function answer(idle: Idle | null, outcome: ChainStep['outcome']): string {
  if (idle === null) return 'It was never idle for ten minutes, or work is not counted.';
  const rates = `${formatBytesPerHour(idle.idlePerHour)} idle, ${formatBytesPerHour(idle.busyPerHour)} under load, in ${formatDuration(idle.millis)} ${idle.source === 'cpu' ? 'with hardly any CPU time' : 'without requests'}`;
  if (outcome === 'supports') return `Yes: ${rates}: background, library or framework.`;
  return outcome === 'contradicts' ? `No: ${rates}: the request path.` : `Not clear: ${rates}.`;
}

function measureIdle({ table, rows }: Facts): Idle | null {
  const work = computeWork(table, rows);
  const floor = computeLiveFloor(table, rows);
  if (work === null || floor === null || floor.value.length < 4) return null;
  const stretches = findIdle(work);
  const millis = stretches.reduce((sum, { from, to }) => sum + to - from, 0);
  const total = floor.timeMillis[floor.timeMillis.length - 1] - floor.timeMillis[0];
  if (millis < IDLE_MILLIS || total - millis < IDLE_MILLIS) return null;
  const level = new Interpolation(floor);
  const rise = stretches.reduce((sum, { from, to }) => sum + level.at(to) - level.at(from), 0);
  const all = floor.value[floor.value.length - 1] - floor.value[0];
  // Each stretch is known by its two ends, and each end by one mark.
  const noise = noiseOf(floor) * Math.sqrt(2 * stretches.length);
  return {
    source: work.source,
    millis,
    idlePerHour: perHour(rise, millis),
    busyPerHour: perHour(all - rise, total - millis),
    spread: 1.96 * perHour(noise, millis),
  };
}

function findIdle(work: Work): { from: Millis; to: Millis }[] {
  const { timeMillis, value } = work;
  const rates: number[] = [];
  for (let i = 1; i < value.length; i++) {
    rates.push((value[i] - value[i - 1]) / (timeMillis[i] - timeMillis[i - 1]));
  }
  const busy = rates.filter((rate) => rate > 0);
  if (busy.length === 0) return [];
  const bound = IDLE_SHARE * quantile(busy, 0.5);
  const stretches: { from: Millis; to: Millis }[] = [];
  let from: Millis | null = null;
  for (let i = 0; i <= rates.length; i++) {
    const isIdle = i < rates.length && rates[i] <= bound;
    if (isIdle) from ??= timeMillis[i];
    else if (from !== null) {
      if (timeMillis[i] - from >= IDLE_MILLIS) stretches.push({ from, to: timeMillis[i] });
      from = null;
    }
  }
  return stretches;
}

/** Of one mark: from differences of neighbours, so that growth does not count as noise. */
function noiseOf({ value }: Points): number {
  const steps = Float64Array.from({ length: value.length - 1 }, (_, i) => value[i + 1] - value[i]);
  return medianAbsoluteDeviationSigma(steps) / Math.SQRT2;
}

function perHour(amount: number, millis: Millis): number {
  return (amount / millis) * 3_600_000;
}
