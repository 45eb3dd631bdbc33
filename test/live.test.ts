// The whole product on a live Go process: a leak is switched on, found and named, outlives a kill -9 of the watch, and
// is resolved by evidence when it is switched off; it comes back; another one opens another incident; a receiver is told each
// of it once; the recording of it all says the same. Time runs at SCALE, nothing else is different from production.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MINUTE_MILLIS, type Millis } from '../src/base/units.ts';
import type { Growth } from '../src/model/finding.ts';
import type { Incident } from '../src/model/incident.ts';
import type { Report } from '../src/model/report.ts';
import type { Series } from '../src/model/status.ts';
import type {
  FindingsMessage,
  IncidentsMessage,
  SourceMessage,
  TargetsMessage,
} from '../src/protocol/messages.ts';
import { PATHS, fillPath } from '../src/protocol/paths.ts';
import { skipNote, whyNoChdb } from '../src/testing/why-no-chdb.ts';
import {
  ROOT,
  follow,
  freePort,
  isAlive,
  listDescendants,
  requireBuild,
  runCli,
  startCli,
  type RunningCli,
} from './built-cli.ts';
import { receiveNotices, type NoticeReceiver } from './notice-receiver.ts';

requireBuild();

/** Virtual seconds per real second. A minute here is two hours of the service. */
const SCALE = 120;
/** Three times the load of the demo: leaks stand clear of the noise of two busy cores in a minute. */
const REQUESTS_PER_SECOND = '120';
/** Real time that a verdict, or the end of an incident, may take. */
const PATIENCE_SECONDS = 420;

const NO_GO =
  spawnSync('go', ['version']).status === 0 ? whyNoChdb() : 'Go is not installed: https://go.dev/dl';

/**
 * How far the moment of an alarm may differ between live and replay: the kill takes the gauges of up to a flush (10 s,
 * 20 min at SCALE) from the store but not from the recording; a replay has a profile the moment it was asked for, where the
 * watch waits for the code's name, 40 min at most; and each evaluates every 5 min.
 */
const REPLAY_DRIFT_MILLIS = 70 * MINUTE_MILLIS;
/** Virtual time that is recorded after what the verdicts were made of. */
const RECORDED_AFTER_MILLIS = 35 * MINUTE_MILLIS;

/** Of the first leak, until it is over. */
const TOLD = ['opened warning', 'escalated critical', 'repeated critical'];

