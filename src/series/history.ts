// Columnar history of one target's gauges, bounded. See README.md of this room.
import type { GaugeName } from '../base/gauges.ts';
import type { Millis } from '../base/units.ts';

/** Read side: what detection sees. Times strictly increase; NaN = not known at that time. */
export interface GaugeTable {
  readonly length: number;
  readonly timeMillis: Float64Array;
  /** null when this gauge was never seen. Always exactly `length` cells. */
  column(name: GaugeName): Float64Array | null;
}

/**
 * The table as it was at `atMillis`: a live history ends there anyway, a replay may hold more. Views are made once: the
 * lanes ask for them again and again.
 */
export function tableUpTo(table: GaugeTable, atMillis: Millis): GaugeTable {
  const all = table.timeMillis;
  let length = table.length;
  while (length > 0 && all[length - 1] > atMillis) length--;
  const columns = new Map<GaugeName, Float64Array | null>();
  const column = (name: GaugeName): Float64Array | null => {
    let cells = columns.get(name);
    if (cells === undefined) columns.set(name, (cells = table.column(name)?.subarray(0, length) ?? null));
    return cells;
  };
  return { length, timeMillis: all.subarray(0, length), column };
}
