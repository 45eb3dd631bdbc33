// What belongs to one cause: heap that goroutines keep alive, goroutines and buffers that a connection brings.
import { HOUR_MILLIS, MINUTE_MILLIS, type Millis } from '../base/units.ts';
import type { LaneAssessment } from '../detect/assessment.ts';
import { normalizeFunction, packageOf, receiverOf } from '../profile/frames.ts';
import { poissonInterval } from '../profile/sampling.ts';
import type { Frame } from '../profile/snapshot.ts';
import { interpolateAt } from '../series/work.ts';
import { findCreator } from './creators.ts';
import type { GroupGrowth } from './goroutine-growth.ts';
import type { WeightedSite } from './heap-cause.ts';
import type { ProfileEvidence } from './profile-evidence.ts';
import type { Site } from './site-growth.ts';
import type { StackPath } from './stack-path.ts';
import { testProportional, type Interval } from './statistics.ts';
import { THRESHOLDS } from './thresholds.ts';

/** Profiles of one round are taken within seconds of each other; at most this much virtual time apart. */
const SAME_ROUND_MILLIS = 2 * MINUTE_MILLIS;

/** Functions that make or serve something with a file descriptor, as frames of an allocation. */
const DESCRIPTOR_FRAMES = [
  /^net\.(newFD|\(\*netFD\)|\(\*Dialer\)|\(\*sysDialer\)|Dial)/,
  /^net\/http\.\(\*(Transport|persistConn|connLRU|http2\w+)\)\./,
  /^crypto\/tls\.(Client|Dial|\(\*Conn\))/,
  /^database\/sql\.(\(\*DB\)\.(conn|addDepLocked|retry)|dsnConnector\.Connect|\(\*Rows\))/,
  /^os\.(newFile|open|Open|OpenFile|Pipe|StartProcess)/,
  /^os\/exec\./,
];

/** Goroutines that live as long as a connection does. */
const CONNECTION_ROOT = /net\/http\.\(\*persistConn\)\.(read|write)Loop|http2\.\(\*ClientConn\)\.readLoop/;

/** Does this allocation belong to something that holds a descriptor? */
export function holdsDescriptor(site: Site): boolean {
  return site.path.frames.some((frame) => DESCRIPTOR_FRAMES.some((pattern) => pattern.test(frame.function)));
}

/** Does a client call this frame to open its connection? Then it did not ask for one. */
export function isDialHook(path: StackPath, frame: Frame): boolean {
  const outer = path.frames.slice(path.frames.indexOf(frame) + 1);
  return outer.some(({ function: name }) => DESCRIPTOR_FRAMES.some((pattern) => pattern.test(name)));
}

/** Client connections of the standard library: known to hold one descriptor each. */
export function isConnectionGroup(growth: GroupGrowth): boolean {
  return CONNECTION_ROOT.test(growth.group.root.function);
}

/** Goroutines of one descriptor: a handler; reader and writer; a proxy has one for two. More kinds are no rule. */
export const EACH_DESCRIPTOR = [0.5, 1, 2, 3] as const;

/**
 * Do these goroutines come with the descriptors? Either they serve connections, or they wait for I/O and one or two
 * of them came with each descriptor, or one with two: a proxy, or both ends of a connection in one process.
 *
 * @param grownFds change of open descriptors over the same time, null when nobody counts them.
 */
export function comesWithDescriptors(cluster: readonly GroupGrowth[], grownFds: number | null): boolean {
  if (cluster.some(isConnectionGroup)) return true;
  if (grownFds === null || !(grownFds > 0)) return false;
  return cluster.some(({ group, grown }) => {
    const perFd = grown / grownFds;
    const isWhole = EACH_DESCRIPTOR.some(
      (count) => Math.abs(perFd / count - 1) <= THRESHOLDS.ratioTolerance / 2,
    );
    return isWhole && (group.reason === 'IO wait' || group.reason === 'select');
  });
}

/**
 * Does each of these goroutines keep a thread to itself (LockOSThread)? One that only waits has none: where as many
 * threads came, they are locked to them. Profiles do not say so.
 *
 * @param grownThreads change of the number of threads over the same time.
 */
export function comesWithThreads(cluster: readonly GroupGrowth[], grownThreads: number): boolean {
  if (!(grownThreads > 0)) return false;
  return cluster.some(({ grown }) => Math.abs(grown / grownThreads - 1) <= THRESHOLDS.ratioTolerance / 2);
}

/**
 * Change of a count over the time that the goroutine profiles cover: along the lane's fit, at its rate beyond the fit's ends.
 * The lane's own change is that of all the time watched, which profiles begin later and end earlier than.
 */
export function changeBesideGroups(
  { fit, growth, grown }: LaneAssessment,
  { groups, groupBase }: Pick<ProfileEvidence, 'groups' | 'groupBase'>,
): number {
  const from = groups.timeMillis[groupBase];
  const to = groups.timeMillis.at(-1);
  if (fit === null || fit.value.length === 0 || from === undefined || to === undefined) return grown;
  const perMilli = (growth?.perHour ?? 0) / HOUR_MILLIS;
  const first = fit.timeMillis[0];
  const last = fit.timeMillis[fit.timeMillis.length - 1];
  const levelAt = (millis: Millis): number =>
    interpolateAt(fit, millis) + perMilli * (millis - Math.min(Math.max(millis, first), last));
  return levelAt(to) - levelAt(from);
}

