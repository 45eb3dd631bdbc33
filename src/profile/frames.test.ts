import { describe, expect, it } from 'vitest';
import {
  isApplication,
  isRuntime,
  isStandardLibrary,
  normalizeFunction,
  ownerOf,
  packageOf,
} from './frames.ts';

describe('packageOf', () => {
  it.each([
    ['main.main', 'main'],
    ['net/http.(*conn).serve', 'net/http'],
    ['example.com/cart.(*Cache[go.shape.string,example.com/x/y.T]).Get.func1', 'example.com/cart'],
    ['example.com/cart.Map[...]', 'example.com/cart'],
    ['gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun', 'gopkg.in/natefinch/lumberjack.v2'],
    ['gopkg.in/yaml.v3.Unmarshal', 'gopkg.in/yaml.v3'],
    ['github.com/a/b/v2.glob..func1', 'github.com/a/b/v2'],
    ['orders/store.Put', 'orders/store'],
    ['malloc', ''],
    ['<unknown>', ''],
    ['[libc.so.6]', ''],
    ['std::vector<a.b>::push_back', ''],
    ['memcpy.part.0', ''],
    ['', ''],
    ['.weird', ''],
  ])('of %s is "%s"', (name, expected) => {
    expect(packageOf(name)).toBe(expected);
  });
});

describe('ownerOf', () => {
  const owner = (name: string, module: string | null, file = ''): string =>
    ownerOf({ function: name, file, line: 1 }, module);

  it('tells Go apart from the application without knowing the module', () => {
    expect(
      [
        'runtime.gopark',
        'internal/runtime/maps.f',
        'net/http.Get',
        'vendor/golang.org/x/net/http2/hpack.f',
      ].map((name) => owner(name, null)),
    ).toEqual(['runtime', 'runtime', 'standard-library', 'standard-library']);
    expect(['main.run', 'orders/store.Put', 'example.com/a.F'].map((name) => owner(name, null))).toEqual([
      'application',
      'application',
      'application',
    ]);
    expect(owner('malloc', null)).toBe('unknown');
  });

  it('knows a dependency by the module cache and by vendor folders', () => {
    expect(owner('example.com/lib.F', null, '/root/go/pkg/mod/example.com/lib@v1.2.3/f.go')).toBe(
      'third-party',
    );
    expect(owner('example.com/lib.F', null, 'example.com/lib@v1.2.3/f.go')).toBe('third-party');
    expect(owner('example.com/app/vendor/github.com/x/y.F', null)).toBe('third-party');
  });

  it('tells the own module apart from others when it is known', () => {
    const module = 'example.com/orders';
    expect(
      ['example.com/orders/store.F', 'example.com/orders.F', 'example.com/orders_test.F', 'main.F'].map(
        (name) => owner(name, module),
      ),
    ).toEqual(['application', 'application', 'application', 'application']);
    expect(['example.com/orders2.F', 'github.com/x/y.F'].map((name) => owner(name, module))).toEqual([
      'third-party',
      'third-party',
    ]);
    expect(owner('workspace/sibling.F', module)).toBe('application');
  });

  it('does not take a module for Go that only shares letters with it', () => {
    expect([isStandardLibrary('netx/http.F'), isStandardLibrary('net/http.F')]).toEqual([false, true]);
    expect([isRuntime('runtimex.F'), isRuntime('runtime/pprof.F'), isRuntime('runtime.F')]).toEqual([
      false,
      false,
      true,
    ]);
    expect(isApplication({ function: 'main.F', file: '', line: 1 }, null)).toBe(true);
  });
});

describe('normalizeFunction', () => {
  it.each([
    ['example.com/cart.(*Cache[go.shape.string]).Get.func1.2', 'example.com/cart.(*Cache).Get'],
    ['example.com/cart.(*Cache[...]).Get.func1', 'example.com/cart.(*Cache).Get'],
    ['main.Map[go.shape.map[string]int,a/b.T[c.D]]', 'main.Map'],
    ['main.(*Hub).Subscribe.gowrap1', 'main.(*Hub).Subscribe'],
    ['main.run.deferwrap2', 'main.run'],
    ['main.run.func2.1.1', 'main.run'],
    ['main.run-range1', 'main.run'],
    ['main.T.M-fm', 'main.T.M'],
    ['main.main·dwrap·1', 'main.main'],
    ['main.glob..func3', 'main.glob'],
    ['main.init.0', 'main.init'],
    ['main.init.0.func1', 'main.init'],
    ['main.func1', 'main.func1'],
    [
      'gopkg.in/natefinch/lumberjack%2ev2.(*Logger).Write',
      'gopkg.in/natefinch/lumberjack%2ev2.(*Logger).Write',
    ],
    ['malloc', 'malloc'],
    ['[libc.so.6]', '[libc.so.6]'],
    ['main.cut[go.shape.st', 'main.cut'],
  ])('of %s is %s', (name, expected) => {
    expect(normalizeFunction(name)).toBe(expected);
    expect(normalizeFunction(expected)).toBe(expected);
  });
});
