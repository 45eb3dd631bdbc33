// Against Debian's real Alertmanager.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Notice } from '../src/model/alert.ts';
import type { SinkVia } from '../src/model/sink.ts';
import { KeptFiles } from '../src/alert/kept-files.ts';
import { makeSink } from '../src/alert/make-sink.ts';
import { SinkMemories } from '../src/alert/sink-memory.ts';
import { SinkSet } from '../src/alert/sink-set.ts';
import { drawNotice } from '../src/testing/drawn-alert.ts';
import { TEST_SINK } from '../src/testing/open-desk.ts';
import { startAlertmanager, whyNoAlertmanager } from '../src/testing/real-alertmanager.ts';
import type { RealServer } from '../src/testing/run-server.ts';

const WORLD = { write: () => undefined, now: Date.now };
const whyNot = whyNoAlertmanager();

describe.skipIf(whyNot !== null)(`a real Alertmanager${whyNot === null ? '' : ` (${whyNot})`}`, () => {
  let server: RealServer;
  beforeAll(async () => void (server = await startAlertmanager()));
  afterAll(() => server.stop());

  interface Kept {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly status: { readonly state: string };
  }
  const kept = async (): Promise<readonly Kept[]> => {
    const response = await fetch(`${server.url}/api/v2/alerts?active=true`);
    return (await response.json()) as Kept[];
  };
  const send = (notice: Notice) => {
    const via: SinkVia = { kind: 'alertmanager', url: server.url, labels: ['version'], headers: {} };
    const sink = makeSink({ ...TEST_SINK, via }, WORLD, SinkMemories.none());
    return sink.send(notice, new AbortController().signal);
  };
  const notice = (kind: Notice['kind'], level: Notice['level']) =>
    drawNotice({ kind, level, openedAt: Date.now() - 60_000, createdAt: Date.now() });

  it('takes a leak as one alert, however often it is said', async () => {
    for (const kind of ['opened', 'repeated', 'repeated'] as const)
      expect(await send(notice(kind, 'warning'))).toEqual({ kind: 'sent' });
    const alerts = await kept();
    expect(
      alerts.map(({ labels, status }) => [labels['alertname'], labels['severity'], status.state]),
    ).toEqual([['MemoryLeak', 'warning', expect.stringMatching(/active|unprocessed/)]]);
    expect(alerts[0]?.annotations['culprit']).toContain('store/put.go:27');
    expect(alerts[0]?.labels).toMatchObject({ service: 'orders', version: 'v1.4.2' });
  });

  it('has after an escalation the critical one alone', async () => {
    expect(await send(notice('escalated', 'critical'))).toEqual({ kind: 'sent' });
    expect((await kept()).map(({ labels }) => labels['severity'])).toEqual(['critical']);
  });

  it('has none when it is resolved', async () => {
    expect(await send(notice('resolved', 'critical'))).toEqual({ kind: 'sent' });
    expect(await kept()).toEqual([]);
  });

  it('has it once when its owner changes, and none when it is over after that', async () => {
    const via: SinkVia = { kind: 'alertmanager', url: server.url, labels: ['version'], headers: {} };
    const sink = makeSink({ ...TEST_SINK, via }, WORLD, SinkMemories.none());
    const owners = async () => (await kept()).map(({ labels }) => labels['owner']);
    const tell = async (kind: Notice['kind'], owner: string) => {
      const said = notice(kind, 'warning');
      const labels = { ...said.labels, owner };
      expect(await sink.send({ ...said, labels }, new AbortController().signal)).toEqual({ kind: 'sent' });
    };
    await tell('opened', '@shop/a');
    await tell('repeated', '@shop/b');
    expect(await owners()).toEqual(['@shop/b']);
    await tell('repeated', '@shop/a');
    expect(await owners()).toEqual(['@shop/a']);
    await tell('resolved', '@shop/c');
    expect(await owners()).toEqual([]);
  });

  it('has it once when the settings of the sink change, also over a restart, and none when it is over after that', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plimsoll-alerts-'));
    const start = async () => new SinkSet(WORLD, await SinkMemories.open(new KeptFiles(folder)));
    const tell = async (set: SinkSet, kind: Notice['kind'], labels: readonly string[]) => {
      const via: SinkVia = { kind: 'alertmanager', url: server.url, labels, headers: {} };
      const sink = set.update([{ ...TEST_SINK, via }]).sinks.get(TEST_SINK.name)?.sink;
      const said = { ...notice(kind, 'warning'), fingerprint: 'edited' };
      const labelled = { ...said, labels: { ...said.labels, fingerprint: 'edited', team: 'a' } };
      expect(await sink?.send(labelled, new AbortController().signal)).toEqual({ kind: 'sent' });
      const ours = (await kept()).filter((alert) => alert.labels['fingerprint'] === 'edited');
      return ours.map((alert) => [alert.labels['version'], alert.labels['team']]);
    };
    try {
      const first = await start();
      expect(await tell(first, 'opened', ['version'])).toEqual([['v1.4.2', undefined]]);
      expect(await tell(first, 'repeated', ['team'])).toEqual([[undefined, 'a']]);
      expect(await tell(await start(), 'repeated', ['version', 'team'])).toEqual([['v1.4.2', 'a']]);
      expect(await tell(await start(), 'resolved', [])).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('has a leak of two shards for the one where it goes on, when it is over in the other', async () => {
    const shards = async () => (await kept()).map(({ labels }) => labels['plimsoll_shard']).toSorted();
    for (const shard of ['1/2', '2/2']) await send({ ...notice('opened', 'warning'), shard });
    expect(await shards()).toEqual(['1/2', '2/2']);
    await send({ ...notice('resolved', 'warning'), shard: '1/2' });
    expect(await shards()).toEqual(['2/2']);
    await send({ ...notice('resolved', 'warning'), shard: '2/2' });
  });

  it('refuses nothing of what a hostile service is called', async () => {
    const named = {
      ...notice('opened', 'warning'),
      labels: { service: '\u0000"x\n', version: '', kind: 'leak' },
    };
    expect(await send(named)).toEqual({ kind: 'sent' });
  });
});
