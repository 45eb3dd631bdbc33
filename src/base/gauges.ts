// The dictionary of gauges: every number that a source of stage 1 can give, under one name, with its unit in the
// name. Sources (Prometheus text, /debug/vars, MemStats trailer, /proc, cgroup) translate into these names once.

/**
 * `level`: a value at an instant. `counter`: only rises within one incarnation.
 * The order is the column order of every gauge table; append only.
 */
export const GAUGES = {
  liveHeapBytes: { kind: 'level', from: '/gc/heap/live:bytes (runtime/metrics, Go >= 1.21)' },
  nextGcBytes: { kind: 'level', from: 'go_memstats_next_gc_bytes, memstats.NextGC' },
  heapAllocBytes: { kind: 'level', from: 'go_memstats_heap_alloc_bytes, memstats.HeapAlloc' },
  heapInuseBytes: { kind: 'level', from: 'go_memstats_heap_inuse_bytes, memstats.HeapInuse' },
  heapIdleBytes: { kind: 'level', from: 'go_memstats_heap_idle_bytes, memstats.HeapIdle' },
  heapReleasedBytes: { kind: 'level', from: 'go_memstats_heap_released_bytes, memstats.HeapReleased' },
  heapSysBytes: { kind: 'level', from: 'go_memstats_heap_sys_bytes, memstats.HeapSys' },
  heapObjects: { kind: 'level', from: 'go_memstats_heap_objects, memstats.HeapObjects' },
  stackInuseBytes: { kind: 'level', from: 'go_memstats_stack_inuse_bytes, memstats.StackInuse' },
  stackSysBytes: { kind: 'level', from: 'go_memstats_stack_sys_bytes, memstats.StackSys' },
  mspanSysBytes: { kind: 'level', from: 'go_memstats_mspan_sys_bytes, memstats.MSpanSys' },
  mcacheSysBytes: { kind: 'level', from: 'go_memstats_mcache_sys_bytes, memstats.MCacheSys' },
  buckHashSysBytes: { kind: 'level', from: 'go_memstats_buck_hash_sys_bytes, memstats.BuckHashSys' },
  gcSysBytes: { kind: 'level', from: 'go_memstats_gc_sys_bytes, memstats.GCSys' },
  otherSysBytes: { kind: 'level', from: 'go_memstats_other_sys_bytes, memstats.OtherSys' },
  sysBytes: { kind: 'level', from: 'go_memstats_sys_bytes, memstats.Sys' },
  scanStackBytes: { kind: 'level', from: '/gc/scan/stack:bytes' },
  scanGlobalsBytes: { kind: 'level', from: '/gc/scan/globals:bytes' },
  gogcPercent: { kind: 'level', from: 'go_gc_gogc_percent; -1 or huge means off' },
  goMemLimitBytes: { kind: 'level', from: 'go_gc_gomemlimit_bytes; math.MaxInt64 means none' },
  allocatedBytesTotal: { kind: 'counter', from: 'go_memstats_alloc_bytes_total, memstats.TotalAlloc' },
  mallocsTotal: { kind: 'counter', from: 'go_memstats_mallocs_total, memstats.Mallocs' },
  freesTotal: { kind: 'counter', from: 'go_memstats_frees_total, memstats.Frees' },
  gcCyclesTotal: { kind: 'counter', from: 'go_gc_duration_seconds_count, memstats.NumGC' },
  gcPauseSecondsTotal: { kind: 'counter', from: 'go_gc_duration_seconds_sum, memstats.PauseTotalNs' },
  lastGcMillis: {
    kind: 'level',
    from: 'go_memstats_last_gc_time_seconds, memstats.LastGC; as the process says',
  },
  goroutines: { kind: 'level', from: 'go_goroutines' },
  goroutinesCreatedTotal: { kind: 'counter', from: '/sched/goroutines-created:goroutines (Go >= 1.26)' },
  threads: { kind: 'level', from: 'Threads: of /proc/PID/status; go_threads' },
  openFds: { kind: 'level', from: 'process_open_fds; /proc/PID/fd' },
  maxFds: { kind: 'level', from: 'process_max_fds' },
  cgoCallsTotal: { kind: 'counter', from: '/cgo/go-to-c-calls:calls' },
  rssBytes: { kind: 'level', from: 'process_resident_memory_bytes; VmRSS' },
  rssAnonBytes: { kind: 'level', from: 'RssAnon of /proc/PID/status; container_memory_rss' },
  rssFileBytes: { kind: 'level', from: 'RssFile of /proc/PID/status' },
  rssShmemBytes: { kind: 'level', from: 'RssShmem of /proc/PID/status' },
  swapBytes: { kind: 'level', from: 'VmSwap of /proc/PID/status' },
  lazyFreeBytes: {
    kind: 'level',
    from: 'LazyFree of /proc/PID/smaps_rollup (MADV_FREE, not yet taken back)',
  },
  anonHugePageBytes: { kind: 'level', from: 'AnonHugePages of /proc/PID/smaps_rollup' },
  virtualBytes: { kind: 'level', from: 'process_virtual_memory_bytes; VmSize' },
  cpuSecondsTotal: { kind: 'counter', from: 'process_cpu_seconds_total' },
  processStartMillis: { kind: 'level', from: 'process_start_time_seconds; as the process says' },
  requestsTotal: { kind: 'counter', from: 'sum of the request counters that were recognised' },
  cgroupCurrentBytes: {
    kind: 'level',
    from: 'memory.current (v2), memory.usage_in_bytes (v1); container_memory_working_set_bytes, which lacks idle page cache',
  },
  cgroupOomKillsTotal: { kind: 'counter', from: 'oom_kill of memory.events; container_oom_events_total' },
  memoryLimitBytes: {
    kind: 'level',
    from: 'memory.max of the cgroup; limit of the container; configured limit',
  },
  goResidentBytes: {
    kind: 'level',
    from: 'go.memory.used of OpenTelemetry: what MemStats calls Sys - HeapReleased; 0 where the program is not Go',
  },
  traceLiveBytes: {
    kind: 'level',
    from: 'third number of a GC trace (gctrace=1), the middle of the whole MiB that it was cut to',
  },
  traceGoalBytes: { kind: 'level', from: 'goal of a GC trace, whole MiB: that of the cycle that has ended' },
  traceCyclesTotal: { kind: 'counter', from: 'gc # of a GC trace' },
  socketFds: { kind: 'level', from: 'links of /proc/PID/fd: socket:[...]' },
  fileFds: { kind: 'level', from: 'links of /proc/PID/fd: paths' },
  pipeFds: { kind: 'level', from: 'links of /proc/PID/fd: pipe:[...]' },
  anonFds: { kind: 'level', from: 'links of /proc/PID/fd: anon_inode:... (epoll, timers, events)' },
  cgroupAnonBytes: { kind: 'level', from: 'anon of memory.stat (v2), total_rss (v1)' },
  cgroupFileBytes: { kind: 'level', from: 'file of memory.stat (v2), total_cache (v1); tmpfs is in it' },
  cgroupKernelBytes: { kind: 'level', from: 'kernel of memory.stat, or the sum of its parts (v2)' },
  cgroupHighBytes: { kind: 'level', from: 'memory.high: above it the kernel holds the processes up (v2)' },
  cgroupHighEventsTotal: { kind: 'counter', from: 'high of memory.events (v2)' },
  cgroupLimitHitsTotal: { kind: 'counter', from: 'max of memory.events (v2), memory.failcnt (v1)' },
  memoryStallSecondsTotal: { kind: 'counter', from: 'some of memory.pressure (v2, PSI)' },
  profileLiveBytes: {
    kind: 'level',
    from: 'sum of inuse_space of a heap profile that was pushed: live after the newest GC mark, estimated from samples',
  },
  finalizersQueuedTotal: {
    kind: 'counter',
    from: '/gc/finalizers/queued:finalizers + /gc/cleanups/queued:cleanups (Go >= 1.26)',
  },
  finalizersExecutedTotal: {
    kind: 'counter',
    from: '/gc/finalizers/executed:finalizers + /gc/cleanups/executed:cleanups (Go >= 1.26)',
  },
  gcCpuSecondsTotal: {
    kind: 'counter',
    from: '/cpu/classes/gc/{mark/assist, mark/dedicated, pause}:cpu-seconds, else gc/total with idle marking (Go >= 1.20)',
  },
  gcAssistSecondsTotal: { kind: 'counter', from: '/cpu/classes/gc/mark/assist:cpu-seconds (Go >= 1.20)' },
  goTouchedBytes: {
    kind: 'level',
    from: 'Rss + Swap - LazyFree of the mappings that Go has named, /proc/PID/smaps (Go >= 1.25, CONFIG_ANON_VMA_NAME)',
  },
  gcCpuFraction: {
    kind: 'level',
    from: 'memstats.GCCPUFraction, go_memstats_gc_cpu_fraction: share of the CPU time that was there since the start',
  },
} as const satisfies Record<string, { kind: 'level' | 'counter'; from: string }>;

export type GaugeName = keyof typeof GAUGES;
export const GAUGE_NAMES = Object.keys(GAUGES) as readonly GaugeName[];

/** What one source said at one time: only the gauges it knows; a missing key is "not known", never zero. */
export type GaugeReading = Partial<Record<GaugeName, number>>;
