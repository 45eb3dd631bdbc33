// Pages of exporters, made afresh by the exporters themselves: those of Go libraries, of which fixtures are kept, and those of
// Debian's exporters of machines and processes.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostsDocument } from '../src/cli/commands/check-hosts.ts';
import type { Report } from '../src/model/report.ts';
import { gaugesFromPrometheus } from '../src/parse/gauges-from-prometheus.ts';
import { whyNoGo } from '../src/testing/go-fixture.ts';
import { freePort, startPrometheus, whyNoPrometheus } from '../src/testing/real-prometheus.ts';
import { runServer, type RealServer } from '../src/testing/run-server.ts';
import { requireBuild, ROOT, runCli } from './built-cli.ts';

requireBuild();
const FIXTURES = join(ROOT, 'test', 'fixtures', 'exporters');
const PAGES = /\.(prom|openmetrics)$/;
const run = promisify(execFile);

/** Its modules come through the Go proxy or out of the cache. */
async function whyNoLibraries(): Promise<string | null> {
  return (
    whyNoGo() ??
    run('go', ['mod', 'download'], { cwd: FIXTURES, timeout: 120_000 }).then(
      () => null,
      () => 'the modules of client_golang and OpenTelemetry cannot be had',
    )
  );
}

const noLibraries = await whyNoLibraries();

describe.skipIf(noLibraries !== null)(
  `client_golang and OpenTelemetry${noLibraries === null ? '' : ` (${noLibraries})`}`,
  () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'plimsoll-exporters-'));
      const env = { ...process.env, GOMEMLIMIT: '512MiB' };
      await run('go', ['run', '.', folder], { cwd: FIXTURES, env, timeout: 170_000 });
    }, 180_000);
    afterAll(() => rm(folder, { recursive: true, force: true }));

    it('serve the pages that are kept as fixtures, with the same gauges in them', async () => {
      const pages = (await readdir(FIXTURES)).filter((name) => PAGES.test(name)).sort();
      expect((await readdir(folder)).sort()).toEqual(pages);
      const gaugesOf = async (where: string, page: string) => {
        const { reading, warnings } = gaugesFromPrometheus(await readFile(join(where, page)), {
          where: page,
        });
        expect(warnings, page).toEqual([]);
        return Object.keys(reading).sort();
      };
      for (const page of pages) expect(await gaugesOf(folder, page)).toEqual(await gaugesOf(FIXTURES, page));
    });

    it('tell 4 MiB that are kept, and the limit that was set', async () => {
      const page = await readFile(join(folder, 'client-golang-all.prom'));
      const { reading } = gaugesFromPrometheus(page);
      expect(reading.liveHeapBytes).toBeGreaterThan(4 * 1024 * 1024);
      expect(reading.goMemLimitBytes).toBe(512 * 1024 * 1024);
    });
  },
);

describe.skipIf(noLibraries !== null)(
  `a service whose finalizer blocks${noLibraries === null ? '' : ` (${noLibraries})`}`,
  () => {
    it('is told from others by those that wait behind it', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'plimsoll-finalizers-'));
      const program = join(folder, 'handles');
      await run('go', ['build', '-o', program, './finalizers'], { cwd: FIXTURES, timeout: 170_000 });
      const service = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
      try {
        const [address] = (await once(createInterface({ input: service.stdout }), 'line')) as [string];
        const asked = await runCli([
          ...['check', `http://${address}`, '--for', '16s', '--time-scale', '600'],
          ...['--gauge-interval', '2m', '--json'],
        ]);
        const { investigation } = JSON.parse(asked.stdout) as Pick<Report, 'investigation'>;
        const counts = investigation?.find(({ step }) => step === 'counts');
        expect(counts?.answer).toMatch(
          /^Yes: .*finalizers wait to run, .* an hour more: one of them blocks\.$/,
        );
      } finally {
        const ended = once(service, 'exit');
        service.stdin.end();
        await ended;
        await rm(folder, { recursive: true });
      }
    }, 240_000);
  },
);

const isThere = (name: string) =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
const FROM = Date.UTC(2026, 0, 2) / 1000;
const NODE = 'prometheus-node-exporter';
const PROCESS = 'prometheus-process-exporter';
const noExporters =
  whyNoPrometheus() ??
  [NODE, PROCESS]
    .filter((name) => !isThere(name))
    .map((name) => `${name} is not installed: apt-get install ${name}`)[0] ??
  null;

describe.skipIf(noExporters !== null)(
  `exporters of a machine${noExporters === null ? '' : ` (${noExporters})`}`,
  () => {
    const servers: RealServer[] = [];
    afterAll(() => Promise.all(servers.map((server) => server.stop())));

    /** What the exporter serves about memory, with the labels that a scrape adds, once for each minute of an hour. */
    async function history(program: string, ready: RegExp, args: readonly string[] = []): Promise<string> {
      const address = `127.0.0.1:${await freePort()}`;
      const folder = await mkdtemp(join(tmpdir(), 'plimsoll-exporter-'));
      const server = await runServer(program, [`--web.listen-address=${address}`, ...args], folder, (said) =>
        ready.test(said) ? `http://${address}` : null,
      );
      servers.push(server);
      let page = '';
      await expect
        .poll(async () => (page = await fetchText(`${server.url}/metrics`)), { timeout: 30_000 })
        .toMatch(/^(node_memory_MemTotal_bytes|namedprocess_namegroup_memory_bytes.*prometheus)/m);
      const own = `instance="machine-1:${program === NODE ? 9100 : 9256}",job="${program}"`;
      return page
        .split('\n')
        .filter((line) => /^(node_memory|namedprocess_namegroup_memory)/.test(line))
        .map((line) => {
          const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
          const series = `${name}{${labels === '' ? '' : `${labels},`}${own}}`;
          return Array.from({ length: 61 }, (_, minute) => `${series} ${value} ${FROM + 60 * minute}\n`).join(
            '',
          );
        })
        .join('');
    }

    it('are read as a machine and what holds its memory', async () => {
      const node = await history(NODE, /Listening on/i);
      const processes = await history(PROCESS, /Reading metrics from/, [
        ...['-procnames', 'prometheus-node,prometheus-proc', '-children=false'],
      ]);
      const api = await startPrometheus([`${node}${processes}# EOF\n`]);
      servers.push(api);
      const asked = await runCli([
        ...['check', '--host', '--prometheus', api.url, '--selector', `{job="${NODE}"}`],
        ...['--since', '1h', '--until', String(FROM + 3600), '--json'],
      ]);
      const { hosts } = JSON.parse(asked.stdout) as HostsDocument;
      expect(hosts).toMatchObject([
        {
          host: 'machine-1',
          holders: 'process-exporter',
          answer: { processes: 2, memory: { totalBytes: totalmem() }, isGrowing: false },
        },
      ]);
      const { memory } = hosts[0]?.answer ?? {};
      expect(memory?.anonBytes).toBeGreaterThan(0);
      expect(memory?.cacheBytes).toBeGreaterThan(0);
    }, 120_000);
  },
);

async function fetchText(url: string): Promise<string> {
  return (await fetch(url)).text();
}
