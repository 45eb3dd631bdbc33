// From growing sites to the function that a developer would open.
import type { Bytes, Share } from '../base/units.ts';
import { isRuntime } from '../profile/frames.ts';
import { criticalZ, survivalShare } from '../profile/sampling.ts';
import type { Frame } from '../profile/snapshot.ts';
import { OTHER_STACKS } from '../profile/stack-interner.ts';
import { servesObserver } from './observer.ts';
import { shareEntered } from './stack-path.ts';
import { computeGrowth, getSiteOwner, type Site, type SiteGrowth, type SiteTable } from './site-growth.ts';
import { testProportional, type Interval } from './statistics.ts';
import type { SourceFacts } from './source/source-facts.ts';
import { THRESHOLDS } from './thresholds.ts';

/** A site with the bytes of lasting growth that it is credited with. */
export interface WeightedSite {
  readonly site: Site;
  readonly lastingBytes: Bytes;
}

/** Growth of everything below one function. */
export interface FunctionGrowth {
  /** Representative frame: the function's line with most growth. */
  readonly frame: Frame;
  readonly share: Interval | null;
  readonly growth: SiteGrowth;
  /** From the entry point to the function, outermost first. */
  readonly path: readonly Frame[];
}

/** One cause in the heap: the sites that grow for it, and the functions that answer for them, best first. */
export interface HeapCause {
  readonly sites: readonly WeightedSite[];
  readonly growth: SiteGrowth;
  readonly lastingBytes: Bytes;
  readonly culprits: readonly FunctionGrowth[];
  /** z that a site must reach when all of them are looked at (Bonferroni). */
  readonly criticalZ: number;
  readonly sitesTested: number;
  /** What the sources say about its first culprit; missing or null = nothing, or not asked yet. */
  readonly said?: SourceFacts | null;
}

export const MAX_CULPRITS = 5;

/**
 * Every site with its share of lasting growth. Growth is judged per owner (sites that share the innermost owner are
 * one: rows of one sample each say nothing alone) and then divided among the owner's sites.
 */
export function weighSites(table: SiteTable, base: number): WeightedSite[] {
  const last = table.timeMillis.length - 1;
  const byOwner = new Map<string, Site[]>();
  for (const site of table.sites) {
    if (servesObserver(site.path) || isNameless(site)) continue;
    const owner = getSiteOwner(site);
    const known = byOwner.get(owner);
    if (known === undefined) byOwner.set(owner, [site]);
    else known.push(site);
  }
  const weighted: WeightedSite[] = [];
  for (const sites of byOwner.values()) {
    const { lastingBytes } = computeGrowth(table, sites, base);
    if (lastingBytes <= 0) continue;
    const rises = sites.map((site) =>
      Math.max(0, (site.samples[last] - site.samples[base]) * site.bytesPerSample),
    );
    const risen = rises.reduce((sum, rise) => sum + rise, 0);
    sites.forEach((site, i) => {
      if (rises[i] > 0) weighted.push({ site, lastingBytes: (lastingBytes * rises[i]) / risen });
    });
  }
  const fallen = table.sites.filter((site) => site.samples[base] - site.samples[last] >= MIN_FALLEN_SAMPLES);
  return weighted.filter(({ site }) => !isCostShift(site, fallen, base, last));
}

/** Stacks that fell out of the bounded table cannot be told apart: they are nobody's. */
function isNameless(site: Site): boolean {
  return site.path.owners.length === 0 || getSiteOwner(site) === OTHER_STACKS.function;
}

/**
 * An allocation that only moved: another site below the same caller, with objects of the same size, fell by as much
 * as this one rose. Its memory is the same; a refactoring or a branch taken instead of another is no leak.
 */
function isCostShift(site: Site, fallen: readonly Site[], base: number, last: number): boolean {
  const risen = site.samples[last] - site.samples[base];
  const parent = site.path.owners[site.path.owners.length - 2]?.function;
  if (parent === undefined) return false;
  return fallen.some((other) => {
    if (other.objectBytes !== site.objectBytes || other === site) return false;
    const lost = other.samples[base] - other.samples[last];
    return (
      Math.abs(lost - risen) <= Math.max(1, 0.3 * risen) &&
      other.path.owners.some((frame) => frame.function === parent)
    );
  });
}

