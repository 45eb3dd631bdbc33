import { describe, expect, it } from 'vitest';
import { buildFlameTree, type FlameTree } from '../flamegraph/flame-tree.ts';
import { drawProfile } from '../testing/drawn-profile.ts';
import { decodeFlame, encodeFlame, type FlameMessage } from './flame-message.ts';

const tree = (text: string, maxRows = 1000) =>
  buildFlameTree(drawProfile(`types v/bytes\n${text}`), 0, { minShare: 0, maxRows });
/** Numbers of names may differ, names may not. */
const byNames = (drawn: FlameTree) => ({
  ...drawn,
  name: Array.from(drawn.name, (row) => drawn.names[row] ?? ''),
  names: [...drawn.names].sort(),
  total: Array.from(drawn.total, String),
  self: Array.from(drawn.self, String),
});
const overTheWire = (message: FlameMessage) => JSON.parse(JSON.stringify(message)) as FlameMessage;

describe('a flame tree over the wire', () => {
  it('is the same tree again, with values below 0 and beyond 53 bits', () => {
    for (const text of [
      'main > a = 2\n main > b = 3\n main = 1',
      'main > a > a = -5\n main > b = 3',
      'main > a = 9007199254740993\n main > b = 1',
      '',
    ]) {
      const drawn = tree(text);
      expect(byNames(decodeFlame(overTheWire(encodeFlame(drawn))))).toEqual(byNames(drawn));
    }
  });

  it('leaves out the narrowest rows and says how many', () => {
    const message = encodeFlame(tree('main > a > b = 8\n main > c > d > e = 3\n main > f = 3', 5));
    expect(message.names).toEqual(['main', 'a', 'b', 'c']);
    expect(message.parent).toEqual([-1, 0, 1, 2, 1]);
    expect(message.hidden).toBe(3);
  });
});
