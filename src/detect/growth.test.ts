import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS } from '../base/units.ts';
import type { Growth } from '../model/finding.ts';
import { DRAWN_START_MILLIS, drawGauges } from '../testing/series-from-text.ts';
import { assess } from './assess.ts';

function growthOf(text: string, hours: number): Growth {
  const table = drawGauges(text);
  const { lanes } = assess({
    table,
    atMillis: DRAWN_START_MILLIS + hours * HOUR_MILLIS,
    memoryLimitBytes: null,
  });
  const growth = lanes.find(({ lane }) => lane === 'goroutine')?.growth ?? null;
  if (growth === null) throw new Error('no growth');
  return growth;
}

const width = ({ low, high, perHour }: Growth): number => (high - low) / 2 / perHour;

describe('the interval of a growth rate', () => {
  it('is never narrower than one block of the window, however exact the gauge', () => {
    const growth = growthOf('every 1m for 12h\ngoroutines 100 +500/h', 12);
    expect(growth.low).toBeLessThan(500);
    expect(growth.high).toBeGreaterThan(500);
    expect(width(growth)).toBeGreaterThan(1 / 73);
    expect(width(growth)).toBeLessThan(0.05);
  });

  it('is wider where the noise comes in waves that last for several blocks', () => {
    const white = growthOf('every 1m for 12h seed 3\ngoroutines 100 +90/h noise 30', 12);
    const waves = growthOf('every 1m for 12h seed 3\ngoroutines 100 +90/h noise 30 phi 0.99', 12);
    expect(width(waves)).toBeGreaterThan(1.5 * width(white));
  });

  it.each([1, 2, 3, 4, 5])('holds the true rate under waves (seed %i)', (seed) => {
    const text = `every 1m for 24h seed ${seed}\ngoroutines 100 +60/h noise 20 phi 0.95`;
    const growth = growthOf(text, 24);
    expect(growth.low).toBeLessThan(60);
    expect(growth.high).toBeGreaterThan(60);
  });
});
