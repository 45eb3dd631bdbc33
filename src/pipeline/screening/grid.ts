// At which instants a query API is asked, and how much at once.
import { PlimsollError } from '../../base/errors.ts';
import { HOUR_MILLIS, MINUTE_MILLIS, SECOND_MILLIS, formatDuration, type Millis } from '../../base/units.ts';
import { MAX_POINTS_PER_SERIES, type TimeRange } from '../../collect/prometheus-api.ts';
import { ADOPTED_ROWS_BOUND } from '../../series/gauge-history.ts';

/** Both ends are asked for, and are multiples of the step: what VictoriaMetrics and the frontends of Mimir align to. */
export interface Grid extends TimeRange {
  readonly stepMillis: Millis;
  readonly points: number;
}

/** Shorter steps repeat what was scraped once; longer ones would miss what the lookback of 5 min bridges. */
const STEPS: readonly Millis[] = [
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MILLIS),
  ...[1, 2, 6, 12, 24].map((hours) => hours * HOUR_MILLIS),
];
const SHORTEST_STEP_MILLIS: Millis = SECOND_MILLIS;
/** Fewer cannot be judged. */
const FEWEST_POINTS = 10;
/** A year at five minutes; more is a typing error. */
const MOST_POINTS = 110_000;

/** The shortest step with which a history is kept whole: 1 min below two days, 5 min for a week, 30 min for a month. */
export function chooseStep(sinceMillis: Millis): Millis {
  const fits = STEPS.find((step) => sinceMillis / step < ADOPTED_ROWS_BOUND);
  return fits ?? STEPS[STEPS.length - 1] ?? HOUR_MILLIS;
}

/** @throws PlimsollError ARGUMENTS_INVALID for a step that does not fit the time. */
export function makeGrid(range: {
  readonly sinceMillis: Millis;
  readonly untilMillis: Millis;
  readonly stepMillis: Millis | null;
}): Grid {
  const stepMillis = range.stepMillis ?? chooseStep(range.sinceMillis);
  const toMillis = Math.floor(range.untilMillis / stepMillis) * stepMillis;
  const points = Math.floor(range.sinceMillis / stepMillis) + 1;
  const isFit = stepMillis >= SHORTEST_STEP_MILLIS && points >= FEWEST_POINTS && points <= MOST_POINTS;
  if (!isFit) {
    throw new PlimsollError(
      'ARGUMENTS_INVALID',
      'arguments',
      `needs between ${FEWEST_POINTS} and ${MOST_POINTS} steps, gives ${points}`,
      { field: '--step', value: `${formatDuration(stepMillis)} in ${formatDuration(range.sinceMillis)}` },
    );
  }
  return { fromMillis: toMillis - (points - 1) * stepMillis, toMillis, stepMillis, points };
}

/** Parts that the API answers: no more points per series than it allows. They follow each other. */
export function splitGrid(grid: Grid, maxPoints = MAX_POINTS_PER_SERIES): Grid[] {
  const parts: Grid[] = [];
  for (let from = 0; from < grid.points; from += maxPoints) {
    const points = Math.min(maxPoints, grid.points - from);
    const fromMillis = grid.fromMillis + from * grid.stepMillis;
    parts.push({ ...grid, fromMillis, toMillis: fromMillis + (points - 1) * grid.stepMillis, points });
  }
  return parts;
}

/** So few points that hundreds of series of each of hundreds of targets are a small answer. */
const COARSE_POINTS = 25;

/** The same time with few points, the last of them at its end. */
export function coarsen(grid: Grid): Grid {
  const steps = Math.max(1, Math.ceil((grid.points - 1) / (COARSE_POINTS - 1)));
  const stepMillis = steps * grid.stepMillis;
  const points = Math.floor((grid.points - 1) / steps) + 1;
  return {
    fromMillis: grid.toMillis - (points - 1) * stepMillis,
    toMillis: grid.toMillis,
    stepMillis,
    points,
  };
}

/** Which point of the grid a sample is; -1 for a time that is none of it. */
export function rowOf(grid: Grid, atMillis: Millis): number {
  const row = Math.round((atMillis - grid.fromMillis) / grid.stepMillis);
  return row >= 0 && row < grid.points ? row : -1;
}
