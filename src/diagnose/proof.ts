// When profiles settle what gauges only suspect, and when they show that a leak has stopped.
import type { Millis } from '../base/units.ts';
import type { Assessment, Lane, LaneAssessment } from '../detect/assessment.ts';
import { LEAK_Z, SHORT_WATCH_FACTOR, SUSPECT_EVIDENCE } from '../detect/thresholds.ts';
import type { HeapCause } from './heap-cause.ts';
import { resample } from './links.ts';
import type { Interval } from './statistics.ts';
import { servesObserver } from './observer.ts';
import type { ProfileEvidence } from './profile-evidence.ts';
import { computeMonotony, type Site, type SiteGrowth } from './site-growth.ts';
import { THRESHOLDS } from './thresholds.ts';
import { isUnfitted } from './unexplained.ts';

/** A lane that profiles prove, and the age of the process from which that proof counts; Infinity while it only holds. */
export interface ProvenLane {
  readonly lane: Lane;
  readonly fromAgeMillis: Millis;
}

/**
 * Lanes that stage 1 suspects and profiles prove: the code is named beyond chance, it grew in every part of the
 * window, and hardly ever gave anything back. Growth that stage 1 explains otherwise is never proved.
 */
export function findProvenLanes(assessment: Assessment, profiles: ProfileEvidence): ProvenLane[] {
  return assessment.lanes.flatMap((lane) => {
    const fromAgeMillis = findProofAge(lane, assessment, profiles);
    return fromAgeMillis === null ? [] : [{ lane: lane.lane, fromAgeMillis }];
  });
}

function findProofAge(
  lane: LaneAssessment,
  assessment: Assessment,
  profiles: ProfileEvidence,
): Millis | null {
  if (isUnfitted(lane)) return isHeapGrowing(lane, profiles) ? THRESHOLDS.namedProofMillis : null;
  const isOpen = lane.verdict === 'leak' || (lane.isSuspect && lane.verdict === 'undetermined');
  if (lane.growth === null || !isOpen) return null;
  // A rate that is not known to within a factor of two is no proof, whatever grows.
  const isRateKnown = lane.growth.low >= THRESHOLDS.provenPrecision * lane.growth.perHour;
  if (lane.lane === 'goroutine') return isRateKnown && areGoroutinesProven(profiles) ? 0 : null;
  if (lane.lane !== 'heap') return null;
  const isUnbroken = isHeapUnbroken(lane, profiles);
  // Profiles that know the rate by themselves keep a proof alive while a restless heap hides it, but raise nothing until then.
  if (!isRateKnown) return isUnbroken ? Infinity : null;
  if (lane.verdict === 'leak' && isHeapProven(profiles)) return 0;
  // Where a bound explains the heap better, time has to speak.
  const watched =
    assessment.atMillis - Math.max(assessment.incarnationStartMillis, assessment.firstEvidenceMillis);
  const isLong = watched >= THRESHOLDS.unbrokenProofMillis;
  if (isUnbroken && isLong && (lane.evidenceRatio ?? -Infinity) >= 0) return 0;
  if (isHeapMatched(lane, profiles, THRESHOLDS.slowProofZ)) return THRESHOLDS.slowProofMillis;
  const isNamed = isSlopeSure(lane) && isHeapMatched(lane, profiles, THRESHOLDS.namedProofZ);
  return isNamed ? THRESHOLDS.namedProofMillis : null;
}

/** The slope stands as clear of the noise as a claim within the first day asks for, and a leak explains it better than any bound. */
function isSlopeSure({ z, evidenceRatio }: LaneAssessment): boolean {
  return (z ?? 0) >= LEAK_Z * SHORT_WATCH_FACTOR && (evidenceRatio ?? -Infinity) >= SUSPECT_EVIDENCE;
}

interface HeapLead {
  readonly cause: HeapCause;
  readonly name: string;
  readonly growth: SiteGrowth;
  readonly criticalZ: number;
  /** Of all sites of the cause, the lead's and those that grow with it. */
  readonly causeBytes: Interval;
}

