// When profiles settle what gauges only suspect, and when they show that a leak has stopped.
import type { Millis } from '../base/units.ts';
import type { Assessment, Lane, LaneAssessment } from '../detect/assessment.ts';
import { findHeapCauses } from './heap-cause.ts';
import { resample } from './links.ts';
import { servesObserver } from './observer.ts';
import type { ProfileEvidence } from './profile-evidence.ts';
import type { Site } from './site-growth.ts';
import { THRESHOLDS } from './thresholds.ts';

/**
 * Lanes that stage 1 suspects and profiles prove: the code is named beyond chance, it grew in every part of the
 * window, and it keeps what it makes. Growth that stage 1 explains otherwise is never proved.
 */
export function findProvenLanes(assessment: Assessment, profiles: ProfileEvidence): Lane[] {
  return assessment.lanes.filter((lane) => isProven(lane, profiles)).map((lane) => lane.lane);
}

function isProven(lane: LaneAssessment, profiles: ProfileEvidence): boolean {
  const isGrowing = (lane.growth?.low ?? 0) > 0;
  if (lane.lane === 'heap') return lane.verdict === 'leak' && isGrowing && isHeapProven(profiles);
  if (lane.lane === 'goroutine') {
    const isOpen = lane.verdict === 'leak' || (lane.isSuspect && lane.verdict === 'undetermined');
    return isOpen && isGrowing && areGoroutinesProven(profiles);
  }
  return false;
}

/**
 * A cache that fills looks like this too until it is full, so the heap needs stage 1's own verdict as well; proof only
 * spares it the time of confirmation.
 */
function isHeapProven(profiles: ProfileEvidence): boolean {
  const [cause] = findHeapCauses(profiles.sites, profiles.weighted, profiles.siteBase);
  const lead = cause?.culprits[0]?.growth;
  return (
    cause !== undefined &&
    lead !== undefined &&
    profiles.sites.timeMillis.length - profiles.siteBase > THRESHOLDS.minSnapshots &&
    lead.z >= cause.criticalZ &&
    (lead.persistence ?? 0) >= THRESHOLDS.provenPersistence &&
    lead.monotony >= THRESHOLDS.provenMonotony &&
    (lead.survival?.low ?? 0) >= THRESHOLDS.minSurvival
  );
}

/** Counts are exact: goroutines that came one by one and of which none went. */
function areGoroutinesProven(profiles: ProfileEvidence): boolean {
  const first = profiles.clusters[0]?.[0];
  return (
    first !== undefined &&
    profiles.groups.timeMillis.length - profiles.groupBase > THRESHOLDS.minSnapshots &&
    first.z >= THRESHOLDS.goroutineZ &&
    (first.persistence ?? 0) >= THRESHOLDS.provenPersistence &&
    first.monotony >= THRESHOLDS.provenMonotony
  );
}

/** Why growth at a culprit has ended, by the newest snapshots. */
export interface Stop {
  readonly sinceMillis: Millis;
  /** `balanced` = still allocating, as much dies as is born: it was bounded after all. */
  readonly kind: 'stopped' | 'balanced';
  readonly expected: number;
  readonly seen: number;
}

/**
 * Has the culprit stopped growing while the process went on working? Expects growth at the old rate, scaled by how
 * much the rest of the process allocates (no work, no evidence), over the shortest recent window that would have shown
 * `stopSamples` of it.
 *
 * @param culprit function whose growth was raised; null = nothing to look at.
 */
export function findStop(
  profiles: ProfileEvidence,
  culprit: string | null,
  onsetMillis: Millis | null,
): Stop | null {
  if (culprit === null) return null;
  const group = profiles.groups.groups.filter(({ waitsIn }) => waitsIn.function === culprit);
  const own = profiles.sites.sites.filter((site) =>
    site.path.frames.some((frame) => frame.function === culprit),
  );
  const { timeMillis } = profiles.sites;
  if (group.length > 0) {
    const counts = sumOver(group.map(({ count }) => count));
    return judgeStop(profiles, onsetMillis, resample(profiles.groups.timeMillis, counts, timeMillis), null);
  }
  if (own.length === 0) return null;
  return judgeStop(profiles, onsetMillis, sumOver(own.map((site) => site.samples)), own);
}

function judgeStop(
  profiles: ProfileEvidence,
  onsetMillis: Millis | null,
  series: readonly number[],
  own: readonly Site[] | null,
): Stop | null {
  const { timeMillis } = profiles.sites;
  const last = timeMillis.length - 1;
  const work = sumOver(
    profiles.sites.sites
      .filter((site) => !servesObserver(site.path) && !(own ?? []).includes(site))
      .map((site) => site.allocSamples),
  );
  const start = Math.max(
    0,
    timeMillis.findLastIndex((at) => onsetMillis !== null && at <= onsetMillis),
  );
  for (let at = last - 2; at > start + 1; at--) {
    if (timeMillis[last] - timeMillis[at] < THRESHOLDS.overQuietMillis) continue;
    const workBefore = work[at] - work[start];
    const workSince = work[last] - work[at];
    if (workBefore < THRESHOLDS.stopSamples) continue;
    const workRatio = workSince / workBefore;
    const expected = (series[at] - series[start]) * workRatio;
    const seen = series[last] - series[at];
    if (expected < THRESHOLDS.stopSamples) continue;
    if (seen > THRESHOLDS.stopShare * expected) return null;
    const allocated = own === null ? null : sumOver(own.map((site) => site.allocSamples));
    const born = allocated === null ? 0 : allocated[last] - allocated[at];
    return {
      sinceMillis: timeMillis[at],
      kind: born >= THRESHOLDS.overRateFraction * expected ? 'balanced' : 'stopped',
      expected,
      seen,
    };
  }
  return null;
}

function sumOver(columns: readonly Float64Array[]): number[] {
  const length = columns[0]?.length ?? 0;
  return Array.from({ length }, (_, at) => columns.reduce((sum, column) => sum + column[at], 0));
}

/** Growth at the raised rate would have been seen by stage 1 since the lane went quiet. */
export function hasPowerToSee(lane: LaneAssessment, ratePerHour: number | null): boolean {
  if (ratePerHour === null || lane.smallestDetectable === null) return false;
  return lane.smallestDetectable <= THRESHOLDS.overRateFraction * ratePerHour;
}
