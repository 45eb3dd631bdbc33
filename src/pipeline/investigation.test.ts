import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { PRODUCTION_SNAPSHOTS } from '../detect/snapshot-policy.ts';
import type { RawEvidence } from '../model/raw-evidence.ts';
import { drawDump } from '../testing/drawn-dump.ts';
import { DRAWN_START_MILLIS, drawReadings } from '../testing/series-from-text.ts';
import { fixturePath } from '../testing/fixture-profiles.ts';
import { Investigation } from './investigation.ts';
import { ProfileDecoder } from './profile-decoder.ts';

const decoder = new ProfileDecoder();
afterAll(() => decoder.close());

function start(memoryLimitBytes: number | null = null, scale = 1): Investigation {
  return new Investigation({
    target: { service: 'orders', instance: '127.0.0.1:8080' },
    module: null,
    memoryLimitBytes,
    timeMap: { scale, originMillis: 0 },
    decoder,
  });
}

const GOROUTINES: RawEvidence = {
  kind: 'profile',
  profile: 'goroutine',
  form: 'proto',
  atMillis: 60_000,
  bytes: new Uint8Array(readFileSync(fixturePath('goroutine.pb.gz'))),
};

const metrics = (atMillis: number, text: string): RawEvidence => ({
  kind: 'metrics',
  atMillis,
  bytes: new TextEncoder().encode(text),
});

describe('a goroutine profile', () => {
  it('counts goroutines where nothing else does', async () => {
    const { reading, error } = await start().ingest(GOROUTINES);
    expect(error).toBeNull();
    expect(reading?.goroutines).toBeGreaterThan(3);
  });

  it('counts nothing beside an exporter that does', async () => {
    const investigation = start();
    await investigation.ingest(metrics(1000, 'go_goroutines 7\n'));
    expect((await investigation.ingest(GOROUTINES)).reading).toBeNull();
  });

  it('that comes late is no gauge of the past', async () => {
    const investigation = start();
    await investigation.ingest(metrics(90_000, 'go_memstats_heap_alloc_bytes 5\n'));
    expect((await investigation.ingest(GOROUTINES)).reading).toBeNull();
  });
});

describe('a cache that fills evenly', () => {
  it('is called by what it is once its bound was seen, whatever was claimed before', () => {
    const investigation = start(2048 * 1024 * 1024);
    const text =
      'every 1m for 5h seed 3\nload 3000 noise 150\nfloor 4M ramp 20M until 2h48m noise 300k\nrssBytes 30M';
    for (const { atMillis, reading } of drawReadings(text)) {
      investigation.addGauges(atMillis, reading);
      investigation.evaluateUpTo(atMillis);
    }
    const toMillis = DRAWN_START_MILLIS + 5 * 3_600_000;
    const report = investigation.report({ fromMillis: DRAWN_START_MILLIS, toMillis });
    expect(report.verdict).toBe('filling-to-bound');
    expect(report.alarms.every(({ withdrawnAt }) => withdrawnAt !== null)).toBe(true);
  });
});

describe('a dump of all goroutines', () => {
  const DUMP: RawEvidence = {
    ...GOROUTINES,
    form: 'text',
    bytes: drawDump('3 | select, 4 minutes | log.run@/lib/run.go:9 | orders/api.Open@/src/api.go:4'),
  };
  const started = (minute: number, seconds: number) =>
    metrics(minute * 60_000, `go_goroutines 7\nprocess_start_time_seconds ${seconds}\n`);

  it('says who starts them, in the time of the evidence, until the process ends', async () => {
    const investigation = start(null, 60);
    await investigation.ingest(started(0, 1));
    expect(await investigation.ingest(DUMP)).toEqual({ reading: null, error: null });
    const { origins, goroutines } = investigation.profiles;
    expect(origins?.createdBy.map((frame) => frame?.function)).toEqual(['orders/api.Open']);
    expect([...(origins?.longestMinutes ?? [])]).toEqual([240]);
    expect(goroutines).toEqual([]);
    await investigation.ingest(started(2, 100));
    expect(investigation.profiles.origins).toBeNull();
  });

  it('that is damaged is an error, and the one before it stays', async () => {
    const investigation = start();
    await investigation.ingest(DUMP);
    const bytes = new TextEncoder().encode('goroutine 7 [sel');
    const { error } = await investigation.ingest({ ...DUMP, atMillis: 120_000, bytes });
    expect(error?.code).toBe('PROFILE_INVALID');
    expect(investigation.profiles.origins?.takenAtMillis).toBe(60_000);
  });
});

