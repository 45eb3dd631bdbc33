import type { Bytes, Millis } from '../base/units.ts';
import type { GaugeTable } from '../series/history.ts';
import type { Incarnation } from '../series/incarnations.ts';
import type { LiveFloor } from '../series/live-floor.ts';
import type { Work } from '../series/work.ts';

/** What is known about the current life of the process; the lanes share it. */
export interface Life {
  readonly table: GaugeTable;
  readonly atMillis: Millis;
  readonly incarnation: Incarnation;
  readonly rows: { readonly from: number; readonly to: number };
  readonly floor: LiveFloor | null;
  readonly work: Work | null;
  readonly memoryLimitBytes: Bytes | null;
}
