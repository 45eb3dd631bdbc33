import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import type { Recording } from '../recording/read-recording.ts';
import { drawRecording, drawScrapes } from '../testing/drawn-recording.ts';
import { replayRecordings } from './replay.ts';

interface DrawnReplica {
  readonly instance: string;
  /** As `drawGauges` takes it. */
  readonly text: string;
  readonly service?: string;
  readonly version?: string;
  /** When its recording begins. */
  readonly startHours?: number;
}

function drawReplica({
  instance,
  text,
  service = 'orders',
  version,
  startHours = 0,
}: DrawnReplica): Recording {
  const shiftMillis = startHours * HOUR_MILLIS;
  const manifest = { service, instance, moduleVersion: version ?? null };
  return drawRecording(drawScrapes(text, shiftMillis), { manifest, shiftMillis });
}

/** All end at the same hour: who runs for longer was started earlier. */
const replicaFor = (
  hours: number,
  seed: number,
  more: Partial<DrawnReplica> & { rate?: string } = {},
): DrawnReplica => ({
  instance: `${hours}h-${seed}`,
  startHours: 10 - hours,
  text: `every 2m for ${hours}h seed ${seed}\nload 3000 noise 150\nfloor 64M ${more.rate ?? '+2.6M/h'} noise 900k`,
  ...more,
});

const replay = async (...drawn: DrawnReplica[]) => (await replayRecordings(drawn.map(drawReplica))).report;
const detectedAt = ({ findings }: Awaited<ReturnType<typeof replay>>) =>
  findings.find(({ verdict }) => verdict === 'leak')?.detectedAt ?? null;

describe('recordings of several replicas', () => {
  it('are told what they say together, with an interval around the growth of each', async () => {
    const report = await replay(replicaFor(6, 1), replicaFor(7.5, 2), replicaFor(9.5, 3));
    expect(report.fleet).toMatchObject({ replicas: 3, servicesWatched: 1 });
    const heap = report.fleet?.pooled.find(({ lane }) => lane === 'heap');
    expect(heap).toMatchObject({ replicas: 3, version: null });
    expect(heap?.growth.low).toBeLessThan(2.6 * MIB);
    expect(heap?.growth.high).toBeGreaterThan(2.6 * MIB);
  });

  it('are called earlier than the same process alone, by replicas of other ages', async () => {
    const own = replicaFor(4, 3);
    const alone = detectedAt(await replay(own));
    const among = await replay(own, replicaFor(5.5, 21), replicaFor(7.5, 22), replicaFor(9.9, 23));
    expect(detectedAt(among)).toBeLessThan(alone ?? Infinity);
    expect(among.findings).toHaveLength(1);
  });

  it('say the same in whatever order they are given', async () => {
    const drawn = [replicaFor(4, 3), replicaFor(5.5, 21), replicaFor(7.5, 22)];
    const [one, other] = [await replay(...drawn), await replay(...drawn.reverse())];
    expect(other.findings).toEqual(
      one.findings.map((finding) => ({ ...finding, instances: expect.anything() as unknown })),
    );
    expect(other.alarms).toEqual(one.alarms);
    expect(other.fleet?.pooled[0]?.growth.perHour).toBeCloseTo(
      one.fleet?.pooled[0]?.growth.perHour ?? NaN,
      6,
    );
  });

  it('of two versions are compared', async () => {
    const old = [1, 2, 3].map((seed) => replicaFor(8 + seed / 2, seed, { version: 'v1', rate: '' }));
    const fresh = [4, 5, 6].map((seed) => replicaFor(6 + seed / 10, seed, { version: 'v2', rate: '+4M/h' }));
    const { fleet } = await replay(...old, ...fresh);
    const heap = fleet?.versions.find(({ lane }) => lane === 'heap');
    expect(heap).toMatchObject({ older: 'v1', newer: 'v2' });
    expect(heap?.difference.low).toBeGreaterThan(2 * MIB);
    expect(heap?.difference.high).toBeLessThan(6 * MIB);
  });

  it('of two services are not taken for replicas of each other', async () => {
    const { fleet, findings } = await replay(
      replicaFor(4, 3),
      replicaFor(5.5, 21, { service: 'billing', rate: '' }),
    );
    expect(fleet).toBeUndefined();
    expect(JSON.stringify(findings)).not.toContain('other replicas');
  });
});

describe('a recording whose end lies a million years ahead', () => {
  it('says the same as one that ends with its evidence', async () => {
    const drawn: DrawnReplica = {
      instance: 'a',
      text: 'every 2m for 9h seed 3\nload 3000 noise 150\nfloor 64M +9M/h noise 900k',
    };
    const recording = drawReplica(drawn);
    const late = { ...recording, toMillis: recording.toMillis + 30 * HOUR_MILLIS };
    const never = { ...recording, toMillis: 8.64e15 };
    const [one, other] = [await replayRecordings([late]), await replayRecordings([never])];
    expect(other.report.findings).toEqual(one.report.findings);
    expect(other.report.alarms).toEqual(one.report.alarms);
    expect(one.report.verdict).toBe('leak');
  });
});
