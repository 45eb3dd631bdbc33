import { describe, expect, it } from 'vitest';
import { computeFingerprint } from './fingerprint.ts';

describe('computeFingerprint', () => {
  it('survives type arguments and closure numbers of another compiler', () => {
    expect(computeFingerprint('orders', 'goroutine', ['m/fanout.Gather[go.shape.[]m/index.Doc].func1'])).toBe(
      computeFingerprint('orders', 'goroutine', ['m/fanout.Gather[...].func2']),
    );
  });

  it.each([
    ['payments', 'heap', 'm.F'],
    ['orders', 'goroutine', 'm.F'],
    ['orders', 'heap', 'm.G'],
  ] as const)('differs for service %s, class %s, function %s', (service, kind, name) => {
    expect(computeFingerprint(service, kind, [name])).not.toBe(computeFingerprint('orders', 'heap', ['m.F']));
  });

  it('is the same in every release of Plimsoll', () => {
    expect(computeFingerprint('orders', 'heap', ['orders/store.(*Store).Put'])).toMatchInlineSnapshot(
      `"953f39357fa3c6bcf8ca686f6bb2852e"`,
    );
  });
});
