import { HOUR_MILLIS, formatBytes, formatBytesPerHour } from '../../base/units.ts';
import type { LaneState } from '../../detect/assessment.ts';
import type { ChainStep } from '../../model/chain-step.ts';
import { computeLiveFloor } from '../../series/live-floor.ts';
import { correctedAutocorrelation, effectiveSamples } from '../../series/stats/autocorrelation.ts';
import { studentQuantile } from '../../series/stats/distributions.ts';
import { fitLeastSquares } from '../../series/stats/least-squares.ts';
import { computeWork, Interpolation, type Work } from '../../series/work.ts';
import { laneOf, round, roundKnown, windowOf, type Facts } from './facts.ts';
import { measureRouteGrowth, type RouteGrowth } from '../../detect/route-growth.ts';

/** Difference of BIC, as in stage 1. */
const DRIVER_EVIDENCE = 6;
/** Growth of which work brings less than this share goes by time. */
const MOST_SHARE = 0.5;
/** A share so far below none, or above all, is none. */
const IMPOSSIBLE = 0.5;
const MIN_POINTS = 12;

interface WorkShare {
  /** Of the growth of the live heap, brought by work; time brings the rest. 95 % interval. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Standard errors of the coefficient of work from zero. */
  readonly z: number;
}

/** Least squares of the live heap on time and work together; null where the two cannot be told apart. */
function measureWorkShare({ table, rows }: Facts, work: Work): WorkShare | null {
  const floor = computeLiveFloor(table, rows);
  const n = floor?.value.length ?? 0;
  if (floor === null || n < MIN_POINTS) return null;
  const done = new Interpolation(work);
  const works = Float64Array.from(floor.timeMillis, (at) => done.at(at));
  const hours = Float64Array.from(floor.timeMillis, (at) => (at - floor.timeMillis[0]) / HOUR_MILLIS);
  const fit = fitLeastSquares([new Float64Array(n).fill(1), hours, works], floor.value);
  if (!fit) return null;
  const samples = effectiveSamples(n, correctedAutocorrelation(fit.residual, 3));
  const [, perHour, perWork] = fit.coefficient;
  const worked = works[n - 1] - works[0];
  const grown = perHour * hours[n - 1] + perWork * worked;
  const error = fit.standardError[2] * Math.sqrt(n / samples);
  if (!(grown > 0) || !(error > 0)) return null;
  const half = (studentQuantile(0.975, Math.max(1, samples - 3)) * error * worked) / grown;
  const value = (perWork * worked) / grown;
  // Time and work that pull against each other were not told apart.
  if (value < -IMPOSSIBLE || value > 1 + IMPOSSIBLE) return null;
  return { value, low: value - half, high: value + half, z: perWork / error };
}

/** Does growth follow work, time, or neither? */
export function askWork(facts: Facts): ChainStep {
  const heap = laneOf(facts, 'heap');
  const work = computeWork(facts.table, facts.rows);
  const perRequest = heap?.perRequest ?? null;
  const isLevelWithLoad = heap?.verdict === 'load-driven';
  const driver = heap?.driver ?? null;
  const share = work === null ? null : measureWorkShare(facts, work);
  const route = measureRoutes(facts);
  // Growth that has stopped went by neither from then on.
  const isGrowing = heap?.verdict === 'leak' || heap?.isSuspect === true;
  const followsWork = isGrowing && driver?.by === 'work';
  const followsTime = isGrowing && driver?.by === 'time' && !route?.route;
  const outcome =
    isLevelWithLoad || followsTime
      ? 'contradicts'
      : followsWork || (route?.route && heap?.verdict !== 'no-growth')
        ? 'supports'
        : 'open';
  return {
    step: 'work',
    question: 'Does growth follow the work?',
    hypothesis: 'every request leaves something behind',
    prediction: 'growth per request is the same by day and by night',
    test: 'difference of BIC between growth with time and growth with work, either way, where the load was not even',
    numbers: {
      statistic: roundKnown(driver?.workEvidence),
      threshold: driver?.threshold ?? DRIVER_EVIDENCE,
      timeCorrelation: driver === null ? null : Math.round(1e6 * driver.evenness) / 1e6,
      evenThreshold: driver === null ? null : Math.round(1e6 * driver.evenThreshold) / 1e6,
      perRequestBytes: perRequest === null ? null : round(perRequest.value),
      lowBytes: perRequest === null ? null : round(perRequest.low),
      highBytes: perRequest === null ? null : round(perRequest.high),
      workShare: share && round(share.value),
      workShareLow: share && round(share.low),
      workShareHigh: share && round(share.high),
      model: heap?.bestLeak ?? null,
      work: work?.source ?? null,
      ...routeNumbers(route),
      ...windowOf(facts),
    },
    outcome,
    answer: answer(facts, outcome, isLevelWithLoad, { share, route, work }),
    ruledOut: isLevelWithLoad
      ? [{ explanation: 'a leak', why: 'memory goes up and comes down with the load' }]
      : [],
    advice:
      work === null
        ? ['count requests (http_requests_total): growth by work and growth by time are then told apart']
        : [],
    next: [],
  };
}