/** Samples that a site must have lost before it can be the other half of a move. */
const MIN_FALLEN_SAMPLES = 4;

export function sumWeights(sites: readonly WeightedSite[]): number {
  return sites.reduce((sum, { lastingBytes }) => sum + lastingBytes, 0);
}

/**
 * The causes in the heap, largest first: those that are known, else one, unless a second site provably grows by itself.
 *
 * @param table snapshots folded to sites.
 * @param base first snapshot of the growth (the onset, where stage 1 dates one).
 * @param standing leads of leaks that stand, or have come back: what was told apart once stays apart.
 * @returns none when no site shows lasting growth.
 */
export function findHeapCauses(
  table: SiteTable,
  weighted: readonly WeightedSite[],
  base: number,
  standing: readonly string[] = [],
): HeapCause[] {
  const owners = new Set(table.sites.map(getSiteOwner));
  const critical = criticalZ(THRESHOLDS.siteAlpha, owners.size);
  const build = (sites: readonly WeightedSite[], culprits: readonly FunctionGrowth[]): HeapCause => ({
    sites,
    growth: computeGrowth(
      table,
      sites.map(({ site }) => site),
      base,
    ),
    lastingBytes: sumWeights(sites),
    culprits,
    criticalZ: critical,
    sitesTested: owners.size,
  });
  const [first, rest] = splitFirstCause(table, weighted, base);
  if (first === null) return [];
  const has = (sites: readonly WeightedSite[], name: string) =>
    sites.some(({ site }) => hasFunction(site, name));
  const isFirstKnown = standing.some((name) => has(first.sites, name));
  const others = isFirstKnown ? standing.filter((name) => has(rest, name) && !has(first.sites, name)) : [];
  const seconds = others.length > 0 ? others : listSecond(table, first.sites, rest, { base, critical });
  if (seconds.length === 0) return [build(weighted, rankCulprits(table, weighted, first.lead, base))];
  const taken = new Set<WeightedSite>(first.sites);
  const causes = seconds.map((name) => {
    const own = rest.filter((entry) => !taken.has(entry) && hasFunction(entry.site, name));
    own.forEach((entry) => taken.add(entry));
    return own.length === 0 ? [] : [build(own, rankCulprits(table, own, name, base))];
  });
  return [build(first.sites, rankCulprits(table, first.sites, first.lead, base)), ...causes.flat()].sort(
    (a, b) => b.lastingBytes - a.lastingBytes,
  );
}

/** The function of a second cause that nobody knows yet, if the rest proves one. */
function listSecond(
  table: SiteTable,
  first: readonly WeightedSite[],
  rest: readonly WeightedSite[],
  significance: { readonly base: number; readonly critical: number },
): string[] {
  const lead = pickLead(rest);
  if (lead === null) return [];
  const second = rest.filter(({ site }) => hasFunction(site, lead));
  const all = sumWeights(first) + sumWeights(rest);
  const isLarge = sumWeights(second) >= THRESHOLDS.minSecondShare * all;
  return isLarge && isCauseOfItsOwn(table, first, second, significance) ? [lead] : [];
}

interface Lead {
  readonly lead: string;
  readonly sites: readonly WeightedSite[];
}

function splitFirstCause(
  table: SiteTable,
  weighted: readonly WeightedSite[],
  _base: number,
): [Lead | null, WeightedSite[]] {
  const lead = pickLead(weighted);
  if (lead === null) return [null, []];
  const sites = weighted.filter(({ site }) => hasFunction(site, lead));
  // Sites of a caller of the lead belong to the same cause: they grow to serve it.
  const callers = new Set(sites.flatMap(({ site }) => site.path.owners.map((frame) => frame.function)));
  const rest = weighted.filter(({ site }) => !hasFunction(site, lead) && !callers.has(getSiteOwner(site)));
  const own = weighted.filter((entry) => !rest.includes(entry));
  return [{ lead, sites: own }, rest];
}

function hasFunction(site: Site, name: string): boolean {
  return site.path.owners.some((frame) => frame.function === name);
}

