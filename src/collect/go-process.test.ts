// Against a real Go process: what net/http/pprof, expvar and the kernel really say.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Target } from '../model/target.ts';
import { gaugesFromMemstatsTrailer } from '../parse/gauges-from-memstats-trailer.ts';
import { gaugesFromProc } from '../parse/gauges-from-proc.ts';
import { gaugesFromPrometheus } from '../parse/gauges-from-prometheus.ts';
import { gaugesFromVars } from '../parse/gauges-from-vars.ts';
import { buildGoFixture, whyNoGo, type GoFixture, type RunningGo } from '../testing/go-fixture.ts';
import { skipNote } from '../testing/why-no-chdb.ts';
import { findListeningPid } from './find-pid.ts';
import { createHttpTarget } from './http-target.ts';
import { probeTarget } from './probe.ts';
import type { FetchOutcome } from './source.ts';

const KEPT_BYTES = 64 * 64 * 1024;
const clock = { now: () => 1790000000000 };
const signal = new AbortController().signal;

function bytesOf(outcome: FetchOutcome | undefined): Uint8Array {
  if (outcome?.kind !== 'ok') throw outcome?.error ?? new Error('no outcome');
  return outcome.evidence.bytes;
}

const noGo = whyNoGo();
describe.skipIf(noGo)(`a Go process${skipNote(noGo)}`, () => {
  let fixture: GoFixture | null = null;
  let go: RunningGo = { pid: 0, url: '', stop: () => Promise.resolve() };
  beforeAll(async () => {
    if (noGo !== null) return;
    fixture = await buildGoFixture('orders-fixture');
    go = await fixture.start();
  });
  afterAll(() => fixture?.remove());

  it('is found with everything that it offers, from its address alone', async () => {
    const result = await probeTarget(go.url.replace('http://', ''));
    const instance = go.url.replace('http://', '');
    expect(result.target).toEqual({
      service: 'fixture',
      instance,
      metrics: { url: `${go.url}/metrics`, headers: {} },
      vars: { url: `${go.url}/debug/vars`, headers: {} },
      pprof: { url: `${go.url}/debug/pprof`, headers: {} },
      pid: go.pid,
      module: 'example.com/fixture/v2',
      memoryLimitBytes: null,
      labels: {},
    });
    expect(result.profileKinds).toEqual(
      expect.arrayContaining(['heap', 'allocs', 'goroutine', 'threadcreate', 'block', 'mutex', 'cpu']),
    );
    expect([result.gaugeSource, result.requestsFamily]).toEqual(['metrics', 'http_requests_total']);
    expect(result.goVersion).toMatch(/^go1\./);
    expect(result.attempts.filter(({ kind }) => kind !== 'ok')).toEqual([]);
  });

  it('gives gauges that agree with each other from all four sources', async () => {
    const { target } = await probeTarget(go.url);
    const read = async (change: Partial<Target>) => {
      const outcomes = await createHttpTarget({ ...target, ...change }, clock).fetchGauges(signal);
      return outcomes.map(bytesOf);
    };
    const [metrics, proc] = await read({});
    const [vars] = await read({ metrics: null, pid: null });
    const [trailer] = await read({ metrics: null, vars: null, pid: null });
    const readings = [
      gaugesFromPrometheus(metrics ?? ''),
      gaugesFromVars(vars ?? ''),
      gaugesFromMemstatsTrailer(trailer ?? ''),
    ];
    for (const { reading, warnings } of readings) {
      expect(reading.heapAllocBytes).toBeGreaterThan(KEPT_BYTES);
      expect(reading.heapAllocBytes).toBeLessThan(KEPT_BYTES * 4);
      expect(reading.nextGcBytes).toBeGreaterThan(0);
      expect(warnings).toEqual([]);
    }
    const kernel = gaugesFromProc(proc ?? '');
    expect(kernel.reading.rssBytes).toBeGreaterThan(KEPT_BYTES);
    expect(kernel.reading.openFds).toBeGreaterThan(3);
    expect(kernel.reading.threads).toBeGreaterThan(1);
    expect(kernel.warnings).toEqual([]);
  });

  it.each(['heap', 'goroutine', 'allocs', 'threadcreate', 'block', 'mutex'] as const)(
    'gives its %s profile in both forms',
    async (kind) => {
      const { target } = await probeTarget(go.url, { pid: false });
      const source = createHttpTarget(target, clock);
      const proto = bytesOf(await source.fetchProfile(kind, { form: 'proto', gc: true }, signal));
      expect([proto[0], proto[1]]).toEqual([0x1f, 0x8b]);
      expect(
        bytesOf(await source.fetchProfile(kind, { form: 'text', gc: false }, signal)).length,
      ).toBeGreaterThan(0);
    },
  );

  it('gives its stacks with debug=2', async () => {
    const { target } = await probeTarget(go.url, { pid: false });
    const outcome = await createHttpTarget(target, clock).fetchProfile(
      'goroutine',
      { form: 'text', gc: false, debug: 2 },
      signal,
    );
    expect(new TextDecoder().decode(bytesOf(outcome))).toMatch(/^goroutine \d+ \[/);
  });

  it('says "Unknown profile" for a kind that it does not have', async () => {
    const { target } = await probeTarget(go.url, { pid: false });
    const pprof = { url: `${go.url}/debug/pprof/none`, headers: {} };
    const outcome = await createHttpTarget({ ...target, pprof }, clock).fetchProfile(
      'heap',
      { form: 'proto', gc: false },
      signal,
    );
    expect(outcome.kind === 'failed' && outcome.error.message).toContain('HTTP 404: Unknown profile');
  });

  it('is found by its port, on every spelling of this machine', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      const url = new URL(go.url);
      url.hostname = host;
      expect(await findListeningPid(url)).toEqual({ pid: go.pid, command: 'orders-fixture' });
    }
  });

  it('is found again under its new number after a restart on the same port', async () => {
    const { target } = await probeTarget(go.url);
    const second = await fixture?.start();
    if (!second) throw new Error('no second process');
    // The port cannot be chosen for the fixture; the lookup answers as it would after the restart.
    const findPid = () => findListeningPid(new URL(second.url));
    const first = await fixture?.start();
    const source = createHttpTarget({ ...target, pid: first?.pid ?? 0 }, clock, { findPid });
    const pidOf = async () => {
      const outcomes = await source.fetchGauges(signal);
      const proc = new TextDecoder().decode(bytesOf(outcomes.find(({ request }) => request === 'proc')));
      return Number(/Pid:\\t(\d+)/.exec(proc)?.[1]);
    };
    expect(await pidOf()).toBe(first?.pid);
    await first?.stop();
    expect(await pidOf()).toBe(second.pid);
    await second.stop();
  });
});

it('a URL of another machine has no process here', async () => {
  expect(await findListeningPid(new URL('http://192.0.2.1:8080'))).toEqual({
    pid: null,
    reason: '192.0.2.1 is not this machine',
  });
});
