// A real Go service on its way to its memory limit: one heap and one goroutine profile are kept at once, before the kernel
// could end it. With a limit that the settings tell, and with that of a real cgroup.
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildGoFixture, whyNoGo, type GoFixture, type RunningGo } from '../src/testing/go-fixture.ts';
import { makeMemoryCgroup, whyNoMemoryCgroup, type MemoryCgroup } from '../src/testing/memory-cgroup.ts';
import { freePort, requireBuild, runCli, startCli, type RunningCli } from './built-cli.ts';

requireBuild();
const MIB = 1024 * 1024;
const LIMIT_MIB = 256;
const noGo = whyNoGo();
const noCgroup = whyNoMemoryCgroup();

interface Kept {
  readonly kind: string;
  readonly href: string;
}

let fixture: GoFixture;
beforeAll(async () => {
  if (noGo === null) fixture = await buildGoFixture('orders');
}, 180_000);
afterAll(() => fixture?.remove());

/** Watches a service until its memory is at 93 % of the limit; gives what was kept, and the page it lies on. */
async function approach(
  service: RunningGo,
  args: readonly string[],
): Promise<{ watch: RunningCli; page: string; kept: () => Promise<readonly Kept[]> }> {
  const port = await freePort();
  const page = `http://127.0.0.1:${port}`;
  const listen = ['--listen', `127.0.0.1:${port}`, '--storage', 'memory', '--data', tmpdir()];
  const watch = startCli(['watch', service.url, ...listen, '--gauge-interval', '250ms', ...args]);
  await watch.waitFor(/target: /);
  const kept = async () =>
    ((await (await fetch(`${page}/api/v1/profiles/${serviceOf(watch)}`)).json()) as { profiles: Kept[] })
      .profiles;
  await vi.waitFor(async () => expect(await growTo(service, 0)).toBeGreaterThan(0), { timeout: 20_000 });
  return { watch, page, kept };
}

const serviceOf = (watch: RunningCli): string => /target: (\S+) at /.exec(watch.said())?.[1] ?? '';

/** Makes the service hold this much more. @returns its resident memory. */
async function growTo(service: RunningGo, mib: number): Promise<number> {
  const answer = await fetch(`${service.url}/grow?mib=${mib}`);
  return Number(await answer.text());
}

async function fill(service: RunningGo, share: number): Promise<void> {
  for (let rss = await growTo(service, 0); rss < share * LIMIT_MIB * MIB;) rss = await growTo(service, 4);
}

describe.skipIf(noGo !== null)(`a service near its memory limit${noGo === null ? '' : ` (${noGo})`}`, () => {
  it('has nothing kept at 80 %, and a heap and a goroutine profile at once beyond 90 %', async () => {
    const service = await fixture.start();
    const { watch, page, kept } = await approach(service, ['--memory-limit', `${LIMIT_MIB}MiB`]);
    try {
      await fill(service, 0.8);
      const targets = async () => (await (await fetch(`${page}/api/v1/targets`)).json()) as Targets;
      const isSeen = async () => (await targets()).targets[0]?.memoryBytes ?? 0;
      await vi.waitFor(async () => expect(await isSeen()).toBeGreaterThan(0.79 * LIMIT_MIB * MIB), {
        timeout: 20_000,
      });
      expect(await kept()).toEqual([]);
      await fill(service, 0.93);
      await vi.waitFor(async () => expect(await kept()).toHaveLength(2), { timeout: 20_000 });
      const profiles = await kept();
      expect(new Set(profiles.map(({ kind }) => kind))).toEqual(new Set(['heap', 'goroutine']));
      await expectNamed(page, profiles, 'main.grow');
      const series = await (await fetch(`${page}/api/v1/series/${serviceOf(watch)}`)).text();
      expect(series).toMatch(/"last-gasp".*profile at 9\d % of the memory limit/);
    } finally {
      await watch.kill('SIGTERM');
      await service.stop();
    }
  }, 120_000);

  it.skipIf(noCgroup !== null)(
    `finds the limit of its cgroup by itself${noCgroup === null ? '' : ` (${noCgroup})`}`,
    async () => {
      const service = await fixture.start();
      let group: MemoryCgroup | null = null;
      let watch: RunningCli | null = null;
      try {
        group = makeMemoryCgroup(`plimsoll-last-gasp-${process.pid}`, LIMIT_MIB * MIB);
        await writeFile(join(group.folder, 'cgroup.procs'), String(service.pid));
        const approached = await approach(service, ['--pid', String(service.pid)]);
        watch = approached.watch;
        await fill(service, 0.93);
        await vi.waitFor(async () => expect(await approached.kept()).toHaveLength(2), { timeout: 20_000 });
        await expectNamed(approached.page, await approached.kept(), 'main.grow');
      } finally {
        await watch?.kill('SIGTERM');
        await service.stop();
        group?.remove();
      }
    },
    120_000,
  );
});

/** The heap profile that was kept says who holds the memory. */
async function expectNamed(page: string, profiles: readonly Kept[], name: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-gasp-'));
  const heap = profiles.find(({ kind }) => kind === 'heap');
  const file = join(folder, 'heap.pb.gz');
  await writeFile(file, Buffer.from(await (await fetch(`${page}${heap?.href ?? ''}`)).arrayBuffer()));
  const { stdout } = await runCli(['profile', 'top', '-nodecount=5', file]);
  await rm(folder, { recursive: true });
  expect(stdout).toContain(name);
}

interface Targets {
  readonly targets: readonly { readonly memoryBytes: number | null }[];
}
