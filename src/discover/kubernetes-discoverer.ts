// Targets that are pods of a Kubernetes cluster: listed once, then followed by a watch that goes on where it ended.
import { setTimeout as sleep } from 'node:timers/promises';
import { MINUTE_MILLIS, SECOND_MILLIS, type Millis } from '../base/units.ts';
import { computeBackoff, type Backoff } from '../collect/backoff.ts';
import type { KubernetesSourceSetting } from '../config/settings.ts';
import type { Discoverer, DiscoverySink } from './discoverer.ts';
import { record } from './json-fields.ts';
import {
  describeConnectionFailure,
  KubernetesApi,
  KubernetesError,
  type KubernetesPlaces,
  type PodEvent,
} from './kubernetes-api.ts';
import type { TargetGroup } from './labels.ts';
import { podKey, targetsOfPod } from './pod-targets.ts';

/** Pods that are kept, of all namespaces together: as many as one watch has targets. */
const MAX_PODS = 10_000;
const API_BACKOFF: Backoff = { firstMillis: SECOND_MILLIS, maxMillis: MINUTE_MILLIS };

/** A watch that lasts longer is one that works, whether anything changed or not. */
const LASTING_MILLIS: Millis = 10 * SECOND_MILLIS;

export interface KubernetesParts extends KubernetesPlaces {
  readonly backoff?: Backoff;
}

/** One namespace that is followed, or all of them. */
interface Scope {
  readonly namespace: string | null;
  /** By `namespace/name`: those that have targets, in the order in which they were told. */
  pods: Map<string, TargetGroup>;
  /** Whether more pods had targets than are kept. */
  isFull: boolean;
  failure: string | null;
}

export class KubernetesDiscoverer implements Discoverer {
  readonly #setting: KubernetesSourceSetting;
  readonly #parts: KubernetesParts;
  readonly #scopes: readonly Scope[];

  constructor(setting: KubernetesSourceSetting, parts: KubernetesParts) {
    this.#setting = setting;
    this.#parts = parts;
    const namespaces = setting.namespaces.length === 0 ? [null] : [...new Set(setting.namespaces)];
    this.#scopes = namespaces.map((namespace) => ({
      namespace,
      pods: new Map(),
      isFull: false,
      failure: null,
    }));
  }

  async run(sink: DiscoverySink, signal: AbortSignal): Promise<void> {
    await Promise.all(this.#scopes.map((scope) => this.#follow(scope, sink, signal)));
  }

  async #follow(scope: Scope, sink: DiscoverySink, signal: AbortSignal): Promise<void> {
    const cursor: Cursor = { version: null, failures: 0, hasBegunAgain: false };
    while (!signal.aborted) {
      try {
        // Anew each time: tokens are replaced, certificates expire, a kubeconfig changes.
        const api = await KubernetesApi.open(this.#setting, this.#parts);
        cursor.version ??= await this.#list(api, scope, sink, signal);
        const startedAt = performance.now();
        await this.#watch(api, scope, cursor, sink, signal);
        // A server that ends what it has just begun is not asked in a loop.
        if (performance.now() - startedAt > LASTING_MILLIS) cursor.failures = 0;
        else cursor.failures++;
        // There may be room by now for those that were left out.
        if (scope.isFull) cursor.version = null;
      } catch (error) {
        if (signal.aborted) return;
        const needsList = error instanceof KubernetesError && error.needsList;
        // One watch that has to begin again is everyday work of Kubernetes.
        if (!needsList || cursor.hasBegunAgain) this.#fail(scope, describeConnectionFailure(error), sink);
        if (needsList) [cursor.version, cursor.hasBegunAgain] = [null, true];
        cursor.failures++;
      }
      const pause = computeBackoff(cursor.failures, Math.random(), this.#parts.backoff ?? API_BACKOFF);
      await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** What there is replaces what was, once all of it has arrived. @returns the version that a watch goes on from. */
  async #list(api: KubernetesApi, scope: Scope, sink: DiscoverySink, signal: AbortSignal): Promise<string> {
    const pods = new Map<string, TargetGroup>();
    const fresh: Scope = { ...scope, pods, isFull: false };
    let next: string | null = null;
    let version: string;
    do {
      const page = await api.listPods(scope.namespace, next, signal);
      for (const pod of page.pods) this.#put(fresh, pod);
      ({ next, version } = page);
    } while (next !== null);
    scope.pods = pods;
    scope.isFull = fresh.isFull;
    this.#tell(scope, sink);
    return version;
  }

  async #watch(
    api: KubernetesApi,
    scope: Scope,
    cursor: Cursor,
    sink: DiscoverySink,
    signal: AbortSignal,
  ): Promise<void> {
    let isFirst = true;
    for await (const events of api.watchPods(scope.namespace, cursor.version ?? '', signal)) {
      let isChanged = false;
      for (const event of events) {
        if (event.type !== 'BOOKMARK' && this.#take(scope, event)) isChanged = true;
        const { resourceVersion } = record(record(event.object)['metadata']);
        if (typeof resourceVersion === 'string' && resourceVersion !== '') cursor.version = resourceVersion;
      }
      if (events.length > 0) [cursor.failures, cursor.hasBegunAgain] = [0, false];
      // That it has begun is told as well: nothing has changed until now.
      if (isChanged || isFirst) this.#tell(scope, sink);
      isFirst = false;
    }
  }

  #take(scope: Scope, { type, object }: PodEvent): boolean {
    if (type !== 'DELETED') return this.#put(scope, object);
    const key = podKey(object);
    return key !== null && scope.pods.delete(key);
  }

  /** @returns whether that changes any target. */
  #put(scope: Scope, pod: unknown): boolean {
    const key = podKey(pod);
    if (key === null) return false;
    const hasOneNamespace = this.#setting.namespaces.length === 1;
    const group = targetsOfPod(pod, { pods: this.#setting.pods, hasOneNamespace });
    if (group === null) return scope.pods.delete(key);
    const known = scope.pods.get(key);
    if (known === undefined && scope.pods.size + this.#countOthers(scope) >= MAX_PODS) {
      const isNews = !scope.isFull;
      scope.isFull = true;
      return isNews;
    }
    // Most changes of pods are probes and heartbeats.
    if (known !== undefined && JSON.stringify(known) === JSON.stringify(group)) return false;
    scope.pods.set(key, group);
    return true;
  }

  #countOthers({ namespace }: Scope): number {
    const others = this.#scopes.filter((scope) => scope.namespace !== namespace);
    return others.reduce((sum, { pods }) => sum + pods.size, 0);
  }

  #tell(scope: Scope, sink: DiscoverySink): void {
    const more = scope.isFull ? `there are more than ${MAX_PODS} pods: name namespaces or labels` : null;
    scope.failure = more;
    const groups = this.#scopes.flatMap(({ pods }) => [...pods.values()]);
    sink.found(groups, this.#scopes.find(({ failure }) => failure !== null)?.failure ?? null);
  }

  #fail(scope: Scope, why: string, sink: DiscoverySink): void {
    scope.failure = scope.namespace === null ? why : `${scope.namespace}: ${why}`;
    sink.failed(scope.failure);
  }
}

interface Cursor {
  /** What a watch goes on from; null = everything has to be listed. */
  version: string | null;
  /** In a row. */
  failures: number;
  /** Listed again since the last change. */
  hasBegunAgain: boolean;
}
