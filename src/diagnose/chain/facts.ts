// What the steps of an investigation may look at: everything known by one instant, nothing later.
import { HOUR_MILLIS, type Bytes, type Millis } from '../../base/units.ts';
import type { AssessmentState, LaneState } from '../../detect/assessment.ts';
import type { Finding } from '../../model/finding.ts';
import type { JudgedLife } from '../../model/report.ts';
import type { GaugeTable, JudgedGauge } from '../../series/history.ts';
import { findIncarnations } from '../../series/incarnations.ts';
import { pointsOfColumn, type Points } from '../../series/points.ts';
import type { RouteTable } from '../../series/route-history.ts';
import { quantile } from '../../series/stats/quantiles.ts';
import type { Stretch } from './idle-stretches.ts';

export interface ChainInput {
  /** No row later than the assessment. */
  readonly table: GaugeTable;
  readonly assessment: AssessmentState;
  readonly findings: readonly Finding[];
  /** Configured; a limit among the gauges wins. */
  readonly memoryLimitBytes: Bytes | null;
  /** Requests by route of this life, where a counter has routes. */
  readonly routes?: RouteTable | null;
}

export interface Facts extends ChainInput {
  /** Rows of the newest life, its warm-up left out where enough is left without it. */
  readonly rows: { readonly from: number; readonly to: number };
  readonly limitBytes: Bytes | null;
}

/** The first minutes fill pools and caches; the same as stage 1 leaves out. */
const WARM_UP_MILLIS: Millis = 5 * 60_000;
/** Before and after are compared by the medians of this share of the rows at each end. */
export const END_SHARE = 0.2;
const ROWS_NEEDED = 10;

/** null before there is anything to look at. */
export function gatherFacts(input: ChainInput): Facts | null {
  const { table, assessment } = input;
  const lives = findIncarnations(table);
  if (lives.length === 0) return null;
  const life = lives[lives.length - 1];
  let from = life.firstRow;
  while (from < life.endRow && table.timeMillis[from] < assessment.incarnationStartMillis + WARM_UP_MILLIS) {
    from++;
  }
  const rows = { from: life.endRow - from < ROWS_NEEDED ? life.firstRow : from, to: life.endRow };
  const facts = { ...input, rows, limitBytes: null };
  return { ...facts, limitBytes: lastOf(facts, 'memoryLimitBytes') ?? input.memoryLimitBytes };
}

/** This life, or the one before while this one is too young. */
export function judgedLife({ assessment }: ChainInput): JudgedLife {
  return assessment.earlier ?? assessment;
}

export function laneOf({ assessment }: ChainInput, name: LaneState['lane']): LaneState | null {
  return assessment.lanes.find(({ lane }) => lane === name) ?? null;
}

/** Known cells of one gauge in this life; null where nothing gives it. */
export function pointsOf({ table, rows }: Facts, name: JudgedGauge): Points | null {
  const column = table.column(name);
  const points = column === null ? null : pointsOfColumn(table.timeMillis, column, rows);
  return points === null || points.value.length === 0 ? null : points;
}

export function lastOf(facts: Facts, name: JudgedGauge): number | null {
  return pointsOf(facts, name)?.value.at(-1) ?? null;
}

export interface Ends {
  readonly before: number;
  readonly after: number;
  /** Half the spread (10 to 90 %) inside the ends: how far one value may be off. */
  readonly noise: number;
}

/** Medians at both ends of a series; null for fewer than four values. */
export function endsOf(values: ArrayLike<number>): Ends | null {
  const n = values.length;
  if (n < 4) return null;
  const width = Math.max(2, Math.round(n * END_SHARE));
  const all = Array.from(values);
  const head = all.slice(0, width);
  const tail = all.slice(-width);
  const spread = (part: readonly number[]) => (quantile(part, 0.9) - quantile(part, 0.1)) / 2;
  return {
    before: quantile(head, 0.5),
    after: quantile(tail, 0.5),
    noise: Math.max(spread(head), spread(tail)),
  };
}

/** Increase of a counter between two instants over the time between them, per hour; resets count from zero. */
export function ratePerHour(points: Points, fromMillis: Millis, toMillis: Millis): number | null {
  const { risen, millis } = riseOf(points, fromMillis, toMillis);
  return millis > 0 ? (risen / millis) * HOUR_MILLIS : null;
}

/** The same as increase and time; neither counts in stretches that are set aside. */
export function riseOf(
  { timeMillis, value }: Points,
  fromMillis: Millis,
  toMillis: Millis,
  aside: readonly Stretch[] = [],
): { risen: number; millis: Millis } {
  let risen = 0;
  let millis = 0;
  for (let i = 1; i < timeMillis.length; i++) {
    const [from, to] = [timeMillis[i - 1], timeMillis[i]];
    if (from < fromMillis || to > toMillis) continue;
    if (aside.some((stretch) => stretch.from < to && stretch.to > from)) continue;
    risen += Math.max(0, value[i] - value[i - 1]);
    millis += to - from;
  }
  return { risen, millis };
}

export interface Halves {
  readonly startMillis: Millis;
  readonly middleMillis: Millis;
  readonly endMillis: Millis;
}

export function halvesOf({ table, rows }: Facts): Halves {
  const startMillis = table.timeMillis[rows.from];
  const endMillis = table.timeMillis[rows.to - 1];
  return { startMillis, middleMillis: (startMillis + endMillis) / 2, endMillis };
}

/** The data window of a step, as every evidence entry carries it. */
export function windowOf(facts: Facts): Record<string, number> {
  const { startMillis, endMillis } = halvesOf(facts);
  return { fromMillis: startMillis, toMillis: endMillis, observations: facts.rows.to - facts.rows.from };
}

export function round(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 1000) / 1000 : 0;
}

/** `round` of what may not be known. */
export function roundKnown(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : round(value);
}
