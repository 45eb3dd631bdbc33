import { getMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { sharedAbort } from './shared-abort.ts';

describe('sharedAbort', () => {
  it('takes a listener of every target without Node taking it for a leak', () => {
    expect(getMaxListeners(sharedAbort().signal)).toBeGreaterThan(10_000);
  });

  it('follows another signal, also one that was aborted before', () => {
    const outer = new AbortController();
    const inner = sharedAbort(outer.signal);
    expect(inner.signal.aborted).toBe(false);
    outer.abort();
    expect(inner.signal.aborted).toBe(true);
    expect(sharedAbort(outer.signal).signal.aborted).toBe(true);
  });
});