function findHeapLead(profiles: ProfileEvidence): HeapLead | null {
  const enough = profiles.sites.timeMillis.length - profiles.siteBase > THRESHOLDS.minSnapshots;
  const [cause] = enough ? profiles.heapCauses : [];
  const lead = cause?.culprits[0];
  if (cause === undefined || lead === undefined) return null;
  const { growth, frame } = lead;
  return {
    cause,
    name: frame.function,
    growth,
    criticalZ: cause.criticalZ,
    causeBytes: cause.growth.bytes,
  };
}

/** For sure: 1 - persistence of the growth is missing in the second half, and z tells how many standard errors all of it is. */
function isBent({ z, persistence }: SiteGrowth): boolean {
  return z * (1 - (persistence ?? 1)) >= THRESHOLDS.bendZ;
}

/**
 * A cache that fills looks like this too until it is full, so the heap needs stage 1's own verdict as well; proof only
 * spares it the time of confirmation.
 */
function isHeapProven(profiles: ProfileEvidence): boolean {
  const lead = findHeapLead(profiles);
  return (
    lead !== null &&
    lead.growth.z >= lead.criticalZ &&
    (lead.growth.persistence ?? 0) >= THRESHOLDS.provenPersistence &&
    lead.growth.monotony >= THRESHOLDS.provenMonotony &&
    (lead.growth.survival?.low ?? 0) >= THRESHOLDS.minSurvival
  );
}

/**
 * Stage 1 sees growth but not which model; one site that never gave anything back and whose growth matches the
 * floor's decides, after a time in which caches and expiry would have shown themselves.
 */
function isHeapMatched(lane: LaneAssessment, profiles: ProfileEvidence, leastZ: number): boolean {
  const lead = findHeapLead(profiles);
  return (
    lead !== null &&
    lead.growth.z >= leastZ &&
    !isBent(lead.growth) &&
    (lead.growth.persistence ?? 0) >= THRESHOLDS.minPersistence &&
    lead.growth.monotony >= THRESHOLDS.slowProofMonotony &&
    lead.causeBytes.high >= THRESHOLDS.coverageLow * lane.grown &&
    lead.growth.bytes.low <= THRESHOLDS.coverageHigh * lane.grown
  );
}

/**
 * The same, where profiles leave nothing open: one site whose growth they know to within a factor of two by themselves, even
 * over all of the window, of which nearly everything allocated is still there.
 */
function isHeapUnbroken(lane: LaneAssessment, profiles: ProfileEvidence): boolean {
  const lead = findHeapLead(profiles);
  return (
    lead !== null &&
    lead.growth.z >= lead.criticalZ &&
    lead.growth.bytes.low >= THRESHOLDS.provenPrecision * lead.growth.bytes.value &&
    (lead.growth.persistence ?? 0) >= THRESHOLDS.unbrokenPersistence &&
    lead.growth.monotony >= THRESHOLDS.slowProofMonotony &&
    (lead.growth.survival?.low ?? 0) >= THRESHOLDS.unbrokenSurvival &&
    isHeapMatched(lane, profiles, THRESHOLDS.slowProofZ)
  );
}

/** The same where stage 1 has nothing to say: the site must have grown from collection to collection. */
function isHeapGrowing(lane: LaneAssessment, profiles: ProfileEvidence): boolean {
  const lead = findHeapLead(profiles);
  if (lead === null || !isHeapUnbroken(lane, profiles)) return false;
  const own = lead.cause.sites.filter(({ site }) =>
    site.path.owners.some((frame) => frame.function === lead.name),
  );
  const alive = sumOver(own.map(({ site }) => site.samples)).slice(profiles.siteBase);
  return alive.filter((count, i) => i > 0 && count > alive[i - 1]).length >= THRESHOLDS.unfittedRises;
}

/** Counts are exact: goroutines that came one by one and of which none went; or the collector says that they are dead. */
export function areGoroutinesProven(profiles: ProfileEvidence): boolean {
  const first = profiles.clusters[0]?.[0];
  if (first === undefined) return false;
  if ((profiles.provenDead?.get(first.group.root.function) ?? 0) >= THRESHOLDS.minGoroutines) return true;
  return (
    profiles.groups.timeMillis.length - profiles.groupBase > THRESHOLDS.minSnapshots &&
    first.z >= THRESHOLDS.goroutineZ &&
    (first.persistence ?? 0) >= THRESHOLDS.provenPersistence &&
    first.monotony >= THRESHOLDS.provenMonotony
  );
}