/** The runtime's own descriptor of a goroutine; it is never freed, only used again. */
const GOROUTINE_ALLOCATION = /^runtime\.(malg|newproc1)$/;

export function isGoroutineAllocation({ frames }: StackPath): boolean {
  return frames.some((frame) => GOROUTINE_ALLOCATION.test(frame.function));
}

/**
 * Heap sites that these goroutines keep alive: allocated by the goroutine itself, or below the function whose closure it
 * runs. Of those in step with the goroutines also what its type allocates, or who started it; what its package allocates
 * (it may have a second leak) as far as it is no more objects than one goroutine is handed; and with a library's goroutines
 * everything (whoever called the library filled it).
 */
export function selectPinned(
  weighted: readonly WeightedSite[],
  cluster: readonly GroupGrowth[],
  profiles: PinningProfiles,
): WeightedSite[] {
  const roots = [...new Set(cluster.map(({ group }) => group.root.function))];
  const packages = new Set(roots.map(packageOf).filter((name) => name !== 'main'));
  const makers = new Set(roots.map(normalizeFunction));
  const creators = cluster.flatMap(
    ({ group }) => findCreator(profiles.creators, group)?.frame.function ?? [],
  );
  const starters = new Set(
    creators.filter((name) => packages.has(packageOf(name)) && !isStart(name)).map(normalizeFunction),
  );
  const types = new Set(roots.flatMap((name) => receiverOf(name) ?? []));
  const isNear = ({ function: name }: Frame) =>
    starters.has(normalizeFunction(name)) || types.has(receiverOf(name) ?? '');
  const isLibrary = cluster.every(({ group }) => group.path.kind !== 'application');
  const placeOf = (site: Site) =>
    site.path.frames.find(({ function: name }) => packages.has(packageOf(name)))?.function ?? null;
  // All that one function allocates is the goroutines', or nothing of it: objects, and the map that they are kept in.
  const others = new Set(
    weighted.flatMap(({ site }) =>
      isLibrary || cluster.some((growth) => isHandedOver(site, growth, profiles))
        ? []
        : (placeOf(site) ?? []),
    ),
  );
  return weighted.filter(({ site }) => {
    const { frames } = site.path;
    if (isGoroutineAllocation(site.path)) return true;
    if (frames.some((frame) => makers.has(normalizeFunction(frame.function)))) return true;
    if (frames.some(isNear)) return cluster.some((growth) => growsInStep(site, growth, profiles));
    const place = placeOf(site);
    if (place !== null) return !others.has(place);
    return isLibrary && growsInStep(site, cluster[0], profiles);
  });
}

type PinningProfiles = Pick<ProfileEvidence, 'sites' | 'siteBase' | 'groups' | 'creators'>;

/** Everything that a program allocates may be below what only starts it. */
function isStart(name: string): boolean {
  return /^main\.main$|\.init(\.\d+)?(\.func\d+)*$/.test(name);
}

/** In step, and no more objects for each goroutine than a caller hands it. */
function isHandedOver(site: Site, growth: GroupGrowth, profiles: PinningProfiles): boolean {
  const counts = countAtSites(growth, profiles);
  const last = counts.length - 1;
  const grown = counts[last] - counts[profiles.siteBase];
  const risen = site.samples[last] - site.samples[profiles.siteBase];
  const each = objectsEach(risen, site.probability, grown);
  const isTooMuch = each.value > THRESHOLDS.mostObjectsEach && each.low > THRESHOLDS.mostObjectsEach / 2;
  return !(isTooMuch && grown >= THRESHOLDS.minGoroutines) && growsInStep(site, growth, profiles);
}

function growsInStep(site: Site, growth: GroupGrowth, profiles: PinningProfiles): boolean {
  const counts = countAtSites(growth, profiles);
  const from = profiles.siteBase;
  const p = testProportional(Array.from(site.samples.subarray(from)), counts.slice(from));
  return p === null || p >= THRESHOLDS.independenceAlpha;
}

/** Goroutines of a group at the times of the heap's snapshots. */
export function countAtSites(
  { group }: GroupGrowth,
  { groups, sites }: Pick<ProfileEvidence, 'sites' | 'groups'>,
): number[] {
  return resample(groups.timeMillis, group.count, sites.timeMillis);
}

/** Objects of a site for each of `grown` goroutines, as far as the sampling of `samples` of them lets us know. */
export function objectsEach(samples: number, probability: number, grown: number): Interval {
  const [low, high] = poissonInterval(Math.max(0, samples));
  const scale = 1 / (probability * grown);
  return { value: Math.max(0, samples) * scale, low: low * scale, high: high * scale };
}

/** The count as last known at each of `wanted`; both times ascend. Heap and goroutine profiles need not coincide. */
export function resample(
  timeMillis: readonly number[],
  count: ArrayLike<number>,
  wanted: readonly number[],
): number[] {
  let at = 0;
  return wanted.map((time) => {
    while (at + 1 < timeMillis.length && timeMillis[at + 1] <= time + SAME_ROUND_MILLIS) at++;
    return count[at] ?? 0;
  });
}
