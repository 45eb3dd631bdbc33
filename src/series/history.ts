// Columnar history of one target's gauges, bounded. See README.md of this room.
import { GAUGE_NAMES, type GaugeName } from '../base/gauges.ts';
import type { Millis } from '../base/units.ts';

/** Gauges that people look at and no judgement reads: they lie in the store, a history does without them. */
const SHOWN_ONLY = [
  'stackSysBytes',
  'mspanSysBytes',
  'mcacheSysBytes',
  'gcSysBytes',
  'otherSysBytes',
  'mallocsTotal',
  'freesTotal',
  'lastGcMillis',
  'goroutinesCreatedTotal',
  'virtualBytes',
  'cgroupOomKillsTotal',
  'traceGoalBytes',
  'socketFds',
  'fileFds',
  'pipeFds',
  'anonFds',
  'cgroupAnonBytes',
  'cgroupKernelBytes',
  'cgroupHighBytes',
  'cgroupHighEventsTotal',
  'cgroupLimitHitsTotal',
  'memoryStallSecondsTotal',
] as const satisfies readonly GaugeName[];

/** Gauges that a history keeps: whoever judges by another one takes it off the list above. */
export type JudgedGauge = Exclude<GaugeName, (typeof SHOWN_ONLY)[number]>;

const shownOnly = new Set<GaugeName>(SHOWN_ONLY);

export function isJudged(name: GaugeName): name is JudgedGauge {
  return !shownOnly.has(name);
}

export const JUDGED_GAUGES: readonly JudgedGauge[] = GAUGE_NAMES.filter(isJudged);

/** Read side: what detection sees. Times strictly increase; NaN = not known at that time. */
export interface GaugeTable {
  readonly length: number;
  readonly timeMillis: Float64Array;
  /** null when this gauge was never seen. Always exactly `length` cells. */
  column(name: JudgedGauge): Float64Array | null;
}

/** The row that came last, beside the table: cheap to ask with every scrape. */
export interface NewestRow {
  readonly length: number;
  /** NaN when not known in the newest row. */
  newest(name: JudgedGauge): number;
  /** The newest value that was known before the newest row; NaN when there is none. */
  before(name: JudgedGauge): number;
}

/**
 * The table as it was at `atMillis`: a live history ends there anyway, a replay may hold more. Views are made once: the
 * lanes ask for them again and again.
 */
export function tableUpTo(table: GaugeTable, atMillis: Millis): GaugeTable {
  const all = table.timeMillis;
  let length = table.length;
  while (length > 0 && all[length - 1] > atMillis) length--;
  const columns = new Map<JudgedGauge, Float64Array | null>();
  const column = (name: JudgedGauge): Float64Array | null => {
    let cells = columns.get(name);
    if (cells === undefined) columns.set(name, (cells = table.column(name)?.subarray(0, length) ?? null));
    return cells;
  };
  return { length, timeMillis: all.subarray(0, length), column };
}
