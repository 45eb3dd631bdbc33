// When profiles are worth their cost: detection-science 4.2. Pure; the pipeline takes what is decided here.
import { GIB, HOUR_MILLIS, KIB, MINUTE_MILLIS, type Bytes, type Millis } from '../base/units.ts';
import type { AssessmentState, Lane } from './assessment.ts';
import type { Situation } from './situation.ts';
import { WARM_UP_MILLIS } from './thresholds.ts';

export interface SnapshotSettings {
  /** Least time between profiles of a suspect. */
  readonly intervalMillis: Millis;
  /** Least time between profiles whatever the reason. */
  readonly spacingMillis: Millis;
  /** The standing "before", taken whether anything is suspected or not. */
  readonly baselineMillis: Millis;
  /** The first profile waits for this age of the process. */
  readonly firstAfterMillis: Millis;
  /** runtime.MemProfileRate: bytes per sample. */
  readonly samplingPeriodBytes: Bytes;
  /** Whether a forced GC may be asked for at a completion point. */
  readonly mayForceGc: boolean;
  /** Whether the process serves /debug/pprof/goroutineleak. */
  readonly offersGoroutineLeak: boolean;
  /** Whether a gauge counts goroutines; where none does, their standing profiles are the only count there is. */
  readonly areGoroutinesCounted: boolean;
}

/** At most six profiles an hour of a suspect, one an hour of the others. */
export const PRODUCTION_SNAPSHOTS: SnapshotSettings = {
  intervalMillis: 10 * MINUTE_MILLIS,
  spacingMillis: 5 * MINUTE_MILLIS,
  baselineMillis: HOUR_MILLIS,
  firstAfterMillis: WARM_UP_MILLIS,
  samplingPeriodBytes: 512 * KIB,
  mayForceGc: true,
  offersGoroutineLeak: false,
  areGoroutinesCounted: true,
};

/** `plimsoll diagnose on`, `check`: somebody asked for it. */
export const DIAGNOSTIC_SNAPSHOTS: SnapshotSettings = {
  ...PRODUCTION_SNAPSHOTS,
  intervalMillis: MINUTE_MILLIS,
  spacingMillis: MINUTE_MILLIS,
  baselineMillis: 2 * MINUTE_MILLIS,
  firstAfterMillis: 0,
};

/** Growth of 20 sampling periods is 4.5 sigma at one site (detection-science 4.1); 40 for persistence. */
const COMPLETION_PERIODS = 20;
const PERSISTENCE_PERIODS = 40;
/** Counts are exact: growth that is twice the smallest that matters is conclusive. */
const COMPLETION_GOROUTINES = 40;
const PERSISTENCE_GOROUTINES = 80;
const COMPARABLE_LOAD = 0.2;
const CYCLES_BETWEEN = 2;
/** Marking more than this takes long enough to be felt: let it come by itself. */
const FORCED_GC_BOUND: Bytes = GIB;
const LAST_GASP_MILLIS: Millis = 15 * MINUTE_MILLIS;
/** Each call of goroutineleak stops the world and marks twice. */
const GOROUTINE_LEAK_MILLIS: Millis = HOUR_MILLIS;
/**
 * A dump of all goroutines stops the world while it is printed: about 8 us each (0.77 s at 100,000), so 0.1 s at most, and
 * about 1.3 MB of text. Where there are more, who started them stays unknown.
 */
export const MOST_GOROUTINES_DUMPED = 10_000;
/** Waiting for a comparable load ends after this. */
const LOAD_PATIENCE_MILLIS: Millis = 6 * HOUR_MILLIS;

/** `goroutine-dump`: every goroutine as text (debug=2), the one form that says who started it. */
export type SnapshotKind = 'heap' | 'goroutine' | 'goroutineleak' | 'goroutine-dump';
export type SnapshotReason = 'last-gasp' | 'baseline' | 'suspect' | 'completion' | 'persistence';

export interface TakenSnapshot extends Situation {
  readonly kind: SnapshotKind;
}

export interface SnapshotWish {
  readonly kind: SnapshotKind;
  readonly reason: SnapshotReason;
  /** Ask for `gc=1`: one forced GC makes allocations and frees exact. */
  readonly gc: boolean;
  /** One sentence for log and evidence. */
  readonly why: string;
}

export interface SnapshotQuestion {
  readonly assessment: AssessmentState;
  /** Now, as `describeSituation` tells it. */
  readonly situation: Situation;
  /** Profiles of this incarnation, oldest first. */
  readonly taken: readonly TakenSnapshot[];
  readonly settings: SnapshotSettings;
}

/** Which profiles to take now; none most of the time. At most one of each kind. */
export function decideSnapshots(question: SnapshotQuestion): SnapshotWish[] {
  const wishes = [
    wishFor('heap', question),
    wishFor('goroutine', question),
    wishForLeakProof(question),
    wishForDump(question),
  ];
  return wishes.filter((wish) => wish !== null);
}

/** Lanes whose growth each kind of profile can explain. */
const LANES_OF: Readonly<Record<'heap' | 'goroutine', readonly Lane[]>> = {
  // The heap profile of a native, fd or thread leak names the Go side that holds the handle.
  heap: ['heap', 'native', 'fd'],
  goroutine: ['goroutine', 'fd', 'thread', 'heap'],
};

