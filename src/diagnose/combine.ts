// One finding per cause, not per symptom. A lane that grows is a symptom; what is owned outermost names the class:
// thread, descriptor, goroutine, native, heap, in that order.
import type { Lane, LaneAssessment } from '../detect/assessment.ts';
import type { Growth } from '../model/finding.ts';
import { isStandardLibrary } from '../profile/frames.ts';
import { findNativeCallers } from './callers.ts';
import {
  growthOfBytes,
  growthOfCount,
  growthOfSites,
  growthSince,
  growthOfStacks,
  shareGrowth,
} from './cause-growth.ts';
import type { CallStrength, Cause } from './cause.ts';
import { describeCulprit } from './culprit.ts';
import { takeDescriptors } from './descriptors.ts';
import { isRatioKnown, type GroupGrowth } from './goroutine-growth.ts';
import { findHeapCauses, type HeapCause, type WeightedSite } from './heap-cause.ts';
import { findHeapOwner } from './held-by-count.ts';
import { partBySources } from './kept-apart.ts';
import { findLenders, NAME_SAMPLES } from './lenders.ts';
import { changeBesideGroups, comesWithThreads, selectPinned } from './links.ts';
import type { SiteGrowth } from './site-growth.ts';
import { THRESHOLDS } from './thresholds.ts';
import {
  describeGroup,
  describeHeap,
  emptyCause,
  findLane,
  hasOwnHeap,
  hasProvenHeap,
  isLedByCode,
  isMostly,
  isUnfitted,
  sumGrown,
  takeLanes,
  uniqueCulprits,
  type CombineInput,
  type Rest,
} from './unexplained.ts';

/** Causes of all lanes that are called a leak, in the order of classes. */
export function findCauses(input: CombineInput): Cause[] {
  const rest: Rest = {
    input,
    calls: new Map(input.calls),
    clusters: [...input.profiles.clusters],
    weighted: input.profiles.weighted,
  };
  return [
    ...[...takeThreads(rest), ...takeDescriptors(rest), ...takeGoroutines(rest)].map((cause) =>
      withHeldHeap(rest, cause),
    ),
    ...takeGoroutinesBehindHeap(rest),
    ...takeNative(rest),
    ...takeHeap(rest),
  ];
}

/** Without a profile: the heap belongs to what is counted and called, where that may hold it. */
function withHeldHeap(rest: Rest, cause: Cause): Cause {
  const { assessment, profiles, calls } = rest.input;
  const held = findHeapOwner(assessment, profiles, ({ lane }) => calls.has(lane));
  if (held?.owner !== cause.kind || cause.absorbed.includes('heap')) return cause;
  const isCounted = held.owner === 'goroutine';
  const stacks = growthOfStacks(rest, isCounted ? (findLane(assessment, 'goroutine')?.grown ?? 0) : 0, 1);
  return {
    ...cause,
    absorbed: [...cause.absorbed, ...takeLanes(rest, ['heap'])],
    growth: growthOfBytes(rest, null, stacks),
    heldHeap: held,
  };
}

/** Threads that never come back sit in C or in the kernel, or are locked to a goroutine; goroutines are the same cause. */
function takeThreads(rest: Rest): Cause[] {
  const strength = rest.calls.get('thread');
  if (strength === undefined) return [];
  const { assessment, profiles } = rest.input;
  const lane = findLane(assessment, 'thread');
  const grownThreads = lane === null ? 0 : changeBesideGroups(lane, profiles);
  const isInCall = (cluster: readonly GroupGrowth[]) =>
    cluster.some(({ group }) => group.reason === 'cgo call' || group.reason === 'syscall');
  const isLocked = (cluster: readonly GroupGrowth[]) => comesWithThreads(cluster, grownThreads);
  const areInCalls = rest.clusters.some(isInCall);
  const isHeld = areInCalls ? isInCall : isLocked;
  const groups = rest.clusters.filter(isHeld).flat();
  rest.clusters = rest.clusters.filter((cluster) => !isHeld(cluster));
  const absorbed: readonly Lane[] = groups.length > 0 ? takeLanes(rest, ['goroutine']) : [];
  const grownGroups = sumGrown(groups);
  const culprits = groups.flatMap((growth) => describeGroup(rest, growth, grownGroups));
  rest.calls.delete('thread');
  return [
    {
      ...emptyCause('thread', 'thread', strength),
      absorbed,
      culprits: uniqueCulprits(culprits),
      isNamed: culprits.length > 0,
      groups,
      pattern: groups.length === 0 ? null : areInCalls ? 'thread-held-in-call' : 'thread-locked',
      counts: lane?.growth ?? null,
    },
  ];
}

