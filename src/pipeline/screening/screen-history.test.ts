// A week of a small fleet in Debian's Prometheus, and what is said of each.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPrometheusApi } from '../../collect/prometheus-api.ts';
import type { ScreenedRow } from '../../report/screening.ts';
import { drawOpenMetrics, type DrawnTarget } from '../../testing/drawn-fleet.ts';
import { startPrometheus, whyNoPrometheus } from '../../testing/real-prometheus.ts';
import type { RealServer } from '../../testing/run-server.ts';
import { makeGrid } from './grid.ts';
import { screenHistory, type ScreenInput } from './screen-history.ts';
import { matchersOf } from './selector.ts';

const MIB = 1024 * 1024;
const HOUR = 3600;
const WEEK = 7 * 24 * HOUR;
const TO = Date.UTC(2026, 0, 8) / 1000;
const FROM = TO - WEEK;

const at = (job: string, number: number) => ({ job, instance: `10.0.0.${number}:8080` });
const pod = (name: string) => ({ namespace: 'shop', pod: name, container: 'app' });
const flat = () => 64;
const leaking = (age: number) => 64 + 3 * age;

const FLEET: readonly DrawnTarget[] = [
  { labels: at('orders', 1), live: leaking },
  { labels: at('orders', 2), live: flat },
  {
    labels: at('daily', 3),
    live: (_, hours) => 64 + 20 * (0.67 + 0.33 * Math.sin((2 * Math.PI * hours) / 24)),
  },
  { labels: at('hub', 4), live: flat, goroutines: (age) => 30 + 20 * age },
  { labels: at('imaging', 5), live: flat, native: (age) => 5 * age },
  // Away for hours, twice: no restart, no leak.
  {
    labels: at('gaps', 6),
    live: flat,
    gaps: [
      [30, 36],
      [100, 101.5],
    ],
  },
  // Filled within two days.
  { labels: at('cache', 7), live: (age) => 40 + 300 * (1 - Math.exp(-age / 8)), starts: [0] },
  // Killed every 40 hours.
  {
    labels: { ...at('billing', 8), ...pod('billing-0') },
    live: (age) => 64 + 10 * age,
    starts: [-5, 35, 75, 115, 155],
    limit: 1200,
  },
  { labels: { ...at('otel', 9), ...pod('otel-0') }, names: 'opentelemetry', live: flat, limit: 512 },
  { labels: at('young', 10), live: leaking, starts: [167.8] },
  { labels: at('gone', 11), live: leaking, gaps: [[120, 999]] },
  { labels: at('python', 12), names: 'process' },
  // cAdvisor and kube-state-metrics alone: no process in them is scraped.
  { labels: pod('web-0'), names: 'container', live: (age) => 64 + 4 * age, starts: [-5, 100], limit: 1200 },
  { labels: pod('web-1'), names: 'container', live: flat, limit: 1200 },
  // One of three routes leaves a kilobyte behind with each request.
  {
    labels: at('routed', 14),
    routes: {
      '/orders': (hours) => 10 * (1 + Math.sin((2 * Math.PI * hours) / 24)),
      '/search': (hours) => 30 * (1 + Math.sin((2 * Math.PI * hours) / 17)),
      '/health': () => 5,
    },
    leaves: 1024,
  },
  // One process, two servers that scrape it.
  { labels: { ...at('pair', 13), prometheus_replica: 'a' }, live: leaking },
  { labels: { ...at('pair', 13), prometheus_replica: 'b' }, live: leaking, gaps: [[50, 60]] },
];

const reason = whyNoPrometheus();

