// Columnar history of one target's gauges, bounded. See README.md of this room.
import type { GaugeName } from '../base/gauges.ts';

/** Read side: what detection sees. Times strictly increase; NaN = not known at that time. */
export interface GaugeTable {
  readonly length: number;
  readonly timeMillis: Float64Array;
  /** null when this gauge was never seen. Always exactly `length` cells. */
  column(name: GaugeName): Float64Array | null;
}
