// What must hold when processes die. Real processes, real kill -9.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { BATCH_ROWS, batchBytes, batchRows } from '../testing/store-batches.ts';
import { CACHE_DIR, bundleStoreWriter } from '../testing/bundle-store-writer.ts';
import { skipNote, whyNoChdb } from '../testing/why-no-chdb.ts';
import { ClickHouseLink } from './clickhouse-link.ts';
import { Engine } from './engine/engine.ts';
import { openStore } from './open.ts';
import type { OpenedStore } from './opened-store.ts';

const ALWAYS = { fromMillis: 0, toMillis: Infinity };
const reason = whyNoChdb();

interface Line {
  readonly opened?: number;
  readonly engine?: number;
  readonly closed?: number;
  readonly code?: string;
  readonly message?: string;
  readonly acknowledged?: number;
  readonly profile?: string;
  readonly key?: string;
  readonly batch?: number;
}

/** A store in a process of its own, and what it has said so far. */
class Writer {
  readonly child: ChildProcess;
  readonly lines: Line[] = [];
  readonly exited: Promise<unknown>;
  readonly #ended: Promise<unknown>;

  constructor(script: string, mode: 'hold' | 'write', dataDir: string) {
    // Detached: a process group of its own, so that the kill reaches the engine as well and not this test.
    this.child = spawn(process.execPath, [script, mode, dataDir], {
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.exited = once(this.child, 'exit');
    if (this.child.stdout === null) throw new Error('no pipe');
    const reader = createInterface({ input: this.child.stdout });
    reader.on('line', (line) => this.lines.push(JSON.parse(line) as Line));
    this.#ended = once(reader, 'close');
  }

  async until(found: (line: Line) => boolean): Promise<Line> {
    return vi.waitUntil(() => this.lines.find(found), { timeout: 30_000, interval: 5 });
  }

  async killGroup(): Promise<void> {
    if (this.child.pid !== undefined) process.kill(-this.child.pid, 'SIGKILL');
    await Promise.all([this.exited, this.#ended]);
  }

  async end(): Promise<void> {
    this.child.stdin?.end();
    await Promise.all([this.exited, this.#ended]);
  }
}

describe.skipIf(reason)(`a durable store${skipNote(reason)}`, () => {
  let script = '';
  let dataDir = '';
  const writers: Writer[] = [];
  const stores: OpenedStore[] = [];

  const start = (mode: 'hold' | 'write', from = script) => {
    const writer = new Writer(from, mode, dataDir);
    writers.push(writer);
    return writer;
  };
  const open = async () => {
    const store = await openStore({ kind: 'chdb', dataDir });
    stores.push(store);
    return store;
  };

  beforeAll(async () => {
    await mkdir(CACHE_DIR, { recursive: true });
    script = await bundleStoreWriter(join(CACHE_DIR, `store-writer-${process.pid}`));
    return () => rm(join(CACHE_DIR, `store-writer-${process.pid}`), { recursive: true, force: true });
  });
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'plimsoll-durable-'));
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    for (const writer of writers.splice(0)) {
      if (writer.child.exitCode === null && writer.child.signalCode === null) await writer.killGroup();
    }
    await rm(dataDir, { recursive: true, force: true });
  });

  it('has everything that was acknowledged and no part of a batch after each of three kill -9', async () => {
    const acknowledged: Line[] = [];
    for (const batches of [3, 10, 25]) {
      const writer = start('write');
      await writer.until((line) => line.acknowledged === batches);
      await writer.killGroup();
      acknowledged.push(...writer.lines.filter((line) => line.key !== undefined));
    }
    const store = await open();
    const counts = new Map<string, number>();
    for (const line of acknowledged) {
      const key = line.key ?? '';
      if (line.profile !== undefined) {
        const read = await store.readProfile(line.profile);
        expect(read && Buffer.from(read.bytes).equals(batchBytes(line.batch ?? 0)), line.profile).toBe(true);
        continue;
      }
      counts.set(key, (await store.readGauges(key, ALWAYS, 1000)).timeMillis.length);
      expect((await store.listEvents(key, ALWAYS)).length, key).toBe(1);
    }
    expect(counts.size).toBeGreaterThanOrEqual(3 + 10 + 25);
    expect([...new Set(counts.values())]).toEqual([BATCH_ROWS]);
    // The batch that was under way when the kill came: all of it or nothing.
    for (const writer of writers) {
      const last = Math.max(...writer.lines.map((line) => line.acknowledged ?? -1)) + 1;
      const rows = (await store.readGauges(`life-${writer.child.pid}/${last}`, ALWAYS, 1000)).timeMillis
        .length;
      expect([0, BATCH_ROWS]).toContain(rows);
    }
  });

  it('keeps incidents and targets over an orderly end, and leaves neither lock nor process', async () => {
    const first = await open();
    await first.saveTarget({ service: 'orders', instance: 'a:1' }, Date.now());
    await first.saveGauges('orders/a:1', batchRows());
    const enginePid = first.describe().enginePid ?? 0;
    expect(first.describe()).toMatchObject({ kind: 'chdb', where: dataDir, engineRestarts: 0 });
    expect(first.describe().engineVersion).toMatch(/^\d+\.\d+/);
    await first.close();
    expect(enginePid).toBeGreaterThan(0);
    expect(isRunning(enginePid)).toBe(false);
    expect(await readdir(join(dataDir, 'lock'))).toEqual([]);

    const second = await open();
    expect(await second.listTargets()).toEqual([{ service: 'orders', instance: 'a:1' }]);
    expect((await second.readGauges('orders/a:1', ALWAYS, 1000)).timeMillis.length).toBe(BATCH_ROWS);
  });

  it('works again at the next call when the engine was killed, with all that was acknowledged', async () => {
    const store = await open();
    await store.saveGauges('crash/before', batchRows());
    const enginePid = store.describe().enginePid ?? 0;
    process.kill(enginePid, 'SIGKILL');
    await store.saveGauges('crash/after', batchRows());
    expect((await store.readGauges('crash/before', ALWAYS, 1000)).timeMillis.length).toBe(BATCH_ROWS);
    expect((await store.readGauges('crash/after', ALWAYS, 1000)).timeMillis.length).toBe(BATCH_ROWS);
    expect(store.describe()).toMatchObject({ engineRestarts: 1 });
    expect(store.describe().enginePid).not.toBe(enginePid);
  });

  it('loses no call that was under way when the engine was killed', async () => {
    const store = await open();
    const keys = Array.from({ length: 40 }, (_, at) => `flight/${at}`);
    const writes: Promise<void>[] = [];
    for (const [at, key] of keys.entries()) {
      writes.push(store.saveGauges(key, batchRows()));
      if (at % 10 === 9) await writes[at - 9];
      if (at === 25) process.kill(store.describe().enginePid ?? 0, 'SIGKILL');
    }
    await Promise.all(writes);
    for (const key of keys) {
      expect((await store.readGauges(key, ALWAYS, 1000)).timeMillis.length, key).toBe(BATCH_ROWS);
    }
  });

  it('ends the engine when its parent alone is killed', async () => {
    const writer = start('write');
    const { engine } = await writer.until((line) => line.opened !== undefined);
    await writer.until((line) => line.acknowledged === 2);
    writer.child.kill('SIGKILL');
    await writer.exited;
    await vi.waitUntil(() => !isRunning(engine ?? 0), { timeout: 10_000, interval: 10 });
    expect(
      (await (await open()).readGauges(`life-${writer.child.pid}/2`, ALWAYS, 1000)).timeMillis.length,
    ).toBe(BATCH_ROWS);
  });

  it('refuses a second process on one folder, names the first, and lets it in when that one is gone', async () => {
    const first = start('hold');
    await first.until((line) => line.opened !== undefined);

    const second = start('hold');
    await second.exited;
    expect(second.child.exitCode).toBe(3);
    expect(second.lines[0]?.code).toBe('STORE_LOCKED');
    expect(second.lines[0]?.message).toContain(`process ${first.child.pid}`);

    await first.end();
    expect(first.lines.at(-1)).toEqual({ closed: first.child.pid });
    await expect(open()).resolves.toBeDefined();
  });

  it('takes over at once from a process that was killed', async () => {
    const first = start('hold');
    await first.until((line) => line.opened !== undefined);
    await first.killGroup();
    await expect(open()).resolves.toBeDefined();
  });

  it('removes raw bytes that no index row was written for, and keeps the others', async () => {
    const first = await open();
    const bytes = batchBytes(1);
    const kept = await first.saveProfile(
      { target: 'o/x', kind: 'heap', form: 'proto', takenAtMillis: 1, sizeBytes: bytes.length },
      bytes,
    );
    await first.close();
    const orphan = 'ab'.repeat(32);
    await mkdir(join(dataDir, 'blobs', 'ab'), { recursive: true });
    await writeFile(join(dataDir, 'blobs', 'ab', orphan), bytes);
    await writeFile(join(dataDir, 'blobs', 'ab', `.draft-${orphan}`), bytes);

    const second = await open();
    await vi.waitUntil(() => !existsSync(join(dataDir, 'blobs', 'ab', orphan)), { timeout: 10_000 });
    expect(await readdir(join(dataDir, 'blobs', 'ab'))).not.toContain(`.draft-${orphan}`);
    expect(await second.readProfile(kept.id)).not.toBeNull();
  });

  it('says that a profile is damaged whose bytes on disk have changed', async () => {
    const store = await open();
    const bytes = batchBytes(1);
    const { id } = await store.saveProfile(
      { target: 'd/x', kind: 'heap', form: 'proto', takenAtMillis: 1, sizeBytes: bytes.length },
      bytes,
    );
    await writeFile(join(dataDir, 'blobs', id.slice(0, 2), id), 'something else');
    await expect(store.readProfile(id)).rejects.toThrow('damaged');
  });

  it('reaches the same data through a URL, as it would a server', async () => {
    const engine = await Engine.start({ dataDir });
    try {
      const { url, username, password } = await engine.address();
      const withCredentials = url.replace('//', `//${username}:${encodeURIComponent(password)}@`);
      const elsewhere = join(dataDir, 'elsewhere');
      const store = await openStore({ kind: 'clickhouse', url: withCredentials, dataDir: elsewhere });
      await store.saveGauges('url/x', batchRows());
      expect((await store.readGauges('url/x', ALWAYS, 1000)).timeMillis.length).toBe(BATCH_ROWS);
      expect(store.describe().where).toBe(`${url}/`);
      await store.close();
      const wrong = url.replace('//', '//plimsoll:wrong@');
      await expect(openStore({ kind: 'clickhouse', url: wrong, dataDir: elsewhere })).rejects.toMatchObject({
        code: 'STORE_FAILED',
      });
    } finally {
      await engine.stop();
    }
  });

  it('refuses data of a newer program', async () => {
    const first = await open();
    await first.close();
    await withLink((link) => link.insert('schema_versions', ['version', 'what'], [[999, 'from the future']]));
    await expect(open()).rejects.toThrow('has version 999');
    // And it let go of everything: the refusal comes again, not STORE_LOCKED.
    await expect(open()).rejects.toThrow('has version 999');
  });

  it('adds tables and columns that came later to data that is there', async () => {
    await (await open()).close();
    await withLink(async (link) => {
      await link.command('ALTER TABLE plimsoll.gauges DROP COLUMN rssBytes');
      await link.command('DROP TABLE plimsoll.states');
    });
    const store = await open();
    await store.saveState('m/x', '{}');
    expect(await store.readState('m/x')).toBe('{}');
    await store.saveGauges('m/x', batchRows());
    expect((await store.readGauges('m/x', ALWAYS, 1000)).columns.has('rssBytes')).toBe(true);
  });

  it('changes retention of tables that are there when the setting changed', async () => {
    await (await open()).close();
    await (await openStore({ kind: 'chdb', dataDir, retention: { gaugeDays: 3 } })).close();
    const definitions = await withLink((link) =>
      link.rows<{ name: string; days: string }>(
        `SELECT name, extract(create_table_query, 'toIntervalDay\\(([0-9]+)\\)') AS days
         FROM system.tables WHERE database = 'plimsoll' AND days != '' ORDER BY name`,
      ),
    );
    expect(definitions.map(({ name, days }) => `${name} ${days}`)).toEqual([
      'events 90',
      'findings 400',
      'gauges 3',
      'incidents 400',
      'probes 1',
      'profiles 30',
      'sites 30',
      'stacks 37',
      'states 3',
    ]);
  });

  it('lets the last write win after the wall clock was set back between two runs', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      for (const [year, text] of [
        [2030, 'first'],
        [2020, 'second'],
      ] as const) {
        vi.setSystemTime(new Date(Date.UTC(year, 0)));
        const store = await open();
        await store.saveState('clock/x', text);
        await store.close();
      }
      expect(await (await open()).readState('clock/x')).toBe('second');
    } finally {
      vi.useRealTimers();
    }
  });

  it('keeps rows of the past and of the future when parts are merged, and drops those written too long ago', async () => {
    const store = await open();
    const day = 86_400_000;
    for (const [key, fromMillis] of [
      ['t/past', Date.now() - 2000 * day],
      ['t/future', Date.now() + 2000 * day],
    ] as const) {
      const rows = batchRows();
      await store.saveGauges(key, { ...rows, timeMillis: rows.timeMillis.map((_, row) => fromMillis + row) });
    }
    await store.close();
    const left = await withLink(async (link) => {
      await link.command('OPTIMIZE TABLE plimsoll.gauges FINAL');
      await link.insert(
        'gauges',
        ['service', 'instance', 'time', 'savedAt'],
        [['t', 'old', '1700000000.000', '2001-01-01 00:00:00']],
      );
      await link.command('OPTIMIZE TABLE plimsoll.gauges FINAL');
      return link.rows<{ instance: string; rows: number }>(
        'SELECT instance, count() AS rows FROM plimsoll.gauges GROUP BY instance ORDER BY instance',
      );
    });
    expect(left).toEqual([
      { instance: 'future', rows: BATCH_ROWS },
      { instance: 'past', rows: BATCH_ROWS },
    ]);
  });

  async function withLink<T>(work: (link: ClickHouseLink) => Promise<T>): Promise<T> {
    const engine = await Engine.start({ dataDir });
    const link = new ClickHouseLink(engine);
    try {
      return await work(link);
    } finally {
      await link.close();
      await engine.stop();
    }
  }
});

describe('without chDB', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'plimsoll-nochdb-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('says that the engine is missing where the package is not installed', async () => {
    // Outside of the project there is no node_modules to find it in.
    const script = await bundleStoreWriter(join(dir, 'program'));
    const writer = new Writer(script, 'hold', join(dir, 'data'));
    await writer.exited;
    await writer.until((line) => line.code !== undefined);
    expect(writer.lines[0]).toMatchObject({ code: 'STORE_ENGINE_MISSING' });
    expect(writer.child.exitCode).toBe(3);
  });

  it('tells why the engine did not start, with the end of what it printed', async () => {
    const childPath = join(dir, 'broken.mjs');
    await writeFile(childPath, "process.stderr.write('the disk is upside down\\n', () => process.exit(7));");
    const start = Engine.start({ dataDir: dir, childPath });
    await expect(start).rejects.toMatchObject({ code: 'STORE_ENGINE_FAILED' });
    await expect(start).rejects.toThrow(/status 7.*upside down/);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
