import type { PlimsollError } from '../base/errors.ts';
import { describe, expect, it } from 'vitest';
import { MIB } from '../base/units.ts';
import { mutate } from '../testing/mutate.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { looksLikeKubernetes, parseContainerStatus } from './container-status.ts';

const ID = '46b3e0a4df44b752b841aecca454e6e78995d567912a84950390bae6f6777a63';
const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'orders-7d9f', namespace: 'shop', uid: '94eb36cd-29e1-478b-b365-4cb5dfc7d6fb' },
  spec: { containers: [{ name: 'orders', resources: { limits: { memory: '512Mi' } } }, { name: 'proxy' }] },
  status: {
    containerStatuses: [
      {
        name: 'orders',
        restartCount: 7,
        containerID: `containerd://${ID.replace('46', '99')}`,
        state: { running: { startedAt: '2026-01-01T10:00:03Z' } },
        lastState: {
          terminated: {
            exitCode: 137,
            reason: 'OOMKilled',
            startedAt: '2026-01-01T04:00:00Z',
            finishedAt: '2026-01-01T10:00:00Z',
            containerID: `containerd://${ID}`,
          },
        },
      },
      { name: 'proxy', restartCount: 0, state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: {} },
    ],
  },
};

describe('parseContainerStatus', () => {
  it.each([
    ['128974848', 128974848],
    ['129M', 129e6],
    ['123Mi', 123 * MIB],
    ['128974848500m', 128974848],
    ['much', null],
  ])('reads a limit of %s', (memory, bytes) => {
    const spec = { containers: [{ name: 'orders', resources: { limits: { memory } } }] };
    expect(parseContainerStatus(JSON.stringify({ ...POD, spec }))[0]?.limitBytes).toBe(bytes);
  });

  it('reads limit, restarts and the two lives that Kubernetes keeps', () => {
    const [orders, proxy] = parseContainerStatus(JSON.stringify(POD));
    expect(orders).toEqual({
      namespace: 'shop',
      pod: 'orders-7d9f',
      podUid: '94eb36cd-29e1-478b-b365-4cb5dfc7d6fb',
      container: 'orders',
      restarts: 7,
      limitBytes: 512 * MIB,
      lives: [
        {
          startedAtMillis: Date.UTC(2026, 0, 1, 4),
          finishedAtMillis: Date.UTC(2026, 0, 1, 10),
          reason: 'OOMKilled',
          exitCode: 137,
          containerId: ID,
        },
        {
          startedAtMillis: Date.UTC(2026, 0, 1, 10, 0, 3),
          finishedAtMillis: null,
          reason: null,
          exitCode: null,
          containerId: ID.replace('46', '99'),
        },
      ],
    });
    expect(proxy).toMatchObject({ container: 'proxy', limitBytes: null, lives: [] });
  });

  it('reads a list of pods', () => {
    const list = { apiVersion: 'v1', kind: 'List', items: [POD, POD] };
    expect(parseContainerStatus(JSON.stringify(list))).toHaveLength(4);
    expect(looksLikeKubernetes(JSON.stringify(list))).toBe(true);
    expect(looksLikeKubernetes('{"MESSAGE":"x"}')).toBe(false);
  });

  it('refuses what is something else, with the file', () => {
    const place = { where: 'pod.json' };
    for (const text of ['', '{"kind":"Service"}', '[1]', 'null', JSON.stringify(POD).slice(0, -1)]) {
      expect(() => parseContainerStatus(text, 'pod.json')).toThrow(
        expect.objectContaining({
          code: 'STATUS_INVALID',
          place: expect.objectContaining(place) as unknown,
        }),
      );
    }
  });

  it('throws nothing else, whatever is damaged', () => {
    const random = seededRandom(3);
    const whole = new TextEncoder().encode(JSON.stringify(POD));
    for (let round = 0; round < 500; round++) {
      try {
        parseContainerStatus(new TextDecoder().decode(mutate(whole, random)));
      } catch (error) {
        expect(error).toMatchObject({ code: 'STATUS_INVALID' });
      }
    }
  });

  it('says of a status that is cut short that it is, and how to get a whole one', () => {
    const whole = JSON.stringify({ kind: 'Pod', metadata: { name: 'orders' }, status: {} });
    for (const length of [whole.length - 1, whole.indexOf('orders') + 2]) {
      let refused: unknown = null;
      try {
        parseContainerStatus(whole.slice(0, length));
      } catch (error) {
        refused = error;
      }
      expect(refused).toMatchObject({
        code: 'STATUS_INVALID',
        fact: expect.stringMatching(/^cut short/) as string,
      });
      expect(String((refused as PlimsollError).advice)).toContain('kubectl get pod');
    }
  });
});
