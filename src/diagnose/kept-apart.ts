// Leaks that one handler feeds: they grow in step with its requests, so that profiles cannot tell them apart. The sources can,
// where they name containers that have nothing to do with each other.
import { describeCulprit, type ModulePlace } from './culprit.ts';
import {
  describeFunction,
  isLeakAlone,
  rankCulprits,
  sumWeights,
  type HeapCause,
  type WeightedSite,
} from './heap-cause.ts';
import { computeGrowth, getSiteOwner, type SiteGrowth, type SiteTable } from './site-growth.ts';
import { areKeptApart, type SourceFacts, type SourceQuestion } from './source/source-facts.ts';
import { THRESHOLDS } from './thresholds.ts';

/** Parts of one cause that are asked about: with more, each is too small for a cause of its own. */
const MAX_BRANCHES = 4;

export interface PartingInput {
  readonly table: SiteTable;
  readonly base: number;
  readonly place: ModulePlace;
  /** Leads of leaks that stand: what was told apart once stays apart. */
  readonly standing: readonly string[];
  readonly askSources: (question: SourceQuestion) => SourceFacts | null;
}

interface Branch {
  /** The function on whose account its sites grow. */
  readonly name: string;
  readonly sites: readonly WeightedSite[];
}

/** One cause, or as many as the sources name containers for that have nothing to do with each other; largest first. */
export function partBySources(cause: HeapCause, input: PartingInput): HeapCause[] {
  const branches = listBranches(cause, input.standing);
  if (branches.length < 2) return [cause];
  const groups: { readonly facts: SourceFacts; readonly branches: Branch[] }[] = [];
  const untold: Branch[] = [];
  for (const branch of branches) {
    const facts = input.askSources(questionOf(branch, input));
    if (facts === null) {
      untold.push(branch);
      continue;
    }
    const home = groups.find((group) => !areKeptApart(group.facts, facts));
    if (home === undefined) groups.push({ facts, branches: [branch] });
    else home.branches.push(branch);
  }
  if (groups.length < 2) return [cause];
  const parts = groups.map((group) => ({
    name: group.branches[0].name,
    sites: group.branches.flatMap(({ sites }) => sites),
  }));
  if (untold.length > 0 || !parts.every((part) => isProven(part, cause, input))) return [cause];
  // What is small, or below no function of the service, stays with the largest.
  const others = new Set(parts.slice(1).flatMap(({ sites }) => sites));
  return parts.map(({ name, sites }, i) =>
    build(cause, name, i === 0 ? cause.sites.filter((entry) => !others.has(entry)) : sites, input),
  );
}

/** A leak by itself; one that stands was proven before. */
function isProven({ name, sites }: Branch, { criticalZ }: HeapCause, input: PartingInput): boolean {
  const growth = growthOf(sites, input);
  return input.standing.includes(name) || (growth.z >= criticalZ && isLeakAlone(growth));
}

function build(
  { criticalZ, sitesTested }: HeapCause,
  name: string,
  sites: readonly WeightedSite[],
  input: PartingInput,
): HeapCause {
  return {
    sites,
    growth: growthOf(sites, input),
    lastingBytes: sumWeights(sites),
    culprits: rankCulprits(input.table, sites, name, input.base),
    criticalZ,
    sitesTested,
  };
}

function growthOf(sites: readonly WeightedSite[], { table, base }: PartingInput): SiteGrowth {
  const all = sites.map(({ site }) => site);
  return computeGrowth(table, all, base);
}

function questionOf({ name, sites }: Branch, { table, base, place }: PartingInput): SourceQuestion {
  const found = describeFunction(table, sites, name, base);
  return {
    kind: 'heap',
    culprits: found === null ? [] : [describeCulprit(found.frame, 'allocates', place, found)],
  };
}

/**
 * Sites by the innermost function on their stacks that is not on nearly all of them: below a handler what it calls, above a
 * helper whoever calls it. Small ones are left out.
 */
function listBranches({ sites }: HeapCause, standing: readonly string[]): Branch[] {
  const total = sumWeights(sites);
  const carried = new Map<string, number>();
  for (const { site, lastingBytes } of sites) {
    for (const name of new Set(site.path.owners.map((frame) => frame.function)))
      carried.set(name, (carried.get(name) ?? 0) + lastingBytes);
  }
  const isCommon = (name: string) => (carried.get(name) ?? 0) > (1 - THRESHOLDS.minSecondShare / 2) * total;
  const byName = new Map<string, WeightedSite[]>();
  for (const entry of sites) {
    if (entry.site.path.kind !== 'application') continue;
    const apart = entry.site.path.owners.findLast((frame) => !isCommon(frame.function));
    const name = apart?.function ?? getSiteOwner(entry.site);
    byName.set(name, [...(byName.get(name) ?? []), entry]);
  }
  const least = (name: string) => THRESHOLDS.minSecondShare * (standing.includes(name) ? 0.5 : 1) * total;
  return [...byName]
    .map(([name, own]): Branch => ({ name, sites: own }))
    .filter(({ name, sites: own }) => sumWeights(own) >= least(name))
    .sort((a, b) => sumWeights(b.sites) - sumWeights(a.sites) || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_BRANCHES);
}
