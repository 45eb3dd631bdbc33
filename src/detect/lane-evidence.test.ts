import { describe, expect, it } from 'vitest';
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
      'open',
      `${HEAD} floor 64M perload 20k noise 900k`,
      'contradicts',
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
