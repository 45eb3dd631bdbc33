// RSS split into what it consists of. Field notes: detection-science 2.3, go-runtime-evidence 3.5.
import type { Bytes, Millis } from '../base/units.ts';
import type { GaugeTable, JudgedGauge } from './history.ts';
import { LazyFree } from './lazy-free.ts';

/** Gauges of one round may be spread over a few rows (a source that failed once): look back this many. */
const ROWS_LOOKED_BACK = 8;

/**
 * RSS = live + garbage + stacks + runtime + fragmentation + idle - untouched + native + fileBacked - swapped + lazyFree
 * + residual. Null = not known; the residual is what is left, never clipped, so the parts that are known add up to RSS.
 *
 * Native and untouched are both told from one difference, what the kernel holds for the process against what Go has
 * taken: each is what remains of it after the other, so at most one of them is above zero.
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
  /**
   * Taken by Go and never written, so that the kernel has no page for it: reserved metadata, buffers made large and
   * filled slowly. (Sys - released, or OpenTelemetry's go.memory.used) - (RssAnon + swap - LazyFree) where positive.
   */
  readonly untouchedBytes: Bytes | null;
  /** The other way round: anonymous memory that Go has not taken. */
  readonly nativeBytes: Bytes | null;
  readonly fileBackedBytes: Bytes | null;
  readonly swappedBytes: Bytes | null;
  /** Given back with MADV_FREE and still resident, until the kernel needs it. */
  readonly lazyFreeBytes: Bytes | null;
  /** Sources read at different instants, and parts that nothing reports. */
  readonly residualBytes: Bytes | null;
}

/** The ledger at a row; `liveBytes` from the live floor at that time. Null when RSS is not known. */
export function computeLedger(table: GaugeTable, row: number, liveBytes: Bytes | null): LedgerParts | null {
  const at = (name: JudgedGauge): number | null => lastKnown(table, name, row);
  const rss = at('rssBytes') ?? plus(at('rssAnonBytes'), at('rssFileBytes'));
  if (rss === null) return null;
  const alloc = at('heapAllocBytes');
  const live = liveBytes === null || alloc === null ? liveBytes : Math.min(liveBytes, alloc);
  const stack = at('stackInuseBytes');
  const sys = at('sysBytes');
  const released = at('heapReleasedBytes');
  const anonymous = at('rssAnonBytes');
  const isSplit = anonymous !== null;
  const fileBacked = isSplit ? (at('rssFileBytes') ?? 0) + (at('rssShmemBytes') ?? 0) : null;
  const claimed = claimedAt(table, row);
  const lazy = isSplit
    ? new LazyFree(table, (at) => minus(anonymousAt(table, at), claimedAt(table, at)))
    : null;
  const lazyFree = lazy?.at(lastKnownRow(table, 'rssAnonBytes', row)) ?? null;
  const held = isSplit ? Math.max(0, (anonymousAt(table, row) ?? 0) - (lazyFree ?? 0)) : at('rssBytes');
  // Where the kernel keeps names of mappings, the pages that Go has touched are known; otherwise all that it has taken counts as such.
  const touched = anonymous === null ? null : at('goTouchedBytes');
  const native = minus(held, touched ?? claimed);
  const untouched = touched === null ? minus(claimed, held) : minus(claimed, touched);
  const parts = {
    liveBytes: live,
    garbageBytes: minus(alloc, live),
    stackBytes: stack,
    runtimeBytes: minus(minus(sys, at('heapSysBytes')), stack),
    fragmentationBytes: minus(at('heapInuseBytes'), alloc),
    idleBytes: minus(at('heapIdleBytes'), released),
    untouchedBytes: untouched === null ? null : Math.max(0, untouched),
    nativeBytes: native === null ? null : Math.max(0, native),
    fileBackedBytes: fileBacked,
    swappedBytes: isSplit ? at('swapBytes') : null,
    lazyFreeBytes: lazyFree,
  };
  const explained = LEDGER_PARTS.reduce((sum, [name, sign]) => sum + sign * (parts[name] ?? 0), 0);
  return { atMillis: table.timeMillis[row], rssBytes: rss, ...parts, residualBytes: rss - explained };
}

/** Every part with the sign it has in RSS, in the order it is shown in. */
export const LEDGER_PARTS = [
  ['liveBytes', 1],
  ['garbageBytes', 1],
  ['stackBytes', 1],
  ['runtimeBytes', 1],
  ['fragmentationBytes', 1],
  ['idleBytes', 1],
  ['untouchedBytes', -1],
  ['nativeBytes', 1],
  ['fileBackedBytes', 1],
  ['swappedBytes', -1],
  ['lazyFreeBytes', 1],
] as const satisfies readonly (readonly [keyof LedgerParts, 1 | -1])[];

/** What Go has taken of the OS. */
function claimedAt(table: GaugeTable, row: number): Bytes | null {
  const claimed = minus(lastKnown(table, 'sysBytes', row), lastKnown(table, 'heapReleasedBytes', row));
  return claimed ?? lastKnown(table, 'goResidentBytes', row);
}

/** What the kernel holds for it that is no file, in memory or in swap. */
function anonymousAt(table: GaugeTable, row: number): Bytes | null {
  const anonymous = lastKnown(table, 'rssAnonBytes', row);
  return anonymous === null ? null : anonymous + (lastKnown(table, 'swapBytes', row) ?? 0);
}

function lastKnown(table: GaugeTable, name: JudgedGauge, row: number): number | null {
  const known = lastKnownRow(table, name, row);
  return known === -1 ? null : (table.column(name)?.[known] ?? null);
}

/** -1 where it is not known. */
function lastKnownRow(table: GaugeTable, name: JudgedGauge, row: number): number {
  const column = table.column(name);
  for (let i = row; column && i >= 0 && i > row - ROWS_LOOKED_BACK; i--) {
    if (!Number.isNaN(column[i])) return i;
  }
  return -1;
}

function minus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a - b;
}

function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}