function takeGoroutines(rest: Rest): Cause[] {
  const strength = rest.calls.get('goroutine');
  if (strength === undefined) return [];
  const lane = findLane(rest.input.assessment, 'goroutine');
  rest.calls.delete('goroutine');
  const grown = sumGrown(rest.clusters.flat());
  if (rest.clusters.length === 0) {
    return [{ ...emptyCause('goroutine', 'goroutine', strength), counts: lane?.growth ?? null }];
  }
  const own = rest.clusters.filter((cluster) => cluster.some(isStartedByCode));
  // Connections that serve requests come and go with the load: beside goroutines that code started they explain nothing.
  const suspects = own.length > 0 ? own : rest.clusters;
  // A second group is a cause of its own only when it carries a good part of the growth.
  const large = suspects.filter(
    (cluster, i) =>
      i === 0 || sumGrown(cluster) >= THRESHOLDS.minSecondShare * grown || hasReturned(rest, cluster),
  );
  rest.clusters = [];
  return joinUntold(rest, large).map((cluster) =>
    takeCluster(rest, cluster, strength, sumGrown(cluster) / grown),
  );
}

/** What cannot be told apart from the first yet belongs to it: two findings of one cause are worse than a second one later. */
function joinUntold(
  { input: { profiles } }: Rest,
  [first, ...others]: readonly (readonly GroupGrowth[])[],
): (readonly GroupGrowth[])[] {
  if (first === undefined) return [];
  const isApart = ([lead]: readonly GroupGrowth[]) =>
    first.some((growth) => isRatioKnown(growth, lead, profiles.groupBase));
  return [[...first, ...others.filter((other) => !isApart(other)).flat()], ...others.filter(isApart)];
}

/** Known from before, and shown to grow again: it needs no large part of the growth to be told apart. */
function hasReturned({ input }: Rest, cluster: readonly GroupGrowth[]): boolean {
  const { returned } = input.profiles;
  return cluster.some(
    ({ group }) => returned.has(group.waitsIn.function) || returned.has(group.root.function),
  );
}

/** By the service or a library, not by the standard library on its own account. */
function isStartedByCode({ group }: GroupGrowth): boolean {
  return !isStandardLibrary(group.root.function);
}

/**
 * A few goroutines that hold much are seen in the heap before their number stands out. Where most of the heap's growth
 * was allocated by goroutines that wait and grow in number, they are the cause, whichever lane called first. Not those
 * that the standard library starts: every request runs in one of its connections, and so does all that it allocates.
 */
function takeGoroutinesBehindHeap(rest: Rest): Cause[] {
  const strength = rest.calls.get('heap');
  if (strength === undefined) return [];
  const holds = (cluster: readonly GroupGrowth[]) =>
    cluster.every(isStartedByCode) &&
    describeWait(cluster[0]) !== null &&
    isMostly(selectPinned(rest.weighted, cluster, rest.input.profiles), rest.weighted);
  const cluster = rest.weighted.length > 0 ? rest.clusters.find(holds) : undefined;
  if (cluster === undefined) return [];
  // Of all that the same profiles count: the gauges' count may reach back much further than the first of them.
  const share = sumGrown(cluster) / sumGrown(rest.clusters.flat());
  rest.clusters = rest.clusters.filter((other) => other !== cluster);
  return [{ ...takeCluster(rest, cluster, strength, share), lane: 'heap' }];
}

function takeCluster(
  rest: Rest,
  cluster: readonly GroupGrowth[],
  strength: CallStrength,
  share: number,
): Cause {
  const { profiles } = rest.input;
  const pinned = selectPinned(rest.weighted, cluster, profiles);
  const isHeapMine = isMostly(pinned, rest.weighted)
    ? !hasOwnHeap(rest, cluster, pinned)
    : !hasProvenHeap(rest, pinned);
  const absorbed: readonly Lane[] = isHeapMine ? takeLanes(rest, ['heap']) : [];
  const heap = findPinnedHeap(rest, pinned);
  const lenders = findLenders(cluster, { ...profiles, weighted: rest.weighted });
  rest.weighted = rest.weighted.filter((entry) => !pinned.includes(entry));
  const grown = sumGrown(cluster);
  const stacks = growthOfStacks(rest, grown, share);
  const lent = lenders.map((lender) => describeCulprit(lender.frame, 'creates', profiles.place, lender));
  const seen = cluster.flatMap((growth) => describeGroup(rest, growth, grown));
  // A library's own function says something by itself, one of Go's hardly does.
  const isLentFirst = lenders.length > 0 && (lenders[0].samples >= NAME_SAMPLES || !isLedByCode(seen));
  const culprits = uniqueCulprits([
    ...(isLentFirst ? [...lent, ...seen] : [...seen, ...lent]),
    ...(heap === null ? [] : describeHeap(rest, heap)),
  ]);
  return {
    ...emptyCause('goroutine', 'goroutine', strength),
    absorbed,
    culprits,
    isNamed: isLedByCode(culprits) && (!isLentFirst || lenders[0].samples >= NAME_SAMPLES),
    isLikely: isLedByCode(culprits),
    heap,
    groups: cluster,
    lenders,
    pattern: describeWait(cluster[0]),
    growth: isHeapMine ? growthOfBytes(rest, heap, stacks) : growthOfSites(profiles, heap, stacks),
    counts: growthOfCount(rest, grown, share),
    heldBytes: Math.round((heap?.growth.bytes.value ?? 0) + stacks.bytes),
  };
}

