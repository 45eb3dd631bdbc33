// Against real Go programs: found by what they are and where they listen.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildGoFixture, whyNoGo, type GoFixture } from '../testing/go-fixture.ts';
import { skipNote } from '../testing/why-no-chdb.ts';
import type { Labels } from './labels.ts';
import { LocalDiscoverer } from './local-discoverer.ts';

const noGo = whyNoGo();

describe.skipIf(noGo)(`Go programs of this machine${skipNote(noGo)}`, () => {
  let fixture: GoFixture | null = null;
  beforeAll(async () => {
    if (noGo === null) fixture = await buildGoFixture('found-local');
  }, 120_000);
  afterAll(() => fixture?.remove());

  it('are found when they serve pprof, also those that start later, and are gone when they end', async () => {
    if (!fixture) return;
    const stop = new AbortController();
    let targets: readonly Labels[] = [];
    const first = await fixture.start();
    const sink = {
      found: (groups: readonly { targets: readonly Labels[] }[]) =>
        (targets = groups.flatMap((each) => each.targets)),
      failed: () => undefined,
    };
    const running = new LocalDiscoverer({ everyMillis: 20 }).run(sink, stop.signal);
    const ours = new Set([first.pid]);
    const pids = () =>
      targets.map(({ __meta_process_pid: pid }) => Number(pid)).filter((pid) => ours.has(pid));
    const toFind = (expected: number[]) =>
      vi.waitFor(() => expect(pids().sort()).toEqual(expected.sort()), { timeout: 30_000 });
    await toFind([first.pid]);
    const [found] = targets.filter(({ __meta_process_pid: pid }) => pid === String(first.pid));
    expect(`http://${found?.['__address__'] ?? ''}`).toBe(first.url);
    expect(found?.['__meta_process_go_version']).toMatch(/^go1\./);
    const second = await fixture.start();
    ours.add(second.pid);
    await toFind([first.pid, second.pid]);
    await first.stop();
    await toFind([second.pid]);
    stop.abort();
    await running;
    await second.stop();
  }, 90_000);
});

describe('a machine without /proc', () => {
  it('says so', async () => {
    const stop = new AbortController();
    const why = await new Promise<string>((failed) => {
      void new LocalDiscoverer({ everyMillis: 20, proc: { fsRoot: '/nowhere' } }).run(
        { found: () => undefined, failed },
        stop.signal,
      );
    });
    expect(why).toContain('no /proc');
    stop.abort();
  });
});
