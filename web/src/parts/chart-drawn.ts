import type { Mark } from '../../../src/model/status.ts';
import type { Chart } from '../chart-data.ts';
import type { Palette } from '../palette.ts';
import type { Zone } from '../time-words.tsx';

/** Everything that one picture is made of. */
export interface Drawn {
  readonly chart: Chart;
  readonly marks: readonly Mark[];
  readonly palette: Palette;
  readonly zone: Zone;
}
