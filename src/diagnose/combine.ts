// One finding per cause, not per symptom. A lane that grows is a symptom; what is owned outermost names the class:
// thread, descriptor, goroutine, native, heap, in that order.
import { HOUR_MILLIS } from '../base/units.ts';
import type { Assessment, Lane, LaneAssessment } from '../detect/assessment.ts';
import type { Culprit, Growth } from '../model/finding.ts';
import type { CallStrength, Cause } from './cause.ts';
import { describeCulprit } from './culprit.ts';
import type { GroupGrowth } from './goroutine-growth.ts';
import { findHeapCauses, MAX_CULPRITS, type HeapCause, type WeightedSite } from './heap-cause.ts';
import { comesWithDescriptors, holdsDescriptor, isConnectionGroup, selectPinned } from './links.ts';
import { isStandardLibrary } from '../profile/frames.ts';
import type { ProfileEvidence } from './profile-evidence.ts';
import type { SiteGrowth } from './site-growth.ts';
import { findNativeCallers, findRequestCallers } from './callers.ts';
import { THRESHOLDS } from './thresholds.ts';

export interface CombineInput {
  readonly assessment: Assessment;
  readonly calls: ReadonlyMap<Lane, CallStrength>;
  readonly profiles: ProfileEvidence;
}

/** What is still unexplained while causes are taken out one by one, outermost class first. */
interface Rest {
  readonly input: CombineInput;
  calls: Map<Lane, CallStrength>;
  clusters: (readonly GroupGrowth[])[];
  weighted: readonly WeightedSite[];
}

/** Causes of all lanes that are called a leak, in the order of classes. */
export function findCauses(input: CombineInput): Cause[] {
  const rest: Rest = {
    input,
    calls: new Map(input.calls),
    clusters: [...input.profiles.clusters],
    weighted: input.profiles.weighted,
  };
  return [
    ...takeThreads(rest),
    ...takeDescriptors(rest),
    ...takeGoroutines(rest),
    ...takeGoroutinesBehindHeap(rest),
    ...takeNative(rest),
    ...takeHeap(rest),
  ];
}

export function findLane(assessment: Assessment, lane: Lane): LaneAssessment | null {
  return assessment.lanes.find((candidate) => candidate.lane === lane) ?? null;
}

/** Threads that never come back sit in C or in the kernel; their goroutines are the same cause. */
function takeThreads(rest: Rest): Cause[] {
  const strength = rest.calls.get('thread');
  if (strength === undefined) return [];
  const isHeld = (cluster: readonly GroupGrowth[]) =>
    cluster.some(({ group }) => group.reason === 'cgo call' || group.reason === 'syscall');
  const groups = rest.clusters.filter(isHeld).flat();
  rest.clusters = rest.clusters.filter((cluster) => !isHeld(cluster));
  const absorbed: readonly Lane[] = groups.length > 0 ? takeLanes(rest, ['goroutine']) : [];
  const grownGroups = sumGrown(groups);
  const culprits = groups.flatMap((growth) => describeGroup(rest, growth, grownGroups));
  const lane = findLane(rest.input.assessment, 'thread');
  rest.calls.delete('thread');
  return [
    {
      ...emptyCause('thread', 'thread', strength),
      absorbed,
      culprits: uniqueCulprits(culprits),
      isNamed: culprits.length > 0,
      groups,
      pattern: groups.length > 0 ? 'thread-held-in-call' : null,
      counts: lane?.growth ?? null,
    },
  ];
}

