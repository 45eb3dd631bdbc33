// Targets go away with their incidents open: a restart ends none, what is gone for good ends after a while.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MINUTE_MILLIS } from '../src/base/units.ts';
import { DEFAULT_SETTINGS } from '../src/config/load-config.ts';
import { advanceIncidents } from '../src/incident/advance-incidents.ts';
import type { Incident } from '../src/model/incident.ts';
import { ReplayClock } from '../src/pipeline/clock.ts';
import { Watch } from '../src/pipeline/watch.ts';
import { MemoryStore } from '../src/store/memory.ts';
import { drawFinding } from '../src/testing/drawn-finding.ts';
import { openDesk, type OpenDesk } from '../src/testing/open-desk.ts';

const START = 1_790_000_000_000;
const LEAK = drawFinding({ detectedAt: START, timeToExhaustion: null });

function leakOf(instance: string, version: string | null): Incident {
  const target = { service: 'orders', instance };
  const [incident] = advanceIncidents([], {
    target,
    findings: [LEAK],
    over: [],
    atMillis: START,
    version,
  }).incidents;
  if (incident === undefined) throw new Error('no incident');
  return incident;
}

/** A watch on a store that knows a leak of an earlier run in each of these instances. */
async function start(instances: readonly string[], store = new MemoryStore(), version: string | null = null) {
  const clock = new ReplayClock({ originMillis: START, scale: 1 });
  for (const instance of instances) await store.saveIncident(leakOf(instance, version));
  const talk: string[] = [];
  const watch = new Watch({
    clock,
    store,
    talk: { info: (text) => talk.push(text), warn: (text) => talk.push(text) },
    settings: { ...DEFAULT_SETTINGS, goneAfterMillis: 15 * MINUTE_MILLIS },
    random: () => 0,
  });
  await watch.restore();
  const add = (instance: string) =>
    watch.addTarget({
      target: { service: 'orders', instance },
      module: null,
      memoryLimitBytes: null,
      source: null,
    });
  /** States of all incidents, so many minutes after the start. */
  const statesAt = async (minutes: number) => {
    clock.moveTo(START + minutes * MINUTE_MILLIS);
    await watch.flush();
    return watch.incidents().map(({ state, resolvedBy }) => resolvedBy ?? state);
  };
  return { watch, store, talk, add, statesAt };
}

