// Signs in profiles that something bounds what a growing site holds. A cache, or a store of sessions, that fills evenly is a
// leak to every gauge and every sample until it is full; but what takes entries away again leaves traces of its own.
import { HOUR_MILLIS, type Millis } from '../base/units.ts';
import type { Assessment } from '../detect/assessment.ts';
import { packageOf, receiverOf } from '../profile/frames.ts';
import { poissonInterval } from '../profile/sampling.ts';
import type { WaitReason } from '../profile/wait-reason.ts';
import type { GoroutineGroup } from './goroutine-growth.ts';
import type { HeapCause } from './heap-cause.ts';
import type { ProfileEvidence } from './profile-evidence.ts';
import type { Site } from './site-growth.ts';
import { getOwner, shareEntered } from './stack-path.ts';
import { THRESHOLDS } from './thresholds.ts';

/**
 * `order`: beside each object that is kept, an element of a list or heap is, as where the oldest or least used goes first;
 * `lifetime`: of what is allocated later less is kept, since what came earlier begins to go; `sweeper`: a goroutine of the
 * holder's type waits for its time; `name`: the code is named for taking entries away; `source`: the sources take away where they
 * add, once there is too much.
 */
export interface BoundSign {
  readonly kind: 'order' | 'lifetime' | 'sweeper' | 'name' | 'source';
  /** The function that shows it, or the container that is bounded. */
  readonly function: string;
}

/** Containers that keep entries in an order. Who never takes any away needs none. */
const ORDERS: ReadonlySet<string> = new Set(['container/list', 'container/heap']);
/** Elements for each object: one, as far as size classes that are counted apart leave it open. */
const FEWEST_EACH = 0.25;
const MOST_EACH = 4;
/** What waits for its time, or to be told. */
const IDLE: ReadonlySet<WaitReason> = new Set(['sleep', 'select', 'chan receive']);
/** More goroutines of one kind are workers, or leak themselves. */
const MOST_SWEEPERS = 4;
/** Words for a bound, or for taking away. A "cache" may be a map that only grows. */
const WORDS = /^(lru|lfu|ttl|expir(e|ed|es|ing|y|ation)|evict(s|ed|ing|ion|or)?|janitor)$/;

/** At most one of each kind; none where nothing but growth shows. */
export function findBoundSigns(cause: HeapCause, profiles: ProfileEvidence): BoundSign[] {
  return [
    findOrder(cause, profiles),
    findLifetime(cause, profiles),
    findSweeper(cause, profiles),
    findName(cause),
    findInSources(cause),
  ].filter((sign) => sign !== null);
}

function findOrder({ sites }: HeapCause, { sites: table, siteBase }: ProfileEvidence): BoundSign | null {
  const last = table.timeMillis.length - 1;
  const kept = sites.filter(({ site }) => placeInOrder(site) === null);
  if (last < 0 || kept.length === 0) return null;
  const objects = Math.max(...kept.map(({ site }) => grownSamples(site, siteBase, last) / site.probability));
  const elements = new Map<string, { samples: number; probability: number }>();
  for (const site of table.sites) {
    const place = placeInOrder(site);
    if (place === null || !kept.some((one) => shareEntered(one.site.path, site.path))) continue;
    const samples = grownSamples(site, siteBase, last) + (elements.get(place)?.samples ?? 0);
    elements.set(place, { samples, probability: site.probability });
  }
  for (const [place, { samples, probability }] of elements) {
    if (!(samples > 0)) continue;
    const [low, high] = poissonInterval(samples);
    const isOneEach = high / probability >= FEWEST_EACH * objects && low / probability <= MOST_EACH * objects;
    if (isOneEach) return { kind: 'order', function: place };
  }
  return null;
}

function placeInOrder({ path }: Site): string | null {
  return path.frames.find((frame) => ORDERS.has(packageOf(frame.function)))?.function ?? null;
}

function grownSamples({ samples }: Site, base: number, last: number): number {
  return samples[last] - samples[base];
}

