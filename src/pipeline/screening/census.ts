// Who is there, and which series does each have? Few points of every series that could be of use, in one or two queries.
import { PlimsollError } from '../../base/errors.ts';
import type { SeriesView } from '../../parse/query-answer.ts';
import {
  INFO_NAMES,
  REPLICA_LABELS,
  isGaugeMetric,
  podOf,
  seriesKeyOf,
  targetLabelsOf,
  type Labels,
  type PodName,
  type SeriesKey,
} from '../../parse/history-names.ts';
import { rankOf } from '../../parse/request-families.ts';
import { fetchSeries, type Asking } from './fetch-series.ts';
import { coarsen, rowOf, type Grid } from './grid.ts';
import { oneOf, selectorOf } from './selector.ts';

/** More would take minutes to judge; a narrower selector is better than a list that nobody reads. */
export const MAX_TARGETS = 5000;
/** Counters that could be the load of some target. Each costs one series a target. */
const MAX_REQUEST_FAMILIES = 8;
/** Names of metrics that are looked through; large installations have some 10,000. */
const MAX_NAMES = 200_000;

/** One process, as the query API knows it. */
export interface CensusTarget {
  readonly key: string;
  readonly labels: Labels;
  readonly pod: PodName | null;
  /** By key: few values over the whole time, NaN where there is none. */
  readonly coarse: Map<SeriesKey, Float64Array>;
  /** Counters of requests that it has, best first. */
  readonly families: Set<string>;
  goVersion: string | null;
  module: string | null;
  /** Of the main module, as its build says; else a label of that name. */
  version: string | null;
}

export interface Census {
  readonly grid: Grid;
  readonly targets: readonly CensusTarget[];
  /** Names of metrics behind a key: namespaces and UTF-8 make several of one. */
  readonly namesOf: ReadonlyMap<SeriesKey, ReadonlySet<string>>;
  /** All names of metrics of the selection. */
  readonly names: readonly string[];
  /** Labels that tell targets apart, and whether series come in replicas. */
  readonly labelNames: readonly string[];
  readonly replicaNames: readonly string[];
  /** Targets beyond MAX_TARGETS. */
  readonly leftOut: number;
}

/**
 * @throws PlimsollError QUERY_EMPTY where nothing matches; the errors of PrometheusApi.
 */
export async function takeCensus(asking: Asking, matchers: string, full: Grid): Promise<Census> {
  const grid = coarsen(full);
  // One matcher at least must not fit the empty text.
  const everything = selectorOf('__name__!=""', matchers);
  const names = (await asking.api.metricNames(everything, full, asking.signal)).slice(0, MAX_NAMES);
  if (names.length === 0) throw nothing(asking, matchers, 'no series matches');
  const census = new CensusTaker(grid);
  const gauges = names.filter(isGaugeMetric);
  if (gauges.length > 0) {
    await fetchSeries(asking, {
      ...{ grid, parts: [''], isAll: true, seriesPerPart: 1 },
      query: () => selectorOf(oneOf('__name__', gauges), matchers),
      take: (series) => census.takeGauge(series),
    });
  }
  const families = names
    .filter((name) => rankOf(name) >= 0)
    .sort((a, b) => rankOf(a) - rankOf(b) || a.length - b.length || (a < b ? -1 : 1))
    .slice(0, MAX_REQUEST_FAMILIES);
  const found = census.finish(names);
  if (families.length > 0 && found.targets.length > 0) {
    await fetchSeries(asking, {
      ...{ grid, parts: [''], isAll: true, seriesPerPart: 1 },
      query: () => requestsQuery(found, families, matchers),
      take: (series) => census.takeFamily(series),
    });
  }
  return found;
}

/** Sum of each family for each target; of series that come in replicas, the highest one. */
export function requestsQuery(
  { labelNames, replicaNames }: Pick<Census, 'labelNames' | 'replicaNames'>,
  families: readonly string[],
  ...matchers: readonly string[]
): string {
  const by = (names: readonly string[]) => ['__name__', ...names].map(quoteLabel).join(',');
  const sum = `sum by (${by([...labelNames, ...replicaNames])}) (${selectorOf(oneOf('__name__', families), ...matchers)})`;
  return replicaNames.length === 0 ? sum : `max by (${by(labelNames)}) (${sum})`;
}

