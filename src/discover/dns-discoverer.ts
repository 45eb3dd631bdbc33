// Targets out of DNS: SRV records name hosts and ports, A and AAAA records addresses whose port is set.
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SECOND_MILLIS, type Millis } from '../base/units.ts';
import type { DnsSourceSetting } from '../config/settings.ts';
import type { Discoverer, DiscoverySink } from './discoverer.ts';
import type { Labels, TargetGroup } from './labels.ts';

/** One question to one server; then it is asked again, and the next. */
const QUESTION_MILLIS: Millis = 3 * SECOND_MILLIS;
const TRIES = 3;
/** Records of one name that become targets. */
const MAX_RECORDS = 5000;

/** A name that there is not, or that has no such record: it names nothing now. Everything else is a failure. */
const NOTHING = new Set(['ENOTFOUND', 'ENODATA']);

export class DnsDiscoverer implements Discoverer {
  readonly #setting: DnsSourceSetting;
  readonly #groups = new Map<string, TargetGroup>();

  constructor(setting: DnsSourceSetting) {
    this.#setting = setting;
  }

  async run(sink: DiscoverySink, signal: AbortSignal): Promise<void> {
    const { names, server, everyMillis } = this.#setting;
    const resolver = new Resolver({ timeout: QUESTION_MILLIS, tries: TRIES });
    if (server !== null) resolver.setServers([server]);
    signal.addEventListener('abort', () => resolver.cancel(), { once: true });
    while (!signal.aborted) {
      const failures = await Promise.all(names.map((name) => this.#ask(resolver, name)));
      if (signal.aborted) return;
      const failure = failures.find((why) => why !== null) ?? null;
      const groups = names.flatMap((name) => this.#groups.get(name) ?? []);
      if (failure !== null && groups.length === 0) sink.failed(failure);
      else sink.found(groups, failure);
      await sleep(everyMillis, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Why a name could not be asked for; what it named before goes on. */
  async #ask(resolver: Resolver, name: string): Promise<string | null> {
    try {
      const targets = await this.#lookUp(resolver, name);
      // In an order of its own: servers turn theirs with each answer.
      targets.sort((a, b) => ((a['__address__'] ?? '') < (b['__address__'] ?? '') ? -1 : 1));
      this.#groups.set(name, { source: name, targets, labels: { __meta_dns_name: name } });
      return null;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
      if (!NOTHING.has(code)) return `${name}: ${FAILURES[code] ?? code}`;
      this.#groups.set(name, { source: name, targets: [], labels: {} });
      return null;
    }
  }

  async #lookUp(resolver: Resolver, name: string): Promise<Labels[]> {
    const { type, port } = this.#setting;
    if (type === 'SRV') {
      const records = await resolver.resolveSrv(name);
      return records.slice(0, MAX_RECORDS).map((record) => {
        const host = record.name.replace(/\.$/, '');
        return {
          __address__: `${isIP(host) === 6 ? `[${host}]` : host}:${record.port}`,
          __meta_dns_srv_record_target: record.name,
          __meta_dns_srv_record_port: String(record.port),
        };
      });
    }
    const addresses = await (type === 'A' ? resolver.resolve4(name) : resolver.resolve6(name));
    return addresses
      .slice(0, MAX_RECORDS)
      .map((address) => ({ __address__: `${type === 'A' ? address : `[${address}]`}:${port ?? 0}` }));
  }
}

const FAILURES: Readonly<Record<string, string>> = {
  ETIMEOUT: 'no DNS server answers',
  ECONNREFUSED: 'the DNS server refuses connections',
  ESERVFAIL: 'the DNS server failed',
  EREFUSED: 'the DNS server refuses to answer',
  EBADNAME: 'is no name that DNS knows',
};
