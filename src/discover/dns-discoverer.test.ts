// Against a real DNS server (dns2) on this machine.
import { createServer, Packet } from 'dns2';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DnsSourceSetting } from '../config/settings.ts';
import { DnsDiscoverer } from './dns-discoverer.ts';
import type { Labels, TargetGroup } from './labels.ts';

type Server = ReturnType<typeof createServer>;

const SERVER_FAILED = 2;
const NO_SUCH_NAME = 3;

/** `a.example A` to records; names that are not in it do not exist. */
let zone: Record<string, readonly object[]>;
let isFailing: boolean;
let server: Server;
let port: number;
let targets: Labels[] | null;
let failure: string | null;
let stop: AbortController;
let running: Promise<void>;
beforeEach(async () => {
  [zone, isFailing, targets, failure] = [{}, false, null, null];
  stop = new AbortController();
  running = Promise.resolve();
  server = createServer({
    udp: true,
    handle: (request, send) => {
      const response = Packet.createResponseFromRequest(request);
      const [question] = request.questions as { name: string; type: number; class: number }[];
      const { name = '', type = 0 } = question ?? {};
      const kind = Object.entries(Packet.TYPE).find(([, value]) => value === type)?.[0] ?? '';
      const records = zone[`${name} ${kind}`];
      if (isFailing) response.header.rcode = SERVER_FAILED;
      else if (records === undefined) response.header.rcode = NO_SUCH_NAME;
      const answers = (records ?? []).map((each) => ({
        name,
        type,
        class: Packet.CLASS.IN,
        ttl: 1,
        ...each,
      }));
      if (!isFailing) response.answers.push(...(answers as unknown as typeof response.answers));
      void send(response);
    },
  });
  const { udp } = await server.listen({ udp: { port: 0, address: '127.0.0.1' } });
  port = udp?.port ?? 0;
});
afterEach(async () => {
  stop.abort();
  await running;
  await server.close();
});

function follow(setting: Partial<DnsSourceSetting>) {
  const sink = {
    found: (groups: readonly TargetGroup[], why: string | null = null) => {
      targets = groups.flatMap((group) => group.targets.map((each) => ({ ...group.labels, ...each })));
      failure = why;
    },
    failed: (why: string) => (failure = why),
  };
  const whole: DnsSourceSetting = {
    kind: 'dns',
    names: [],
    type: 'SRV',
    port: null,
    server: `127.0.0.1:${port}`,
    everyMillis: 20,
    ...setting,
  };
  running = new DnsDiscoverer(whole).run(sink, stop.signal);
}

const toFind = (addresses: string[]) =>
  vi.waitFor(() => expect(targets?.map(({ __address__ }) => __address__)).toEqual(addresses), {
    timeout: 20_000,
  });
const srv = (target: string, port: number) => ({ target, port, priority: 10, weight: 1 });

describe('targets in DNS', () => {
  it('are what SRV records name, and follow them', async () => {
    zone['_http._tcp.orders.example SRV'] = [srv('b.example', 8081), srv('a.example', 8080)];
    follow({ names: ['_http._tcp.orders.example'] });
    await toFind(['a.example:8080', 'b.example:8081']);
    expect(targets?.[0]).toEqual({
      __address__: 'a.example:8080',
      __meta_dns_name: '_http._tcp.orders.example',
      __meta_dns_srv_record_target: 'a.example',
      __meta_dns_srv_record_port: '8080',
    });
    zone['_http._tcp.orders.example SRV'] = [srv('c.example', 8082)];
    await toFind(['c.example:8082']);
  });

  it.each([
    ['A', { address: '10.0.0.7' }, '10.0.0.7:8080'],
    ['AAAA', { address: 'fd00:0:0:0:0:0:0:7' }, '[fd00::7]:8080'],
  ] as const)('are what %s records name, with the port that is set', async (type, record, address) => {
    zone[`orders.example ${type}`] = [record];
    follow({ names: ['orders.example'], type, port: 8080 });
    await toFind([address]);
  });

  it('go when their name goes, and stay while the server fails', async () => {
    zone['one.example A'] = [{ address: '10.0.0.1' }];
    zone['two.example A'] = [{ address: '10.0.0.2' }];
    follow({ names: ['one.example', 'two.example'], type: 'A', port: 1 });
    await toFind(['10.0.0.1:1', '10.0.0.2:1']);
    isFailing = true;
    await vi.waitFor(() => expect(failure).toBe('one.example: the DNS server failed'), { timeout: 20_000 });
    await toFind(['10.0.0.1:1', '10.0.0.2:1']);
    delete zone['one.example A'];
    isFailing = false;
    await toFind(['10.0.0.2:1']);
    expect(failure).toBeNull();
  });
});