/** Why growth at a culprit has ended, by the newest snapshots. */
export interface Stop {
  readonly sinceMillis: Millis;
  /**
   * `freed` = what had grown is gone; `balanced` = still allocating, and old dies as new is born. Either way it was
   * bounded after all. `released` = still allocating, but only the new dies and the old stays: no bound does that.
   */
  readonly kind: 'stopped' | 'balanced' | 'released' | 'freed';
  readonly expected: number;
  readonly seen: number;
}

/**
 * Has the culprit stopped growing while the process went on working? Expects growth at the old rate, scaled by how
 * much the service's own code allocates elsewhere (no work, no evidence), over recent windows that would have shown
 * `stopSamples` of it.
 *
 * @param culprit function whose growth was raised; null = nothing to look at.
 * @param lane stage 1's view of the same growth: load that ended, or growth that it still sees, says nothing stopped.
 */
export function findStop(
  profiles: ProfileEvidence,
  culprit: string | null,
  lane: LaneAssessment | null,
): Stop | null {
  if (culprit === null) return null;
  const recent = lane?.recent ?? null;
  if (recent !== null && recent.workShare !== null && recent.workShare < THRESHOLDS.stopWorkShare)
    return null;
  if (recent !== null && recent.low > THRESHOLDS.stopShare * (lane?.growth?.perHour ?? Infinity)) return null;
  const onsetMillis = lane?.onsetAtMillis ?? null;
  const groups = profiles.groups.groups.filter(({ waitsIn }) => waitsIn.function === culprit);
  const own = profiles.sites.sites.filter((site) =>
    site.path.frames.some((frame) => frame.function === culprit),
  );
  const { timeMillis } = profiles.sites;
  if (groups.length > 0) {
    const counts = sumOver(groups.map(({ count }) => count));
    return judgeStop(profiles, onsetMillis, resample(profiles.groups.timeMillis, counts, timeMillis), []);
  }
  if (own.length === 0) return null;
  return judgeStop(profiles, onsetMillis, sumOver(own.map((site) => site.samples)), own);
}

function judgeStop(
  profiles: ProfileEvidence,
  onsetMillis: Millis | null,
  series: readonly number[],
  own: readonly Site[],
): Stop | null {
  const { timeMillis } = profiles.sites;
  const last = timeMillis.length - 1;
  const work = sumOver(
    profiles.sites.sites
      .filter((site) => isWork(site) && !own.includes(site))
      .map((site) => site.allocSamples),
  );
  const allocated = sumOver(own.map((site) => site.allocSamples));
  const start = Math.max(
    0,
    timeMillis.findLastIndex((at) => onsetMillis !== null && at <= onsetMillis),
  );
  let balanced: Stop | null = null;
  for (let at = last - 2; at > start + 1; at--) {
    if (timeMillis[last] - timeMillis[at] < THRESHOLDS.explainedMillis) continue;
    const workBefore = work[at] - work[start];
    const workSince = work[last] - work[at];
    if (!(workBefore >= THRESHOLDS.stopSamples)) break;
    // Never more than time alone would bring: a burst of other work must not make a silence of a pause.
    const timeRatio = (timeMillis[last] - timeMillis[at]) / (timeMillis[at] - timeMillis[start]);
    const ratio = Math.min(workSince / workBefore, timeRatio);
    const expected = (series[at] - series[start]) * ratio;
    const seen = series[last] - series[at];
    if (expected < THRESHOLDS.stopSamples) continue;
    // Noise of what was due, of the rate it is taken from, and of both measures of work.
    const variance = expected * (1 + ratio) + expected ** 2 * (1 / workBefore + 1 / Math.max(1, workSince));
    const born = own.length === 0 ? 0 : allocated[last] - allocated[at];
    const isFar = seen <= expected - THRESHOLDS.stopZ * Math.sqrt(variance);
    const isSilent = !isFar && isSilence(series.slice(start, at + 1), ratio, series.slice(at));
    if (!(isFar || isSilent) || seen > THRESHOLDS.stopShare * expected) continue;
    const isBalanced = born >= THRESHOLDS.overRateFraction * expected;
    const isFreed = seen < -THRESHOLDS.stopSamples;
    const stop = { sinceMillis: timeMillis[at], expected, seen };
    if (isFreed) return { ...stop, kind: 'freed' };
    if (!isBalanced) return balanced ?? { ...stop, kind: 'stopped' };
    // The widest window tells best what dies.
    if (isReleased(own, at)) return { ...stop, kind: 'released' };
    balanced ??= { ...stop, kind: 'balanced' };
  }
  return balanced;
}

