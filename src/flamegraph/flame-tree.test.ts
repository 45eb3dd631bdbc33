import { describe, expect, it } from 'vitest';
import { drawProfile } from '../testing/drawn-profile.ts';
import { buildFlameTree, type FlameTree } from './flame-tree.ts';

/** One line a row: indented name, total, self. */
function draw(tree: FlameTree): string {
  return Array.from({ length: tree.length }, (_, row) => {
    const name = row === 0 ? 'all' : tree.names[tree.name[row]];
    return `${'  '.repeat(tree.depth[row])}${name} ${tree.total[row]} ${tree.self[row]}`;
  }).join('\n');
}

const lines = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.slice(6))
    .filter((line) => line !== '')
    .join('\n');

describe('buildFlameTree', () => {
  it('shares paths, sums upwards and puts larger siblings first, equal ones by name', () => {
    const tree = buildFlameTree(
      drawProfile(`
        types space/bytes
        main > a = 2
        main > b = 3
        main > c = 3
        main = 1
        other > a = 4`),
      0,
    );
    expect(draw(tree)).toBe(
      lines(`
      all 13 0
        main 9 1
          b 3 3
          c 3 3
          a 2 2
        other 4 0
          a 4 4`),
    );
    expect([...tree.end]).toEqual([7, 5, 3, 4, 5, 7, 7]);
    expect(tree.maxDepth).toBe(2);
  });

  it('draws inlined lines as frames of their own', () => {
    const tree = buildFlameTree(drawProfile('types n\n main > grow >> alloc = 1'), 0);
    expect(draw(tree).split('\n')).toEqual(['all 1 0', '  main 1 0', '    grow 1 0', '      alloc 1 1']);
  });

  it('keeps recursion as a path', () => {
    const tree = buildFlameTree(drawProfile('types n\n f > f > f = 1'), 0);
    expect(tree.maxDepth).toBe(3);
  });

  it('is as wide as what changed, and shows the difference', () => {
    const tree = buildFlameTree(drawProfile('types n\n main > a = 5\n main > b = -3'), 0);
    expect(draw(tree).split('\n')).toEqual(['all 2 0', '  main 2 0', '    a 5 5', '    b -3 -3']);
    expect([...tree.size]).toEqual([8, 8, 5, 3]);
  });

  it('draws nothing for what cancels out on one stack, be it in samples that labels keep apart', () => {
    const tree = buildFlameTree(
      drawProfile('types n\n main > a = 5\n main > a = -5 base="true"\n main > b = 1'),
      0,
    );
    expect(draw(tree).split('\n')).toEqual(['all 1 0', '  main 1 0', '    b 1 1', '    a 0 0']);
    expect([...tree.size]).toEqual([1, 1, 1, 0]);
  });

  it('is exact beyond 2^53', () => {
    const tree = buildFlameTree(drawProfile('types n\n main > a = 9007199254740993\n main > b = 2'), 0);
    expect(tree.total[0]).toBe(9007199254740995n);
  });

  it('leaves out samples of value 0 and samples without frames', () => {
    const tree = buildFlameTree(drawProfile('types n\n main = 0\n - = 5\n main > a = 1'), 0);
    expect(draw(tree).split('\n')).toEqual(['all 1 0', '  main 1 0', '    a 1 1']);
  });

  it('is a root alone for an empty profile', () => {
    const tree = buildFlameTree(drawProfile('types n'), 0);
    expect([tree.length, tree.total[0], tree.end[0]]).toEqual([1, 0, 1]);
  });

  const bounded = (drawing: string, minShare: number, maxRows: number) =>
    buildFlameTree(drawProfile(`types n\n${drawing}`), 0, { minShare, maxRows });

  it('leaves out rows below a share of what changed, and counts them', () => {
    const tree = bounded('main > a > b = 98\n main > c > d > e = -1\n main > c > f = 1', 0.02, 100);
    expect(draw(tree).split('\n')).toEqual([
      'all 98 0',
      '  main 98 0',
      '    a 98 0',
      '      b 98 98',
      '    c 0 0',
    ]);
    expect(tree.hidden).toBe(3);
  });

  it('keeps the largest rows where there is no room for all, with the sums of all', () => {
    const tree = bounded('main > a > b = 8\n main > c > d > e = 5\n main > c > f = 1\n g = 7', 0, 6);
    expect(draw(tree).split('\n')).toEqual([
      'all 21 0',
      '  main 14 0',
      '    a 8 0',
      '      b 8 8',
      '    c 6 0',
      '  g 7 7',
    ]);
    expect(tree.hidden).toBe(3);
  });

  it('finds each of many paths again, however often its table grew', () => {
    const one = Array.from({ length: 300 }, (_, i) => `root > a${i % 17} > b${i} > c${i * 7} = 1`).join('\n');
    const tree = buildFlameTree(drawProfile(`types n\n${one}\n${one}`), 0);
    expect(tree.length).toBe(1 + 1 + 17 + 300 + 300);
    expect(tree.total[0]).toBe(600);
  });
});
