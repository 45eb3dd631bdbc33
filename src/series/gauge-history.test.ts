import { describe, expect, it } from 'vitest';
import type { GaugeReading } from '../base/gauges.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { JUDGED_GAUGES } from './history.ts';
import {
  ADOPTED_ROWS_BOUND,
  GAUGE_ROWS_BOUND,
  GaugeHistory,
  ROUND_TOLERANCE_MILLIS,
} from './gauge-history.ts';

interface Row {
  readonly at: number;
  readonly reading: GaugeReading;
}

function drawReading(random: () => number, uptime: number): GaugeReading {
  const reading: GaugeReading = {
    nextGcBytes: 8192 * Math.floor(50_000 * random()),
    cpuSecondsTotal: Math.round(137 * uptime) / 100,
    requestsTotal: 400 * uptime,
    heapObjects: 5,
    ...(random() < 0.9 && { goroutines: Math.floor(30 * random()) }),
    ...(random() < 0.01 && { goMemLimitBytes: 2 ** 63 }),
    ...(uptime > 100 && { liveHeapBytes: random() * 1e9 }),
  };
  return reading;
}

function expectSame(history: GaugeHistory, plain: readonly Row[]): void {
  expect([...history.timeMillis]).toEqual(plain.map(({ at }) => at));
  for (const name of JUDGED_GAUGES) {
    const values = plain.map(({ reading }) => reading[name] ?? NaN);
    expect(history.column(name)).toEqual(values.every(Number.isNaN) ? null : Float64Array.from(values));
  }
}

const cells = (history: GaugeHistory, name: Parameters<GaugeHistory['column']>[0]): number[] => [
  ...(history.column(name) ?? []),
];

