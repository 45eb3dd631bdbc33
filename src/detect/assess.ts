// Stage 1: one target at one time, from gauges alone. Start here.
import { MINUTE_MILLIS, type Bytes, type Millis } from '../base/units.ts';
import type { TimeToExhaustion } from '../model/finding.ts';
import { median } from '../series/stats/quantiles.ts';
import { findIncarnations, type Incarnation } from '../series/incarnations.ts';
import { tableUpTo, type GaugeTable } from '../series/history.ts';
import { computeLedger } from '../series/ledger.ts';
import { computeLiveFloor } from '../series/live-floor.ts';
import { computeNativeBytes } from '../series/native-bytes.ts';
import { pointsOfColumn, type Points } from '../series/points.ts';
import type { RouteTable } from '../series/route-history.ts';
import { computeWork, interpolateAt } from '../series/work.ts';
import { assessLane } from './assess-lane.ts';
import {
  LANES,
  decidingLanes,
  isTooEarly,
  type Assessment,
  type EarlierLife,
  type GoroutineCost,
  type Lane,
  type LaneAssessment,
  type LaneState,
} from './assessment.ts';
import { measureGoroutineCost } from './bytes-each.ts';
import { findExhaustion } from './exhaustion-lane.ts';
import { WATCHED_ALONE, type FleetControl, type LaneQuestion } from './lane-measures.ts';
import { measureLedgerChange, type LedgerChange } from './ledger-change.ts';
import type { Life } from './life.ts';
import { findMissing } from './missing-evidence.ts';
import { LIVES_POOLED } from './repetition.ts';
import { findRouteWork } from './route-work.ts';
import { findShortLives, neededOfLife } from './short-lives.ts';
import {
  GAP_MILLIS,
  LANE_THRESHOLDS,
  LONGEST_FIT_MILLIS,
  SHORTEST_WATCH_MILLIS,
  WARM_UP_MILLIS,
} from './thresholds.ts';

export interface AssessInput {
  readonly table: GaugeTable;
  /** Rows later than this are not looked at: no hindsight. */
  readonly atMillis: Millis;
  /** Configured limit; a cgroup limit among the gauges wins. */
  readonly memoryLimitBytes: Bytes | null;
  /** Data of a lane before this time is not fitted: set when an incident of that lane was resolved. */
  readonly ignoreBefore?: Partial<Record<Lane, Millis>>;
  /** Other replicas of the same version as they were judged last, not later than `atMillis`. */
  readonly replicas?: () => readonly Replica[];
  readonly fleet?: FleetControl;
  /** Requests by route in this life; given where the heap is suspected, since asking them takes time. */
  readonly routes?: RouteTable | null;
}

/** Another process of the same service and version. */
export interface Replica {
  readonly lanes: readonly LaneState[];
}

/**
 * Assesses the newest incarnation in `table` up to `atMillis`. Pure: same table, same answer. A table without a row by then
 * gives an assessment without lanes.
 */
export function assess(input: AssessInput): Assessment {
  const { atMillis } = input;
  const table = tableUpTo(input.table, atMillis);
  const lives = findIncarnations(table);
  if (lives.length === 0) return nothingKnown(atMillis);
  const incarnation = lives[lives.length - 1];
  const life = prepareLife(input, table, incarnation, atMillis);
  const endedLives = new EndedLives(input, table, lives);
  const lanes = assessLanes(life, input, endedLives);
  const goroutineCost = costOfGoroutines(life, lanes);
  const exhaustion = findExhaustion(life, lanes, goroutineCost);
  const floorNow = life.floor ? interpolateAt(life.floor, atMillis) : NaN;
  const assessment: Assessment = {
    atMillis,
    incarnationStartMillis: incarnation.startMillis,
    firstEvidenceMillis: table.timeMillis[0],
    lastEvidenceMillis: table.timeMillis[table.length - 1],
    restarts: lives.length - 1,
    shortLives: findShortLives(lives, atMillis),
    lanes,
    earlier: isYoung(lanes) ? endedLives.describeLast() : null,
    ledger: computeLedger(table, life.rows.to - 1, Number.isNaN(floorNow) ? null : floorNow),
    ledgerChange: changeOfLedger(life, lanes),
    memoryLimitBytes: life.memoryLimitBytes,
    goroutineCost,
    exhaustion: exhaustion.exhaustion && withLives(exhaustion.exhaustion, lives),
    isExhausting: exhaustion.isExhausting,
    smallestDetectableBytesPerHour: smallestDetectableBytes(lanes),
    needed: longestNeeded(decidingLanes(lanes)) ?? untilFirstFit(lanes, atMillis - incarnation.startMillis),
    missing: findMissing(table, life.floor),
  };
  return { ...assessment, needed: neededOfLife(assessment) };
}

/** A limit this many lives away is one that restarts hide. */
const HIDDEN_BY_LIVES = 1.5;

