// What is asked of a query API: instants, selectors, names, and pieces of it.
import { describe, expect, it } from 'vitest';
import { PlimsollError } from '../../base/errors.ts';
import { DAY_MILLIS, HOUR_MILLIS, MINUTE_MILLIS } from '../../base/units.ts';
import type { PrometheusApi } from '../../collect/prometheus-api.ts';
import type { QueryAnswer } from '../../parse/query-answer.ts';
import { fetchSeries, runSome, MAX_POINTS_PER_QUERY, type Asking } from './fetch-series.ts';
import { chooseStep, coarsen, makeGrid, rowOf, splitGrid } from './grid.ts';
import { matchersOf, oneOf, selectorOf } from './selector.ts';
import { nameTargets } from './target-names.ts';

describe('grid', () => {
  it.each([
    [HOUR_MILLIS, MINUTE_MILLIS],
    [2 * DAY_MILLIS - 1, MINUTE_MILLIS],
    [7 * DAY_MILLIS, 5 * MINUTE_MILLIS],
    [30 * DAY_MILLIS, 30 * MINUTE_MILLIS],
    [365 * DAY_MILLIS, 6 * HOUR_MILLIS],
  ])('looks at %i ms every %i ms', (since, step) => {
    expect(chooseStep(since)).toBe(step);
  });

  it('has ends that are multiples of the step', () => {
    const grid = makeGrid({ sinceMillis: HOUR_MILLIS, untilMillis: 1_700_000_123_456, stepMillis: null });
    expect(grid).toEqual({
      ...{ fromMillis: 1_699_996_500_000, toMillis: 1_700_000_100_000, stepMillis: 60_000, points: 61 },
    });
    expect([grid.fromMillis, grid.toMillis].map((end) => end % 60_000)).toEqual([0, 0]);
  });

  it('is asked for in parts of at most 11,000 points, without a gap and without an instant twice', () => {
    const grid = makeGrid({ sinceMillis: 30 * DAY_MILLIS, untilMillis: 30 * DAY_MILLIS, stepMillis: 60_000 });
    const parts = splitGrid(grid);
    expect(parts.map(({ points }) => points)).toEqual([11_000, 11_000, 11_000, 10_201]);
    expect(parts.slice(1).map(({ fromMillis }, i) => fromMillis - (parts[i]?.toMillis ?? 0))).toEqual(
      Array(3).fill(60_000),
    );
    expect(parts.at(-1)?.toMillis).toBe(grid.toMillis);
  });

  it('is coarsened to its end', () => {
    const grid = makeGrid({ sinceMillis: 7 * DAY_MILLIS, untilMillis: 7 * DAY_MILLIS, stepMillis: null });
    expect(coarsen(grid)).toMatchObject({
      toMillis: grid.toMillis,
      stepMillis: 84 * grid.stepMillis,
      points: 25,
    });
  });

  it('finds the row of a sample, also where the server moved it a little', () => {
    const grid = makeGrid({ sinceMillis: HOUR_MILLIS, untilMillis: HOUR_MILLIS, stepMillis: null });
    expect(
      [0, 60_000, 61_000, HOUR_MILLIS, HOUR_MILLIS + 60_000, -60_000, NaN].map((at) => rowOf(grid, at)),
    ).toEqual([0, 1, 1, 60, -1, -1, -1]);
  });

  it.each([
    [MINUTE_MILLIS, null],
    [DAY_MILLIS, DAY_MILLIS],
    [DAY_MILLIS, 1],
    [3650 * DAY_MILLIS, MINUTE_MILLIS],
  ])('refuses %i ms at steps of %s ms', (sinceMillis, stepMillis) => {
    expect(() => makeGrid({ sinceMillis, untilMillis: DAY_MILLIS, stepMillis })).toThrow(/needs between 10/);
  });
});

describe('selector', () => {
  it.each([
    ['{job="orders"}', 'job="orders"'],
    [' job="orders" ', 'job="orders"'],
    ['{job=~"a|b{2}",}', 'job=~"a|b{2}"'],
    ['{}', ''],
    ['', ''],
  ])('reads %s', (text, matchers) => {
    expect(matchersOf(text)).toBe(matchers);
  });

  it.each(['up{job="a"}', 'orders', '{job="a"', '{__name__="up"}', 'rate(a[5m])', '{a="b",__name__=~"x"}'])(
    'refuses %s',
    (text) => {
      expect(() => matchersOf(text)).toThrow(/matchers of labels expected/);
    },
  );

  it('quotes what would be a pattern or the end of a text', () => {
    expect(selectorOf(oneOf('pod', ['a.b', 'c"d|e', '']), '', 'x="y"')).toBe(
      String.raw`{pod=~"a\\.b|c\"d\\|e|",x="y"}`,
    );
    expect(oneOf('job', ['a.b\\'])).toBe(String.raw`job="a.b\\"`);
  });
});

