// A Go service with the real pyroscope-go, which pushes to a watch that scrapes nothing; between them a proxy that
// remembers what was sent.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyNoGo } from '../src/testing/go-fixture.ts';
import { freePort, requireBuild, ROOT, runCli, startCli, type RunningCli } from './built-cli.ts';

requireBuild();

const SOURCE = join(ROOT, 'test', 'fixtures', 'pusher');
const run = promisify(execFile);

/** Its modules come through the Go proxy or out of the cache. */
async function whyNoPusher(): Promise<string | null> {
  const noGo = whyNoGo();
  if (noGo !== null) return noGo;
  return run('go', ['mod', 'download'], { cwd: SOURCE, timeout: 120_000 }).then(
    () => null,
    () => 'the modules of pyroscope-go cannot be had',
  );
}

const reason = await whyNoPusher();

interface Proxy {
  readonly url: string;
  /** SHA-256 of every profile that went through, by the path it came on. */
  readonly sent: Map<string, string>;
  readonly statuses: Set<number>;
  close(): void;
}

async function startProxy(target: string): Promise<Proxy> {
  const sent = new Map<string, string>();
  const statuses = new Set<number>();
  const server: Server = createServer((request, response) => {
    void (async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of request) chunks.push(chunk as Uint8Array);
      const body = Buffer.concat(chunks);
      const { 'content-type': type = '', authorization = '' } = request.headers;
      const form = await new Response(body, { headers: { 'content-type': type } }).formData();
      const file = form.get('profile') as File;
      sent.set(digest(Buffer.from(await file.arrayBuffer())), request.url ?? '');
      const answer = await fetch(`${target}${request.url ?? ''}`, {
        method: 'POST',
        headers: { 'content-type': type, authorization },
        body,
      });
      statuses.add(answer.status);
      response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
    })().catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, sent, statuses, close: () => server.close() };
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe.skipIf(reason !== null)(`a service that pushes${reason === null ? '' : ` (${reason})`}`, () => {
  let folder: string;
  let watch: RunningCli;
  let service: ChildProcess;
  let proxy: Proxy;
  let page: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plimsoll-push-'));
    await run('go', ['build', '-o', join(folder, 'orders'), '.'], { cwd: SOURCE });
    const port = await freePort();
    page = `http://127.0.0.1:${port}`;
    const options = ['--listen', `127.0.0.1:${port}`, '--data', folder, '--storage', 'memory'];
    const record = ['--record', join(folder, 'recording')];
    watch = startCli(['watch', '--push', ...options, ...record, '--time-scale', '600']);
    await watch.waitFor(/page: /);
    proxy = await startProxy(page);
    service = spawn(join(folder, 'orders'), ['-server', `${proxy.url}/any/base`], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
  }, 180_000);
  afterAll(async () => {
    service.stdin?.end();
    proxy.close();
    await watch.kill('SIGTERM');
    await rm(folder, { recursive: true });
  });

  it('becomes a target, and its leak is called with the line that allocates', async () => {
    await watch.waitFor(/target: orders at orders-1 \(pushes its profiles\)/);
    await watch.waitFor(/orders: leak/);
    const report = (await (await fetch(`${page}/api/v1/reports/orders`)).json()) as Report;
    expect(report.findings).toMatchObject([{ verdict: 'leak', class: 'heap' }]);
    const [{ culprits, growth }] = report.findings;
    expect(culprits[0]).toMatchObject({ role: 'allocates', function: 'main.newSession' });
    // 4 MiB a second for 600 seconds in one.
    const perHour = 4 * 1024 * 1024 * 6;
    expect(growth.low).toBeLessThan(perHour);
    expect(growth.high).toBeGreaterThan(perHour);
    expect(report.missingEvidence.map(({ source }) => source)).toContain('process_resident_memory_bytes');
  }, 180_000);

  it('is recorded, and the recording leads to the same leak', async () => {
    const replayed = await runCli(['replay', '--json', join(folder, 'recording')]);
    const { findings } = JSON.parse(replayed.stdout) as Report;
    expect(findings).toMatchObject([{ verdict: 'leak', class: 'heap' }]);
    expect(findings[0].culprits[0]).toMatchObject({ role: 'allocates', function: 'main.newSession' });
  }, 60_000);

  it('has profiles of every kind kept, each byte for byte as it was sent', async () => {
    const { profiles } = (await (await fetch(`${page}/api/v1/profiles/orders`)).json()) as {
      profiles: { kind: string; href: string }[];
    };
    expect(new Set(profiles.map(({ kind }) => kind))).toEqual(
      new Set(['heap', 'goroutine', 'cpu', 'mutex', 'block']),
    );
    for (const { href } of profiles) {
      const bytes = Buffer.from(await (await fetch(`${page}${href}`)).arrayBuffer());
      expect(proxy.sent.get(digest(bytes))).toMatch(/^\/any\/base\/ingest\?/);
    }
    expect(proxy.statuses).toEqual(new Set([200]));
  });
});

interface Report {
  readonly findings: readonly [
    {
      readonly growth: { readonly low: number; readonly high: number };
      readonly culprits: readonly [{ readonly role: string; readonly function: string }];
    },
  ];
  readonly missingEvidence: readonly { readonly source: string }[];
}
