// A running `watch` that finds its targets: real processes over HTTP.
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildGoFixture, whyNoGo, type GoFixture } from '../src/testing/go-fixture.ts';
import { skipNote } from '../src/testing/why-no-chdb.ts';
import { freePort, requireBuild, runCli, startCli, type RunningCli } from './built-cli.ts';

requireBuild();

const METRICS = `go_goroutines 8
go_memstats_heap_alloc_bytes 4e+06
go_memstats_next_gc_bytes 8e+06
process_resident_memory_bytes 2e+07
process_start_time_seconds 1.7e+09
`;

let folder = '';
let services: Server[] = [];
let addresses: string[] = [];
let watches: RunningCli[] = [];
beforeAll(async () => {
  services = Array.from({ length: 3 }, () =>
    createServer(({ url }, response) => {
      const isMetrics = url === '/metrics' || url === '/inside/metrics?x=1';
      response.writeHead(isMetrics ? 200 : 404).end(isMetrics ? METRICS : '');
    }),
  );
  for (const service of services)
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  addresses = services.map((service) => `127.0.0.1:${(service.address() as AddressInfo).port}`);
});
afterAll(() => {
  for (const service of services) service.close();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-discover-'));
});
afterEach(async () => {
  for (const watch of watches) if (watch.isRunning()) await watch.kill('SIGKILL');
  watches = [];
  await rm(folder, { recursive: true, force: true });
});

async function save(name: string, text: string): Promise<void> {
  await writeFile(join(folder, `${name}.new`), text);
  await rename(join(folder, `${name}.new`), join(folder, name));
}

async function start(...options: string[]): Promise<{ running: RunningCli; page: string }> {
  const listen = `127.0.0.1:${await freePort()}`;
  const running = startCli(['watch', '-c', join(folder, 'plimsoll.yaml'), '--listen', listen, ...options]);
  watches.push(running);
  const [, page = ''] = await running.waitFor(/page: (http\S+)\//);
  return { running, page };
}

interface Listed {
  targets: { service: string; instance: string; labels: object; firstEvidenceAt: number | null }[];
}
const listed = async (page: string) =>
  ((await (await fetch(`${page}/api/v1/targets`)).json()) as Listed).targets;
const toList = (page: string, instances: string[]) =>
  vi.waitFor(
    async () => {
      const targets = await listed(page);
      expect(targets.map(({ instance }) => instance).sort()).toEqual([...instances].sort());
      expect(targets.every(({ firstEvidenceAt }) => firstEvidenceAt !== null)).toBe(true);
    },
    { timeout: 60_000, interval: 100 },
  );

const CONFIG = `storage: { kind: memory }
intervals: { gauges: 250ms }
discover:
  - job: shop/orders
    files: [targets*.json]
    relabel:
      - { source_labels: [env], regex: test, action: drop }
      - { source_labels: [path], regex: (.+), target_label: __metrics_path__, replacement: '/\${1}/metrics' }
      - { regex: path, action: labeldrop }
`;
const group = (index: number, labels: object) => ({ targets: [addresses[index]], labels });

describe('watch with discover', () => {
  it('watches what the files name, by the rules, as they change, and says what it finds', async () => {
    await save('plimsoll.yaml', CONFIG);
    await save('targets.json', JSON.stringify([group(0, { env: 'prod' }), group(1, { env: 'test' })]));
    const { running, page } = await start();
    await toList(page, [addresses[0] ?? '']);
    expect(await listed(page)).toMatchObject([
      { service: 'shop-orders', labels: { job: 'shop/orders', env: 'prod' } },
    ]);
    await save('targets-2.json', JSON.stringify([group(2, { path: 'inside', __param_x: '1' })]));
    await toList(page, [addresses[0] ?? '', addresses[2] ?? '']);
    await save('targets.json', '[{"targets":');
    await running.waitFor(/warning: files targets\*\.json: .*not JSON.*What was found before goes on/);
    await toList(page, [addresses[0] ?? '', addresses[2] ?? '']);
    const { discovery } = (await (await fetch(`${page}/api/v1/config`)).json()) as { discovery: object[] };
    expect(discovery).toMatchObject([
      { found: 3, kept: 2, dropped: 1, failure: expect.stringContaining('not JSON') as string },
    ]);
    const metrics = await (await fetch(`${page}/metrics`)).text();
    expect(metrics).toMatch(/^plimsoll_discovery_failing\{.*\} 1$/m);
    await save('targets.json', '[]');
    await toList(page, [addresses[2] ?? '']);
    await running.waitFor(/no longer watched: shop-orders/);
  }, 300_000);

  it('shares its targets among shards, each with one', async () => {
    await save('plimsoll.yaml', `${CONFIG}targets: ['http://${addresses[2] ?? ''}']\n`);
    await save('targets.json', JSON.stringify([group(0, {}), group(1, {})]));
    const shards = [await start('--shard', '1/2'), await start('--shard', '2/2')];
    await vi.waitFor(
      async () => {
        const parts = await Promise.all(shards.map(({ page }) => listed(page)));
        expect(parts.flat().map(({ instance }) => instance).sort()).toEqual([...addresses].sort()); // prettier-ignore
      },
      { timeout: 60_000, interval: 100 },
    );
  }, 180_000);
});

describe('config check', () => {
  it('finds what is wrong with rules and paths', async () => {
    await save('plimsoll.yaml', "discover:\n  - files: [a.txt]\n    relabel:\n      - { action: keep, regex: '(' }\n  - job: x\n"); // prettier-ignore
    const { status, stdout, stderr } = await runCli(['config', 'check', join(folder, 'plimsoll.yaml')]);
    expect(status).toBe(3);
    const said = stdout + stderr;
    expect(said).toMatch(/:2:13: discover\.0\.files\.0: is no path of \.json/);
    expect(said).toMatch(/:4:25: discover\.0\.relabel\.0\.regex: regex is no regular expression/);
    expect(said).toMatch(/:5:5: discover\.1: names no place where targets are found/);
  });
});

const noGo = whyNoGo();
describe.skipIf(noGo)(`watch --local${skipNote(noGo)}`, () => {
  let fixture: GoFixture | null = null;
  beforeAll(async () => {
    if (noGo === null) fixture = await buildGoFixture('served-local');
  }, 120_000);
  afterAll(() => fixture?.remove());

  it('watches a Go program that serves pprof, and ends with it', async () => {
    if (!fixture) return;
    const go = await fixture.start();
    const instance = new URL(go.url).host;
    await save('plimsoll.yaml', 'storage: { kind: memory }\nintervals: { gauges: 250ms }\n');
    const { page } = await start('--local');
    const ours = async () => (await listed(page)).filter((target) => target.instance === instance);
    await vi.waitFor(async () => expect(await ours()).toMatchObject([{ service: 'fixture' }]), {
      timeout: 60_000,
      interval: 200,
    });
    await go.stop();
    await vi.waitFor(async () => expect(await ours()).toEqual([]), { timeout: 60_000, interval: 200 });
  }, 200_000);
});
