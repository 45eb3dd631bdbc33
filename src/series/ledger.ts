// RSS split into what it consists of. Field notes: detection-science 2.3, go-runtime-evidence 3.5.
import type { GaugeName } from '../base/gauges.ts';
import type { Bytes, Millis } from '../base/units.ts';
import type { GaugeTable } from './history.ts';

/** Gauges of one round may be spread over a few rows (a source that failed once): look back this many. */
const ROWS_LOOKED_BACK = 8;

/**
 * RSS = live + garbage + stacks + runtime + fragmentation + idle + native + fileBacked + residual. Null = not known; the
 * residual is what is left, so the parts that are known always add up to RSS.
 */
export interface LedgerParts {
  readonly atMillis: Millis;
  readonly rssBytes: Bytes | null;
  /** Live heap after the last mark. */
  readonly liveBytes: Bytes | null;
  /** Allocated since, or dead and not yet swept: heap_alloc - live. */
  readonly garbageBytes: Bytes | null;
  readonly stackBytes: Bytes | null;
  /** Spans, caches, GC metadata, profiling buckets, other: Sys - heap_sys - stack_inuse. */
  readonly runtimeBytes: Bytes | null;
  /** In spans but not allocated: heap_inuse - heap_alloc. */
  readonly fragmentationBytes: Bytes | null;
  /** Free spans not yet given back: heap_idle - heap_released. */
  readonly idleBytes: Bytes | null;
  /** RssAnon + swap - LazyFree - (Sys - released, or OpenTelemetry's go.memory.used) where positive. */
  readonly nativeBytes: Bytes | null;
  readonly fileBackedBytes: Bytes | null;
  /** Negative: pages that Go counts in Sys and never touched. */
  readonly residualBytes: Bytes | null;
}

/** The ledger at a row; `liveBytes` from the live floor at that time. Null when RSS is not known. */
export function computeLedger(table: GaugeTable, row: number, liveBytes: Bytes | null): LedgerParts | null {
  const at = (name: GaugeName): number | null => lastKnown(table, name, row);
  const rss = at('rssBytes') ?? plus(at('rssAnonBytes'), at('rssFileBytes'));
  if (rss === null) return null;
  const alloc = at('heapAllocBytes');
  const live = liveBytes === null || alloc === null ? liveBytes : Math.min(liveBytes, alloc);
  const stack = at('stackInuseBytes');
  const sys = at('sysBytes');
  const released = at('heapReleasedBytes');
  const anonymous = at('rssAnonBytes');
  const fileBacked = anonymous === null ? null : (at('rssFileBytes') ?? 0) + (at('rssShmemBytes') ?? 0);
  const claimed = minus(sys, released) ?? at('goResidentBytes');
  const held =
    anonymous === null
      ? at('rssBytes')
      : Math.max(0, anonymous + (at('swapBytes') ?? 0) - (at('lazyFreeBytes') ?? 0));
  const native = minus(held, claimed);
  const parts = {
    liveBytes: live,
    garbageBytes: minus(alloc, live),
    stackBytes: stack,
    runtimeBytes: minus(minus(sys, at('heapSysBytes')), stack),
    fragmentationBytes: minus(at('heapInuseBytes'), alloc),
    idleBytes: minus(at('heapIdleBytes'), released),
    nativeBytes: native === null ? null : Math.max(0, native),
    fileBackedBytes: fileBacked,
  };
  let explained = 0;
  for (const part of Object.values(parts)) explained += part ?? 0;
  return { atMillis: table.timeMillis[row], rssBytes: rss, ...parts, residualBytes: rss - explained };
}

function lastKnown(table: GaugeTable, name: GaugeName, row: number): number | null {
  const column = table.column(name);
  for (let i = row; column && i >= 0 && i > row - ROWS_LOOKED_BACK; i--) {
    if (!Number.isNaN(column[i])) return column[i];
  }
  return null;
}

function minus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a - b;
}

function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}
