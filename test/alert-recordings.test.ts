// Recordings of days, played through a watch with a desk of alerts: restarts, a version that mends the leak, one that brings it back,
// and a fleet that has it everywhere. The recordings are drawn by leakbench, the same on every machine.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { drawWaterline } from '../src/alert/picture/draw-waterline.ts';
import { HOUR_MILLIS, MINUTE_MILLIS, type Millis } from '../src/base/units.ts';
import { DEFAULT_SETTINGS } from '../src/config/load-config.ts';
import type { RawEvidence } from '../src/model/raw-evidence.ts';
import { ReplayClock } from '../src/pipeline/clock.ts';
import { Watch } from '../src/pipeline/watch.ts';
import type { WatchedTarget } from '../src/pipeline/watched-target.ts';
import { openRecording, type Recording } from '../src/recording/read-recording.ts';
import { MemoryStore } from '../src/store/memory.ts';
import { openDesk } from '../src/testing/open-desk.ts';
import { ROOT } from './built-cli.ts';

interface Series {
  readonly fromMillis: Millis;
  readonly toMillis: Millis;
  readonly timeMillis: Float64Array;
  readonly columns: ReadonlyMap<string, Float64Array>;
}
type Draw = (
  kind: object,
  seed: number,
  span: { readonly days: number; readonly stepMillis: Millis },
) => Series;

const load = async (path: string): Promise<unknown> =>
  import(/* @vite-ignore */ pathToFileURL(join(ROOT, 'leakbench', path)).href);
const { KINDS } = (await load('lib/kinds.mjs')) as { KINDS: readonly { readonly name: string }[] };
const { drawSeries, drawHealthyTwin } = (await load('lib/series.mjs')) as Record<string, Draw>;
const { writeRecording } = (await load('generate.mjs')) as {
  writeRecording: (series: Series, folder: string) => void;
};

const SPAN = { days: 2, stepMillis: 15 * MINUTE_MILLIS };
/** Leaks 4 MiB an hour; its process is restarted after 26 hours. */
const SEED = 7;
const RESTART_HOURS = 26;
/** Each judged by itself, which takes its time; what 200 incidents become is in src/pipeline/alert-desk.test.ts. */
const REPLICAS = 50;

let folder = '';
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'plimsoll-alert-recordings-'))));
afterAll(() => rm(folder, { recursive: true }));

/** The first hours of a series, some hours later. */
function part(series: Series, hours: number, laterHours: number): Series {
  const rows = (hours * HOUR_MILLIS) / SPAN.stepMillis;
  const later = (column: Float64Array) => column.map((at) => at + laterHours * HOUR_MILLIS);
  const columns = new Map([...series.columns].map(([name, column]) => [name, column.slice(0, rows)]));
  columns.set('processStartMillis', later(columns.get('processStartMillis') ?? new Float64Array()));
  const timeMillis = later(series.timeMillis.slice(0, rows));
  const [fromMillis = 0, toMillis = 0] = [timeMillis[0], timeMillis.at(-1)];
  return { ...series, fromMillis, toMillis, timeMillis, columns };
}

let recordings = 0;
async function record(series: Series): Promise<Recording> {
  const path = join(folder, String(++recordings));
  writeRecording(series, path);
  return openRecording(path);
}

/** As the process says it in what it exports. */
function withVersion(evidence: RawEvidence, version: string): RawEvidence {
  if (evidence.kind !== 'metrics') return evidence;
  const line = `go_build_info{path="example.com/orders",version="${version}"} 1\n`;
  return { ...evidence, bytes: Buffer.concat([evidence.bytes, Buffer.from(line)]) };
}

