// Requests to the API of Kubernetes: lists of pods, page by page, and the stream of their changes. Who asks, by which
// credentials, certificates and proxies, is the official client's part.
// Source: https://kubernetes.io/docs/reference/using-api/api-concepts/
import { existsSync } from 'node:fs';
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { isAbsolute, join } from 'node:path';
import { SECOND_MILLIS, type Bytes, type Millis } from '../base/units.ts';
import { readableReason } from '../collect/readable-failure.ts';
import type { KubernetesSourceSetting } from '../config/settings.ts';
import { ByteLines } from '../parse/byte-lines.ts';
import { list, record, text } from './json-fields.ts';

const TIMEOUT_MILLIS: Millis = 30 * SECOND_MILLIS;
/** Pods of one page: some 2 MB, parsed within 20 ms. */
const PAGE = 200;
/** A page of pods that are as large as Kubernetes lets them be (1.5 MiB each) is a mistake. */
const MAX_PAGE_BYTES: Bytes = 64 * 1024 * 1024;
/** One pod; what etcd takes at most, and what the API adds. */
const MAX_EVENT_BYTES: Bytes = 4 * 1024 * 1024;
/** The server ends a watch after this; a connection that died unnoticed lasts no longer. */
const WATCH_SECONDS = 300;
const WATCH_SLACK_MILLIS: Millis = 30 * SECOND_MILLIS;
const MAX_REFUSAL_BYTES: Bytes = 1024 * 1024;
/** A token that a pod has, and every service account with it. */
const ACCOUNT = 'var/run/secrets/kubernetes.io/serviceaccount';
/** What the client takes when it finds nothing. */
const NO_SERVER = 'http://localhost:8080';
const CLIENT = '@kubernetes/client-node';

/** What is wrong with the answer or the way to it; its message tells no secret. */
export class KubernetesError extends Error {
  /** What is known may have gaps: everything has to be listed again. */
  readonly needsList: boolean;

  constructor(message: string, needsList = false) {
    super(message);
    this.needsList = needsList;
  }
}

/** Of KubeConfig in the official client: its own types name all of Kubernetes and would triple the time of each compilation. */
interface KubeConfig {
  loadFromFile(path: string): void;
  loadFromCluster(root: string): void;
  loadFromDefault(): void;
  setCurrentContext(name: string): void;
  getContexts(): readonly { readonly name: string }[];
  getCurrentCluster(): { readonly server: string; readonly skipTLSVerify?: boolean } | null;
  applyToHTTPSOptions(options: RequestOptions): Promise<void>;
}

export interface PodEvent {
  readonly type: string;
  readonly object: unknown;
}

export interface PodPage {
  readonly pods: readonly unknown[];
  /** Of the next page; null where this is the last one. */
  readonly next: string | null;
  readonly version: string;
}

export interface KubernetesPlaces {
  /** Of the configuration: where the path of a kubeconfig starts. */
  readonly folder: string;
  /** Where the file system starts; `/` but in tests. */
  readonly root?: string;
}

type ApiSetting = Pick<KubernetesSourceSetting, 'kubeconfig' | 'context' | 'labels' | 'fields'>;

/** Connections to one cluster with the credentials of one moment: after a failure another one is opened. */
export class KubernetesApi {
  readonly #config: KubeConfig;
  readonly #server: string;
  readonly #setting: ApiSetting;

  private constructor(config: KubeConfig, server: string, setting: ApiSetting) {
    this.#config = config;
    this.#server = server;
    this.#setting = setting;
  }

  /** Reads credentials anew. @throws KubernetesError */
  static async open(setting: ApiSetting, places: KubernetesPlaces): Promise<KubernetesApi> {
    const config = await newConfig();
    try {
      loadConfig(config, setting, places);
    } catch (error) {
      if (error instanceof KubernetesError) throw error;
      throw new KubernetesError(describeLoadFailure(error, setting));
    }
    const server = config.getCurrentCluster()?.server ?? '';
    if (server === NO_SERVER)
      throw new KubernetesError('there is neither a kubeconfig nor a service account');
    if (!URL.canParse(server)) throw new KubernetesError('the kubeconfig names no cluster with an address');
    return new KubernetesApi(config, server.replace(/\/$/, ''), setting);
  }

