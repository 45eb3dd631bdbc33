// Goroutines that a library starts have no frame of the service on their stacks. But each came with a call, and what
// that call allocates stays as long as the goroutine does: the code on those stacks lends its name.
import { packageOf, normalizeFunction } from '../profile/frames.ts';
import { survivalShare } from '../profile/sampling.ts';
import type { Frame } from '../profile/snapshot.ts';
import type { GroupGrowth } from './goroutine-growth.ts';
import { describeFunction, type WeightedSite } from './heap-cause.ts';
import { countAtSites, isConnectionGroup, objectsEach } from './links.ts';
import type { ProfileEvidence } from './profile-evidence.ts';
import { testProportional, type Interval } from './statistics.ts';
import type { StackPath } from './stack-path.ts';
import { THRESHOLDS } from './thresholds.ts';

/** A function of the service that calls the library, with allocations that stay in step with the goroutines. */
export interface Lender {
  readonly frame: Frame;
  /** Of all such allocations, by samples. */
  readonly share: Interval | null;
  readonly path: readonly Frame[];
  /** Sampled objects that its sites have grown by. */
  readonly samples: number;
  /** Objects of its largest site for each goroutine of the group. */
  readonly objectsEach: Interval;
  readonly sites: readonly WeightedSite[];
}

/**
 * Sampled objects from which the name may stand in an identity: as many as nameZ asks of a growing site, whose z is the
 * root of their number.
 */
export const NAME_SAMPLES = THRESHOLDS.nameZ ** 2;

type Evidence = Pick<ProfileEvidence, 'sites' | 'siteBase' | 'groups' | 'weighted'>;

/** What makes requests with Go's own client, as the callee of a function that is blamed for connections. */
const HTTP_CLIENT =
  /^net\/http\.(\(\*(Client|Transport)\)\.(Do|do|send|Get|Post|PostForm|Head|RoundTrip|roundTrip)|NewRequest(WithContext)?|Get|Post|PostForm|Head)$/;

/**
 * Functions of the service whose allocations stay, one to a few for each goroutine of the cluster, and that were seen
 * to call the library that starts these goroutines; those with most growth first.
 *
 * @param cluster goroutines of one cause, largest group first.
 * @returns none where the goroutines run the service's own code: they need no other name.
 */
export function findLenders(cluster: readonly GroupGrowth[], profiles: Evidence): Lender[] {
  if (cluster.length === 0 || cluster.some(needsNoLender)) return [];
  const counts = countAtSites(cluster[0], profiles);
  const grown = counts[counts.length - 1] - counts[profiles.siteBase];
  if (!(grown >= THRESHOLDS.minGoroutines)) return [];
  const callers = listCallers(profiles, cluster);
  const byFunction = new Map<string, WeightedSite[]>();
  for (const entry of profiles.weighted) {
    const lender = findCaller(entry.site.path, callers);
    if (lender === null || !comesWithEach(entry, counts, grown, profiles)) continue;
    const known = byFunction.get(lender);
    if (known === undefined) byFunction.set(lender, [entry]);
    else known.push(entry);
  }
  const all = [...byFunction.values()].flat();
  const total = countRisen(all, profiles);
  return [...byFunction]
    .map(([name, sites]) => describeLender(name, sites, total, grown, profiles))
    .filter((lender) => lender !== null)
    .sort((a, b) => b.samples - a.samples || (a.frame.function < b.frame.function ? -1 : 1));
}

/** The service's own code; or connections of its HTTP server, which nobody in the service opened. */
function needsNoLender(growth: GroupGrowth): boolean {
  const { path, root } = growth.group;
  return (
    path.kind === 'application' || (packageOf(root.function) === 'net/http' && !isConnectionGroup(growth))
  );
}

/** Does this site grow by one object, or a few, for each goroutine of the group? */
export function growsWithEach(entry: WeightedSite, group: GroupGrowth, profiles: Evidence): boolean {
  const counts = countAtSites(group, profiles);
  const grown = counts[counts.length - 1] - counts[profiles.siteBase];
  return grown >= THRESHOLDS.minGoroutines && comesWithEach(entry, counts, grown, profiles);
}

/** Sites below one of these functions belong to the cause as well, whatever they hold. */
export function isBelow(path: StackPath, names: ReadonlySet<string>): boolean {
  return path.owners.some((frame) => names.has(normalizeFunction(frame.function)));
}

/** Application functions that were seen to call the library of these goroutines, from all stacks there are. */
function listCallers({ sites, groups }: Evidence, cluster: readonly GroupGrowth[]): ReadonlySet<string> {
  const packages = new Set(cluster.map(({ group }) => packageOf(group.root.function)));
  const isClient = cluster.some(isConnectionGroup);
  const isCallee = (name: string) => (isClient ? HTTP_CLIENT.test(name) : packages.has(packageOf(name)));
  const callers = new Set<string>();
  for (const { path } of [...sites.sites, ...groups.groups]) {
    if (path.kind !== 'application') continue;
    // Leaf first: the caller of frame i is frame i + 1.
    path.frames.forEach((frame, i) => {
      const caller = path.frames[i + 1];
      if (caller !== undefined && path.applicationFrames.has(caller) && isCallee(frame.function))
        callers.add(normalizeFunction(caller.function));
    });
  }
  return callers;
}

/** The innermost function of this stack that calls the library. */
function findCaller(path: StackPath, callers: ReadonlySet<string>): string | null {
  const found = path.owners.findLast(
    (frame) => path.applicationFrames.has(frame) && callers.has(normalizeFunction(frame.function)),
  );
  return found?.function ?? null;
}

/** As many objects as goroutines, or a small multiple, within what sampling lets us know; and at the same times. */
function comesWithEach(
  { site }: WeightedSite,
  counts: readonly number[],
  grown: number,
  { siteBase }: Evidence,
): boolean {
  const samples = Array.from(site.samples.subarray(siteBase));
  const each = objectsEach(samples[samples.length - 1] - samples[0], site.probability, grown);
  if (each.high < 1 - THRESHOLDS.ratioTolerance || each.low > THRESHOLDS.mostObjectsEach) return false;
  const p = testProportional(samples, counts.slice(siteBase));
  return p === null || p >= THRESHOLDS.independenceAlpha;
}

function countRisen(sites: readonly WeightedSite[], { siteBase }: Evidence): number {
  return sites.reduce((sum, { site }) => {
    const { samples } = site;
    return sum + Math.max(0, samples[samples.length - 1] - samples[siteBase]);
  }, 0);
}

function describeLender(
  name: string,
  sites: readonly WeightedSite[],
  total: number,
  grown: number,
  profiles: Evidence,
): Lender | null {
  const found = describeFunction(profiles.sites, sites, name, profiles.siteBase);
  if (found === null) return null;
  const samples = countRisen(sites, profiles);
  const largest = sites.reduce((a, b) => (b.lastingBytes > a.lastingBytes ? b : a));
  return {
    frame: found.frame,
    path: found.path,
    share: survivalShare(samples, total),
    samples,
    objectsEach: objectsEach(countRisen([largest], profiles), largest.site.probability, grown),
    sites,
  };
}
