// A leak that is over and comes back while another of its class stands. Profiles then cannot simply be counted from its end: the
// other is judged by all of them. So the code of the leak that is over alone begins anew: what it had grown and given back
// before is levelled out, and it grows again only once that is shown by its own growth since.
import type { Millis } from '../base/units.ts';
import { criticalZ } from '../profile/sampling.ts';
import { computeGroupGrowth, type GoroutineGroup, type GroupTable } from './goroutine-growth.ts';
import { isLeakAlone } from './heap-cause.ts';
import { computeGrowth, getSiteOwner, type Site, type SiteTable } from './site-growth.ts';
import { THRESHOLDS } from './thresholds.ts';

/** Code that leaked, and was over at a time of this life. */
export interface EndedCode {
  readonly kind: 'heap' | 'goroutine';
  readonly lead: string;
  readonly endedAt: Millis;
  /** When it was raised again; null while it is over. */
  readonly againAt: Millis | null;
  /** Code of the other leaks that stand: theirs, wherever both are on a stack. */
  readonly others: readonly string[];
}

/** Tables in which ended codes begin anew, and what became of them. */
export interface Returns<Table, Part> {
  readonly table: Table;
  /** Since when those grow that grow again, by their leads. */
  readonly returned: ReadonlyMap<string, Millis>;
  /** Of codes that are over and do not grow again for certain: nobody's growth. */
  readonly over: ReadonlySet<Part>;
}

/** Heap sites, see above. */
export function beginSitesAnew(table: SiteTable, codes: readonly EndedCode[]): Returns<SiteTable, Site> {
  const owners = new Set(table.sites.map(getSiteOwner)).size;
  return beginAnew<Site>(
    { timeMillis: table.timeMillis, parts: table.sites },
    codes.filter(({ kind }) => kind === 'heap'),
    {
      namesOf: (site) => site.path.owners.map((frame) => frame.function),
      seriesOf: (site) => site.samples,
      level: (site, to) => ({
        ...site,
        samples: levelUpTo(site.samples, to),
        allocSamples: levelUpTo(site.allocSamples, to),
        bytes: levelUpTo(site.bytes, to),
      }),
      isBack: (own, from) => {
        const growth = computeGrowth({ timeMillis: table.timeMillis, sites: own }, own, from);
        return growth.z >= criticalZ(THRESHOLDS.siteAlpha, owners) && isLeakAlone(growth);
      },
    },
    (sites) => ({ timeMillis: table.timeMillis, sites }),
  );
}

/** Groups of goroutines, see above. */
export function beginGroupsAnew(
  table: GroupTable,
  codes: readonly EndedCode[],
): Returns<GroupTable, GoroutineGroup> {
  const { timeMillis } = table;
  return beginAnew<GoroutineGroup, GroupTable>(
    { timeMillis, parts: table.groups },
    codes.filter(({ kind }) => kind === 'goroutine'),
    {
      namesOf: ({ root, waitsIn }) => [root.function, waitsIn.function],
      seriesOf: ({ count }) => count,
      level: (group, to) => ({ ...group, count: levelUpTo(group.count, to) }),
      isBack: (own, from) =>
        own.some((group) => {
          const { z, persistence, monotony } = computeGroupGrowth(table, group, from);
          return (
            z >= THRESHOLDS.goroutineZ &&
            (persistence ?? 0) >= THRESHOLDS.provenPersistence &&
            monotony >= THRESHOLDS.provenMonotony
          );
        }),
    },
    (groups) => ({ timeMillis, groups }),
  );
}

interface Kind<Part> {
  readonly namesOf: (part: Part) => readonly string[];
  /** How many there were at each snapshot. */
  readonly seriesOf: (part: Part) => Float64Array;
  /** The same as if it had been at the level of snapshot `to` all the time before. */
  readonly level: (part: Part, to: number) => Part;
  /** Do these grow for certain, by themselves, since snapshot `from`? */
  readonly isBack: (own: readonly Part[], from: number) => boolean;
}

function beginAnew<Part, Table = SiteTable>(
  { timeMillis, parts }: { readonly timeMillis: readonly Millis[]; readonly parts: readonly Part[] },
  codes: readonly EndedCode[],
  kind: Kind<Part>,
  build: (parts: readonly Part[]) => Table,
): Returns<Table, Part> {
  let now = parts;
  const returned = new Map<string, Millis>();
  const over = new Set<Part>();
  for (const code of codes) {
    const isOwn = (part: Part) => {
      const names = kind.namesOf(part);
      return names.includes(code.lead) && !code.others.some((name) => names.includes(name));
    };
    const from = findBeginning(timeMillis, now.filter(isOwn).map(kind.seriesOf), code);
    if (from === null) continue;
    now = now.map((part) => (isOwn(part) ? kind.level(part, from) : part));
    const own = now.filter(isOwn);
    const last = timeMillis.length - 1;
    const isLong =
      last - from > THRESHOLDS.minSnapshots && timeMillis[last] - timeMillis[from] >= THRESHOLDS.returnMillis;
    if (code.againAt !== null || (isLong && kind.isBack(own, from))) {
      returned.set(code.lead, timeMillis[from]);
    } else own.forEach((part) => over.add(part));
  }
  return { table: build(now), returned, over };
}

/**
 * Where it began to grow again: the last snapshot after its end, and before it was raised again, in which there was no more of it
 * than the least, by chance. What is given back may take its time, and what is over may rest for hours.
 */
function findBeginning(
  timeMillis: readonly Millis[],
  series: readonly Float64Array[],
  { endedAt, againAt }: EndedCode,
): number | null {
  if (series.length === 0) return null;
  const sum = (at: number) => series.reduce((total, column) => total + column[at], 0);
  const first = Math.max(
    0,
    timeMillis.findLastIndex((at) => at <= endedAt),
  );
  const last = timeMillis.findLastIndex((at) => againAt === null || at <= againAt);
  const since = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => sum(first + i));
  const least = Math.min(...since);
  const from = since.findLastIndex((count) => count <= least + CHANCE * (1 + Math.sqrt(least)));
  return from < 0 ? null : first + from;
}

/** Standard deviations of a count within which it is the same. */
const CHANCE = 2;

function levelUpTo(column: Float64Array, to: number): Float64Array {
  return column.map((value, at) => (at < to ? column[to] : value));
}
