import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MINUTE_MILLIS } from '../base/units.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { BLOCKS_BOUND, blockWidthMillis, computeBlocks } from './blocks.ts';
import { GaugeHistory } from './gauge-history.ts';
import { Interpolation, computeWork, interpolateAt } from './work.ts';

const series = (values: number[], spacing = MINUTE_MILLIS) => ({
  timeMillis: Float64Array.from(values, (_, i) => i * spacing),
  value: Float64Array.from(values),
});

describe('blocks', () => {
  it('are medians: a spike of one scrape does not show', () => {
    const values = Array.from({ length: 61 }, (_, i) => (i === 31 ? 1000 : 5));
    const blocks = computeBlocks(series(values), null, { fromMillis: 0, toMillis: HOUR_MILLIS });
    expect(new Set(blocks.value)).toEqual(new Set([5]));
    expect(blocks.observations).toBe(61);
  });

  it('are at most 72 for any span, 24 as soon as there is an hour', () => {
    expect(blockWidthMillis(HOUR_MILLIS)).toBe(HOUR_MILLIS / 24);
    expect(blockWidthMillis(4 * HOUR_MILLIS)).toBe(5 * MINUTE_MILLIS);
    expect(blockWidthMillis(72 * HOUR_MILLIS)).toBe(HOUR_MILLIS);
    const values = Array.from({ length: 2000 }, (_, i) => i);
    const week = computeBlocks(series(values, 5 * MINUTE_MILLIS), null, {
      fromMillis: 0,
      toMillis: 1999 * 5 * MINUTE_MILLIS,
    });
    expect(week.length).toBe(BLOCKS_BOUND);
  });

  it('never outnumber the cells, where scrapes fall on ends that no division meets', () => {
    const fromMillis = 1_790_000_300_000;
    for (let minutes = 360; minutes <= 1440; minutes += 5) {
      const timeMillis = Float64Array.from({ length: minutes + 1 }, (_, i) => fromMillis + i * MINUTE_MILLIS);
      const points = { timeMillis, value: timeMillis };
      const toMillis = fromMillis + minutes * MINUTE_MILLIS;
      const { length, value } = computeBlocks(points, null, { fromMillis, toMillis });
      expect([minutes, value.length]).toEqual([minutes, length]);
      expect(length).toBeLessThanOrEqual(BLOCKS_BOUND);
    }
  });

  it('leave out where nothing was observed, and do not loop on times that no division meets', () => {
    const points = { timeMillis: Float64Array.of(0.1, 1e7 / 3, 9e6 + 0.7), value: Float64Array.of(1, 2, 3) };
    const blocks = computeBlocks(points, null, { fromMillis: 0.1, toMillis: 9e6 + 0.7 });
    expect([...blocks.value]).toEqual([1, 2, 3]);
  });

  it('are narrower where scrapes were missed for hours, so that what lies beside a gap is not lumped together', () => {
    // Twenty minutes of scrapes every seven hours, six times.
    const minutes = Array.from({ length: 120 }, (_, i) => Math.floor(i / 20) * 420 + (i % 20));
    const points = {
      timeMillis: Float64Array.from(minutes, (minute) => minute * MINUTE_MILLIS),
      value: Float64Array.from(minutes),
    };
    const toMillis = points.timeMillis[119];
    const blocks = computeBlocks(points, null, { fromMillis: 0, toMillis });
    expect(blocks.length).toBeGreaterThanOrEqual(24);
    expect(blocks.length).toBeLessThanOrEqual(BLOCKS_BOUND);
    expect(blocks.observations).toBe(120);
    expect(blocks.widthMillis).toBeLessThan(blockWidthMillis(toMillis) / 2);
  });

  it('keep their width where each holds one observation: a collector that rests lumps nothing together', () => {
    const values = Array.from({ length: 12 }, (_, i) => i);
    const blocks = computeBlocks(series(values, 40 * MINUTE_MILLIS), null, {
      fromMillis: 0,
      toMillis: 8 * HOUR_MILLIS,
    });
    expect([blocks.length, blocks.widthMillis]).toEqual([12, blockWidthMillis(8 * HOUR_MILLIS)]);
  });

  it('carry the load of their own time and the work done by then', () => {
    const history = new GaugeHistory();
    for (let i = 0; i <= 120; i++)
      history.append(i * MINUTE_MILLIS, { requestsTotal: i <= 60 ? i * 10 : 600, goroutines: 1 });
    const work = computeWork(history, { from: 0, to: history.length });
    const points = series(Array.from({ length: 121 }, () => 1));
    const blocks = computeBlocks(points, work, { fromMillis: 0, toMillis: 2 * HOUR_MILLIS });
    expect(blocks.loadPerHour?.[2]).toBeCloseTo(600, 6);
    expect(blocks.loadPerHour?.[20]).toBe(0);
    expect(blocks.work?.[23]).toBe(600);
  });

  it('lie where the observations of each series lie, also where two are as long and asked for one after the other', () => {
    const window = { fromMillis: 0, toMillis: 40 * MINUTE_MILLIS };
    const value = Float64Array.from({ length: 40 }, (_, i) => i);
    const early = { timeMillis: value.map((i) => i * 30_000), value };
    const late = { timeMillis: value.map((i) => (i + 40) * 30_000), value };
    const [first, second] = [early, late].map((points) => computeBlocks(points, null, window));
    expect(first.timeMillis.at(-1)).toBeLessThan(second.timeMillis[0]);
    expect(computeBlocks(early, null, window)).toEqual(first);
  });
});

describe('work', () => {
  it('never falls when a request counter loses a label set, and prefers requests to CPU', () => {
    const history = new GaugeHistory();
    [0, 10, 4, 8].forEach((requestsTotal, i) =>
      history.append(i * 60_000, { requestsTotal, cpuSecondsTotal: i }),
    );
    const work = computeWork(history, { from: 0, to: 4 });
    expect(work?.source).toBe('requests');
    expect([...(work?.value ?? [])]).toEqual([0, 10, 10, 14]);
  });

  it('falls back to CPU seconds, and to nothing', () => {
    const history = new GaugeHistory();
    for (let i = 0; i < 4; i++) history.append(i * 60_000, { cpuSecondsTotal: i, goroutines: 2 });
    expect(computeWork(history, { from: 0, to: 4 })?.source).toBe('cpu');
    expect(computeWork(history, { from: 0, to: 2 })).toBeNull();
  });

  it('is interpolated between scrapes and held beyond them', () => {
    const points = series([0, 10]);
    expect([-1, 15_000, 60_000, 1e9].map((at) => interpolateAt(points, at))).toEqual([0, 2.5, 10, 10]);
  });

  it('interpolates the same in whatever order times are asked for', () => {
    const random = seededRandom(5);
    const timeMillis = new Float64Array(300);
    for (let i = 1; i < 300; i++) timeMillis[i] = timeMillis[i - 1] + 1 + 1e5 * random() ** 4;
    const points = { timeMillis, value: timeMillis.map(() => random()) };
    const asked = new Interpolation(points);
    for (let i = 0; i < 3000; i++) {
      const at =
        i % 3 === 0 ? timeMillis[Math.floor(300 * random())] : random() * 1.02 * timeMillis[299] - 10;
      expect(asked.at(at)).toBe(interpolateAt(points, at));
      const after = timeMillis.findIndex((time) => time > at);
      if (after <= 0) continue;
      const share = (at - timeMillis[after - 1]) / (timeMillis[after] - timeMillis[after - 1]);
      const [low, high] = points.value.subarray(after - 1);
      expect(asked.at(at)).toBe(low + share * (high - low));
    }
  });
});
