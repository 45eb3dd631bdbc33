import { describe, expect, it } from 'vitest';
import { drawGauges } from '../testing/series-from-text.ts';
import { assess } from './assess.ts';
import type { LaneAssessment } from './assessment.ts';

function heapOf(text: string): LaneAssessment {
  const table = drawGauges(text);
  const atMillis = table.timeMillis[table.length - 1];
  const [heap] = assess({ table, atMillis, memoryLimitBytes: null }).lanes;
  return heap;
}

const EVEN = 'every 1m for 4h seed 3\nload 3000 noise 150';
const RHYTHM = 'every 1m for 8h seed 3\nload 4000/h day 4h 3000';
const DAYS = 'every 5m for 72h seed 5\nload 3000 day 24h 1200 noise 100';

describe('what drives the growth', () => {
  it.each([
    [`${EVEN}\nfloor 64M +10M/h noise 500k`, 'even'],
    [`${EVEN}\nfloor 64M perwork 3k noise 500k`, 'even'],
    [`${RHYTHM}\nfloor 40M perwork 2k noise 200k`, 'work'],
    [`${RHYTHM}\nfloor 40M +8M/h noise 200k`, 'time'],
    ['every 1m for 3h seed 3\nload 1000 +3000/h\nfloor 40M +8M/h noise 200k', 'unclear'],
    // Three days of rhythm are no more even than one.
    [`${DAYS}\nfloor 200M perwork 1k noise 1M`, 'work'],
    [`${DAYS}\nfloor 200M +3M/h noise 1M`, 'time'],
  ])('%s: %s', (text, by) => {
    const { driver, perRequest } = heapOf(text);
    expect(driver?.by).toBe(by);
    expect(perRequest !== null).toBe(by === 'work');
    const { workEvidence = 0, threshold = 0, evenness = 0, evenThreshold = 0 } = driver ?? {};
    expect(evenness > evenThreshold).toBe(by === 'even');
    if (by !== 'even') {
      expect(workEvidence > threshold).toBe(by === 'work');
      expect(workEvidence < -threshold).toBe(by === 'time');
    }
  });

  it('is not known where no work is counted', () => {
    expect(heapOf('every 1m for 4h seed 3\nfloor 64M +10M/h noise 500k').driver).toBeNull();
  });
});
