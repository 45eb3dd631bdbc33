// What stage 1 says about one target at one time: the words that diagnosis, report and page build on.
import type { Bytes, BytesPerHour, Millis } from '../base/units.ts';
import type { Evidence, Growth, RuledOut, TimeToExhaustion, Verdict } from '../model/finding.ts';
import type { LedgerChange } from './ledger-change.ts';

/** The series that stage 1 tests, each with the same models. */
export const LANES = ['heap', 'goroutine', 'fd', 'thread', 'native'] as const;
export type Lane = (typeof LANES)[number];

/** Names as in field science: N0 steady/load, N1 one cache, N2 two caches, N3 step; L1 time, L2 work, L3 warm-up then leak, L4 onset. */
export type ModelName = 'N0' | 'N1' | 'N2' | 'N3' | 'L1' | 'L2' | 'L3' | 'L4';

export interface RecentGrowth {
  /** In the lane's unit per hour, load taken off, with its 95 % interval. */
  readonly perHour: number;
  readonly low: number;
  readonly high: number;
  readonly overMillis: Millis;
  /** As it was measured, with what the load brings: in a young life one cannot be told from the other. */
  readonly measuredPerHour?: number;
  /** Work per hour in that time over work per hour before; null where work is not known. */
  readonly workShare: number | null;
}

/** A straight line through a series, load taken off, whatever its sign: what replicas are compared and pooled by. */
export interface Slope {
  readonly perHour: number;
  readonly standardError: number;
}

export interface GrowthDriver {
  /** `even`: the load was; `unclear`: neither model is ahead by the threshold. */
  readonly by: 'work' | 'time' | 'even' | 'unclear';
  /** BIC of the best model of growth with time less that with work: above zero for work. */
  readonly workEvidence: number;
  readonly threshold: number;
  /** Squared correlation of time and the work done, over the blocks, ... */
  readonly evenness: number;
  /** ... above which the load was even. */
  readonly evenThreshold: number;
}

export interface LaneAssessment {
  readonly lane: Lane;
  /** bytes (heap, native) or goroutines, fds, threads. */
  readonly unit: string;
  /**
   * `leak` = the leak lane's rule holds (z, evidence ratio, went-away, floor) at this evaluation;
   * pipeline and diagnosis decide on confirmation over time.
   */
  readonly verdict: Verdict;
  /** What explains the series best, where `verdict` does not say so because a leak that matters is not excluded beside it. */
  readonly withheld?: Verdict | null;
  /**
   * Of a verdict that reassures: the share of the time watched in which it would have excluded a leak that matters; 1 = only just.
   */
  readonly margin?: number | null;
  /** Growth is worth the cost of profiles although not yet (or never) a leak: the suspect state. */
  readonly isSuspect: boolean;
  readonly bestNull: ModelName | null;
  readonly bestLeak: ModelName | null;
  /** BIC_e(best null) - BIC_e(best leak): above 0 speaks for a leak; null when too few blocks. */
  readonly evidenceRatio: number | null;
  /** slope / SE of the best leak model. */
  readonly z: number | null;
  /** In `unit` per hour, over [onset, end]. */
  readonly growth: Growth | null;
  /** Of growth that is called a leak. */
  readonly bend?: Bend | null;
  readonly onsetAtMillis: Millis | null;
  /** Where the best cache model ends, at the mean load; of what is undetermined, where bending explains it better than any leak. */
  readonly predictedBound: number | null;
  /** Its 80 % interval, over all curves that the data leave possible; `high` null = no upper end is shown. */
  readonly boundRange?: { readonly low: number; readonly high: number | null } | null;
  readonly level: number;
  /** Change of level from onset (or start of the fit) to now, along the fit. */
  readonly grown: number;
  /** In `unit` per hour: a steady growth above this would have been called by now. null = no bound yet. */
  readonly smallestDetectable: number | null;
  /** Fit to draw on the page: time and value, at most 72 points. */
  readonly fit: { readonly timeMillis: Float64Array; readonly value: Float64Array } | null;
  /** Whether time or work drives the growth; null where work is not known, or nothing grows. */
  readonly driver?: GrowthDriver | null;
  /** Units of the lane per request, where work clearly drives it. */
  readonly perRequest: { readonly value: number; readonly low: number; readonly high: number } | null;
  /** The last quarter of the window, whatever the whole fit says: this is what ends an alarm. null = not measured. */
  readonly recent?: RecentGrowth | null;
  /** In `unit` per hour over the whole window; null where nothing was fitted, or load and time are one. */
  readonly line?: Slope | null;
  readonly evidence: readonly Evidence[];
  readonly ruledOut: readonly RuledOut[];
  /** For undetermined: what would settle it, and how long that takes at this rate; null = unknown. */
  readonly needed: { readonly what: string; readonly millis: Millis | null } | null;
}

/** What slowing down would explain as well as a leak, or better. */
export interface Bend {
  /** Null where the leak model explains the series as well or better. */
  readonly slowing: Slowing | null;
  /**
   * Growth still to come, in the lane's unit, of the smallest cache that the series does not exclude; null where none is left, up
   * to the slowest that is tried.
   */
  readonly openBound: number | null;
  /** An earlier life that grew otherwise, or did not grow, stood as high. */
  readonly isRefill: boolean;
}

/** Growth that is better explained by slowing down. */
export interface Slowing {
  /** Difference of BIC between the leak model and the bent one, above 0. */
  readonly evidence: number;
  /** From now to where the bent term ends, in the lane's unit. */
  readonly missing: number;
  /** The rate falls to 1/e of itself in this time. */
  readonly fillMillis: Millis;
}

