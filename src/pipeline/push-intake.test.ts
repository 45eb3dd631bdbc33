import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../store/memory.ts';
import { encodeProfile } from '../pprof/encode-proto.ts';
import { drawProfile } from '../testing/drawn-profile.ts';
import { ReplayClock } from './clock.ts';
import { PushIntake, type PushMessage } from './push-intake.ts';
import { Watch } from './watch.ts';

const MINUTE = 60_000;

function heap(samples: string): Uint8Array {
  return encodeProfile(
    drawProfile(`
      types alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes
      period space/bytes 524288
      ${samples}
    `),
  );
}

function message(labels: Record<string, string>, bytes: Uint8Array): PushMessage {
  return {
    labels: new Map(Object.entries(labels)),
    app: 'orders',
    profile: 'heap',
    bytes,
    allocations: 'since-last',
    fromMillis: null,
    untilMillis: null,
  };
}

function setUp(maxTargets = 500) {
  const clock = new ReplayClock({ originMillis: 0, scale: 1 });
  clock.moveTo(1_700_000_000_000);
  let steady = 0;
  const said: string[] = [];
  const talk = { info: (text: string) => void said.push(text), warn: (text: string) => void said.push(text) };
  const settings = {
    gaugeIntervalMillis: 15_000,
    profileIntervalMillis: 10 * MINUTE,
    diagnosticProfileIntervalMillis: MINUTE,
    services: new Map(),
    sourceDirs: [],
  };
  const watch = new Watch({ clock, store: new MemoryStore(), talk, settings, random: () => 0 });
  const intake = new PushIntake({ watch, clock, talk, steady: () => steady, maxTargets });
  const wait = (millis: number) => {
    steady += millis;
    clock.moveTo(clock.now() + millis);
  };
  return { watch, intake, wait, said };
}

describe('pushed profiles', () => {
  it('make a target of each process, told apart by its labels', async () => {
    const { watch, intake, wait } = setUp();
    await intake.take(message({ pod: 'a', zone: 'eu/1' }, heap('main > keep = 1 64 1 64')));
    wait(1000);
    await intake.take(message({ pod: 'b' }, heap('main > keep = 1 64 1 64')));
    expect(watch.targets()).toMatchObject([
      { service: 'orders', instance: 'a', state: 'up', labels: { pod: 'a', zone: 'eu/1' } },
      { service: 'orders', instance: 'b', state: 'up' },
    ]);
    await watch.close();
  });

  it('tell the live heap each time, and are kept only as often as profiles are wanted', async () => {
    const { watch, intake, wait } = setUp();
    for (let i = 0; i < 60 * 4; i++) {
      await intake.take(message({ pod: 'a' }, heap(`main > keep = 1 64 ${1000 + i} ${64 * (1000 + i)}`)));
      wait(15_000);
    }
    const kept = await watch.profiles('orders', 'a');
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(10);
    const series = await watch.series('orders', 'a', {
      fromMillis: 0,
      toMillis: watch.now(),
      maxPoints: 1000,
      gauges: ['profileLiveBytes'],
    });
    expect(JSON.stringify(series)).toContain(String(64 * 1239));
    await watch.close();
  });

  it('begin a new life when one of them holds all allocations again', async () => {
    const { watch, intake, wait } = setUp();
    const push = (samples: string, fromMillis: number) =>
      intake.take({ ...message({ pod: 'a' }, heap(samples)), fromMillis, untilMillis: fromMillis + 15_000 });
    const start = 1_700_000_000_000;
    await push('main > keep = 9 576 9 576', start - 15_000);
    wait(15_000);
    await push('main > keep = 1 64 10 640', start);
    wait(15_000);
    await push('main > keep = 2 128 2 128', start + 15_000);
    expect(watch.targets()).toMatchObject([{ restarts: 1 }]);
    await watch.close();
  });

  it('say so when two processes push under one name', async () => {
    const { watch, intake, wait } = setUp();
    for (const fromMillis of [0, 7_000, 15_000]) {
      const bytes = heap('main > keep = 1 64 100 6400');
      await intake.take({ ...message({}, bytes), fromMillis, untilMillis: fromMillis + 15_000 });
      wait(7_500);
    }
    expect(watch.report('orders')?.warnings?.join()).toMatch(/two processes push under one name/);
    await watch.close();
  });

  it('are bounded in number of processes and in rate', async () => {
    const { watch, intake, wait } = setUp(2);
    const bytes = heap('main > keep = 1 64 1 64');
    await intake.take(message({ pod: 'a' }, bytes));
    await expect(intake.take(message({ pod: 'a' }, bytes))).rejects.toThrow(/more often/);
    await intake.take(message({ pod: 'b' }, bytes));
    await expect(intake.take(message({ pod: 'c' }, bytes))).rejects.toThrow(/2 processes push already/);
    wait(2 * 60 * MINUTE);
    await intake.take(message({ pod: 'c' }, bytes));
    expect(watch.targets().map(({ instance }) => instance)).toEqual(['b', 'c']);
    await watch.close();
  });

  it('are missed when they stop', async () => {
    const { watch, intake, wait, said } = setUp();
    await intake.take(message({ pod: 'a' }, heap('main > keep = 1 64 1 64')));
    wait(6 * MINUTE);
    intake.noticeSilence();
    intake.noticeSilence();
    expect(watch.targets()).toMatchObject([{ state: 'down' }]);
    expect(said.filter((text) => text.includes('nothing was pushed'))).toHaveLength(1);
    await watch.close();
  });

  it('are refused where the process is scraped for profiles already', async () => {
    const { watch, intake } = setUp();
    await watch.addTarget({
      target: { service: 'orders', instance: 'a' },
      module: null,
      memoryLimitBytes: null,
      source: null,
      announced: [{ request: 'profile:heap', where: 'http://a/debug/pprof', state: 'waiting' }],
    });
    await expect(intake.take(message({ pod: 'a' }, heap('main > keep = 1 64 1 64')))).rejects.toThrow(
      /scraping/,
    );
    await watch.close();
  });
});