describe('GaugeHistory', () => {
  it('puts the answers of one round into one row, whichever came first', () => {
    const history = new GaugeHistory();
    expect(history.append(1000, { goroutines: 10, rssBytes: 5 })).toBe('appended');
    expect(history.append(1020, { rssBytes: 6, rssAnonBytes: 4, rssFileBytes: 2 })).toBe('merged');
    expect(history.append(990, { openFds: 7 })).toBe('merged');
    expect([...history.timeMillis]).toEqual([1000]);
    expect([cells(history, 'rssBytes'), cells(history, 'openFds')]).toEqual([[6], [7]]);
  });

  it('starts a new row for a second answer of the same source, however soon', () => {
    const history = new GaugeHistory();
    history.append(0, { goroutines: 10, rssBytes: 5 });
    expect(history.append(ROUND_TOLERANCE_MILLIS - 1, { goroutines: 11, rssBytes: 5 })).toBe('appended');
    expect(cells(history, 'goroutines')).toEqual([10, 11]);
  });

  it('refuses what is older than the last row, and times that are none', () => {
    const history = new GaugeHistory();
    history.append(60_000, { goroutines: 1 });
    expect(history.append(0, { goroutines: 2 })).toBe('refused');
    expect(history.append(NaN, { goroutines: 2 })).toBe('refused');
    expect(history.length).toBe(1);
  });

  it('has no column for a gauge that was never seen, and NaN where it was not known', () => {
    const history = new GaugeHistory();
    history.append(0, { goroutines: 1, threads: Infinity });
    history.append(60_000, { openFds: 3 });
    expect(history.column('threads')).toBeNull();
    expect(cells(history, 'openFds')).toEqual([NaN, 3]);
    expect(cells(history, 'goroutines')).toEqual([1, NaN]);
  });

  it('stays within its bound for ever: the first row and the recent ones stay, the old ones get coarser', () => {
    const history = new GaugeHistory();
    const rows = 4 * GAUGE_ROWS_BOUND;
    for (let i = 0; i < rows; i++) {
      history.append(i * 60_000, { goroutines: i });
      expect(history.length).toBeLessThanOrEqual(GAUGE_ROWS_BOUND);
    }
    const kept = cells(history, 'goroutines');
    expect(kept[0]).toBe(0);
    expect(kept.slice(-100)).toEqual(Array.from({ length: 100 }, (_, i) => rows - 100 + i));
    expect(kept.every((value, i) => i === 0 || value > kept[i - 1])).toBe(true);
    expect([...history.timeMillis].map((at) => at / 60_000)).toEqual(kept);
  });

  it('gives back what was appended, through restarts, gaps, late scrapes and gauges that come and go', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const random = seededRandom(seed);
      const history = new GaugeHistory();
      const plain: Row[] = [];
      const end = Math.floor(GAUGE_ROWS_BOUND * random());
      let at = 1.79e12 + (seed % 3) / 4;
      let uptime = 0;
      while (plain.length < end) {
        at += random() < 0.02 ? 3e6 * random() : 15_000 * (0.5 + random());
        uptime = random() < 0.01 ? 0 : uptime + 1;
        const last = plain.at(-1);
        const isLate = random() < 0.05 && last !== undefined;
        const reading = isLate ? { rssShmemBytes: 4096 * plain.length } : drawReading(random, uptime);
        const outcome = history.append(isLate ? last.at + 3000 : at, reading);
        expect(outcome).toBe(isLate && last.reading.rssShmemBytes === undefined ? 'merged' : outcome);
        if (outcome === 'merged') Object.assign(last?.reading ?? {}, reading);
        else if (outcome === 'appended') plain.push({ at: isLate && last ? last.at + 3000 : at, reading });
        if (random() < 0.01) expectSame(history, plain);
      }
      expectSame(history, plain);
    }
  });

  it('knows newest and last known values without unpacking anything', () => {
    const history = new GaugeHistory();
    expect([history.newest('goroutines'), history.lastKnown('goroutines')]).toEqual([NaN, null]);
    for (let i = 0; i < 40; i++)
      history.append(i * 60_000, i % 20 === 0 ? { goroutines: i } : { openFds: i });
    expect([history.newest('goroutines'), history.before('goroutines')]).toEqual([NaN, 20]);
    expect([history.newest('openFds'), history.before('openFds')]).toEqual([39, 38]);
    expect([history.lastKnown('goroutines'), history.lastKnown('threads')]).toEqual([20, null]);
  });

  it('gives the same columns after a rest, packed or adopted', () => {
    const history = new GaugeHistory();
    for (let i = 0; i < 40; i++) history.append(i * 60_000, { goroutines: i });
    const adopted = GaugeHistory.adopt(
      history.timeMillis.slice(),
      new Map([['goroutines', Float64Array.from(cells(history, 'goroutines'))]]),
    );
    const before = cells(history, 'goroutines');
    for (const rested of [history, adopted]) {
      rested.rest();
      expect(cells(rested, 'goroutines')).toEqual(before);
      expect(rested.length).toBe(40);
    }
  });

  it('thins a gauge that first appears late without shifting it', () => {
    const history = new GaugeHistory();
    for (let i = 0; i < GAUGE_ROWS_BOUND; i++) history.append(i * 60_000, { goroutines: i });
    history.append(GAUGE_ROWS_BOUND * 60_000, { goroutines: GAUGE_ROWS_BOUND, openFds: 5 });
    const fds = cells(history, 'openFds');
    expect(fds.length).toBe(history.length);
    expect(fds.filter((value) => !Number.isNaN(value))).toEqual([5]);
    expect(fds[fds.length - 1]).toBe(5);
  });

  it('slices by time, both ends included, into something that later rows do not change', () => {
    const history = new GaugeHistory();
    for (let i = 0; i < 5; i++) history.append(i * 60_000, { goroutines: i });
    const slice = history.slice(60_000, 180_000);
    history.append(300_000, { goroutines: 5 });
    expect([...(slice.column('goroutines') ?? [])]).toEqual([1, 2, 3]);
    expect(slice.length).toBe(3);
  });

  it('adopts rows that are known at once, and goes on from there', () => {
    const time = Float64Array.from([0, 60_000, 120_000]);
    const history = GaugeHistory.adopt(time, new Map([['goroutines', Float64Array.from([5, NaN, 7])]]));
    expect([history.append(180_000, { goroutines: 9, threads: 4 }), history.length]).toEqual(['appended', 4]);
    expect([...(history.column('goroutines') ?? [])]).toEqual([5, NaN, 7, 9]);
    expect([...(history.column('threads') ?? [])]).toEqual([NaN, NaN, NaN, 4]);
    expect(GaugeHistory.adopt(new Float64Array(), new Map()).append(0, { threads: 1 })).toBe('appended');
  });

  it('thins what it adopts beyond a bound, and again when more rows come: recent rows stay dense, the first one stays', () => {
    const rows = 7 * 24 * 60;
    const time = Float64Array.from({ length: rows }, (_, row) => row * 60_000);
    const history = GaugeHistory.adopt(time, new Map([['goroutines', time.slice()]]));
    const last = (rows - 1) * 60_000;
    const expectThinned = (bound: number, end: number) => {
      const kept = [...history.timeMillis];
      expect(history.length).toBeLessThanOrEqual(bound);
      expect(history.length).toBeGreaterThan(bound / 2);
      expect([kept[0], kept.at(-1)]).toEqual([0, end]);
      expect((kept.at(-1) ?? 0) - (kept.at(-50) ?? 0)).toBe(49 * 60_000);
      expect(cells(history, 'goroutines')).toEqual(kept);
      expect([history.newest('goroutines'), history.before('goroutines')]).toEqual([end, end - 60_000]);
    };
    expectThinned(ADOPTED_ROWS_BOUND, last);
    expect(history.append(last + 60_000, { goroutines: last + 60_000 })).toBe('appended');
    expectThinned(GAUGE_ROWS_BOUND, last + 60_000);
  });
});
