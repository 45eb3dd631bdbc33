// runtime.MemStats as JSON (/debug/vars) and as text (heap?debug=1) share their field names.
import type { GaugeName } from '../base/gauges.ts';

/** Field of runtime.MemStats -> gauge, and the factor from its unit to ours. */
export const MEMSTATS_FIELDS: ReadonlyMap<string, { readonly gauge: GaugeName; readonly factor: number }> =
  new Map(
    (
      [
        ['NextGC', 'nextGcBytes', 1],
        ['HeapAlloc', 'heapAllocBytes', 1],
        ['HeapInuse', 'heapInuseBytes', 1],
        ['HeapIdle', 'heapIdleBytes', 1],
        ['HeapReleased', 'heapReleasedBytes', 1],
        ['HeapSys', 'heapSysBytes', 1],
        ['HeapObjects', 'heapObjects', 1],
        ['StackInuse', 'stackInuseBytes', 1],
        ['StackSys', 'stackSysBytes', 1],
        ['MSpanSys', 'mspanSysBytes', 1],
        ['MCacheSys', 'mcacheSysBytes', 1],
        ['BuckHashSys', 'buckHashSysBytes', 1],
        ['GCSys', 'gcSysBytes', 1],
        ['OtherSys', 'otherSysBytes', 1],
        ['Sys', 'sysBytes', 1],
        ['TotalAlloc', 'allocatedBytesTotal', 1],
        ['Mallocs', 'mallocsTotal', 1],
        ['Frees', 'freesTotal', 1],
        ['NumGC', 'gcCyclesTotal', 1],
        // Nanoseconds since the epoch: beyond 2^53, so the last digits are lost; a millisecond is all we need.
        ['LastGC', 'lastGcMillis', 1e-6],
        ['PauseTotalNs', 'gcPauseSecondsTotal', 1e-9],
        ['GCCPUFraction', 'gcCpuFraction', 1],
      ] as const
    ).map(([field, gauge, factor]) => [field, { gauge, factor }]),
  );