/** The time that the gauges of this life cover, as evidence gives it. */
export function gaugeWindow({ incarnationStartMillis, atMillis }: Assessment): {
  readonly fromMillis: Millis;
  readonly toMillis: Millis;
} {
  return { fromMillis: incarnationStartMillis, toMillis: atMillis };
}

/** The best explanation, whether or not it excludes a leak: for what looks at changes over time. */
export function explanationOf({ verdict, withheld }: LaneAssessment): Verdict {
  return withheld ?? verdict;
}

/** Not judged: too little of it was seen to say even how large a growth would have stood out. */
export function isTooEarly({ verdict, isSuspect, smallestDetectable }: LaneState): boolean {
  return verdict === 'undetermined' && !isSuspect && smallestDetectable === null;
}

/**
 * The lanes that the verdict waits for: the heap, and what was seen enough of to be judged. Counts that come a few times an hour
 * (goroutines that only profiles tell) hold nothing up.
 */
export function decidingLanes<L extends LaneState>(lanes: readonly L[]): readonly L[] {
  const isHeapKnown = lanes.some(({ lane }) => lane === 'heap');
  return isHeapKnown ? lanes.filter((lane) => lane.lane === 'heap' || !isTooEarly(lane)) : lanes;
}

/** The life of the process before this one, while this one is too young to be judged. */
export interface EarlierLife {
  readonly startMillis: Millis;
  readonly endedAtMillis: Millis;
  readonly lanes: readonly LaneAssessment[];
  readonly smallestDetectableBytesPerHour: BytesPerHour | null;
}

/** RSS = live + garbage + stacks + runtime + fragmentation + idle + native + fileBacked + residual; null = unknown part. */
export interface Ledger {
  readonly atMillis: Millis;
  readonly rssBytes: Bytes | null;
  readonly liveBytes: Bytes | null;
  readonly garbageBytes: Bytes | null;
  readonly stackBytes: Bytes | null;
  readonly runtimeBytes: Bytes | null;
  readonly fragmentationBytes: Bytes | null;
  readonly idleBytes: Bytes | null;
  readonly nativeBytes: Bytes | null;
  readonly fileBackedBytes: Bytes | null;
  readonly residualBytes: Bytes | null;
}

/** Bytes for each of something that is counted, with a 95 % interval. */
export interface BytesEach {
  readonly value: Bytes;
  readonly low: Bytes;
  readonly high: Bytes;
}

/** What one more goroutine has cost since their number grows; null where the gauge is missing or does not tell. */
export interface GoroutineCost {
  readonly stack: BytesEach | null;
  /** Resident memory, with the heap that they hold and its garbage. */
  readonly resident: BytesEach | null;
  /** Of the stack, the share that the live floor holds as well (`LiveFloor.stackShare`). */
  readonly stackInFloor: number;
}

/** The last lives of a process whose newest one has not outlived them. */
export interface ShortLives {
  readonly ended: number;
  /** Of the longest of them. */
  readonly longestMillis: Millis;
}

export interface Assessment {
  readonly atMillis: Millis;
  /** Start of the incarnation that was fitted. */
  readonly incarnationStartMillis: Millis;
  readonly firstEvidenceMillis: Millis;
  /** The newest gauges that were known at `atMillis`. */
  readonly lastEvidenceMillis: Millis;
  readonly restarts: number;
  /** Where this life may well end before `needed` comes. */
  readonly shortLives?: ShortLives | null;
  readonly lanes: readonly LaneAssessment[];
  /** What stands until this life can be judged; null where it can, or nothing came before. */
  readonly earlier: EarlierLife | null;
  readonly ledger: Ledger | null;
  /** Since the heap grows, its warm-up left out; null while it does not, or too little of it is known. */
  readonly ledgerChange?: LedgerChange | null;
  /** Of the cgroup, or as configured; null where neither says one. */
  readonly memoryLimitBytes: Bytes | null;
  /** null while the number of goroutines does not grow. */
  readonly goroutineCost: GoroutineCost | null;
  /** First limit that comes near, whatever the verdict. */
  readonly exhaustion: TimeToExhaustion | null;
  /** Exhaustion lane: early, not a leak claim. */
  readonly isExhausting: boolean;
  readonly smallestDetectableBytesPerHour: BytesPerHour | null;
  readonly needed: { readonly what: string; readonly millis: Millis | null } | null;
  readonly missing: readonly { readonly source: string; readonly why: string; readonly costs: string }[];
}

/** What stays of a lane between evaluations; its fit is drawn anew for who looks at it, as it would be most of what is kept. */
export type LaneState = Omit<LaneAssessment, 'evidence' | 'ruledOut' | 'fit'>;

/** What stays of an assessment until the next one: evidence has gone into findings by then, where there are any. */
export interface AssessmentState extends Omit<Assessment, 'lanes' | 'earlier'> {
  readonly lanes: readonly LaneState[];
  readonly earlier: (Omit<EarlierLife, 'lanes'> & { readonly lanes: readonly LaneState[] }) | null;
}

/** @param states of lanes that stay in another assessment: they are shared with it, and those of this one join them. */
export function withoutEvidence(
  assessment: Assessment,
  states = new Map<LaneAssessment, LaneState>(),
): AssessmentState {
  const { lanes, earlier } = assessment;
  const stay = (lane: LaneAssessment): LaneState => {
    const state = states.get(lane) ?? stateOf(lane);
    states.set(lane, state);
    return state;
  };
  return {
    ...assessment,
    lanes: lanes.map(stay),
    earlier: earlier && { ...earlier, lanes: earlier.lanes.map(stay) },
  };
}

function stateOf({
  evidence: _evidence,
  ruledOut: _ruledOut,
  fit: _fit,
  ...state
}: LaneAssessment): LaneState {
  return state;
}
