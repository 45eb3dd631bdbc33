import { describe, expect, it } from 'vitest';
import { GAUGE_NAMES } from '../base/gauges.ts';
import { hasGoHeapGauges } from './gauge-extract.ts';
import { gaugesFromPrometheus } from './gauges-from-prometheus.ts';

describe('gaugesFromPrometheus', () => {
  it('reads the default names of client_golang', () => {
    const extract = gaugesFromPrometheus(`# TYPE go_gc_duration_seconds summary
go_gc_duration_seconds{quantile="0.5"} 3e-05
go_gc_duration_seconds_sum 0.0092
go_gc_duration_seconds_count 23
go_gc_gogc_percent 100
go_gc_gomemlimit_bytes 9.223372036854776e+18
go_goroutines 63
go_info{version="go1.26.8"} 1
go_build_info{checksum="",path="example.com/orders",version="v1.4.2"} 1
go_memstats_heap_alloc_bytes 1.0966e+08
go_memstats_next_gc_bytes 1.3885e+08
go_memstats_last_gc_time_seconds 1.795213716e+09
go_threads 14
process_cpu_seconds_total 5.27
process_resident_memory_bytes 1.3987e+08
process_start_time_seconds 1.79000000012e+09
`);
    expect(extract).toEqual({
      reading: {
        gcPauseSecondsTotal: 0.0092,
        gcCyclesTotal: 23,
        gogcPercent: 100,
        goMemLimitBytes: 9.223372036854776e18,
        goroutines: 63,
        heapAllocBytes: 1.0966e8,
        nextGcBytes: 1.3885e8,
        lastGcMillis: 1795213716000,
        threads: 14,
        cpuSecondsTotal: 5.27,
        rssBytes: 1.3987e8,
        processStartMillis: 1790000000120,
      },
      goVersion: 'go1.26.8',
      module: { path: 'example.com/orders', version: 'v1.4.2' },
      requestsFamily: null,
      routes: null,
      warnings: [],
    });
    expect(Object.keys(extract.reading).every((name) => (GAUGE_NAMES as string[]).includes(name))).toBe(true);
  });

  it('computes MemStats fields from memory classes where only runtime/metrics is served', () => {
    const { reading } = gaugesFromPrometheus(`go_gc_heap_live_bytes 700
go_gc_heap_goal_bytes 1500
go_memory_classes_heap_objects_bytes 1000
go_memory_classes_heap_unused_bytes 100
go_memory_classes_heap_free_bytes 30
go_memory_classes_heap_released_bytes 20
go_memory_classes_heap_stacks_bytes 64
go_memory_classes_os_stacks_bytes 8
go_memory_classes_total_bytes 2000
go_sched_goroutines_goroutines 5
go_sched_goroutines_created_goroutines_total 50
go_sched_threads_total_threads 6
go_threads 9
go_gc_heap_allocs_objects_total 40
go_gc_heap_tiny_allocs_objects_total 2
go_cgo_go_to_c_calls_calls_total 3
`);
    expect(reading).toEqual({
      liveHeapBytes: 700,
      nextGcBytes: 1500,
      heapAllocBytes: 1000,
      heapInuseBytes: 1100,
      heapIdleBytes: 50,
      heapReleasedBytes: 20,
      heapSysBytes: 1150,
      stackInuseBytes: 64,
      stackSysBytes: 72,
      sysBytes: 2000,
      goroutines: 5,
      goroutinesCreatedTotal: 50,
      threads: 6,
      mallocsTotal: 42,
      cgoCallsTotal: 3,
    });
    expect(hasGoHeapGauges(reading)).toBe(true);
  });

  it('counts no marking on idle processors as CPU of the collector, unless nothing tells it apart', () => {
    const total = 'go_cpu_classes_gc_total_cpu_seconds_total 7.28\n';
    const parts = `go_cpu_classes_gc_mark_assist_cpu_seconds_total 0.5
go_cpu_classes_gc_mark_dedicated_cpu_seconds_total 2.75
go_cpu_classes_gc_mark_idle_cpu_seconds_total 4
go_cpu_classes_gc_pause_cpu_seconds_total 0.03
`;
    expect(gaugesFromPrometheus(parts + total).reading.gcCpuSecondsTotal).toBeCloseTo(3.28);
    expect(gaugesFromPrometheus(total).reading.gcCpuSecondsTotal).toBe(7.28);
  });

  it('leaves out what is not known or cannot be true', () => {
    const extract = gaugesFromPrometheus(`go_goroutines NaN
go_memstats_heap_alloc_bytes +Inf
go_memstats_next_gc_bytes -1
go_memstats_last_gc_time_seconds -6.795364578871346e+09
go_gc_gogc_percent -1
`);
    expect(extract.reading).toEqual({ gogcPercent: -1 });
    expect(extract.warnings).toEqual([
      'go_memstats_next_gc_bytes is negative (-1): left out',
      'go_memstats_heap_alloc_bytes is Infinity: left out',
    ]);
    expect(hasGoHeapGauges(extract.reading)).toBe(false);
  });

  it('takes a namespaced process collector when there is exactly one', () => {
    expect(
      gaugesFromPrometheus('orders_process_resident_memory_bytes 7\norders_process_open_fds 3\n').reading,
    ).toEqual({
      openFds: 3,
      rssBytes: 7,
    });
    expect(gaugesFromPrometheus('a_process_open_fds 1\nprocess_open_fds 2\n').reading).toEqual({
      openFds: 2,
    });
    const two = gaugesFromPrometheus('a_process_open_fds 1\nb_process_open_fds 2\n');
    expect(two.reading).toEqual({});
    expect(two.warnings).toEqual([
      'a_process_*, b_process_*: cannot tell which of them is this process, none is used',
    ]);
  });

  it('does not mix the processes that a proxy serves under one name', () => {
    const extract = gaugesFromPrometheus(
      'go_goroutines{pod="a"} 5\ngo_goroutines{pod="b"} 500\ngo_threads{pod="a"} 4\n',
    );
    expect(extract.reading).toEqual({ threads: 4 });
    expect(extract.warnings[0]).toContain('go_goroutines has 2 samples');
    expect(gaugesFromPrometheus('go_goroutines{pod="b"} 500\ngo_goroutines 5\n').reading.goroutines).toBe(5);
  });

  it('does not take a version that the build does not know', () => {
    const module = (labels: string) => gaugesFromPrometheus(`go_build_info{${labels}} 1\n`).module;
    expect(module('path="example.com/a",version="(devel)"')).toEqual({
      path: 'example.com/a',
      version: null,
    });
    expect(module('path="unknown",version="unknown"')).toBeNull();
  });

  it('says with the line what it could not read, and reads the rest', () => {
    const extract = gaugesFromPrometheus('go_goroutines 5\nwhat is this?\n');
    expect([extract.reading, extract.warnings]).toEqual([{ goroutines: 5 }, ['line 2: "is" is no number']]);
  });
});

