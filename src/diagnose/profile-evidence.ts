// All that the snapshots of one target say, worked out once per evaluation.
import type { Millis } from '../base/units.ts';
import type { GoroutineSnapshot, HeapSnapshot, StackReader } from '../profile/snapshot.ts';
import { locateModule, type ModulePlace } from './culprit.ts';
import {
  clusterGroups,
  findGrowingGroups,
  foldGroups,
  type GroupGrowth,
  type GroupTable,
} from './goroutine-growth.ts';
import { findHeapCauses, weighSites, type HeapCause, type WeightedSite } from './heap-cause.ts';
import { foldSites, type SiteTable } from './site-growth.ts';
import { createPathReader } from './stack-path.ts';
import { THRESHOLDS } from './thresholds.ts';

export interface Profiles {
  /** Ascending in time, this incarnation's or longer (older ones are left out here). */
  readonly heap: readonly HeapSnapshot[];
  readonly goroutines: readonly GoroutineSnapshot[];
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
}

/**
 * @param sinceMillis start of the incarnation: nothing is compared across a restart.
 * @param onset when growth began, per kind, where stage 1 dates it.
 */
export function readProfiles(
  profiles: Profiles,
  module: string | null,
  sinceMillis: Millis,
  onset: {
    readonly heap: Millis | null;
    readonly goroutine: Millis | null;
    readonly isGoroutineLeak: boolean;
  },
): ProfileEvidence {
  const reader = createPathReader(profiles.stacks, module);
  const isOwnLife = (snapshot: { takenAtMillis: Millis }) => snapshot.takenAtMillis >= sinceMillis;
  const sites = foldSites(profiles.heap.filter(isOwnLife), reader);
  const groups = foldGroups(profiles.goroutines.filter(isOwnLife), reader);
  const siteBase = chooseBase(sites.timeMillis, onset.heap);
  const groupBase = chooseBase(groups.timeMillis, onset.goroutine);
  const weighted = sites.timeMillis.length >= 2 ? weighSites(sites, siteBase) : [];
  return {
    place: locateModule(module, profiles.stacks),
    sites,
    siteBase,
    weighted,
    heapCauses: findHeapCauses(sites, weighted, siteBase),
    groups,
    groupBase,
    clusters: clusterGroups(findGrowingGroups(groups, groupBase, onset.isGoroutineLeak), groupBase),
  };
}

/** The last snapshot before the onset, as long as enough remain to refute what grew since. */
function chooseBase(timeMillis: readonly Millis[], onset: Millis | null): number {
  if (onset === null) return 0;
  const before = timeMillis.findLastIndex((at) => at <= onset);
  return Math.max(0, Math.min(before, timeMillis.length - THRESHOLDS.minSnapshots));
}
