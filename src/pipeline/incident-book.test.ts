import { describe, expect, it } from 'vitest';
import { advanceIncidents, resolveIncident } from '../incident/advance-incidents.ts';
import type { Incident } from '../model/incident.ts';
import { targetKey } from '../model/target.ts';
import { MemoryStore } from '../store/memory.ts';
import { drawFinding } from '../testing/drawn-finding.ts';
import { IncidentBook } from './incident-book.ts';
import { StoreTrouble } from './store-trouble.ts';

const [CULPRIT] = drawFinding().culprits;

function leak(service: string, instance: string, fingerprint: string, name: string | null, at = 0): Incident {
  const culprits = name === null || !CULPRIT ? [] : [{ ...CULPRIT, function: name }];
  const findings = [drawFinding({ fingerprint, culprits })];
  const target = { service, instance };
  const [incident] = advanceIncidents([], { target, findings, over: [], atMillis: at }).incidents;
  if (!incident) throw new Error('no incident');
  return incident;
}

async function openBook(incidents: readonly Incident[], store = new MemoryStore()): Promise<IncidentBook> {
  for (const incident of incidents) await store.saveIncident(incident);
  const talk = { info: () => undefined, warn: () => undefined };
  const book = new IncidentBook({
    store,
    talk,
    storeTrouble: new StoreTrouble(talk, () => 0),
    now: () => 0,
    tell: () => undefined,
    isWatched: () => false,
  });
  await book.restore();
  return book;
}

describe('codes of leaks that other instances of a service have or had', () => {
  it('ends with those that stand, after the newest of those that are over, without its own and unnamed ones', async () => {
    const book = await openBook([
      leak('orders', 'a:1', 'stands', 'store.Put'),
      resolveIncident(leak('orders', 'b:1', 'newer', 'track.Note', 20), 'mended', 30),
      resolveIncident(leak('orders', 'b:1', 'older', 'index.Add', 10), 'mended', 30),
      leak('orders', 'c:1', 'unnamed', null),
      leak('orders', 'own:1', 'own', 'web.Do'),
      leak('billing', 'a:1', 'of another', 'bill.Add'),
    ]);
    const codes = book.codesOf({ service: 'orders', instance: 'own:1' });
    expect(codes.map(({ fingerprint, lead }) => [fingerprint, lead])).toEqual([
      ['older', 'index.Add'],
      ['newer', 'track.Note'],
      ['stands', 'store.Put'],
    ]);
  });
});

describe('what was told of a leak', () => {
  const TOLD = { level: 'warning', at: 5, episode: 1, sequence: 1 } as const;

  it('is found in the store by the watcher that takes its targets over, with those that were told alone', async () => {
    const store = new MemoryStore();
    const incidents = [leak('orders', 'a:1', 'f1', 'store.Put'), leak('orders', 'b:1', 'f2', 'track.Note')];
    const first = await openBook(incidents, store);
    for (const { service, instance } of incidents)
      await first.noteWatched(targetKey({ service, instance }), true);
    first.noteTold('f1', TOLD);
    await first.flush();
    const second = await openBook([], store);
    for (const { service, instance } of incidents)
      await second.noteWatched(targetKey({ service, instance }), true);
    expect(Object.fromEntries(second.list().map(({ fingerprint, told }) => [fingerprint, told]))).toEqual({
      f1: TOLD,
      f2: undefined,
    });
  });
});