/** Connections and files: the descriptor is owned outermost, buffers and goroutines come with it. */
function takeDescriptors(rest: Rest): Cause[] {
  const { assessment, profiles } = rest.input;
  const lane = findLane(assessment, 'fd');
  const own = rest.calls.get('fd');
  const isCounted = lane !== null && lane.level > 0;
  const connections = rest.clusters.filter((cluster) => cluster.some(isConnectionGroup));
  // Nobody counts descriptors here (no /proc, no process collector), but these goroutines hold one each.
  const byGoroutines = !isCounted && connections.length > 0 ? rest.calls.get('goroutine') : undefined;
  const strength = own ?? byGoroutines;
  if (strength === undefined) return [];
  const grownFds = isCounted ? lane.grown : null;
  const mine = rest.clusters.filter((cluster) => comesWithDescriptors(cluster, grownFds));
  rest.clusters = rest.clusters.filter((cluster) => !mine.includes(cluster));
  const groups = mine.flat();
  const grownGroups = sumGrown(groups);
  const descriptorSites = rest.weighted.filter(({ site }) => holdsDescriptor(site));
  const heap = findHeapCauses(profiles.sites, descriptorSites, profiles.siteBase)[0] ?? null;
  const culprits = uniqueCulprits([
    ...applicationCulprits(rest, heap),
    ...findRequestCallers(profiles).map((caller) =>
      describeCulprit(caller.frame, 'allocates', profiles.place, caller),
    ),
    ...(heap === null ? [] : describeHeap(rest, heap)),
    ...groups.flatMap((growth) => describeGroup(rest, growth, grownGroups)),
  ]);
  const absorbed: Lane[] = mine.length > 0 ? [...takeLanes(rest, ['goroutine'])] : [];
  const isHeapMine = mine.length > 0 || isMostly(descriptorSites, rest.weighted);
  if (isHeapMine) absorbed.push(...takeLanes(rest, ['heap']));
  rest.weighted = rest.weighted.filter((entry) => !descriptorSites.includes(entry));
  rest.calls.delete('fd');
  const stacks = grownGroups * bytesPerGoroutine();
  return [
    {
      ...emptyCause('fd', isCounted ? 'fd' : 'goroutine', strength),
      absorbed,
      culprits,
      isNamed: culprits.length > 0,
      heap,
      groups,
      pattern: describeConnections(groups),
      growth: isHeapMine ? growthOfBytes(rest, heap, stacks) : growthOfSites(profiles, heap, stacks),
      counts: isCounted ? lane.growth : (findLane(assessment, 'goroutine')?.growth ?? null),
      heldBytes: Math.round((heap?.growth.bytes.value ?? 0) + stacks) || null,
    },
  ];
}

/** A reader in `select` has handed over a body that nobody reads to its end; one in I/O waits for a next request. */
function describeConnections(groups: readonly GroupGrowth[]): string | null {
  const readers = groups.filter(({ group }) => /persistConn\)\.readLoop/.test(group.root.function));
  const [first] = [...readers].sort((a, b) => b.grown - a.grown);
  if (first === undefined) return null;
  return first.group.reason === 'select' ? 'response-body-not-closed' : 'idle-connections-kept';
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
  const causes = suspects.filter(
    (cluster, i) => i === 0 || sumGrown(cluster) >= THRESHOLDS.minSecondShare * grown,
  );
  rest.clusters = [];
  return causes.map((cluster) => takeCluster(rest, cluster, strength, sumGrown(cluster) / grown));
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
  rest.clusters = rest.clusters.filter((other) => other !== cluster);
  const grown = sumGrown(cluster);
  const all = findLane(rest.input.assessment, 'goroutine')?.grown ?? grown;
  return [
    { ...takeCluster(rest, cluster, strength, Math.min(1, grown / Math.max(grown, all))), lane: 'heap' },
  ];
}