function quoteLabel(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
}

function nothing({ api }: Asking, matchers: string, fact: string): PlimsollError {
  return new PlimsollError('QUERY_EMPTY', 'collect', fact, { where: api.where, value: selectorOf(matchers) });
}

class CensusTaker {
  readonly #grid: Grid;
  readonly #targets = new Map<string, CensusTarget>();
  readonly #namesOf = new Map<SeriesKey, Set<string>>();
  readonly #labelNames = new Set<string>();
  readonly #replicaNames = new Set<string>();
  /** Only counted: each target beyond the bound has its key here, up to as many again. */
  readonly #leftOut = new Set<string>();

  constructor(grid: Grid) {
    this.#grid = grid;
  }

  takeGauge({ labels, count, timeMillis, value }: SeriesView): void {
    const key = seriesKeyOf(labels);
    const target = key === null ? null : this.#targetOf(labels);
    if (key === null || target === null) return;
    if (INFO_NAMES.includes(key)) {
      noteInfo(target, key, labels);
      return;
    }
    const names = this.#namesOf.get(key);
    if (names) names.add(labels['__name__'] ?? '');
    else this.#namesOf.set(key, new Set([labels['__name__'] ?? '']));
    let column = target.coarse.get(key);
    if (!column) target.coarse.set(key, (column = new Float64Array(this.#grid.points).fill(NaN)));
    for (let i = 0; i < count; i++) {
      const row = rowOf(this.#grid, timeMillis[i] ?? NaN);
      if (row >= 0 && Number.isNaN(column[row])) column[row] = value[i] ?? NaN;
    }
  }

  takeFamily({ labels, count }: SeriesView): void {
    const target = this.#targets.get(JSON.stringify(targetLabelsOf(labels)));
    if (count > 0) target?.families.add(labels['__name__'] ?? '');
  }

  #targetOf(labels: Labels): CensusTarget | null {
    const own = targetLabelsOf(labels);
    const key = JSON.stringify(own);
    const known = this.#targets.get(key);
    if (known) return known;
    if (this.#targets.size === MAX_TARGETS) {
      if (this.#leftOut.size < MAX_TARGETS) this.#leftOut.add(key);
      return null;
    }
    for (const name of Object.keys(own)) this.#labelNames.add(name);
    for (const name of Object.keys(labels)) if (REPLICA_LABELS.has(name)) this.#replicaNames.add(name);
    const target: CensusTarget = {
      ...{ key, labels: own, pod: podOf(own), coarse: new Map(), families: new Set() },
      ...{ goVersion: null, module: null, version: own['version'] ?? null },
    };
    this.#targets.set(key, target);
    return target;
  }

  finish(names: readonly string[]): Census {
    return {
      grid: this.#grid,
      // By their labels, so that the same question has the same answer.
      targets: [...this.#targets.values()].filter(({ coarse }) => coarse.size > 0).sort(byKey),
      namesOf: this.#namesOf,
      names,
      labelNames: [...this.#labelNames].sort(),
      replicaNames: [...this.#replicaNames].sort(),
      leftOut: this.#leftOut.size,
    };
  }
}

function byKey(a: CensusTarget, b: CensusTarget): number {
  return a.key < b.key ? -1 : 1;
}

function noteInfo(target: CensusTarget, key: SeriesKey, labels: Labels): void {
  if (key === 'go_info') target.goVersion = labels['version'] ?? target.goVersion;
  const path = labels['path'] ?? '';
  const isModule = key === 'go_build_info' && !['', 'unknown', 'command-line-arguments'].includes(path);
  if (!isModule) return;
  target.module = path;
  if (![undefined, '', '(devel)', 'unknown'].includes(labels['version']))
    target.version = labels['version'] ?? null;
}
