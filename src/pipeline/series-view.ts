// What the page draws of one target: gauges, the fitted growth, the forecast to the limit.
import { GAUGE_NAMES, type GaugeName } from '../base/gauges.ts';
import { HOUR_MILLIS, type Millis } from '../base/units.ts';
import type { AssessmentState } from '../detect/assessment.ts';
import type { Mark, Series } from '../model/status.ts';
import type { TargetName } from '../model/target.ts';
import { lowerBound } from '../series/gauge-history.ts';
import { isJudged, type GaugeTable } from '../series/history.ts';
import { computeLiveFloor } from '../series/live-floor.ts';
import { findIncarnations } from '../series/incarnations.ts';
import { interpolateAt } from '../series/work.ts';
import type { GaugeRows } from '../store/store.ts';

/** GOMEMLIMIT "off" is math.MaxInt64. */
const NO_GO_LIMIT = 2 ** 60;
const FORECAST_POINTS = 24;

export interface SeriesQuery {
  readonly fromMillis: Millis;
  readonly toMillis: Millis;
  readonly maxPoints: number;
  readonly gauges: readonly string[];
}

/** @param stored gauges that the history does not keep, over the range of the query; null when none is asked for. */
export function viewSeries(
  target: TargetName,
  table: GaugeTable,
  stored: GaugeRows | null,
  assessment: AssessmentState | null,
  fits: Series['fits'],
  limitBytes: number | null,
  marks: readonly Mark[],
  query: SeriesQuery,
): Series {
  const rows = pickRows(table, query);
  const values: Series['values'] = {};
  for (const name of query.gauges) {
    if (name === 'liveFloorBytes') values[name] = liveFloorAt(table, rows);
    else if (isGauge(name)) {
      const column = isJudged(name) ? table.column(name) : storedAt(stored, name, table.timeMillis);
      values[name] = rows.map((row) => finite(column?.[row]));
    }
  }
  const goLimit = lastKnown(table.column('goMemLimitBytes'));
  const cgroupLimit = lastKnown(table.column('memoryLimitBytes'));
  return {
    service: target.service,
    instance: target.instance,
    from: query.fromMillis,
    to: query.toMillis,
    time: rows.map((row) => table.timeMillis[row] ?? 0),
    values,
    limitBytes: cgroupLimit ?? limitBytes,
    goMemLimitBytes: goLimit !== null && goLimit < NO_GO_LIMIT ? goLimit : null,
    marks: marks.filter((mark) => mark.at >= query.fromMillis && mark.at <= query.toMillis),
    fits,
    forecast: forecast(table, assessment),
    ledger: assessment?.ledger ? ledgerParts(assessment.ledger) : null,
  };
}

/** Gauges of this query that a history does not keep. */
export function asksForStored(query: SeriesQuery): boolean {
  return query.gauges.some((name) => isGauge(name) && !isJudged(name));
}

/** A stored gauge at the times of a history: the row of that time, or where it was thinned out the one before. */
function storedAt(stored: GaugeRows | null, name: GaugeName, timeMillis: Float64Array): Float64Array | null {
  const column = stored?.columns.get(name);
  if (!stored || !column) return null;
  return timeMillis.map((at) => column[lowerBound(stored.timeMillis, at + 1) - 1] ?? NaN);
}

function ledgerParts(ledger: NonNullable<AssessmentState['ledger']>): Record<string, number | null> {
  const { atMillis: _, ...parts } = ledger;
  return { ...parts };
}

/** At most `maxPoints` rows of the range, evenly spread, the last one included. */
function pickRows(table: GaugeTable, query: SeriesQuery): number[] {
  const from = lowerBound(table.timeMillis, query.fromMillis);
  const end = lowerBound(table.timeMillis, query.toMillis + 1);
  const count = end - from;
  const points = Math.min(count, Math.max(2, query.maxPoints));
  if (points <= 1) return count === 1 ? [from] : [];
  return Array.from({ length: points }, (_, i) => from + Math.round((i * (count - 1)) / (points - 1)));
}

function liveFloorAt(table: GaugeTable, rows: readonly number[]): (number | null)[] {
  const found = new Map<number, number | null>();
  for (const life of findIncarnations(table)) {
    const floor = computeLiveFloor(table, { from: life.firstRow, to: life.endRow });
    if (!floor) continue;
    for (const row of rows) {
      if (row < life.firstRow || row >= life.endRow) continue;
      found.set(row, finite(interpolateAt(floor, table.timeMillis[row] ?? 0)));
    }
  }
  return rows.map((row) => found.get(row) ?? null);
}

/** RSS from now to the limit: straight lines to the expected, the earliest and the latest instant. */
function forecast(table: GaugeTable, assessment: AssessmentState | null): Series['forecast'] {
  const exhaustion = assessment?.exhaustion;
  const limit = exhaustion?.limit;
  const rss = lastKnown(table.column('rssBytes'));
  const isMemory = exhaustion && exhaustion.resource !== 'max-fds' && exhaustion.resource !== 'max-threads';
  if (!assessment || !isMemory || limit === undefined || rss === null || rss >= limit) return null;
  const now = assessment.atMillis;
  const watched = Math.max(HOUR_MILLIS, now - assessment.firstEvidenceMillis);
  // Beyond as much future as there is past, a chart shows mostly guesswork.
  const end = Math.min(exhaustion.high ?? exhaustion.at, now + watched);
  const slopeTo = (at: Millis | null) => (at === null || at <= now ? 0 : (limit - rss) / (at - now));
  const time = Array.from(
    { length: FORECAST_POINTS },
    (_, i) => now + ((end - now) * i) / (FORECAST_POINTS - 1),
  );
  const line = (slope: number) => time.map((t) => Math.min(limit, rss + slope * (t - now)));
  return {
    time,
    mid: line(slopeTo(exhaustion.at)),
    low: line(slopeTo(exhaustion.high)),
    high: line(slopeTo(exhaustion.low)),
  };
}

function isGauge(name: string): name is GaugeName {
  return (GAUGE_NAMES as readonly string[]).includes(name);
}

function finite(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value;
}

/** Last value that is known, null when there is none. */
function lastKnown(column: Float64Array | null): number | null {
  if (!column) return null;
  for (let row = column.length - 1; row >= 0; row--) {
    const value = finite(column[row]);
    if (value !== null) return value;
  }
  return null;
}
