import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PlimsollError } from '../base/errors.ts';
import { HOUR_MILLIS, MINUTE_MILLIS } from '../base/units.ts';
import { fillPath, PATHS } from '../protocol/paths.ts';
import { ask, post } from '../testing/ask.ts';
import {
  CACHE_FINGERPRINT,
  HUB_FINGERPRINT,
  LOAD_FINGERPRINT,
  OLD_FINGERPRINT,
} from '../testing/fake-findings.ts';
import { FAKE_NOW, FAKE_PROFILE_BYTES, FakeWatchView } from '../testing/fake-watch-view.ts';
import { startServer, type RunningServer } from './start-server.ts';

let view: FakeWatchView;
let server: RunningServer;

beforeEach(async () => {
  view = new FakeWatchView();
  server = await startServer({
    view,
    listen: { host: '127.0.0.1', port: 0 },
    webDir: null,
    version: '1.2.3',
  });
});
afterEach(() => server.close());

const get = (path: string) => ask(server.url, path);
const orders = { service: 'orders' };

interface Failure {
  readonly error: { code: string; message: string; advice: string; field?: string; value?: string };
}

describe('health', () => {
  it('says ok while it serves', async () => {
    const answer = await get(PATHS.health);
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ status: 'ok', reason: 'serving', version: '1.2.3' });
  });

  it('is ready only when the watch is, and says why not', async () => {
    expect((await get(PATHS.ready)).status).toBe(200);
    view.ready = { isReady: false, reason: 'the first round is still under way' };
    const answer = await get(PATHS.ready);
    expect(answer.status).toBe(503);
    expect(answer.json()).toMatchObject({
      status: 'unavailable',
      reason: 'the first round is still under way',
    });
  });
});

describe('fleet, targets, reports', () => {
  it('lists services gravest first, then by time to the limit', async () => {
    const { services } = (await get(PATHS.fleet)).json() as {
      services: { service: string; verdict: string }[];
    };
    expect(services.map((s) => `${s.service} ${s.verdict}`)).toEqual([
      'orders leak',
      'billing leak',
      'search undetermined',
      'inventory undetermined',
      'catalog filling-to-bound',
      'gateway load-driven',
      'mailer no-growth',
    ]);
  });

  it('shows of a service the instance that is nearest its limit', async () => {
    const { services } = (await get(PATHS.fleet)).json() as { services: object[] };
    expect(services[0]).toMatchObject({
      instances: 2,
      instancesUp: 2,
      memory: { instance: '10.0.0.11:6060' },
      fingerprint: HUB_FINGERPRINT,
    });
  });

  it('lists every target with its sources and last errors', async () => {
    const { targets } = (await get(PATHS.targets)).json() as {
      targets: { service: string; sources: object[] }[];
    };
    expect(targets).toHaveLength(8);
    expect(targets.find((t) => t.service === 'mailer')?.sources[0]).toMatchObject({
      state: 'failing',
      error: { code: 'TARGET_REFUSED', stage: 'collect' },
    });
  });

  it('reports a service with its instances, and one instance alone', async () => {
    const both = (await get(fillPath(PATHS.report, orders))).json();
    expect(both).toMatchObject({ schema: 'plimsoll-report/1', verdict: 'leak', target: orders });
    expect((both as { instances: object[] }).instances).toHaveLength(2);
    const one = (await get(fillPath(PATHS.report, orders, { instance: '10.0.0.12:6060' }))).json();
    expect(one).toMatchObject({ instances: [{ instance: '10.0.0.12:6060' }] });
  });

  it('answers 404 as JSON for a service that it does not watch', async () => {
    const answer = await get('/api/v1/reports/nobody');
    expect(answer.status).toBe(404);
    expect(answer.json()).toMatchObject({ error: { code: 'SERVICE_NOT_FOUND', value: 'nobody' } });
  });
});

