import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MILLIS, HOUR_MILLIS, MINUTE_MILLIS } from '../base/units.ts';
import { advanceIncidents, resolveIncident } from '../incident/advance-incidents.ts';
import type { Notice } from '../model/alert.ts';
import type { Incident } from '../model/incident.ts';
import { parseMatcher } from '../base/label-matcher.ts';
import { LOCK_STALE_MILLIS } from '../store/lock.ts';
import { drawFinding } from '../testing/drawn-finding.ts';
import { openDesk, TEST_SINK } from '../testing/open-desk.ts';
import { serveVendor } from '../testing/vendor-server.ts';
import { FAKE_NOW, FakeWatchView } from '../testing/fake-watch-view.ts';
import type { AlertDesk } from './alert-desk.ts';
import type { AlertDeskParts, AlertSettings } from './alert-desk-parts.ts';

let folder = '';
let desks: { desk: AlertDesk; end: () => Promise<void> }[] = [];
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'plimsoll-desk-'))));
afterEach(async () => {
  await Promise.all(desks.map(({ end }) => end()));
  desks = [];
  await rm(folder, { recursive: true, force: true });
});

function leak(instance: string, service = 'orders', fingerprint = 'f1'): Incident {
  const finding = drawFinding({ fingerprint, timeToExhaustion: null, detectedAt: FAKE_NOW });
  const target = { service, instance };
  const { incidents } = advanceIncidents([], { target, findings: [finding], over: [], atMillis: FAKE_NOW });
  return incidents[0];
}

/** A desk on a watch whose incidents a test sets; `said` are the notices that came out. */
function open(
  over: { settings?: Partial<AlertSettings>; parts?: Partial<AlertDeskParts>; watch?: FakeWatchView } = {},
) {
  const watch = over.watch ?? new FakeWatchView({ isEmpty: true });
  const { desk, notices, talk, end } = openDesk(watch, {
    settings: over.settings ?? {},
    parts: { folder, ...over.parts },
  });
  desks.push({ desk, end });
  const said = () => notices.map(({ kind, service }) => `${kind} ${service ?? '-'}`);
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
  };
  /** One look at the watch as it is, and all of it delivered. */
  const look = async (incidents: readonly Incident[], laterMillis = 0) => {
    watch.incidentList = [...incidents];
    watch.advance(laterMillis);
    await until(() => desk.role() === 'active');
    await desk.look();
    await until(() => desk.sinks().every(({ waiting }) => waiting === 0));
  };
  return { desk, watch, said, notices, talk, look, end, until };
}

const ended = (incident: Incident) => resolveIncident(incident, 'growth is gone', FAKE_NOW);