function takeCluster(
  rest: Rest,
  cluster: readonly GroupGrowth[],
  strength: CallStrength,
  share: number,
): Cause {
  const { assessment, profiles } = rest.input;
  const pinned = selectPinned(rest.weighted, cluster, profiles);
  const isHeapMine = isMostly(pinned, rest.weighted) || !hasProvenHeap(rest, pinned);
  const absorbed: readonly Lane[] = isHeapMine ? takeLanes(rest, ['heap']) : [];
  const heap = findPinnedHeap(rest, pinned);
  rest.weighted = rest.weighted.filter((entry) => !pinned.includes(entry));
  const grown = sumGrown(cluster);
  const stacks = grown * bytesPerGoroutine();
  const counts = findLane(assessment, 'goroutine')?.growth ?? null;
  return {
    ...emptyCause('goroutine', 'goroutine', strength),
    absorbed,
    culprits: uniqueCulprits([
      ...cluster.flatMap((growth) => describeGroup(rest, growth, grown)),
      ...(heap === null ? [] : describeHeap(rest, heap)),
    ]),
    isNamed: true,
    heap,
    groups: cluster,
    pattern: describeWait(cluster[0]),
    growth: isHeapMine ? growthOfBytes(rest, heap, stacks) : growthOfSites(profiles, heap, stacks),
    counts: counts === null ? null : scaleGrowth(counts, share),
    heldBytes: Math.round((heap?.growth.bytes.value ?? 0) + stacks),
  };
}

/** What the goroutines hold in the heap; a sample or two of passing work is nothing. */
function findPinnedHeap(rest: Rest, pinned: readonly WeightedSite[]): HeapCause | null {
  const { sites, siteBase } = rest.input.profiles;
  const [heap] = findHeapCauses(sites, pinned, siteBase);
  return heap !== undefined && heap.growth.z >= THRESHOLDS.nameZ ? heap : null;
}

/** Is there growth outside `pinned` that no goroutine explains, significant by itself? */
function hasProvenHeap(rest: Rest, pinned: readonly WeightedSite[]): boolean {
  const { sites, siteBase } = rest.input.profiles;
  const other = rest.weighted.filter((entry) => !pinned.includes(entry));
  const cause = findHeapCauses(sites, other, siteBase)[0];
  if (cause === undefined) return false;
  const lead = cause.culprits[0]?.growth ?? cause.growth;
  return lead.z >= cause.criticalZ && lead.monotony >= THRESHOLDS.minMonotony;
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
  const causes = findHeapCauses(profiles.sites, rest.weighted, profiles.siteBase);
  if (causes.length === 0) return [{ ...emptyCause('heap', 'heap', strength), growth: lane?.growth ?? null }];
  const all = causes.reduce((sum, cause) => sum + cause.lastingBytes, 0);
  return causes.map((heap) => {
    const lead = heap.culprits[0]?.growth ?? heap.growth;
    return {
      ...emptyCause('heap', 'heap', strength),
      culprits: describeHeap(rest, heap),
      isNamed: isNameable(lead),
      heap,
      pattern: lead.z >= heap.criticalZ && lead.monotony >= 0.9 ? 'unbounded-growth' : null,
      growth: lane?.growth ? scaleGrowth(lane.growth, all > 0 ? heap.lastingBytes / all : 1) : null,
      heldBytes: Math.max(0, Math.round(lead.bytes.value)) || null,
    };
  });
}

/** Enough samples, and growth that lasts: a name in an identity is not taken back lightly. */
function isNameable(lead: SiteGrowth): boolean {
  return (
    lead.z >= THRESHOLDS.nameZ &&
    lead.monotony >= THRESHOLDS.provenMonotony &&
    (lead.persistence ?? 1) >= THRESHOLDS.minPersistence
  );
}

function emptyCause(kind: Cause['kind'], lane: Lane, strength: CallStrength): Cause {
  return {
    kind,
    lane,
    absorbed: [],
    strength,
    culprits: [],
    isNamed: false,
    heap: null,
    groups: [],
    pattern: null,
    growth: null,
    counts: null,
    heldBytes: null,
  };
}

/** Lanes that this cause explains, called or not, are not asked about a second time. */
function takeLanes(rest: Rest, lanes: readonly Lane[]): readonly Lane[] {
  for (const lane of lanes) rest.calls.delete(lane);
  return lanes;
}