describe('series', () => {
  const series = (query: Record<string, string | number>) => get(fillPath(PATHS.series, orders, query));

  it('gives the gauges that were asked for over the range', async () => {
    const from = FAKE_NOW - HOUR_MILLIS;
    const answer = await series({ from, to: FAKE_NOW, points: 50, gauges: 'rssBytes,goroutines' });
    const body = answer.json() as { time: number[]; values: Record<string, number[]> };
    expect(Object.keys(body.values)).toEqual(['rssBytes', 'goroutines']);
    expect(body.time).toHaveLength(50);
    expect(body.time[0]).toBe(from);
  });

  it('chooses the gravest instance and the time since its first evidence when nothing is said', async () => {
    const body = (await series({})).json() as { instance: string; from: number };
    expect(body).toMatchObject({ instance: '10.0.0.11:6060', from: FAKE_NOW - 7 * HOUR_MILLIS });
  });

  it.each([
    [{ points: 'many' }, 'points', 'many'],
    [{ points: 1 }, 'points', '1'],
    [{ points: 1e6 }, 'points', '1000000'],
    [{ points: '1e3' }, 'points', '1e3'],
    [{ from: 'yesterday' }, 'from', 'yesterday'],
    [{ from: '' }, 'from', ''],
    [{ from: FAKE_NOW + 1 }, 'from', String(FAKE_NOW + 1)],
    [{ gauges: 'rssBytes,secrets' }, 'gauges', 'secrets'],
    [{ gauge: 'rssBytes' }, 'gauge', 'rssBytes'],
  ])('refuses %j and names the field and the value', async (query, field, value) => {
    const answer = await series(query);
    expect(answer.status).toBe(400);
    expect((answer.json() as Failure).error).toMatchObject({ code: 'QUERY_INVALID', field, value });
  });

  it('refuses a parameter that is given twice', async () => {
    const answer = await get(`${fillPath(PATHS.series, orders)}?points=5&points=6`);
    expect((answer.json() as Failure).error).toMatchObject({ field: 'points', value: '5, 6' });
  });

  it('answers 503 with the store error when the store fails, and goes on', async () => {
    view.storeError = new PlimsollError('STORE_FAILED', 'store', 'cannot read gauges');
    const answer = await series({});
    expect(answer.status).toBe(503);
    expect((answer.json() as Failure).error.code).toBe('STORE_FAILED');
    view.storeError = null;
    expect((await series({})).status).toBe(200);
  });

  it('answers 500 without a word of the inside when our own code breaks', async () => {
    view.storeError = new Error('secret invariant');
    const answer = await series({});
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('secret');
  });
});

