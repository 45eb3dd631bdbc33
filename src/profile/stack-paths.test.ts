import { describe, expect, it } from 'vitest';
import { drawProfile } from '../testing/drawn-profile.ts';
import { printableNameOf } from './reports/printable-name.ts';
import { collectPaths } from './stack-paths.ts';

function paths(drawing: string): { readonly lines: string[]; readonly frames: number } {
  const profile = drawProfile(`types n\n${drawing}`);
  const { length, names, stack, value, frames } = collectPaths(profile, 0, printableNameOf);
  const line = (_: unknown, row: number): string => `${[...names.along(stack[row])].join(';')} ${value[row]}`;
  return { lines: Array.from({ length }, line), frames };
}

describe('collectPaths', () => {
  it('takes stacks that print the same for one, in order of first appearance', () => {
    // An inlined line and a called function are different locations, and print the same.
    expect(
      paths('main > b = 1\n main > grow >> alloc = 2\n main > grow > alloc = 3\n main > b = 4 k="v"'),
    ).toEqual({
      lines: ['main;b 5', 'main;grow;alloc 5'],
      frames: 4,
    });
  });

  it('tells a stack that ends from one that goes on, and counts what they share once', () => {
    expect(paths('a > b = 1\n a = 2\n a > b > c = 4\n b > a = 8\n a > b > d >> e = 16')).toEqual({
      lines: ['a;b 1', 'a 2', 'a;b;c 4', 'b;a 8', 'a;b;d;e 16'],
      frames: 7,
    });
  });

  it('keeps what adds up to 0, and leaves out samples of 0 and those without frames', () => {
    expect(paths('a > b = 1\n a > b = -1 base="true"\n c = 0\n - = 5')).toEqual({
      lines: ['a;b 0'],
      frames: 2,
    });
  });

  it('agrees with a plain map of names for stacks drawn by chance', () => {
    let seed = 1;
    const chance = (below: number): number => {
      seed = (Math.imul(seed, 48271) >>> 0) % 0x7fffffff;
      return seed % below;
    };
    const sums = new Map<string, number>();
    const prefixes = new Set<string>();
    const drawn: string[] = [];
    for (let sample = 0; sample < 2000; sample++) {
      let line = `f${chance(3)}`;
      for (let depth = chance(6); depth > 0; depth--)
        line += `${chance(3) === 0 ? ' >> ' : ' > '}f${chance(3)}`;
      const value = 1 + chance(9);
      drawn.push(`${line} = ${value}`);
      const names = line.split(/ >+ /);
      sums.set(names.join(';'), (sums.get(names.join(';')) ?? 0) + value);
      for (let end = 1; end <= names.length; end++) prefixes.add(names.slice(0, end).join(';'));
    }
    expect(paths(drawn.join('\n'))).toEqual({
      lines: [...sums].map(([names, sum]) => `${names} ${sum}`),
      frames: prefixes.size,
    });
  });
});