function isMostly(part: readonly WeightedSite[], all: readonly WeightedSite[]): boolean {
  const sum = (sites: readonly WeightedSite[]) => sites.reduce((total, site) => total + site.lastingBytes, 0);
  return sum(part) >= THRESHOLDS.majority * sum(all);
}

function describeHeap(rest: Rest, heap: HeapCause): Culprit[] {
  return heap.culprits.map((found) =>
    describeCulprit(found.frame, 'allocates', rest.input.profiles.place, found),
  );
}

/** Of a cause below Go's own client code, the application's functions: they hold the response, rows or file. */
function applicationCulprits(rest: Rest, heap: HeapCause | null): Culprit[] {
  if (heap === null) return [];
  const own = new Set(
    heap.sites.flatMap(({ site }) => [...site.path.applicationFrames].map((frame) => frame.function)),
  );
  return describeHeap(rest, heap).filter((culprit) => own.has(culprit.function));
}

/**
 * Where the goroutines wait, and who created them where a dump says so, else the function that they run; shares are
 * exact.
 */
function describeGroup(rest: Rest, { group, grown }: GroupGrowth, all: number): Culprit[] {
  const { place } = rest.input.profiles;
  const value = all > 0 ? grown / all : 1;
  const share = { value, low: value, high: value };
  const blocks = describeCulprit(group.waitsIn, 'blocks', place, { share });
  const creator = rest.input.profiles.creators.get(group.root.function) ?? group.root;
  if (creator.function === group.waitsIn.function) return [blocks];
  return [blocks, describeCulprit(creator, 'creates', place, { share })];
}

function uniqueCulprits(culprits: readonly Culprit[]): Culprit[] {
  const seen = new Set<string>();
  return culprits
    .filter((culprit) => !seen.has(culprit.function) && seen.add(culprit.function))
    .slice(0, MAX_CULPRITS);
}

function sumGrown(groups: readonly GroupGrowth[]): number {
  return groups.reduce((sum, { grown }) => sum + grown, 0);
}

function bytesPerGoroutine(): number {
  return THRESHOLDS.stackBytes + THRESHOLDS.goroutineDescriptorBytes;
}

/** Stacks (by count) and the live heap (by stage 1, which sees all of it), per hour. */
function growthOfBytes(rest: Rest, heap: HeapCause | null, stackBytes: number): Growth | null {
  const { assessment, profiles } = rest.input;
  const measured = findLane(assessment, 'heap')?.growth ?? null;
  if (measured === null) return growthOfSites(profiles, heap, stackBytes);
  const perHour = stackBytes / coveredHours(profiles);
  return {
    ...measured,
    perHour: measured.perHour + perHour,
    low: measured.low + perHour,
    high: measured.high + perHour,
  };
}

/** The same from the sites' sampled growth, where stage 1's heap growth belongs to something else as well. */
function growthOfSites(profiles: ProfileEvidence, heap: HeapCause | null, stackBytes: number): Growth | null {
  if (heap === null && stackBytes === 0) return null;
  const hours = coveredHours(profiles);
  const bytes = heap?.growth.bytes ?? { value: 0, low: 0, high: 0 };
  return {
    unit: 'bytes',
    perHour: (bytes.value + stackBytes) / hours,
    low: (bytes.low + stackBytes) / hours,
    high: (bytes.high + stackBytes) / hours,
    confidence: 0.95,
  };
}

function coveredHours(profiles: ProfileEvidence): number {
  const { timeMillis } = profiles.sites.timeMillis.length >= 2 ? profiles.sites : profiles.groups;
  const base = timeMillis === profiles.sites.timeMillis ? profiles.siteBase : profiles.groupBase;
  const span = timeMillis.length >= 2 ? timeMillis[timeMillis.length - 1] - timeMillis[base] : HOUR_MILLIS;
  return Math.max(span, 1) / HOUR_MILLIS;
}

function scaleGrowth(growth: Growth, share: number): Growth {
  return { ...growth, perHour: growth.perHour * share, low: growth.low * share, high: growth.high * share };
}
