// `plimsoll check --prometheus` as a user runs it, against a real Prometheus, and behind a proxy that guards it.
import { readFile } from 'node:fs/promises';
import { request as requestHttp } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Check } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScreeningReportSchema, type ScreeningReport } from '../src/model/screening.ts';
import { drawOpenMetrics } from '../src/testing/drawn-fleet.ts';
import { startPrometheus, whyNoPrometheus } from '../src/testing/real-prometheus.ts';
import type { RealServer } from '../src/testing/run-server.ts';
import { ROOT, requireBuild, runCli } from './built-cli.ts';

requireBuild();
const TO = Date.UTC(2026, 0, 8) / 1000;
const FROM = TO - 7 * 24 * 3600;
const CERTIFICATES = join(ROOT, 'test', 'fixtures', 'tls');
const reason = whyNoPrometheus();
const SPAN = ['--since', '7d', '--until', '2026-01-08T00:00:00Z'];

describe.skipIf(reason !== null)(`check --prometheus${reason === null ? '' : ` (${reason})`}`, () => {
  let server: RealServer;
  beforeAll(async () => {
    const orders = Array.from({ length: 6 }, (_, i) => ({
      labels: { job: 'orders', instance: `10.0.0.${i}:8080` },
      live: (age: number) => (i === 2 ? 64 + 3 * (age - 500) : 64),
    }));
    const idle = { labels: { job: 'idle', instance: '10.0.1.1:8080' }, live: () => 40 };
    server = await startPrometheus([drawOpenMetrics([...orders, idle], { from: FROM, to: TO, every: 300 })]);
  }, 120_000);
  afterAll(() => server?.stop());

  const check = (...args: string[]) => runCli(['check', '--prometheus', server.url, ...SPAN, ...args]);

  it('prints a ranked table, and ends with 1 where one leaks', async () => {
    const { status, stdout, stderr } = await check('--selector', '{job="orders"}');
    expect(stdout).toMatch(
      /^6 targets: 1 with a leak, 5 without growth\.\n\nleak +orders 10\.0\.0\.2:8080 .*heap [23](?:\.\d+)? MiB\/h/,
    );
    expect(stderr).toMatch(/7 d at steps of 5 min from http:\/\/127\.0\.0\.1:\d+: \d queries/);
    expect(status).toBe(1);
  }, 120_000);

  it('prints one document with a report of each', async () => {
    const { status, stdout } = await check('--selector', 'job="orders"', '--json');
    const report = JSON.parse(stdout) as ScreeningReport;
    expect(Check(ScreeningReportSchema, report)).toBe(true);
    expect([report.schema, report.verdict, report.reports?.length]).toEqual(['plimsoll-report/1', 'leak', 6]);
    expect(report.reports?.map(({ verdict }) => verdict)).toEqual([
      'leak',
      ...Array<string>(5).fill('no-growth'),
    ]);
    expect(report.reports?.[0]?.target).toEqual({ service: 'orders', instance: '10.0.0.2:8080' });
    expect(report.screening).toMatchObject({
      selector: '{job="orders"}',
      stepMillis: 300_000,
      isPartial: false,
    });
    expect(status).toBe(1);
  }, 120_000);

  it('prints the whole report of a single target, and ends with 0 where nothing grows', async () => {
    const { status, stdout } = await check('--selector', '{job="idle"}');
    expect(stdout).toMatch(/^NO-GROWTH {2}idle 10\.0\.1\.1:8080/);
    expect(status).toBe(0);
  }, 120_000);

  it.each([
    [['--selector', '{job="nobody"}'], /no series matches/],
    [['--selector', 'up{job="orders"}'], /matchers of labels expected/],
    [['--selector', '{job=~"("}'], /HTTP 400: .*Check|HTTP 400/],
    [['--step', '6d'], /--step/],
    [['http://127.0.0.1:1'], /a target or --prometheus/],
  ])(
    '%j is an error with status 3 and nothing on standard output',
    async (args, why) => {
      const { status, stdout, stderr } = await check(...args);
      expect(stderr).toMatch(why);
      expect([status, stdout]).toEqual([3, '']);
    },
    60_000,
  );

  it('reaches an API behind TLS, a client certificate, a token and a tenant, and tells none of them', async () => {
    const pem = (name: string) => join(CERTIFICATES, name);
    const options = {
      ...{ cert: await readFile(pem('server.pem')), key: await readFile(pem('server.key')) },
      ...{ ca: await readFile(pem('ca.pem')), requestCert: true, rejectUnauthorized: true },
    };
    const proxy = createTlsServer(options, (request, response) => {
      const { authorization, 'x-scope-orgid': tenant } = request.headers;
      if (authorization !== 'Bearer s3same' || tenant !== 'team-1') {
        response.writeHead(401).end(`who is ${String(authorization)}?`);
        return;
      }
      const { method, headers } = request;
      const url = new URL(request.url ?? '', server.url);
      request.pipe(
        requestHttp(url, { method, headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        }),
      );
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const folder = await mkdtemp(join(tmpdir(), 'plimsoll-token-'));
    try {
      const token = join(folder, 'token');
      await writeFile(token, 's3same\n');
      const url = `https://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const tls = ['--ca', pem('ca.pem'), '--cert', pem('client.pem'), '--key', pem('client.key')];
      const ask = (...args: string[]) =>
        runCli(['check', '--prometheus', url, ...SPAN, '--selector', '{job="idle"}', ...args]);
      const let_in = await ask(...tls, '--bearer-file', token, '--header', 'X-Scope-OrgID: team-1');
      expect(let_in.status).toBe(0);
      const refused = await ask(...tls, '--bearer-file', token);
      expect(refused.stderr).toMatch(/HTTP 401: who is \.\.\.\?/);
      expect([refused.status, refused.stdout]).toEqual([3, '']);
      expect((await ask('--ca', pem('other-ca.pem'))).stderr).toContain(
        'signed by nobody that is trusted here',
      );
      for (const { stdout, stderr } of [let_in, refused]) expect(stdout + stderr).not.toContain('s3same');
    } finally {
      proxy.closeAllConnections();
      proxy.close();
      await rm(folder, { recursive: true });
    }
  }, 120_000);
});
