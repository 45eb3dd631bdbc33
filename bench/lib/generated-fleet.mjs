// A fleet of services that do not exist, as a Prometheus has it: for measuring how long it takes to judge them.
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { SHAPES, drawReadings } from './generated-gauges.mjs';

/** What client_golang serves, as far as a screening asks for it, and three things that it does not ask for. */
export const METRICS = {
  nextGcBytes: 'go_memstats_next_gc_bytes',
  heapAllocBytes: 'go_memstats_heap_alloc_bytes',
  heapInuseBytes: 'go_memstats_heap_inuse_bytes',
  heapIdleBytes: 'go_memstats_heap_idle_bytes',
  heapReleasedBytes: 'go_memstats_heap_released_bytes',
  heapSysBytes: 'go_memstats_heap_sys_bytes',
  heapObjects: 'go_memstats_heap_objects',
  stackInuseBytes: 'go_memstats_stack_inuse_bytes',
  sysBytes: 'go_memstats_sys_bytes',
  gogcPercent: 'go_gc_gogc_percent',
  allocatedBytesTotal: 'go_memstats_alloc_bytes_total',
  mallocsTotal: 'go_memstats_mallocs_total',
  gcCyclesTotal: 'go_gc_duration_seconds_count',
  goroutines: 'go_goroutines',
  threads: 'go_threads',
  openFds: 'process_open_fds',
  maxFds: 'process_max_fds',
  rssBytes: 'process_resident_memory_bytes',
  virtualBytes: 'process_virtual_memory_bytes',
  cpuSecondsTotal: 'process_cpu_seconds_total',
  processStartMillis: 'process_start_time_seconds',
  requestsTotal: 'http_requests_total',
};

/** Shape of a target: the first ones leak, the others are of every kind that does not. */
export function shapeOf(/** @type {number} */ index, /** @type {number} */ leaks) {
  const quiet = ['flat', 'daily load', 'filling cache', 'step'];
  return index < leaks ? 'leak' : quiet[index % quiet.length];
}

export function instanceOf(/** @type {number} */ index) {
  return `10.0.${index >> 8}.${index & 255}:8080`;
}

/** Value of a gauge as its metric has it. */
export function valueOf(/** @type {any} */ reading, /** @type {string} */ gauge) {
  const value = gauge === 'processStartMillis' ? reading[gauge] / 1000 : reading[gauge];
  return Number.isInteger(value) ? value : Number(value.toPrecision(9));
}

/**
 * Writes OpenMetrics with timestamps, a file a day, so that promtool reads each once.
 * @param {{ targets: number, leaks: number, days: number, stepSeconds: number, startMillis: number, fileOf: (day: number) => string, onDay: (file: string) => Promise<void> }} options
 */
export async function writeFleet({ targets, leaks, days, stepSeconds, startMillis, fileOf, onDay }) {
  const fleet = Array.from({ length: targets }, (_, index) =>
    drawReadings(SHAPES[shapeOf(index, leaks)], {
      startMillis,
      stepMillis: stepSeconds * 1000,
      seed: index + 1,
    }),
  );
  const rows = Math.round(86_400 / stepSeconds);
  for (let day = 0; day < days; day++) {
    const readings = fleet.map((target) => Array.from({ length: rows }, () => target.next().value));
    const file = fileOf(day);
    const stream = createWriteStream(file);
    for (const [gauge, metric] of Object.entries(METRICS)) {
      stream.write(`# TYPE ${metric} unknown\n`);
      for (const [index, own] of readings.entries()) {
        const series = `${metric}{instance="${instanceOf(index)}",job="orders"}`;
        const lines = own.map(
          ({ atMillis, reading }) => `${series} ${valueOf(reading, gauge)} ${atMillis / 1000}\n`,
        );
        if (!stream.write(lines.join(''))) await once(stream, 'drain');
      }
    }
    stream.end('# EOF\n');
    await once(stream, 'finish');
    await onDay(file);
  }
}
