// Against a server on a unix socket that answers as Docker Engine documents it (API 1.41, GET /containers/json).
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DockerDiscoverer } from './docker-discoverer.ts';
import type { TargetGroup } from './labels.ts';

/** As the daemon lists a container of docker compose that publishes one of its ports for IPv4 and IPv6. */
const ORDERS = {
  Id: '8dfafdbc3a40',
  Names: ['/web/orders-alias', '/shop-orders-1'],
  Image: 'acme/orders:1.4',
  Labels: { 'com.docker.compose.service': 'orders', 'plimsoll.watch': 'yes' },
  State: 'running',
  Ports: [
    { IP: '0.0.0.0', PrivatePort: 8080, PublicPort: 32768, Type: 'tcp' },
    { IP: '::', PrivatePort: 8080, PublicPort: 32768, Type: 'tcp' },
    { PrivatePort: 6060, Type: 'tcp' },
    { PrivatePort: 8125, Type: 'udp' },
  ],
  HostConfig: { NetworkMode: 'shop_default' },
  NetworkSettings: {
    Networks: {
      shop_default: {
        NetworkID: '7ea29fc1412292a2d7bba362f9253545fecdfa8ce9a6e37dd10ba8bee7129812',
        IPAddress: '172.18.0.7',
      },
      zzz: { NetworkID: 'b', IPAddress: '172.19.0.7' },
    },
  },
};
const HOST = {
  Id: 'a1',
  Names: ['/agent'],
  Labels: {},
  Ports: [],
  HostConfig: { NetworkMode: 'host' },
  NetworkSettings: { Networks: { host: { NetworkID: 'h', IPAddress: '' } } },
};

let folder = '';
let server: Server;
let answer: { status: number; body: string };
let asked: string[];
let stop: AbortController;
let running: Promise<void>;
let found: readonly TargetGroup[] | null;
let failure: string | null;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'docker-'));
  [answer, asked, found, failure] = [{ status: 200, body: '[]' }, [], null, null];
  stop = new AbortController();
  server = createServer(({ url = '' }, response) => {
    asked.push(url);
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(join(folder, 'docker.sock'), resolve));
});
afterEach(async () => {
  stop.abort();
  await running;
  server.close();
  await rm(folder, { recursive: true, force: true });
});

function follow(socket = 'docker.sock') {
  const host = `unix://${join(folder, socket)}`;
  const sink = {
    found: (groups: readonly TargetGroup[]) => {
      found = groups;
      failure = null;
    },
    failed: (why: string) => (failure = why),
  };
  running = new DockerDiscoverer({ kind: 'docker', host, everyMillis: 10 }).run(sink, stop.signal);
}

const targets = () => found?.flatMap((group) => group.targets) ?? [];

describe('containers', () => {
  it('are a target for each TCP port, on their first network, with the labels of Prometheus', async () => {
    answer.body = JSON.stringify([ORDERS, HOST]);
    follow();
    await vi.waitFor(() => expect(targets()).toHaveLength(3));
    expect(asked[0]).toBe('/v1.41/containers/json');
    expect(targets().map(({ __address__ }) => __address__)).toEqual([
      '172.18.0.7:6060',
      '172.18.0.7:8080',
      'localhost',
    ]);
    expect(targets()[1]).toEqual({
      __address__: '172.18.0.7:8080',
      __service__: 'orders',
      __meta_docker_container_id: '8dfafdbc3a40',
      __meta_docker_container_name: '/shop-orders-1',
      __meta_docker_container_image: 'acme/orders:1.4',
      __meta_docker_container_network_mode: 'shop_default',
      __meta_docker_container_label_com_docker_compose_service: 'orders',
      __meta_docker_container_label_plimsoll_watch: 'yes',
      __meta_docker_network_id: ORDERS.NetworkSettings.Networks.shop_default.NetworkID,
      __meta_docker_network_name: 'shop_default',
      __meta_docker_network_ip: '172.18.0.7',
      __meta_docker_port_private: '8080',
      __meta_docker_port_public: '32768',
      __meta_docker_port_public_ip: '0.0.0.0',
    });
    expect(targets()[2]).toMatchObject({ __service__: 'agent' });
  });

  it('come and go with the daemon’s list, and stay while it fails', async () => {
    answer.body = JSON.stringify([ORDERS]);
    follow();
    await vi.waitFor(() => expect(targets()).toHaveLength(2));
    answer = { status: 500, body: '{"message":"secret"}' };
    await vi.waitFor(() => expect(failure).toBe('the daemon answered with status 500'));
    expect(targets()).toHaveLength(2);
    answer = { status: 200, body: '{' };
    await vi.waitFor(() => expect(failure).toBe('the answer is no JSON'));
    answer.body = '[]';
    await vi.waitFor(() => expect(targets()).toHaveLength(0));
    expect(failure).toBeNull();
  });

  it('of an answer of another shape are none', async () => {
    answer.body = JSON.stringify([null, 3, { Names: 7, Ports: [{ PrivatePort: 'x', Type: 'tcp' }] }, { NetworkSettings: { Networks: [] } }]); // prettier-ignore
    follow();
    await vi.waitFor(() => expect(found).not.toBeNull());
    expect(targets()).toEqual([]);
    answer.body = '{"message":"x"}';
    await vi.waitFor(() => expect(failure).toBe('the answer is no list of containers'));
  });

  it('are waited for where no daemon runs', async () => {
    follow('none.sock');
    await vi.waitFor(() => expect(failure).toBe('there is no such socket: does Docker run?'));
  });
});
