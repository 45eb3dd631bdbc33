// Which Prometheus names mean which gauge. gauges-from-prometheus.ts and history-names.ts apply it.
import type { GaugeName } from '../base/gauges.ts';

/** One way to know a gauge: the sum of these samples, times `factor`. */
export interface GaugeRecipe {
  readonly gauge: GaugeName;
  /** Every one of them must be there. */
  readonly sumOf: readonly string[];
  /** From the exporter's unit to ours. */
  readonly factor: number;
}

function recipe(gauge: GaugeName, sumOf: string | readonly string[], factor = 1): GaugeRecipe {
  return { gauge, sumOf: typeof sumOf === 'string' ? [sumOf] : sumOf, factor };
}

const HEAP_OBJECTS = 'go_memory_classes_heap_objects_bytes';
const HEAP_UNUSED = 'go_memory_classes_heap_unused_bytes';
const HEAP_FREE = 'go_memory_classes_heap_free_bytes';
const HEAP_RELEASED = 'go_memory_classes_heap_released_bytes';
const HEAP_STACKS = 'go_memory_classes_heap_stacks_bytes';
const METADATA = 'go_memory_classes_metadata';

/**
 * Names whose samples are told apart by one label: `go_memory_used_bytes{go_memory_type="stack"}` is known here as
 * `go_memory_used_bytes{stack}`.
 */
export const KEY_LABELS: ReadonlyMap<string, string> = new Map([
  ['go_memory_used_bytes', 'go_memory_type'],
  ['go_memory_used', 'go_memory_type'],
]);

/**
 * Best source first within each gauge: client_golang's MemStats names, then the same from runtime/metrics
 * (`go` + path with `/` and `-` as `_`, + unit, + `_total` when cumulative), then the OpenTelemetry names as its
 * Prometheus exporter spells them, with suffixes (its default) and without (`add_metric_suffixes: false`, UTF-8 names).
 *
 * The sums are how runtime.ReadMemStats itself computes the field from the memory classes:
 * HeapInuse = objects + unused, HeapIdle = free + released, StackSys = heap stacks + OS stacks.
 */