describe.skipIf(reason !== null)(
  `a week of a fleet in Prometheus${reason === null ? '' : ` (${reason})`}`,
  () => {
    let server: RealServer;
    beforeAll(async () => {
      const text = drawOpenMetrics(FLEET, { from: FROM, to: TO, every: 300 });
      server = await startPrometheus([text]);
    }, 120_000);
    afterAll(() => server?.stop());

    const GRID = makeGrid({ sinceMillis: WEEK * 1000, untilMillis: TO * 1000, stepMillis: null });

    async function screen(selector: string, more: Partial<ScreenInput> = {}) {
      const api = createPrometheusApi({ url: server.url });
      try {
        const screened = await screenHistory({
          ...{ api, grid: GRID, matchers: matchersOf(selector), service: null, memoryLimitBytes: null },
          ...more,
        });
        return { ...screened, sent: api.sent };
      } finally {
        api.close();
      }
    }

    /** `orders 10.0.0.1:8080: leak heap`. */
    const render = ({ report }: ScreenedRow) =>
      `${report.target.service} ${report.target.instance}: ${[report.verdict, ...report.findings.filter(({ verdict }) => verdict === report.verdict).map((finding) => finding.class)].join(' ')}`;

    it('names what leaks and leaves the rest alone', async () => {
      const { targets, others, warnings, isPartial } = await screen('{}');
      expect(targets.map(render).sort()).toEqual([
        'billing billing-0: leak heap',
        'cache 10.0.0.7:8080: no-growth',
        'daily 10.0.0.3:8080: no-growth',
        'gaps 10.0.0.6:8080: no-growth',
        'gone 10.0.0.11:8080: leak heap',
        'hub 10.0.0.4:8080: leak goroutine',
        'imaging 10.0.0.5:8080: leak native',
        'orders 10.0.0.1:8080: leak heap',
        'orders 10.0.0.2:8080: no-growth',
        'otel otel-0: no-growth',
        'pair 10.0.0.13:8080: leak heap',
        'routed 10.0.0.14:8080: leak heap',
        'young 10.0.0.10:8080: undetermined',
      ]);
      const drawn = (service: string) =>
        targets.find(({ report }) => report.target.service === service)?.series ?? null;
      expect(['orders', 'hub', 'imaging'].map((service) => drawn(service)?.label)).toEqual([
        ...['live heap', 'goroutines', 'resident'],
      ]);
      const goroutines = drawn('hub')?.values ?? [];
      expect(goroutines.at(-1)).toBeGreaterThan((goroutines[0] ?? Infinity) + 3000);
      expect([others, warnings, isPartial]).toEqual([1, [], false]);
    }, 300_000);

    it('measures the growth, says since when it could be known, and what is missing', async () => {
      const { targets } = await screen('{job="orders",instance="10.0.0.1:8080"}');
      expect(targets).toHaveLength(1);
      const [{ report }] = targets as [ScreenedRow];
      const [finding] = report.findings;
      expect((finding?.growth?.perHour ?? 0) / MIB).toBeCloseTo(3, 0);
      expect(finding?.growth?.low).toBeLessThan(3 * MIB);
      expect(finding?.growth?.high).toBeGreaterThan(3 * MIB);
      // A leak of 3 MiB/h beside 64 MiB shows within hours; without profiles and with no limit near, it is claimed in days.
      expect(((finding?.detectedAt ?? Infinity) / 1000 - FROM) / HOUR).toBeLessThan(72);
      expect(report.missingEvidence.map(({ source }) => source)).toEqual(['/debug/pprof/heap']);
      expect([report.from, report.to, report.endedAt]).toEqual([FROM * 1000, TO * 1000, null]);
      expect(report.labels).toEqual({ job: 'orders', instance: '10.0.0.1:8080' });
    }, 300_000);

    it('reads limit, restarts and kills of the container that a target runs in', async () => {
      const { targets } = await screen('{job="billing"}');
      const [{ report }] = targets as [ScreenedRow];
      const hours = (millis: number) => Math.round((millis / 1000 - FROM) / HOUR);
      expect(report.memoryLimitBytes).toBe(1200 * MIB);
      expect(report.restarts).toBe(4);
      expect(report.kills?.map((kill) => `${hours(kill.at)} ${kill.reason}`)).toEqual([
        ...['35 OOMKilled', '75 OOMKilled', '115 OOMKilled', '155 OOMKilled'],
      ]);
      const limit = report.findings[0]?.timeToExhaustion;
      expect(limit?.resource).toBe('memory-limit');
      // Live heap of 64 + 10 t costs 2.2 times as much: full some 48 hours after the last start.
      expect(hours(limit?.at ?? 0) - 155).toBeGreaterThan(30);
      expect(hours(limit?.at ?? 0) - 155).toBeLessThan(60);
    }, 300_000);

    it('takes the memory of the container where the process does not tell its own', async () => {
      const { targets } = await screen('{job="otel"}');
      const [{ report }] = targets as [ScreenedRow];
      expect(report.memoryLimitBytes).toBe(512 * MIB);
      expect(report.ledger?.['rssBytes']).toBeGreaterThan(100 * MIB);
      expect(report.missingEvidence.map(({ source }) => source)).not.toContain(
        'process_resident_memory_bytes',
      );
    }, 300_000);

    it('asks for routes of what grows, and names the one that growth goes with', async () => {
      const { targets, sent } = await screen('{job="routed"}');
      const work = targets[0]?.report.investigation?.find(({ step }) => step === 'work');
      expect(work?.numbers).toMatchObject({ route: '/orders' });
      expect(work?.numbers['routeBytes']).toBeGreaterThan(900);
      expect(work?.numbers['routeBytes']).toBeLessThan(1150);
      expect(sent.queries).toBeLessThan(12);
    }, 300_000);

    it('judges containers by their memory where nothing shows gauges of Go', async () => {
      const { targets, isOfContainers, others } = await screen('{pod=~"web-.*"}');
      expect([isOfContainers, others]).toEqual([true, 0]);
      const [grows, rests] = targets
        .map(({ report }) => report)
        .sort((a, b) => (a.target.instance < b.target.instance ? -1 : 1));
      expect([grows?.target.instance, rests?.target.instance]).toEqual(['web-0', 'web-1']);
      expect(grows).toMatchObject({ verdict: 'leak', memoryLimitBytes: 1200 * MIB, restarts: 1 });
      expect(grows?.kills?.map(({ reason }) => reason)).toEqual(['OOMKilled']);
      // 8.8 MiB an hour beside 160 MiB: full some 118 hours after the start; 68 have passed.
      const [finding] = grows?.findings ?? [];
      expect(finding).toMatchObject({ class: 'native', timeToExhaustion: { resource: 'memory-limit' } });
      expect(((finding?.timeToExhaustion?.at ?? 0) / 1000 - FROM) / HOUR - 100).toBeGreaterThan(105);
      expect(((finding?.timeToExhaustion?.at ?? 0) / 1000 - FROM) / HOUR - 100).toBeLessThan(135);
      expect(grows?.missingEvidence.map(({ source }) => source)).toContain('gauges of the runtime');
      expect(rests).toMatchObject({ verdict: 'no-growth', exhaustion: null });
      // Beside processes of Go containers are no targets.
      expect((await screen('{pod=~"web-.*|billing-0"}')).targets.map(render)).toEqual([
        'billing billing-0: leak heap',
      ]);
    }, 300_000);

    it('tells what has ended from what runs', async () => {
      const { targets } = await screen('{job=~"gone|orders"}');
      const gone = targets.filter(({ isRunning }) => !isRunning);
      expect(gone.map(({ report }) => report.target.service)).toEqual(['gone']);
      expect(gone[0]?.report.endedAt).toBe((FROM + 120 * HOUR - 300 + 300) * 1000);
    }, 300_000);

    it('asks few queries, however many targets there are', async () => {
      const one = await screen('{job="orders"}');
      const all = await screen('{job!~"billing|otel|routed",pod!~"web-.*"}');
      expect(all.sent.queries).toBe(one.sent.queries);
      expect(all.sent.queries).toBeLessThan(10);
    }, 300_000);

    it('stops when it is told to, with what was judged so far', async () => {
      const stop = new AbortController();
      const { targets } = await screen('{}', {
        signal: stop.signal,
        onProgress: () => stop.abort(),
      });
      expect(targets.length).toBeGreaterThan(0);
      expect(targets.length).toBeLessThan(13);
    }, 300_000);

    it('says so where nothing matches, nothing is of Go, or the selector is none', async () => {
      await expect(screen('{job="nobody"}')).rejects.toMatchObject({ code: 'QUERY_EMPTY' });
      await expect(screen('{job="python"}')).rejects.toThrow('none of them of Go');
      await expect(screen('{job=}')).rejects.toMatchObject({ code: 'QUERY_FAILED' });
      await expect(screen('{job=~"("}')).rejects.toMatchObject({ code: 'QUERY_FAILED' });
    }, 300_000);

    it('asks in halves where a query is too much for the server', async () => {
      const small = await startPrometheus(
        [drawOpenMetrics(FLEET.slice(0, 4), { from: FROM, to: TO, every: 300 })],
        ['--query.max-samples=20000'],
      );
      const api = createPrometheusApi({ url: small.url });
      try {
        const { targets } = await screenHistory({
          ...{ api, grid: GRID, matchers: '', service: null, memoryLimitBytes: null },
        });
        expect(targets.map(render).sort()).toEqual([
          'daily 10.0.0.3:8080: no-growth',
          'hub 10.0.0.4:8080: leak goroutine',
          'orders 10.0.0.1:8080: leak heap',
          'orders 10.0.0.2:8080: no-growth',
        ]);
      } finally {
        api.close();
        await small.stop();
      }
    }, 300_000);
  },
);