describe('incidents of targets that are gone', () => {
  let opened: { watch: Watch; end?: () => Promise<void> } | null = null;
  afterEach(async () => {
    await opened?.end?.();
    await opened?.watch.close();
    opened = null;
  });

  it('end once nobody has watched the target for the set time, as gone and not as fixed', async () => {
    const { watch, add, statesAt, store, talk } = await start(['a:1', 'b:1']);
    opened = { watch };
    await add('a:1');
    await add('b:1');
    await statesAt(60);
    await watch.removeTarget('orders/a:1');
    expect(await statesAt(74)).toEqual(['open', 'open']);
    expect(await statesAt(75)).toEqual(['gone', 'open']);
    expect((await store.listIncidents())[0]).toMatchObject({
      state: 'resolved',
      resolvedAt: START + 75 * MINUTE_MILLIS,
      history: [{ what: 'opened' }, { what: 'resolved', why: expect.stringContaining('gone') as string }],
    });
    expect(talk.join('\n')).toContain('orders/a:1: gone: it has not been watched for 15 min');
  });

  it('stay open over a restart of the target, and of the watcher', async () => {
    const { watch, add, statesAt } = await start(['a:1']);
    opened = { watch };
    expect(await statesAt(14)).toEqual([]);
    await add('a:1');
    expect(await statesAt(60)).toEqual(['open']);
    await watch.removeTarget('orders/a:1');
    await statesAt(70);
    await add('a:1');
    expect(await statesAt(600)).toEqual(['open']);
  });

  it('end when the target went away while nobody watched', async () => {
    const { watch, statesAt } = await start(['a:1']);
    opened = { watch };
    expect(await statesAt(15)).toEqual(['gone']);
  });

  it('are told of again once nobody else is found to have them, while others of the service go on', async () => {
    const { watch, add, statesAt } = await start(['a:1'], new MemoryStore(), 'v1.4.2');
    opened = { watch };
    const next = await add('b:1');
    const bytes = new TextEncoder().encode('go_goroutines 8\n');
    await watch.feed(next, { kind: 'metrics', atMillis: START + 14 * MINUTE_MILLIS, bytes });
    expect(await statesAt(14)).toEqual([]);
    expect(await statesAt(15)).toEqual(['open']);
    expect(await statesAt(20)).toEqual(['open']);
  });

  it('are left to another watcher on the same store while that one hears of the target', async () => {
    const { watch, store, statesAt } = await start(['a:1']);
    opened = { watch };
    const timeMillis = Float64Array.of(START + 10 * MINUTE_MILLIS);
    await store.saveGauges('orders/a:1', {
      timeMillis,
      columns: new Map([['goroutines', Float64Array.of(8)]]),
    });
    expect(await statesAt(15)).toEqual([]);
    expect(await statesAt(29)).toEqual([]);
    expect(await statesAt(30)).toEqual(['gone']);
  });

  it('stay open while the store cannot be asked', async () => {
    class AwayStore extends MemoryStore {
      isAway = true;
      override readGauges(...asked: Parameters<MemoryStore['readGauges']>) {
        return this.isAway ? Promise.reject(new Error('away')) : super.readGauges(...asked);
      }
    }
    const store = new AwayStore();
    const { watch, statesAt } = await start(['a:1'], store);
    opened = { watch };
    expect(await statesAt(15)).toEqual([]);
    store.isAway = false;
    expect(await statesAt(16)).toEqual(['gone']);
  });

  it('regress as the same incident when target and leak come back', async () => {
    const { watch, statesAt } = await start(['a:1']);
    opened = { watch };
    await statesAt(15);
    const [gone] = watch.incidents();
    const { incidents, changes } = advanceIncidents(gone === undefined ? [] : [gone], {
      target: { service: 'orders', instance: 'a:1' },
      findings: [LEAK],
      over: [],
      atMillis: START + HOUR_MILLIS,
    });
    expect(changes).toEqual([{ id: gone?.id, what: 'regressed' }]);
    expect(incidents[0]).toMatchObject({ id: gone?.id, state: 'open', resolvedAt: null });
    expect(incidents[0]?.resolvedBy).toBeUndefined();
  });

  it('are resolved by evidence when another version runs in their place without the leak', async () => {
    const { watch, add, statesAt } = await start(['a:1'], new MemoryStore(), 'v1.4.2');
    opened = { watch };
    await add('a:1');
    await watch.removeTarget('orders/a:1');
    const next = await add('b:1');
    // The leak of LEAK took no time to find: half an hour is the least.
    for (let minute = 0; minute <= 40; minute++) {
      const bytes = new TextEncoder().encode(
        `go_goroutines 8\ngo_build_info{path="example.com/orders",version="v1.5.0"} 1\n`,
      );
      await watch.feed(next, { kind: 'metrics', atMillis: START + minute * MINUTE_MILLIS, bytes });
      if (minute === 29) expect(await statesAt(29)).toEqual(['open']);
    }
    expect(await statesAt(40)).toEqual(['evidence']);
    expect(watch.incidents()[0]?.history.at(-1)?.why).toBe(
      'v1.5.0 has run without it for 40 min; in v1.4.2 it took 30 min to find',
    );
  });

  it('resolve their alert, which says why', async () => {
    const { watch, add, statesAt } = await start(['a:1']);
    await add('a:1');
    const { lookWhenActive, desk, notices, end } = openDesk(watch);
    opened = { watch, end };
    await lookWhenActive();
    await watch.removeTarget('orders/a:1');
    await statesAt(15);
    await desk.look();
    while (desk.sinks().some(({ waiting }) => waiting > 0)) await new Promise(setImmediate);
    expect(notices.map(({ kind }) => kind)).toEqual(['opened', 'resolved']);
    expect(notices[1]?.message.title).toContain('Gone, no fix was seen in orders');
    expect(notices[1]?.message.summary).toContain(
      'gone: it has not been watched for 15 min, which says nothing of the leak',
    );
  });

  it('keep their alert over a restart as it was, also where other instances are over', async () => {
    const store = new MemoryStore();
    const over = leakOf('b:1', null);
    await store.saveIncident({ ...over, state: 'resolved', resolvedAt: START, resolvedBy: 'evidence' });
    const { watch, add } = await start(['a:1'], store);
    const folder = await mkdtemp(join(tmpdir(), 'plimsoll-gone-'));
    const { desk, lookWhenActive, notices, end } = openDesk(watch, { parts: { folder } });
    opened = { watch, end };
    await add('a:1');
    await lookWhenActive();
    await settle(desk);
    await end();
    const again = await start([], store);
    const restarted = openDesk(again.watch, { parts: { folder } });
    await restarted.lookWhenActive();
    await again.add('a:1');
    await restarted.desk.look();
    await settle(restarted.desk);
    await restarted.end();
    await again.watch.close();
    await rm(folder, { recursive: true });
    expect(notices.map(({ kind }) => kind)).toEqual(['opened']);
    expect(restarted.notices).toEqual([]);
    expect(restarted.desk.alerts()).toMatchObject([{ state: 'firing', instances: ['a:1'] }]);
  });
});

