import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import { drawGauges } from '../testing/series-from-text.ts';
import { assess } from './assess.ts';

/** Hours from the end of a drawing to its memory limit. */
function hoursLeft(text: string, limitMib: number): number {
  const table = drawGauges(`load 3000 noise 150\n${text}`);
  const atMillis = table.timeMillis[table.length - 1];
  const { exhaustion } = assess({ table, atMillis, memoryLimitBytes: limitMib * MIB });
  expect(exhaustion?.resource).toBe('memory-limit');
  return ((exhaustion?.at ?? NaN) - atMillis) / HOUR_MILLIS;
}

const HEAP = 'floor 60M +5M/h noise 500k';

describe('the time to the limit, where resident memory runs away from the live heap', () => {
  it.each([1, 2, 3])('is that of resident memory, seed %d', (seed) => {
    // 150 MiB and 20 MiB an hour for 6 h: 270 MiB. The live heap alone would take a day and more.
    const left = hoursLeft(`every 1m for 6h seed ${seed}\n${HEAP}\nrssBytes 150M +20M/h noise 3M`, 512);
    expect(left).toBeGreaterThan(9);
    expect(left).toBeLessThan(15);
  });

  it('is that of the live heap where its price stays what it was', () => {
    // 2.5 bytes for each live one: 225 MiB by now, 12.5 MiB an hour.
    const left = hoursLeft(`every 1m for 6h seed 2\n${HEAP}\nrssBytes 150M +12500k/h noise 3M`, 512);
    expect(left).toBeGreaterThan(16);
  });

  it('is not told by a start-up that came to rest', () => {
    const text = `every 1m for 8h seed 2\n${HEAP}\nrssBytes 150M +12500k/h fill 80M tau 20m noise 3M`;
    expect(hoursLeft(text, 768)).toBeGreaterThan(20);
  });

  it('is not told by one drop and rise of the noise', () => {
    const quiet = hoursLeft(`every 1m for 6h seed 4\n${HEAP}\nrssBytes 150M +12500k/h noise 3M`, 512);
    const noisy = hoursLeft(
      `every 1m for 6h seed 4\n${HEAP}\nrssBytes 150M +12500k/h noise 15M phi 0.9`,
      512,
    );
    expect(Math.abs(noisy - quiet)).toBeLessThan(0.5 * quiet);
  });

  it('starts at the present life', () => {
    const text = `every 1m for 9h seed 5\nrestart 3h\n${HEAP}\nrssBytes 150M +20M/h noise 3M`;
    const left = hoursLeft(text, 512);
    expect(left).toBeGreaterThan(9);
    expect(left).toBeLessThan(15);
  });
});
