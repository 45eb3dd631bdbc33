import { describe, expect, it } from 'vitest';
import { MIB, MINUTE_MILLIS } from '../base/units.ts';
import { decideLastGasp, followNearLimit, type NearLimit } from './last-gasp.ts';
import type { TakenSnapshot } from './snapshot-policy.ts';

/** Resident memory in percent of a limit of 100 MiB, a reading a minute; `?` = a scrape without it. */
const since = (percents: string) => {
  let near: NearLimit | null = null;
  for (const [minute, word] of percents.split(' ').entries())
    near = followNearLimit(near, minute * MINUTE_MILLIS, Number(word) * MIB, 100 * MIB);
  return near && near.sinceMillis / MINUTE_MILLIS;
};
const took = (kind: TakenSnapshot['kind'], minute: number): TakenSnapshot => ({
  ...{ kind, atMillis: minute * MINUTE_MILLIS, incarnationStartMillis: 0 },
  ...{ floorBytes: null, goroutines: null, loadPerHour: null, gcCycles: null },
});

describe('memory that comes close to its limit', () => {
  it.each([
    ['50 70 89', null],
    ['50 70 90', 2],
    ['50 95 97', 1],
    ['95 85 92', 0], // still the same approach: it was never over
    ['95 70 92', 2],
    ['95 85', 0],
    ['95 70 85', null],
    ['95 ? 96', 0],
  ])('%j since minute %j', (percents, minute) => {
    expect(since(percents)).toBe(minute);
  });

  it('is not known without a limit', () => {
    expect(followNearLimit(null, 0, 95 * MIB, NaN)).toBeNull();
  });
});

describe('the last gasp', () => {
  const near = { sinceMillis: 5 * MINUTE_MILLIS, rssBytes: 93 * MIB, limitBytes: 100 * MIB };
  it('wants heap and goroutines at once, and says why', () => {
    expect(decideLastGasp(near, [took('heap', 4)])).toEqual([
      { kind: 'heap', reason: 'last-gasp', gc: false, why: 'memory is at 93 % of its limit' },
      { kind: 'goroutine', reason: 'last-gasp', gc: false, why: 'memory is at 93 % of its limit' },
    ]);
  });
  it('wants each once', () => {
    expect(decideLastGasp(near, [took('heap', 5)]).map(({ kind }) => kind)).toEqual(['goroutine']);
    expect(decideLastGasp(near, [took('heap', 5), took('goroutine', 6)])).toEqual([]);
    expect(decideLastGasp(null, [])).toEqual([]);
  });
});