function answer(
  facts: Facts,
  outcome: ChainStep['outcome'],
  isLevelWithLoad: boolean,
  { share, route, work }: { share: WorkShare | null; route: RouteGrowth | null; work: Work | null },
): string {
  const heap = laneOf(facts, 'heap');
  if (isLevelWithLoad) return 'The level follows the load; as far as can be seen nothing is left behind.';
  const perRequest = heap?.perRequest ?? null;
  if (outcome === 'supports' && perRequest !== null) {
    const { value, low, high } = perRequest;
    const each = `Yes: ${formatBytes(value)} for each request (${formatBytes(low)} to ${formatBytes(high)}): look at`;
    return route?.route
      ? `${each} ${describeRoute(route)}.`
      : `${each} the request path.${togetherText(route)}`;
  }
  if (outcome === 'supports' && route?.route) return `Yes: look at ${describeRoute(route)}.`;
  if (outcome === 'supports') return `Yes: look at the request path.${togetherText(route)}`;
  if (outcome === 'contradicts') {
    const rate = !heap?.growth ? '' : ` (${formatBytesPerHour(heap.growth.perHour)})`;
    const isKnown = share !== null && share.high < MOST_SHARE;
    const most = isKnown ? `, work brings ${Math.max(0, Math.round(100 * share.high))} % of it at most` : '';
    return `No: it goes by time${rate}${most}: look at background work, timers, libraries.`;
  }
  return `Cannot be told: ${work === null ? 'work is not counted' : whyUntold(heap?.driver ?? null)}.${togetherText(route)}`;
}

function whyUntold(driver: LaneState['driver'] | null): string {
  if (!driver) return 'no growth stands out by now';
  if (driver.by === 'even') return 'the load was even, so that growth with time and with work look alike';
  return 'growth with time and growth with work describe it about as well';
}

/** Only where the live heap grows; a heap that stands still goes with nothing. */
function measureRoutes({ table, rows, routes, ...rest }: Facts): RouteGrowth | null {
  const heap = laneOf({ table, ...rest }, 'heap');
  if (!routes || heap === null || heap.verdict === 'no-growth') return null;
  const floor = computeLiveFloor(table, rows);
  return floor === null ? null : measureRouteGrowth(floor, routes);
}

/** null = not known, or no route can be named. */
function routeNumbers(route: RouteGrowth | null): ChainStep['numbers'] {
  return {
    route: route?.route ?? null,
    routeStatistic: roundKnown(route?.z),
    routesFitted: route?.fitted ?? null,
    routeShare: roundKnown(route?.share?.value),
    routeShareLow: roundKnown(route?.share?.low),
    routeShareHigh: roundKnown(route?.share?.high),
    routeBytes: roundKnown(route?.perRequest?.value),
    routeBytesLow: roundKnown(route?.perRequest?.low),
    routeBytesHigh: roundKnown(route?.perRequest?.high),
  };
}

function describeRoute({ route, share, perRequest }: RouteGrowth): string {
  if (route === null || share === null || perRequest === null) return 'the request path';
  const percent = (value: number) => Math.round(100 * Math.min(1, Math.max(0, value)));
  const part = `${percent(share.value)} % of the growth (${percent(share.low)} to ${percent(share.high)} %)`;
  return `${route}: ${part} goes with its requests, ${formatBytes(perRequest.value)} each (${formatBytes(perRequest.low)} to ${formatBytes(perRequest.high)})`;
}

/** Of routes that cannot be told apart at most so many are named. */
const SHOWN_TOGETHER = 4;

function togetherText(route: RouteGrowth | null): string {
  if (route === null || route.together.length === 0) return '';
  const shown = route.together.slice(0, SHOWN_TOGETHER).join(', ');
  const more = route.together.length - SHOWN_TOGETHER;
  return ` It goes with ${shown}${more > 0 ? ` and ${more} more` : ''}, which rise together and cannot be told apart.`;
}
