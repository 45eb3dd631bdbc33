import { describe, expect, it } from 'vitest';
import { NO_ROW } from '../pprof/tables.ts';
import { PairTable } from './pair-table.ts';

/** What the table's own hash makes of a pair, from its inverse: pairs that a file could be made of to meet in one slot. */
function colliding(count: number): [number, number][] {
  // 0x9e3779b1 and 0x85ebca6b are odd: every b has an a for which both products are equal, and the hash is that of 0.
  const inverse = (odd: number): number => {
    let found = odd;
    for (let round = 0; round < 5; round++) found = Math.imul(found, 2 - Math.imul(odd, found));
    return found;
  };
  const factor = Math.imul(0x85ebca6b, inverse(0x9e3779b1));
  return Array.from({ length: count }, (_, b) => [(Math.imul(b + 1, factor) | 0) - 1, b]);
}

describe('PairTable', () => {
  it('gives each pair one row, in order of first appearance, however often it grows', () => {
    const table = new PairTable();
    const pairs = Array.from({ length: 5000 }, (_, i): [number, number] => [i % 70, Math.floor(i / 70)]);
    for (const round of [0, 1])
      for (const [row, [a, b]] of pairs.entries()) expect([round, table.row(a, b)]).toEqual([round, row]);
    expect(table.length).toBe(5000);
    expect(table.find(71, 0)).toBe(NO_ROW);
    expect(table.length).toBe(5000);
  });

  it('finds pairs again that a file has been made of to meet in one slot', () => {
    const table = new PairTable();
    const pairs = colliding(3000);
    for (const [row, [a, b]] of pairs.entries()) expect(table.row(a, b)).toBe(row);
    expect(pairs.map(([a, b]) => table.row(a, b))).toEqual(pairs.map((_, row) => row));
    expect(table.find(pairs[2999][0], 0)).toBe(NO_ROW);
  });
});
