// Targets and intervals of a watch change while it runs.
import { afterEach, describe, expect, it } from 'vitest';
import type { FetchOutcome, TargetSource } from '../src/collect/source.ts';
import { DEFAULT_SETTINGS } from '../src/config/load-config.ts';
import { HOUR_MILLIS, MINUTE_MILLIS } from '../src/base/units.ts';
import { LiveClock, ReplayClock } from '../src/pipeline/clock.ts';
import { Watch } from '../src/pipeline/watch.ts';
import { MemoryStore } from '../src/store/memory.ts';

const METRICS = `go_goroutines 8
go_memstats_heap_alloc_bytes 4e+06
go_memstats_next_gc_bytes 8e+06
process_start_time_seconds 1.7e+09
`;
const SHORT = { gaugeIntervalMillis: 5 };
const LONG = { gaugeIntervalMillis: HOUR_MILLIS };

/** A source that answers at once and tells when it has been asked so often. */
function countingSource(clock: LiveClock) {
  let asked = 0;
  let tell: () => void = () => undefined;
  const source: TargetSource = {
    fetchGauges: () => {
      asked++;
      tell();
      const bytes = new TextEncoder().encode(METRICS);
      const evidence = { kind: 'metrics' as const, atMillis: clock.now(), bytes };
      const outcome: FetchOutcome = {
        kind: 'ok',
        request: 'metrics',
        evidence,
        tookMillis: 1,
        receivedBytes: bytes.length,
      };
      return Promise.resolve([outcome]);
    },
    fetchProfile: () => Promise.reject(new Error('no profile is wanted this early')),
  };
  const askedTimes = async (times: number) => {
    while (asked < times) await new Promise<void>((resolve) => (tell = resolve));
  };
  return { source, askedTimes, asked: () => asked };
}

describe('a running watch', () => {
  let watch: Watch | null = null;
  afterEach(() => watch?.close());

  const start = (services: Record<string, { gaugeIntervalMillis: number }>) => {
    const clock = new LiveClock();
    const settings = { ...DEFAULT_SETTINGS, ...LONG, services: new Map(Object.entries(services)) };
    const talk = { info: () => undefined, warn: () => undefined };
    const running = new Watch({ clock, store: new MemoryStore(), talk, settings, random: () => 0 });
    watch = running;
    const add = async (service: string) => {
      const counting = countingSource(clock);
      const target = { service, instance: 'a:1' };
      await running.addTarget({ target, module: null, memoryLimitBytes: null, source: counting.source });
      return counting;
    };
    return { running, settings, add };
  };

  it('asks each service at its own interval', async () => {
    const { add } = start({ quick: SHORT });
    const slow = await add('slow');
    const quick = await add('quick');
    await quick.askedTimes(5);
    expect(slow.asked()).toBeLessThanOrEqual(1);
  });

  it('takes new intervals up at once, and keeps what it knows', async () => {
    const { running, settings, add } = start({});
    const slow = await add('slow');
    await slow.askedTimes(1);
    await running.updateIntervals({ ...settings, services: new Map([['slow', SHORT]]) });
    const since = running.targets()[0]?.firstEvidenceAt;
    await slow.askedTimes(5);
    expect(since).not.toBeNull();
    expect(running.targets()[0]?.firstEvidenceAt).toBe(since);
  });

  it('holds services against plain thresholds, as they are set for each, and claims no leak by it', async () => {
    const clock = new ReplayClock({ originMillis: 0, scale: 1 });
    const off = {
      growthPercent: null,
      growthBytesPerHour: null,
      nativeBytes: null,
      windowMillis: HOUR_MILLIS,
    };
    const settings = {
      ...DEFAULT_SETTINGS,
      thresholds: off,
      services: new Map([['orders', { thresholds: { growthPercent: 20 } }]]),
    };
    const talk = { info: () => undefined, warn: () => undefined };
    const running = new Watch({ clock, store: new MemoryStore(), talk, settings, random: () => 0 });
    watch = running;
    const feed = async (service: string) => {
      const target = { service, instance: 'a:1' };
      const watched = await running.addTarget({ target, module: null, memoryLimitBytes: null, source: null });
      for (let minute = 0; minute <= 80; minute++) {
        const bytes = new TextEncoder().encode(
          `go_gc_heap_live_bytes ${minute < 45 ? 1e8 : 1.3e8}\ngo_gc_cycles_total_gc_cycles_total ${minute}\n`,
        );
        const atMillis = minute * MINUTE_MILLIS;
        await running.feed(watched, { kind: 'metrics', atMillis, bytes });
      }
      clock.moveTo(80 * MINUTE_MILLIS);
      running.finishFeed(watched, 80 * MINUTE_MILLIS);
    };
    await feed('orders');
    await feed('cart');
    const [orders, ...others] = running.measured();
    expect(others).toEqual([]);
    expect(orders).toMatchObject({
      target: { service: 'orders' },
      thresholds: { ...off, growthPercent: 20 },
    });
    expect(orders?.measures?.growth?.percent).toBeCloseTo(30, 5);
    expect(running.incidents()).toEqual([]);
    clock.moveTo(3 * HOUR_MILLIS);
    expect(running.measured()[0]?.measures).toBeNull();
    await running.updateIntervals({ ...settings, services: new Map() });
    expect(running.measured()).toEqual([]);
  });

  it('ends a target without a word to the others, and its counters stay', async () => {
    const { running, add } = start({ one: SHORT, two: SHORT });
    const [one, two] = [await add('one'), await add('two')];
    await Promise.all([one.askedTimes(3), two.askedTimes(3)]);
    const before = running.counters().scrapes;
    expect(await running.removeTarget('one/a:1')).toBe(true);
    expect(await running.removeTarget('one/a:1')).toBe(false);
    const ended = one.asked();
    await two.askedTimes(two.asked() + 3);
    expect(one.asked()).toBe(ended);
    expect(running.targets().map(({ service }) => service)).toEqual(['two']);
    expect(running.counters().scrapes).toBeGreaterThanOrEqual(before);
  });

  it('takes a target up again with its history', async () => {
    const { running, add } = start({ one: SHORT });
    const one = await add('one');
    await one.askedTimes(3);
    const since = running.targets()[0]?.firstEvidenceAt;
    await running.removeTarget('one/a:1');
    await add('one');
    expect(running.targets()[0]?.firstEvidenceAt).toBe(since);
  });
});
