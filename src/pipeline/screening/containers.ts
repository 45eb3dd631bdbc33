// What cAdvisor and kube-state-metrics know of the containers in which targets run: memory, limit, restarts, kills.
import type { GaugeName } from '../../base/gauges.ts';
import type { Millis } from '../../base/units.ts';
import {
  CONTAINER_GAUGES,
  RESTARTS_METRIC,
  TERMINATED_METRIC,
  containerGaugeOf,
  podOf,
  type Labels,
  type PodName,
} from '../../parse/history-names.ts';
import type { SeriesView } from '../../parse/query-answer.ts';
import { MAX_TARGETS, type CensusTarget } from './census.ts';
import { fetchSeries, type Asking } from './fetch-series.ts';
import { coarsen, rowOf, type Grid } from './grid.ts';
import { oneOf, selectorOf } from './selector.ts';

/** A container that Kubernetes started again, and why the one before had ended. */
export interface Kill {
  /** When it was seen: at most one step late. */
  readonly at: Millis;
  /** `OOMKilled`, `Error`, `Completed`; null where nothing tells. */
  readonly reason: string | null;
}

/** One container as the query API knows it. */
export interface Container {
  readonly name: PodName;
  memoryLimitBytes: number | null;
  /** In the time that is looked at; null where nothing counts them. */
  restarts: number | null;
  /** Kills by the kernel that cAdvisor counted. */
  oomKills: number;
  readonly kills: Kill[];
}

/** Pods in one query: their names are some 40 characters each, a query may have some 100,000. */
const PODS_PER_QUERY = 400;
/** Series of all these metrics for each pod, about: some containers, resources, reasons. */
const SERIES_PER_POD = 20;
/** kube-state-metrics tells the reason up to some scrapes after the restart. */
const REASON_ROWS = 3;

const OUTSIDE_METRICS: readonly string[] = [...CONTAINER_GAUGES.keys(), RESTARTS_METRIC, TERMINATED_METRIC];
/** Point by point; everything else about a container changes with its restarts only. */
const MEMORY: readonly string[] = ['container_memory_working_set_bytes', 'container_memory_rss'];
/** Of a container that shows no process inside of it, this tells its lives apart. */
const START = 'container_start_time_seconds';

export function containerKey({ namespace, pod, container }: PodName): string {
  return JSON.stringify([namespace, pod, container]);
}

/** All containers of the pods of some targets. */
export class Containers {
  readonly #byKey = new Map<string, Container>();
  readonly #byPod = new Map<string, Container[]>();
  readonly #limits = new Map<Container, Map<string, number>>();
  #hasMemory = false;

  /** The container of a target; null where none is known, or its labels fit several. */
  of(pod: PodName | null): Container | null {
    if (pod === null) return null;
    if (pod.container !== null) return this.#byKey.get(containerKey(pod)) ?? null;
    const [only, ...others] = this.#byPod.get(podKey(pod)) ?? [];
    return only && others.length === 0 ? only : null;
  }

  get hasMemory(): boolean {
    return this.#hasMemory;
  }

  /** Few points of everything: who is there, limits, how often it was started again. */
  takeCoarse({ labels, count, value }: SeriesView): void {
    const metric = labels['__name__'] ?? '';
    const isState = metric === RESTARTS_METRIC || metric === TERMINATED_METRIC;
    const gauge = isState ? null : containerGaugeOf(labels);
    const name = podOf(labels, true);
    if (name === null || name.container === null || (gauge === null && !isState) || count === 0) return;
    const container = this.#known(name);
    const last = value[count - 1] ?? NaN;
    if (gauge === 'memoryLimitBytes') this.#takeLimit(container, metric, last);
    if (gauge === 'rssAnonBytes' || gauge === 'cgroupCurrentBytes') this.#hasMemory = true;
    if (gauge === 'cgroupOomKillsTotal') container.oomKills += risen(value, count);
    if (metric === RESTARTS_METRIC) container.restarts = (container.restarts ?? 0) + risen(value, count);
  }

  #known(name: PodName): Container {
    const key = containerKey(name);
    let container = this.#byKey.get(key);
    if (!container) {
      container = { name, memoryLimitBytes: null, restarts: null, oomKills: 0, kills: [] };
      this.#byKey.set(key, container);
      this.#byPod.set(podKey(name), [...(this.#byPod.get(podKey(name)) ?? []), container]);
    }
    return container;
  }

  /** The kernel's own number wins over what was asked for; 0 means none. */
  #takeLimit(container: Container, metric: string, bytes: number): void {
    if (!(bytes > 0) || !Number.isFinite(bytes)) return;
    const limits = this.#limits.get(container) ?? new Map<string, number>();
    this.#limits.set(container, limits.set(metric, bytes));
    container.memoryLimitBytes =
      limits.get('container_spec_memory_limit_bytes') ?? Math.min(...limits.values());
  }
}

function podKey({ namespace, pod }: PodName): string {
  return JSON.stringify([namespace, pod]);
}

/** How far a counter rose; where it began anew, from there. */
function risen(value: Float64Array, count: number): number {
  let sum = 0;
  for (let i = 1; i < count; i++) {
    const step = (value[i] ?? NaN) - (value[i - 1] ?? NaN);
    if (step > 0) sum += step;
    else if (step < 0) sum += value[i] ?? 0;
  }
  return sum;
}

