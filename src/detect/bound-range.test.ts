import { describe, expect, it } from 'vitest';
import { MIB } from '../base/units.ts';
import { drawGauges } from '../testing/series-from-text.ts';
import { assess } from './assess.ts';

const BOUND = 280;

/** The interval in MiB of a cache of 80 MiB above 200 MiB; null where none is told. */
function rangeOf(filling: string): { low: number; high: number } | null {
  const table = drawGauges(filling.replace('CACHE', 'load 3000 noise 100\n floor 200M fill 80M'));
  const atMillis = table.timeMillis[table.length - 1];
  const { lanes } = assess({ table, atMillis, memoryLimitBytes: null });
  const range = lanes.find(({ lane }) => lane === 'heap')?.boundRange ?? null;
  return range && { low: range.low / MIB, high: (range.high ?? Infinity) / MIB };
}

describe('the interval of the bound that a cache fills to', () => {
  it('holds the true one about as often as it says, from half full on, through noise that is correlated', () => {
    const shapes = [
      'every 2m for 6h seed SEED\nCACHE tau 3h noise 1M',
      'every 5m for 18h seed SEED\nCACHE tau 9h noise 2M',
      'every 5m for 24h seed SEED\nCACHE tau 9h noise 2M phi 0.6',
      'every 5m for 36h seed SEED\nCACHE tau 9h noise 4M phi 0.9',
    ];
    const ranges = shapes.flatMap((shape) =>
      Array.from({ length: 40 }, (_, i) => rangeOf(shape.replace('SEED', String(101 + i)))),
    );
    const told = ranges.filter((range) => range !== null);
    expect(told.length).toBeGreaterThan(0.85 * ranges.length);
    const held = told.filter(({ low, high }) => low <= BOUND && BOUND <= high);
    // 80 % of some 150 draws, three standard errors either way.
    expect(held.length / told.length).toBeGreaterThan(0.7);
    expect(held.length / told.length).toBeLessThan(0.9);
  });

  it('narrows as the cache fills, and has no upper end while hardly a bend is seen', () => {
    const width = (hours: number) => {
      const range = rangeOf(`every 5m for ${hours}h seed 3\nCACHE tau 9h noise 1M`);
      return range === null ? NaN : range.high - range.low;
    };
    expect(width(24)).toBeLessThan(width(12));
    expect(width(60)).toBeLessThan(width(24));
    // A straight line is mostly as likely yet.
    const early = Array.from({ length: 20 }, (_, i) =>
      rangeOf(`every 2m for 5h seed ${i + 1}\nCACHE tau 9h noise 2M`),
    ).filter((range) => range !== null);
    expect(early.length).toBeGreaterThan(3);
    expect(early.filter(({ high }) => high === Infinity).length).toBeGreaterThan(early.length / 2);
  });
});
