// Memory that the process holds outside the Go runtime. Field notes: go-runtime-evidence 3.5.
import type { GaugeTable } from './history.ts';
import { LazyFree } from './lazy-free.ts';
import { PointsBuilder, type Points } from './points.ts';

export interface NativeBytes extends Points {
  /** What the Go runtime claims of the OS (sys - released) at the same times: pages it never touched are in it. */
  readonly goResidentBytes: Float64Array;
  readonly source: 'anonymous' | 'resident';
}

/**
 * native = RssAnon + VmSwap - LazyFree - (Sys - HeapReleased), in bytes. OpenTelemetry gives the last two as one number, and
 * mappings that Go has named tell exactly what they estimate. RSS stands in for RssAnon where /proc cannot be read (then
 * file-backed pages count in, a constant of some MiB). It may be negative: Sys counts pages that Go has reserved and never
 * touched, so only what rises above zero is certainly not Go's. Null without RSS or Sys.
 */
export function computeNativeBytes(
  table: GaugeTable,
  rows: { readonly from: number; readonly to: number },
): NativeBytes | null {
  const touched = touchedColumn(table, rows);
  const claimedAt = touched === null ? goResidentAt(table) : (row: number) => touched[row];
  const anonymous = table.column('rssAnonBytes');
  const resident = table.column('rssBytes');
  if (!claimedAt || (!anonymous && !resident)) return null;
  const swap = table.column('swapBytes');
  const isAnonymous = anonymous !== null && countKnown(anonymous, rows) * 2 >= countKnown(resident, rows);
  const rss = isAnonymous ? anonymous : resident;
  if (!rss) return null;
  const beyondGo = (row: number) => rss[row] + known(swap, row) - claimedAt(row);
  const lazy = new LazyFree(table, beyondGo);
  const points = new PointsBuilder(Math.max(0, rows.to - rows.from));
  const goResident: number[] = [];
  const { timeMillis } = table;
  for (let row = rows.from; row < rows.to; row++) {
    const beyond = beyondGo(row);
    if (Number.isNaN(beyond)) continue;
    points.add(timeMillis[row], beyond - (lazy.at(row) ?? 0));
    goResident.push(claimedAt(row));
  }
  return {
    ...points.finish(),
    goResidentBytes: new Float64Array(goResident),
    source: isAnonymous ? 'anonymous' : 'resident',
  };
}

/** What the Go runtime claims of the OS at a row, from whichever gauges say it; null when none does. */
export function goResidentAt(table: GaugeTable): ((row: number) => number) | null {
  const sys = table.column('sysBytes');
  const released = table.column('heapReleasedBytes');
  const resident = table.column('goResidentBytes');
  if (sys && released) {
    return (row) => {
      const claimed = sys[row] - released[row];
      return Number.isNaN(claimed) && resident ? resident[row] : claimed;
    };
  }
  return resident && ((row) => resident[row]);
}

function countKnown(column: Float64Array | null, rows: { from: number; to: number }): number {
  let count = 0;
  for (let row = rows.from; column && row < rows.to; row++) if (!Number.isNaN(column[row])) count++;
  return count;
}

function known(column: Float64Array | null, row: number): number {
  const value = column ? column[row] : 0;
  return Number.isNaN(value) ? 0 : value;
}

/** Pages of Go that the kernel has told apart by name, where it did so for most rows: exact, where claims are not. */
function touchedColumn(table: GaugeTable, rows: { from: number; to: number }): Float64Array | null {
  const touched = table.column('goTouchedBytes');
  const anonymous = countKnown(table.column('rssAnonBytes'), rows);
  return anonymous > 0 && countKnown(touched, rows) * 2 >= anonymous ? touched : null;
}