/** A watch with a desk of alerts, in virtual time. */
function open(startMillis: Millis) {
  const clock = new ReplayClock({ originMillis: startMillis, scale: 1 });
  const talk = { info: () => undefined, warn: () => undefined };
  const watch = new Watch({
    clock,
    store: new MemoryStore(),
    talk,
    settings: DEFAULT_SETTINGS,
    random: () => 0,
  });
  const { desk, notices, lookWhenActive, end } = openDesk(watch);
  return {
    watch,
    add: (instance: string) =>
      watch.addTarget({
        target: { service: 'orders', instance },
        module: null,
        memoryLimitBytes: null,
        source: null,
      }),
    /** One recording, in each of these instances, of the version that runs there. */
    play: async (recording: Recording, versions: ReadonlyMap<WatchedTarget, string>) => {
      for await (const evidence of recording.evidence()) {
        clock.moveTo(evidence.atMillis);
        for (const [target, version] of versions) await watch.feed(target, withVersion(evidence, version));
        await lookWhenActive();
      }
    },
    told: async () => {
      while (desk.sinks().some(({ waiting }) => waiting > 0)) await new Promise(setImmediate);
      return notices;
    },
    close: async () => {
      await end();
      await watch.close();
    },
  };
}

describe('recordings of days, played through a watch with alerts', () => {
  const kind = KINDS.find(({ name }) => name === 'leak under deploys') ?? {};
  const leaking = drawSeries(kind, SEED, SPAN);
  const mended = { ...leaking, ...drawHealthyTwin(kind, SEED, SPAN) };
  const hourOf = (at: Millis) => (at - leaking.fromMillis) / HOUR_MILLIS;
  let opened: ReturnType<typeof open> | null = null;
  afterEach(async () => {
    await opened?.close();
    opened = null;
  });

  it('a restart ends no leak, the version that mends it does, and a later one brings it back into the same alert', async () => {
    opened = open(leaking.fromMillis);
    const target = await opened.add('10.0.0.7:8080');
    for (const [version, series, hours, fromHour] of [
      ['v1.4.2', leaking, 40, 0],
      ['v1.5.0', mended, 10, 40],
      ['v1.6.0', leaking, 10, 50],
    ] as const)
      await opened.play(await record(part(series, hours, fromHour)), new Map([[target, version]]));

    const notices = await opened.told();
    const steps = notices.map(
      ({ kind: what, labels, at }) => `${what} ${labels['version'] ?? ''} ${hourOf(at).toFixed()} h`,
    );
    expect(steps).toEqual([
      'opened v1.4.2 5 h',
      'repeated v1.4.2 29 h',
      'resolved v1.5.0 47 h',
      'regressed v1.6.0 55 h',
    ]);
    expect(new Set(notices.map(({ fingerprint }) => fingerprint)).size).toBe(1);
    // What grows goes along, for the picture: over the restart it falls, and rises again.
    const curve = notices[1]?.curve;
    const known = (curve?.value ?? []).filter((value) => value !== null);
    expect(curve).toMatchObject({ of: 'live heap', unit: 'bytes' });
    expect(known.length).toBeGreaterThan(50);
    expect(Math.max(...known)).toBeGreaterThan(1.5 * Math.min(...known));
    expect(curve && drawWaterline(curve)).not.toBeNull();
    const [incident, ...others] = opened.watch.incidents();
    expect(others).toEqual([]);
    expect(incident?.history.map(({ what }) => what)).toEqual(['opened', 'resolved', 'regressed']);
    // It was open before the restart and at the repetition after it, with nothing told between the two.
    expect(hourOf(notices[0]?.at ?? 0)).toBeLessThan(RESTART_HOURS);
    expect(hourOf(notices[1]?.at ?? 0)).toBeGreaterThan(RESTART_HOURS);
  }, 60_000);

  it('one leak in fifty replicas of two versions is one message', async () => {
    opened = open(leaking.fromMillis);
    const replicas = new Map<WatchedTarget, string>();
    for (let i = 0; i < REPLICAS; i++)
      replicas.set(await opened.add(`10.0.0.${i}:8080`), i % 3 === 0 ? 'v1.4.1' : 'v1.4.2');
    await opened.play(await record(part(leaking, 6, 0)), replicas);
    const notices = await opened.told();
    expect(opened.watch.incidents()).toHaveLength(REPLICAS);
    expect(notices.map(({ kind: what }) => what)).toEqual(['opened']);
    const facts = new Map(notices[0]?.message.facts.map(({ name, value }) => [name, value]));
    expect(facts.get('Instances')).toBe(
      `${REPLICAS}: 10.0.0.0:8080, 10.0.0.10:8080, 10.0.0.11:8080 and ${REPLICAS - 3} more`,
    );
    expect(notices[0]?.labels['version']).toBeUndefined();
  }, 60_000);
});