/** Deploys end lives before the limit does: then the time left is one without them, and that is said. */
function withLives(exhaustion: TimeToExhaustion, lives: readonly Incarnation[]): TimeToExhaustion {
  const recent = lives.slice(-1 - LIVES_POOLED);
  if (recent.length < 2) return exhaustion;
  const lengths = recent.slice(1).map((life, i) => life.startMillis - recent[i].startMillis);
  const livesMillis = median(lengths);
  const sinceStart = exhaustion.at - recent[recent.length - 1].startMillis;
  return sinceStart < HIDDEN_BY_LIVES * livesMillis ? exhaustion : { ...exhaustion, livesMillis };
}

function costOfGoroutines(life: Life, lanes: readonly LaneAssessment[]): GoroutineCost | null {
  const lane = lanes.find((candidate) => candidate.lane === 'goroutine');
  if (!lane?.growth) return null;
  return measureGoroutineCost(life, growingSince(life, lane));
}

/** When the growth of a lane set in, the warm-up left out. */
function growingSince({ incarnation }: Life, { onsetAtMillis }: LaneAssessment): Millis {
  return Math.max(onsetAtMillis ?? -Infinity, incarnation.startMillis + WARM_UP_MILLIS);
}

function changeOfLedger(life: Life, lanes: readonly LaneAssessment[]): LedgerChange | null {
  const lane = lanes.find((candidate) => candidate.lane === 'heap');
  if (!lane?.growth) return null;
  return measureLedgerChange(life, growingSince(life, lane));
}

function prepareLife(
  input: AssessInput,
  table: GaugeTable,
  incarnation: Incarnation,
  atMillis: Millis,
): Life {
  const rows = { from: incarnation.firstRow, to: incarnation.endRow };
  return {
    table,
    atMillis,
    incarnation,
    rows,
    floor: computeLiveFloor(table, rows),
    work: computeWork(table, rows),
    memoryLimitBytes: lastKnown(table.column('memoryLimitBytes'), rows) ?? input.memoryLimitBytes,
  };
}

function assessLanes(life: Life, input: AssessInput, ended: EndedLives): LaneAssessment[] {
  return LANES.flatMap((lane) => {
    const ignoreBefore = input.ignoreBefore?.[lane] ?? -Infinity;
    const asked = askLane(life, lane, ignoreBefore, input.routes ?? null);
    const answer =
      asked &&
      assessLane({
        ...asked,
        earlierLives: () => ended.lanesOf(lane, ignoreBefore),
        replicas: () => (input.replicas?.() ?? []).flatMap((replica) => laneOf(replica, lane)),
        fleet: input.fleet ?? WATCHED_ALONE,
      });
    return answer ?? [];
  });
}

/** A life that is over says what it says by itself. */
function assessEnded(life: Life, lane: Lane, fleet: FleetControl): LaneAssessment | null {
  const asked = askLane(life, lane, -Infinity, null);
  return asked && assessLane({ ...asked, earlierLives: () => [], replicas: () => [], fleet });
}

function laneOf({ lanes }: Replica, name: Lane): LaneState[] {
  return lanes.filter((lane) => lane.lane === name && !isTooEarly(lane));
}

/** Nothing can be said about the heap of this life yet, not even how large a leak would have been seen. */
function isYoung(lanes: readonly LaneAssessment[]): boolean {
  const heap = lanes.find(({ lane }) => lane === 'heap') ?? lanes[0];
  return heap === undefined || isTooEarly(heap);
}

interface EndedLife {
  readonly life: Life;
  readonly lanes: Map<Lane, LaneAssessment | null>;
}

/** Lives that are over, each as it was when it ended; worked out lane by lane when asked for, since most targets never restart. */
class EndedLives {
  readonly #input: AssessInput;
  readonly #table: GaugeTable;
  readonly #lives: readonly Incarnation[];
  readonly #known = new Map<Incarnation, EndedLife>();

  constructor(input: AssessInput, table: GaugeTable, lives: readonly Incarnation[]) {
    this.#input = input;
    this.#table = table;
    // Newest first.
    this.#lives = lives.slice(0, -1).reverse().slice(0, LIVES_POOLED);
  }

