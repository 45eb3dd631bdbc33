import { describe, expect, it } from 'vitest';
import { DAY_MILLIS, HOUR_MILLIS, MINUTE_MILLIS } from '../base/units.ts';
import { chooseRows } from './row-thinning.ts';

const COUNT = 600;

/** Times of rows that are left of scrapes every `stepMillis` for `spanMillis`, thinned whenever there are 700. */
function timesLeft(spanMillis: number, stepMillis: number, restartsAt: readonly number[] = []): number[] {
  let times: number[] = [];
  for (let at = 0; at <= spanMillis; at += stepMillis) {
    times.push(at);
    if (times.length < 700) continue;
    const starts = [0, ...restartsAt].map((start) => times.findIndex((time) => time >= start));
    const lives = [...new Set(starts.filter((row) => row >= 0))];
    times = chooseRows(Float64Array.from(times), lives, COUNT).map((row) => times[row]);
  }
  return times;
}

/** Rows in each of the 72 blocks of the window that ends with the last row. */
function perBlock(times: readonly number[], windowMillis: number): number[] {
  const end = times[times.length - 1];
  const counts = new Array<number>(72).fill(0);
  for (const at of times) {
    const block = Math.floor(((at - (end - windowMillis)) / windowMillis) * 72);
    if (block >= 0) counts[Math.min(block, 71)]++;
  }
  return counts;
}

describe('thinning', () => {
  it.each([
    ['six hours', 6 * HOUR_MILLIS, 15_000],
    ['a day', DAY_MILLIS, 15_000],
    ['a week', 7 * DAY_MILLIS, 15_000],
    ['a week of scrapes every five minutes', 7 * DAY_MILLIS, 5 * MINUTE_MILLIS],
  ])('leaves rows for every block of %s', (_, spanMillis, stepMillis) => {
    expect(Math.min(...perBlock(timesLeft(spanMillis, stepMillis), spanMillis))).toBeGreaterThanOrEqual(3);
  });

  it('leaves the last week and the newest rows of a month', () => {
    const times = timesLeft(30 * DAY_MILLIS, 15_000);
    const end = times[times.length - 1];
    expect(times.length).toBeLessThanOrEqual(700);
    expect(Math.min(...perBlock(times, 7 * DAY_MILLIS))).toBeGreaterThanOrEqual(2);
    expect(times.filter((at) => at > end - 10 * MINUTE_MILLIS).length).toBe(40);
    expect(times[0]).toBe(0);
  });

  it('leaves a new life its rows, and three before it enough to be compared with', () => {
    const restarts = [1, 2, 3, 4, 5].map((day) => day * DAY_MILLIS);
    const times = timesLeft(5 * DAY_MILLIS + 3 * HOUR_MILLIS, 15_000, restarts);
    const from = (start: number, end: number) => times.filter((at) => at >= start && at < end).length;
    expect(from(5 * DAY_MILLIS, Infinity)).toBeGreaterThan(250);
    for (const day of [2, 3, 4]) expect(from(day * DAY_MILLIS, (day + 1) * DAY_MILLIS)).toBeGreaterThan(50);
    expect(from(DAY_MILLIS, 2 * DAY_MILLIS)).toBe(0);
    // Restarts are seen between the last row of one life and the first of the next.
    for (const at of [3, 4, 5].map((day) => day * DAY_MILLIS)) {
      expect(times).toContain(at);
      expect(times).toContain(at - 15_000);
    }
  });

  it('ends, and within its bound, for a process that restarts with every scrape', () => {
    const times = Float64Array.from({ length: 700 }, (_, i) => i * 15_000);
    const kept = chooseRows(
      times,
      Array.from(times, (_, i) => i),
      COUNT,
    );
    expect(kept.length).toBeLessThanOrEqual(COUNT);
    expect(kept.slice(-4)).toEqual([696, 697, 698, 699]);
  });
});