describe('findings and incidents', () => {
  const findings = async (query: Record<string, string | number> = {}) =>
    (await get(fillPath(PATHS.findings, {}, query))).json() as {
      findings: { fingerprint: string; instances: object[]; incident: object; service: string }[];
      nextCursor: string | null;
    };

  it('lists what lasts, several instances of one fingerprint as one entry, the worst first', async () => {
    const list = await findings();
    expect(list.findings.map((f) => f.fingerprint)).toEqual([HUB_FINGERPRINT, CACHE_FINGERPRINT]);
    expect(list.findings[0]).toMatchObject({
      service: 'orders',
      verdict: 'leak',
      instances: [
        { service: 'orders', instance: '10.0.0.11:6060' },
        { service: 'orders', instance: '10.0.0.12:6060' },
      ],
      incident: { id: 'inc-hub-11', state: 'open', openedAt: FAKE_NOW - 3 * HOUR_MILLIS },
    });
  });

  it.each([
    ['open', [HUB_FINGERPRINT]],
    ['acknowledged', [CACHE_FINGERPRINT]],
    ['resolved', [OLD_FINGERPRINT]],
    ['open,resolved', [HUB_FINGERPRINT, OLD_FINGERPRINT]],
    ['muted', []],
    ['all', [HUB_FINGERPRINT, CACHE_FINGERPRINT, OLD_FINGERPRINT]],
  ])('lists only %s ones when asked', async (state, expected) => {
    expect((await findings({ state })).findings.map((f) => f.fingerprint)).toEqual(expected);
  });

  it('pages through all of them once, even when a new one opens between two pages', async () => {
    const first = await findings({ state: 'all', limit: 1 });
    const [newest] = view.incidentList.slice(-1);
    if (!newest) throw new Error('no incident');
    view.incidentList = [
      ...view.incidentList,
      { ...newest, id: 'inc-new', fingerprint: 'new', openedAt: FAKE_NOW },
    ];
    const seen = first.findings.map((f) => f.fingerprint);
    for (let cursor = first.nextCursor; cursor !== null;) {
      const page = await findings({ state: 'all', limit: 1, cursor });
      seen.push(...page.findings.map((f) => f.fingerprint));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual([HUB_FINGERPRINT, CACHE_FINGERPRINT, OLD_FINGERPRINT]);
  });

  it.each([
    ['state', 'closed'],
    ['limit', '0'],
    ['limit', '5000'],
    ['cursor', 'bm9uZQ'],
    ['cursor', '%%%'],
  ])('refuses %s=%s', async (field, value) => {
    const answer = await get(fillPath(PATHS.findings, {}, { [field]: value }));
    expect(answer.status).toBe(400);
    expect((answer.json() as Failure).error).toMatchObject({ field, value });
  });

  it('gives one finding whether open, resolved or only explained in a report', async () => {
    for (const [fingerprint, state] of [
      [HUB_FINGERPRINT, 'open'],
      [OLD_FINGERPRINT, 'resolved'],
    ] as const) {
      const answer = await get(fillPath(PATHS.finding, { fingerprint }));
      expect(answer.json()).toMatchObject({ finding: { fingerprint, incident: { state } } });
    }
    const load = await get(fillPath(PATHS.finding, { fingerprint: LOAD_FINGERPRINT }));
    expect(load.json()).toMatchObject({
      finding: { incident: null, service: 'gateway', verdict: 'load-driven' },
    });
    expect((await get(fillPath(PATHS.finding, { fingerprint: 'nobody' }))).status).toBe(404);
  });

  it('knows a finding and its source by the twelve digits that a terminal prints, by seven no more', async () => {
    for (const path of [PATHS.finding, PATHS.source]) {
      const byStart = (length: number) =>
        get(fillPath(path, { fingerprint: HUB_FINGERPRINT.slice(0, length) }));
      expect((await byStart(12)).json()).toEqual(
        (await get(fillPath(path, { fingerprint: HUB_FINGERPRINT }))).json(),
      );
      expect((await byStart(7)).status).toBe(404);
    }
  });

  it('gives the source of a finding, null when it is not at hand, 404 when nobody knows the finding', async () => {
    const known = (await get(fillPath(PATHS.source, { fingerprint: HUB_FINGERPRINT }))).json();
    expect(known).toMatchObject({ source: { file: 'sub/hub.go', line: 41 } });
    expect((await get(fillPath(PATHS.source, { fingerprint: CACHE_FINGERPRINT }))).json()).toEqual({
      source: null,
    });
    expect((await get(fillPath(PATHS.source, { fingerprint: 'nobody' }))).status).toBe(404);
  });

  it('lists incidents per instance, newest first', async () => {
    const { incidents } = (await get(PATHS.incidents)).json() as { incidents: { id: string }[] };
    expect(incidents.map((i) => i.id)).toEqual(['inc-hub-12', 'inc-hub-11', 'inc-cache', 'inc-old']);
  });

  it('acknowledges, mutes and resolves', async () => {
    const ack = await ask(server.url, fillPath(PATHS.incidentAck, { id: 'inc-hub-11' }), { method: 'POST' });
    expect(ack.json()).toMatchObject({ id: 'inc-hub-11', state: 'acknowledged' });
    const mute = await post(server.url, fillPath(PATHS.incidentMute, { id: 'inc-hub-11' }), { for: '8h' });
    expect(mute.json()).toMatchObject({ state: 'muted', mutedUntil: FAKE_NOW + 8 * HOUR_MILLIS });
    const forGood = await post(server.url, fillPath(PATHS.incidentMute, { id: 'inc-hub-11' }), {});
    expect(forGood.json()).toMatchObject({ state: 'muted', mutedUntil: null });
    const resolve = await post(server.url, fillPath(PATHS.incidentResolve, { id: 'inc-hub-11' }), {
      why: 'v1.4.3',
    });
    expect(resolve.json()).toMatchObject({ state: 'resolved', resolvedAt: FAKE_NOW });
    expect((resolve.json() as { history: object[] }).history.at(-1)).toMatchObject({ why: 'v1.4.3' });
  });

  it.each([
    [{ for: 'a while' }, 'for'],
    [{ for: '0' }, 'for'],
    [{ until: 5 }, 'until'],
    [{ until: 'tomorrow' }, 'until'],
    [{ for: '1h', until: FAKE_NOW * 2 }, 'until'],
    [{ forr: '1h' }, 'forr'],
  ])('refuses to mute with %j', async (body, field) => {
    const answer = await post(server.url, fillPath(PATHS.incidentMute, { id: 'inc-hub-11' }), body);
    expect(answer.status).toBe(400);
    expect((answer.json() as Failure).error).toMatchObject({ code: 'BODY_INVALID', field });
  });

  it('answers 404 for an incident that nobody knows', async () => {
    const answer = await post(server.url, fillPath(PATHS.incidentAck, { id: 'nobody' }), {});
    expect(answer.status).toBe(404);
    expect((answer.json() as Failure).error.code).toBe('INCIDENT_NOT_FOUND');
  });
});

describe('marks, diagnostic mode, profiles', () => {
  it('keeps a mark for a service or an instance', async () => {
    const answer = await post(server.url, PATHS.events, {
      service: 'orders',
      kind: 'deploy',
      text: 'v1.4.3',
    });
    expect(answer.status).toBe(201);
    expect(view.marks).toEqual([
      { service: 'orders', instance: null, mark: { at: FAKE_NOW, kind: 'deploy', text: 'v1.4.3' } },
    ]);
  });

  it.each([
    [{ service: 'orders' }, 400],
    [{ service: 'orders', kind: 'De ploy' }, 400],
    [{ service: 'orders', kind: 'deploy', text: 'x'.repeat(501) }, 400],
    [{ service: 'nobody', kind: 'deploy' }, 404],
    [{ service: 'orders', instance: 'nobody', kind: 'deploy' }, 404],
    [['orders'], 400],
    [null, 400],
    ['orders', 400],
  ])('refuses the mark %j with %i', async (body, status) => {
    expect((await post(server.url, PATHS.events, body)).status).toBe(status);
    expect(view.marks).toEqual([]);
  });

  it('turns diagnostic mode on for a while and off again', async () => {
    const path = fillPath(PATHS.diagnose, orders);
    expect((await post(server.url, path, { for: '15m' })).json()).toEqual({
      service: 'orders',
      until: FAKE_NOW + 15 * MINUTE_MILLIS,
    });
    expect((await ask(server.url, path, { method: 'DELETE' })).json()).toEqual({
      service: 'orders',
      until: null,
    });
    expect(view.diagnosing.get('orders')).toBe(null);
    expect((await post(server.url, path, { for: '2d' })).status).toBe(400);
    expect((await post(server.url, fillPath(PATHS.diagnose, { service: 'nobody' }), {})).status).toBe(404);
  });

  it('lists raw profiles of all instances and serves one as a file with a safe name', async () => {
    const { profiles } = (await get(fillPath(PATHS.profiles, orders))).json() as {
      profiles: { href: string }[];
    };
    expect(profiles).toHaveLength(4);
    const file = await get(profiles[0]?.href ?? '');
    expect(file.headers['content-disposition']).toMatch(
      /^attachment; filename="orders_heap-[\w.]+\.pb\.gz"$/,
    );
    expect(new Uint8Array(file.bytes)).toEqual(FAKE_PROFILE_BYTES);
  });

  it('does not serve a profile of another service, nor one that is unknown', async () => {
    const { profiles } = (await get(fillPath(PATHS.profiles, orders))).json() as {
      profiles: { id: string }[];
    };
    const id = profiles[0]?.id ?? '';
    expect((await get(fillPath(PATHS.profile, { service: 'billing', id }))).status).toBe(404);
    expect((await get(fillPath(PATHS.profile, { service: 'orders', id: '../../etc/passwd' }))).status).toBe(
      404,
    );
  });
});

describe('own metrics', () => {
  it('has one verdict per target at 1 and the others at 0', async () => {
    const { text, headers } = await get(PATHS.metrics);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    const lines = text
      .split('\n')
      .filter((l) => l.startsWith('plimsoll_verdict{service="orders",instance="10.0.0.11'));
    expect(lines).toHaveLength(6);
    expect(lines.filter((l) => l.endsWith(' 1'))).toEqual([
      'plimsoll_verdict{service="orders",instance="10.0.0.11:6060",verdict="leak"} 1',
    ]);
  });

  it('tells its own memory and the growth of the targets', async () => {
    const { text } = await get(PATHS.metrics);
    expect(text).toMatch(/^process_resident_memory_bytes \d{7,}$/m);
    expect(text).toMatch(/^nodejs_eventloop_lag_max_seconds [\d.e-]+$/m);
    expect(text).toMatch(/^plimsoll_targets\{state="down"\} 1$/m);
    expect(text).toMatch(/^plimsoll_scrape_failures_total 20$/m);
    expect(text).toMatch(
      /^plimsoll_growth_bytes_per_hour\{service="orders",instance="10\.0\.0\.11:6060"\} 32505856$/m,
    );
  });

  it('declares every metric once, before its samples', async () => {
    const { text } = await get(PATHS.metrics);
    const declared = new Set<string>();
    for (const line of text.trimEnd().split('\n')) {
      const type = /^# TYPE (\S+) (gauge|counter)$/.exec(line)?.[1];
      if (type !== undefined) {
        expect(declared.has(type)).toBe(false);
        declared.add(type);
      } else if (!line.startsWith('#')) {
        expect(declared.has(/^[a-z0-9_]+/.exec(line)?.[0] ?? '')).toBe(true);
      }
    }
  });
});