  /** @param namespace null = all of them. @param next of the page before. @throws KubernetesError, or what the connection failed with. */
  async listPods(namespace: string | null, next: string | null, signal: AbortSignal): Promise<PodPage> {
    const within = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MILLIS)]);
    const query = { limit: String(PAGE), ...(next === null ? {} : { continue: next }) };
    const { answer, close } = await this.#get(namespace, query, within);
    try {
      const root = record(parseOrNull(await readWhole(answer, MAX_PAGE_BYTES)));
      const metadata = record(root['metadata']);
      if (!Array.isArray(root['items'])) throw new KubernetesError('the answer is no list of pods');
      const following = metadata['continue'];
      return {
        pods: list(root['items']),
        next: typeof following === 'string' && following !== '' ? following : null,
        version: text(metadata['resourceVersion']),
      };
    } finally {
      close();
    }
  }

  /**
   * What changes after `version`, in pieces as they arrive, until the server ends it. A last line that is cut short is left
   * out: whoever goes on after the last whole one is told again.
   *
   * @throws KubernetesError, or what the connection failed with.
   */
  async *watchPods(
    namespace: string | null,
    version: string,
    signal: AbortSignal,
  ): AsyncGenerator<PodEvent[]> {
    const query = {
      watch: 'true',
      resourceVersion: version,
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(WATCH_SECONDS),
    };
    const waiting = new AbortController();
    const longest = AbortSignal.timeout(WATCH_SECONDS * SECOND_MILLIS + WATCH_SLACK_MILLIS);
    const timer = setTimeout(() => waiting.abort(), TIMEOUT_MILLIS).unref();
    const within = AbortSignal.any([signal, longest, waiting.signal]);
    const { answer, close } = await this.#get(namespace, query, within).finally(() => clearTimeout(timer));
    try {
      yield [];
      const lines = new ByteLines(MAX_EVENT_BYTES);
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        yield lines
          .push(chunk)
          .filter((line) => line !== '')
          .map(readEvent);
      }
    } catch (error) {
      // What stands between ends long connections: that is the end of this watch, and no failure.
      const isEnd = longest.aborted || (error as NodeJS.ErrnoException).code === 'ECONNRESET';
      if (!isEnd || signal.aborted) throw error;
    } finally {
      close();
    }
  }

  async #get(
    namespace: string | null,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<{ readonly answer: IncomingMessage; readonly close: () => void }> {
    const { labels, fields } = this.#setting;
    const within = namespace === null ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
    const url = new URL(`${this.#server}/api/v1${within}/pods`);
    const selectors = {
      ...(labels === null ? {} : { labelSelector: labels }),
      ...(fields === null ? {} : { fieldSelector: fields }),
    };
    url.search = new URLSearchParams({ ...selectors, ...query }).toString();
    const options: RequestOptions = { headers: { accept: 'application/json' }, signal };
    // The client refuses http:// (kubectl proxy) unless TLS is not checked; nothing secret goes there in the clear.
    const isPlain = url.protocol === 'http:' && this.#config.getCurrentCluster()?.skipTLSVerify !== true;
    const credentials = isPlain ? Promise.resolve() : this.#config.applyToHTTPSOptions(options);
    await credentials.catch((error: unknown) => {
      throw (error as NodeJS.ErrnoException).code === undefined
        ? new KubernetesError('the credentials of the kubeconfig could not be obtained')
        : error;
    });
    const { agent } = options;
    const close = () => {
      if (agent instanceof HttpsAgent) agent.destroy();
    };
    try {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        const ask = url.protocol === 'http:' ? httpRequest : httpsRequest;
        const request = ask(url, options, resolve);
        // A peer that is gone without a word is noticed by the system, as nothing is sent for minutes.
        request.on('socket', (socket) => socket.setKeepAlive(true, TIMEOUT_MILLIS));
        request.on('error', reject).end();
      });
      if (answer.statusCode !== 200) throw await describeRefusal(answer, namespace);
      return { answer, close };
    } catch (error) {
      close();
      throw error;
    }
  }
}