export const GAUGE_RECIPES: readonly GaugeRecipe[] = [
  recipe('liveHeapBytes', 'go_gc_heap_live_bytes'),
  recipe('nextGcBytes', 'go_memstats_next_gc_bytes'),
  recipe('nextGcBytes', 'go_gc_heap_goal_bytes'),
  recipe('nextGcBytes', 'go_memory_gc_goal_bytes'),
  recipe('nextGcBytes', 'go_memory_gc_goal'),
  recipe('heapAllocBytes', 'go_memstats_heap_alloc_bytes'),
  recipe('heapAllocBytes', 'go_memstats_alloc_bytes'),
  recipe('heapAllocBytes', HEAP_OBJECTS),
  recipe('heapAllocBytes', 'process_runtime_go_mem_heap_alloc_bytes'),
  recipe('heapInuseBytes', 'go_memstats_heap_inuse_bytes'),
  recipe('heapInuseBytes', [HEAP_OBJECTS, HEAP_UNUSED]),
  recipe('heapInuseBytes', 'process_runtime_go_mem_heap_inuse_bytes'),
  recipe('heapIdleBytes', 'go_memstats_heap_idle_bytes'),
  recipe('heapIdleBytes', [HEAP_FREE, HEAP_RELEASED]),
  recipe('heapIdleBytes', 'process_runtime_go_mem_heap_idle_bytes'),
  recipe('heapReleasedBytes', 'go_memstats_heap_released_bytes'),
  recipe('heapReleasedBytes', HEAP_RELEASED),
  recipe('heapReleasedBytes', 'process_runtime_go_mem_heap_released_bytes'),
  recipe('heapSysBytes', 'go_memstats_heap_sys_bytes'),
  recipe('heapSysBytes', [HEAP_OBJECTS, HEAP_UNUSED, HEAP_FREE, HEAP_RELEASED]),
  recipe('heapSysBytes', 'process_runtime_go_mem_heap_sys_bytes'),
  recipe('heapObjects', 'go_memstats_heap_objects'),
  recipe('heapObjects', 'go_gc_heap_objects_objects'),
  recipe('heapObjects', 'process_runtime_go_mem_heap_objects'),
  recipe('stackInuseBytes', 'go_memstats_stack_inuse_bytes'),
  recipe('stackInuseBytes', HEAP_STACKS),
  recipe('stackInuseBytes', 'go_memory_used_bytes{stack}'),
  recipe('stackInuseBytes', 'go_memory_used{stack}'),
  recipe('stackSysBytes', 'go_memstats_stack_sys_bytes'),
  recipe('stackSysBytes', [HEAP_STACKS, 'go_memory_classes_os_stacks_bytes']),
  recipe('mspanSysBytes', 'go_memstats_mspan_sys_bytes'),
  recipe('mspanSysBytes', [`${METADATA}_mspan_inuse_bytes`, `${METADATA}_mspan_free_bytes`]),
  recipe('mcacheSysBytes', 'go_memstats_mcache_sys_bytes'),
  recipe('mcacheSysBytes', [`${METADATA}_mcache_inuse_bytes`, `${METADATA}_mcache_free_bytes`]),
  recipe('buckHashSysBytes', 'go_memstats_buck_hash_sys_bytes'),
  recipe('buckHashSysBytes', 'go_memory_classes_profiling_buckets_bytes'),
  recipe('gcSysBytes', 'go_memstats_gc_sys_bytes'),
  recipe('gcSysBytes', `${METADATA}_other_bytes`),
  recipe('otherSysBytes', 'go_memstats_other_sys_bytes'),
  recipe('otherSysBytes', 'go_memory_classes_other_bytes'),
  recipe('sysBytes', 'go_memstats_sys_bytes'),
  recipe('sysBytes', 'go_memory_classes_total_bytes'),
  recipe('scanStackBytes', 'go_gc_scan_stack_bytes'),
  recipe('scanGlobalsBytes', 'go_gc_scan_globals_bytes'),
  recipe('gogcPercent', 'go_gc_gogc_percent'),
  recipe('gogcPercent', 'go_config_gogc_percent'),
  recipe('gogcPercent', 'go_config_gogc'),
  recipe('goMemLimitBytes', 'go_gc_gomemlimit_bytes'),
  recipe('goMemLimitBytes', 'go_memory_limit_bytes'),
  recipe('goMemLimitBytes', 'go_memory_limit'),
  recipe('allocatedBytesTotal', 'go_memstats_alloc_bytes_total'),
  recipe('allocatedBytesTotal', 'go_gc_heap_allocs_bytes_total'),
  recipe('allocatedBytesTotal', 'go_memory_allocated_bytes_total'),
  recipe('allocatedBytesTotal', 'go_memory_allocated'),
  // MemStats counts tiny allocations as objects of their own, the runtime/metrics paths do not.
  recipe('mallocsTotal', 'go_memstats_mallocs_total'),
  recipe('mallocsTotal', ['go_gc_heap_allocs_objects_total', 'go_gc_heap_tiny_allocs_objects_total']),
  recipe('mallocsTotal', 'go_memory_allocations_total'),
  recipe('mallocsTotal', 'go_memory_allocations'),
  recipe('freesTotal', 'go_memstats_frees_total'),
  recipe('freesTotal', ['go_gc_heap_frees_objects_total', 'go_gc_heap_tiny_allocs_objects_total']),
  recipe('gcCyclesTotal', 'go_gc_duration_seconds_count'),
  recipe('gcCyclesTotal', 'go_gc_cycles_total_gc_cycles_total'),
  recipe('gcCyclesTotal', 'go_memory_gc_cycles_total'),
  recipe('gcCyclesTotal', 'process_runtime_go_gc_count_total'),
  recipe('gcPauseSecondsTotal', 'go_gc_duration_seconds_sum'),
  recipe('lastGcMillis', 'go_memstats_last_gc_time_seconds', 1000),
  recipe('goroutines', 'go_goroutines'),
  recipe('goroutines', 'go_sched_goroutines_goroutines'),
  recipe('goroutines', 'go_goroutine_count'),
  recipe('goroutines', 'process_runtime_go_goroutines'),
  recipe('goroutinesCreatedTotal', 'go_sched_goroutines_created_goroutines_total'),
  // go_threads counts threads ever created, so the exact one goes first.
  recipe('threads', 'go_sched_threads_total_threads'),
  recipe('threads', 'go_threads'),
  recipe('cgoCallsTotal', 'go_cgo_go_to_c_calls_calls_total'),
  recipe('cgoCallsTotal', 'process_runtime_go_cgo_calls'),
  recipe('finalizersQueuedTotal', [
    'go_gc_finalizers_queued_finalizers_total',
    'go_gc_cleanups_queued_cleanups_total',
  ]),
  recipe('finalizersExecutedTotal', [
    'go_gc_finalizers_executed_finalizers_total',
    'go_gc_cleanups_executed_cleanups_total',
  ]),
  // Without marking on processors that had nothing to do: that takes nothing from the program.
  recipe('gcCpuSecondsTotal', [
    'go_cpu_classes_gc_mark_assist_cpu_seconds_total',
    'go_cpu_classes_gc_mark_dedicated_cpu_seconds_total',
    'go_cpu_classes_gc_pause_cpu_seconds_total',
  ]),
  recipe('gcCpuSecondsTotal', 'go_cpu_classes_gc_total_cpu_seconds_total'),
  recipe('gcAssistSecondsTotal', 'go_cpu_classes_gc_mark_assist_cpu_seconds_total'),
  recipe('gcCpuFraction', 'go_memstats_gc_cpu_fraction'),
  recipe('goResidentBytes', ['go_memory_used_bytes{stack}', 'go_memory_used_bytes{other}']),
  recipe('goResidentBytes', ['go_memory_used{stack}', 'go_memory_used{other}']),
];

/**
 * The process collector. client_golang allows a namespace before these (`orders_process_open_fds`).
 * Suffix behind `process_` -> gauge and factor.
 */
export const PROCESS_RECIPES: readonly GaugeRecipe[] = [
  recipe('openFds', 'process_open_fds'),
  recipe('maxFds', 'process_max_fds'),
  recipe('rssBytes', 'process_resident_memory_bytes'),
  recipe('virtualBytes', 'process_virtual_memory_bytes'),
  recipe('cpuSecondsTotal', 'process_cpu_seconds_total'),
  recipe('processStartMillis', 'process_start_time_seconds', 1000),
];

/** `go.memory.used` -> `go_memory_used`: names in UTF-8 as exporters spell them where they may not. */
export function plainName(name: string): string {
  return /[^\w:]/.test(name) ? name.replace(/[^\w:]/gu, '_') : name;
}