/** Asks for all containers of these pods. Without cAdvisor and kube-state-metrics the answer is empty. */
export async function findContainers(
  asking: Asking,
  pods: readonly PodName[],
  full: Grid,
): Promise<Containers> {
  const containers = new Containers();
  await askPods(asking, pods, coarsen(full), OUTSIDE_METRICS, (series) => containers.takeCoarse(series));
  return containers;
}

/** Memory of containers point by point. */
export function fetchContainerMemory(
  asking: Asking,
  pods: readonly PodName[],
  grid: Grid,
  take: (container: PodName, gauge: GaugeName, series: SeriesView) => void,
): Promise<void> {
  return askPods(asking, pods, grid, [...MEMORY, START], (series) => {
    const gauge = containerGaugeOf(series.labels);
    const name = podOf(series.labels, true);
    if (gauge !== null && name !== null) take(name, gauge, series);
  });
}

/**
 * The containers of a selection of which cAdvisor knows the memory, as targets: for a selection in which nothing shows gauges
 * of Go. Few points of one metric; at most MAX_TARGETS, in the order of their names.
 */
export async function takeContainerCensus(
  asking: Asking,
  matchers: string,
  full: Grid,
): Promise<CensusTarget[]> {
  const found = new Map<string, CensusTarget>();
  await fetchSeries(asking, {
    ...{ grid: coarsen(full), parts: [''], isAll: true, seriesPerPart: 1 },
    query: () => selectorOf(oneOf('__name__', MEMORY), matchers),
    take: ({ labels, count }) => {
      const name = containerGaugeOf(labels) === null ? null : podOf(labels, true);
      if (name === null || name.container === null || count === 0) return;
      const key = containerKey(name);
      if (found.has(key) || found.size === MAX_TARGETS) return;
      const own = { namespace: name.namespace, pod: name.pod, container: name.container };
      found.set(key, {
        ...{ key, labels: own, pod: name, coarse: new Map(), families: new Set() },
        ...{ goVersion: null, module: null, version: null },
      });
    },
  });
  return [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** When containers that were started again were, and why. Fills `kills`. */
export async function fetchKills(
  asking: Asking,
  containers: readonly Container[],
  grid: Grid,
): Promise<void> {
  const restarted = new Map(containers.map((container) => [containerKey(container.name), container]));
  const rises = new Map<Container, number[]>();
  const reasons = new Map<Container, Map<number, string>>();
  const take = ({ labels, count, timeMillis, value }: SeriesView) => {
    const name = podOf(labels, true);
    const container = name && restarted.get(containerKey(name));
    if (!container) return;
    if (labels['__name__'] === RESTARTS_METRIC) {
      const rows = rises.get(container) ?? [];
      for (let i = 1; i < count; i++) {
        if ((value[i] ?? 0) > (value[i - 1] ?? 0)) rows.push(rowOf(grid, timeMillis[i] ?? NaN));
      }
      rises.set(container, rows);
    } else {
      const known = reasons.get(container) ?? new Map<number, string>();
      for (let i = 0; i < count; i++) {
        if (value[i] === 1) known.set(rowOf(grid, timeMillis[i] ?? NaN), labels['reason'] ?? '');
      }
      reasons.set(container, known);
    }
  };
  const pods = [...restarted.values()].map(({ name }) => name);
  await askPods(asking, pods, grid, [RESTARTS_METRIC, TERMINATED_METRIC], take);
  for (const container of restarted.values()) {
    const known = reasons.get(container);
    for (const row of (rises.get(container) ?? []).sort((a, b) => a - b)) {
      container.kills.push({ at: grid.fromMillis + row * grid.stepMillis, reason: reasonAt(known, row) });
    }
  }
}

function reasonAt(reasons: ReadonlyMap<number, string> | undefined, row: number): string | null {
  for (let after = REASON_ROWS; after >= 0; after--) {
    const reason = reasons?.get(row + after);
    if (reason !== undefined && reason !== '') return reason;
  }
  return null;
}

async function askPods(
  asking: Asking,
  pods: readonly PodName[],
  grid: Grid,
  metrics: readonly string[],
  take: (series: SeriesView) => void,
): Promise<void> {
  const wanted = new Set(pods.map(podKey));
  const names = [...new Set(pods.map(({ pod }) => pod))].sort();
  const namespaces = [...new Set(pods.map(({ namespace }) => namespace))].sort();
  // kube-state-metrics has its own pod under `pod` where it is scraped without honor_labels.
  for (const prefix of ['', 'exported_']) {
    const isMine = ({ labels }: { labels: Labels }) => {
      const name = podOf(labels, true);
      return name !== null && wanted.has(podKey(name));
    };
    for (let from = 0; from < names.length; from += PODS_PER_QUERY) {
      const parts = names.slice(from, from + PODS_PER_QUERY);
      const metric = oneOf(
        '__name__',
        prefix === '' ? metrics : metrics.filter((name) => name.startsWith('kube_')),
      );
      if (metric === oneOf('__name__', [])) continue;
      await fetchSeries(asking, {
        ...{ grid, parts, isAll: false, seriesPerPart: SERIES_PER_POD },
        query: (part) =>
          selectorOf(metric, oneOf(`${prefix}namespace`, namespaces), oneOf(`${prefix}pod`, part ?? parts)),
        take: (series) => {
          if (isMine(series)) take(series);
        },
      });
    }
  }
}
