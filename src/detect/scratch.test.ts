import { describe, expect, it } from 'vitest';
import { Scratch } from './scratch.ts';

describe('room for columns', () => {
  it('gives columns that do not overlap until all room is given back', () => {
    const scratch = new Scratch();
    scratch.begin();
    const taken = Array.from({ length: 400 }, (_, i) => scratch.take(1 + (i % 100)).fill(i));
    taken.forEach((column, i) => {
      expect(column.length).toBe(1 + (i % 100));
      expect(column.every((cell) => cell === i)).toBe(true);
    });
  });

  it('keeps columns apart that are larger together than what is kept', () => {
    const scratch = new Scratch();
    const large = [1, 2, 3].map((cell) => scratch.take(20_000).fill(cell));
    expect(large.map((column) => [column[0], column[19_999]])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  it('uses the same cells again for the next piece of work', () => {
    const scratch = new Scratch();
    scratch.take(100);
    scratch.begin();
    const first = scratch.take(10).fill(7);
    scratch.begin();
    expect(scratch.take(10)).toEqual(first);
  });
});
