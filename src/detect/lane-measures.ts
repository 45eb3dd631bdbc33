// What is asked about a lane, everything that is measured about it, and what is decided.
import { MINUTE_MILLIS, type Bytes, type Millis } from '../base/units.ts';
import type { Verdict } from '../model/finding.ts';
import type { Points } from '../series/points.ts';
import { lowerBound } from '../series/gauge-history.ts';
import { median } from '../series/stats/quantiles.ts';
import type { Lane, LaneAssessment, LaneState } from './assessment.ts';
import { describeLeakGrowth, testTail, type LeakGrowth, type TailTest } from './growth.ts';
import type { LaneSource } from './lane-blocks.ts';
import type { LaneSeries } from './lane-series.ts';
import type { PooledGrowth } from './fleet/pooled-growth.ts';
import type { ModelFit, ModelSet } from './models.ts';
import * as limits from './thresholds.ts';

export interface LaneQuestion {
  readonly lane: Lane;
  readonly source: LaneSource;
  readonly fromMillis: Millis;
  readonly toMillis: Millis;
  /** Of the process; null where nobody says one. */
  readonly memoryLimitBytes: Bytes | null;
  /** What the series is, for the evidence: source of the live floor and the like. */
  readonly about: Readonly<Record<string, number | string | null>>;
  /**
   * Native lane: what Go itself claims. Then only what lies above zero counts as growth (below are pages that Go never
   * touched), less a share of Go's own growth, from which it cannot be told apart.
   */
  readonly goMemory: Points | null;
  /** The same lane in lives that ended, newest first, as far as they could be judged. Worked out when asked for. */
  readonly earlierLives: () => readonly LaneAssessment[];
  /** The same lane in other replicas of this version, as they were judged last. */
  readonly replicas: () => readonly LaneState[];
  /** What the number of services that are watched asks of a claim. */
  readonly fleet: FleetControl;
}

/** One of many services is accused by chance sooner than one that is watched alone. */
export interface FleetControl {
  readonly services: number;
  /** Evidence ratio that a claim must reach for it; see fleet/fleet-control.ts. */
  readonly evidence: number;
}

export const WATCHED_ALONE: FleetControl = { services: 1, evidence: 0 };

/** Everything that was measured about a lane before a word is chosen. */
export interface LaneMeasures {
  readonly question: LaneQuestion;
  readonly series: LaneSeries;
  readonly set: ModelSet;
  readonly level: number;
  readonly zThreshold: number;
  /** Evidence ratio at which growth is seen, ... */
  readonly evidenceThreshold: number;
  /** ... and at which it is claimed: the same, or more where many services are watched. */
  readonly claimThreshold: number;
  readonly leak: LeakGrowth | null;
  readonly tail: TailTest | null;
  /** Growth that counts: along the fit, above zero where that is asked. */
  readonly counted: number;
  /** Growth that must be exceeded: absolute floor or share of the level. */
  readonly floor: number;
  readonly isLongEnough: boolean;
}

/** What this life and those before it say together. */
export interface Repetition {
  /** Earlier lives that had grown the same way. */
  readonly lives: number;
  /** Root of the sum of squared z. */
  readonly z: number;
  /** Of all of them, see `sumEvidence`. */
  readonly evidenceRatio: number;
}

/** What this replica and those that grow as it does say together. */
export interface Agreement extends Omit<PooledGrowth, 'replicas'> {
  /** Others that grow the same way, ... */
  readonly replicas: number;
  /** ... of so many that were judged. */
  readonly judged: number;
  /** Of all that grow the same way, see repetition.ts. */
  readonly evidenceRatio: number;
}

/** The growth once more, with the load averaged widely. */
export interface WideLoad {
  readonly z: number;
  readonly zThreshold: number;
  readonly evidenceRatio: number;
  readonly evidenceThreshold: number;
  readonly holds: boolean;
}

export interface LaneDecision {
  readonly verdict: Verdict;
  /** The explanation that would reassure, where a leak beside it is not excluded. */
  readonly withheld?: Verdict;
  /** See `LaneAssessment`. */
  readonly margin?: number;
  readonly isSuspect: boolean;
  /** The model that the verdict rests on. */
  readonly model: ModelFit;
  /** What lives before this one add; null where they were not asked or say nothing. */
  readonly repetition?: Repetition | null;
  /** What other replicas add; null where there are none, or they say nothing. */
  readonly agreement?: Agreement | null;
  /** Asked where lives or replicas decide; null where load plays no part. */
  readonly wideLoad?: WideLoad | null;
  readonly needed: { readonly what: string; readonly millis: Millis | null } | null;
}

/** Growth below this does not count at this level, in the lane's unit. */
export function smallestGrowth({ lane, source: { resolution } }: LaneQuestion, level: number): number {
  return limits.growthThatCounts(lane, level, resolution);
}

export function measureLane(question: LaneQuestion, series: LaneSeries, set: ModelSet): LaneMeasures {
  const watched = series.toMillis - series.fromMillis;
  const hasLoad = series.covariateNames.length > 0 || series.input.work !== null;
  const factor =
    (watched < limits.SHORT_WATCH_MILLIS ? limits.SHORT_WATCH_FACTOR : 1) *
    (!hasLoad && watched < limits.NO_LOAD_MILLIS ? limits.NO_LOAD_FACTOR : 1);
  const level = series.blocks.value[series.blocks.length - 1];
  const leak = set.bestLeak
    ? describeLeakGrowth(series, set, set.bestLeak, limits.LANE_THRESHOLDS[question.lane].unit)
    : null;
  const tail = set.bestLeak && leak ? testTail(series, set, set.bestLeak, leak) : null;
  return {
    question,
    series,
    set,
    level,
    zThreshold: limits.LEAK_Z * factor,
    evidenceThreshold: limits.LEAK_EVIDENCE * factor,
    claimThreshold: Math.max(limits.LEAK_EVIDENCE * factor, question.fleet.evidence),
    leak,
    tail,
    counted: countGrowth(question, level, leak?.grown ?? 0, leak?.onsetMillis),
    floor: smallestGrowth(question, level),
    isLongEnough: watched >= limits.SHORTEST_WATCH_MILLIS,
  };
}

/**
 * RSS is read at another instant than Sys, and huge pages and allocator slack come on top of Go's own growth: up to
 * this share of it says nothing about memory outside Go.
 */
const GO_GROWTH_SHARE = 0.25;

/** What Go's growth leaves in RSS besides (huge pages, page tables) comes up to so much later. */
const GO_GROWTH_LAG: Millis = 30 * MINUTE_MILLIS;

/**
 * How much of `grown` counts in this lane.
 *
 * @param onsetMillis when it set in: what Go took long before has no part in it.
 */
export function countGrowth(
  { goMemory, fromMillis, toMillis }: LaneQuestion,
  level: number,
  grown: number,
  onsetMillis: Millis = fromMillis,
): number {
  if (!goMemory) return grown;
  const { timeMillis, value } = goMemory;
  const start = Math.max(fromMillis, onsetMillis - GO_GROWTH_LAG);
  const quarter = (toMillis - start) / 4;
  const from = lowerBound(timeMillis, start);
  let to = from;
  while (to < timeMillis.length && timeMillis[to] <= start + quarter) to++;
  const late = lowerBound(timeMillis, toMillis - quarter);
  const isKnown = to > from && late < timeMillis.length;
  const goGrowth = isKnown ? median(value, late) - median(value, from, to) : 0;
  return Math.min(grown, level) - GO_GROWTH_SHARE * Math.max(0, goGrowth);
}
