import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB, MINUTE_MILLIS } from '../base/units.ts';
import { DRAWN_START_MILLIS, drawGauges } from '../testing/series-from-text.ts';
import { assess } from './assess.ts';
import { nextEvaluationAt } from './evaluation-grid.ts';
import { describeSituation } from './situation.ts';
import {
  decideSnapshots,
  DIAGNOSTIC_SNAPSHOTS,
  MOST_GOROUTINES_DUMPED,
  PRODUCTION_SNAPSHOTS,
  type TakenSnapshot,
} from './snapshot-policy.ts';

/** Follows the policy along the grid: `6m heap baseline`. */
function follow(
  text: string,
  settings = PRODUCTION_SNAPSHOTS,
  memoryLimitBytes: number | null = null,
): string[] {
  const table = drawGauges(text);
  const end = table.timeMillis[table.length - 1];
  const taken: TakenSnapshot[] = [];
  const story: string[] = [];
  for (let at = DRAWN_START_MILLIS; (at = nextEvaluationAt(DRAWN_START_MILLIS, at)) <= end;) {
    const assessment = assess({ table, atMillis: at, memoryLimitBytes });
    const situation = describeSituation(table, at);
    for (const wish of decideSnapshots({ assessment, situation, taken, settings })) {
      taken.push({ ...situation, kind: wish.kind });
      const minutes = Math.round((at - DRAWN_START_MILLIS) / MINUTE_MILLIS);
      story.push(`${minutes}m ${wish.kind} ${wish.reason}${wish.gc ? ' gc' : ''}`);
    }
  }
  return story;
}

const HEAD = 'load 3000 noise 100\n';

describe('snapshot policy', () => {
  it('takes the goroutines of a process more often where nothing else counts them', () => {
    const settings = { ...PRODUCTION_SNAPSHOTS, areGoroutinesCounted: false };
    const story = follow(`every 1m for 1h\n${HEAD}floor 64M noise 300k`, settings);
    expect(story.filter((line) => line.includes('goroutine')).length).toBeGreaterThanOrEqual(5);
    expect(story.filter((line) => line.includes('heap'))).toHaveLength(1);
  });

  it('keeps a standing profile of a healthy process, one an hour and no more', () => {
    expect(follow(`every 1m for 3h10m\n${HEAD}floor 64M noise 300k\ngoroutines 12`)).toEqual([
      '6m heap baseline',
      '6m goroutine baseline',
      '66m heap baseline',
      '66m goroutine baseline',
      '130m heap baseline',
      '130m goroutine baseline',
      '190m heap baseline',
      '190m goroutine baseline',
    ]);
  });

  it('waits for 10 MiB of growth, then takes two conclusive heap profiles with a forced GC', () => {
    const heap = follow(`every 1m for 4h\n${HEAD}floor 64M +12M/h noise 200k`).filter((line) =>
      line.includes('heap'),
    );
    const steps = heap.filter((line) => line.endsWith('gc'));
    expect(steps.map((line) => line.replace(/^\d+m /, ''))).toEqual([
      'heap completion gc',
      'heap persistence gc',
    ]);
    // 10 MiB after the first profile at 6 min: not before 56 min; 20 MiB: not before 106 min.
    expect(parseInt(steps[0])).toBeGreaterThanOrEqual(54);
    expect(parseInt(steps[1])).toBeGreaterThanOrEqual(104);
    expect(parseInt(steps[1])).toBeLessThan(140);
  });

  it('does not compare across a load that halved', () => {
    const text = `every 1m for 3h\nload 3000 step -1500 at 40m noise 100\nfloor 64M +12M/h noise 200k`;
    expect(follow(text).filter((line) => line.includes('completion'))).toEqual([]);
  });

  it('takes goroutine profiles where goroutines grow, and proof where the process offers it', () => {
    const settings = { ...PRODUCTION_SNAPSHOTS, offersGoroutineLeak: true };
    const story = follow(`every 1m for 2h\n${HEAD}goroutines 12 +80/h noise 1`, settings);
    expect(story.map((line) => line.replace(/^\d+m /, ''))).toEqual(
      expect.arrayContaining([
        'goroutine baseline',
        'goroutineleak suspect',
        'goroutine completion',
        'goroutine persistence',
      ]),
    );
    expect(story.filter((line) => line.includes('goroutineleak')).length).toBeLessThanOrEqual(2);
  });

  it('dumps all goroutines once in a life, when they grow and are few enough', () => {
    const dumps = (text: string) =>
      follow(`every 1m for 3h\n${HEAD}${text}`).filter((line) => line.includes('goroutine-dump'));
    expect(dumps('goroutines 12 +80/h noise 1')).toEqual([
      expect.stringMatching(/^\d+m goroutine-dump suspect$/),
    ]);
    expect(dumps('floor 64M noise 300k\ngoroutines 12')).toEqual([]);
    expect(dumps(`goroutines ${MOST_GOROUTINES_DUMPED} +900/h noise 1`)).toEqual([]);
    expect(dumps('floor 64M +12M/h noise 200k\ngoroutines 12')).toEqual([]);
  });

  it('takes a last profile when the limit is minutes away', () => {
    const text =
      'every 1m for 2h30m age 5h seed 3\nfloor 100M +90M/h from 6h30m noise 300k\nrssBytes 210M +180M/h from 6h30m';
    const story = follow(text, PRODUCTION_SNAPSHOTS, 420 * MIB);
    expect(story.some((line) => line.includes('heap last-gasp'))).toBe(true);
    expect(
      follow(text, PRODUCTION_SNAPSHOTS, 64 * 1024 * MIB).some((line) => line.includes('last-gasp')),
    ).toBe(false);
  });

  it('never takes two of a kind closer than the spacing', () => {
    for (const settings of [PRODUCTION_SNAPSHOTS, DIAGNOSTIC_SNAPSHOTS]) {
      const heap = follow(
        `every 1m for 3h\n${HEAD}floor 64M +30M/h noise 200k\ngoroutines 12 +300/h`,
        settings,
      )
        .filter((line) => line.includes(' heap '))
        .map((line) => parseInt(line));
      const gaps = heap.slice(1).map((minute, i) => minute - heap[i]);
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(settings.spacingMillis / MINUTE_MILLIS);
    }
  });

  it('is denser in diagnostic mode, from the first minute on', () => {
    const text = `every 1m for 30m\n${HEAD}floor 64M noise 300k`;
    expect(follow(text, DIAGNOSTIC_SNAPSHOTS).length).toBeGreaterThan(4 * follow(text).length);
    expect(follow(text, DIAGNOSTIC_SNAPSHOTS)[0]).toBe('2m heap baseline');
  });
});

describe('situation', () => {
  it('is what the gauges said by then, and nothing before the first row', () => {
    const table = drawGauges(`every 1m for 1h\nload 600\nfloor 64M\ngoroutines 12`);
    expect(describeSituation(table, DRAWN_START_MILLIS + HOUR_MILLIS / 2)).toMatchObject({
      floorBytes: 64 * MIB,
      goroutines: 12,
      loadPerHour: expect.closeTo(600, 6) as number,
      gcCycles: 31,
    });
    expect(describeSituation(table, DRAWN_START_MILLIS - 1).floorBytes).toBeNull();
  });
});