/**
 * Two causes must fail the test of growing in proportion. What rises together is one (an entry and its key), unless no
 * code of the service ever calls both: then each must look like a leak without the other.
 */
function isCauseOfItsOwn(
  table: SiteTable,
  first: readonly WeightedSite[],
  second: readonly WeightedSite[],
  { base, critical }: { readonly base: number; readonly critical: number },
): boolean {
  const sitesOf = (weighted: readonly WeightedSite[]) => weighted.map(({ site }) => site);
  const growth = computeGrowth(table, sitesOf(second), base);
  if (growth.z < critical || growth.monotony < THRESHOLDS.minMonotony) return false;
  const p = testProportional(countSamples(table, first, base), countSamples(table, second, base));
  if (p !== null && p < THRESHOLDS.independenceAlpha) return true;
  return areApart(first, second) && [growth, computeGrowth(table, sitesOf(first), base)].every(isLeakAlone);
}

/** Even, kept, and hardly ever given back. */
export function isLeakAlone({ persistence, monotony, survival }: SiteGrowth): boolean {
  return (
    (persistence ?? 0) >= THRESHOLDS.provenPersistence &&
    monotony >= THRESHOLDS.provenMonotony &&
    (survival?.low ?? 0) >= THRESHOLDS.minSurvival
  );
}

/** The service's own code on either side, and no function of it that both are below within what one request enters. */
export function areApart(first: readonly WeightedSite[], second: readonly WeightedSite[]): boolean {
  const all = [...first, ...second];
  if (all.some(({ site }) => site.path.kind !== 'application')) return false;
  return !first.some(({ site: a }) => second.some(({ site: b }) => shareEntered(a.path, b.path)));
}

function countSamples(table: SiteTable, sites: readonly WeightedSite[], base: number): number[] {
  const counts: number[] = [];
  for (let at = base; at < table.timeMillis.length; at++) {
    counts.push(sites.reduce((sum, { site }) => sum + site.samples[at], 0));
  }
  return counts;
}

/**
 * The deepest owner that carries the majority of the growth: growth spread over several callees of one function is
 * that function's. Where no function carries a majority, the owner with the largest part.
 */
export function pickLead(weighted: readonly WeightedSite[]): string | null {
  const total = sumWeights(weighted);
  if (!(total > 0)) return null;
  const carried = new Map<string, number>();
  const owned = new Map<string, number>();
  // What the runtime allocates on its own stack (goroutines, timers) nobody wrote, unless nothing else grows.
  const written = weighted.filter(({ site }) => !isRuntime(getSiteOwner(site)));
  for (const { site, lastingBytes } of written.length > 0 ? written : weighted) {
    for (const name of new Set(site.path.owners.map((frame) => frame.function))) {
      carried.set(name, (carried.get(name) ?? 0) + lastingBytes);
    }
    const owner = getSiteOwner(site);
    owned.set(owner, (owned.get(owner) ?? 0) + lastingBytes);
  }
  const samples = weighted.reduce((sum, entry) => sum + entry.lastingBytes / entry.site.bytesPerSample, 0);
  const leading = [...carried]
    .filter(([, bytes]) => carriesMajority(bytes / total, samples))
    .map(([name]) => name);
  if (leading.length === 0) return pickLargest(owned);
  return leading.reduce((best, name) => (isBetterLead(weighted, carried, name, best) ? name : best));
}

/** Half of the growth, or not provably less: few samples must not push the blame up to whoever calls everything. */
function carriesMajority(share: Share, samples: number): boolean {
  if (share >= THRESHOLDS.majority) return true;
  const upper = survivalShare(share * samples, samples)?.high ?? 0;
  return share >= THRESHOLDS.minLeadShare && upper >= THRESHOLDS.majority;
}

