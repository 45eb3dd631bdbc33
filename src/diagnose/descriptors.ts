// Connections and files that are never closed: the descriptor is owned outermost, buffers and goroutines come with it.
import type { Lane } from '../detect/assessment.ts';
import type { Culprit } from '../model/finding.ts';
import { normalizeFunction } from '../profile/frames.ts';
import { findRequestCallers } from './callers.ts';
import { growthOfBytes, growthOfSites, growthOfStacks } from './cause-growth.ts';
import type { Cause } from './cause.ts';
import { describeCulprit } from './culprit.ts';
import type { GroupGrowth } from './goroutine-growth.ts';
import {
  areApart,
  describeFunction,
  findHeapCauses,
  type HeapCause,
  type WeightedSite,
} from './heap-cause.ts';
import { areHeld, findHeldGoroutines } from './held-by-count.ts';
import { findLenders, growsWithEach, isBelow, NAME_SAMPLES, type Lender } from './lenders.ts';
import {
  changeBesideGroups,
  comesWithDescriptors,
  holdsDescriptor,
  isConnectionGroup,
  isDialHook,
  isGoroutineAllocation,
} from './links.ts';
import { THRESHOLDS } from './thresholds.ts';
import {
  describeGroup,
  describeHeap,
  emptyCause,
  findLane,
  findOtherHeap,
  isMostly,
  sumGrown,
  takeLanes,
  uniqueCulprits,
  type Rest,
} from './unexplained.ts';

export function takeDescriptors(rest: Rest): Cause[] {
  const { assessment, profiles } = rest.input;
  const lane = findLane(assessment, 'fd');
  const own = rest.calls.get('fd');
  const isCounted = lane !== null && lane.level > 0;
  const connections = rest.clusters.filter((cluster) => cluster.some(isConnectionGroup));
  // Nobody counts descriptors here (no /proc, no process collector), but these goroutines hold one each.
  const byGoroutines = !isCounted && connections.length > 0 ? rest.calls.get('goroutine') : undefined;
  const strength = own ?? byGoroutines;
  if (strength === undefined) return [];
  const grownFds = isCounted ? changeBesideGroups(lane, profiles) : null;
  const allGrown = sumGrown(rest.clusters.flat());
  const mine = rest.clusters.filter((cluster) => comesWithDescriptors(cluster, grownFds));
  rest.clusters = rest.clusters.filter((cluster) => !mine.includes(cluster));
  const groups = mine.flat();
  const share = allGrown > 0 ? sumGrown(groups) / allGrown : 1;
  const descriptorSites = rest.weighted.filter(({ site }) => holdsDescriptor(site));
  const heap = findHeapCauses(profiles.sites, descriptorSites, profiles.siteBase)[0] ?? null;
  const blamed = blameCode(rest, heap, mine);
  const culprits = uniqueCulprits([
    ...blamed.culprits,
    ...(heap === null ? [] : describeHeap(rest, heap)),
    ...groups.flatMap((growth) => describeGroup(rest, growth, sumGrown(groups))),
  ]);
  const pinned = selectHeld(rest, descriptorSites, blamed.culprits, mine);
  const isHeapMine = isAllHeap(rest, pinned, mine.length > 0);
  const heldGoroutines = isCounted ? findHeldGoroutines(assessment, profiles) : null;
  const absorbed: Lane[] =
    mine.length > 0 || areHeld(heldGoroutines) ? [...takeLanes(rest, ['goroutine'])] : [];
  if (isHeapMine) absorbed.push(...takeLanes(rest, ['heap']));
  rest.weighted = rest.weighted.filter((entry) => !pinned.includes(entry));
  rest.calls.delete('fd');
  const stacks = growthOfStacks(rest, sumGrown(groups), share);
  return [
    {
      ...emptyCause('fd', isCounted ? 'fd' : 'goroutine', strength),
      absorbed,
      culprits,
      isNamed: blamed.isCertain,
      isLikely: blamed.isLikely,
      heap,
      groups,
      lenders: blamed.lenders,
      heldGoroutines,
      pattern: describeConnections(groups),
      growth: isHeapMine ? growthOfBytes(rest, heap, stacks) : growthOfSites(profiles, heap, stacks),
      counts: isCounted ? lane.growth : (findLane(assessment, 'goroutine')?.growth ?? null),
      heldBytes: Math.round((heap?.growth.bytes.value ?? 0) + stacks.bytes) || null,
    },
  ];
}

interface Blamed {
  readonly culprits: readonly Culprit[];
  /** Enough samples name the first one that it may stand in an identity. */
  readonly isCertain: boolean;
  /** It makes requests: a few samples say so. What only dials for others does not. */
  readonly isLikely: boolean;
  readonly lenders: readonly Lender[];
}

