// Against the real thing: what Prometheus's own kubernetes_sd (3.5, role: pod) finds on the same server. Its answer is kept in
// test/fixtures/kubernetes-sd, with the program that asks for it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawPod, type FakePod } from '../testing/fake-kubernetes.ts';
import type { Labels } from './labels.ts';
import { targetsOfPod } from './pod-targets.ts';

const ANSWER = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'kubernetes-sd', 'labels.json');

const PODS: readonly FakePod[] = [
  drawPod('orders-5c9-a', {
    labels: { app: 'orders', 'app.kubernetes.io/name': 'orders', empty: '' },
    annotations: { 'prometheus.io/scrape': 'true', 'a.b/c-d': 'x y' },
    ports: [
      { name: 'http', containerPort: 8080, protocol: 'TCP' },
      { containerPort: 8125, protocol: 'UDP' },
    ],
  }),
  drawPod('cache-5c9-b', { ip: '10.1.0.8', ports: [] }),
  drawPod('web-5c9-c', { ip: 'fd00::7', namespace: 'web' }),
  drawPod('web-5c9-d', { ip: '' }),
  {
    ...drawPod('job-5c9-e', { ip: '10.1.0.9' }),
    spec: {
      nodeName: 'node-8',
      initContainers: [
        { name: 'migrate', image: 'acme/migrate', ports: [{ containerPort: 9000, protocol: 'TCP' }] },
      ],
      containers: [{ name: 'app', image: 'acme/app' }],
    },
    status: {
      podIP: '10.1.0.9',
      phase: 'Pending',
      initContainerStatuses: [{ name: 'migrate', containerID: 'containerd://77', restartCount: 1 }],
    },
  },
  { ...drawPod('alone', { ip: '10.1.0.10' }), metadata: { name: 'alone', namespace: 'shop', uid: 'u' } },
];

/** A label without a value is none. What is ours alone has no place in the comparison. */
function comparable(all: readonly Labels[]): string[] {
  return all
    .map((labels) =>
      Object.entries(labels)
        .filter(([name, value]) => value !== '' && !/^__(service|memory_limit)__$/.test(name))
        .map(([name, value]) => `${name}=${value}`)
        .sort()
        .join('\n'),
    )
    .sort();
}

describe('labels of pods', () => {
  it('are those that Prometheus gives them, target by target', async () => {
    const theirs = JSON.parse(await readFile(ANSWER, 'utf8')) as Labels[];
    const ours = PODS.flatMap((pod) => {
      const group = targetsOfPod(pod, { pods: 'all', hasOneNamespace: false });
      return (group?.targets ?? []).map((own) => ({ ...group?.labels, ...own }));
    });
    expect(ours).toHaveLength(7);
    expect(comparable(ours)).toEqual(comparable(theirs));
  });
});