async function newConfig(): Promise<KubeConfig> {
  try {
    // Loaded here alone: it is optional, and takes half a second and 70 MB.
    const client = (await import(CLIENT)) as { readonly KubeConfig: new () => KubeConfig };
    return new client.KubeConfig();
  } catch {
    throw new KubernetesError(`${CLIENT} is not installed: npm install ${CLIENT}@1`);
  }
}

/** What is set; else the service account of the pod that this runs in; else what kubectl would use. */
function loadConfig(config: KubeConfig, setting: ApiSetting, { folder, root = '/' }: KubernetesPlaces): void {
  const { kubeconfig, context } = setting;
  if (kubeconfig !== null)
    config.loadFromFile(isAbsolute(kubeconfig) ? kubeconfig : join(folder, kubeconfig));
  else if (context === null && existsSync(join(root, ACCOUNT, 'token')))
    config.loadFromCluster(root === '/' ? '' : root);
  else config.loadFromDefault();
  if (context === null) return;
  if (!config.getContexts().some(({ name }) => name === context))
    throw new KubernetesError(`the kubeconfig has no context ${context}`);
  config.setCurrentContext(context);
}

function describeLoadFailure(error: unknown, { kubeconfig }: ApiSetting): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `there is no file ${kubeconfig ?? 'that the kubeconfig names'}`;
  if (code === 'EACCES') return `this user may not read ${kubeconfig ?? 'the kubeconfig'}`;
  return 'the kubeconfig cannot be read';
}

async function describeRefusal(answer: IncomingMessage, namespace: string | null): Promise<KubernetesError> {
  const status = answer.statusCode ?? 0;
  const said = describeStatus(parseOrNull(await readWhole(answer, MAX_REFUSAL_BYTES)));
  const place = namespace === null ? 'all namespaces' : `namespace ${namespace}`;
  switch (status) {
    case 401:
      return new KubernetesError('the API server does not accept the credentials');
    case 403:
      return new KubernetesError(`the credentials may not list and watch pods in ${place}`);
    case 410:
      return goneError();
    default:
      return new KubernetesError(
        `the API server answered with status ${status}${said === '' ? '' : `: ${said}`}`,
      );
  }
}

function goneError(): KubernetesError {
  return new KubernetesError('the API server has forgotten what was before', true);
}

/** What a `Status` of Kubernetes says, in one line. */
function describeStatus(status: unknown): string {
  return readableReason(Buffer.from(text(record(status)['message'])));
}

async function readWhole(answer: IncomingMessage, maxBytes: Bytes): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new KubernetesError(`the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseOrNull(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/** @throws KubernetesError for a line that is none, and for what the server sends in place of an event. */
function readEvent(line: string): PodEvent {
  const event = record(parseOrNull(line));
  const { type, object } = event;
  if (typeof type !== 'string') throw new KubernetesError('the watch sent a line that is no event', true);
  if (type !== 'ERROR') return { type, object };
  if (record(object)['code'] === 410) throw goneError();
  throw new KubernetesError(`the watch ended: ${describeStatus(object)}`, true);
}

/** Failures of connections and certificates, in words. */
export function describeConnectionFailure(error: unknown): string {
  if (error instanceof KubernetesError) return error.message;
  const { code, name } = error as NodeJS.ErrnoException;
  const known = FAILURES[code ?? ''] ?? FAILURES[name];
  return known ?? `the request failed (${code ?? name})`;
}

const UNTRUSTED = 'the certificate of the API server is of an authority that is not trusted';

const FAILURES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name of the API server is not known',
  ECONNREFUSED: 'nothing listens at the address of the API server',
  ECONNRESET: 'the API server ended the connection',
  ABORT_ERR: 'the API server did not answer in time',
  TimeoutError: 'the API server did not answer in time',
  ETIMEDOUT: 'the API server did not answer in time',
  EHOSTUNREACH: 'the API server cannot be reached',
  ENETUNREACH: 'the API server cannot be reached',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_HAS_EXPIRED: 'the certificate of the API server has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate of the API server is for another name',
  ENOENT: 'a file of the credentials is missing',
  EACCES: 'this user may not read a file of the credentials',
};
