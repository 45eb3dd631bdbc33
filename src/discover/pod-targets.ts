// From a pod as the API of Kubernetes has it to targets, under the labels of Prometheus's `kubernetes_sd` with `role: pod`.
import { isIP } from 'node:net';
import { readContainers, type ContainerHistory } from '../parse/container-status.ts';
import { list, record, text, type Fields } from './json-fields.ts';
import { toLabelName, type Labels, type TargetGroup } from './labels.ts';
import { controllerOf, serviceOfPod, versionOf } from './pod-names.ts';

export interface PodWish {
  /** `annotated`: one target a pod that asks for it. `all`: one for each port of each container, for rules to choose from. */
  readonly pods: 'annotated' | 'all';
  /** Pods of StatefulSets have the same names in every namespace. */
  readonly hasOneNamespace: boolean;
}

/** Names and values of the labels and annotations of one pod; what is beyond is left out. Kubernetes lets annotations have 256 KiB. */
const MAX_POD_TEXT = 16 * 1024;
const MAX_CONTAINERS = 50;
const MAX_PORTS = 50;

/** What Kubernetes lets a pod be called; nothing else is one. */
const POD_NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
const ENDED_PHASES = new Set(['Succeeded', 'Failed']);
/** Controllers that give every pod a name that no other has. */
const RANDOM_NAMES = new Set(['ReplicaSet', 'DaemonSet', 'Job']);
const OWN = 'plimsoll.dev/';
const CUSTOMARY = 'prometheus.io/';
const META = '__meta_kubernetes_';

interface Port {
  readonly number: number;
  readonly name: string;
  readonly protocol: string;
}

interface Container {
  readonly labels: Labels;
  readonly name: string;
  readonly image: string;
  readonly isInit: boolean;
  readonly ports: readonly Port[];
  readonly history: ContainerHistory | null;
}

/** How a pod is told from others: `namespace/name`; null for what is none. */
export function podKey(pod: unknown): string | null {
  const { namespace, name } = record(record(pod)['metadata']);
  if (typeof namespace !== 'string' || typeof name !== 'string') return null;
  return POD_NAME.test(name) && POD_NAME.test(namespace) ? `${namespace}/${name}` : null;
}

/** The targets of a pod; null where it has none: without an address, or not asked to be watched. */
export function targetsOfPod(pod: unknown, wish: PodWish): TargetGroup | null {
  const key = podKey(pod);
  const fields = record(pod);
  const ip = text(record(fields['status'])['podIP']);
  if (key === null || isIP(ip) === 0) return null;
  const annotations = record(record(fields['metadata'])['annotations']);
  const isAll = wish.pods === 'all';
  if (!isAll && !isAsked(annotations, record(fields['status']))) return null;
  const containers = containersOf(fields);
  const host = ip.includes(':') ? `[${ip}]` : ip;
  const labels = labelsOf(fields, ip);
  const found = isAll
    ? containers.flatMap((container) => everyPort(container, host, fields))
    : [annotatedTarget(containers, host, fields, annotations, wish)];
  const targets = found.map(({ target }) => target);
  return { source: `pod/${key}`, targets, labels, containers: found.map(({ history }) => history) };
}

interface Found {
  readonly target: Labels;
  readonly history: ContainerHistory | null;
}

function isAsked(annotations: Fields, status: Fields): boolean {
  if (ENDED_PHASES.has(text(status['phase']))) return false;
  return text(annotations[`${OWN}scrape`] ?? annotations[`${CUSTOMARY}scrape`]) === 'true';
}

/** As Prometheus does it: a container without a port is a target without one. */
function everyPort(container: Container, host: string, pod: Fields): Found[] {
  const common: Labels = { ...container.labels, ...limitOf(container), __service__: serviceOfPod(pod) };
  const { history } = container;
  if (container.ports.length === 0) return [{ target: { ...common, __address__: host }, history }];
  return container.ports.map((port) => ({
    target: { ...common, ...portLabels(port), __address__: `${host}:${port.number}` },
    history,
  }));
}

/** One target for the pod, where its annotations say that it is. */
function annotatedTarget(
  containers: readonly Container[],
  host: string,
  pod: Fields,
  annotations: Fields,
  { hasOneNamespace }: PodWish,
): Found {
  const said = (name: string) => text(annotations[`${OWN}${name}`]);
  const either = (name: string) => said(name) || text(annotations[`${CUSTOMARY}${name}`]);
  const running = containers.filter(({ isInit }) => !isInit);
  const ports = running.flatMap(({ ports: own }) => own).filter(({ protocol }) => protocol === 'TCP');
  const asked = either('port');
  const number = asked === '' ? usualPort(ports) : portOf(asked, ports);
  const container =
    running.find(({ ports: own }) => own.some((port) => port.number === number)) ?? running[0];
  const pprofAsked = said('pprof-port');
  const pprof = pprofAsked === '' ? (named(ports, 'pprof') ?? null) : portOf(pprofAsked, ports);
  const { namespace, name } = record(pod['metadata']);
  const kind = text(controllerOf(pod)['kind']);
  const isUnique = hasOneNamespace || RANDOM_NAMES.has(kind);
  const port = container?.ports.find((each) => each.number === number);
  const target: Labels = {
    ...container?.labels,
    ...(container ? limitOf(container) : {}),
    ...(port ? portLabels(port) : {}),
    // A port that is asked for by a name that there is not: no address, which is told with the reason.
    ...(number === null && asked !== ''
      ? { __no_address__: `asks for the port ${JSON.stringify(asked)}, which no container of it has` }
      : {}),
    __address__: number === null ? (asked === '' ? host : '') : `${host}:${number}`,
    ...optional('__scheme__', either('scheme')),
    ...optional('__metrics_path__', either('path')),
    ...optional('__pprof_port__', pprof === null || pprof === number ? '' : String(pprof)),
    ...optional('__pprof_path__', said('pprof-path')),
    ...optional('__pprof_scheme__', said('pprof-scheme')),
    __service__: serviceOfPod(pod),
    instance: isUnique ? text(name) : `${text(name)}.${text(namespace)}`,
    namespace: text(namespace),
    pod: text(name),
    ...optional('container', container?.name ?? ''),
    ...optional('version', versionOf(pod, container?.image ?? '')),
  };
  return { target, history: container?.history ?? null };
}