describe('threads', () => {
  it('are those that live, of /proc: go_threads counts all that ever were', async () => {
    const investigation = start();
    const ever = (minute: number) => metrics(minute * 60_000, 'go_threads 50\n');
    await investigation.ingest(ever(1));
    expect(investigation.history.newest('threads')).toBe(50);
    const bytes = new TextEncoder().encode('{"threads":9}');
    await investigation.ingest({ kind: 'proc', atMillis: 120_000, bytes });
    await investigation.ingest(ever(3));
    expect(investigation.history.before('threads')).toBe(9);
  });
});

describe('memory that comes close to its limit', () => {
  const resident = (minute: number, mib: number) =>
    metrics(
      minute * 60_000,
      `process_resident_memory_bytes ${mib * 1048576}\nprocess_start_time_seconds 1\n`,
    );
  const wanted = (investigation: Investigation, minute: number) =>
    investigation.wantedProfiles(minute * 60_000, PRODUCTION_SNAPSHOTS).map(({ kind }) => kind);

  it('is worth one profile of each kind at once, before anything can be judged, and a mark', async () => {
    const investigation = start(100 * 1048576);
    await investigation.ingest(resident(1, 50));
    expect(wanted(investigation, 1)).toEqual([]);
    await investigation.ingest(resident(2, 93));
    expect(wanted(investigation, 2)).toEqual(['heap', 'goroutine']);
    await investigation.ingest({ ...GOROUTINES, atMillis: 2 * 60_000 + 1 });
    expect(wanted(investigation, 3)).toEqual(['heap']);
    expect(investigation.marks.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      'last-gasp: profile at 93 % of the memory limit',
    ]);
  });

  it('is another matter after a restart', async () => {
    const investigation = start(100 * 1048576);
    await investigation.ingest(resident(1, 95));
    const restarted = 'process_resident_memory_bytes 20000000\nprocess_start_time_seconds 100\n';
    await investigation.ingest(metrics(120_000, restarted));
    expect(wanted(investigation, 2)).toEqual([]);
  });
});

describe('a GC trace', () => {
  const line = (minute: number): RawEvidence => ({
    kind: 'log-line',
    atMillis: minute * 60_000,
    bytes: new TextEncoder().encode(
      `gc ${minute + 1} @${minute * 60}s 0%: 1+2+3 ms clock, 1+0/2/0+3 ms cpu, 99->98->${20 + minute} MB, 120 MB goal, 2 P`,
    ),
  });

  it('shows a leak where it is all there is', async () => {
    const investigation = start();
    for (let minute = 0; minute < 180; minute++) {
      investigation.evaluateUpTo(minute * 60_000 - 1);
      await investigation.ingest(line(minute));
    }
    const report = investigation.report({ fromMillis: 0, toMillis: 180 * 60_000 });
    expect(report.verdict).toBe('leak');
    const perHour = report.findings[0]?.growth?.perHour ?? 0;
    expect(perHour / 2 ** 20).toBeGreaterThan(58);
    expect(perHour / 2 ** 20).toBeLessThan(62);
  });

  it('adds nothing where an exporter says the live heap', async () => {
    const investigation = start();
    expect((await investigation.ingest(line(0))).reading).toBeNull();
    await investigation.ingest(metrics(30_000, 'go_memstats_next_gc_bytes 4194304\n'));
    for (let minute = 1; minute < 9; minute++) {
      expect((await investigation.ingest(line(minute))).reading).toBeNull();
    }
    expect(investigation.history.length).toBe(1);
  });
});