/**
 * Two Poisson rates, exactly: of all that came, so few fell into the later window. Where next to nothing came at all, the
 * normal approximation asks for several times as long. Only for growth that hardly ever gave anything back: then each
 * sample is an event of its own.
 */
function isSilence(before: readonly number[], ratio: number, since: readonly number[]): boolean {
  const grown = Math.round(before[before.length - 1] - before[0]);
  let came = 0;
  for (let at = 1; at < since.length; at++) came += Math.max(0, since[at] - since[at - 1]);
  const seen = Math.ceil(came);
  if (computeMonotony(before) < THRESHOLDS.provenMonotony) return false;
  // What still brings some may be a cache that slows down as it fills.
  if (seen > THRESHOLDS.silenceShare * ratio * grown) return false;
  const later = ratio / (1 + ratio);
  // P(at most `seen` of all fall into the later window), term by term.
  let term = (1 - later) ** (grown + seen);
  let sum = term;
  for (let k = 1; k <= seen; k++) {
    term *= ((grown + seen - k + 1) / k) * (later / (1 - later));
    sum += term;
  }
  return sum < THRESHOLDS.silenceAlpha;
}

/**
 * A bound replaces old by new, and which of them were sampled is chance: the samples alive must move by as much as are
 * born and die. Where they stay put, the new are let go at once and the old are kept. Says nothing of objects so large
 * that each is sampled: those are replaced one by one.
 */
function isReleased(own: readonly Site[], from: number): boolean {
  const partly = own.filter(({ probability }) => probability <= MOSTLY_SAMPLED);
  const alive = sumOver(partly.map(({ samples }) => samples));
  const allocated = sumOver(partly.map(({ allocSamples }) => allocSamples));
  const last = alive.length - 1;
  const all = own.reduce((sum, { samples }) => sum + samples[last], 0);
  if (last < from || !(alive[last] >= THRESHOLDS.majority * all)) return false;
  // The growth may have stopped a little after the window begins.
  let moved = 0;
  for (let at = last - 1; at >= from; at--) {
    moved += (alive[at + 1] - alive[at]) ** 2;
    const born = allocated[last] - allocated[at];
    const allowed = last - at >= THRESHOLDS.releasedSteps ? THRESHOLDS.releasedShare * 2 * born : 0;
    if (born >= THRESHOLDS.releasedSamples && moved <= allowed) return true;
  }
  return false;
}

/** Probability from which an object is more likely sampled than not. */
const MOSTLY_SAMPLED = 0.5;

/** Allocations of the service's own code are the measure of its work; servers and scrapes go on without any. */
function isWork(site: Site): boolean {
  return site.path.kind === 'application' && !servesObserver(site.path);
}

function sumOver(columns: readonly Float64Array[]): number[] {
  const length = columns[0]?.length ?? 0;
  return Array.from({ length }, (_, at) => columns.reduce((sum, column) => sum + column[at], 0));
}

/** Functions that profiles by themselves show to grow without a break: stage 1 alone does not acquit them at once. */
export function findProvenLeads(profiles: ProfileEvidence): Set<string> {
  const leads = profiles.heapCauses.flatMap((cause) => {
    const lead = cause.culprits[0];
    const isGrowing =
      lead !== undefined &&
      lead.growth.z >= cause.criticalZ &&
      (lead.growth.persistence ?? 0) >= THRESHOLDS.provenPersistence &&
      lead.growth.monotony >= THRESHOLDS.slowProofMonotony;
    return isGrowing ? [lead.frame.function] : [];
  });
  return new Set(leads);
}

/** Growth at the raised rate would have been seen by stage 1 since the lane went quiet. */
export function hasPowerToSee(lane: LaneAssessment, ratePerHour: number | null): boolean {
  if (ratePerHour === null || lane.smallestDetectable === null) return false;
  return lane.smallestDetectable <= THRESHOLDS.overRateFraction * ratePerHour;
}