describe('the desk of alerts', () => {
  it('tells one leak of 200 replicas once, its repetition, its end and that it is back', async () => {
    const { look, said, notices } = open();
    const replicas = Array.from({ length: 200 }, (_, i) => leak(`10.0.0.${i}:80`));
    await look(replicas);
    await look(replicas, 23 * HOUR_MILLIS);
    await look(replicas, HOUR_MILLIS);
    await look(replicas.map(ended), HOUR_MILLIS);
    await look(replicas, HOUR_MILLIS);
    expect(said()).toEqual(['opened orders', 'repeated orders', 'resolved orders', 'regressed orders']);
    expect(new Set(notices.map(({ key }) => key)).size).toBe(4);
    expect(notices[0]?.message.links[0]?.url).toBe('http://plimsoll:7117/f/f1');
  });

  it('tells of growth that goes on as another leak that it does, and as which', async () => {
    const { look, notices } = open();
    const [wrong, right] = [leak('a'), leak('a', 'orders', 'f2')];
    await look([wrong]);
    const why = 'newer profiles show another cause for the same growth';
    await look([{ ...resolveIncident(wrong, why, FAKE_NOW), resolvedBy: 'goes-on' }, right], HOUR_MILLIS);
    const end = notices.find(({ kind }) => kind === 'resolved');
    expect(end).toMatchObject({ fingerprint: 'f1', ending: 'goes-on' });
    expect(end?.message.title).toMatch(/^Not over, but another leak/);
    expect(end?.message.summary).toContain(`told: ${right.finding.culprits[0].function}`);
  });

  it('waits with the first message for what the sources say, no longer than 20 s, and not with others', async () => {
    let now = 0;
    let isAsking = true;
    const sent: Notice[] = [];
    const world = { now: () => now, write: (line: string) => void sent.push(JSON.parse(line) as Notice) };
    const { look, watch } = open({ parts: { world } });
    const said = () => sent.map(({ kind, service }) => `${kind} ${service ?? '-'}`);
    watch.isAskingSources = () => isAsking;
    const fix = { text: 'Delete it', file: 'store/put.go', line: 31 };
    await look([leak('a')]);
    now += 19_000;
    await look([leak('a')]);
    const early = said();
    await look([{ ...leak('a'), finding: { ...leak('a').finding, fix } }]);
    await look([leak('a'), leak('b', 'cart', 'f2')]);
    now += 20_000;
    await look([leak('a'), leak('b', 'cart', 'f2')]);
    isAsking = false;
    await look([leak('a'), leak('b', 'cart', 'f2'), leak('c', 'shop', 'f3')]);
    expect([early, said()]).toEqual([[], ['opened orders', 'opened cart', 'opened shop']]);
    expect(sent.map(({ message }) => message.advice)).toEqual([
      'Delete it (store/put.go:31)',
      expect.stringContaining('the sources are being read') as string,
      expect.stringContaining('setting source') as string,
    ]);
  });

  it('tells whom a leak is routed to since its owner is known that it opened, and nobody else', async () => {
    let owner: string | null = null;
    const matcher = parseMatcher('owner=@shop/orders');
    const owners = await serveVendor(() => ({ status: 200 }));
    const via = { kind: 'webhook', url: owners.url, secret: null, headers: {} } as const;
    const { look, said } = open({
      settings: {
        sinks: [TEST_SINK, { ...TEST_SINK, name: 'owners', via }],
        routes: [
          { matchers: matcher ? [matcher] : [], sinks: ['owners'], isContinued: true },
          { matchers: [], sinks: ['log'], isContinued: false },
        ],
      },
      parts: { ownerOf: () => Promise.resolve(owner) },
    });
    try {
      await look([leak('a')]);
      owner = '@shop/orders';
      await look([leak('a')], HOUR_MILLIS);
      await look([leak('a')], HOUR_MILLIS);
      await look([ended(leak('a'))]);
      expect(said()).toEqual(['opened orders', 'resolved orders']);
      const kinds = owners.asked.map(({ body }) => (body as { data: Notice }).data.kind);
      expect(kinds).toEqual(['opened', 'resolved']);
    } finally {
      await owners.close();
    }
  });

  it('tells at once while its folder cannot be written, shows what it told and why, and keeps all of it later', async () => {
    const first = open();
    await first.look([]);
    // Root may write anywhere: a folder in the place of the draft stops it as well.
    await mkdir(join(folder, 'state.json.draft'));
    for (let times = 0; times < 3; times++) await first.look([leak('a')]);
    expect(first.said()).toEqual(['opened orders']);
    expect(first.desk.alerts()).toMatchObject([{ fingerprint: 'f1', toldLevel: 'warning' }]);
    expect(first.desk.trouble()).toMatchObject({
      path: folder,
      why: expect.stringContaining('EISDIR') as string,
    });
    expect(await first.desk.acknowledge('f1', 'anna', 'mine')).toMatchObject({ ack: { by: 'anna' } });
    expect(first.talk).toEqual([
      expect.stringMatching(/^alerts: .*plimsoll-desk-.* cannot be written: EISDIR/),
    ]);
    await rm(join(folder, 'state.json.draft'), { recursive: true });
    await first.look([leak('a')]);
    expect([first.desk.trouble(), first.talk.length]).toEqual([null, 2]);
    await first.end();
    const second = open();
    await second.look([leak('a')]);
    expect([second.said(), second.desk.alerts()[0]?.ack?.by]).toEqual([[], 'anna']);
    expect(second.desk.audit(1)).toMatchObject([{ by: 'anna', what: 'acknowledged' }]);
  });

  it('tells nothing and says why where it cannot take the folder, until it can', async () => {
    await writeFile(join(folder, 'lock'), 'no folder');
    const { desk, talk, until, look, said } = open();
    await until(() => desk.trouble() !== null);
    expect([desk.role(), desk.trouble()?.path]).toEqual(['standby', folder]);
    await rm(join(folder, 'lock'));
    await look([leak('a')]);
    expect([said(), desk.trouble()]).toEqual([['opened orders'], null]);
    expect(talk).toEqual([
      expect.stringMatching(/^alerts: nothing is told: .*cannot lock the folder/),
      expect.stringMatching(/active/),
    ]);
  });

  it('says nothing again after a restart', async () => {
    const first = open();
    await first.look([leak('a')]);
    await first.end();
    const second = open();
    await second.look([leak('a')], MINUTE_MILLIS);
    await second.look([ended(leak('a'))]);
    expect([first.said(), second.said()]).toEqual([['opened orders'], ['resolved orders']]);
  });

  it('leaves all to the other watcher of the folder, and goes on where that one ended', async () => {
    const active = open();
    await active.look([leak('a')]);
    const standby = open();
    standby.watch.incidentList = [leak('a')];
    await standby.until(() => standby.talk.some((text) => text.includes('standby')));
    expect(standby.desk.role()).toBe('standby');
    await expect(standby.desk.acknowledge('f1', 'ana', '')).rejects.toMatchObject({ code: 'ALERTS_STANDBY' });
    await active.end();
    await standby.look([leak('a')]);
    expect(standby.desk.role()).toBe('active');
    await standby.look([ended(leak('a'))]);
    expect([active.said(), standby.said()]).toEqual([['opened orders'], ['resolved orders']]);
  });

  it('does as people told the other watcher, before and after that one has ended, and tells no end twice', async () => {
    const active = open();
    const both = ['a', 'b'].map((instance) => leak(instance));
    await active.look(both);
    const standby = open();
    standby.watch.incidentList = both;
    await standby.until(() => standby.talk.some((text) => text.includes('standby')));
    active.watch.advance(MINUTE_MILLIS);
    standby.watch.advance(2 * MINUTE_MILLIS);
    await active.desk.resolve('f1', 'ana', 'fixed by hand');
    const states = () => standby.watch.incidentList.map(({ state }) => state);
    await standby.until(() => states().every((state) => state === 'resolved'));
    expect(standby.watch.incidentList[0]?.history.at(-1)?.why).toBe('fixed by hand (ana)');
    await active.desk.look();
    await active.until(() => active.said().length === 2);
    await active.end();
    await standby.until(() => standby.desk.role() === 'active');
    await standby.desk.look();
    await standby.desk.look();
    expect([active.said(), standby.said()]).toEqual([['opened orders', 'resolved orders'], []]);
    expect(standby.desk.audit(1)).toMatchObject([{ by: 'ana', what: 'resolved', about: 'f1' }]);
  });

  it('ends on standby what a person ended although the other ended before it could tell', async () => {
    const active = open();
    await active.look([leak('a')]);
    active.watch.advance(MINUTE_MILLIS);
    const resolving = active.desk.resolve('f1', 'ana', 'fixed by hand');
    const ending = active.end();
    await Promise.all([resolving, ending]);
    const next = open();
    await next.look([leak('a')], 2 * MINUTE_MILLIS);
    expect(next.said()).toEqual(['resolved orders']);
    expect(next.watch.incidentList[0]?.state).toBe('resolved');
  });

  it('counts an acknowledged instance as a leak that somebody has judged, and ends repetitions with the last one', async () => {
    const { desk, look, said, watch } = open();
    await look([leak('a'), leak('b')]);
    const ids = watch.incidentList.map(({ id }) => id);
    await desk.act(ids[0] ?? '', { kind: 'ack' }, 'ana', 'on it');
    expect(desk.precision()).toMatchObject({ judged: 1, leaks: 1 });
    await look(watch.incidentList, 25 * HOUR_MILLIS);
    expect(said()).toEqual(['opened orders', 'repeated orders']);
    await desk.act(ids[1] ?? '', { kind: 'ack' }, 'bo', '');
    await look(watch.incidentList, 25 * HOUR_MILLIS);
    expect(said()).toHaveLength(2);
    expect(desk.alerts()[0]?.ack).toMatchObject({ by: 'bo' });
    expect(desk.audit(9).map(({ by, what, about }) => `${by} ${what} ${about}`)).toEqual([
      'bo acknowledged f1 in b',
      'ana acknowledged f1 in a',
    ]);
    await desk.judge({ fingerprint: 'f1', verdict: 'not-a-leak', by: 'ana', why: 'a cache' });
    expect(desk.precision()).toMatchObject({ judged: 1, leaks: 0 });
  });

  it('writes nothing any more, and says nothing, once another one took the folder while it was stopped', async () => {
    const stopped = open();
    await stopped.look([leak('a')]);
    // As a watcher on another machine does with the lock of one that gives no sign of life.
    await rm(join(folder, 'lock'), { recursive: true });
    const next = open();
    await next.look([leak('a'), leak('b', 'cart', 'f2')]);
    await next.desk.acknowledge('f1', 'ana', 'on it');
    const before = await readFile(join(folder, 'state.json'), 'utf8');

    stopped.watch.incidentList = [ended(leak('a')), leak('c', 'shop', 'f3')];
    await expect(stopped.desk.acknowledge('f1', 'bo', '')).rejects.toMatchObject({ code: 'ALERTS_STANDBY' });
    await stopped.desk.look();
    expect([stopped.desk.role(), stopped.desk.alerts()]).toEqual(['standby', []]);
    expect(await readFile(join(folder, 'state.json'), 'utf8')).toBe(before);
    expect([stopped.said(), next.said()]).toEqual([['opened orders'], ['opened cart']]);
    // It waits as any other, and goes on where that one ends.
    await next.end();
    await stopped.look([ended(leak('a')), leak('b', 'cart', 'f2')]);
    expect(stopped.said()).toEqual(['opened orders', 'resolved orders']);
  });

  it('takes over from one that hangs on the same machine, which finds that when it goes on', async () => {
    const hanging = open();
    await hanging.look([leak('a')]);
    const [name = ''] = await readdir(join(folder, 'lock'));
    // As after six beats that an event loop that stands still did not give.
    const silentSince = (Date.now() - LOCK_STALE_MILLIS - MINUTE_MILLIS) / 1000;
    await utimes(join(folder, 'lock', name), silentSince, silentSince);
    const standby = open();
    await standby.look([leak('a'), leak('b', 'cart', 'f2')]);
    hanging.watch.incidentList = [leak('a'), leak('b', 'cart', 'f2')];
    await hanging.desk.look();
    expect([hanging.desk.role(), standby.desk.role()]).toEqual(['standby', 'active']);
    expect([hanging.said(), standby.said()]).toEqual([['opened orders'], ['opened cart']]);
  });

  it('keeps quiet what is silenced, and tells it when the silence is over', async () => {
    const { desk, look, said, watch } = open();
    await look([]);
    const times = { startsAt: watch.now(), endsAt: watch.now() + HOUR_MILLIS };
    const { id } = await desk.addSilence({
      matchers: ['service=orders'],
      by: 'ana',
      why: 'deploy',
      ...times,
    });
    await look([leak('a')]);
    expect(desk.alerts()[0]).toMatchObject({ quiet: 'silenced by ana: deploy', toldAt: null });
    expect(said()).toEqual([]);
    await look([leak('a')], HOUR_MILLIS);
    expect(said()).toEqual(['opened orders']);
    expect(await desk.expireSilence(id, 'bo')).toMatchObject({ id });
    expect(await desk.expireSilence('none', 'bo')).toBeNull();
  });

  it('keeps quiet by severity what is of it, and a digest by its kind', async () => {
    const over = { settings: { digestMillis: DAY_MILLIS } };
    const { desk, look, said, watch } = open(over);
    await look([]);
    const times = { startsAt: watch.now(), endsAt: watch.now() + 3 * DAY_MILLIS, by: 'ana', why: 'deploy' };
    for (const matcher of ['severity=warning', 'kind=digest'])
      await desk.addSilence({ matchers: [matcher], ...times });
    await look([leak('a')]);
    expect(desk.alerts()[0]?.quiet).toBe('silenced by ana: deploy');
    await look([leak('a')], DAY_MILLIS);
    const near = { at: watch.now() + HOUR_MILLIS, low: 0, high: 2 };
    const urgent = leak('a');
    const finding = { ...urgent.finding, timeToExhaustion: { ...drawFinding({}).timeToExhaustion, ...near } };
    await look([{ ...urgent, finding } as Incident]);
    expect(said()).toEqual(['opened orders']);
    await look([], 2 * DAY_MILLIS);
    expect(said()).toEqual(['opened orders', 'digest -']);
  });

  it('says of a sink that is tested and does not answer how long it was waited for, whatever it is', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const vias = [
      { kind: 'webhook', url, secret: null, headers: {} },
      { kind: 'command', command: 'echo working >&2; sleep 60', secrets: [] },
      { kind: 'alertmanager', url, labels: [], headers: {} },
    ] as const;
    try {
      for (const via of vias) {
        const { desk, end } = open({
          settings: { sinks: [{ ...TEST_SINK, via }] },
          parts: { folder: null, testTimeout: 1000 },
        });
        const result = await desk.test('log', 'ana');
        expect(result?.error, via.kind).toMatch(/no answer within 1 s/);
        await end();
      }
    } finally {
      silent.close();
      silent.closeAllConnections();
    }
  });

  it('says again to Alertmanager what is acknowledged, for it would be over there', async () => {
    let now = Date.now();
    const manager = await serveVendor(() => ({ status: 200 }));
    const via = { kind: 'alertmanager', url: manager.url, labels: [], headers: {} } as const;
    const { desk, look } = open({
      settings: { sinks: [{ ...TEST_SINK, via }] },
      parts: { world: { now: () => now, write: () => undefined } },
    });
    try {
      await look([leak('a')]);
      await desk.acknowledge('f1', 'ana', 'on it');
      const before = manager.asked.length;
      now += 4 * MINUTE_MILLIS;
      await look([leak('a')]);
      expect(manager.asked.slice(before)).toHaveLength(1);
      const [alert] = manager.asked.at(-1)?.body as { endsAt: string }[];
      expect(Date.parse(alert?.endsAt ?? '')).toBeGreaterThan(now);
    } finally {
      await manager.close();
    }
  });

  it('keeps what people found out with the fingerprint, reckons its precision, and logs who did what', async () => {
    const first = open();
    await first.look([leak('a'), leak('b', 'cart', 'f2')]);
    await first.desk.acknowledge('f1', 'ana', 'on it');
    await first.desk.judge({ fingerprint: 'f2', verdict: 'not-a-leak', by: 'bo', why: 'a cache of tenants' });
    expect(await first.desk.judge({ fingerprint: 'f9', verdict: 'leak', by: 'bo', why: '' })).toBeNull();
    await first.end();
    const { desk, look, said } = open();
    await look([leak('a'), leak('b', 'cart', 'f2')], 3 * DAY_MILLIS);
    expect(said()).toEqual([]);
    expect(desk.precision()).toMatchObject({ judged: 2, leaks: 1 });
    const firing = desk.alerts().map(({ fingerprint, ack, quiet }) => [fingerprint, ack?.by, quiet]);
    expect(new Set(firing)).toEqual(
      new Set([
        ['f1', 'ana', null],
        ['f2', undefined, 'not a leak, says bo: a cache of tenants'],
      ]),
    );
    expect(desk.audit(10).map(({ by, what, about }) => `${by} ${what} ${about}`)).toEqual([
      'bo judged: not a leak f2',
      'ana acknowledged f1',
    ]);
  });

  it('reckons with what was acknowledged also after its end and a restart', async () => {
    const first = open();
    await first.look([leak('a')]);
    await first.desk.acknowledge('f1', 'ana', 'on it');
    await first.look([ended(leak('a'))], HOUR_MILLIS);
    expect(first.desk.precision()).toMatchObject({ judged: 1, leaks: 1 });
    await first.end();
    const { desk, look } = open();
    await look([leak('a')], 3 * HOUR_MILLIS);
    expect(desk.precision()).toMatchObject({ judged: 1, leaks: 1 });
    expect(desk.alerts()).toMatchObject([{ state: 'firing', ack: null, lastAck: { by: 'ana' } }]);
  });

  it('sends digests and signs of life on time to those who want them', async () => {
    const settings = { digestMillis: DAY_MILLIS, heartbeatMillis: HOUR_MILLIS };
    const { look, said, notices } = open({ settings });
    await look([leak('a')]);
    await look([leak('a')], HOUR_MILLIS / 2);
    await look([leak('a')], HOUR_MILLIS / 2);
    await look([leak('a')], 23 * HOUR_MILLIS);
    expect(said().filter((each) => each.startsWith('heartbeat'))).toHaveLength(3);
    expect(said().filter((each) => each.startsWith('digest'))).toHaveLength(1);
    const digest = notices.find(({ kind }) => kind === 'digest');
    expect(digest?.message.summary).toMatch(/^warning: orders, for 1 d: The live heap leaks/);
  });

  it('tells that a plain threshold is crossed, once for all instances, as no leak', async () => {
    const thresholds = {
      growthPercent: 20,
      growthBytesPerHour: null,
      nativeBytes: null,
      windowMillis: HOUR_MILLIS,
    };
    let percent = 30;
    const measured = () =>
      ['a', 'b', 'c'].map((instance) => ({
        target: { service: 'orders', instance },
        thresholds,
        measures: { growth: { percent, bytesPerHour: 0 }, nativeBytes: null },
      }));
    const { desk, look, said, notices } = open({ parts: { measured } });
    await look([leak('a')]);
    const crossed = desk.alerts().find(({ kind }) => kind === 'threshold');
    expect(crossed).toMatchObject({ level: 'warning', class: 'heap', instances: ['a', 'b', 'c'] });
    await desk.acknowledge(crossed?.fingerprint ?? '', 'ana', 'a batch');
    await look([leak('a')], 2 * DAY_MILLIS);
    percent = 5;
    await look([leak('a')]);
    percent = 25;
    await look([leak('a')]);
    expect(said()).toEqual([
      'opened orders',
      'opened orders',
      'repeated orders',
      'resolved orders',
      'regressed orders',
    ]);
    const [, first, , over] = notices;
    expect(first?.labels).toMatchObject({ kind: 'threshold', service: 'orders', severity: 'warning' });
    expect(first?.message).toMatchObject({
      title: 'Threshold crossed in orders',
      summary: 'The live heap has grown by 30 % in 1 h: more than 20 %.',
      evidence: [],
      links: [{ name: 'Page', url: 'http://plimsoll:7117/s/orders?instance=a' }],
    });
    expect(first?.message.advice).toContain('not a verdict');
    expect(over?.message.summary).toMatch(/^Over: below the threshold. It was: /);
    // Neither an acknowledgement nor a judgement of it is one of a leak.
    expect(desk.precision().judged).toBe(0);
  });

  it('tells nothing again of a target that it takes over with the store, and its end once', async () => {
    const parts = { folder: null };
    const first = open({ parts });
    await first.look([leak('a')]);
    const [taken] = first.watch.incidentList;
    if (!taken) throw new Error('no incident');
    const second = open({ parts });
    await second.look([taken]);
    // A replica that is new here is the same leak.
    await second.look([...second.watch.incidentList, leak('b')], MINUTE_MILLIS);
    await second.look(second.watch.incidentList, 25 * HOUR_MILLIS);
    await second.look(second.watch.incidentList.map(ended), MINUTE_MILLIS);
    expect([first.said(), second.said()]).toEqual([
      ['opened orders'],
      ['repeated orders', 'resolved orders'],
    ]);
    expect([...first.notices, ...second.notices].map(({ key }) => key)).toEqual(['f1-1', 'f1-2', 'f1-3']);
  });

  it('tells a leak as back whose end another watcher has told, under a key of its own', async () => {
    const parts = { folder: null };
    const first = open({ parts });
    await first.look([leak('a')]);
    await first.look(first.watch.incidentList.map(ended));
    const again = drawFinding({ fingerprint: 'f1', timeToExhaustion: null, detectedAt: FAKE_NOW + 1 });
    const { incidents } = advanceIncidents(first.watch.incidentList, {
      target: { service: 'orders', instance: 'a' },
      findings: [again],
      over: [],
      atMillis: FAKE_NOW + HOUR_MILLIS,
    });
    const second = open({ parts });
    await second.look(incidents);
    expect([first.said(), second.said()]).toEqual([
      ['opened orders', 'resolved orders'],
      ['regressed orders'],
    ]);
    expect([...first.notices, ...second.notices].map(({ key }) => key)).toEqual(['f1-1', 'f1-2', 'f1-3']);
  });

  it('tells nothing again of a target that went to another watcher and comes back', async () => {
    const watch = new FakeWatchView({ isEmpty: true });
    const elsewhere = new Map<string, 'elsewhere'>();
    watch.unseenCauses = () => elsewhere;
    const { look, said } = open({ watch });
    await look([leak('a')]);
    const [told] = watch.incidentList;
    if (!told) throw new Error('no incident');
    elsewhere.set('f1', 'elsewhere');
    await look([]);
    elsewhere.clear();
    await look([told]);
    await look(watch.incidentList.map(ended));
    expect(said()).toEqual(['opened orders', 'resolved orders']);
  });

  it('writes down what is to be told before it is told', async () => {
    const { look } = open({ settings: { sinks: [{ ...TEST_SINK, levels: [] }] } });
    await look([leak('a')]);
    const state = JSON.parse(await readFile(join(folder, 'state.json'), 'utf8')) as Record<string, unknown>;
    expect(state).toMatchObject({ version: 1, outgoing: [], alerts: [{ fingerprint: 'f1', sequence: 1 }] });
  });

  it('sends a dead letter again while it says what is so, and never after the end of its leak', async () => {
    let isRefusing = true;
    const hook = await serveVendor(() => ({ status: isRefusing ? 400 : 200 }));
    const via = { kind: 'webhook', url: hook.url, secret: null, headers: {} } as const;
    const { desk, look } = open({
      settings: { sinks: [TEST_SINK, { ...TEST_SINK, name: 'hook', via, isResolutionSent: false }] },
    });
    try {
      await look([leak('a'), leak('b', 'cart', 'f2')]);
      const [one, two] = ['f1', 'f2'].map((name) => {
        return desk.deadLetters().find(({ fingerprint }) => fingerprint === name)?.id ?? '';
      });
      isRefusing = false;
      await look([ended(leak('a')), leak('b', 'cart', 'f2')]);
      const told = desk.deadLetters().map(({ id, obsolete }) => [id, obsolete]);
      expect(Object.fromEntries(told)).toEqual({ [one ?? '']: 'outdated', [two ?? '']: null });
      const revivals = [await desk.revive(one ?? '', 'ana'), await desk.revive(two ?? '', 'ana')];
      expect(revivals).toEqual(['outdated', 'waits']);
      await look([ended(leak('a')), leak('b', 'cart', 'f2')]);
      const sent = hook.asked.slice(2).map(({ headers }) => headers['webhook-id']);
      expect(sent).toEqual(['f2-1']);
      expect(await desk.revive(two ?? '', 'ana')).toBe('unknown');
    } finally {
      await hook.close();
    }
  });

  it('tests a sink, and says why it fails', async () => {
    const via = { kind: 'file', path: join(folder, 'no', 'such') } as const;
    const { desk, look, said } = open({
      settings: { sinks: [TEST_SINK, { ...TEST_SINK, name: 'bad', via }] },
    });
    await look([]);
    expect(await desk.test('log', 'ana')).toEqual({ isSent: true, error: null });
    expect(said()).toEqual(['test -']);
    expect((await desk.test('bad', 'ana'))?.error).toContain('ENOENT');
    expect(await desk.test('none', 'ana')).toBeNull();
  });
});
