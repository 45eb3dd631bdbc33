// Stage 1: one target at one time, from gauges alone. Start here.
import type { GaugeName } from '../base/gauges.ts';
import { MINUTE_MILLIS, type Bytes, type Millis } from '../base/units.ts';
import { findIncarnations, type Incarnation } from '../series/incarnations.ts';
import type { GaugeTable } from '../series/history.ts';
import { computeLedger } from '../series/ledger.ts';
import { computeLiveFloor } from '../series/live-floor.ts';
import { computeNativeBytes } from '../series/native-bytes.ts';
import { pointsOfColumn, type Points } from '../series/points.ts';
import { computeWork, interpolateAt } from '../series/work.ts';
import { assessLane } from './assess-lane.ts';
import { LANES, type Assessment, type Lane, type LaneAssessment } from './assessment.ts';
import { findExhaustion } from './exhaustion-lane.ts';
import type { LaneQuestion } from './lane-measures.ts';
import type { Life } from './life.ts';
import { findMissing } from './missing-evidence.ts';
import { LANE_THRESHOLDS, LONGEST_FIT_MILLIS, SHORTEST_WATCH_MILLIS, WARM_UP_MILLIS } from './thresholds.ts';

export interface AssessInput {
  readonly table: GaugeTable;
  /** Rows later than this are not looked at: no hindsight. */
  readonly atMillis: Millis;
  /** Configured limit; a cgroup limit among the gauges wins. */
  readonly memoryLimitBytes: Bytes | null;
  /** Data of a lane before this time is not fitted: set when an incident of that lane was resolved. */
  readonly ignoreBefore?: Partial<Record<Lane, Millis>>;
}

/**
 * Assesses the newest incarnation in `table` up to `atMillis`. Pure: same table, same answer. A table without a row by then
 * gives an assessment without lanes.
 */
export function assess(input: AssessInput): Assessment {
  const { atMillis } = input;
  const table = upTo(input.table, atMillis);
  const lives = findIncarnations(table);
  if (lives.length === 0) return nothingKnown(atMillis);
  const incarnation = lives[lives.length - 1];
  const rows = { from: incarnation.firstRow, to: incarnation.endRow };
  const life: Life = {
    table,
    atMillis,
    incarnation,
    rows,
    floor: computeLiveFloor(table, rows),
    work: computeWork(table, rows),
    memoryLimitBytes: lastKnown(table.column('memoryLimitBytes'), rows) ?? input.memoryLimitBytes,
  };
  const lanes: LaneAssessment[] = [];
  for (const lane of LANES) {
    const question = askLane(life, lane, input.ignoreBefore?.[lane] ?? -Infinity);
    const answer = question && assessLane(question);
    if (answer) lanes.push(answer);
  }
  const exhaustion = findExhaustion(life, lanes);
  const floorNow = life.floor ? interpolateAt(life.floor, atMillis) : NaN;
  return {
    atMillis,
    incarnationStartMillis: incarnation.startMillis,
    firstEvidenceMillis: table.timeMillis[0],
    restarts: lives.length - 1,
    lanes,
    ledger: computeLedger(table, rows.to - 1, Number.isNaN(floorNow) ? null : floorNow),
    exhaustion: exhaustion.exhaustion,
    isExhausting: exhaustion.isExhausting,
    smallestDetectableBytesPerHour: smallestDetectableBytes(lanes),
    needed: longestNeeded(lanes) ?? untilFirstFit(lanes, atMillis - incarnation.startMillis),
    missing: findMissing(table, life.floor),
  };
}