function wishFor(kind: 'heap' | 'goroutine', question: SnapshotQuestion): SnapshotWish | null {
  const { assessment, situation, settings } = question;
  const taken = question.taken.filter((snapshot) => snapshot.kind === kind);
  const last = taken[taken.length - 1];
  const since = last ? situation.atMillis - last.atMillis : Infinity;
  if (since < settings.spacingMillis) return null;
  const wish = (reason: SnapshotReason, why: string, gc = false): SnapshotWish => ({ kind, reason, gc, why });
  if (isLastGasp(assessment)) return wish('last-gasp', 'the limit may be reached within 15 min');
  if (!last) {
    const age = situation.atMillis - assessment.incarnationStartMillis;
    return age >= settings.firstAfterMillis ? wish('baseline', 'first profile of this process') : null;
  }
  const isSuspect = assessment.lanes.some((lane) => lane.isSuspect && LANES_OF[kind].includes(lane.lane));
  if (isSuspect && since >= settings.intervalMillis) {
    const step = nextStep(kind, question, taken);
    if (step) {
      const gc =
        kind === 'heap' && settings.mayForceGc && (situation.floorBytes ?? Infinity) <= FORCED_GC_BOUND;
      return wish(step, `growth since the first profile is conclusive (${step})`, gc);
    }
    // Between the completion points, too: what fluctuates shows as such only over several snapshots, and a cache that
    // was still filling in the first one looks like a leak until there are enough of them.
    return wish('suspect', 'growth stands out');
  }
  const isOnlyCount = kind === 'goroutine' && !settings.areGoroutinesCounted;
  const standing = isOnlyCount
    ? Math.min(settings.intervalMillis, settings.baselineMillis)
    : settings.baselineMillis;
  return since >= standing
    ? wish('baseline', isOnlyCount ? 'nothing else counts goroutines' : 'standing profile')
    : null;
}

function isLastGasp(assessment: AssessmentState): boolean {
  const { exhaustion, isExhausting, atMillis } = assessment;
  return isExhausting && exhaustion !== null && exhaustion.low - atMillis < LAST_GASP_MILLIS;
}

/** The next completion point that growth has passed and no profile has seen yet. */
function nextStep(
  kind: 'heap' | 'goroutine',
  question: SnapshotQuestion,
  taken: readonly TakenSnapshot[],
): 'completion' | 'persistence' | null {
  const { situation, settings } = question;
  const size = (at: Situation): number | null => (kind === 'heap' ? at.floorBytes : at.goroutines);
  const [completion, persistence] =
    kind === 'heap'
      ? [
          COMPLETION_PERIODS * settings.samplingPeriodBytes,
          PERSISTENCE_PERIODS * settings.samplingPeriodBytes,
        ]
      : [COMPLETION_GOROUTINES, PERSISTENCE_GOROUTINES];
  const first = taken.find((snapshot) => size(snapshot) !== null);
  const start = first ? size(first) : null;
  const now = size(situation);
  if (!first || start === null || now === null || !isComparable(first, situation)) return null;
  const seen = Math.max(...taken.map((snapshot) => (size(snapshot) ?? start) - start));
  const grown = now - start;
  if (grown >= persistence && seen < persistence && seen >= completion) return 'persistence';
  return grown >= completion && seen < completion ? 'completion' : null;
}

/** Load within 20 % (for so long as one can wait for that), and two GC cycles in between. */
function isComparable(first: TakenSnapshot, now: Situation): boolean {
  if (first.gcCycles !== null && now.gcCycles !== null && now.gcCycles - first.gcCycles < CYCLES_BETWEEN)
    return false;
  if (first.loadPerHour === null || now.loadPerHour === null) return true;
  if (now.atMillis - first.atMillis > LOAD_PATIENCE_MILLIS) return true;
  const larger = Math.max(first.loadPerHour, now.loadPerHour);
  return Math.abs(first.loadPerHour - now.loadPerHour) <= COMPARABLE_LOAD * larger;
}

/** Proof where the process offers it: a hit needs no statistics. Only on suspects, at most hourly. */
function wishForLeakProof({ assessment, situation, taken, settings }: SnapshotQuestion): SnapshotWish | null {
  if (!settings.offersGoroutineLeak) return null;
  const isSuspect = assessment.lanes.some((lane) => lane.lane === 'goroutine' && lane.isSuspect);
  if (!isSuspect && !isLastGasp(assessment)) return null;
  const last = taken.filter((snapshot) => snapshot.kind === 'goroutineleak').at(-1);
  if (last && situation.atMillis - last.atMillis < GOROUTINE_LEAK_MILLIS) return null;
  const reason = isSuspect ? 'suspect' : 'last-gasp';
  return { kind: 'goroutineleak', reason, gc: false, why: 'goroutines grow: leaked ones can be proved' };
}

/** Who starts the goroutines of a suspect: once in a life, since code does not change before the next one. */
function wishForDump({ assessment, situation, taken }: SnapshotQuestion): SnapshotWish | null {
  const isSuspect = assessment.lanes.some(
    ({ lane, isSuspect: stands, verdict }) => lane === 'goroutine' && (stands || verdict === 'leak'),
  );
  if (!isSuspect || taken.some(({ kind }) => kind === 'goroutine-dump')) return null;
  // Right after a restart the assessment is still of the life before.
  if (situation.incarnationStartMillis !== assessment.incarnationStartMillis) return null;
  const { goroutines } = situation;
  if (goroutines === null || goroutines >= MOST_GOROUTINES_DUMPED) return null;
  return {
    kind: 'goroutine-dump',
    reason: 'suspect',
    gc: false,
    why: 'goroutines grow: a dump says who starts them',
  };
}
