// Plimsoll's own process: a tool against memory leaks shows its own memory. Names as prom-client and the Go
// client spell them, so that existing dashboards work.
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import type { Metric } from './metrics-text.ts';

/** Time between two looks at the event loop; subtracted, because the histogram counts the wait itself too. */
const LOOP_RESOLUTION_MILLIS = 20;

export class ProcessMetrics {
  readonly #loop: IntervalHistogram;

  constructor() {
    this.#loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MILLIS });
    this.#loop.enable();
  }

  /** Delays are those since the last call, so that a spike shows in one scrape and not for ever. */
  read(liveClients: number): Metric[] {
    const memory = process.memoryUsage();
    const delay = (nanoseconds: number) =>
      Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - LOOP_RESOLUTION_MILLIS / 1e3) : 0;
    const isEmpty = this.#loop.count === 0;
    const delays = {
      mean: isEmpty ? 0 : delay(this.#loop.mean),
      p99: isEmpty ? 0 : delay(this.#loop.percentile(99)),
      max: isEmpty ? 0 : delay(this.#loop.max),
    };
    this.#loop.reset();
    const cpu = process.cpuUsage();
    return [
      one('process_resident_memory_bytes', 'Resident memory of Plimsoll.', memory.rss),
      one('process_start_time_seconds', 'Start of this process.', Date.now() / 1e3 - process.uptime()),
      {
        ...one('process_cpu_seconds_total', 'CPU time of Plimsoll.', (cpu.user + cpu.system) / 1e6),
        type: 'counter',
      },
      one('nodejs_heap_size_used_bytes', 'JavaScript heap in use.', memory.heapUsed),
      one('nodejs_heap_size_total_bytes', 'JavaScript heap reserved.', memory.heapTotal),
      one('nodejs_external_memory_bytes', 'Memory of buffers outside the heap.', memory.external),
      one(
        'nodejs_eventloop_lag_mean_seconds',
        'Mean delay of the event loop since the last scrape.',
        delays.mean,
      ),
      one('nodejs_eventloop_lag_p99_seconds', '99th percentile of that delay.', delays.p99),
      one(
        'nodejs_eventloop_lag_max_seconds',
        'Longest delay of the event loop since the last scrape.',
        delays.max,
      ),
      one('plimsoll_live_clients', 'Pages that are connected for live events.', liveClients),
    ];
  }

  close(): void {
    this.#loop.disable();
  }
}

function one(name: string, help: string, value: number): Metric {
  return { name, help, type: 'gauge', samples: [{ value }] };
}
