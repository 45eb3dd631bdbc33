// `plimsoll check --host --prometheus` against a real Prometheus that has machines of node_exporter with each of the
// exporters that tell what processes hold.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostsDocument } from '../src/cli/commands/check-hosts.ts';
import { startPrometheus, whyNoPrometheus } from '../src/testing/real-prometheus.ts';
import type { RealServer } from '../src/testing/run-server.ts';
import { requireBuild, runCli } from './built-cli.ts';

requireBuild();
const reason = whyNoPrometheus();
const MIB = 1024 * 1024;
const TO = Date.UTC(2026, 0, 2) / 1000;
const HOURS = 6;
const EVERY = 60;

/** Name with labels -> MiB by hours. */
type Drawn = Readonly<Record<string, (hours: number) => number>>;

/** A machine of 16 GiB of which these MiB are not available. */
function machine(instance: string, used: (hours: number) => number): Drawn {
  const own = `{instance="${instance}",job="node"}`;
  return {
    [`node_memory_MemTotal_bytes${own}`]: () => 16_384,
    [`node_memory_MemFree_bytes${own}`]: (hours) => 12_000 - used(hours),
    [`node_memory_MemAvailable_bytes${own}`]: (hours) => 16_384 - used(hours),
    [`node_memory_AnonPages_bytes${own}`]: (hours) => used(hours) - 300,
    [`node_memory_Cached_bytes${own}`]: () => 2000,
    [`node_memory_Shmem_bytes${own}`]: () => 50,
    [`node_memory_SUnreclaim_bytes${own}`]: () => 250,
  };
}

function openMetrics(drawn: Drawn): string {
  const families = new Map<string, string[]>();
  for (const [series, mib] of Object.entries(drawn)) {
    const name = series.slice(0, series.indexOf('{'));
    const lines = families.get(name) ?? [];
    for (let at = TO - HOURS * 3600; at <= TO; at += EVERY) {
      const hours = (at - TO) / 3600 + HOURS;
      lines.push(`${series} ${Math.round(mib(hours) * MIB + (at % 7) * 1000)} ${at}`);
    }
    families.set(name, lines);
  }
  const texts = [...families].map(([name, lines]) => `# TYPE ${name} gauge\n${lines.join('\n')}\n`);
  return `${texts.join('')}# EOF\n`;
}

const group = (name: string, type: string) =>
  `namedprocess_namegroup_memory_bytes{instance="10.0.0.1:9256",groupname="${name}",memtype="${type}"}`;
const container = (pod: string, name: string) =>
  `container_memory_rss{instance="10.0.0.2:10250",namespace="shop",pod="${pod}",container="${name}",id="/kubepods/${pod}/${name}"}`;

const FLEET: Drawn = {
  // orders takes 100 MiB/h, half of it swapped out; mailer 20.
  ...machine('10.0.0.1:9100', (hours) => 4000 + 120 * hours),
  [group('orders', 'resident')]: (hours) => 500 + 50 * hours,
  [group('orders', 'swapped')]: (hours) => 50 * hours,
  [group('orders', 'virtual')]: (hours) => 9000 + 900 * hours,
  [group('mailer', 'resident')]: (hours) => 200 + 20 * hours,
  [group('idle', 'resident')]: () => 300,
  // cart takes 60 MiB/h; the pod's own sum must not count once more.
  ...machine('10.0.0.2:9100', (hours) => 5000 + 60 * hours),
  [container('cart-1', 'cart')]: (hours) => 400 + 60 * hours,
  [container('cart-1', 'POD')]: () => 1,
  'container_memory_rss{instance="10.0.0.2:10250",id="/kubepods"}': (hours) => 900 + 60 * hours,
  // Nobody grows, and only the process itself tells what it holds.
  ...machine('10.0.0.3:9100', () => 3000),
  'process_resident_memory_bytes{instance="10.0.0.3:8080",job="shop"}': () => 200,
};

describe.skipIf(reason !== null)(`check --host --prometheus${reason === null ? '' : ` (${reason})`}`, () => {
  let server: RealServer;
  beforeAll(async () => {
    server = await startPrometheus([openMetrics(FLEET)]);
  }, 120_000);
  afterAll(() => server?.stop());

  const check = (...args: string[]) =>
    runCli([
      ...['check', '--host', '--prometheus', server.url, '--since', `${HOURS}h`],
      ...['--until', new Date(TO * 1000).toISOString(), ...args],
    ]);

  it('ranks machines by their growth, and what holds memory on each by its share', async () => {
    const { status, stdout, stderr } = await check('--json');
    const document = JSON.parse(stdout) as HostsDocument;
    expect(document.schema).toBe('plimsoll-hosts/1');
    expect(document.hosts.map(({ host, holders, answer }) => [host, holders, answer.isGrowing])).toEqual([
      ['10.0.0.1', 'process-exporter', true],
      ['10.0.0.2', 'cAdvisor', true],
      ['10.0.0.3', 'process collectors', false],
    ]);
    const [first, second, third] = document.hosts.map(({ answer }) =>
      answer.growers.map(({ kind, name, share, growth }) => ({
        ...{ kind, name, percent: Math.round(100 * share) },
        isRight: growth.low <= growth.perHour && growth.perHour <= growth.high,
        perHour: Math.round(growth.perHour / MIB),
      })),
    );
    expect(first).toEqual([
      { kind: 'group', name: 'orders', percent: 83, isRight: true, perHour: 100 },
      { kind: 'group', name: 'mailer', percent: 17, isRight: true, perHour: 20 },
    ]);
    expect(second).toEqual([
      { kind: 'container', name: 'shop/cart-1 cart', percent: 100, isRight: true, perHour: 60 },
    ]);
    expect(third).toEqual([]);
    expect(document.hosts[0]?.answer.growth?.perHour).toBeCloseTo(120 * MIB, -5);
    expect(stderr).toMatch(/6 h at steps of 1 min from .*: 2 queries/);
    expect(status).toBe(2);
  }, 60_000);

  it('prints each machine as `check --host` prints this one', async () => {
    const { stdout, status } = await check('--selector', '{instance="10.0.0.1:9100"}');
    expect(stdout).toMatch(/^GROWS {2}memory of 10\.0\.0\.1: 120 MiB\/h/);
    expect(stdout).toMatch(/83 % .* orders \(all processes of this name\)/);
    expect(status).toBe(2);
  }, 60_000);

  it('ends with 0 where nothing grows, and says so when nothing is known', async () => {
    const quiet = await check('--selector', '{instance="10.0.0.3:9100"}');
    expect(quiet.stdout).toMatch(/^NO GROWTH {2}memory of 10\.0\.0\.3, watched for 6 h/);
    expect(quiet.status).toBe(0);
    const unknown = await check('--selector', '{instance="nobody"}');
    expect(unknown.stderr).toMatch(/no series of node_exporter matches/);
    expect([unknown.status, unknown.stdout]).toEqual([3, '']);
  }, 60_000);
});