describe('a target that moves to another watcher on the same store', () => {
  const hearElsewhere = (store: MemoryStore, minutes: number) =>
    store.saveGauges('orders/a:1', {
      timeMillis: Float64Array.of(START + minutes * MINUTE_MILLIS),
      columns: new Map([['goroutines', Float64Array.of(8)]]),
    });

  it('leaves no alert that fires for ever, and none that is said to be over', async () => {
    const { watch, store, add, statesAt } = await start(['a:1']);
    const { desk, lookWhenActive, notices, end } = openDesk(watch);
    await add('a:1');
    await lookWhenActive();
    await watch.removeTarget('orders/a:1');
    await hearElsewhere(store, 10);
    await statesAt(15);
    await desk.look();
    await settle(desk);
    expect(watch.incidents()).toEqual([]);
    expect(desk.alerts()).toMatchObject([{ state: 'resolved', instances: [] }]);
    expect(notices.map(({ kind }) => kind)).toEqual(['opened']);
    await end();
    await watch.close();
  });

  it('goes on firing for the instances that stay', async () => {
    const { watch, store, add, statesAt } = await start(['a:1', 'b:1']);
    const { desk, lookWhenActive, notices, end } = openDesk(watch);
    await add('a:1');
    await add('b:1');
    await lookWhenActive();
    await watch.removeTarget('orders/a:1');
    await hearElsewhere(store, 10);
    expect(await statesAt(15)).toEqual(['open']);
    await desk.look();
    await settle(desk);
    expect(desk.alerts()).toMatchObject([{ state: 'firing', instances: ['b:1'] }]);
    expect(notices.map(({ kind }) => kind)).toEqual(['opened']);
    await end();
    await watch.close();
  });

  it('is known with what the other one made of it when it comes back', async () => {
    const { watch, store, add, statesAt } = await start(['a:1']);
    await add('a:1');
    await watch.removeTarget('orders/a:1');
    await hearElsewhere(store, 10);
    expect(await statesAt(15)).toEqual([]);
    const [known] = await store.listIncidents();
    if (known)
      await store.saveIncident({ ...known, state: 'resolved', resolvedAt: START, resolvedBy: 'evidence' });
    await add('a:1');
    expect(await statesAt(16)).toEqual(['evidence']);
    await watch.close();
  });

  it('brings along what the other one had found since this one started', async () => {
    const { watch, store, add, statesAt } = await start([]);
    expect(await statesAt(10)).toEqual([]);
    await store.saveIncident(leakOf('a:1', null));
    await store.saveIncident(leakOf('b:1', null));
    await hearElsewhere(store, 9);
    await add('a:1');
    expect(await statesAt(11)).toEqual(['open']);
    expect(watch.incidents()[0]?.instance).toBe('a:1');
    expect(await statesAt(26)).toEqual(['open', 'gone']);
    await watch.close();
  });

  it('ends as the other one has ended it when nobody hears of it any more', async () => {
    const { watch, store, add, statesAt } = await start(['a:1']);
    await add('a:1');
    await watch.removeTarget('orders/a:1');
    await hearElsewhere(store, 10);
    await statesAt(15);
    const [known] = await store.listIncidents();
    if (known)
      await store.saveIncident({ ...known, state: 'resolved', resolvedAt: START, resolvedBy: 'evidence' });
    expect(await statesAt(31)).toEqual(['evidence']);
    expect((await store.listIncidents())[0]).toMatchObject({ resolvedBy: 'evidence' });
    await watch.close();
  });
});

async function settle(desk: OpenDesk['desk']): Promise<void> {
  while (desk.sinks().some(({ waiting }) => waiting > 0)) await new Promise(setImmediate);
}
