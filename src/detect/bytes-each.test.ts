import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, KIB, MIB } from '../base/units.ts';
import { DRAWN_START_MILLIS, drawGauges } from '../testing/series-from-text.ts';
import { assess } from './assess.ts';
import type { Assessment } from './assessment.ts';
import { residentEach } from './bytes-each.ts';

/** A process that is three days old when it is attached to; its goroutines have leaked for as long. */
const LATE = 'every 1m for 4h seed 3 age 3d\n load 3000 noise 150\n floor 22M noise 600k\n';
const MEMORY_LIMIT = 256 * MIB;

function assessDrawing(text: string, memoryLimitBytes: number | null = MEMORY_LIMIT): Assessment {
  const table = drawGauges(text);
  return assess({ table, atMillis: table.timeMillis[table.length - 1], memoryLimitBytes });
}

describe('what a goroutine costs', () => {
  it('is the slope of stack and resident bytes on the count', () => {
    const { goroutineCost: cost } = assessDrawing(
      `${LATE} goroutines 6700 +1000/h from 72h noise 4
       stackInuseBytes 30M +3M/h from 72h noise 60k
       rssBytes 81M +7M/h from 72h noise 500k`,
    );
    const stack = cost?.stack;
    expect(stack?.low).toBeLessThan((3 * MIB) / 1000);
    expect(stack?.high).toBeGreaterThan((3 * MIB) / 1000);
    expect((stack?.high ?? 0) - (stack?.low ?? 0)).toBeLessThan(KIB);
    expect(cost?.resident?.low).toBeLessThan((7 * MIB) / 1000);
    expect(cost?.resident?.high).toBeGreaterThan((7 * MIB) / 1000);
  });

  it('says what part of a stack the live floor holds: half where it is solved from the goal, none where stacks are told', () => {
    const growing = `${LATE} goroutines 6700 +1000/h from 72h noise 4
       stackInuseBytes 30M +3M/h from 72h noise 60k`;
    expect(assessDrawing(growing).goroutineCost?.stackInFloor).toBe(0.5);
    const told = `${growing}\n scanStackBytes 30M +3M/h from 72h`;
    expect(assessDrawing(told).goroutineCost?.stackInFloor).toBe(0);
  });

  it('is not asked for while their number stays level', () => {
    expect(assessDrawing(`${LATE} goroutines 6700 noise 4\n rssBytes 81M`).goroutineCost).toBeNull();
  });

  it('is never less than the smallest stack of memory, and wide where RSS does not tell', () => {
    expect(residentEach({ stack: null, resident: null })).toEqual({
      value: 4 * KIB,
      low: 2 * KIB,
      high: 16 * KIB,
    });
    const noisy = { value: -300, low: -90_000, high: 60_000 };
    expect(residentEach({ stack: null, resident: noisy })).toEqual({
      value: 2 * KIB,
      low: 2 * KIB,
      high: 60_000,
    });
  });
});

describe('time to the memory limit of goroutines that were leaking when they were first seen', () => {
  const hoursUntil = (time: number | null | undefined) =>
    time === null || time === undefined ? NaN : (time - DRAWN_START_MILLIS) / HOUR_MILLIS - 4;

  it('is known although the live heap shows no growth of its own', () => {
    const { exhaustion, lanes } = assessDrawing(
      `${LATE} goroutines 6700 +1000/h from 72h noise 4
       stackInuseBytes 30M +3M/h from 72h noise 60k
       rssBytes 81M +7M/h from 72h noise 500k`,
    );
    expect(lanes.find(({ lane }) => lane === 'heap')?.verdict).toBe('no-growth');
    // 147 MiB are left, at 7 MiB/h.
    expect(exhaustion?.resource).toBe('memory-limit');
    expect(hoursUntil(exhaustion?.at)).toBeGreaterThan(17);
    expect(hoursUntil(exhaustion?.at)).toBeLessThan(24);
    expect(hoursUntil(exhaustion?.low)).toBeLessThan(20);
    expect(hoursUntil(exhaustion?.high)).toBeGreaterThan(23);
  });

  it('has an upper end by the smallest stack where RSS does not rise with them yet', () => {
    const { exhaustion } = assessDrawing(
      `${LATE} goroutines 6700 +1000/h from 72h noise 4\n rssBytes 81M noise 9M`,
    );
    expect(hoursUntil(exhaustion?.high)).toBeGreaterThan(75);
    expect(hoursUntil(exhaustion?.high)).toBeLessThan(130);
    expect(hoursUntil(exhaustion?.low)).toBeLessThan(75);
  });

  it('is no shorter than what resident memory has moved by allows, whatever steps it took', () => {
    const { exhaustion, goroutineCost } = assessDrawing(
      `every 1m for 1h30m seed 3\n load 3000 noise 150\n floor 22M noise 600k
       goroutines 40 +360/h noise 1
       rssBytes 50M +5M/h step 20M at 40m noise 1M`,
      512 * MIB,
    );
    // 540 came while resident memory moved by some 31 MiB: no more than 60 KiB each, or 21 MiB/h.
    expect(goroutineCost?.resident?.high).toBeLessThan(62 * KIB);
    expect(exhaustion?.resource).toBe('memory-limit');
    expect(((exhaustion?.low ?? 0) - DRAWN_START_MILLIS) / HOUR_MILLIS - 1.5).toBeGreaterThan(15);
  });

  it('is not known without a limit, and nothing is said while the number stays level', () => {
    const leak = `${LATE} goroutines 6700 +1000/h from 72h noise 4\n rssBytes 81M +7M/h from 72h noise 500k`;
    expect(assessDrawing(leak, null).exhaustion).toBeNull();
    expect(assessDrawing(`${LATE} goroutines 6700 noise 4\n rssBytes 81M noise 500k`).exhaustion).toBeNull();
  });

  it('leaves growth that came before theirs out of their cost', () => {
    const { goroutineCost: cost } = assessDrawing(
      `every 1m for 8h seed 3\n load 3000 noise 150\n floor 22M noise 600k
       goroutines 40 +1000/h from 4h noise 2
       rssBytes 40M ramp 60M until 2h +5M/h from 4h noise 200k`,
    );
    expect(cost?.resident?.value).toBeGreaterThan((4 * MIB) / 1000);
    expect(cost?.resident?.value).toBeLessThan((6 * MIB) / 1000);
  });
});
