// What is still unexplained while causes are taken out one by one, outermost class first; and how a cause is described.
import type { Assessment, Lane, LaneAssessment } from '../detect/assessment.ts';
import { LANE_THRESHOLDS } from '../detect/thresholds.ts';
import type { Culprit } from '../model/finding.ts';
import { isRuntime, isStandardLibrary } from '../profile/frames.ts';
import type { CallStrength, Cause } from './cause.ts';
import { findCreator } from './creators.ts';
import { describeCulprit } from './culprit.ts';
import type { GroupGrowth } from './goroutine-growth.ts';
import { growsWithEach } from './lenders.ts';
import { isGoroutineAllocation } from './links.ts';
import {
  areApart,
  findHeapCauses,
  isLeakAlone,
  MAX_CULPRITS,
  type HeapCause,
  type WeightedSite,
} from './heap-cause.ts';
import type { PartingInput } from './kept-apart.ts';
import type { ProfileEvidence } from './profile-evidence.ts';
import { THRESHOLDS } from './thresholds.ts';

export interface CombineInput {
  readonly assessment: Assessment;
  readonly calls: ReadonlyMap<Lane, CallStrength>;
  readonly profiles: ProfileEvidence;
  /** Functions that leaks of the heap stand under. */
  readonly standing?: readonly string[];
  /** What the sources are known to say; missing where nobody asked them. */
  readonly askSources?: PartingInput['askSources'];
}

export interface Rest {
  readonly input: CombineInput;
  calls: Map<Lane, CallStrength>;
  clusters: (readonly GroupGrowth[])[];
  weighted: readonly WeightedSite[];
}

export function findLane(assessment: Assessment, lane: Lane): LaneAssessment | null {
  return assessment.lanes.find((candidate) => candidate.lane === lane) ?? null;
}

/** Too few collections for stage 1 to fit anything: it does not speak against what profiles show. */
export function isUnfitted({ lane, verdict, bestNull, growth }: LaneAssessment): boolean {
  return lane === 'heap' && verdict === 'undetermined' && bestNull === null && growth === null;
}

export function emptyCause(kind: Cause['kind'], lane: Lane, strength: CallStrength): Cause {
  return {
    kind,
    lane,
    absorbed: [],
    strength,
    culprits: [],
    isNamed: false,
    isLikely: false,
    heap: null,
    groups: [],
    lenders: [],
    heldHeap: null,
    heldGoroutines: null,
    pattern: null,
    growth: null,
    counts: null,
    heldBytes: null,
  };
}

/** Lanes that this cause explains, called or not, are not asked about a second time. */
export function takeLanes(rest: Rest, lanes: readonly Lane[]): readonly Lane[] {
  for (const lane of lanes) rest.calls.delete(lane);
  return lanes;
}

export function isMostly(part: readonly WeightedSite[], all: readonly WeightedSite[]): boolean {
  const sum = (sites: readonly WeightedSite[]) => sites.reduce((total, site) => total + site.lastingBytes, 0);
  return sum(part) >= THRESHOLDS.majority * sum(all);
}

/** The largest cause in the heap outside of `pinned`; null when nothing grows there. */
export function findOtherHeap(rest: Rest, pinned: readonly WeightedSite[]): HeapCause | null {
  const { sites, siteBase } = rest.input.profiles;
  const other = rest.weighted.filter((entry) => !pinned.includes(entry));
  return findHeapCauses(sites, other, siteBase)[0] ?? null;
}

/** Is there growth outside `pinned` that no goroutine explains, significant by itself? */
export function hasProvenHeap(rest: Rest, pinned: readonly WeightedSite[]): boolean {
  const cause = findOtherHeap(rest, pinned);
  if (cause === null) return false;
  const lead = cause.culprits[0]?.growth ?? cause.growth;
  return lead.z >= cause.criticalZ && lead.monotony >= THRESHOLDS.minMonotony;
}

/**
 * Beside goroutines that hold most of what grows: does a second leak grow that neither is below one function with what they
 * hold, nor comes by one or a few objects for each of them (what a caller hands over they keep as well)?
 */
export function hasOwnHeap(
  rest: Rest,
  cluster: readonly GroupGrowth[],
  pinned: readonly WeightedSite[],
): boolean {
  const { profiles } = rest.input;
  const cause = findOtherHeap(rest, pinned);
  const lead = cause?.culprits[0] ?? null;
  if (cause === null || lead === null) return false;
  if (!cluster.every(({ group }) => group.path.kind === 'application')) return false;
  const sites = cause.sites.filter(({ site }) =>
    site.path.owners.some((frame) => frame.function === lead.frame.function),
  );
  const evidence = { ...profiles, weighted: sites };
  return (
    lead.growth.z >= cause.criticalZ &&
    lead.growth.bytes.low >= LANE_THRESHOLDS.heap.smallestGrowth &&
    isLeakAlone(lead.growth) &&
    !sites.some((entry) => growsWithEach(entry, cluster[0], evidence)) &&
    areApart(
      pinned.filter(({ site }) => !isGoroutineAllocation(site.path)),
      sites,
    )
  );
}

export function describeHeap(rest: Rest, heap: HeapCause): Culprit[] {
  return heap.culprits.map((found) =>
    describeCulprit(found.frame, 'allocates', rest.input.profiles.place, found),
  );
}

/**
 * Where the goroutines wait, and who created them where a dump says so, else the function that they run; shares are
 * exact.
 */
export function describeGroup(rest: Rest, { group, grown }: GroupGrowth, all: number): Culprit[] {
  const { place } = rest.input.profiles;
  const value = all > 0 ? grown / all : 1;
  const share = { value, low: value, high: value };
  const blocks = describeCulprit(group.waitsIn, 'blocks', place, { share });
  const creator = findCreator(rest.input.profiles.creators, group)?.frame ?? group.root;
  if (creator.function === group.waitsIn.function) return [blocks];
  const creates = describeCulprit(creator, 'creates', place, { share });
  // `go io.Copy(...)`: nobody opens Go's own code to mend a leak.
  return isStandardLibrary(group.waitsIn.function) && !isStandardLibrary(creator.function)
    ? [creates, blocks]
    : [blocks, creates];
}

/** Each function once, and none of the runtime's: nobody opens `runtime.systemstack` to mend a leak. */
export function uniqueCulprits(culprits: readonly Culprit[]): Culprit[] {
  const seen = new Set<string>();
  return culprits
    .filter((culprit) => !isRuntime(culprit.function))
    .filter((culprit) => !seen.has(culprit.function) && seen.add(culprit.function))
    .slice(0, MAX_CULPRITS);
}

/** Is the first one code that somebody in the service, or behind a library of it, has written? */
export function isLedByCode(culprits: readonly Culprit[]): boolean {
  return culprits.length > 0 && !isStandardLibrary(culprits[0].function);
}

export function sumGrown(groups: readonly GroupGrowth[]): number {
  return groups.reduce((sum, { grown }) => sum + grown, 0);
}
