import { describe, expect, it } from 'vitest';
import { drawSnapshots } from '../testing/drawn-snapshots.ts';
import { describeCulprit, locateModule, relateFile } from './culprit.ts';

const frame = (name: string, file: string, line = 7) => ({ function: name, file, line });
const place = { module: 'example.com/shop', root: '/home/ci/shop/' };

describe('relateFile', () => {
  it.each([
    ['example.com/shop/store.(*Store).Put', '/home/ci/shop/store/put.go', 'store/put.go'],
    ['example.com/shop.Run', '/home/ci/shop/run.go', 'run.go'],
    ['example.com/shop/v2%2ex.F', '/home/ci/shop/v2.x/f.go', 'v2.x/f.go'],
    ['main.main', '/home/ci/shop/cmd/shop/main.go', 'cmd/shop/main.go'],
    ['main.main', 'example.com/shop/main.go', 'main.go'],
    ['main.main', '/elsewhere/main.go', '/elsewhere/main.go'],
    ['example.com/shopping.F', '/home/ci/shopping/f.go', '/home/ci/shopping/f.go'],
    [
      'github.com/acme/lib.F',
      '/go/pkg/mod/github.com/acme/lib@v1.0.0/f.go',
      '/go/pkg/mod/github.com/acme/lib@v1.0.0/f.go',
    ],
  ])('%s in %s is %s', (name, file, expected) => {
    expect(relateFile(frame(name, file), place)).toBe(expected);
  });

  it('leaves files as spelled where the module is not known', () => {
    expect(relateFile(frame('shop/store.Put', '/src/store/put.go'), { module: null, root: null })).toBe(
      '/src/store/put.go',
    );
  });
});

describe('locateModule', () => {
  it("finds the root from a frame of any package below the module's path", () => {
    const { stacks } = drawSnapshots(
      'heap\nmain.main@/b/shop/cmd/x/main.go:3 > example.com/shop/store.Put@/b/shop/store/put.go:9 | 64 | 1 2',
    );
    expect(locateModule('example.com/shop', stacks)).toEqual({
      module: 'example.com/shop',
      root: '/b/shop/',
    });
    expect(locateModule('example.com/other', stacks).root).toBeNull();
  });
});

describe('describeCulprit', () => {
  it('says null for what is not known, never a guess', () => {
    expect(describeCulprit(frame('main.f', '', 0), 'blocks', { module: null, root: null })).toEqual({
      role: 'blocks',
      function: 'main.f',
      file: null,
      profileFile: null,
      line: null,
      share: null,
      low: null,
      high: null,
    });
  });
});
