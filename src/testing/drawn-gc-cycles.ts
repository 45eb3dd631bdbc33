// Collections drawn as rows of a table: `seconds live goal`, more columns by name in the first line.
import { GcCycleTable, type GcCycle, type GcCycles } from '../base/gc-cycles.ts';
import { MIB } from '../base/units.ts';

const QUIET: GcCycle = {
  number: 0,
  atSeconds: 0,
  cpuPercent: 0,
  clockMillis: 1,
  stopMillis: 0.1,
  longestStopMillis: 0.06,
  cpuMillis: 1,
  assistMillis: 0,
  beforeBytes: 0,
  afterBytes: 0,
  liveBytes: 0,
  goalBytes: 4 * MIB,
  stackBytes: NaN,
  globalsBytes: NaN,
  processors: 2,
  isForced: false,
};

/**
 *     gcCyclesFromText(`
 *       atSeconds  liveBytes  goalBytes
 *       0.1        3          4
 *       60         3.5        7
 *     `)
 *
 * Columns that end in `Bytes` are drawn in MiB and cut to whole ones, as the runtime does; `number` counts from 1.
 */
export function gcCyclesFromText(drawn: string): GcCycles {
  const [head, ...rows] = drawn
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const table = new GcCycleTable();
  rows.forEach((cells, row) => {
    const cycle: Record<string, number | boolean> = { ...QUIET, number: row + 1 };
    head?.forEach((name, at) => {
      const value = Number(cells[at]);
      cycle[name] = name.endsWith('Bytes')
        ? Math.floor(value) * MIB
        : name === 'isForced'
          ? value === 1
          : value;
    });
    table.add(cycle as unknown as GcCycle);
  });
  return table;
}