/** The lane's series and window; null when none of its gauges is there. */
function askLane(life: Life, lane: Lane, ignoreBefore: Millis): LaneQuestion | null {
  const { table, rows, atMillis, incarnation, work } = life;
  const earliest = Math.max(
    incarnation.startMillis + WARM_UP_MILLIS,
    table.timeMillis[rows.from],
    atMillis - LONGEST_FIT_MILLIS,
    ignoreBefore,
  );
  const base = { lane, toMillis: atMillis, goMemory: null };
  const noiseFloor = LANE_THRESHOLDS[lane].noiseFloor;
  const loadSource = work?.source ?? null;
  const source = { work, noiseFloor, isFromStart: isSeenFromStart(incarnation, table) };
  if (lane === 'heap') {
    const { floor } = life;
    if (!floor) return null;
    const about = {
      source: floor.source,
      loadSource,
      atMinimumGoal: floor.atMinimumGoal,
      gogcChanges: floor.gogcChanges,
    };
    const fromMillis = Math.max(earliest, floor.fromMillis);
    return { ...base, fromMillis, about, source: { ...source, points: floor } };
  }
  if (lane === 'native') {
    const native = computeNativeBytes(table, rows);
    if (!native || native.value.length === 0) return null;
    const claimed: Points = { timeMillis: native.timeMillis, value: native.goResidentBytes };
    const about = { source: native.source, loadSource };
    return { ...base, fromMillis: earliest, about, source: { ...source, points: native }, goMemory: claimed };
  }
  const column = table.column(COUNT_GAUGES[lane]);
  const points = column && pointsOfColumn(table.timeMillis, column, rows);
  if (!points || points.value.length === 0) return null;
  const about = { source: COUNT_GAUGES[lane], loadSource };
  return { ...base, fromMillis: earliest, about, source: { ...source, points } };
}

/** The first row came right after the start, so that work before it can be neglected. */
const SEEN_FROM_START_MILLIS: Millis = 2 * MINUTE_MILLIS;

function isSeenFromStart(incarnation: Incarnation, table: GaugeTable): boolean {
  const first = table.timeMillis[incarnation.firstRow];
  return incarnation.seenBy !== 'first' || isStartedBefore(first - incarnation.startMillis, table);
}

function isStartedBefore(ageMillis: Millis, table: GaugeTable): boolean {
  return table.column('processStartMillis') !== null && ageMillis <= SEEN_FROM_START_MILLIS;
}

const COUNT_GAUGES = { goroutine: 'goroutines', fd: 'openFds', thread: 'threads' } as const;

/**
 * The table as it was at `atMillis`: a live history ends there anyway, a replay may hold more. Views are made once: the
 * lanes ask for them again and again.
 */
function upTo(table: GaugeTable, atMillis: Millis): GaugeTable {
  const all = table.timeMillis;
  let length = table.length;
  while (length > 0 && all[length - 1] > atMillis) length--;
  const columns = new Map<GaugeName, Float64Array | null>();
  const column = (name: GaugeName): Float64Array | null => {
    let cells = columns.get(name);
    if (cells === undefined) columns.set(name, (cells = table.column(name)?.subarray(0, length) ?? null));
    return cells;
  };
  return { length, timeMillis: all.subarray(0, length), column };
}

function lastKnown(column: Float64Array | null, rows: { from: number; to: number }): number | null {
  for (let row = rows.to - 1; column && row >= rows.from; row--) {
    if (!Number.isNaN(column[row])) return column[row];
  }
  return null;
}

/** Bytes leak through the heap or beside it: both must be excluded, so the larger counts. */
function smallestDetectableBytes(lanes: readonly LaneAssessment[]): number | null {
  let largest: number | null = null;
  for (const lane of lanes) {
    if (lane.unit !== 'bytes') continue;
    if (lane.smallestDetectable === null) return null;
    largest = Math.max(largest ?? 0, lane.smallestDetectable);
  }
  return largest;
}

function longestNeeded(lanes: readonly LaneAssessment[]): Assessment['needed'] {
  let longest: Assessment['needed'] = null;
  for (const { needed } of lanes) {
    if (needed && (longest === null || (needed.millis ?? Infinity) > (longest.millis ?? Infinity)))
      longest = needed;
  }
  return longest;
}

/** Before the warm-up is over no lane has anything to fit: what is known is when there will be. */
function untilFirstFit(lanes: readonly LaneAssessment[], ageMillis: Millis): Assessment['needed'] {
  if (lanes.length > 0) return null;
  const millis = Math.max(0, WARM_UP_MILLIS + SHORTEST_WATCH_MILLIS - ageMillis);
  return {
    what: 'time: the process has just started, and its first minutes only fill pools and caches',
    millis,
  };
}

function nothingKnown(atMillis: Millis): Assessment {
  return {
    atMillis,
    incarnationStartMillis: atMillis,
    firstEvidenceMillis: atMillis,
    restarts: 0,
    lanes: [],
    ledger: null,
    exhaustion: null,
    isExhausting: false,
    smallestDetectableBytesPerHour: null,
    needed: { what: 'gauges: nothing was read yet', millis: WARM_UP_MILLIS + SHORTEST_WATCH_MILLIS },
    missing: [],
  };
}
