// Which gauges would have made the answer better, and what their absence costs.
import type { Assessment } from './assessment.ts';
import type { GaugeTable } from '../series/history.ts';
import type { LiveFloor } from '../series/live-floor.ts';

export function findMissing(table: GaugeTable, floor: LiveFloor | null): Assessment['missing'] {
  const missing: { source: string; why: string; costs: string }[] = [];
  const lacks = (name: Parameters<GaugeTable['column']>[0]): boolean => table.column(name) === null;
  const isGo = !isKnownOther(table);
  if (floor === null && isGo) {
    missing.push({
      source: 'go_memstats_next_gc_bytes',
      why: 'no gauge of the Go heap was read',
      costs: 'growth of the heap cannot be seen',
    });
  } else if (floor?.source === 'minimum') {
    missing.push({
      source: '/gc/heap/live:bytes',
      why: floor.why,
      costs: 'the rolling minimum of heap_alloc stands in, about seven times noisier',
    });
  }
  if (floor?.source === 'room') {
    missing.push({
      source: '/gc/heap/live:bytes',
      why: floor.why,
      costs: 'what collections leave below their goal stands in for the live heap, with some noise',
    });
  }
  if (floor?.source === 'profile') {
    missing.push({
      source: '/gc/heap/live:bytes',
      why: floor.why,
      costs: 'the sum of each profile stands in for the live heap, with the noise of its sampling',
    });
  }
  if (lacks('rssBytes') && lacks('rssAnonBytes')) {
    missing.push({
      source: 'process_resident_memory_bytes',
      why: 'neither the exporter nor /proc gave it',
      costs: 'memory outside Go cannot be seen, and the time to the limit not be told',
    });
  }
  if (lacks('goroutines') && isGo) {
    missing.push({
      source: 'go_goroutines',
      why: 'not exported',
      costs: 'goroutine leaks show only through the memory that they hold',
    });
  }
  if (lacks('openFds')) {
    missing.push({
      source: 'process_open_fds',
      why: 'neither the exporter nor /proc gave it',
      costs: 'leaked connections and files show only through the memory that they hold',
    });
  }
  if (lacks('requestsTotal')) {
    missing.push({
      source: 'a request counter',
      why: 'none was recognised among the metrics',
      costs: 'growth that follows the load is told from a leak by CPU time, or not at all',
    });
  }
  return missing;
}

/** Its executable was read, and it is no Go program: then Go's runtime holds nothing, and nothing of it is missing. */
function isKnownOther(table: GaugeTable): boolean {
  const resident = table.column('goResidentBytes');
  for (let row = table.length - 1; resident && row >= 0; row--) {
    if (!Number.isNaN(resident[row])) return resident[row] === 0;
  }
  return false;
}