/**
 * The service's code, best evidence first: what opens the descriptor on its own stack; what keeps something with each
 * connection and makes requests; what makes most requests; last what the client calls back to dial.
 */
function blameCode(rest: Rest, heap: HeapCause | null, mine: readonly (readonly GroupGrowth[])[]): Blamed {
  const { profiles } = rest.input;
  const { place } = profiles;
  const opens = heap === null ? [] : applicationCulprits(rest, heap);
  const opensFirst = opens.length > 0 && heap?.culprits[0]?.frame.function === opens[0].function;
  const lenders = mine.flatMap((cluster) => findLenders(cluster, { ...profiles, weighted: rest.weighted }));
  const callers = findRequestCallers(profiles);
  const lent = [...lenders, ...callers].map((found) =>
    describeCulprit(found.frame, 'allocates', place, found),
  );
  const hooks = heap === null ? [] : hookCulprits(rest, heap);
  const culprits = opensFirst ? [...opens, ...lent, ...hooks] : [...lent, ...opens, ...hooks];
  const samples = lenders[0]?.samples ?? callers[0]?.samples ?? 0;
  return {
    culprits,
    lenders,
    isLikely: opens.length + lent.length > 0,
    isCertain:
      culprits.length > 0 && (opensFirst || (lent.length > 0 ? samples >= NAME_SAMPLES : opens.length > 0)),
  };
}

/** Of a cause below Go's own client code, the application's functions: they hold the response, rows or file. */
function applicationCulprits(rest: Rest, heap: HeapCause): Culprit[] {
  const own = new Set(
    heap.sites.flatMap(({ site: { path } }) =>
      [...path.applicationFrames].filter((frame) => !isDialHook(path, frame)).map((frame) => frame.function),
    ),
  );
  return describeHeap(rest, heap).filter((culprit) => own.has(culprit.function));
}

/** The application's functions that the client calls to open a connection, on a goroutine of its own. */
function hookCulprits(rest: Rest, heap: HeapCause): Culprit[] {
  const { sites, siteBase, place } = rest.input.profiles;
  const names = heap.sites.flatMap(({ site: { path } }) =>
    [...path.applicationFrames].filter((frame) => isDialHook(path, frame)).map((frame) => frame.function),
  );
  return [...new Set(names)].flatMap((name) => {
    const found = describeFunction(sites, heap.sites, name, siteBase);
    return found === null ? [] : [describeCulprit(found.frame, 'allocates', place, found)];
  });
}

/** What the connections hold: their own buffers and goroutines, what the blamed code allocates, what comes with each. */
function selectHeld(
  rest: Rest,
  descriptorSites: readonly WeightedSite[],
  blamed: readonly Culprit[],
  mine: readonly (readonly GroupGrowth[])[],
): readonly WeightedSite[] {
  const names = new Set(blamed.map((culprit) => normalizeFunction(culprit.function)));
  const [largest] = mine;
  const below = rest.weighted.filter(({ site }) => isBelow(site.path, names));
  return rest.weighted.filter((entry) => {
    const { path } = entry.site;
    if (descriptorSites.includes(entry) || isGoroutineAllocation(path) || below.includes(entry)) return true;
    // Two leaks that are as even come with each other by chance: what other requests allocate is none of this one's.
    if (below.some((own) => areApart([own], [entry]))) return false;
    // One connection may have several goroutines of one kind: it comes once for those of another kind.
    return largest?.some((growth) => growsWithEach(entry, growth, rest.input.profiles)) ?? false;
  });
}

/**
 * Is the growth of the whole heap this cause's? Unless other code provably grows for long, by itself: goroutines that
 * came with descriptors hold buffers of many kinds.
 */
function isAllHeap(rest: Rest, pinned: readonly WeightedSite[], hasGoroutines: boolean): boolean {
  if (!hasGoroutines) return isMostly(pinned, rest.weighted);
  const other = findOtherHeap(rest, pinned);
  if (other === null) return true;
  const { z, monotony, persistence } = other.culprits[0]?.growth ?? other.growth;
  const isProven =
    z >= other.criticalZ &&
    monotony >= THRESHOLDS.provenMonotony &&
    (persistence ?? 0) >= THRESHOLDS.provenPersistence;
  return !isProven;
}

/** A reader in `select` has handed over a body that nobody reads to its end; one in I/O waits for a next request. */
function describeConnections(groups: readonly GroupGrowth[]): string | null {
  const readers = groups.filter(({ group }) => /persistConn\)\.readLoop/.test(group.root.function));
  const [first] = [...readers].sort((a, b) => b.grown - a.grown);
  if (first === undefined) return null;
  return first.group.reason === 'select' ? 'response-body-not-closed' : 'idle-connections-kept';
}
