// A server that answers as the API server of Kubernetes documents it, for pods: lists in pages, watches that go on after a
// version, bookmarks, 410 for what it has forgotten. What it sends is what a test puts into it.
// Source: https://kubernetes.io/docs/reference/using-api/api-concepts/
import { readFile } from 'node:fs/promises';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';

const TLS = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'tls');

export interface FakePod {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly token: string;
}

interface PodEvent {
  readonly version: number;
  readonly type: string;
  readonly object: FakePod;
}

interface OpenWatch {
  readonly namespace: string | null;
  readonly labels: string;
  readonly response: ServerResponse;
}

type ClosableServer = Server & { closeAllConnections(): void };

export class FakeKubernetes {
  readonly seen: SeenRequest[] = [];
  /** Nobody else is let in; empty = everybody. */
  token = '';
  /** Answers of the next requests, instead of what is right. */
  readonly wrong: ((response: ServerResponse, request: IncomingMessage) => void)[] = [];
  /** Whether pages after the first one are gone when they are asked for. */
  losesPages = false;
  readonly #pods = new Map<string, FakePod>();
  readonly #events: PodEvent[] = [];
  readonly #pages = new Map<string, { readonly rest: readonly FakePod[]; readonly version: number }>();
  readonly #watches = new Set<OpenWatch>();
  readonly #server: ClosableServer;
  readonly #scheme: string;
  #version = 1000;
  #forgotten = 0;

  private constructor(scheme: string, server: (handler: RequestListener) => ClosableServer) {
    this.#scheme = scheme;
    this.#server = server((request, response) => this.#answer(request, response));
  }

