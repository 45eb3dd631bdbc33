import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MINUTE_MILLIS } from '../base/units.ts';
import { DRAWN_START_MILLIS, drawGauges } from '../testing/series-from-text.ts';
import { assess } from './assess.ts';
import { settle, type Settled } from './settle.ts';
import { neededOfLife } from './short-lives.ts';

/** What is needed as people are told it, after evaluations every five minutes until this hour. */
function neededAt(text: string, hours: number) {
  const table = drawGauges(text);
  let settled: Settled | null = null;
  let needed: ReturnType<typeof assess>['needed'] = null;
  for (let at = 5 * MINUTE_MILLIS; at <= hours * HOUR_MILLIS; at += 5 * MINUTE_MILLIS) {
    const assessment = assess({ table, atMillis: DRAWN_START_MILLIS + at, memoryLimitBytes: null });
    const { state, shown } = settle(settled, assessment);
    settled = state;
    needed = shown.needed;
  }
  return needed;
}

const HEAD = 'every 15s for 3h seed 3\nload 3000 noise 150\nfloor 60M +900M/h noise 1M\n';
const restarts = (...minutes: number[]) => minutes.map((at) => `restart ${at}m\n`).join('');

describe('what an undetermined process needs', () => {
  it('is a longer life where its lives end before they can be judged, not minutes that never come', () => {
    const needed = neededAt(HEAD + restarts(15, 29, 43, 57, 71, 85), 1.6);
    expect(needed).toEqual({
      what: 'a life of 35 min and more: the last 3 ended after 14 min at most, too early to be judged',
      millis: null,
    });
  });

  it('is time, with how much, in the first life, after one early end, and in a life that outlasts the others', () => {
    for (const [ends, hours] of [
      [[], 0.25],
      [[14], 0.4],
      [[14, 28, 42], 1.0],
    ] as const) {
      const needed = neededAt(HEAD + restarts(...ends), hours);
      expect(needed?.what).not.toContain('life');
      expect(needed?.millis).toBeGreaterThan(0);
    }
  });

  it('is a longer life, with how long, where lives can be judged but end before this is over', () => {
    const table = drawGauges(`every 2m for 7h seed 3\nfloor 90M noise 1M\n${restarts(110, 220, 330)}`);
    const assessment = assess({
      table,
      atMillis: DRAWN_START_MILLIS + 6.5 * HOUR_MILLIS,
      memoryLimitBytes: null,
    });
    const needed = (hours: number) =>
      neededOfLife({ ...assessment, needed: { what: 'a longer watch', millis: hours * HOUR_MILLIS } });
    expect(needed(4)).toEqual({
      what: 'a longer life: the last 3 ended after 1 h 50 min at most, and this takes 5 h (a longer watch)',
      millis: null,
    });
    expect(needed(0.5)).toEqual({ what: 'a longer watch', millis: 0.5 * HOUR_MILLIS });
  });
});
