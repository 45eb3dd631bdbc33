import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MINUTE_MILLIS } from '../base/units.ts';
import { DRAWN_START_MILLIS, drawGauges } from '../testing/series-from-text.ts';
import { assess } from './assess.ts';
import {
  advanceConfirmation,
  confirmedLanes,
  findClaimWait,
  NOTHING_CONFIRMED,
  type ConfirmationState,
} from './confirm.ts';
import { nextEvaluationAt } from './evaluation-grid.ts';

/** Follows one lane of a drawing along the grid: `call 70m`, `over 180m: reason`. */
function follow(lane: 'heap' | 'goroutine', text: string): string[] {
  const table = drawGauges(text);
  const end = table.timeMillis[table.length - 1];
  const story: string[] = [];
  let state: ConfirmationState = NOTHING_CONFIRMED;
  for (let at = DRAWN_START_MILLIS; (at = nextEvaluationAt(DRAWN_START_MILLIS, at)) <= end;) {
    const before = state[lane]?.calledAtMillis ?? null;
    // Through JSON, as it is kept over a restart of the watcher.
    state = JSON.parse(
      JSON.stringify(advanceConfirmation(state, assess({ table, atMillis: at, memoryLimitBytes: null }))),
    ) as ConfirmationState;
    const minutes = Math.round((at - DRAWN_START_MILLIS) / MINUTE_MILLIS);
    const now = state[lane];
    if (now?.calledAtMillis === at && before !== at) story.push(`call ${minutes}m`);
    if (now?.over) story.push(`over ${minutes}m: ${now.over.reason}`);
  }
  if (confirmedLanes(state).includes(lane)) story.push('stands');
  return story;
}

const at = (entry: string | undefined): number => Number(/(\d+)m/.exec(entry ?? '')?.[1] ?? NaN);