describe('names of targets', () => {
  const names = (...labels: Record<string, string>[]) =>
    nameTargets(labels, null).map(({ service, instance }) => `${service}/${instance}`);

  it('are job and instance, or the pod', () => {
    expect(names({ job: 'orders', instance: 'a:1' }, { job: 'shop/api', instance: 'a:2' })).toEqual([
      'orders/a:1',
      'shop.api/a:2',
    ]);
    expect(
      names({ job: 'kubernetes-pods', app: 'orders', namespace: 's', pod: 'p-1', instance: 'a:1' }),
    ).toEqual(['orders/p-1']);
  });

  it('say more where two would be the same', () => {
    const own = { job: 'orders', namespace: 's', pod: 'p-1' };
    expect(names({ ...own, container: 'a' }, { ...own, container: 'b' }, { ...own, pod: 'p-2' })).toEqual([
      'orders/p-1 a',
      'orders/p-1 b',
      'orders/p-2',
    ]);
    expect(names({ ...own, namespace: 'x', container: 'a' }, { ...own, container: 'a' })).toEqual([
      'orders/x p-1',
      'orders/s p-1',
    ]);
    expect(names({ job: 'a', instance: 'i', zone: '1' }, { job: 'a', instance: 'i', zone: '2' })).toEqual([
      'a/{"job":"a","instance":"i","zone":"1"}',
      'a/{"job":"a","instance":"i","zone":"2"}',
    ]);
  });

  it('can be given', () => {
    expect(nameTargets([{ job: 'a', instance: 'i' }], 'orders')).toEqual([
      { service: 'orders', instance: 'i' },
    ]);
  });
});

describe('fetchSeries', () => {
  const GRID = makeGrid({ sinceMillis: 7 * DAY_MILLIS, untilMillis: 7 * DAY_MILLIS, stepMillis: null });
  const ANSWER: QueryAnswer = { series: 0, points: 0, warnings: [], isPartial: false };

  /** Queries as `a|b 2017`, parts and points; those of more than `most` parts are too much for this API. */
  async function ask(
    parts: readonly string[],
    options: { most?: number; seriesPerPart?: number; answer?: QueryAnswer },
  ) {
    const asked: string[] = [];
    const notes: Asking['notes'] = { warnings: new Set(), isPartial: false };
    const api = {
      queryRange: (query: string, { points }: { points?: number }) => {
        asked.push(`${query} ${points}`);
        const isTooMuch =
          (query === 'all' ? parts.length : query.split('|').length) > (options.most ?? Infinity);
        if (isTooMuch)
          return Promise.reject(new PlimsollError('QUERY_TOO_LARGE', 'collect', 'too many samples'));
        return Promise.resolve(options.answer ?? ANSWER);
      },
    } as unknown as PrometheusApi;
    const error = await fetchSeries(
      { api, notes, signal: undefined },
      {
        ...{ grid: GRID, parts, isAll: true, take: () => undefined },
        seriesPerPart: options.seriesPerPart ?? 1,
        query: (part) => part?.join('|') ?? 'all',
      },
    ).catch((thrown: unknown) => thrown);
    return { asked, notes, error };
  }

  it('asks once where that is little, in pieces where it is much', async () => {
    expect((await ask(['a', 'b', 'c'], {})).asked).toEqual(['all 2017']);
    const half = Math.floor(MAX_POINTS_PER_QUERY / 2017 / 2);
    expect((await ask(['a', 'b', 'c'], { seriesPerPart: half })).asked).toEqual(['a|b 2017', 'c 2017']);
  });

  it('halves what is too much, and gives up after some halves', async () => {
    expect((await ask(['a', 'b', 'c', 'd'], { most: 2 })).asked).toEqual([
      'all 2017',
      'a|b 2017',
      'c|d 2017',
    ]);
    const many = Array.from({ length: 64 }, (_, i) => String(i));
    const { asked, error } = await ask(many, { most: 1 });
    expect(asked).toHaveLength(5);
    expect(error).toMatchObject({ code: 'QUERY_TOO_LARGE' });
  });

  it('remembers what the API warned of', async () => {
    const { notes } = await ask(['a'], { answer: { ...ANSWER, warnings: ['store gone'], isPartial: true } });
    expect([[...notes.warnings], notes.isPartial]).toEqual([['store gone'], true]);
  });

  it('runs some at a time, all of them, until one fails', async () => {
    const done: number[] = [];
    let running = 0;
    let most = 0;
    const task = (i: number) => async () => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      if (i === 5) throw new Error('five');
      done.push(i);
    };
    await runSome([0, 1, 2, 3, 4].map(task));
    expect([done.sort(), most]).toEqual([[0, 1, 2, 3, 4], 2]);
    await expect(runSome([5, 6, 7].map(task))).rejects.toThrow('five');
  });
});
