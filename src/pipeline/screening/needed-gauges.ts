// Which gauges are asked for, of which target, and when. Every series of a week is 2,000 points for each target: what the lanes
// need comes first, what only explains a finding comes for the few that have one.
import type { GaugeName } from '../../base/gauges.ts';
import { chooseRecipes, type ChosenRecipe, type SeriesKey } from '../../parse/history-names.ts';
import { rankOf } from '../../parse/request-families.ts';
import type { CensusTarget } from './census.ts';

export interface GaugePlan {
  readonly recipes: ReadonlyMap<GaugeName, ChosenRecipe>;
  /** Asked for point by point, group by group. */
  readonly groups: readonly (readonly GaugeName[])[];
  /** Gauges whose few points of the census are all the same: nothing is asked for. */
  readonly constants: ReadonlyMap<GaugeName, number>;
  /** Only for suspects. */
  readonly details: readonly GaugeName[];
  readonly requestFamily: string | null;
}

/** Rarely another value: a restart, a setting that changed. The census sees each such change. */
const CONSTANTS: readonly GaugeName[] = ['processStartMillis', 'gogcPercent', 'goMemLimitBytes', 'maxFds'];
const MEMORY: readonly GaugeName[] = ['rssBytes', 'sysBytes', 'heapReleasedBytes', 'goResidentBytes'];
const COUNTS: readonly GaugeName[] = ['goroutines', 'threads', 'openFds'];
/** What the ledger and the time to the limit are reckoned from. */
const DETAILS: readonly GaugeName[] = [
  'nextGcBytes',
  'heapAllocBytes',
  'heapInuseBytes',
  'heapIdleBytes',
  'heapSysBytes',
  'stackInuseBytes',
  'allocatedBytesTotal',
];
/** GOMEMLIMIT is math.MaxInt64 when there is none; GOGC beyond this is off in practice (series/live-floor.ts). */
const NO_LIMIT_BYTES = 2 ** 60;
const GOGC_OFF_PERCENT = 5000;

export function planGauges(target: CensusTarget): GaugePlan {
  const chosen = chooseRecipes((key) => target.coarse.has(key));
  const recipes = new Map(chosen.map((recipe) => [recipe.gauge, recipe]));
  const constants = new Map<GaugeName, number>();
  for (const gauge of CONSTANTS) {
    const value = constantOf(target, recipes.get(gauge));
    if (value !== null) constants.set(gauge, value);
  }
  const [family] = [...target.families].sort(
    (a, b) => rankOf(a) - rankOf(b) || a.length - b.length || (a < b ? -1 : 1),
  );
  const moving = CONSTANTS.filter((gauge) => recipes.has(gauge) && !constants.has(gauge));
  const work: readonly GaugeName[] = family === undefined ? ['cpuSecondsTotal'] : [];
  const wanted = [heapGauges(recipes, constants), MEMORY, [...COUNTS, ...work], moving];
  const groups = wanted.map((group) => group.filter((gauge) => recipes.has(gauge)));
  const asked = new Set(groups.flat());
  return {
    recipes,
    groups,
    constants,
    details: DETAILS.filter((gauge) => recipes.has(gauge) && !asked.has(gauge)),
    requestFamily: family ?? null,
  };
}

/** As little as the live floor can be told from; see series/live-floor.ts. */
function heapGauges(
  recipes: ReadonlyMap<GaugeName, ChosenRecipe>,
  constants: ReadonlyMap<GaugeName, number>,
): GaugeName[] {
  if (recipes.has('liveHeapBytes')) return ['liveHeapBytes', 'gcCyclesTotal'];
  const gogc = constants.get('gogcPercent') ?? (recipes.has('gogcPercent') ? NaN : 100);
  const limit = constants.get('goMemLimitBytes') ?? (recipes.has('goMemLimitBytes') ? NaN : Infinity);
  const isPlain = gogc > 0 && gogc <= GOGC_OFF_PERCENT && limit >= NO_LIMIT_BYTES;
  const goal: GaugeName[] = ['nextGcBytes', 'gcCyclesTotal', 'scanStackBytes', 'scanGlobalsBytes'];
  if (isPlain && recipes.has('nextGcBytes')) return goal;
  return [...goal, 'heapAllocBytes', 'heapSysBytes'];
}

/** The one value of all points of the census; null where it moved. */
function constantOf(target: CensusTarget, recipe: ChosenRecipe | undefined): number | null {
  if (recipe === undefined) return null;
  let known: number | null = null;
  const columns = recipe.sumOf.map((key) => target.coarse.get(key));
  const rows = columns[0]?.length ?? 0;
  for (let row = 0; row < rows; row++) {
    const value = columns.reduce((sum, column) => sum + (column?.[row] ?? NaN), 0) * recipe.factor;
    if (Number.isNaN(value)) continue;
    if (known !== null && known !== value) return null;
    known = value;
  }
  return known;
}

/** The series behind some of the gauges. */
export function keysOf(plan: GaugePlan, gauges: readonly GaugeName[]): SeriesKey[] {
  return [...new Set(gauges.flatMap((gauge) => plan.recipes.get(gauge)?.sumOf ?? []))];
}
