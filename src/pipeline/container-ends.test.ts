import { describe, expect, it } from 'vitest';
import { MIB } from '../base/units.ts';
import { REAL_TIME } from '../model/raw-evidence.ts';
import type { ContainerHistory, ContainerLife } from '../parse/container-status.ts';
import { endsOf } from './container-ends.ts';

const life = (
  reason: string | null,
  exitCode: number | null,
  finishedAtMillis: number | null,
): ContainerLife => ({
  startedAtMillis: 0,
  finishedAtMillis,
  reason,
  exitCode,
  containerId: null,
});
const history = (limitBytes: number | null, ...lives: ContainerLife[]): ContainerHistory => ({
  namespace: 'shop',
  pod: 'orders-0',
  podUid: null,
  container: 'app',
  restarts: 2,
  limitBytes,
  lives,
});

describe('ends of a container', () => {
  it('are told with what it was killed for, and not while it runs', () => {
    const lives = [life('OOMKilled', 137, 1000), life(null, null, null)];
    expect(endsOf(history(512 * MIB, ...lives), REAL_TIME)).toEqual([
      {
        at: 1000,
        reason: 'OOMKilled',
        mark: { at: 1000, kind: 'oom-kill', text: 'container app killed for memory (limit 512 MiB)' },
      },
    ]);
  });

  it.each<[string, ContainerLife, string]>([
    ['an error', life('Error', 2, 5), 'container app ended: Error, exit status 2'],
    ['nothing that is told', life(null, null, 5), 'container app ended: no reason told'],
    [
      'a reason without an end',
      life('x'.repeat(5000), 1, 5),
      `container app ended: ${'x'.repeat(60)}, exit status 1`,
    ],
  ])('by %s are no kills for memory', (_, ended, text) => {
    expect(endsOf(history(null, ended), REAL_TIME)[0]?.mark).toEqual({ at: 5, kind: 'exit', text });
  });

  it('are in the time of the watch', () => {
    const map = { originMillis: 1000, scale: 60 };
    expect(endsOf(history(null, life('Error', 1, 1010)), map)[0]?.at).toBe(1600);
  });
});