/** A leak keeps the same share of what comes, early and late; wherever the window is parted. */
function findLifetime({ sites, culprits }: HeapCause, { siteBase }: ProfileEvidence): BoundSign | null {
  const sum = (column: (site: Site) => Float64Array, at: number) =>
    sites.reduce((total, { site }) => total + column(site)[at], 0);
  const last = (sites[0]?.site.samples.length ?? 0) - 1;
  const lead = culprits[0]?.frame.function;
  if (last - siteBase < THRESHOLDS.minSnapshots || lead === undefined) return null;
  const born = (at: number) => sum((site) => site.allocSamples, at);
  const alive = (at: number) => sum((site) => site.samples, at);
  for (let middle = siteBase + 1; middle < last; middle++) {
    const [bornEarly, bornLate] = [born(middle) - born(siteBase), born(last) - born(middle)];
    const [keptEarly, keptLate] = [alive(middle) - alive(siteBase), Math.max(0, alive(last) - alive(middle))];
    if (!(bornEarly > 0 && bornLate > 0)) continue;
    const [early, late] = [keptEarly / bornEarly, keptLate / bornLate];
    const both = (keptEarly + keptLate) / (bornEarly + bornLate);
    const error = Math.sqrt(Math.max(0, both * (1 - both)) * (1 / bornEarly + 1 / bornLate));
    const isLess = late <= THRESHOLDS.lifetimeShare * early && early - late > THRESHOLDS.lifetimeZ * error;
    if (isLess) return { kind: 'lifetime', function: lead };
  }
  return null;
}

/** Of `main` only methods of one type belong together; elsewhere a package is about one thing. */
function findSweeper({ sites, culprits }: HeapCause, { groups }: ProfileEvidence): BoundSign | null {
  const owners = sites.flatMap(({ site }) => getOwner(site.path)?.function ?? []);
  const lead = culprits[0]?.frame.function;
  const holders = lead === undefined ? owners : [lead, ...owners.filter((name) => name === lead)];
  const types = new Set(holders.flatMap((name) => receiverOf(name) ?? []));
  const packages = new Set(holders.map(packageOf).filter((name) => name !== 'main' && name !== ''));
  const found = groups.groups.find(
    ({ root, reason, count }) =>
      isFew({ count }) &&
      IDLE.has(reason) &&
      (types.has(receiverOf(root.function) ?? '') || packages.has(packageOf(root.function))),
  );
  return found === undefined ? null : { kind: 'sweeper', function: found.root.function };
}

/** Some, by the newest profile, and never many. */
function isFew({ count }: Pick<GoroutineGroup, 'count'>): boolean {
  return count[count.length - 1] > 0 && count.every((cell) => cell <= MOST_SWEEPERS);
}

function findName({ sites }: HeapCause): BoundSign | null {
  for (const { site } of sites) {
    const named = site.path.frames.find(
      (frame) =>
        (site.path.applicationFrames.has(frame) || frame === site.path.deepestLibrary) &&
        wordsOf(frame.function).some((word) => WORDS.test(word)),
    );
    if (named !== undefined) return { kind: 'name', function: named.function };
  }
  return null;
}

/** Elements of a list beside large entries are too small to be sampled: then the code alone tells of the order. */
function findInSources({ said }: HeapCause): BoundSign | null {
  const bound = said?.bound ?? null;
  return bound === null ? null : { kind: 'source', function: bound };
}

/** Of the last element of the package's path, the type and the method. */
function wordsOf(name: string): string[] {
  const own = name.slice(name.lastIndexOf('/') + 1);
  return own.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/).map((word) => word.toLowerCase());
}

export interface BoundHold {
  readonly signs: readonly BoundSign[];
  /** How long such growth must have been watched in this life; 0 without signs, or where the sources show what the bound misses. */
  readonly holdMillis: Millis;
  readonly watchedMillis: Millis;
}

/**
 * How long to wait for the bound that the signs tell of. One goroutine that waits may wait for anything, and less may be
 * kept of what is allocated because it is used for something else by now; an order, a name, or two signs are not there by chance.
 */
export function weighBound(cause: HeapCause, assessment: Assessment, profiles: ProfileEvidence): BoundHold {
  const { atMillis, incarnationStartMillis, firstEvidenceMillis } = assessment;
  const watchedMillis = atMillis - Math.max(incarnationStartMillis, firstEvidenceMillis);
  const signs = findBoundSigns(cause, profiles);
  if (signs.length === 0 || isFaultSeen(cause)) return { signs, holdMillis: 0, watchedMillis };
  const isWeak = signs.length === 1 && (signs[0].kind === 'sweeper' || signs[0].kind === 'lifetime');
  const holdMillis = isWeak ? THRESHOLDS.sweptHoldMillis : THRESHOLDS.boundedHoldMillis;
  return { signs, holdMillis, watchedMillis };
}

/** Do the sources show that nothing takes away what grows there, or which entries are missed by what does? */
export function isFaultSeen({ said }: HeapCause): boolean {
  return (said?.confidence ?? 0) >= THRESHOLDS.sourceFault;
}

/** The limit is too near to wait for anything. */
export function isLimitNear({ exhaustion, atMillis }: Assessment): boolean {
  return exhaustion !== null && exhaustion.at - atMillis <= HOUR_MILLIS;
}