  /** One lane in these lives, newest first; lives that were too short, or came before an incident's end, are left out. */
  lanesOf(name: Lane, ignoreBefore: Millis): LaneAssessment[] {
    return this.#lives
      .filter(({ startMillis }) => startMillis >= ignoreBefore)
      .flatMap((life) => this.#lane(life, name) ?? [])
      .filter((lane) => !isTooEarly(lane));
  }

  /** The life before this one; null where there was none, or it was too short as well. */
  describeLast(): EarlierLife | null {
    if (this.#lives.length === 0) return null;
    const [life] = this.#lives;
    const lanes = LANES.flatMap((lane) => this.#lane(life, lane) ?? []);
    if (isYoung(lanes)) return null;
    return {
      startMillis: life.startMillis,
      endedAtMillis: this.#endOf(life),
      lanes,
      smallestDetectableBytesPerHour: smallestDetectableBytes(lanes),
    };
  }

  #lane(incarnation: Incarnation, lane: Lane): LaneAssessment | null {
    let known = this.#known.get(incarnation);
    if (known === undefined) {
      const life = prepareLife(this.#input, this.#table, incarnation, this.#endOf(incarnation));
      known = { life, lanes: new Map() };
      this.#known.set(incarnation, known);
    }
    let answer = known.lanes.get(lane);
    if (answer === undefined) {
      answer = assessEnded(known.life, lane, this.#input.fleet ?? WATCHED_ALONE);
      known.lanes.set(lane, answer);
    }
    return answer;
  }

  #endOf(life: Incarnation): Millis {
    return this.#table.timeMillis[life.endRow - 1];
  }
}

/** What the process itself says: the rest comes from its other lives and from other replicas. */
type LaneSelf = Omit<LaneQuestion, 'earlierLives' | 'replicas' | 'fleet'>;

/** The lane's series and window; null when none of its gauges is there. */
function askLane(life: Life, lane: Lane, ignoreBefore: Millis, routes: RouteTable | null): LaneSelf | null {
  const { table, rows, atMillis, incarnation, work } = life;
  const toMillis = watchedUntil(atMillis, table.timeMillis[rows.to - 1]);
  const earliest = Math.max(
    incarnation.startMillis + WARM_UP_MILLIS,
    table.timeMillis[rows.from],
    toMillis - LONGEST_FIT_MILLIS,
    ignoreBefore,
  );
  const { memoryLimitBytes } = life;
  const base = { lane, toMillis, goMemory: null, memoryLimitBytes };
  const noiseFloor = LANE_THRESHOLDS[lane].noiseFloor;
  const loadSource = work?.source ?? null;
  const source = { work, noiseFloor, isFromStart: isSeenFromStart(incarnation, table), resolution: 0 };
  if (lane === 'heap') {
    const { floor } = life;
    if (!floor) return null;
    const byRoute = routes && findRouteWork(floor, routes);
    const about = {
      source: floor.source,
      loadSource: byRoute ? `requests of ${byRoute.route}` : loadSource,
      atMinimumGoal: floor.atMinimumGoal,
      gogcChanges: floor.gogcChanges,
    };
    const fromMillis = Math.max(earliest, floor.fromMillis);
    const { resolutionBytes: resolution } = floor;
    // Values that are spread evenly over what they were cut to.
    const cutNoise = resolution / Math.sqrt(12);
    const heap = {
      ...source,
      work: byRoute?.work ?? work,
      isFloor: true,
      points: floor,
      noiseFloor: Math.max(noiseFloor, cutNoise),
      resolution,
    };
    return { ...base, fromMillis, about, source: heap };
  }
  if (lane === 'native') {
    const native = computeNativeBytes(table, rows);
    if (!native || native.value.length === 0) return null;
    const claimed: Points = { timeMillis: native.timeMillis, value: native.goResidentBytes };
    const about = { source: native.source, loadSource };
    const untilMillis = watchedUntil(toMillis, lastOf(native));
    return {
      ...base,
      fromMillis: earliest,
      toMillis: untilMillis,
      about,
      source: { ...source, points: native },
      goMemory: claimed,
    };
  }
  const column = table.column(COUNT_GAUGES[lane]);
  const points = column && pointsOfColumn(table.timeMillis, column, rows);
  if (!points || points.value.length === 0) return null;
  const about = { source: COUNT_GAUGES[lane], loadSource };
  const untilMillis = watchedUntil(toMillis, lastOf(points));
  return { ...base, fromMillis: earliest, toMillis: untilMillis, about, source: { ...source, points } };
}

function lastOf({ timeMillis }: Points): Millis {
  return timeMillis[timeMillis.length - 1];
}

/** What came after the newest evidence was not watched: growth is not spread over it, nor is it a time without growth. */
function watchedUntil(atMillis: Millis, newestMillis: Millis): Millis {
  return atMillis - newestMillis > GAP_MILLIS ? newestMillis : atMillis;
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
    what: 'time: the process has just started, and its first minutes only fill pools and caches (longer where it collects rarely)',
    millis,
  };
}

function nothingKnown(atMillis: Millis): Assessment {
  return {
    atMillis,
    incarnationStartMillis: atMillis,
    firstEvidenceMillis: atMillis,
    lastEvidenceMillis: atMillis,
    restarts: 0,
    lanes: [],
    earlier: null,
    ledger: null,
    memoryLimitBytes: null,
    goroutineCost: null,
    exhaustion: null,
    isExhausting: false,
    smallestDetectableBytesPerHour: null,
    needed: { what: 'gauges: nothing was read yet', millis: WARM_UP_MILLIS + SHORTEST_WATCH_MILLIS },
    missing: [],
  };
}
