import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { RawEvidence } from '../model/raw-evidence.ts';
import { fixturePath } from '../testing/fixture-profiles.ts';
import { Investigation } from './investigation.ts';
import { ProfileDecoder } from './profile-decoder.ts';

const decoder = new ProfileDecoder();
afterAll(() => decoder.close());

function start(): Investigation {
  return new Investigation({
    target: { service: 'orders', instance: '127.0.0.1:8080' },
    module: null,
    memoryLimitBytes: null,
    timeMap: { scale: 1, originMillis: 0 },
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
