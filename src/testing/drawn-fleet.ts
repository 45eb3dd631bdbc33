// A fleet of Go services as the series that a Prometheus has of them after a week, from a few words about each.
import { seededRandom } from './seeded-random.ts';

const MIB = 1024 * 1024;
const HOUR = 3600;
const MINUTE = 60;

export interface DrawnTarget {
  readonly labels: Readonly<Record<string, string>>;
  /** Live heap in MiB, from hours since the start of this life and since the start of the drawing. */
  readonly live?: (age: number, hours: number) => number;
  readonly goroutines?: (age: number, hours: number) => number;
  /** Memory outside of Go, MiB. */
  readonly native?: (age: number, hours: number) => number;
  /** Requests a second. */
  readonly load?: (hours: number) => number;
  /** Requests a second by route, instead of `load`; each of the first one leaves `leaves` bytes behind in every life. */
  readonly routes?: Readonly<Record<string, (hours: number) => number>>;
  readonly leaves?: number;
  /** Hours at which it starts, first before 0 or when it appears. Default: long before. */
  readonly starts?: readonly number[];
  /** Hours from and to which it gives nothing. */
  readonly gaps?: readonly (readonly [number, number])[];
  /** As client_golang names them, OpenTelemetry's, a process collector alone, or only what is known of the container from outside. */
  readonly names?: 'client_golang' | 'opentelemetry' | 'process' | 'container';
  /** cAdvisor and kube-state-metrics of its container: MiB of the limit. */
  readonly limit?: number;
}

/** An ordinary day: least at night, most at noon. */
export const dailyLoad = (hours: number) => 40 * (0.67 + 0.33 * Math.sin((2 * Math.PI * hours) / 24));

/** Name of a series without labels of its own -> value; null for what it does not have. */
type Sample = Readonly<Record<string, number>>;

/**
 * OpenMetrics with timestamps, as promtool takes it.
 * @param span Unix seconds; a sample every `every` seconds, from `from` to `to`.
 */
export function drawOpenMetrics(
  targets: readonly DrawnTarget[],
  span: { readonly from: number; readonly to: number; readonly every: number },
): string {
  const families = new Map<string, Map<string, string[]>>();
  targets.forEach((target, seed) => {
    const random = seededRandom(seed + 1);
    let requests = 0;
    let cycles = 0;
    const routes = new Map<string, number>();
    for (let at = span.from; at <= span.to; at += span.every) {
      const hours = (at - span.from) / HOUR;
      const load = (target.load ?? dailyLoad)(hours) * (1 + 0.05 * (random() - 0.5));
      const life = lifeAt(target, hours);
      if (life.isFresh) [requests, cycles] = [0, 0];
      for (const [route, rate] of Object.entries(target.routes ?? {}))
        routes.set(route, (routes.get(route) ?? 0) + Math.round(rate(hours) * span.every));
      requests += Math.round(load * span.every);
      cycles += 1 + Math.floor(3 * random());
      const noise = () => 1 + 0.02 * (random() - 0.5);
      if (!life.isUp) continue;
      const facts = {
        target,
        age: life.age,
        hours,
        load,
        noise,
        requests,
        cycles,
        routes,
        started: at - life.age * HOUR,
      };
      for (const [series, value] of Object.entries(seriesOf(facts))) {
        const bracket = series.indexOf('{');
        const name = bracket < 0 ? series : series.slice(0, bracket);
        const own = bracket < 0 ? '' : series.slice(bracket + 1, -1);
        const isOutside = /^(?:container|kube)_/.test(name);
        const labels = isOutside ? containerLabels(target, name) : target.labels;
        const key = `${name}{${[own, ...Object.entries(labels).map(([label, text]) => `${label}="${text}"`)].filter(Boolean).join(',')}}`;
        const family = families.get(name) ?? new Map<string, string[]>();
        families.set(name, family);
        const lines = family.get(key) ?? [];
        family.set(key, lines);
        lines.push(`${key} ${value} ${at}`);
      }
    }
  });
  const parts: string[] = [];
  for (const [name, series] of families) {
    parts.push(`# TYPE ${name} unknown`, ...[...series.values()].flat());
  }
  return `${parts.join('\n')}\n# EOF\n`;
}

function lifeAt(target: DrawnTarget, hours: number): { age: number; isUp: boolean; isFresh: boolean } {
  const starts = target.starts ?? [-500];
  const start = starts.filter((hour) => hour <= hours).at(-1) ?? null;
  const isGap = (target.gaps ?? []).some(([from, to]) => hours >= from && hours < to);
  const age = start === null ? 0 : hours - start;
  return { age, isUp: start !== null && !isGap, isFresh: age < (5 * MINUTE) / HOUR };
}

