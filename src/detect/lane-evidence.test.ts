import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS } from '../base/units.ts';
import { drawGauges } from '../testing/series-from-text.ts';
import { assess } from './assess.ts';

/** Outcome of the evidence whose question contains `about`, for the heap lane of a drawing. */
function outcome(about: string, text: string): string {
  const table = drawGauges(text);
  const { lanes } = assess({ table, atMillis: table.timeMillis[table.length - 1], memoryLimitBytes: null });
  const entry = lanes[0]?.evidence.find(({ question }) => question.includes(about));
  return entry?.outcome ?? 'absent';
}

const HEAD = 'every 1m for 4h seed 3\nload 3000 day 2h 900 noise 100\n';

describe('evidence follows the data', () => {
  it.each([
    [
      'watched for long enough',
      'every 1m for 25m\nfloor 64M noise 900k',
      'open',
      `${HEAD} floor 64M noise 900k`,
      'supports',
    ],
    [
      'series grow?',
      `${HEAD} floor 64M noise 900k`,
      'contradicts',
      `${HEAD} floor 64M +9M/h noise 900k`,
      'supports',
    ],
    [
      'without bound',
      `${HEAD} floor 64M fill 30M tau 1h noise 500k`,
      'contradicts',
      `${HEAD} floor 64M +9M/h noise 300k`,
      'supports',
    ],
    [
      'large enough',
      `${HEAD} floor 900M +1M/h noise 500k`,
      'contradicts',
      `${HEAD} floor 90M +9M/h noise 500k`,
      'supports',
    ],
    [
      'still grow',
      `${HEAD} floor 64M ramp 20M until 2h noise 300k`,
      'contradicts',
      `${HEAD} floor 64M +9M/h noise 300k`,
      'supports',
    ],
    [
      'agree on growth',
      `${HEAD} floor 64M noise 900k`,
      'absent',
      `${HEAD} floor 64M +9M/h noise 900k`,
      'supports',
    ],
    [
      'follow the load',
      `${HEAD} floor 64M +9M/h noise 900k`,
      'contradicts',
      `${HEAD} floor 64M perload 20k noise 900k`,
      'supports',
    ],
    ['move at all', `${HEAD} floor 64M noise 900k`, 'absent', `${HEAD} floor 64M noise 10k`, 'contradicts'],
  ])('"%s"', (about, before, expectedBefore, after, expectedAfter) => {
    expect(outcome(about, before)).toBe(expectedBefore);
    expect(outcome(about, after)).toBe(expectedAfter);
  });

  it('carries statistic, threshold and window in every entry', () => {
    const table = drawGauges(`${HEAD} floor 64M +9M/h noise 900k\ngoroutines 12`);
    const { lanes } = assess({ table, atMillis: table.timeMillis[table.length - 1], memoryLimitBytes: null });
    for (const { evidence } of lanes) {
      expect(evidence.length).toBeGreaterThan(0);
      for (const { numbers } of evidence) {
        expect(Object.keys(numbers)).toEqual(
          expect.arrayContaining(['statistic', 'threshold', 'fromMillis', 'toMillis', 'observations']),
        );
      }
    }
  });
});

describe('each entry of evidence', () => {
  it.each([
    ['that falls', 'floor 200M ramp -30M until 4h noise 900k'],
    ['that stands', 'floor 64M noise 900k'],
    ['that is all the same', 'floor 64M'],
    ['that jumps', 'floor 64M step 30M at 2h spike 90M at 1h for 10m noise 3M'],
    ['that follows the load alone', 'floor 64M perload 20k'],
    ['that grows by steps of one', 'floor 64M noise 1M\nopenFds 12 +3/h\nthreads 9 +1/h'],
  ])('of a series %s has a number to show for its outcome', (_, text) => {
    const table = drawGauges(`${HEAD}${text}`);
    for (const hours of [0.6, 1, 2, 4]) {
      const atMillis = table.timeMillis[0] + hours * HOUR_MILLIS;
      const { lanes } = assess({ table, atMillis, memoryLimitBytes: null });
      for (const { numbers, question } of lanes.flatMap(({ evidence }) => evidence)) {
        expect([question, typeof numbers['statistic'], typeof numbers['threshold']]).toEqual([
          ...[question, 'number', 'number'],
        ]);
        expect(Number(numbers['toMillis'])).toBeGreaterThan(Number(numbers['fromMillis']));
      }
    }
  });

  it('about a bound is left out where nothing rises that could be without one', () => {
    expect(outcome('without bound', `${HEAD}floor 200M ramp -30M until 4h noise 900k`)).toBe('absent');
    expect(outcome('series grow?', `${HEAD}floor 200M ramp -30M until 4h noise 900k`)).toBe('contradicts');
  });
});

describe('what earlier lives and other replicas say', () => {
  /** The heap after a restart, beside a replica that grows as it does. */
  const asked = (growth: string) => {
    const table = drawGauges(
      `every 1m for 7h seed 5\nrestart 3h30m\nload 3000 day 2h 900 noise 100\nfloor 64M ${growth}`,
    );
    const own = { table, atMillis: table.timeMillis[table.length - 1], memoryLimitBytes: null };
    const { lanes } = assess(own);
    const [heap] = assess({ ...own, replicas: () => [{ ageMillis: 40 * HOUR_MILLIS, lanes }] }).lanes;
    const of = (about: string) => heap.evidence.find(({ question }) => question.includes(about));
    return { verdict: heap.verdict, lives: of('earlier lives'), replicas: of('other replicas') };
  };

  it.each([
    ['+2M/h noise 1500k', 'leak', 'open', 'supports'],
    ['+1024k/h noise 1500k', 'undetermined', 'open', 'open'],
  ] as const)('%s: %s, lives %s, replicas %s', (growth, verdict, ofLives, ofReplicas) => {
    const { lives, replicas, ...rest } = asked(growth);
    expect([rest.verdict, lives?.outcome, replicas?.outcome]).toEqual([verdict, ofLives, ofReplicas]);
    for (const { outcome: said, numbers } of [lives, replicas].filter((entry) => entry !== undefined)) {
      const { statistic, threshold, z, zThreshold } = numbers;
      expect(Number(statistic) > Number(threshold) && Number(z) > Number(zThreshold)).toBe(
        said === 'supports',
      );
    }
  });
});

describe('whether the level follows the load', () => {
  it('is answered by its own numbers, also beside a leak', () => {
    const table = drawGauges(`${HEAD} floor 64M +9M/h perload 2k noise 300k`);
    const { lanes } = assess({ table, atMillis: table.timeMillis[table.length - 1], memoryLimitBytes: null });
    expect(lanes[0].verdict).toBe('leak');
    const entry = lanes[0].evidence.find(({ question }) => question.includes('follow the load'));
    expect(entry?.outcome).toBe('supports');
    expect(Number(entry?.numbers.statistic)).toBeGreaterThan(Number(entry?.numbers.threshold));
  });
});