function pickLargest(bytes: ReadonlyMap<string, number>): string | null {
  let best: string | null = null;
  for (const [name, amount] of [...bytes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (best === null || amount > (bytes.get(best) ?? 0)) best = name;
  }
  return best;
}

/**
 * In the stacks that hold both, the one nearer to the leaf, by growth; of two that never meet, the one that carries
 * more. Names decide a tie, so that the order of rows never does.
 */
function isBetterLead(
  weighted: readonly WeightedSite[],
  carried: ReadonlyMap<string, number>,
  a: string,
  b: string,
): boolean {
  let balance = 0;
  for (const { site, lastingBytes } of weighted) {
    const at = site.path.owners.findLastIndex((frame) => frame.function === a);
    const bt = site.path.owners.findLastIndex((frame) => frame.function === b);
    if (at >= 0 && bt >= 0) balance += (at > bt ? 1 : -1) * lastingBytes;
  }
  if (balance === 0) balance = (carried.get(a) ?? 0) - (carried.get(b) ?? 0);
  return balance !== 0 ? balance > 0 : a < b;
}

/**
 * Lead first; then the library function below it that allocates, other owners with a part of their own, and the
 * caller above: places to look at next, in the order of use.
 */
export function rankCulprits(
  table: SiteTable,
  weighted: readonly WeightedSite[],
  lead: string,
  base: number,
): FunctionGrowth[] {
  const below = weighted.filter(({ site }) => hasFunction(site, lead));
  const names = [lead];
  const library = pickLargest(sumBy(below, ({ site }) => site.path.deepestLibrary?.function ?? null));
  if (library !== null) names.push(library);
  const total = sumWeights(weighted);
  const owners = [...sumBy(weighted, ({ site }) => getSiteOwner(site))]
    .filter(([name, bytes]) => name !== lead && bytes >= 0.1 * total)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  names.push(...owners.map(([name]) => name));
  const caller = pickLargest(
    sumBy(below, ({ site }) => {
      const at = site.path.owners.findLastIndex((frame) => frame.function === lead);
      return site.path.owners[at - 1]?.function ?? null;
    }),
  );
  if (caller !== null) names.push(caller);
  const shown = [...new Set(names)].filter((name) => !isRuntime(name));
  return shown.slice(0, MAX_CULPRITS).flatMap((name) => {
    const found = describeFunction(table, weighted, name, base);
    return found === null ? [] : [found];
  });
}

function sumBy(
  weighted: readonly WeightedSite[],
  nameOf: (entry: WeightedSite) => string | null,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const entry of weighted) {
    const name = nameOf(entry);
    if (name !== null) sums.set(name, (sums.get(name) ?? 0) + entry.lastingBytes);
  }
  return sums;
}

/** Share, line and path of one function among weighted sites; null when it is on none of their stacks. */
export function describeFunction(
  table: SiteTable,
  weighted: readonly WeightedSite[],
  name: string,
  base: number,
): FunctionGrowth | null {
  const within = weighted.filter(({ site }) => site.path.frames.some((frame) => frame.function === name));
  if (within.length === 0) return null;
  const lines = new Map<string, { frame: Frame; bytes: number }>();
  let fullest = within[0];
  for (const entry of within) {
    const frame = entry.site.path.frames.find((candidate) => candidate.function === name);
    if (frame === undefined) continue;
    const key = `${frame.file}:${frame.line}`;
    const known = lines.get(key);
    lines.set(key, { frame, bytes: (known?.bytes ?? 0) + entry.lastingBytes });
    if (entry.lastingBytes > fullest.lastingBytes) fullest = entry;
  }
  const best = [...lines.entries()].sort(([a, x], [b, y]) => y.bytes - x.bytes || (a < b ? -1 : 1))[0][1];
  const growth = computeGrowth(
    table,
    within.map(({ site }) => site),
    base,
  );
  const total = sumWeights(weighted);
  return {
    frame: best.frame,
    growth,
    share: computeShare(table, weighted, total > 0 ? sumWeights(within) / total : 0, base),
    path: pathTo(fullest.site, name),
  };
}

/** The share's interval knows how few samples it rests on. */
function computeShare(
  table: SiteTable,
  weighted: readonly WeightedSite[],
  share: Share,
  base: number,
): Interval | null {
  const counts = countSamples(table, weighted, base);
  const samples = Math.max(0, counts[counts.length - 1] - counts[0]);
  return survivalShare(share * samples, samples);
}

function pathTo(site: Site, name: string): Frame[] {
  const outermostFirst = [...site.path.frames].reverse();
  return outermostFirst.slice(0, outermostFirst.findIndex((frame) => frame.function === name) + 1);
}
