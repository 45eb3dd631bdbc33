// A running `watch` that finds its targets as pods: the real command, real HTTP, a server that speaks the API of Kubernetes.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { drawPod, FakeKubernetes, type DrawnPod } from '../src/testing/fake-kubernetes.ts';
import { freePort, requireBuild, ROOT, runCli, startCli, type RunningCli } from './built-cli.ts';

requireBuild();

const METRICS = `go_goroutines 8
go_memstats_heap_alloc_bytes 4e+06
go_memstats_next_gc_bytes 8e+06
process_resident_memory_bytes 2e+07
process_start_time_seconds 1.7e+09
`;

let folder = '';
let api: FakeKubernetes;
let service: Server;
let port = 0;
let watch: RunningCli | null = null;
beforeAll(async () => {
  service = createServer(({ url }, response) => {
    response.writeHead(url === '/metrics' ? 200 : 404).end(url === '/metrics' ? METRICS : '');
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  port = (service.address() as AddressInfo).port;
});
afterAll(() => service.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-kubernetes-'));
  api = await FakeKubernetes.start();
  api.token = 'only-for-plimsoll';
  await writeFile(join(folder, 'kubeconfig'), api.kubeconfig());
});
afterEach(async () => {
  if (watch?.isRunning()) await watch.kill('SIGKILL');
  watch = null;
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(config: string): Promise<{ running: RunningCli; page: string }> {
  await writeFile(
    join(folder, 'plimsoll.yaml'),
    `storage: { kind: memory }\nintervals: { gauges: 250ms }\n${config}`,
  );
  const listen = `127.0.0.1:${await freePort()}`;
  watch = startCli(['watch', '-c', join(folder, 'plimsoll.yaml'), '--listen', listen]);
  const [, page = ''] = await watch.waitFor(/page: (http\S+)\//);
  return { running: watch, page };
}

interface Listed {
  targets: {
    service: string;
    instance: string;
    labels: object;
    limitBytes: number | null;
    firstEvidenceAt: number | null;
  }[];
}
async function listed(page: string): Promise<Listed['targets']> {
  return ((await (await fetch(`${page}/api/v1/targets`)).json()) as Listed).targets;
}
const toList = (page: string, ...instances: string[]) =>
  vi.waitFor(
    async () => {
      const targets = await listed(page);
      expect(targets.map(({ instance }) => instance).sort()).toEqual(instances.sort());
      expect(targets.every(({ firstEvidenceAt }) => firstEvidenceAt !== null)).toBe(true);
    },
    { timeout: 60_000, interval: 100 },
  );

const scraped = (drawn: DrawnPod = {}): DrawnPod => ({
  ip: '127.0.0.1',
  ports: [{ name: 'metrics', containerPort: port }],
  annotations: { 'plimsoll.dev/scrape': 'true' },
  ...drawn,
});

describe('watch with pods', () => {
  it('watches the pods that ask for it, as they come and go, and keeps them while the API fails', async () => {
    api.put(drawPod('orders-5c9-a', scraped()));
    api.put(drawPod('orders-5c9-b', scraped({ annotations: {} })));
    const { running, page } = await start('discover:\n  - kubernetes: { kubeconfig: kubeconfig }\n');
    await toList(page, 'orders-5c9-a');
    expect(await listed(page)).toMatchObject([
      {
        service: 'orders',
        labels: { namespace: 'shop', pod: 'orders-5c9-a', container: 'app', version: '1.4.2' },
        limitBytes: 512 * 1024 * 1024,
      },
    ]);
    api.put(drawPod('orders-5c9-c', scraped()));
    await toList(page, 'orders-5c9-a', 'orders-5c9-c');
    api.remove('shop', 'orders-5c9-a');
    await toList(page, 'orders-5c9-c');
    await running.waitFor(/no longer watched: orders\/orders-5c9-a/);
    api.token = 'another';
    api.cut();
    await running.waitFor(
      /warning: kubernetes all namespaces: the API server does not accept the credentials\. What was found before goes on/,
    );
    await toList(page, 'orders-5c9-c');
    const { discovery } = (await (await fetch(`${page}/api/v1/config`)).json()) as { discovery: object[] };
    expect(discovery).toMatchObject([
      {
        source: 'kubernetes all namespaces',
        found: 1,
        kept: 1,
        failure: 'the API server does not accept the credentials',
      },
    ]);
    const metrics = await (await fetch(`${page}/metrics`)).text();
    expect(metrics).toMatch(/^plimsoll_discovery_failing\{.*kubernetes.*\} 1$/m);
    expect(running.said() + metrics + JSON.stringify(discovery)).not.toContain('only-for-plimsoll');
    await writeFile(join(folder, 'kubeconfig'), api.kubeconfig());
    await running.waitFor(/kubernetes all namespaces: found again/);
    api.remove('shop', 'orders-5c9-c');
    await toList(page);
  }, 300_000);

  it('marks when and why the container of a target ended, once', async () => {
    api.put(drawPod('orders-5c9-a', scraped()));
    const { running, page } = await start('discover:\n  - kubernetes: { kubeconfig: kubeconfig }\n');
    await toList(page, 'orders-5c9-a');
    const at = new Date(Date.now() - 60_000).toISOString().replace(/\.\d+Z$/, 'Z');
    const ended = { reason: 'OOMKilled', exitCode: 137, at };
    for (const restarts of [1, 2]) api.put(drawPod('orders-5c9-a', scraped({ restarts, ended })));
    await running.waitFor(
      /warning: orders \(orders-5c9-a\): container app killed for memory \(limit 512 MiB\)/,
    );
    const ask = async (what: string, more = '') =>
      (await fetch(`${page}/api/v1/${what}/orders?instance=orders-5c9-a${more}`)).json() as Promise<
        Record<string, unknown>
      >;
    expect(await ask('reports')).toMatchObject({ kills: [{ at: Date.parse(at), reason: 'OOMKilled' }] });
    const { marks } = (await ask('series', `&from=${Date.parse(at) - 1000}`)) as {
      marks: { kind: string; at: number }[];
    };
    expect(marks.filter(({ kind }) => kind === 'oom-kill')).toMatchObject([{ at: Date.parse(at) }]);
    expect(await listed(page)).toHaveLength(1);
    expect(running.said()).not.toContain('no longer watched');
  }, 120_000);

  it('takes relabel_configs as Prometheus has them', async () => {
    const ports = [
      { name: 'grpc', containerPort: 9 },
      { name: 'http', containerPort: port },
    ];
    api.put(
      drawPod('orders-5c9-a', scraped({ ports, annotations: {}, labels: { app: 'orders', team: 'shop' } })),
    );
    const { page } = await start(`discover:
  - kubernetes: { kubeconfig: kubeconfig }
    relabel:
      - { source_labels: [__meta_kubernetes_pod_container_port_name], regex: http, action: keep }
      - { source_labels: [__meta_kubernetes_namespace, __meta_kubernetes_pod_label_app], separator: '-', target_label: job }
      - { source_labels: [__meta_kubernetes_pod_name], target_label: instance }
      - { regex: __meta_kubernetes_pod_label_(team), action: labelmap }
`);
    await toList(page, 'orders-5c9-a');
    expect(await listed(page)).toMatchObject([{ service: 'shop-orders', labels: { team: 'shop' } }]);
  }, 120_000);
});

describe('config check', () => {
  it.each([
    ['namespaces: [shop, Not_One]', ':3:26: discover.0.kubernetes.namespaces.1: is no name of a namespace'],
    ['lables: app=orders', ':3:7: discover.0.kubernetes.lables: unknown setting. Did you mean labels?'],
  ])('finds what is wrong with %s', async (line, said) => {
    const file = join(folder, 'plimsoll.yaml');
    await writeFile(file, `discover:\n  - kubernetes:\n      ${line}\n`);
    const { status, stdout, stderr } = await runCli(['config', 'check', file]);
    expect(status).toBe(3);
    expect(stdout + stderr).toContain(`${file}${said}`);
  });
});

describe('the manifest for a cluster', () => {
  interface Manifest {
    readonly kind: string;
    readonly rules?: {
      readonly apiGroups: string[];
      readonly resources: string[];
      readonly verbs: string[];
    }[];
    readonly data?: { readonly 'plimsoll.yaml': string };
  }
  const read = async () =>
    parseAllDocuments(await readFile(join(ROOT, 'deploy', 'kubernetes.yaml'), 'utf8')).map((document) => {
      expect(document.errors).toEqual([]);
      return document.toJS() as Manifest;
    });

  it('allows what is asked for and nothing else', async () => {
    api.put(drawPod('orders-5c9-a', scraped()));
    const { page } = await start('discover:\n  - kubernetes: { kubeconfig: kubeconfig }\n');
    await toList(page, 'orders-5c9-a');
    await vi.waitFor(() => expect(api.watches).toBe(1), 20_000);
    const asked = api.seen.map(({ method, path, query }) => {
      expect(method).toBe('GET');
      return `${query['watch'] === 'true' ? 'watch' : 'list'} ${path.replace(/^\/api\/v1\//, '')}`;
    });
    const rules = (await read()).flatMap((manifest) => manifest.rules ?? []);
    const allowed = rules.flatMap(({ apiGroups, resources, verbs }) => {
      expect(apiGroups).toEqual(['']);
      return resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`));
    });
    expect([...new Set(asked)].sort()).toEqual([...allowed].sort());
  }, 120_000);

  it('has a configuration without a problem', async () => {
    const config = (await read()).find(({ kind }) => kind === 'ConfigMap')?.data?.['plimsoll.yaml'] ?? '';
    expect(parse(config)).toMatchObject({ discover: [{ kubernetes: {} }] });
    await writeFile(join(folder, 'plimsoll.yaml'), config);
    const { status, stderr } = await runCli(['config', 'check', join(folder, 'plimsoll.yaml')]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});
