import { describe, expect, it } from 'vitest';
import type { GcCycle } from '../base/gc-cycles.ts';
import { MIB } from '../base/units.ts';
import { GaugesFromGcTrace } from './gauges-from-gctrace.ts';
import { matchGcLine } from './gctrace-line.ts';

function cycle(number: number, liveMib: number): GcCycle {
  const line = `gc ${number} @${number}s 0%: 1+2+3 ms clock, 1+0/2/0+3 ms cpu, 9->8->${liveMib} MB, 20 MB goal, 1 MB stacks, 2 MB globals, 2 P`;
  const found = matchGcLine(line, 0);
  if (found.kind !== 'whole') throw new Error(line);
  return found.cycle;
}

describe('GaugesFromGcTrace', () => {
  it('gives the middle of what the runtime cut off', () => {
    const reading = new GaugesFromGcTrace({ isOnlySource: false }).add(cycle(7, 3), 1000, null);
    expect(reading).toEqual({
      traceLiveBytes: 3.5 * MIB,
      traceGoalBytes: 20 * MIB,
      traceCyclesTotal: 7,
    });
  });

  it('gives one reading in ten seconds, with the median of what was live', () => {
    const gauges = new GaugesFromGcTrace({ isOnlySource: false });
    expect(gauges.add(cycle(1, 3), 0, null)).not.toBeNull();
    for (const [number, live] of [
      [2, 5],
      [3, 90],
      [4, 6],
    ] as const) {
      expect(gauges.add(cycle(number, live), number * 1000, null)).toBeNull();
    }
    expect(gauges.add(cycle(5, 7), 10_000, null)).toMatchObject({
      traceLiveBytes: 7 * MIB,
      traceCyclesTotal: 5,
    });
  });

  it('gives every collection of a process that seldom collects', () => {
    const gauges = new GaugesFromGcTrace({ isOnlySource: false });
    for (let number = 1; number < 9; number++) {
      expect(gauges.add(cycle(number, number), number * 120_000, null)?.traceLiveBytes).toBe(
        (number + 0.5) * MIB,
      );
    }
  });

  it('stands in for an exporter where it is all there is', () => {
    const gauges = new GaugesFromGcTrace({ isOnlySource: true });
    gauges.add(cycle(1, 3), 1000, 0);
    expect(gauges.add(cycle(2, 3), 20_000, 0)).toEqual({
      traceLiveBytes: 3.5 * MIB,
      traceGoalBytes: 20 * MIB,
      traceCyclesTotal: 2,
      heapAllocBytes: 8 * MIB,
      gcCyclesTotal: 2,
      gcPauseSecondsTotal: 0.008,
      scanStackBytes: MIB,
      scanGlobalsBytes: 2 * MIB,
      processStartMillis: 0,
    });
  });

  it('takes no collection of the life before into a reading', () => {
    const gauges = new GaugesFromGcTrace({ isOnlySource: false });
    gauges.add(cycle(8, 50), 0, null);
    gauges.add(cycle(9, 60), 1000, null);
    expect(gauges.add(cycle(1, 3), 2000, null)?.traceLiveBytes).toBe(3.5 * MIB);
  });
});
