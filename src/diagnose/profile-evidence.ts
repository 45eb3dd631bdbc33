// All that the snapshots of one target say, worked out once per evaluation.
import type { Millis } from '../base/units.ts';
import type { GoroutineOrigins, GoroutineSnapshot, HeapSnapshot, StackReader } from '../profile/snapshot.ts';
import { foldCreators, type Creators } from './creators.ts';
import { locateModule, type ModulePlace } from './culprit.ts';
import {
  clusterGroups,
  findGrowingGroups,
  foldGroups,
  type GroupGrowth,
  type GroupTable,
} from './goroutine-growth.ts';
import { findHeapCauses, weighSites, type HeapCause, type WeightedSite } from './heap-cause.ts';
import { beginGroupsAnew, beginSitesAnew, type EndedCode } from './returned-leaks.ts';
import { foldSites, type SiteTable } from './site-growth.ts';
import { createPathReader } from './stack-path.ts';
import { THRESHOLDS } from './thresholds.ts';

export interface Profiles {
  /** Ascending in time, this incarnation's or longer (older ones are left out here). */
  readonly heap: readonly HeapSnapshot[];
  readonly goroutines: readonly GoroutineSnapshot[];
  /** Of `goroutineleak` profiles, where the process has them: what the collector proved dead. */
  readonly leakedGoroutines?: readonly GoroutineSnapshot[];
  /** From a goroutine dump (debug=2) of this life: who said `go`. Profiles do not carry it. */
  readonly origins?: GoroutineOrigins | null;
  readonly stacks: StackReader;
}

export interface ProfileEvidence {
  readonly place: ModulePlace;
  readonly sites: SiteTable;
  /** Snapshot from which growth is counted, in `sites`. */
  readonly siteBase: number;
  readonly weighted: readonly WeightedSite[];
  /** Causes among all of `weighted`, before goroutines and descriptors claim theirs. */
  readonly heapCauses: readonly HeapCause[];
  readonly groups: GroupTable;
  readonly groupBase: number;
  /** Growing groups by cause, largest first. */
  readonly clusters: readonly (readonly GroupGrowth[])[];
  /** Goroutines proved dead in the newest `goroutineleak` profile, by their own function; null without one. */
  readonly provenDead: ReadonlyMap<string, number> | null;
  /** Leads of leaks that were over and grow again beside another of their class, and since when. */
  readonly returned: ReadonlyMap<string, Millis>;
  /** Who started the goroutines; empty without a dump. */
  readonly creators: Creators;
}

/**
 * Evaluations come several times as often as snapshots: the answer for a history that has not changed is kept as long
 * as the history is. Nothing else is remembered, so the result depends on the arguments alone.
 */
const lastRead = new WeakMap<
  readonly HeapSnapshot[],
  { readonly question: readonly unknown[]; readonly answer: ProfileEvidence }
>();

/**
 * @param sinceMillis start of the incarnation: nothing is compared across a restart.
 * @param isGoroutineLeak stage 1 calls the count of all goroutines a leak; see findGrowingGroups.
 * @param ended codes that begin anew, see returned-leaks.ts.
 */
export function readProfiles(
  profiles: Profiles,
  module: string | null,
  sinceMillis: Millis,
  isGoroutineLeak: boolean,
  ended: readonly EndedCode[] = [],
): ProfileEvidence {
  const { heap, goroutines, leakedGoroutines, origins, stacks } = profiles;
  const codes = JSON.stringify(ended);
  const question = [
    ...[goroutines, leakedGoroutines, origins, stacks],
    ...[module, sinceMillis, isGoroutineLeak, codes],
  ];
  const known = lastRead.get(heap);
  if (known?.question.every((part, i) => part === question[i]) === true) return known.answer;
  const answer = workOut(profiles, module, sinceMillis, isGoroutineLeak, ended);
  lastRead.set(heap, { question, answer });
  return answer;
}

function workOut(
  profiles: Profiles,
  module: string | null,
  sinceMillis: Millis,
  isGoroutineLeak: boolean,
  ended: readonly EndedCode[],
): ProfileEvidence {
  const reader = createPathReader(profiles.stacks, module);
  const isOwnLife = (snapshot: { takenAtMillis: Millis }) => snapshot.takenAtMillis >= sinceMillis;
  const inHeap = beginSitesAnew(foldSites(profiles.heap.filter(isOwnLife), reader), ended);
  const inGroups = beginGroupsAnew(foldGroups(profiles.goroutines.filter(isOwnLife), reader), ended);
  const [sites, groups] = [inHeap.table, inGroups.table];
  const returned = new Map([...inHeap.returned, ...inGroups.returned]);
  const siteBase = chooseBase(sites.timeMillis, sinceMillis);
  const groupBase = chooseBase(groups.timeMillis, sinceMillis);
  const all = sites.timeMillis.length >= 2 ? weighSites(sites, siteBase) : [];
  const weighted = all.filter(({ site }) => !inHeap.over.has(site));
  const growing = findGrowingGroups(groups, groupBase, isGoroutineLeak);
  return {
    place: locateModule(module, profiles.stacks),
    sites,
    siteBase,
    weighted,
    heapCauses: findHeapCauses(sites, weighted, siteBase, [...returned.keys()]),
    groups,
    groupBase,
    clusters: clusterGroups(
      growing.filter(({ group }) => !inGroups.over.has(group)),
      groupBase,
    ),
    returned,
    provenDead: countDead(profiles.leakedGoroutines?.filter(isOwnLife).at(-1), profiles.stacks),
    creators: foldCreators(profiles.origins ?? null, reader),
  };
}

function countDead(
  snapshot: GoroutineSnapshot | undefined,
  stacks: StackReader,
): ReadonlyMap<string, number> | null {
  if (snapshot === undefined) return null;
  const dead = new Map<string, number>();
  for (let row = 0; row < snapshot.length; row++) {
    const root = stacks.frames(snapshot.stack[row]).at(-1)?.function ?? '';
    dead.set(root, (dead.get(root) ?? 0) + snapshot.count[row]);
  }
  return dead;
}

/** What a process allocates in its first minutes to get going is no growth, once there is enough beyond them. */
function chooseBase(timeMillis: readonly Millis[], startMillis: Millis): number {
  const settled = timeMillis.findIndex((at) => at >= startMillis + THRESHOLDS.startUpMillis);
  return settled >= 0 && timeMillis.length - settled >= THRESHOLDS.settledSnapshots ? settled : 0;
}
