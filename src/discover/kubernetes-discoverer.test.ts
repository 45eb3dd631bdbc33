// Against a server that speaks the API of Kubernetes over TLS, with credentials read by the official client.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KubernetesSourceSetting } from '../config/settings.ts';
import { drawPod, FakeKubernetes, sendStatus } from '../testing/fake-kubernetes.ts';
import { KubernetesDiscoverer } from './kubernetes-discoverer.ts';
import type { TargetGroup } from './labels.ts';

const SCRAPED = { annotations: { 'plimsoll.dev/scrape': 'true' } };
const SETTING: KubernetesSourceSetting = {
  kind: 'kubernetes',
  kubeconfig: 'kubeconfig',
  context: null,
  namespaces: [],
  labels: null,
  fields: null,
  pods: 'annotated',
};

let folder = '';
let api: FakeKubernetes;
let stop: AbortController;
let running: Promise<void>;
let tellings: number;
let found: readonly TargetGroup[] | null;
let failure: string | null;
let failures: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubernetes-'));
  api = await FakeKubernetes.start();
  stop = new AbortController();
  running = Promise.resolve();
  [tellings, found, failure, failures] = [0, null, null, []];
});
afterEach(async () => {
  stop.abort();
  await running;
  await api.close();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function follow(setting: Partial<KubernetesSourceSetting> = {}): Promise<void> {
  await writeFile(join(folder, 'kubeconfig'), api.kubeconfig());
  const fail = (why: string | null) => {
    failure = why;
    if (why !== null) failures.push(why);
  };
  const sink = {
    found: (groups: readonly TargetGroup[], why: string | null = null) => {
      tellings++;
      found = groups;
      fail(why);
    },
    failed: fail,
  };
  const backoff = { firstMillis: 10, maxMillis: 40 };
  const discoverer = new KubernetesDiscoverer({ ...SETTING, ...setting }, { folder, root: folder, backoff });
  running = discoverer.run(sink, stop.signal);
}

const names = () => found?.map(({ source }) => source.slice(source.indexOf('/') + 1)) ?? null;
const toFind = (...pods: string[]) => vi.waitFor(() => expect(names()?.sort()).toEqual(pods.sort()), 20_000);
const toFail = (why: string) => vi.waitFor(() => expect(failure).toBe(why), 20_000);
const isWatching = () => vi.waitFor(() => expect(api.watches).toBeGreaterThan(0), 20_000);
const asked = (kind: 'list' | 'watch') =>
  api.seen.filter(({ query }) => (query['watch'] === undefined) === (kind === 'list'));

describe('pods', () => {
  it('are listed, and followed as they come, change and go', async () => {
    api.put(drawPod('orders-5c9-a', SCRAPED));
    api.put(drawPod('other-5c9-a'));
    await follow();
    await toFind('shop/orders-5c9-a');
    await isWatching();
    api.put(drawPod('orders-5c9-b', SCRAPED));
    api.put(drawPod('other-5c9-a', SCRAPED));
    await toFind('shop/orders-5c9-a', 'shop/orders-5c9-b', 'shop/other-5c9-a');
    api.put(drawPod('other-5c9-a'));
    api.remove('shop', 'orders-5c9-a');
    await toFind('shop/orders-5c9-b');
    expect(asked('list')).toHaveLength(1);
    expect(failures).toEqual([]);
  });

  it('that change in nothing that matters are not told again', async () => {
    api.put(drawPod('orders-5c9-a', SCRAPED));
    await follow();
    await isWatching();
    await vi.waitFor(() => expect(tellings).toBe(2));
    for (let i = 0; i < 50; i++) api.put(drawPod('orders-5c9-a', SCRAPED));
    api.put(drawPod('orders-5c9-b', SCRAPED));
    await toFind('shop/orders-5c9-a', 'shop/orders-5c9-b');
    expect(tellings).toBe(3);
  });

  it('are asked for in the namespaces and by the selectors that are set, with these requests alone', async () => {
    api.put(drawPod('orders-5c9-a', { ...SCRAPED, labels: { app: 'orders' } }));
    api.put(drawPod('orders-5c9-b', { ...SCRAPED, labels: { app: 'orders' }, namespace: 'web' }));
    api.put(drawPod('orders-5c9-c', { ...SCRAPED, labels: { app: 'orders' }, namespace: 'secret' }));
    api.put(drawPod('cache-5c9-d', { ...SCRAPED, labels: { app: 'cache' } }));
    await follow({ namespaces: ['shop', 'web'], labels: 'app=orders', fields: 'status.phase=Running' });
    await toFind('shop/orders-5c9-a', 'web/orders-5c9-b');
    await vi.waitFor(() => expect(asked('watch')).toHaveLength(2));
    for (const { method, path, query } of api.seen) {
      expect(method).toBe('GET');
      expect(path).toMatch(/^\/api\/v1\/namespaces\/(shop|web)\/pods$/);
      expect(query).toMatchObject({ labelSelector: 'app=orders', fieldSelector: 'status.phase=Running' });
    }
  });

  it('are listed page by page, five thousand of them', async () => {
    for (let i = 0; i < 5000; i++)
      api.put(drawPod(`orders-5c9-${i}`, { ...SCRAPED, ip: `10.1.${i >> 8}.${i & 255}` }));
    await follow();
    await vi.waitFor(() => expect(found).toHaveLength(5000), 60_000);
    expect(asked('list')).toHaveLength(25);
    expect(new Set(found?.map(({ targets }) => targets[0]?.['__address__'])).size).toBe(5000);
  }, 90_000);

  it('beyond ten thousand are left out, and that is said', async () => {
    await follow();
    await isWatching();
    const pods = Array.from({ length: 10_001 }, (_, i) => drawPod(`orders-5c9-${i}`, SCRAPED));
    api.send(pods.map((object) => `${JSON.stringify({ type: 'ADDED', object })}\n`).join(''));
    await vi.waitFor(() => expect(found).toHaveLength(10_000), 60_000);
    await toFail('there are more than 10000 pods: name namespaces or labels');
  }, 90_000);
});

describe('a watch', () => {
  it('goes on after the newest version that it was told, bookmarks included', async () => {
    api.put(drawPod('orders-5c9-a', SCRAPED));
    await follow();
    await isWatching();
    api.bookmark();
    const before = tellings;
    api.put(drawPod('orders-5c9-b', SCRAPED));
    await vi.waitFor(() => expect(tellings).toBeGreaterThan(before));
    api.bookmark();
    api.end();
    await vi.waitFor(() => expect(asked('watch')).toHaveLength(2));
    expect(asked('watch').map(({ query }) => query['resourceVersion'])).toEqual(['1001', '1004']);
    expect(asked('watch')[0]?.query).toMatchObject({ allowWatchBookmarks: 'true', timeoutSeconds: '300' });
    expect(asked('list')).toHaveLength(1);
  });

  it('that ends in the middle of a line goes on before that line', async () => {
    await follow();
    await isWatching();
    const event = JSON.stringify({ type: 'ADDED', object: drawPod('ghost-5c9-a', SCRAPED) });
    api.end(event.slice(0, 300));
    api.put(drawPod('orders-5c9-a', SCRAPED));
    await toFind('shop/orders-5c9-a');
    expect(asked('list')).toHaveLength(1);
    expect(failures).toEqual([]);
  });

  it('whose connection is cut goes on without a word, and what went meanwhile is gone', async () => {
    api.put(drawPod('orders-5c9-a', SCRAPED));
    api.put(drawPod('orders-5c9-b', SCRAPED));
    await follow();
    await isWatching();
    api.cut();
    api.remove('shop', 'orders-5c9-a');
    await toFind('shop/orders-5c9-b');
    expect(failures).toEqual([]);
  });

  it('that the server has forgotten begins again with a list', async () => {
    api.put(drawPod('orders-5c9-a', SCRAPED));
    await follow();
    await isWatching();
    api.remove('shop', 'orders-5c9-a');
    api.put(drawPod('orders-5c9-b', SCRAPED));
    await toFind('shop/orders-5c9-b');
    api.forget();
    api.end();
    await vi.waitFor(() => expect(asked('list')).toHaveLength(2), 20_000);
    await isWatching();
    api.put(drawPod('orders-5c9-c', SCRAPED));
    await toFind('shop/orders-5c9-b', 'shop/orders-5c9-c');
    expect(failures).toEqual([]);
  });

  it('that the server refuses with 410 begins again with a list', async () => {
    api.put(drawPod('orders-5c9-a', SCRAPED));
    await follow();
    await isWatching();
    api.wrong.push((response) => sendStatus(response, 410, 'too old'));
    api.end();
    await vi.waitFor(() => expect(asked('list')).toHaveLength(2), 20_000);
  });

  it('that sends what is no event begins again with a list, as something may have been lost', async () => {
    api.put(drawPod('orders-5c9-a', SCRAPED));
    await follow();
    await isWatching();
    api.send('{"type":"ADDED","object":{"metadata":\n');
    await vi.waitFor(() => expect(asked('list')).toHaveLength(2), 20_000);
    await toFind('shop/orders-5c9-a');
  });

  it('takes no pod that Kubernetes would not have', async () => {
    await follow();
    await isWatching();
    const objects: unknown[] = [
      null,
      [],
      { metadata: 7 },
      drawPod('../../etc', SCRAPED),
      drawPod('a\n<script>', SCRAPED),
      drawPod('orders-5c9-a', { ...SCRAPED, namespace: 'a/b' }),
      drawPod('orders-5c9-b', { ...SCRAPED, ip: '10.0.0.7@evil.example' }),
      drawPod('__proto__', SCRAPED),
      {
        ...drawPod('orders-5c9-c', SCRAPED),
        spec: 'x',
        status: { podIP: '10.0.0.9', containerStatuses: { length: 3 } },
      },
    ];
    for (const object of objects) api.send(`${JSON.stringify({ type: 'ADDED', object })}\n`);
    api.put(drawPod('orders-5c9-d', SCRAPED));
    await toFind('shop/orders-5c9-c', 'shop/orders-5c9-d');
  });
});

describe('a failure', () => {
  it('keeps what was found, is said in words, and is over with the next answer', async () => {
    api.put(drawPod('orders-5c9-a', SCRAPED));
    await follow();
    await isWatching();
    const refusals = Array.from(
      { length: 3 },
      () => (response: Parameters<typeof sendStatus>[0]) => sendStatus(response, 500, 'etcd leader changed'),
    );
    api.wrong.push(...refusals);
    api.end();
    await toFail('the API server answered with status 500: etcd leader changed');
    expect(names()).toEqual(['shop/orders-5c9-a']);
    await vi.waitFor(() => expect(failure).toBeNull(), 20_000);
  });

  it.each<[string, string]>([
    ['{"kind":"PodList","items":[{"metadata"', 'the answer is no list of pods'],
    ['{"kind":"PodList","items":{}}', 'the answer is no list of pods'],
    ['<html>login</html>', 'the answer is no list of pods'],
  ])('of a list that is %s', async (body, why) => {
    for (let i = 0; i < 200; i++) api.wrong.push((response) => response.writeHead(200).end(body));
    await follow();
    await toFail(why);
    expect(found).toBeNull();
    api.wrong.length = 0;
    await toFind();
  });

  it('of rights names the place', async () => {
    api.wrong.push((response) => sendStatus(response, 403, 'pods is forbidden: User "secret"'));
    await follow({ namespaces: ['shop'] });
    await vi.waitFor(() =>
      expect(failures).toEqual(['shop: the credentials may not list and watch pods in namespace shop']),
    );
  });

  it('of a page in the middle leaves all that was', async () => {
    for (let i = 0; i < 500; i++) api.put(drawPod(`orders-5c9-${i}`, SCRAPED));
    await follow();
    await isWatching();
    api.forget();
    api.losesPages = true;
    api.end();
    await toFail('the API server has forgotten what was before');
    expect(found).toHaveLength(500);
    api.losesPages = false;
    await vi.waitFor(() => expect(failure).toBeNull(), 20_000);
    expect(found).toHaveLength(500);
  });

  it.each<[string, Partial<KubernetesSourceSetting>, string]>([
    ['a kubeconfig that is not there', { kubeconfig: 'none' }, 'there is no file none'],
    ['a context that is not there', { context: 'prod' }, 'the kubeconfig has no context prod'],
  ])('of %s', async (_, setting, why) => {
    await follow(setting);
    await toFail(why);
  });

  it('of a certificate that is of another authority', async () => {
    await follow();
    stop.abort();
    await running;
    const config = api
      .kubeconfig()
      .replace(/"certificate-authority":"[^"]*"/, '"tls-server-name":"localhost"');
    await writeFile(join(folder, 'own'), config);
    stop = new AbortController();
    const sink = { found: () => undefined, failed: (why: string) => void (failure = why) };
    const setting = { ...SETTING, kubeconfig: 'own' };
    running = new KubernetesDiscoverer(setting, { folder, root: folder }).run(sink, stop.signal);
    await toFail('the certificate of the API server is of an authority that is not trusted');
  });
});

it('an API server without TLS, such as kubectl proxy, is asked, and told no token', async () => {
  const plain = await FakeKubernetes.start(false);
  plain.put(drawPod('orders-5c9-a', SCRAPED));
  const config = plain.kubeconfig('secret').replace(/,"insecure-skip-tls-verify":true/, '');
  await writeFile(join(folder, 'plain'), config);
  try {
    await follow({ kubeconfig: 'plain' });
    await toFind('shop/orders-5c9-a');
    expect(new Set(plain.seen.map(({ token }) => token))).toEqual(new Set(['']));
  } finally {
    stop.abort();
    await plain.close();
  }
});

describe('in a cluster', () => {
  const account = () => join(folder, 'var/run/secrets/kubernetes.io/serviceaccount');
  beforeEach(async () => {
    await mkdir(account(), { recursive: true });
    const tls = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'tls');
    await writeFile(join(account(), 'ca.crt'), await readFile(join(tls, 'ca.pem')));
    await writeFile(join(account(), 'token'), 'first');
    vi.stubEnv('KUBERNETES_SERVICE_HOST', '127.0.0.1');
    vi.stubEnv('KUBERNETES_SERVICE_PORT', String(api.port));
  });

  it('the service account of the pod is used, and its token read again when it was replaced', async () => {
    api.token = 'first';
    api.put(drawPod('orders-5c9-a', SCRAPED));
    await follow({ kubeconfig: null });
    await toFind('shop/orders-5c9-a');
    await isWatching();
    api.token = 'second';
    api.cut();
    await toFail('the API server does not accept the credentials');
    await writeFile(join(account(), 'token'), 'second');
    await vi.waitFor(() => expect(failure).toBeNull(), 20_000);
    api.put(drawPod('orders-5c9-b', SCRAPED));
    await toFind('shop/orders-5c9-a', 'shop/orders-5c9-b');
    expect(new Set(api.seen.map(({ token }) => token))).toEqual(new Set(['first', 'second']));
  });
});

/** Of the official client; its own types would slow down every compilation. */
interface Client {
  readonly KubeConfig: new () => { loadFromString(text: string): void; makeApiClient(api: unknown): CoreApi };
  readonly CoreV1Api: unknown;
  readonly makeInformer: (config: unknown, path: string, list: () => Promise<unknown>) => Informer;
}
interface CoreApi {
  listPodForAllNamespaces(): Promise<unknown>;
}
interface Informer {
  start(): Promise<void>;
  stop(): Promise<void>;
  on(verb: string, call: (error: unknown) => void): void;
  list(): readonly { readonly metadata: { readonly name: string } }[];
}

describe('the server of these tests', () => {
  it('is followed by the informer of the official client as by us', async () => {
    api.put(drawPod('orders-5c9-a', SCRAPED));
    const name = '@kubernetes/client-node';
    const client = (await import(name)) as Client;
    const config = new client.KubeConfig();
    config.loadFromString(api.kubeconfig());
    const core = config.makeApiClient(client.CoreV1Api);
    const informer = client.makeInformer(config, '/api/v1/pods', () => core.listPodForAllNamespaces());
    const errors: unknown[] = [];
    informer.on('error', (error) => errors.push(error));
    await informer.start();
    await follow();
    await vi.waitFor(() => expect(api.watches).toBe(2), 20_000);
    api.put(drawPod('orders-5c9-b', SCRAPED));
    api.bookmark();
    api.remove('shop', 'orders-5c9-a');
    await toFind('shop/orders-5c9-b');
    await vi.waitFor(() =>
      expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(['orders-5c9-b']),
    );
    expect(errors).toEqual([]);
    await informer.stop();
  });
});
