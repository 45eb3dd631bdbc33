import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGoFixture, whyNoGo, type GoFixture, type RunningGo } from '../testing/go-fixture.ts';
import { skipNote } from '../testing/why-no-chdb.ts';
import { probeProcess } from './probe-process.ts';
import { probeTarget } from './probe.ts';
import { createHttpTarget } from './http-target.ts';
import { confirmProcess, type ProcessClaims } from './same-process.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-same-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A machine that was started at 1,000,000 s, with processes as `pid: [command, seconds after that, resident MiB]`. */
async function drawMachine(processes: Readonly<Record<number, [string, number, number]>>): Promise<string> {
  const root = await mkdtemp(join(folder, 'root-'));
  const put = async (path: string, content: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  };
  await put('proc/stat', 'btime 1000000\n');
  for (const [pid, [command, seconds, mib]] of Object.entries(processes)) {
    const stat = `${pid} (${command}) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 5 0 ${seconds * 100} 1000 99`;
    await put(`proc/${pid}/stat`, stat);
    await put(`proc/${pid}/status`, `Name:\t${command}\nVmRSS:\t${mib * 1024} kB\n`);
  }
  return root;
}

const says = (seconds: number, mib: number): ProcessClaims => ({
  reading: { processStartMillis: (1_000_000 + seconds) * 1000, rssBytes: mib * 2 ** 20, liveHeapBytes: 5 },
  goVersion: null,
  commandLine: null,
});

describe('the process that owns a port', () => {
  const OWNER = { pid: 7, command: 'edge' };

  it.each([
    ['agrees in start and memory', says(50, 100), { 7: ['edge', 50, 110] }, '7 edge'],
    ['grew between the two looks', says(50, 100), { 7: ['edge', 50, 190] }, '7 edge'],
    [
      'started at another time',
      says(50, 100),
      { 7: ['edge', 90, 100] },
      'it started 40 s apart from the one that answers',
    ],
    [
      'has other memory',
      says(50, 400),
      { 7: ['edge', 50, 100] },
      'it has 100 MiB resident, the one that answers 400 MiB',
    ],
    [
      'has one behind it that fits in all',
      says(50, 400),
      { 7: ['edge', 90, 30], 8: ['orders', 50, 390], 9: ['other', 50, 30] },
      '8 orders',
    ],
    [
      'has two behind it that fit',
      says(50, 400),
      { 7: ['edge', 90, 30], 8: ['orders', 50, 390], 9: ['orders', 50, 410] },
      'started 40 s apart',
    ],
    [
      'has one behind it whose memory alone fits',
      says(50, 400),
      { 7: ['edge', 90, 30], 8: ['orders', 70, 400] },
      'started 40 s apart',
    ],
  ] as const)('%s', async (_, claims, processes, expected) => {
    const fsRoot = await drawMachine(processes as unknown as Record<number, [string, number, number]>);
    const found = await confirmProcess(OWNER, claims, { fsRoot });
    expect(found.pid === null ? found.reason : `${found.pid} ${found.command}`).toContain(expected);
  });

  it('is looked for behind it only where the start is known', async () => {
    const fsRoot = await drawMachine({ 7: ['edge', 90, 30], 8: ['orders', 50, 400] });
    const { pid } = await confirmProcess(
      OWNER,
      { ...says(50, 400), reading: { rssBytes: 400 * 2 ** 20 } },
      { fsRoot },
    );
    expect(pid).toBeNull();
  });
});

/** A reverse proxy, as any program may be one. */
async function proxyTo(target: () => string, drop: RegExp | null = null) {
  const server = createServer((asked, answer) => {
    const passed = request(target() + (asked.url ?? ''), (from) => {
      const parts: Buffer[] = [];
      from.on('data', (part: Buffer) => parts.push(part));
      from.on('end', () => {
        const body = Buffer.concat(parts);
        const isText = drop !== null && asked.url === '/metrics';
        answer.writeHead(from.statusCode ?? 502, { 'Content-Type': from.headers['content-type'] ?? '' });
        answer.end(isText ? body.toString().replaceAll(drop, '') : body);
      });
    });
    passed.on('error', () => answer.writeHead(502).end());
    passed.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const noGo = whyNoGo();
describe.skipIf(noGo)(`a Go service behind a reverse proxy of this machine${skipNote(noGo)}`, () => {
  let fixture: GoFixture;
  let go: RunningGo;
  beforeAll(async () => {
    fixture = await buildGoFixture('orders-fixture');
    go = await fixture.start();
  }, 120_000);
  afterAll(() => fixture.remove());

  it('is found itself where it tells when it started', async () => {
    const proxy = await proxyTo(() => go.url);
    const { target } = await probeTarget(proxy.url);
    proxy.close();
    expect(target.pid).toBe(go.pid);
  });

  it('has no process where it does not tell, and the proxy is not taken for it', async () => {
    const proxy = await proxyTo(() => go.url, /^process_.*\n/gm);
    // pprof tells the arguments of the process; metrics alone have to do here.
    const { target, attempts } = await probeTarget(proxy.url, {
      pprofUrl: 'http://127.0.0.1:9',
      varsUrl: 'http://127.0.0.1:9',
    });
    proxy.close();
    expect(target.pid).toBeNull();
    expect(attempts.find(({ request: asked }) => asked === 'pid')).toMatchObject({
      why: expect.stringContaining('it is no Go program') as string,
    });
  });

  it('is found again behind the proxy after a restart, by what it says then', async () => {
    const first = await fixture.start();
    let current = first;
    const proxy = await proxyTo(() => current.url);
    const { target } = await probeTarget(proxy.url);
    const source = createHttpTarget(target, { now: () => 1790000000000 });
    const pidOf = async () => {
      const outcomes = await source.fetchGauges(new AbortController().signal);
      const proc = outcomes.find(({ request: asked }) => asked === 'proc');
      if (proc?.kind !== 'ok') throw proc?.error ?? new Error('no /proc');
      return Number(/Pid:\\t(\d+)/.exec(new TextDecoder().decode(proc.evidence.bytes))?.[1]);
    };
    expect(await pidOf()).toBe(first.pid);
    current = await fixture.start();
    await first.stop();
    expect(await pidOf()).toBe(current.pid);
    await current.stop();
    proxy.close();
  });
});

describe.skipIf(noGo)(`a Go program that is a reverse proxy${skipNote(noGo)}`, () => {
  let fixture: GoFixture;
  beforeAll(async () => {
    fixture = await buildGoFixture('edge-fixture');
  }, 120_000);
  afterAll(() => fixture.remove());

  it('is not shown with the gauges of what it passes on', async () => {
    const service = await fixture.start();
    // The kernel counts starts in hundredths of a second.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const edge = await fixture.start({ FIXTURE_PROXY: service.url });
    const byUrl = await probeTarget(edge.url);
    const byPid = await probeProcess({ kind: 'pid', pid: edge.pid });
    await edge.stop();
    await service.stop();
    expect(byUrl.target.pid).toBe(service.pid);
    expect(byPid.target).toMatchObject({ pid: edge.pid, metrics: null, pprof: null });
    expect(byPid.attempts).toContainEqual(
      expect.objectContaining({
        kind: 'lacking',
        why: expect.stringContaining('another process answers') as string,
      }),
    );
  });
});