interface Facts {
  readonly target: DrawnTarget;
  readonly age: number;
  readonly hours: number;
  readonly load: number;
  readonly noise: () => number;
  readonly requests: number;
  readonly cycles: number;
  readonly routes: ReadonlyMap<string, number>;
  readonly started: number;
}

function seriesOf(facts: Facts): Sample {
  const { target, age, hours, load, noise } = facts;
  const [first = 0] = facts.routes.values();
  const left = (target.leaves ?? 0) * first;
  const live = ((target.live?.(age, hours) ?? 64) * MIB + left) * noise();
  const goroutines = Math.round((target.goroutines?.(age, hours) ?? 30) + load / 2);
  const heap = live * 2.2;
  const resident = heap + 8192 * goroutines + 8 * MIB;
  const rss = resident + (12 + (target.native?.(age, hours) ?? 0)) * MIB * noise();
  const restarts = (target.starts ?? []).filter((start) => start > 0 && start <= hours).length;
  const outside: Sample =
    target.limit === undefined
      ? {}
      : {
          container_memory_working_set_bytes: rss,
          container_memory_rss: rss - 12 * MIB,
          container_start_time_seconds: facts.started,
          container_spec_memory_limit_bytes: target.limit * MIB,
          kube_pod_container_status_restarts_total: restarts,
          'kube_pod_container_resource_limits{resource="memory",unit="byte"}': target.limit * MIB,
          'kube_pod_container_resource_limits{resource="cpu",unit="core"}': 2,
          'kube_pod_container_status_last_terminated_reason{reason="OOMKilled"}': restarts > 0 ? 1 : 0,
        };
  const process: Sample = {
    process_resident_memory_bytes: rss,
    process_open_fds: Math.round(12 + load / 4),
    process_max_fds: 1_048_576,
    process_cpu_seconds_total: facts.requests / 500,
    process_start_time_seconds: facts.started,
  };
  if (target.names === 'process') return process;
  if (target.names === 'container') return outside;
  if (target.names === 'opentelemetry') {
    return {
      'go_memory_used_bytes{go_memory_type="stack",otel_scope_name="runtime"}': 8192 * goroutines,
      'go_memory_used_bytes{go_memory_type="other",otel_scope_name="runtime"}': resident - 8192 * goroutines,
      'go_memory_gc_goal_bytes{otel_scope_name="runtime"}': live * 2,
      'go_goroutine_count{otel_scope_name="runtime"}': goroutines,
      'go_memory_allocated_bytes_total{otel_scope_name="runtime"}': facts.requests * 20_000,
      'http_server_request_duration_seconds_count{http_route="/"}': facts.requests,
      ...outside,
    };
  }
  return {
    go_memstats_next_gc_bytes: live * 2,
    go_memstats_heap_alloc_bytes: live * 1.4,
    go_memstats_heap_inuse_bytes: live * 1.5,
    go_memstats_heap_idle_bytes: live * 0.8,
    go_memstats_heap_released_bytes: live * 0.1,
    go_memstats_heap_sys_bytes: live * 2.3,
    go_memstats_stack_inuse_bytes: 8192 * goroutines,
    go_memstats_sys_bytes: resident + live * 0.1,
    go_goroutines: goroutines,
    go_threads: 12,
    go_gc_duration_seconds_count: facts.cycles,
    go_gc_gogc_percent: 100,
    go_gc_gomemlimit_bytes: 9.223372036854776e18,
    'go_info{version="go1.26.8"}': 1,
    'go_build_info{path="example.com/orders",version="v1.4.2",checksum=""}': 1,
    ...(target.routes
      ? Object.fromEntries(
          [...facts.routes].map(([route, done]) => [
            `http_requests_total{code="200",handler="${route}"}`,
            done,
          ]),
        )
      : {
          'http_requests_total{code="200"}': Math.floor(facts.requests * 0.9),
          'http_requests_total{code="500"}': Math.ceil(facts.requests * 0.1),
        }),
    ...process,
    ...outside,
  };
}

/** As Kubernetes scrapes them: of the node, and of kube-state-metrics. */
function containerLabels({ labels }: DrawnTarget, name: string): Record<string, string> {
  const own = {
    namespace: labels['namespace'] ?? 'default',
    pod: labels['pod'] ?? '',
    container: labels['container'] ?? 'app',
  };
  return name.startsWith('kube_')
    ? { job: 'kube-state-metrics', instance: 'ksm:8080', ...own }
    : { job: 'kubelet', instance: 'node-1', id: `/kubepods/${own.pod}`, ...own };
}
