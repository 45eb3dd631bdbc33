// What the replicas of one service say together, beside what each says alone.
import type { Millis } from '../../base/units.ts';
import type { Growth } from '../../model/finding.ts';
import type { ByAge, FleetSummary, PooledLane, VersionDifference } from '../../model/fleet.ts';
import { LANES, type Lane, type LaneState } from '../assessment.ts';
import { GROWTH_CONFIDENCE } from '../growth.ts';
import type { FleetControl } from '../lane-measures.ts';
import { LANE_THRESHOLDS } from '../thresholds.ts';
import { growthByAge } from './age-growth.ts';
import { compareGrowth, poolSlopes, type PooledGrowth } from './pooled-growth.ts';

/** One replica as it was judged last. */
export interface FleetReplica {
  readonly version: string | null;
  /** null where nobody says when the process started. */
  readonly ageMillis: Millis | null;
  readonly lanes: readonly LaneState[];
  /** Requests per hour since it is watched; null = not counted. */
  readonly workPerHour: number | null;
}

/** Versions do "the same work" when a replica of one does no more than this many times what one of the other does. */
const SAME_WORK_FACTOR = 1.25;
/** Only the two largest versions are compared: a roll-out has two, what is left of a third says nothing. */
const VERSIONS_COMPARED = 2;

export function describeFleet(replicas: readonly FleetReplica[], control: FleetControl): FleetSummary {
  return {
    replicas: replicas.length,
    servicesWatched: control.services,
    evidenceNeeded: control.evidence,
    pooled: LANES.flatMap((lane) => poolByVersion(replicas, lane).map(({ summary }) => summary)),
    byAge: LANES.flatMap((lane) => byAge(replicas, lane)),
    versions: LANES.flatMap((lane) => compareVersions(replicas, lane)),
  };
}

interface PooledVersion {
  readonly summary: PooledLane;
  readonly pooled: PooledGrowth;
  readonly youngestMillis: Millis;
  readonly workPerHour: number | null;
}

/** Largest versions first. */
function poolByVersion(replicas: readonly FleetReplica[], lane: Lane): PooledVersion[] {
  const byVersion = new Map<string | null, FleetReplica[]>();
  for (const replica of replicas) {
    const known = byVersion.get(replica.version);
    if (known) known.push(replica);
    else byVersion.set(replica.version, [replica]);
  }
  const all: PooledVersion[] = [];
  for (const [version, members] of byVersion) {
    const slopes = members
      .map((member) => laneOf(member, lane)?.line ?? null)
      .filter((line) => line !== null);
    const pooled = poolSlopes(slopes);
    if (pooled === null) continue;
    const { perHour, low, high, z, spread } = pooled;
    all.push({
      summary: {
        lane,
        version,
        replicas: pooled.replicas,
        growth: growthOf(lane, perHour, low, high),
        z,
        spread,
      },
      pooled,
      youngestMillis: Math.min(...members.map(({ ageMillis }) => ageMillis ?? Infinity)),
      workPerHour: meanWork(members),
    });
  }
  return all.sort((a, b) => b.pooled.replicas - a.pooled.replicas);
}

function byAge(replicas: readonly FleetReplica[], lane: Lane): ByAge[] {
  const levels = replicas.flatMap((replica) => {
    const state = laneOf(replica, lane);
    const { ageMillis, workPerHour } = replica;
    return state && ageMillis !== null ? [{ ageMillis, level: state.level, workPerHour }] : [];
  });
  const found = growthByAge(levels);
  if (found === null) return [];
  const { perHour, low, high, ...rest } = found;
  return [{ lane, growth: growthOf(lane, perHour, low, high), ...rest }];
}

/** The newer version is the one that was started last; null ages tell nothing and leave the order of size. */
function compareVersions(replicas: readonly FleetReplica[], lane: Lane): VersionDifference[] {
  const [one, other] = poolByVersion(replicas, lane)
    .filter(({ summary }) => summary.version !== null)
    .slice(0, VERSIONS_COMPARED);
  if (!one || !other || !isSameWork(one.workPerHour, other.workPerHour)) return [];
  const [older, newer] = one.youngestMillis >= other.youngestMillis ? [one, other] : [other, one];
  const { perHour, low, high, z } = compareGrowth(older.pooled, newer.pooled);
  return [
    {
      lane,
      older: older.summary.version ?? '',
      newer: newer.summary.version ?? '',
      difference: growthOf(lane, perHour, low, high),
      z,
    },
  ];
}

/** Where work is not counted, a balancer is taken to share it out. */
function isSameWork(a: number | null, b: number | null): boolean {
  if (a === null || b === null) return true;
  return Math.max(a, b) <= SAME_WORK_FACTOR * Math.min(a, b);
}

function meanWork(members: readonly FleetReplica[]): number | null {
  const known = members.map(({ workPerHour }) => workPerHour).filter((rate) => rate !== null);
  return known.length === 0 ? null : known.reduce((sum, rate) => sum + rate, 0) / known.length;
}

function laneOf({ lanes }: FleetReplica, name: Lane): LaneState | null {
  return lanes.find((state) => state.lane === name) ?? null;
}

function growthOf(lane: Lane, perHour: number, low: number, high: number): Growth {
  return { unit: LANE_THRESHOLDS[lane].unit, perHour, low, high, confidence: GROWTH_CONFIDENCE };
}
