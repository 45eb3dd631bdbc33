import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawProfile } from '../testing/drawn-profile.ts';
import { buildFlameTree } from './flame-tree.ts';
import { focusFlame, hitTest, layoutFlame, type FlameLayout } from './layout.ts';

const DRAWING = `
  types n
  main > a > x = 2
  main > a > y = 1
  main > b = 3
  main = 2
  other = 2`;

const whole = layoutFlame(buildFlameTree(drawProfile(DRAWING), 0));

/** `name left-right` in tenths of the width, rows outside left out. */
function places(layout: FlameLayout): string[] {
  const { tree, left, right } = layout;
  return Array.from({ length: tree.length }, (_, row) => row)
    .filter((row) => right[row] > 0 && left[row] < 1)
    .map((row) => {
      const name = row === 0 ? 'all' : tree.names[tree.name[row]];
      return `${name} ${(left[row] * 10).toFixed(1)}-${(right[row] * 10).toFixed(1)}`;
    });
}

const rowOf = (name: string): number => {
  const { tree } = whole;
  return tree.name.findIndex((row) => row >= 0 && tree.names[row] === name);
};

describe('layoutFlame', () => {
  it('puts children side by side from the left, the self value of their parent behind them', () => {
    expect(places(whole)).toEqual([
      'all 0.0-10.0',
      'main 0.0-8.0',
      'a 0.0-3.0',
      'x 0.0-2.0',
      'y 2.0-3.0',
      'b 3.0-6.0',
      'other 8.0-10.0',
    ]);
  });

  it('keeps children within their parent and apart from each other, whatever the profile', () => {
    const path = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 6 });
    const sample = fc.tuple(path, fc.integer({ min: -50, max: 50 }));
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 40 }), (samples) => {
        const text = samples.map(([frames, value]) => `${frames.join(' > ')} = ${value}`).join('\n');
        const { tree, left, right, byDepth, depthStart } = layoutFlame(
          buildFlameTree(drawProfile(`types n\n${text}`), 0),
        );
        for (let row = 1; row < tree.length; row++) {
          expect(left[row]).toBeGreaterThanOrEqual(left[tree.parent[row]] - 1e-9);
          expect(right[row]).toBeLessThanOrEqual(right[tree.parent[row]] + 1e-9);
        }
        for (let depth = 0; depth <= tree.maxDepth; depth++)
          for (let at = depthStart[depth] + 1; at < depthStart[depth + 1]; at++)
            expect(left[byDepth[at]]).toBeGreaterThanOrEqual(right[byDepth[at - 1]] - 1e-9);
      }),
    );
  });
});

describe('focusFlame', () => {
  it('gives the focus and what is above it the whole width, and hides what is beside', () => {
    expect(places(focusFlame(whole, rowOf('a')))).toEqual([
      'all 0.0-10.0',
      'main 0.0-10.0',
      'a 0.0-10.0',
      'x 0.0-6.7',
      'y 6.7-10.0',
    ]);
  });

  it('of the root is the whole picture', () => {
    expect(places(focusFlame(whole, 0))).toEqual(places(whole));
  });
});

describe('hitTest', () => {
  const name = (layout: FlameLayout, depth: number, share: number): string | null => {
    const row = hitTest(layout, depth, share);
    return row === null ? null : row === 0 ? 'all' : layout.tree.names[layout.tree.name[row]];
  };

  it('finds the row at a place, and nothing where nothing is drawn', () => {
    expect(name(whole, 0, 0.99)).toBe('all');
    expect(name(whole, 1, 0.79)).toBe('main');
    expect(name(whole, 1, 0.81)).toBe('other');
    expect(name(whole, 2, 0.31)).toBe('b');
    expect(name(whole, 2, 0.7)).toBeNull();
    expect(name(whole, 9, 0.1)).toBeNull();
    expect(name(whole, -1, 0.1)).toBeNull();
  });

  it('sees only what the focus shows', () => {
    const focused = focusFlame(whole, rowOf('a'));
    expect(name(focused, 1, 0.99)).toBe('main');
    expect(name(focused, 2, 0.99)).toBe('a');
    expect(name(focused, 3, 0.7)).toBe('y');
  });
});
