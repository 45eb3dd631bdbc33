import { describe, expect, it } from 'vitest';
import { MIB } from '../base/units.ts';
import { drawPod, type DrawnPod } from '../testing/fake-kubernetes.ts';
import { targetsOfPod, type PodWish } from './pod-targets.ts';

const ANNOTATED: PodWish = { pods: 'annotated', hasOneNamespace: false };
const OWN = 'plimsoll.dev/';
const annotated = (annotations: Record<string, string>, drawn: DrawnPod = {}) => {
  const pod = drawPod('orders-5c9-x2k', { ...drawn, annotations });
  return targetsOfPod(pod, ANNOTATED)?.targets[0] ?? null;
};
const SCRAPE = { [`${OWN}scrape`]: 'true' };
const PORTS = [
  { name: 'grpc', containerPort: 9000 },
  { name: 'metrics', containerPort: 9090 },
  { name: 'pprof', containerPort: 6060 },
];

describe('an annotated pod', () => {
  it('is one target, named after its Deployment and itself, with version and memory limit', () => {
    expect(annotated(SCRAPE)).toEqual({
      __address__: '10.1.0.7:8080',
      __service__: 'orders',
      __memory_limit__: String(512 * MIB),
      instance: 'orders-5c9-x2k',
      namespace: 'shop',
      pod: 'orders-5c9-x2k',
      container: 'app',
      version: '1.4.2',
      __meta_kubernetes_pod_container_name: 'app',
      __meta_kubernetes_pod_container_id: `containerd://${'a'.repeat(64)}`,
      __meta_kubernetes_pod_container_image: 'registry.example:5000/acme/app:1.4.2',
      __meta_kubernetes_pod_container_init: 'false',
      __meta_kubernetes_pod_container_port_name: 'http',
      __meta_kubernetes_pod_container_port_number: '8080',
      __meta_kubernetes_pod_container_port_protocol: 'TCP',
    });
  });

  it.each<[string, Record<string, string>, DrawnPod, Record<string, string>]>([
    [
      'at the port that it names',
      { ...SCRAPE, [`${OWN}port`]: '9000' },
      { ports: PORTS },
      { __address__: '10.1.0.7:9000' },
    ],
    [
      'at a port by its name',
      { ...SCRAPE, [`${OWN}port`]: 'grpc' },
      { ports: PORTS },
      { __address__: '10.1.0.7:9000' },
    ],
    [
      'at a port that no container declares',
      { ...SCRAPE, [`${OWN}port`]: '7777' },
      {},
      { __address__: '10.1.0.7:7777' },
    ],
    [
      'at no address for a name that there is not',
      { ...SCRAPE, [`${OWN}port`]: 'x' },
      {},
      { __address__: '', __no_address__: 'asks for the port "x", which no container of it has' },
    ],
    ['at no address for what is no port', { ...SCRAPE, [`${OWN}port`]: '80@evil' }, {}, { __address__: '' }],
    [
      'at the port called metrics, with pprof at its own',
      SCRAPE,
      { ports: PORTS },
      { __address__: '10.1.0.7:9090', __pprof_port__: '6060' },
    ],
    ['at its address where it declares no port', SCRAPE, { ports: [] }, { __address__: '10.1.0.7' }],
    ['on IPv6', SCRAPE, { ip: 'fd00::7' }, { __address__: '[fd00::7]:8080' }],
    [
      'by the customary annotations',
      {
        'prometheus.io/scrape': 'true',
        'prometheus.io/port': '9000',
        'prometheus.io/path': '/stats',
        'prometheus.io/scheme': 'https',
      },
      {},
      { __address__: '10.1.0.7:9000', __metrics_path__: '/stats', __scheme__: 'https' },
    ],
    [
      'by its own annotations before the customary ones',
      {
        'prometheus.io/scrape': 'false',
        'prometheus.io/port': '1',
        ...SCRAPE,
        [`${OWN}port`]: '2',
        [`${OWN}pprof-port`]: '3',
        [`${OWN}pprof-path`]: '/p',
        [`${OWN}pprof-scheme`]: 'https',
      },
      {},
      { __address__: '10.1.0.7:2', __pprof_port__: '3', __pprof_path__: '/p', __pprof_scheme__: 'https' },
    ],
    [
      'called as its annotation says',
      { ...SCRAPE, [`${OWN}service`]: 'checkout' },
      { labels: { app: 'x' } },
      { __service__: 'checkout' },
    ],
    [
      'called by the recommended label',
      SCRAPE,
      { labels: { app: 'x', 'app.kubernetes.io/name': 'shop-orders' } },
      { __service__: 'shop-orders' },
    ],
    ['called by its label app', SCRAPE, { labels: { app: 'x' } }, { __service__: 'x' }],
    [
      'of the version that its label says',
      SCRAPE,
      { labels: { 'app.kubernetes.io/version': 'v9' } },
      { version: 'v9' },
    ],
    ['of the version of a tag before a digest', SCRAPE, { image: 'a:1/b:v2@sha256:0f' }, { version: 'v2' }],
  ])('is watched %s', (_, annotations, drawn, labels) => {
    expect(annotated(annotations, drawn)).toMatchObject(labels);
  });

  it.each(['acme/app', 'acme/app:latest', 'registry:5000/app', 'app@sha256:0f'])(
    'has no version by the image %s',
    (image) => {
      expect(annotated(SCRAPE, { image })).not.toHaveProperty('version');
    },
  );

  it('is none when it has not asked, has no address yet or has ended', () => {
    expect(annotated({})).toBeNull();
    expect(annotated({ 'prometheus.io/scrape': 'yes' })).toBeNull();
    expect(annotated({ 'prometheus.io/scrape': 'true', [`${OWN}scrape`]: 'false' })).toBeNull();
    expect(annotated(SCRAPE, { ip: '' })).toBeNull();
    const pod = drawPod('orders-5c9-x2k', { annotations: SCRAPE });
    expect(targetsOfPod({ ...pod, status: { podIP: '10.1.0.7', phase: 'Succeeded' } }, ANNOTATED)).toBeNull();
  });

  it('of a StatefulSet is told from its namesake in another namespace, unless there is one namespace', () => {
    const pod = drawPod('orders-0', { annotations: SCRAPE });
    const ownerReferences = [{ kind: 'StatefulSet', name: 'orders', controller: true }];
    const own = { ...pod, metadata: { ...pod.metadata, ownerReferences } };
    expect(targetsOfPod(own, ANNOTATED)?.targets[0]).toMatchObject({
      instance: 'orders-0.shop',
      __service__: 'orders',
    });
    const alone = { ...ANNOTATED, hasOneNamespace: true };
    expect(targetsOfPod(own, alone)?.targets[0]).toMatchObject({ instance: 'orders-0' });
  });

  it('of a CronJob is called like it', () => {
    const pod = drawPod('report-28712345-x', { annotations: SCRAPE });
    const ownerReferences = [{ kind: 'Job', name: 'report-28712345', controller: true }];
    const own = { ...pod, metadata: { ...pod.metadata, ownerReferences } };
    expect(targetsOfPod(own, ANNOTATED)?.targets[0]).toMatchObject({ __service__: 'report' });
  });

  it('carries why its container ended before', () => {
    const ended = { reason: 'OOMKilled', exitCode: 137, at: '2026-01-01T10:00:00Z' };
    const group = targetsOfPod(
      drawPod('orders-5c9-x2k', { annotations: SCRAPE, restarts: 3, ended }),
      ANNOTATED,
    );
    expect(group?.containers?.[0]).toMatchObject({
      restarts: 3,
      lives: [
        { reason: 'OOMKilled', exitCode: 137, finishedAtMillis: Date.UTC(2026, 0, 1, 10) },
        { reason: null },
      ],
    });
  });

  it('keeps 16 KiB of labels and annotations, labels first', () => {
    const annotations = {
      ...SCRAPE,
      ...Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`a${i}`, 'x'.repeat(9000)])),
    };
    const group = targetsOfPod(
      drawPod('orders-5c9-x2k', { annotations, labels: { team: 'shop' } }),
      ANNOTATED,
    );
    expect(group?.labels['__meta_kubernetes_pod_label_team']).toBe('shop');
    expect(JSON.stringify(group).length).toBeLessThan(20_000);
  });
});