/** What the goroutines hold in the heap; a sample or two of passing work is nothing. */
function findPinnedHeap(rest: Rest, pinned: readonly WeightedSite[]): HeapCause | null {
  const { sites, siteBase } = rest.input.profiles;
  const [heap] = findHeapCauses(sites, pinned, siteBase);
  return heap !== undefined && heap.growth.z >= THRESHOLDS.nameZ ? heap : null;
}

function describeWait(growth: GroupGrowth): string | null {
  switch (growth.group.reason) {
    case 'chan send':
      return 'goroutine-blocked-on-send';
    case 'chan receive':
      return 'goroutine-blocked-on-receive';
    case 'select':
    case 'select (no cases)':
      return 'goroutine-in-select';
    case 'sync.Mutex.Lock':
    case 'sync.RWMutex.Lock':
    case 'semacquire':
      return 'goroutine-blocked-on-lock';
    case 'sync.WaitGroup.Wait':
    case 'sync.Cond.Wait':
      return 'goroutine-blocked-on-wait';
    case 'IO wait':
      return 'goroutine-in-io';
    case 'sleep':
      return 'goroutine-sleeping';
    case 'cgo call':
    case 'syscall':
      return 'goroutine-in-call';
    case 'running':
      return null;
  }
}

/** Bytes outside Go's accounting; only a cause of its own when Go's growth does not bring them. */
function takeNative(rest: Rest): Cause[] {
  const strength = rest.calls.get('native');
  if (strength === undefined) return [];
  const { assessment, profiles } = rest.input;
  const lane = findLane(assessment, 'native');
  const heap = rest.input.calls.has('heap') ? findLane(assessment, 'heap') : null;
  rest.calls.delete('native');
  // RSS grows (1 + GOGC/100) times the live heap; what is left over of that is not C memory.
  if (heap?.growth && lane?.growth && lane.growth.perHour < heap.growth.perHour) return [];
  const callers = findNativeCallers(profiles);
  return [
    {
      ...emptyCause('native', 'native', strength),
      culprits: callers.map((frame) => describeCulprit(frame, 'allocates', profiles.place)),
      isNamed: false,
      growth: lane?.growth ?? null,
      heldBytes: lane === null ? null : Math.round(lane.grown),
    },
  ];
}

function takeHeap(rest: Rest): Cause[] {
  const strength = rest.calls.get('heap');
  if (strength === undefined) return [];
  const { assessment, profiles } = rest.input;
  rest.calls.delete('heap');
  const lane = findLane(assessment, 'heap');
  const known = [...new Set([...(rest.input.standing ?? []), ...profiles.returned.keys()])];
  const causes = findHeapCauses(profiles.sites, rest.weighted, profiles.siteBase, known)
    .flatMap((cause) => partHeapCause(cause, rest.input, known))
    .sort((a, b) => b.lastingBytes - a.lastingBytes);
  if (causes.length === 0) return [{ ...emptyCause('heap', 'heap', strength), growth: lane?.growth ?? null }];
  const claimed = profiles.weighted.filter((entry) => !rest.weighted.includes(entry));
  const all = [...causes.flatMap(({ sites }) => sites), ...claimed];
  return causes.map((heap) => {
    const lead = heap.culprits[0]?.growth ?? heap.growth;
    const culprits = uniqueCulprits(describeHeap(rest, heap));
    return {
      ...emptyCause('heap', 'heap', strength),
      culprits,
      isNamed: isNameable(lead) && isLedByCode(culprits),
      heap,
      pattern: lead.z >= heap.criticalZ && lead.monotony >= 0.9 ? 'unbounded-growth' : null,
      growth: growthSince(rest, heap) ?? growthOfLane(rest, lane, heap, all),
      heldBytes: Math.max(0, Math.round(lead.bytes.value)) || null,
    };
  });
}

/** The part of what stage 1 measured that is this cause's; by the samples where it could not fit anything. */
function growthOfLane(
  rest: Rest,
  lane: LaneAssessment | null,
  heap: HeapCause,
  all: readonly WeightedSite[],
): Growth | null {
  if (lane?.growth) return shareGrowth(lane.growth, heap.sites, all);
  return lane !== null && isUnfitted(lane)
    ? growthOfSites(rest.input.profiles, heap, growthOfStacks(rest, 0, 1))
    : null;
}

/** The cause, or those that the sources tell apart in it. */
export function partHeapCause(
  cause: HeapCause,
  { profiles, askSources }: Pick<CombineInput, 'profiles' | 'askSources'>,
  standing: readonly string[],
): HeapCause[] {
  if (askSources === undefined) return [cause];
  const { sites: table, siteBase: base, place } = profiles;
  return partBySources(cause, { table, base, place, standing, askSources });
}

/** Enough samples, and growth that lasts: a name in an identity is not taken back lightly. */
function isNameable(lead: SiteGrowth): boolean {
  return (
    lead.z >= THRESHOLDS.nameZ &&
    lead.monotony >= THRESHOLDS.provenMonotony &&
    (lead.persistence ?? 1) >= THRESHOLDS.minPersistence
  );
}