describe('requestsTotal', () => {
  const chosen = (text: string, pinned?: string) => {
    const extract = gaugesFromPrometheus(text, pinned === undefined ? {} : { pinnedRequestsFamily: pinned });
    return `${extract.requestsFamily} ${extract.reading.requestsTotal ?? '-'}`;
  };

  it('sums all samples of one family', () => {
    expect(
      chosen(
        'http_requests_total{code="200"} 10\nhttp_requests_total{code="500"} 2\nhttp_requests_failed_total 2\n',
      ),
    ).toBe('http_requests_total 12');
  });

  it('never counts a request in two families', () => {
    expect(
      chosen('http_request_duration_seconds_count 10\nhttp_requests_total 9\ngrpc_server_handled_total 4\n'),
    ).toBe('http_requests_total 9');
    expect(chosen('grpc_server_started_total 5\ngrpc_server_handled_total 4\n')).toBe(
      'grpc_server_handled_total 4',
    );
  });

  it.each([
    ['promhttp_metric_handler_requests_total{code="200"} 7\n'],
    ['http_client_requests_total 7\nrest_client_requests_total 7\n'],
    ['go_gc_duration_seconds_count 7\n'],
    ['# TYPE active_requests_total gauge\nactive_requests_total 7\n'],
    ['http_requests_failed_total 7\ndb_query_duration_seconds_count 7\n'],
    ['http_requests_in_flight 7\nhttp_requests_created 1.7e9\n'],
  ])('does not take %j for load', (text) => {
    expect(chosen(text)).toBe('null -');
  });

  it.each([
    ['orders_http_requests_total 7\norders_requests_total 9\n', 'orders_http_requests_total 7'],
    ['zz_requests_total 1\nb_requests_total 2\na_requests_total 3\n', 'a_requests_total 3'],
    [
      'http_request_duration_seconds_count{path="/a"} 3\nhttp_request_duration_seconds_count{path="/b"} 4\n',
      'http_request_duration_seconds_count 7',
    ],
    ['http_server_request_duration_seconds_count 3\n', 'http_server_request_duration_seconds_count 3'],
    ['worker_jobs_processed_total 5\n', 'worker_jobs_processed_total 5'],
    ['requests_total 5\n', 'requests_total 5'],
    ['checkout_step_duration_seconds_count 5\n', 'checkout_step_duration_seconds_count 5'],
  ])('takes from %j the family %s', (text, expected) => {
    expect(chosen(text)).toBe(expected);
  });

  it('stays with the family of the last reading while it is served', () => {
    const text = 'worker_jobs_processed_total 5\nhttp_requests_total 1\n';
    expect(chosen(text, 'worker_jobs_processed_total')).toBe('worker_jobs_processed_total 5');
    expect(chosen(text, 'gone_total')).toBe('http_requests_total 1');
  });
});