describe('every pod, for rules to choose from', () => {
  const ALL: PodWish = { pods: 'all', hasOneNamespace: false };

  it('is a target for each port of each container, with what Prometheus says of it', () => {
    const ports = [
      { name: 'http', containerPort: 8080, protocol: 'TCP' },
      { containerPort: 8125, protocol: 'UDP' },
    ];
    const group = targetsOfPod(drawPod('orders-5c9-x2k', { ports, annotations: { 'a.b/c-d': 'x y' } }), ALL);
    expect(group?.targets.map(({ __address__ }) => __address__)).toEqual(['10.1.0.7:8080', '10.1.0.7:8125']);
    expect(group?.targets[1]).not.toHaveProperty('instance');
    expect(group?.labels).toEqual({
      __meta_kubernetes_namespace: 'shop',
      __meta_kubernetes_pod_name: 'orders-5c9-x2k',
      __meta_kubernetes_pod_ip: '10.1.0.7',
      __meta_kubernetes_pod_ready: 'true',
      __meta_kubernetes_pod_phase: 'Running',
      __meta_kubernetes_pod_node_name: 'node-7',
      __meta_kubernetes_pod_host_ip: '192.168.0.7',
      __meta_kubernetes_pod_uid: 'uid-of-orders-5c9-x2k',
      __meta_kubernetes_pod_controller_kind: 'ReplicaSet',
      __meta_kubernetes_pod_controller_name: 'orders-5c9',
      __meta_kubernetes_pod_label_pod_template_hash: '5c9',
      __meta_kubernetes_pod_labelpresent_pod_template_hash: 'true',
      __meta_kubernetes_pod_annotation_a_b_c_d: 'x y',
      __meta_kubernetes_pod_annotationpresent_a_b_c_d: 'true',
    });
  });

  it('is a target without a port where it declares none, and for its init containers', () => {
    const pod = drawPod('orders-5c9-x2k', { ports: [] });
    const spec = { ...(pod['spec'] as object), initContainers: [{ name: 'migrate', image: 'm' }] };
    const group = targetsOfPod({ ...pod, spec }, ALL);
    expect(group?.targets).toMatchObject([
      { __address__: '10.1.0.7', __meta_kubernetes_pod_container_init: 'false' },
      { __address__: '10.1.0.7', __meta_kubernetes_pod_container_init: 'true' },
    ]);
  });
});