/** A number, or the name of a port that a container has. */
function portOf(asked: string, ports: readonly Port[]): number | null {
  if (!/^\d{1,5}$/.test(asked)) return named(ports, asked) ?? null;
  const number = Number(asked);
  return number >= 1 && number <= 65535 ? number : null;
}

function usualPort(ports: readonly Port[]): number | null {
  return named(ports, 'metrics') ?? named(ports, 'http-metrics') ?? ports[0]?.number ?? null;
}

function named(ports: readonly Port[], name: string): number | undefined {
  return ports.find((port) => port.name === name)?.number;
}

function optional(name: string, value: string): Labels {
  return value === '' ? {} : { [name]: value };
}

function limitOf({ history }: Container): Labels {
  return optional('__memory_limit__', history?.limitBytes ? String(history.limitBytes) : '');
}

function portLabels({ name, number, protocol }: Port): Labels {
  return {
    [`${META}pod_container_port_name`]: name,
    [`${META}pod_container_port_number`]: String(number),
    [`${META}pod_container_port_protocol`]: protocol,
  };
}

function labelsOf(pod: Fields, ip: string): Labels {
  const metadata = record(pod['metadata']);
  const status = record(pod['status']);
  const controller = controllerOf(pod);
  const ready = list(status['conditions'])
    .map(record)
    .find(({ type }) => type === 'Ready');
  return {
    [`${META}namespace`]: text(metadata['namespace']),
    [`${META}pod_name`]: text(metadata['name']),
    [`${META}pod_ip`]: ip,
    [`${META}pod_ready`]: ready ? text(ready['status']).toLowerCase() : 'unknown',
    [`${META}pod_phase`]: text(status['phase']),
    [`${META}pod_node_name`]: text(record(pod['spec'])['nodeName']),
    [`${META}pod_host_ip`]: text(status['hostIP']),
    [`${META}pod_uid`]: text(metadata['uid']),
    ...optional(`${META}pod_controller_kind`, text(controller['kind'])),
    ...optional(`${META}pod_controller_name`, text(controller['name'])),
    ...freeLabels(metadata),
  };
}

/** Labels before annotations, which may hold whole manifests. */
function freeLabels(metadata: Fields): Labels {
  const labels: Record<string, string> = {};
  let length = 0;
  for (const [kind, values] of [
    ['label', metadata['labels']] as const,
    ['annotation', metadata['annotations']] as const,
  ]) {
    for (const [key, value] of Object.entries(record(values))) {
      length += key.length + text(value).length;
      if (length > MAX_POD_TEXT) return labels;
      const name = toLabelName(key);
      labels[`${META}pod_${kind}_${name}`] = text(value);
      labels[`${META}pod_${kind}present_${name}`] = 'true';
    }
  }
  return labels;
}

function containersOf(pod: Fields): Container[] {
  const spec = record(pod['spec']);
  const status = record(pod['status']);
  const histories = readContainers(pod);
  const read = (specs: string, statuses: string, isInit: boolean): Container[] =>
    list(spec[specs])
      .slice(0, MAX_CONTAINERS)
      .map(record)
      .map((container) => {
        const name = text(container['name']);
        const image = text(container['image']);
        const own = list(status[statuses])
          .map(record)
          .find((each) => each['name'] === name);
        return {
          name,
          image,
          isInit,
          ports: portsOf(container),
          history: isInit ? null : (histories.find((each) => each.container === name) ?? null),
          labels: {
            [`${META}pod_container_name`]: name,
            [`${META}pod_container_id`]: text(own?.['containerID']),
            [`${META}pod_container_image`]: image,
            [`${META}pod_container_init`]: String(isInit),
          },
        };
      });
  return [
    ...read('containers', 'containerStatuses', false),
    ...read('initContainers', 'initContainerStatuses', true),
  ];
}

function portsOf(container: Fields): Port[] {
  return list(container['ports'])
    .slice(0, MAX_PORTS)
    .map(record)
    .flatMap(({ containerPort: number, name, protocol }) =>
      typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= 65535
        ? [{ number, name: text(name), protocol: text(protocol) || 'TCP' }]
        : [],
    );
}
