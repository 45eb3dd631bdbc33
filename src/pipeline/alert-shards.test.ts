// Watchers that share a fleet (--shard): each tells of its own part.
import { afterEach, describe, expect, it } from 'vitest';
import { HOUR_MILLIS } from '../base/units.ts';
import { advanceIncidents, resolveIncident } from '../incident/advance-incidents.ts';
import type { Incident } from '../model/incident.ts';
import { drawFinding } from '../testing/drawn-finding.ts';
import { FAKE_NOW, FakeWatchView } from '../testing/fake-watch-view.ts';
import { openDesk } from '../testing/open-desk.ts';

let ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(ends.map((end) => end()));
  ends = [];
});

function leak(instance: string): Incident {
  const finding = drawFinding({ fingerprint: 'f1', timeToExhaustion: null, detectedAt: FAKE_NOW });
  const target = { service: 'orders', instance };
  return advanceIncidents([], { target, findings: [finding], over: [], atMillis: FAKE_NOW }).incidents[0];
}
const ended = (incident: Incident) => resolveIncident(incident, 'growth is gone', FAKE_NOW);

function open(shard: string | null, heartbeatMillis: number | null = null) {
  const watch = new FakeWatchView({ isEmpty: true });
  const { desk, notices, end, lookWhenActive } = openDesk(watch, {
    settings: { heartbeatMillis },
    parts: { shard },
  });
  ends.push(end);
  const look = async (incidents: readonly Incident[], count: number) => {
    watch.incidentList = [...incidents];
    await lookWhenActive();
    await expect.poll(() => notices.length).toBe(count);
  };
  return { desk, watch, notices, look };
}

describe('one leak in two shards', () => {
  it('is told by each under keys of its own, with its shard beside the instances', async () => {
    const [first, second] = [open('1/2'), open('2/2')];
    await first.look([leak('a')], 1);
    await second.look([leak('b')], 1);
    await first.look([leak('a')].map(ended), 2);
    const all = [...first.notices, ...second.notices];
    expect(all.map(({ key, shard }) => [key, shard])).toEqual([
      ['f1-1/2-1', '1/2'],
      ['f1-1/2-2', '1/2'],
      ['f1-2/2-1', '2/2'],
    ]);
    expect(second.notices[0]?.message.facts).toContainEqual({ name: 'Instances', value: 'b (of shard 2/2)' });
  });

  it('goes on under the names that it was told by, where a target moves with the store', async () => {
    const [first, second] = [open('1/2'), open('2/2')];
    await first.look([leak('a')], 1);
    await second.look(first.watch.incidentList, 0);
    await second.look(second.watch.incidentList.map(ended), 1);
    expect(second.notices.map(({ key, kind }) => `${kind} ${key}`)).toEqual(['resolved f1-1/2-2']);
    // What comes up here from now on is its own.
    const again = drawFinding({ fingerprint: 'f1', timeToExhaustion: null, detectedAt: FAKE_NOW + 1 });
    const { incidents } = advanceIncidents(second.watch.incidentList, {
      target: { service: 'orders', instance: 'a' },
      findings: [again],
      over: [],
      atMillis: FAKE_NOW + HOUR_MILLIS,
    });
    await second.look(incidents, 2);
    expect(second.notices[1]).toMatchObject({ kind: 'regressed', key: 'f1-2/2-3', shard: '2/2' });
  });

  it('has a sign of life of each', async () => {
    const [first, second] = [open('1/2', HOUR_MILLIS), open('2/2', HOUR_MILLIS)];
    await first.look([], 1);
    await second.look([], 1);
    const keys = [...first.notices, ...second.notices].map(({ key }) => key);
    expect(keys).toEqual(['heartbeat-1/2-1', 'heartbeat-2/2-1']);
  });
});
