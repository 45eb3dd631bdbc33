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
