import { describe, expect, it } from 'vitest';
import type { GaugeReading } from '../base/gauges.ts';
import { GaugeHistory } from './gauge-history.ts';
import { findIncarnations, mayBeginLife } from './incarnations.ts';

const START = 1_000_000_000;

function lives(readings: (GaugeReading | null)[], spacing = 60_000): string[] {
  const history = new GaugeHistory();
  readings.forEach((reading, i) => {
    if (!reading) return;
    const before = findIncarnations(history).length;
    history.append(START + i * spacing, reading);
    if (findIncarnations(history).length > before) expect(mayBeginLife(history), `row ${i}`).toBe(true);
  });
  return findIncarnations(history).map(
    (life) => `${life.firstRow}-${life.endRow} ${life.seenBy} ${(life.startMillis - START) / 60_000}m`,
  );
}

describe('incarnations', () => {
  it('are one while nothing falls', () => {
    expect(lives([{ gcCyclesTotal: 1 }, { gcCyclesTotal: 5 }, { gcCyclesTotal: 5 }])).toEqual([
      '0-3 first 0m',
    ]);
    expect(lives([])).toEqual([]);
  });

  it('start where the start time moves and the counters fall', () => {
    expect(
      lives([
        { processStartMillis: START - 60_000, cpuSecondsTotal: 9 },
        { processStartMillis: START - 60_000, cpuSecondsTotal: 10 },
        { processStartMillis: START + 90_000, cpuSecondsTotal: 1 },
      ]),
    ).toEqual(['0-2 first -1m', '2-3 start-time 1.5m']);
  });

  it('start where a GC trace counts anew, unless an exporter knows better', () => {
    const traced = [8, 9, 1, 2].map((traceCyclesTotal) => ({ traceCyclesTotal }));
    expect(lives(traced)).toEqual(['0-2 first 0m', '2-4 counter-reset 2m']);
    expect(lives(traced.map((reading) => ({ ...reading, cpuSecondsTotal: 7 })))).toEqual(['0-4 first 0m']);
    expect(lives(traced.map((reading) => ({ ...reading, processStartMillis: START })))).toEqual([
      '0-4 first 0m',
    ]);
  });

  it('do not start where an exporter only wobbles', () => {
    expect(
      lives([
        { processStartMillis: START - 1000, cpuSecondsTotal: 9 },
        { processStartMillis: START - 2500, cpuSecondsTotal: 10 },
        { processStartMillis: START - 1000 + 100_000, cpuSecondsTotal: 11 },
      ]),
    ).toEqual(['0-3 first -0.016666666666666666m']);
  });

  it('start after an exec, which keeps pid and start time but not the counters', () => {
    expect(
      lives([
        { processStartMillis: START - 60_000, allocatedBytesTotal: 1e9 },
        { processStartMillis: START - 60_000, allocatedBytesTotal: 1e6 },
      ]),
    ).toEqual(['0-1 first -1m', '1-2 counter-reset 0m']);
  });

  it('start after a long gap even when the new counters have passed the old ones', () => {
    expect(
      lives([
        { processStartMillis: START, gcCyclesTotal: 5 },
        ...Array.from({ length: 60 }, () => null),
        { processStartMillis: START + 20 * 60_000, gcCyclesTotal: 50 },
      ]),
    ).toEqual(['0-1 first 0m', '1-2 start-time 20m']);
  });

  it('do not start where two pages of one process were joined in the wrong order', () => {
    const page = { processStartMillis: START - 60_000, gcCyclesTotal: 51 };
    expect(
      lives([
        { ...page, allocatedBytesTotal: 338e6, mallocsTotal: 2.34e6 },
        { gcCyclesTotal: 51, allocatedBytesTotal: 342e6, mallocsTotal: 2.36e6 },
        { ...page, allocatedBytesTotal: 340e6, mallocsTotal: 2.35e6 },
        { gcCyclesTotal: 50, allocatedBytesTotal: 339e6, mallocsTotal: 2.34e6 },
      ]),
    ).toEqual(['0-4 first -1m']);
  });

  it('are told by a counter that was missing in between', () => {
    expect(lives([{ gcCyclesTotal: 9, goroutines: 5 }, { goroutines: 5 }, { gcCyclesTotal: 2 }])).toEqual([
      '0-2 first 0m',
      '2-3 counter-reset 2m',
    ]);
  });

  it('are told by a cliff of RSS only where nothing better is known', () => {
    expect(lives([{ rssBytes: 100 }, { rssBytes: 40 }])).toEqual(['0-1 first 0m', '1-2 cliff 1m']);
    expect(
      lives([
        { rssBytes: 100, gcCyclesTotal: 1 },
        { rssBytes: 40, gcCyclesTotal: 2 },
      ]),
    ).toEqual(['0-2 first 0m']);
  });

  it('are not suspected while counters rise and the start time stands', () => {
    const history = new GaugeHistory();
    for (let i = 0; i < 4; i++) {
      history.append(START + i * 60_000, {
        processStartMillis: START,
        gcCyclesTotal: 5 + i,
        rssBytes: 100 - i,
      });
    }
    expect(mayBeginLife(history)).toBe(false);
  });

  it('survive a request counter that loses a label', () => {
    expect(lives([{ requestsTotal: 100 }, { requestsTotal: 60 }])).toEqual(['0-2 first 0m']);
  });
});
