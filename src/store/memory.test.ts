import { describe, expect, it } from 'vitest';
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import {
  MEMORY_EVENTS_PER_TARGET,
  MEMORY_GAUGE_ROWS,
  MEMORY_PROFILE_BYTES,
  MEMORY_SITE_PROFILES,
  MemoryStore,
} from './memory.ts';

const ALWAYS = { fromMillis: 0, toMillis: Infinity };

describe('the bounds of the memory store', () => {
  it('keep the newest gauges', async () => {
    const store = new MemoryStore();
    const rows = MEMORY_GAUGE_ROWS + 5;
    await store.saveGauges('s/i', {
      timeMillis: Float64Array.from({ length: rows }, (_, row) => row),
      columns: new Map([['rssBytes', new Float64Array(rows)]]),
    });
    const read = await store.readGauges('s/i', ALWAYS, rows);
    expect(read.timeMillis[0]).toBe(5);
    expect(read.timeMillis.length).toBe(MEMORY_GAUGE_ROWS);
    expect(store.describe().dropped).toBe(5);
  });

  it('let go of the oldest raw bytes but still know the profile', async () => {
    const store = new MemoryStore();
    const bytes = new Uint8Array(MEMORY_PROFILE_BYTES / 2 - 1);
    const ids: string[] = [];
    for (const takenAtMillis of [1, 2, 3]) {
      const record = {
        target: 's/i',
        kind: 'heap',
        form: 'proto',
        takenAtMillis,
        sizeBytes: bytes.length,
      } as const;
      ids.push((await store.saveProfile(record, bytes)).id);
    }
    expect(await store.readProfile(ids[0] ?? '')).toBeNull();
    expect(await store.readProfile(ids[2] ?? '')).not.toBeNull();
    expect((await store.listProfiles('s/i', 'heap', ALWAYS)).length).toBe(3);
  });

  it('keep the newest site values and events', async () => {
    const store = new MemoryStore();
    const empty = { stacks: [], objectBytes: new Float64Array(), inuseObjects: new Float64Array() };
    const bytes = new Uint8Array(1);
    for (let at = 0; at <= MEMORY_SITE_PROFILES; at++) {
      const record = { target: 's/i', kind: 'heap', form: 'proto', takenAtMillis: at, sizeBytes: 1 } as const;
      const profile = await store.saveProfile(record, bytes);
      await store.saveSites({ profile, ...empty, inuseBytes: new Float64Array() });
    }
    const [first, second] = await store.listProfiles('s/i', 'heap', ALWAYS);
    expect(await store.readSites(first?.id ?? '')).toBeNull();
    expect(await store.readSites(second?.id ?? '')).not.toBeNull();

    const events = Array.from({ length: MEMORY_EVENTS_PER_TARGET + 1 }, (_, at) => at);
    await store.saveEvents(events.map((atMillis) => ({ target: 's/i', atMillis, kind: 'x', text: '' })));
    expect((await store.listEvents('s/i', ALWAYS))[0]?.atMillis).toBe(1);
  });
});

it('opening a memory store loads neither chDB nor its client', async () => {
  const result = await build({
    entryPoints: [fileURLToPath(new URL('./open.ts', import.meta.url))],
    bundle: true,
    splitting: true,
    metafile: true,
    write: false,
    outdir: 'out',
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  const { outputs } = result.metafile;
  const loadedAtOnce = (file: string): string[] =>
    (outputs[file]?.imports ?? [])
      .filter((imported) => imported.kind === 'import-statement')
      .flatMap(({ path, external }) => (external ? [path] : loadedAtOnce(path)));
  expect([...new Set(loadedAtOnce('out/open.js'))].filter((path) => !path.startsWith('node:'))).toEqual([]);
  // The same look at the heavy half does see them: the test can fail.
  const heavy = Object.keys(outputs).find((file) => file.includes('open-durable')) ?? '';
  expect(loadedAtOnce(heavy)).toContain('@clickhouse/client');
});