describe.skipIf(NO_GO)(`a live Go service${skipNote(NO_GO)}`, () => {
  let folder: string;
  let dataDir: string;
  let service: RunningCli;
  let load: RunningCli;
  let target: string;
  let watch: RunningCli;
  let url: string;
  let opened: Incident;
  let second: Incident;
  let again: Incident;
  let recordings = 0;
  let receiver: NoticeReceiver;

  const go = async (...args: string[]) => {
    await promisify(execFile)('go', args, { cwd: join(ROOT, 'demo') });
  };

  const startProgram = (name: string, args: readonly string[]) =>
    follow(spawn(join(folder, name), args, { stdio: ['pipe', 'pipe', 'pipe'] }));

  const startWatch = async () => {
    const port = await freePort();
    watch = startCli([
      ...['watch', target, '-c', join(folder, 'plimsoll.yaml')],
      ...['--service', 'orders', '--time-scale', String(SCALE)],
      ...['--gauge-interval', '1m', '--profile-interval', '5m', '--memory-limit', '1GiB'],
      ...['--data', dataDir, '--listen', `127.0.0.1:${port}`],
      ...['--record', join(folder, `recording-${++recordings}`)],
    ]);
    url = (await watch.waitFor(/page: (http:\/\/127\.0\.0\.1:\d+)\//))[1] ?? '';
  };

  /** Takes effect while the watch runs. */
  const configure = async (alerts: { repeat: Millis; criticalWithin: Millis }) => {
    const file = join(folder, 'plimsoll.yaml');
    const minutes = (millis: Millis) => `${Math.round(millis / MINUTE_MILLIS)}m`;
    const text = [
      'alerts:',
      `  repeat: ${minutes(alerts.repeat)}`,
      `  criticalWithin: ${minutes(alerts.criticalWithin)}`,
      `  sinks: { team: { ${receiver.sink} } }`,
    ];
    await writeFile(`${file}.new`, `${text.join('\n')}\n`);
    await rename(`${file}.new`, file);
  };

  const get = async <T>(path: string): Promise<T> => {
    const response = await fetch(url + path);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };

  const incidents = async () => (await get<IncidentsMessage>(PATHS.incidents)).incidents;

  /** Asks twice a second until there is an answer; after PATIENCE_SECONDS fails with what the watch knew. */
  const eventually = async <T>(what: string, ask: () => Promise<T | null | undefined>): Promise<T> => {
    const endAt = performance.now() + PATIENCE_SECONDS * 1000;
    for (;;) {
      const answer = await ask();
      if (answer !== null && answer !== undefined) return answer;
      if (!watch.isRunning()) throw new Error(`the watch ended while waiting for ${what}:\n${watch.said()}`);
      if (performance.now() > endAt) {
        const report = await get<Report>(fillPath(PATHS.report, { service: 'orders' }));
        throw new Error(`no ${what} after ${PATIENCE_SECONDS} s:\n${JSON.stringify(report, null, 2)}`);
      }
      await delay(500);
    }
  };

  /** All that the receiver was told of a leak, in this order. */
  const eventuallyTold = async ({ fingerprint }: Incident, all: readonly string[]) => {
    const isTold = () => receiver.told(fingerprint).length >= all.length;
    await eventually(`message: ${all.at(-1)}`, async () => (isTold() ? true : null));
    expect(receiver.told(fingerprint)).toEqual(all);
  };

  const switchLeak = async (name: string, on: boolean) => {
    const response = await fetch(`${target}/leaks/${name}?on=${on}`, { method: 'POST' });
    expect(response.status).toBe(200);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plimsoll-live-'));
    dataDir = join(folder, 'data');
    await go('build', '-o', `${folder}/`, './cmd/...');
    service = startProgram('orders', ['-listen', '127.0.0.1:0', '-day', '12m', '-exit-with-parent']);
    const [, address] = await service.waitFor(/"listening":"([^"]+)"/);
    target = `http://${address}`;
    load = startProgram('loadgen', ['-target', target, '-rps', REQUESTS_PER_SECOND, '-day', '12m']);
    receiver = await receiveNotices();
    await configure({ repeat: 24 * HOUR_MILLIS, criticalWithin: MINUTE_MILLIS });
    await startWatch();
  }, 480_000);

  afterAll(async () => {
    await watch.kill('SIGKILL');
    await Promise.all([load.kill('SIGTERM'), service.kill('SIGTERM'), receiver.close()]);
    if (process.env['PLIMSOLL_KEEP'] !== undefined) process.stderr.write(`kept: ${folder}\n`);
    else await rm(folder, { recursive: true });
  });

  it('is watched, ready and up', async () => {
    const status = await eventually('target that is up', async () => {
      const { targets } = await get<TargetsMessage>(PATHS.targets);
      return targets.find(({ state }) => state === 'up');
    });
    expect(status).toMatchObject({ service: 'orders', module: 'plimsoll.dev/orders' });
    expect((await fetch(url + PATHS.ready)).status).toBe(200);
  });

  it('leaks, and the leak is found in its code with intervals for growth and time to the limit', async () => {
    await switchLeak('sessions', true);
    const finding = await eventually('leak', async () => {
      const { findings } = await get<FindingsMessage>(PATHS.findings);
      return findings.find(({ verdict }) => verdict === 'leak');
    });
    expect(finding.class).toBe('heap');
    const { perHour = 0, low = 0, high = 0 } = finding.growth ?? {};
    expect(low).toBeGreaterThan(0);
    expect(perHour).toBeGreaterThan(low);
    expect(high).toBeGreaterThan(perHour);
    expect(finding.timeToExhaustion).toMatchObject({ resource: 'memory-limit', limit: 1024 ** 3 });
    expect(finding.timeToExhaustion?.at).toBeGreaterThan(finding.timeToExhaustion?.low ?? Infinity);

    const culprit = finding.culprits[0];
    expect(culprit?.function).toContain('/sessions.');
    const lines = (await readFile(join(ROOT, 'demo', culprit?.file ?? 'none'), 'utf8')).split('\n');
    expect(lines[(culprit?.line ?? 0) - 1]).toMatch(/make\(\[\]View|&Session|PushFront|restoreHistory/);
    const path = fillPath(PATHS.source, { fingerprint: finding.fingerprint });
    expect((await get<SourceMessage>(path)).source?.lines).toContain(lines[(culprit?.line ?? 0) - 1]);

    const all = await incidents();
    expect(all.map(({ state }) => state)).toEqual(['open']);
    if (all[0]) opened = all[0];
    await eventuallyTold(opened, ['opened warning']);
    const [{ message, labels, curve } = { message: null, labels: null, curve: null }] = receiver.notices;
    expect(curve).toMatchObject({ of: 'live heap', limit: 1024 ** 3 });
    expect(labels).toMatchObject({ service: 'orders', class: 'heap', severity: 'warning' });
    expect(message?.title).toContain('Memory leak in orders');
    expect(message?.facts.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Culprit', 'Growth', 'Limit', 'Instances']),
    );
  }, 480_000);

  it('keeps its data folder to itself: a second watch on it is told which process has it', async () => {
    const second = await runCli(['watch', target, '--data', dataDir, '--time-scale', String(SCALE)]);
    expect(second).toMatchObject({ status: 3, stdout: '' });
    expect(second.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(second.stderr).toContain(`process ${watch.pid} `);
  });

  it('is the same incident, still open, after kill -9 of the watch, and the gauges from before are there', async () => {
    // A replay may raise it later than the watch did: the recording that ends here has to hold that moment.
    await eventually('sighting of it later', async () =>
      (await incidents()).find(
        ({ id, lastSeenAt }) => id === opened.id && lastSeenAt > opened.openedAt + REPLAY_DRIFT_MILLIS,
      ),
    );
    const seriesPath = fillPath(PATHS.series, { service: 'orders' }, { points: 4000 });
    const before = await get<Series>(seriesPath);
    const below = await listDescendants(watch.pid);
    expect(below.length).toBeGreaterThan(0);
    await watch.kill('SIGKILL');
    await startWatch();
    const status = await eventually('target that is up again', async () => {
      const { targets } = await get<TargetsMessage>(PATHS.targets);
      return targets.find(({ state }) => state === 'up');
    });
    // The engine of the killed watch sees that its parent is gone, and ends by itself.
    await eventually('end of the old engine', async () => (below.some(isAlive) ? null : true));
    const now = await incidents();
    expect(now.map(({ id, state, openedAt }) => ({ id, state, openedAt }))).toEqual([
      { id: opened.id, state: 'open', openedAt: opened.openedAt },
    ]);

    const after = await get<Series>(seriesPath);
    expect(after.from).toBe(before.from);
    expect(status.firstEvidenceAt).toBe(before.time[0]);
    // What came within the last flush (10 s) before the kill was not acknowledged yet.
    const acknowledged = before.time.filter((time) => time < before.to - 12_000 * SCALE);
    expect(acknowledged.length).toBeGreaterThan(30);
    expect(after.time.filter((time) => time < before.to - 12_000 * SCALE)).toEqual(acknowledged);
  }, 480_000);

  it('escalates when the forecast comes near, is repeated, and not once somebody works on it', async () => {
    expect(receiver.told(opened.fingerprint)).toEqual(['opened warning']);
    const [{ finding }] = (await incidents()) as [Incident];
    const { watch: before } = await get<TargetsMessage>(PATHS.targets);
    const left = (finding.timeToExhaustion?.at ?? 0) - before.now;
    expect(left).toBeGreaterThan(HOUR_MILLIS);
    // Nothing but time brings the limit nearer than that.
    const criticalWithin = left - 10 * MINUTE_MILLIS;
    await configure({ repeat: 24 * HOUR_MILLIS, criticalWithin });
    await eventuallyTold(opened, ['opened warning', 'escalated critical']);
    const rules = { repeat: 40 * MINUTE_MILLIS, criticalWithin };
    await configure(rules);
    await eventuallyTold(opened, ['opened warning', 'escalated critical', 'repeated critical']);
    const [, escalated, repeated] = receiver.notices;
    expect((repeated?.at ?? 0) - (escalated?.at ?? 0)).toBeGreaterThanOrEqual(rules.repeat);
    const ack = await runCli([
      ...['alert', 'ack', opened.fingerprint.slice(0, 8), '--server', url],
      ...['--author', 'ana', '--comment', 'rolling back'],
    ]);
    expect(ack, ack.stderr).toMatchObject({ status: 0 });
  }, 480_000);

  it('goes on being that one incident', async () => {
    const { watch: restarted } = await get<TargetsMessage>(PATHS.targets);
    const seen = await eventually('sighting of the leak an hour later', async () => {
      const all = await incidents();
      expect(all.map(({ id, state }) => ({ id, state }))).toEqual([{ id: opened.id, state: 'acknowledged' }]);
      return all.find(({ lastSeenAt }) => lastSeenAt > restarted.now + HOUR_MILLIS);
    });
    // More than `repeat` went by.
    expect(receiver.notices).toHaveLength(3);
    expect(seen.finding.culprits[0]).toMatchObject({ function: opened.finding.culprits[0]?.function });
  }, 480_000);

  it('is resolved by evidence when the leak is switched off', async () => {
    const { watch: before } = await get<TargetsMessage>(PATHS.targets);
    await switchLeak('sessions', false);
    const resolved = await eventually('resolved incident', async () =>
      (await incidents()).find(({ id, state }) => id === opened.id && state === 'resolved'),
    );
    const last = resolved.history.at(-1);
    expect(last).toMatchObject({ what: 'resolved' });
    expect(last?.why).toMatch(/growth|freed|rate|the series shows what it is|come to an end/);
    expect(last?.at, 'evidence of the time after the switch').toBeGreaterThan(before.now);
    expect(resolved.resolvedBy).toBe('evidence');
    await eventuallyTold(opened, [...TOLD, 'resolved critical']);
  }, 480_000);

  it('opens another incident, of class goroutine, for another leak', async () => {
    await configure({ repeat: 24 * HOUR_MILLIS, criticalWithin: MINUTE_MILLIS });
    await switchLeak('jobs', true);
    second = await eventually('goroutine leak', async () =>
      (await incidents()).find(({ id, state }) => id !== opened.id && state === 'open'),
    );
    expect(second.finding, second.finding.summary).toMatchObject({ verdict: 'leak', class: 'goroutine' });
    const culprit = second.finding.culprits[0];
    expect(culprit?.function).toContain('/jobs.');
    await expect(readFile(join(ROOT, 'demo', culprit?.file ?? 'none'), 'utf8')).resolves.toContain('runJobs');
    expect((await incidents()).filter(({ state }) => state === 'open')).toHaveLength(1);
    await eventuallyTold(second, ['opened warning']);
  }, 480_000);

  it('is the same incident again when the first leak is back, and what was acknowledged before is told', async () => {
    await switchLeak('sessions', true);
    again = await eventually('leak that is back', async () =>
      (await incidents()).find(({ id, state }) => id === opened.id && state === 'open'),
    );
    expect(again).toMatchObject({ openedAt: opened.openedAt, resolvedAt: null });
    expect(again.history.map(({ what }) => what)).toEqual([
      'opened',
      'acknowledged',
      'resolved',
      'regressed',
    ]);
    await eventuallyTold(opened, [...TOLD, 'resolved critical', 'regressed warning']);
    // The recording must hold what made the verdicts, and some time more: see RECORDED_AFTER_MILLIS.
    const lastAt = Math.max(again.lastSeenAt, second.openedAt + RECORDED_AFTER_MILLIS);
    await eventually('sighting of it later', async () =>
      (await incidents()).find(
        ({ id, lastSeenAt }) => id === again.id && lastSeenAt > lastAt + RECORDED_AFTER_MILLIS,
      ),
    );
    expect(receiver.told(second.fingerprint)).toEqual(['opened warning']);
  }, 480_000);

  it('leaves no process behind after SIGINT', async () => {
    const below = await listDescendants(watch.pid);
    expect(below.length).toBeGreaterThan(0);
    const ended = await watch.kill('SIGINT');
    expect(ended.status).toBe(0);
    expect(ended.stdout).toContain('leak goroutine');
    expect(below.filter(isAlive)).toEqual([]);
  });

  it('replayed from what was recorded, raises the same leaks at the same times, and growth agrees', async () => {
    const replay = async (...names: string[]) => {
      const paths = names.map((name) => join(folder, name));
      // The watch has the sources at hand: they say what an LRU misses, for whose bound growth waits otherwise.
      const args = ['replay', '--json', '--source', join(ROOT, 'demo'), ...paths];
      return JSON.parse((await runCli(args)).stdout) as Report;
    };
    // The first recording ends with the kill: what the watch knew then.
    const untilKill = await replay('recording-1');
    expectSameAlarms(untilKill, [alarmOf(opened)]);
    expect(untilKill.to).toBeGreaterThanOrEqual(untilKill.alarms[0]?.at ?? Infinity);
    const [first] = untilKill.findings;
    expect(overlap(first?.growth ?? null, opened.finding.growth), JSON.stringify(first?.growth)).toBe(true);

    const whole = await replay('recording-1', 'recording-2');
    expectSameAlarms(whole, [alarmOf(opened), alarmOf(second), alarmOf(again)]);
    const last = whole.findings.find(({ fingerprint }) => fingerprint === second.fingerprint);
    expect(last?.culprits[0]?.function).toBe(second.finding.culprits[0]?.function);
    expect(overlap(last?.growth ?? null, second.finding.growth), JSON.stringify(last?.growth)).toBe(true);
  }, 120_000);
});

/** When it was told of an incident last. */
function alarmOf({ fingerprint, history }: Incident): { fingerprint: string; at: Millis } {
  const last = history.findLast(({ what }) => what === 'opened' || what === 'regressed');
  return { fingerprint, at: last?.at ?? 0 };
}

/** Same causes in the same order, raised at the same time. */
function expectSameAlarms(replayed: Report, live: readonly ReturnType<typeof alarmOf>[]): void {
  expect(replayed.alarms.map(({ fingerprint }) => fingerprint)).toEqual(
    live.map(({ fingerprint }) => fingerprint),
  );
  const both = JSON.stringify({ replayed: replayed.alarms, live });
  for (const [row, { at }] of replayed.alarms.entries()) {
    const drift = Math.abs(at - (live[row]?.at ?? 0));
    expect(drift, `alarm ${row} against the incident: ${both}`).toBeLessThan(REPLAY_DRIFT_MILLIS);
  }
}

function overlap(a: Growth | null, b: Growth | null): boolean {
  return a !== null && b !== null && a.low <= b.high && b.low <= a.high;
}
