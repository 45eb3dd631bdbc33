import { describe, it } from 'vitest';
import { stopOnSignals } from './stop-signal.ts';

describe('stopOnSignals', () => {
  it('aborts by itself after a time', async () => {
    const { signal, dispose } = stopOnSignals(1);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    dispose();
  });
});
