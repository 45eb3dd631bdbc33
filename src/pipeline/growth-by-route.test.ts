// From metrics pages with a counter by route to the step of the investigation that names the route.
import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, KIB, MIB, MINUTE_MILLIS } from '../base/units.ts';
import { REAL_TIME } from '../model/raw-evidence.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { Investigation } from './investigation.ts';
import { ProfileDecoder } from './profile-decoder.ts';

const START = Date.UTC(2026, 0, 5);
const HOURS = 8;

interface Drawn {
  readonly hours: number;
  /** Bursts come so many minutes apart, and both routes rest in between, or one does. */
  readonly periodMinutes: number;
  readonly restingOrders: number;
  readonly bytesEach: number;
}

const BURSTS: Drawn = { hours: HOURS, periodMinutes: 170, restingOrders: 0.3, bytesEach: 4 * KIB };

/** A service of which `POST /orders` leaves 4 KiB behind; both routes come in bursts of their own. */
async function investigate(label: string, drawn: Drawn = BURSTS): Promise<Investigation> {
  const decoder = new ProfileDecoder();
  const target = { service: 'orders', instance: 'a' };
  const options = { target, module: null, memoryLimitBytes: null, timeMap: REAL_TIME, decoder };
  const investigation = new Investigation(options);
  const random = seededRandom(3);
  const done = { '/cart': 0, '/orders': 0 };
  for (let minute = 0; minute <= drawn.hours * 60; minute++) {
    const busy = (phase: number) => Math.sin((2 * Math.PI * (minute + phase)) / drawn.periodMinutes) > 0.3;
    done['/cart'] += Math.round(60 * (0.3 + 0.2 * random() + (busy(0) ? 1 : 0)));
    const resting = drawn.restingOrders * (1 + (2 / 3) * random());
    done['/orders'] += Math.round(40 * (resting + (busy(60) ? 1 : 0)));
    const live = 50 * MIB + drawn.bytesEach * done['/orders'] + MIB * (random() - 0.5);
    const page = [
      `go_gc_heap_live_bytes ${Math.round(live)}`,
      `go_memstats_heap_alloc_bytes ${Math.round(1.5 * live)}`,
      `go_gc_duration_seconds_count ${10 + minute}`,
      `process_start_time_seconds ${START / 1000 - 60}`,
      `# TYPE http_requests_total counter`,
      ...Object.entries(done).map(
        ([route, count]) => `http_requests_total{${label}="${route}",code="200"} ${count}`,
      ),
    ];
    const atMillis = START + minute * MINUTE_MILLIS;
    investigation.evaluateUpTo(atMillis - 1);
    await investigation.ingest({ kind: 'metrics', atMillis, bytes: Buffer.from(`${page.join('\n')}\n`) });
  }
  investigation.evaluateUpTo(START + drawn.hours * HOUR_MILLIS);
  await decoder.close();
  return investigation;
}

describe('a leak of one route', () => {
  // Half a day busy, half a day at rest, while another route goes on.
  const resting = { hours: 20, periodMinutes: 720, restingOrders: 0, bytesEach: 4 * KIB };

  it('stands while its route rests', async () => {
    const investigation = await investigate('route', resting);
    const toMillis = START + resting.hours * HOUR_MILLIS;
    const { verdict, alarms, findings } = investigation.report({ fromMillis: START, toMillis });
    expect(verdict).toBe('leak');
    expect(alarms.map(({ withdrawnAt }) => withdrawnAt)).toEqual([null]);
    const models = findings[0].evidence.find(({ question }) => question.includes('without bound'));
    expect(models?.numbers['loadSource']).toBe('requests of /orders');
  }, 60_000);

  it('is none where nothing stays', async () => {
    const investigation = await investigate('route', { ...resting, bytesEach: 0 });
    const toMillis = START + resting.hours * HOUR_MILLIS;
    expect(investigation.report({ fromMillis: START, toMillis }).alarms).toEqual([]);
  }, 60_000);
});

describe('growth by route', () => {
  it('is in the investigation, in words and in numbers', async () => {
    const investigation = await investigate('route');
    const work = investigation.chain().find(({ step }) => step === 'work');
    expect(work).toMatchObject({ outcome: 'supports', numbers: { route: '/orders', routesFitted: 2 } });
    expect(work?.answer).toMatch(
      /look at \/orders: \d+ % of the growth \(\d+ to \d+ %\) goes with its requests, [34]/,
    );
    expect(Number(work?.numbers['routeBytesLow'])).toBeLessThan(4 * KIB);
    expect(Number(work?.numbers['routeBytesHigh'])).toBeGreaterThan(4 * KIB);
  }, 60_000);

  it('is null where the counter has no routes', async () => {
    const investigation = await investigate('shard');
    const work = investigation.chain().find(({ step }) => step === 'work');
    expect(work?.numbers).toMatchObject({ route: null, routesFitted: null, routeShare: null });
  }, 60_000);
});
