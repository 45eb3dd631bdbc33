// What belongs to one cause: heap that goroutines keep alive, goroutines and buffers that a connection brings.
import { HOUR_MILLIS, MINUTE_MILLIS, type Millis } from '../base/units.ts';
import type { LaneAssessment } from '../detect/assessment.ts';
import { normalizeFunction, packageOf } from '../profile/frames.ts';
import type { Frame } from '../profile/snapshot.ts';
import { interpolateAt } from '../series/work.ts';
import type { GroupGrowth } from './goroutine-growth.ts';
import type { WeightedSite } from './heap-cause.ts';
import type { ProfileEvidence } from './profile-evidence.ts';
import type { Site } from './site-growth.ts';
import type { StackPath } from './stack-path.ts';
import { testProportional } from './statistics.ts';
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
 * Heap sites that these goroutines keep alive, by name: allocated by the goroutine itself, below the function whose
 * closure it runs, or by its package; with a library's goroutines everything that grows in step with them (whoever
 * called the library filled it).
 */
export function selectPinned(
  weighted: readonly WeightedSite[],
  cluster: readonly GroupGrowth[],
  profiles: Pick<ProfileEvidence, 'sites' | 'siteBase' | 'groups'>,
): WeightedSite[] {
  const roots = new Set(cluster.map(({ group }) => group.root.function));
  const makers = new Set([...roots].map(normalizeFunction));
  const packages = new Set([...roots].map(packageOf).filter((name) => name !== 'main'));
  const isLibrary = cluster.every(({ group }) => group.path.kind !== 'application');
  return weighted.filter(({ site }) => {
    const frames = site.path.frames;
    if (isGoroutineAllocation(site.path)) return true;
    if (frames.some((frame) => isNamedIn(frame, makers, packages))) return true;
    return isLibrary && growsInStep(site, cluster, profiles);
  });
}

function isNamedIn(frame: Frame, makers: ReadonlySet<string>, packages: ReadonlySet<string>): boolean {
  return makers.has(normalizeFunction(frame.function)) || packages.has(packageOf(frame.function));
}

function growsInStep(
  site: Site,
  cluster: readonly GroupGrowth[],
  profiles: Pick<ProfileEvidence, 'sites' | 'siteBase' | 'groups'>,
): boolean {
  const { timeMillis } = profiles.sites;
  const counts = resample(profiles.groups.timeMillis, cluster[0].group.count, timeMillis);
  const from = profiles.siteBase;
  const p = testProportional(Array.from(site.samples.subarray(from)), counts.slice(from));
  return p === null || p >= THRESHOLDS.independenceAlpha;
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
