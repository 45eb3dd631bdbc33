import { describe, expect, it } from 'vitest';
import { seededRandom } from '../testing/seeded-random.ts';
import { PACKED_ROWS_BOUND, packRows, unpackColumn } from './packed-rows.ts';

function unpacked(columns: readonly number[][], column = 0): number[] {
  const rows = columns[0].length;
  const packed = packRows(
    columns.map((cells) => Float64Array.from(cells)),
    rows,
  );
  const into = new Float64Array(rows + 2).fill(-1);
  unpackColumn(packed, column, into, 1);
  expect([into[0], into[rows + 1]]).toEqual([-1, -1]);
  return [...into.subarray(1, rows + 1)];
}

const full = (cell: (i: number) => number) => Array.from({ length: PACKED_ROWS_BOUND }, (_, i) => cell(i));

describe('packed rows', () => {
  it.each([
    ['whole numbers', [5, 0, 255, 17]],
    ['the ends of each width', [0, 254, 255, 256, 65_534, 65_535, 16_777_214, 2 ** 32 - 2, 2 ** 40]],
    ['numbers below zero', [-3, -1, 7, 0]],
    ['pages', [4096, 8192, 409_600]],
    ['what is not known', [NaN, 3, NaN, 9, NaN]],
    ['nothing known', [NaN, NaN]],
    ['one value', [42]],
    ['a constant that is no whole number', [0.1, 0.1, 0.1]],
    ['hundredths', [17.01, 17.02, 18.99]],
    ['pauses in nanoseconds', [0.000_213_377, 0.012_345_678_9 + 3, 1234.000_000_001]],
    ['words', [8, 16, 1_000_008]],
    ['fractions of no scale', [Math.PI, 1e-9, 1e300]],
    ['the largest doubles', [Number.MAX_VALUE, -Number.MAX_VALUE, 0]],
    ['no soft limit (2^63)', [2 ** 63, 2 ** 63, 1e9]],
    ['a constant that is not always known', [2 ** 63, NaN, 2 ** 63]],
    ['whole numbers that are too far apart', [0, 2 ** 53 - 1, 1]],
    ['times between milliseconds', [1_795_214_077_924.5, 1_795_214_092_924.25, 1_795_214_107_924.75]],
    ['a counter that is large and rises slowly', full((i) => 3e12 + 200 * i + (i % 7))],
    ['a counter with gaps', full((i) => (i % 5 === 1 ? NaN : 1e9 + 77_777 * i))],
    ['a counter that is reset', full((i) => (i < 30 ? 1e9 + 1e6 * i : 1e6 * i))],
  ])('come back as they were: %s', (_, cells) => {
    expect(unpacked([cells])).toEqual(cells);
  });

  it('come back as they were, whatever they are', () => {
    const random = seededRandom(11);
    for (let round = 0; round < 400; round++) {
      const rows = 1 + Math.floor(random() * PACKED_ROWS_BOUND);
      const columns = Array.from({ length: 5 }, () => {
        const [scale, step] = [10 ** Math.floor(16 * random()), 10 ** Math.floor(12 * random())];
        const isWhole = random() < 0.8;
        let level = scale * (random() - 0.3);
        return Array.from({ length: rows }, () => {
          level += step * (random() - 0.2);
          if (random() < 0.1) return NaN;
          return isWhole ? Math.round(level) : level;
        });
      });
      for (let i = 0; i < columns.length; i++)
        expect(unpacked(columns, i)).toEqual(columns[i].map((c) => c + 0));
    }
  });

  describe('of a column that another one accounts for', () => {
    const random = seededRandom(5);
    const pages = (most: number) => 4096 * Math.floor(most * random());
    const all = full(() => 2 ** 30 + pages(50_000));
    const used = full(() => pages(50_000));
    const pack = (cells: readonly number[], less: number) => {
      const columns = [all, used, cells].map((column) => Float64Array.from(column));
      const packed = packRows(columns, columns[0].length, [undefined, undefined, { place: 0, less }]);
      const into = new Float64Array(columns[0].length);
      unpackColumn(packed, 2, into, 0);
      expect([...into]).toEqual(cells);
      return packed.bytes.length - packRows(columns.slice(0, 2), columns[0].length).bytes.length;
    };

    it('take a few bytes where they are a difference, known or not', () => {
      const rest = all.map((cell, i) => cell - used[i]);
      expect(pack(rest, 1)).toBeLessThan(20);
      expect(pack([NaN, ...rest.slice(1)], 1)).toBeLessThan(40);
      expect(
        pack(
          all.map((cell) => cell - 4096),
          255,
        ),
      ).toBeLessThan(20);
    });

    it('come back as they were where it does not', () => {
      pack(
        all.map((cell) => cell / 3),
        1,
      );
      pack(
        all.map(() => Math.round(1e6 * random())),
        1,
      );
      pack(
        all.map((_, i) => (i % 3 ? 2 ** 60 : 0.1)),
        1,
      );
      pack([...all.slice(0, 5), ...full(() => NaN).slice(5)], 255);
      all[7] = NaN;
      used[9] = NaN;
      pack(
        all.map((cell, i) => (cell || 0) + i),
        1,
      );
    });
  });

  it('has a column that came later as not known', () => {
    expect(unpacked([[1, 2, 3]], 4)).toEqual([NaN, NaN, NaN]);
  });

  it('takes a byte or two a cell for a heap that moves by pages, and next to nothing for what stands still', () => {
    const random = seededRandom(3);
    const heap = Float64Array.from(full(() => 2 ** 33 + 8192 * Math.floor(20_000 * random())));
    expect(packRows([heap], heap.length).bytes.length).toBeLessThanOrEqual(2 * heap.length + 16);
    expect(packRows([heap.fill(7)], heap.length).bytes.length).toBeLessThan(16);
  });
});
