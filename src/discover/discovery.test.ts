import { describe, expect, it, vi } from 'vitest';
import type { DiscoverSetting, RelabelRule } from '../config/settings.ts';
import type { Discoverer, DiscoverySink } from './discoverer.ts';
import { Discovery } from './discovery.ts';

const common = { headers: {}, pprofHeaders: null, access: null, memoryLimitBytes: null, module: null };
const entry = (path: string, job: string | null, ...relabel: RelabelRule[]): DiscoverSetting => ({
  job,
  sources: [{ kind: 'file', paths: [path] }],
  relabel,
  common,
});
const groups = (...addresses: string[]) => [
  { source: 's', targets: addresses.map((__address__) => ({ __address__ })), labels: { team: 'shop' } },
];

/** A discovery of which the test is every source. */
function start(...settings: DiscoverSetting[]) {
  const sinks = new Map<string, DiscoverySink>();
  const started: string[] = [];
  const ended: string[] = [];
  const heard: string[][] = [];
  const failures: string[] = [];
  const discovery = new Discovery({
    create: (source): Discoverer => ({
      run: async (sink, signal) => {
        const path = source.kind === 'file' ? (source.paths[0] ?? '') : '';
        started.push(path);
        sinks.set(path, sink);
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        ended.push(path);
      },
    }),
    onTargets: async (targets) => {
      heard.push(targets.map(({ address, setting }) => `${address} ${setting.service ?? '-'}`));
    },
    onFailure: (source, why) => failures.push(`${source}: ${why ?? 'again'}`),
    now: () => 7,
    gatherMillis: 20,
  });
  discovery.update(settings);
  const stop = new AbortController();
  const running = discovery.run(stop.signal);
  const toHear = (targets: string[]) => vi.waitFor(() => expect(heard.at(-1)).toEqual(targets));
  const end = async () => {
    stop.abort();
    await running;
  };
  return { discovery, sinks, started, ended, heard, failures, toHear, end };
}

describe('discovery', () => {
  it('names what the rules of each entry leave over', async () => {
    const keep: RelabelRule = { sourceLabels: ['__address__'], regex: 'a.*', action: 'keep' };
    const { sinks, toHear, discovery, end } = start(entry('x', 'orders', keep), entry('y', null));
    sinks.get('x')?.found(groups('a:1', 'b:1', 'a/:1'));
    sinks.get('y')?.found(groups('b:1'));
    await toHear(['a:1 orders', 'b:1 -']);
    expect(discovery.status()[0]).toEqual({
      job: 'orders',
      source: 'files x',
      found: 3,
      kept: 1,
      dropped: 1,
      unfit: 1,
      unfitWhy: '__address__ is no host:port',
      lastFoundAt: 7,
      failure: null,
    });
    await end();
  });

  it('waits until every source has looked once, and gathers what changes at once', async () => {
    const { sinks, heard, toHear, end } = start(entry('x', null), entry('y', null));
    sinks.get('x')?.found(groups('a:1'));
    for (let i = 0; i < 50; i++) sinks.get('y')?.found(groups(`b:${i + 1}`));
    await toHear(['a:1 -', 'b:50 -']);
    expect(heard).toHaveLength(1);
    await end();
  });

  it('goes on with what was found when a source fails, and says it once', async () => {
    const { sinks, failures, discovery, toHear, end } = start(entry('x', null));
    sinks.get('x')?.found(groups('a:1'));
    await toHear(['a:1 -']);
    sinks.get('x')?.failed('no answer');
    sinks.get('x')?.failed('no answer');
    await vi.waitFor(() => expect(discovery.status()[0]?.failure).toBe('no answer'));
    await toHear(['a:1 -']);
    sinks.get('x')?.found(groups('b:1'));
    await toHear(['b:1 -']);
    expect(failures).toEqual(['files x: no answer', 'files x: again']);
    await end();
  });

  it('follows new settings without starting a source again', async () => {
    const { discovery, sinks, started, ended, toHear, end } = start(entry('x', 'old'), entry('y', null));
    sinks.get('x')?.found(groups('a:1'));
    sinks.get('y')?.found(groups('b:1'));
    await toHear(['a:1 old', 'b:1 -']);
    discovery.update([entry('x', 'new')]);
    await toHear(['a:1 new']);
    expect(started).toEqual(['x', 'y']);
    expect(ended).toEqual(['y']);
    await end();
    expect(ended).toEqual(['y', 'x']);
  });
});
