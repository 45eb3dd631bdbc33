// Targets that are containers of a Docker daemon (or Podman, which speaks the same), with the labels of Prometheus's docker_sd.
// Source: https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerList
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { SECOND_MILLIS, type Millis } from '../base/units.ts';
import type { DockerSourceSetting } from '../config/settings.ts';
import type { Discoverer, DiscoverySink } from './discoverer.ts';
import { list, record, text, type Fields } from './json-fields.ts';
import { toLabelName, type Labels, type TargetGroup } from './labels.ts';

const TIMEOUT_MILLIS: Millis = 30 * SECOND_MILLIS;
/** Ten thousand containers with a dozen labels each. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const MAX_CONTAINERS = 10_000;
/** Labels of one container that are read. */
const MAX_LABELS = 200;
/** Supported since Docker 20.10 and Podman 3. */
const API = '/v1.41';

/** What is wrong with the answer or the way to it; its message tells no secret. */
class DockerError extends Error {}

export class DockerDiscoverer implements Discoverer {
  readonly #setting: DockerSourceSetting;

  constructor(setting: DockerSourceSetting) {
    this.#setting = setting;
  }

  async run(sink: DiscoverySink, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        sink.found([groupOf(await this.#list(signal))]);
      } catch (error) {
        if (signal.aborted) return;
        const code = (error as NodeJS.ErrnoException).code;
        const known = FAILURES[code ?? ''] ?? `the request failed (${code ?? 'unknown'})`;
        sink.failed(error instanceof DockerError ? error.message : known);
      }
      await sleep(this.#setting.everyMillis, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #list(signal: AbortSignal): Promise<unknown> {
    const { host } = this.#setting;
    const socket = /^unix:\/\/(.*)$/.exec(host)?.[1];
    const path = `${API}/containers/json`;
    const within = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MILLIS)]);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { headers: { host: 'docker', accept: 'application/json' }, signal: within };
      const request =
        socket === undefined
          ? httpRequest(new URL(path, host.replace(/^tcp:/, 'http:')), options, resolve)
          : httpRequest({ ...options, socketPath: socket, path }, resolve);
      request.on('error', reject).end();
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES)
        throw new DockerError(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`);
      chunks.push(chunk);
    }
    if (answer.statusCode !== 200)
      throw new DockerError(`the daemon answered with status ${answer.statusCode ?? 0}`);
    try {
      return JSON.parse(Buffer.concat(chunks).toString('utf8'));
    } catch {
      throw new DockerError('the answer is no JSON');
    }
  }
}

const FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket: does Docker run?',
  ECONNREFUSED: 'nothing listens there: does Docker run?',
  EACCES: 'this user may not use the socket',
  ECONNRESET: 'the daemon ended the connection',
  ABORT_ERR: 'the daemon did not answer in time',
};

/** One target for each TCP port of each container, on its first network by name; one without a port where it has none. */
function groupOf(answer: unknown): TargetGroup {
  if (!Array.isArray(answer)) throw new DockerError('the answer is no list of containers');
  const containers = (answer as unknown[]).slice(0, MAX_CONTAINERS);
  return { source: 'docker', targets: containers.flatMap((each) => targetsOf(record(each))), labels: {} };
}

function targetsOf(container: Fields): Labels[] {
  const names = list(container['Names']).map(text);
  const name = names.find((each) => /^\/[^/]+$/.test(each)) ?? names[0] ?? '';
  const mode = text(record(container['HostConfig'])['NetworkMode']);
  const labels = labelsOf(record(container['Labels']));
  const common: Labels = {
    __meta_docker_container_id: text(container['Id']),
    __meta_docker_container_name: name,
    __meta_docker_container_image: text(container['Image']),
    __meta_docker_container_network_mode: mode,
    ...labels,
    __service__:
      labels['__meta_docker_container_label_com_docker_compose_service'] ?? name.replace(/^\//, ''),
  };
  const networks = Object.entries(record(record(container['NetworkSettings'])['Networks']));
  const [network] = networks.sort(([a], [b]) => (a < b ? -1 : 1));
  if (network === undefined) return [];
  const [networkName, fields] = network;
  // A container on the network of its host has no address of its own, and its ports are not told.
  const ip = mode === 'host' ? 'localhost' : text(record(fields)['IPAddress']);
  if (ip === '') return [];
  const there: Labels = {
    ...common,
    __meta_docker_network_id: text(record(fields)['NetworkID']),
    __meta_docker_network_name: networkName,
    __meta_docker_network_ip: ip,
  };
  const host = ip.includes(':') ? `[${ip}]` : ip;
  const ports = portsOf(container);
  return ports.length === 0
    ? [{ ...there, __address__: host }]
    : ports.map(({ port, labels: own }) => ({ ...there, ...own, __address__: `${host}:${port}` }));
}

/** TCP ports, each once: a port that is published for IPv4 and IPv6 is listed twice. */
function portsOf(container: Fields): { readonly port: number; readonly labels: Labels }[] {
  const ports = new Map<number, Labels>();
  for (const each of list(container['Ports']).map(record)) {
    const port = each['PrivatePort'];
    if (each['Type'] !== 'tcp' || typeof port !== 'number' || ports.has(port)) continue;
    const isPublic = typeof each['PublicPort'] === 'number';
    ports.set(port, {
      __meta_docker_port_private: String(port),
      ...(isPublic ? { __meta_docker_port_public: String(each['PublicPort']) } : {}),
      ...(isPublic ? { __meta_docker_port_public_ip: text(each['IP']) } : {}),
    });
  }
  return [...ports].sort(([a], [b]) => a - b).map(([port, labels]) => ({ port, labels }));
}

function labelsOf(labels: Fields): Labels {
  return Object.fromEntries(
    Object.entries(labels)
      .slice(0, MAX_LABELS)
      .map(([name, value]) => [`__meta_docker_container_label_${toLabelName(name)}`, text(value)]),
  );
}
