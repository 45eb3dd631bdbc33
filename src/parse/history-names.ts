// Which series of a query API say something about a process, and how they become its gauges. The same recipes as for a
// scrape (prometheus-names.ts), applied to names and labels instead of text.
import type { GaugeName } from '../base/gauges.ts';
import {
  GAUGE_RECIPES,
  KEY_LABELS,
  PROCESS_RECIPES,
  plainName,
  type GaugeRecipe,
} from './prometheus-names.ts';

export type Labels = Readonly<Record<string, string>>;

/** What a series is known as: the name of its metric, with the label that tells samples of one name apart. */
export type SeriesKey = string;

const RECIPES: readonly GaugeRecipe[] = [...GAUGE_RECIPES, ...PROCESS_RECIPES];
const KEYS: ReadonlySet<SeriesKey> = new Set(RECIPES.flatMap((recipe) => recipe.sumOf));
const NAMESPACED = new RegExp(`^.+_(${PROCESS_RECIPES.flatMap((recipe) => recipe.sumOf).join('|')})$`);
/** Versions stand in their labels. */
export const INFO_NAMES: readonly string[] = ['go_info', 'go_build_info'];

/** Whether series of this name are of use: of Go, of the process collector (with or without a namespace). */
export function isGaugeMetric(name: string): boolean {
  const plain = plainName(name);
  return KEYS.has(plain) || KEY_LABELS.has(plain) || INFO_NAMES.includes(plain) || NAMESPACED.test(plain);
}

/** null for series of no use. `process_open_fds` and `orders_process_open_fds` have one key. */
export function seriesKeyOf(labels: Labels): SeriesKey | null {
  const name = plainName(labels['__name__'] ?? '');
  const label = KEY_LABELS.get(name);
  if (label !== undefined) {
    const key = `${name}{${labels[label] ?? labels[label.replaceAll('_', '.')] ?? ''}}`;
    return KEYS.has(key) ? key : null;
  }
  if (KEYS.has(name) || INFO_NAMES.includes(name)) return name;
  return NAMESPACED.exec(name)?.[1] ?? null;
}

/** One gauge of a target: the sum of these series, times `factor`. */
export interface ChosenRecipe {
  readonly gauge: GaugeName;
  readonly sumOf: readonly SeriesKey[];
  readonly factor: number;
}

/** The best way to know each gauge from the series that a target has. */
export function chooseRecipes(has: (key: SeriesKey) => boolean): ChosenRecipe[] {
  const chosen = new Map<GaugeName, ChosenRecipe>();
  for (const recipe of RECIPES) {
    if (!chosen.has(recipe.gauge) && recipe.sumOf.every(has)) chosen.set(recipe.gauge, recipe);
  }
  return [...chosen.values()];
}

/** The same target scraped by a pair of servers: their labels differ by these alone. */
export const REPLICA_LABELS: ReadonlySet<string> = new Set([
  'prometheus_replica',
  'replica',
  '__replica__',
  'rule_replica',
  'receive_replica',
]);
/** Labels of the metric, not of the process that serves it. */
const METRIC_LABELS: ReadonlySet<string> = new Set([
  ...['__name__', 'version', 'path', 'checksum', 'quantile', 'le', 'go_memory_type', 'go.memory.type'],
  ...['otel_scope_name', 'otel_scope_version', 'otel_scope_schema_url'],
]);

/** The labels that all series of one process share, sorted by name. */
export function targetLabelsOf(labels: Labels): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of Object.keys(labels).sort()) {
    const value = labels[name] ?? '';
    if (value !== '' && !METRIC_LABELS.has(name) && !REPLICA_LABELS.has(name)) kept[name] = value;
  }
  return kept;
}

/** Where the process runs in Kubernetes. `container` is null where the labels do not tell. */
export interface PodName {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string | null;
}

/** Under any of the names that scrape configurations, kube-state-metrics and OpenTelemetry give these labels. */
export function podOf(labels: Labels, isExported = false): PodName | null {
  const first = (...names: string[]) => names.map((name) => labels[name]).find((text) => text) ?? null;
  const exported = isExported ? ['exported_'] : [];
  const either = (name: string) => [...exported.map((prefix) => `${prefix}${name}`), name];
  const namespace = first(
    ...either('namespace'),
    'kubernetes_namespace',
    'k8s_namespace_name',
    'k8s.namespace.name',
  );
  const pod = first(...either('pod'), 'pod_name', 'kubernetes_pod_name', 'k8s_pod_name', 'k8s.pod.name');
  if (namespace === null || pod === null) return null;
  const container = first(
    ...either('container'),
    'container_name',
    'k8s_container_name',
    'k8s.container.name',
  );
  return { namespace, pod, container };
}

/** cAdvisor and kube-state-metrics: what is known of a container from outside. */
export const CONTAINER_GAUGES: ReadonlyMap<string, GaugeName> = new Map<string, GaugeName>([
  ['container_memory_working_set_bytes', 'cgroupCurrentBytes'],
  ['container_memory_rss', 'rssAnonBytes'],
  ['container_spec_memory_limit_bytes', 'memoryLimitBytes'],
  ['kube_pod_container_resource_limits', 'memoryLimitBytes'],
  ['kube_pod_container_resource_limits_memory_bytes', 'memoryLimitBytes'],
  ['container_oom_events_total', 'cgroupOomKillsTotal'],
  ['container_start_time_seconds', 'processStartMillis'],
]);
export const RESTARTS_METRIC = 'kube_pod_container_status_restarts_total';
export const TERMINATED_METRIC = 'kube_pod_container_status_last_terminated_reason';

/** The gauge of a container that a series gives; null for others and for cgroups that are no container. */
export function containerGaugeOf(labels: Labels): GaugeName | null {
  const name = labels['__name__'] ?? '';
  const gauge = CONTAINER_GAUGES.get(name) ?? null;
  const container = labels['container'] ?? labels['exported_container'] ?? labels['container_name'] ?? '';
  // Without a name: the pod, the node. POD: the pause container.
  if (gauge === null || container === '' || container === 'POD') return null;
  const isOtherResource = name === 'kube_pod_container_resource_limits' && labels['resource'] !== 'memory';
  return isOtherResource ? null : gauge;
}