describe('confirmation', () => {
  it('calls a plain leak within the first half of four hours, once, and lets it stand', () => {
    const story = follow('goroutine', 'every 1m for 4h\nload 1500 noise 60\ngoroutines 14 +90/h noise 1');
    expect(story).toEqual([expect.stringMatching(/^call/), 'stands']);
    expect(at(story[0])).toBeLessThan(100);
  });

  it('never calls a steady service', () => {
    expect(follow('goroutine', 'every 1m for 4h\nload 1500 noise 60\ngoroutines 40 noise 6')).toEqual([]);
  });

  const EVERY_45_MIN = Array.from({ length: 7 }, (_, i) => `restart ${45 * (i + 1)}m`).join('\n');

  it.each([1, 2, 3])('calls a leak in the second life, where none lasts an hour, seed %d', (seed) => {
    const lives = `every 30s for 5h seed ${seed}\nload 3000 noise 150\n${EVERY_45_MIN}`;
    const story = follow('heap', `${lives}\nfloor 40M +60M/h noise 1500k`);
    expect(story).toEqual([expect.stringMatching(/^call/), 'stands']);
    expect(at(story[0])).toBeLessThan(130);
    // A cache that fills anew in each bends in each.
    expect(follow('heap', `${lives}\nfloor 40M fill 60M tau 20m noise 1500k`)).toEqual([]);
  });

  it('takes more than one evaluation', () => {
    const table = drawGauges('every 1m for 4h\ngoroutines 14 +90/h noise 1');
    const leak = assess({ table, atMillis: DRAWN_START_MILLIS + 3 * HOUR_MILLIS, memoryLimitBytes: null });
    let state = NOTHING_CONFIRMED;
    for (let i = 0; i < 5; i++) state = advanceConfirmation(state, leak);
    expect(confirmedLanes(state)).toEqual([]);
    expect(confirmedLanes(advanceConfirmation(state, leak))).toEqual(['goroutine']);
  });

  it('says how many evaluations a claim still takes, and nothing once it stands', () => {
    const table = drawGauges('every 1m for 4h\ngoroutines 14 +90/h noise 1');
    const leak = assess({ table, atMillis: DRAWN_START_MILLIS + 3 * HOUR_MILLIS, memoryLimitBytes: null });
    const [lane] = leak.lanes.filter(({ verdict }) => verdict === 'leak');
    if (lane === undefined) throw new Error('no lane leaks');
    let state = NOTHING_CONFIRMED;
    const waits: (number | null | undefined)[] = [];
    for (let i = 0; i < 6; i++) {
      waits.push(findClaimWait(state, lane, leak)?.millis);
      state = advanceConfirmation(state, leak);
    }
    const step = nextEvaluationAt(leak.incarnationStartMillis, leak.atMillis) - leak.atMillis;
    expect(waits).toEqual([6, 5, 4, 3, 2, 1].map((n) => n * step));
    expect(findClaimWait(state, lane, leak)).toBeNull();
    expect(findClaimWait(NOTHING_CONFIRMED, { ...lane, verdict: 'no-growth' }, leak)).toBeNull();
  });

  it('says when growth passes what was reached without a leak', () => {
    const table = drawGauges('every 1m for 4h\ngoroutines 14 +90/h noise 1');
    const leak = assess({ table, atMillis: DRAWN_START_MILLIS + 3 * HOUR_MILLIS, memoryLimitBytes: null });
    const [lane] = leak.lanes.filter(({ verdict }) => verdict === 'leak');
    if (lane === undefined || lane.growth === null) throw new Error('no lane leaks');
    let state = NOTHING_CONFIRMED;
    state = advanceConfirmation(state, leak);
    const { level } = lane;
    const mark = { level, height: 0, lifeMillis: 0, isBound: true, seenAtMillis: leak.atMillis };
    const past = {
      ...state.past,
      lanes: { [lane.lane]: { standing: null, mark } },
    } as ConfirmationState['past'];
    const wait = findClaimWait(past === undefined ? state : { ...state, past }, lane, leak);
    expect(wait?.what).toContain('reached before without a leak');
    expect(wait?.millis).toBeGreaterThan(0);
    expect(wait?.millis).toBeLessThan(2 * HOUR_MILLIS);
  });

  it('takes a claim back when the series is explained, although a smaller leak is not excluded yet', () => {
    const table = drawGauges('every 1m for 4h\ngoroutines 14 +90/h noise 1');
    const leak = assess({ table, atMillis: DRAWN_START_MILLIS + 3 * HOUR_MILLIS, memoryLimitBytes: null });
    let called = NOTHING_CONFIRMED;
    for (let i = 0; i < 6; i++) called = advanceConfirmation(called, leak);
    const explain = (withheld: 'filling-to-bound' | null) => {
      const lanes = leak.lanes.map((lane) =>
        lane.lane === 'goroutine'
          ? { ...lane, verdict: 'undetermined' as const, withheld, evidenceRatio: -40 }
          : lane,
      );
      let state = called;
      for (let i = 1; i <= 6; i++) {
        const atMillis = leak.atMillis + i * 10 * MINUTE_MILLIS;
        state = advanceConfirmation(state, { ...leak, atMillis, lastEvidenceMillis: atMillis, lanes });
      }
      return state.goroutine?.over?.reason ?? null;
    };
    expect(explain('filling-to-bound')).toMatch(/^growth has come to an end: what filled up is full, or/);
    expect(explain(null)).toBeNull();
  });

  it('ends when growth is switched off and a bound shows', () => {
    const story = follow(
      'goroutine',
      'every 1m for 5h\nload 1500 noise 60\ngoroutines 14 ramp 200 until 2h noise 1',
    );
    expect(story.length).toBe(2);
    expect(story[1]).toMatch(/^over/);
    expect(at(story[1])).toBeGreaterThan(150);
  });

  it('says that growth stopped where it had gone straight until then', () => {
    const text = 'every 1m for 7h\nload 1500 noise 60\ngoroutines 14 ramp 400 until 4h noise 1';
    expect(follow('goroutine', text).at(-1)).toMatch(/over \d+m: growth stopped: it had gone straight/);
  });

  it('does not say that growth stopped where it bent all along', () => {
    const rates = [90, 70];
    const table = drawGauges('every 1m for 4h\ngoroutines 14 +90/h noise 1');
    const leak = assess({ table, atMillis: DRAWN_START_MILLIS + 3 * HOUR_MILLIS, memoryLimitBytes: null });
    const at = (step: number, change: object) => ({
      ...leak,
      atMillis: leak.atMillis + step * 10 * MINUTE_MILLIS,
      lastEvidenceMillis: leak.atMillis + step * 10 * MINUTE_MILLIS,
      lanes: leak.lanes.map((lane) => (lane.lane === 'goroutine' ? { ...lane, ...change } : lane)),
    });
    const end = (perHour: number) => {
      const grown = (rate: number) => ({
        growth: { unit: 'goroutines', perHour: rate, low: rate - 1, high: rate + 1, confidence: 0.95 },
      });
      let state = NOTHING_CONFIRMED;
      for (let i = 0; i < 30; i++)
        state = advanceConfirmation(state, at(i, grown(i < 10 ? rates[0] : perHour)));
      const flat = { perHour: 0, low: -1, high: 1, overMillis: HOUR_MILLIS, workShare: 1 };
      const bound = { verdict: 'filling-to-bound', evidenceRatio: -40, growth: null, recent: flat };
      for (let i = 30; i < 36; i++) state = advanceConfirmation(state, at(i, bound));
      return state.goroutine?.over?.isStopped;
    };
    expect(rates.map(end)).toEqual([true, false]);
  });

  it('does not end because the load stopped', () => {
    const text = 'every 1m for 5h\nload 2000 step -2000 at 2h30m noise 50\ngoroutines 14 perwork 0.1 noise 1';
    expect(follow('goroutine', text)).toEqual([expect.stringMatching(/^call/), 'stands']);
  });

  it('is not called by looking six times at the same evidence, and is once more has come', () => {
    const text = 'every 1m for 6h\nload 1500 noise 60\ngoroutines 14 +90/h noise 1\nmissing 37m 3h';
    const [call, end] = follow('goroutine', text);
    expect(at(call)).toBeGreaterThanOrEqual(180);
    expect(end).toBe('stands');
  });

  it('counts scrapes that are rare as they come, wherever between them it looks', () => {
    const table = drawGauges('every 10m for 40h\nload 1500 noise 60\ngoroutines 14 +90/h noise 1');
    let state = NOTHING_CONFIRMED;
    for (let step = 0; step < 12; step++) {
      const atMillis = DRAWN_START_MILLIS + 20 * HOUR_MILLIS + (10 * step + 9) * MINUTE_MILLIS;
      state = advanceConfirmation(state, assess({ table, atMillis, memoryLimitBytes: null }));
    }
    expect(confirmedLanes(state)).toContain('goroutine');
  });

  it('does not end while the target does not answer', () => {
    const text =
      'every 1m for 8h\nload 1500 noise 60\ngoroutines 14 +90/h ramp -30 until 1m noise 1\nmissing 2h 7h';
    expect(follow('goroutine', text)).toEqual([expect.stringMatching(/^call/), 'stands']);
  });

  it('does not end because the process was restarted, while the new life has not shown that it is well', () => {
    const text = 'every 1m for 3h20m\nrestart 3h\nload 1500 noise 60\ngoroutines 14 +90/h noise 1';
    expect(follow('goroutine', text)).toEqual([expect.stringMatching(/^call/), 'stands']);
  });

  it('ends in a new life that is well for as long as finding it took', () => {
    const leak = drawGauges('every 1m for 3h\nload 1500 noise 60\ngoroutines 14 +90/h noise 1');
    const well = drawGauges('every 1m for 6h\nrestart 3h\nload 1500 noise 60\ngoroutines 14 noise 1');
    let state: ConfirmationState = NOTHING_CONFIRMED;
    const overs: string[] = [];
    for (
      let at = DRAWN_START_MILLIS;
      at <= DRAWN_START_MILLIS + 6 * HOUR_MILLIS;
      at = nextEvaluationAt(DRAWN_START_MILLIS, at)
    ) {
      const table = at <= DRAWN_START_MILLIS + 3 * HOUR_MILLIS ? leak : well;
      state = advanceConfirmation(state, assess({ table, atMillis: at, memoryLimitBytes: null }));
      if (state.goroutine?.over) overs.push(state.goroutine.over.reason);
    }
    expect(overs).toEqual([expect.stringContaining('as long as it took')]);
  });

  it.each([
    ['is gone for certain', {}, true],
    ['may still be there, by its interval', { high: 60 }, false],
    ['was measured, and taken for what the load brings', { measuredPerHour: 80 }, false],
  ])('of a life before ends where its growth %s', (_, change, isOver) => {
    const table = drawGauges('every 1m for 4h\ngoroutines 14 +90/h noise 1');
    const leak = assess({ table, atMillis: DRAWN_START_MILLIS + 3 * HOUR_MILLIS, memoryLimitBytes: null });
    let state = NOTHING_CONFIRMED;
    for (let i = 0; i < 6; i++) state = advanceConfirmation(state, leak);
    const recent = { perHour: 1, low: -8, high: 10, overMillis: HOUR_MILLIS, workShare: 1, ...change };
    for (let step = 1; step < 60; step++) {
      const atMillis = leak.atMillis + step * 10 * MINUTE_MILLIS;
      const quiet = { verdict: 'undetermined' as const, withheld: 'load-driven' as const, recent };
      state = advanceConfirmation(state, {
        ...leak,
        atMillis,
        lastEvidenceMillis: atMillis,
        incarnationStartMillis: leak.atMillis + 1,
        lanes: leak.lanes.map((lane) => (lane.lane === 'goroutine' ? { ...lane, ...quiet } : lane)),
      });
      if (state.goroutine?.over) break;
    }
    expect(state.goroutine?.over !== null).toBe(isOver);
  });
});
