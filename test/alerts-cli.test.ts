// `plimsoll alert ...` against a server with alerts: what people type, and what comes of it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fillPath, PATHS } from '../src/protocol/paths.ts';
import { startServer, type RunningServer } from '../src/server/start-server.ts';
import { ask } from '../src/testing/ask.ts';
import { HUB_FINGERPRINT } from '../src/testing/fake-findings.ts';
import { FakeWatchView } from '../src/testing/fake-watch-view.ts';
import { openDesk } from '../src/testing/open-desk.ts';
import { requireBuild, runCli } from './built-cli.ts';

const view = new FakeWatchView();
const { desk, notices, lookWhenActive, end } = openDesk(view);
let server: RunningServer;
beforeAll(async () => {
  requireBuild();
  server = await startServer({
    view,
    listen: { host: '127.0.0.1', port: 0 },
    webDir: null,
    version: '1.2.3',
    alerts: () => desk,
  });
  await lookWhenActive();
});
afterAll(async () => {
  await server.close();
  await end();
});

const START = HUB_FINGERPRINT.slice(0, 8);
const alert = (...args: string[]) => runCli(['alert', ...args, '--server', server.url]);
const post = (path: string, body: object) =>
  ask(server.url, path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const bySomebody = (...args: string[]) => alert(...args, '--author', 'ana', '--comment', 'a reason');

describe('plimsoll alert', () => {
  it('lists what fires, and only what matches', async () => {
    const all = await alert('query');
    expect(all.stdout).toContain(START);
    expect((await alert('query', 'service=nothing')).stdout).toBe('no alerts\n');
    const wrong = await alert('query', 'nothing');
    expect([wrong.status, wrong.stdout]).toEqual([3, '']);
  });

  it('acknowledges by the beginning of a fingerprint, in all instances, and reckons the precision', async () => {
    expect((await bySomebody('ack', START)).stdout).toContain('acknowledged');
    const states = view
      .incidents()
      .filter(({ fingerprint }) => fingerprint === HUB_FINGERPRINT)
      .map(({ state }) => state);
    expect(new Set(states)).not.toContain('open');
    expect((await alert('query')).stdout).toMatch(
      /acknowledged by ana[^]*1 of 1 that people judged were leaks/,
    );
    expect((await bySomebody('ack', 'ffffffff')).status).toBe(3);
  });

  it('silences by matchers and ends the silence', async () => {
    const added = await bySomebody('silence', 'add', 'service=orders', '--duration', '2h');
    const id = added.stdout.trim();
    expect((await alert('silence', 'query')).stdout).toContain(`${id}  service=orders  until `);
    await desk.look();
    expect(desk.alerts().some(({ quiet }) => quiet === 'silenced by ana: a reason')).toBe(true);
    expect((await bySomebody('silence', 'expire', id)).stdout).toBe('ended\n');
    await desk.look();
    expect(desk.alerts().every(({ quiet }) => quiet === null)).toBe(true);
  });

  it('mutes a fingerprint, keeps a judgement with it, and asks for a reason for both', async () => {
    expect((await bySomebody('mute', START)).stdout).toContain('muted until');
    expect((await bySomebody('feedback', START, 'not-a-leak')).stdout).toContain('not a leak, and quiet');
    await desk.look();
    expect((await alert('query')).stdout).toContain('not a leak, says ana: a reason');
    const without = await alert('mute', START);
    expect([without.status, without.stderr]).toEqual([3, expect.stringContaining('--comment')]);
    expect((await bySomebody('feedback', START, 'perhaps')).status).toBe(3);
  });

  it('tests a sink and says whether it was accepted', async () => {
    expect(await alert('test', 'log')).toMatchObject({ status: 0, stdout: 'log: accepted\n' });
    expect(notices.at(-1)?.kind).toBe('test');
    expect((await alert('test', 'none')).status).toBe(3);
    expect((await alert('sinks')).stdout).toMatch(/^log {2}stdout {2}\d+ sent, 0 waiting/);
  });

  it('says who did what, newest first', async () => {
    const id = view.incidents()[0]?.id ?? '';
    await post(fillPath(PATHS.incidentResolve, { id }), { by: 'bo', why: 'fixed' });
    const { stdout } = await alert('audit');
    const done = stdout.split('\n').map((line) => line.split('  ').slice(1, 3).join(' '));
    expect(done[0]).toBe('bo resolved');
    expect(done).toEqual(
      expect.arrayContaining(['ana acknowledged', 'ana silenced', 'ana ended silence', 'ana muted']),
    );
  });
});

describe('plimsoll alert at a watcher on standby', () => {
  it('says that another one tells, rather than that there are no alerts', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plimsoll-alerts-cli-'));
    const active = openDesk(view, { parts: { folder } });
    await active.lookWhenActive();
    const waiting = openDesk(view, { parts: { folder } });
    const listen = { host: '127.0.0.1', port: 0 };
    const alerts = () => waiting.desk;
    const standby = await startServer({ view, listen, webDir: null, version: '1.2.3', alerts });
    const said = await runCli(['alert', 'query', '--server', standby.url]);
    expect(said.stdout).toBe('standby: ask the watcher that is active\n');
    const ack = await runCli(['alert', 'ack', START, '--server', standby.url]);
    expect([ack.status, ack.stderr]).toEqual([3, expect.stringContaining('this watcher is on standby')]);
    await standby.close();
    await Promise.all([active.end(), waiting.end()]);
    await rm(folder, { recursive: true });
  });
});

describe('the API of alerts', () => {
  it('refuses a silence without an end, with two, with one that is past, and one that matches nothing', async () => {
    const refused = async (body: object) => {
      const answer = await post(PATHS.silences, body);
      return (answer.json() as { error: { code: string } }).error.code;
    };
    const silence = { matchers: ['service=a'], why: 'x' };
    expect(await refused(silence)).toBe('BODY_INVALID');
    expect(await refused({ ...silence, for: '1h', endsAt: 1e15 })).toBe('BODY_INVALID');
    expect(await refused({ ...silence, endsAt: 1 })).toBe('BODY_INVALID');
    expect(await refused({ matchers: ['x'], why: 'x', for: '1h' })).toBe('BODY_INVALID');
    expect(await refused({ matchers: [], why: 'x', for: '1h' })).toBe('BODY_INVALID');
  });

  it('shows alerts and delivery as metrics', async () => {
    const text = (await ask(server.url, PATHS.metrics)).text;
    expect(text).toMatch(/^plimsoll_alert\{service="orders",class="goroutine",fingerprint=.*\} \d/m);
    expect(text).toMatch(/^plimsoll_notices_sent_total\{sink="log"\} \d/m);
    expect(text).toMatch(/^plimsoll_alerts_active 1$/m);
  });
});