  /** @param hasTls by the certificate of test/fixtures/tls, whose authority is ca.pem. */
  static async start(hasTls = true): Promise<FakeKubernetes> {
    const [cert, key] = await Promise.all(
      ['server.pem', 'server.key'].map((name) => readFile(join(TLS, name))),
    );
    const fake = new FakeKubernetes(hasTls ? 'https' : 'http', (handler) =>
      hasTls ? createHttpsServer({ cert, key }, handler) : createHttpServer(handler),
    );
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  /** As kubectl has it, for this server alone. */
  kubeconfig(token = this.token): string {
    const cluster = {
      server: this.url,
      ...(this.#scheme === 'https'
        ? { 'certificate-authority': join(TLS, 'ca.pem') }
        : { 'insecure-skip-tls-verify': true }),
    };
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster }],
      users: [{ name: 'plimsoll', user: token === '' ? {} : { token } }],
      contexts: [{ name: 'here', context: { cluster: 'test', user: 'plimsoll' } }],
      'current-context': 'here',
    });
  }

  get watches(): number {
    return this.#watches.size;
  }

  put(pod: FakePod): void {
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
    const type = this.#pods.has(key) ? 'MODIFIED' : 'ADDED';
    const own = this.#versioned(pod);
    this.#pods.set(key, own);
    this.#happen(type, own);
  }

  remove(namespace: string, name: string): void {
    const pod = this.#pods.get(`${namespace}/${name}`);
    if (!pod) return;
    this.#pods.delete(`${namespace}/${name}`);
    this.#happen('DELETED', this.#versioned(pod));
  }

  /** Tells watches how far they are, as the server does each minute. */
  bookmark(): void {
    const object = { kind: 'Pod', apiVersion: 'v1', metadata: { resourceVersion: String(++this.#version) } };
    this.send(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }

  /** Nobody can go on after what was until now: as after a compaction. */
  forget(): void {
    this.#forgotten = ++this.#version;
    this.#events.length = 0;
    this.#pages.clear();
  }

  /** As it stands, to all watches. */
  send(text: string): void {
    for (const { response } of this.#watches) response.write(text);
  }

  /** Ends all watches in order, after `text`. */
  end(text = ''): void {
    for (const { response } of this.#watches) response.end(text);
    this.#watches.clear();
  }

  /** Cuts all connections. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
  }

  #versioned(pod: FakePod): FakePod {
    return { ...pod, metadata: { ...pod.metadata, resourceVersion: String(++this.#version) } };
  }

  #happen(type: string, object: FakePod): void {
    const event = { version: this.#version, type, object };
    this.#events.push(event);
    for (const watch of this.#watches) tellEvent(watch, event);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    const query = Object.fromEntries(searchParams);
    const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    this.seen.push({ method: request.method ?? '', path: pathname, query, token });
    const wrong = this.wrong.shift();
    if (wrong) return wrong(response, request);
    if (this.token !== '' && token !== this.token) return sendStatus(response, 401, 'Unauthorized');
    const [, , namespace] = /^\/api\/v1(\/namespaces\/([^/]+))?\/pods$/.exec(pathname) ?? [null];
    if (namespace === null)
      return sendStatus(response, 404, 'the server could not find the requested resource');
    const scope = { namespace: namespace ?? null, labels: query['labelSelector'] ?? '', response };
    if (query['watch'] === 'true' || query['watch'] === '1') this.#watch(scope, query);
    else this.#list(scope, query);
  }

  #list(scope: OpenWatch, query: Readonly<Record<string, string>>): void {
    const from = query['continue'];
    const page =
      from === undefined ? { rest: this.#matching(scope), version: this.#version } : this.#pages.get(from);
    if (!page || (from !== undefined && this.losesPages))
      return sendStatus(scope.response, 410, 'The provided continue parameter is too old');
    const limit = Number(query['limit'] ?? page.rest.length);
    const rest = page.rest.slice(limit);
    const next = rest.length > 0 ? `page-${this.#pages.size}-${this.#version}` : '';
    if (next !== '') this.#pages.set(next, { rest, version: page.version });
    const metadata = { resourceVersion: String(page.version), ...(next === '' ? {} : { continue: next }) };
    sendJson(scope.response, 200, {
      kind: 'PodList',
      apiVersion: 'v1',
      metadata,
      items: page.rest.slice(0, limit),
    });
  }

  #matching(scope: OpenWatch): FakePod[] {
    return [...this.#pods.values()].filter((pod) => isIn(scope, pod));
  }

  #watch(scope: OpenWatch, query: Readonly<Record<string, string>>): void {
    const { response } = scope;
    const since = Number(query['resourceVersion'] ?? 0);
    response.writeHead(200, { 'content-type': 'application/json' });
    if (since < this.#forgotten) {
      const object = statusOf(410, `too old resource version: ${since} (${this.#forgotten})`);
      response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
      return;
    }
    response.flushHeaders();
    this.#watches.add(scope);
    response.on('close', () => this.#watches.delete(scope));
    const known = new Set(since === 0 ? this.#matching(scope) : []);
    for (const object of known) tellEvent(scope, { version: 0, type: 'ADDED', object });
    for (const event of this.#events) if (since > 0 && event.version > since) tellEvent(scope, event);
  }
}

function isIn({ namespace, labels }: OpenWatch, { metadata }: FakePod): boolean {
  const own = (metadata['labels'] ?? {}) as Record<string, string>;
  const isOfLabels =
    labels === '' || labels.split(',').every((pair) => own[pair.split('=')[0] ?? ''] === pair.split('=')[1]);
  return isOfLabels && (namespace === null || metadata.namespace === namespace);
}

function tellEvent(watch: OpenWatch, { type, object }: PodEvent): void {
  if (isIn(watch, object)) watch.response.write(`${JSON.stringify({ type, object })}\n`);
}

function statusOf(code: number, message: string) {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code };
}

export function sendStatus(response: ServerResponse, code: number, message: string): void {
  sendJson(response, code, statusOf(code, message));
}

function sendJson(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export interface DrawnPod {
  readonly namespace?: string;
  readonly ip?: string;
  readonly ports?: readonly {
    readonly name?: string;
    readonly containerPort: number;
    readonly protocol?: string;
  }[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly image?: string;
  readonly memory?: string;
  readonly restarts?: number;
  /** Why and when its container ended before. */
  readonly ended?: { readonly reason: string; readonly exitCode: number; readonly at: string };
}

/** A pod of a Deployment with one container called `app`. */
export function drawPod(name: string, drawn: DrawnPod = {}): FakePod {
  const { namespace = 'shop', ip = '10.1.0.7', ended } = drawn;
  const [, deployment = name, hash = 'x'] = /^(.*)-([^-]+)-[^-]+$/.exec(name) ?? [];
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name,
      namespace,
      uid: `uid-of-${name}`,
      labels: { 'pod-template-hash': hash, ...drawn.labels },
      annotations: { ...drawn.annotations },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: `${deployment}-${hash}`,
          uid: 'u',
          controller: true,
        },
      ],
    },
    spec: {
      nodeName: 'node-7',
      containers: [
        {
          name: 'app',
          image: drawn.image ?? 'registry.example:5000/acme/app:1.4.2',
          ports: drawn.ports ?? [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
          resources: { limits: { memory: drawn.memory ?? '512Mi' } },
        },
      ],
    },
    status: {
      phase: 'Running',
      hostIP: '192.168.0.7',
      podIP: ip,
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [
        {
          name: 'app',
          restartCount: drawn.restarts ?? 0,
          containerID: `containerd://${'a'.repeat(64)}`,
          state: { running: { startedAt: '2026-01-01T10:00:03Z' } },
          lastState: ended
            ? {
                terminated: {
                  reason: ended.reason,
                  exitCode: ended.exitCode,
                  finishedAt: ended.at,
                  startedAt: '2026-01-01T00:00:00Z',
                },
              }
            : {},
        },
      ],
    },
  };
}
