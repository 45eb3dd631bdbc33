// Puts the durable store together: lock, raw profiles, engine (or a URL), tables. What was opened is closed again
// in reverse order, also when a later step fails.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PlimsollError } from '../base/errors.ts';
import { MINUTE_MILLIS } from '../base/units.ts';
import { BlobStore } from './blobs.ts';
import { ClickHouseLink, fixedAddress, type AddressBook } from './clickhouse-link.ts';
import { ClickHouseStore } from './clickhouse.ts';
import { Engine } from './engine/engine.ts';
import { lockDataFolder } from './lock.ts';
import { migrate } from './migrate.ts';
import type { OpenStoreOptions, OpenedStore } from './opened-store.ts';
import { DEFAULT_RETENTION, type Retention } from './retention.ts';
import { tableDays } from './tables.ts';

/** How often raw profiles past retention are looked for. */
const SWEEP_MILLIS = 10 * MINUTE_MILLIS;

/** See openStore. */
export async function openDurableStore(options: OpenStoreOptions): Promise<OpenedStore> {
  const retention: Retention = { ...DEFAULT_RETENTION, ...options.retention };
  const undo: (() => Promise<void>)[] = [];
  const closeAll = async () => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  };
  try {
    await makeDataFolder(options.dataDir);
    const lock = await lockDataFolder(options.dataDir);
    undo.push(() => lock.release());
    const blobs = await BlobStore.open(join(options.dataDir, 'blobs'), {
      ageMillis: retention.blobAgeMillis,
      totalBytes: retention.blobTotalBytes,
    });
    const engine = options.kind === 'chdb' ? await Engine.start({ dataDir: options.dataDir }) : null;
    if (engine !== null) undo.push(() => engine.stop());
    const link = new ClickHouseLink(engine ?? addressOf(options));
    undo.push(() => link.close());
    await migrate(link, tableDays(retention));
    const store = await ClickHouseStore.open(link, blobs, () => ({
      kind: options.kind,
      where: engine === null ? link.where : options.dataDir,
      enginePid: engine?.pid ?? null,
      engineVersion: engine?.version ?? null,
      engineRestarts: engine?.restarts ?? 0,
      blobBytes: blobs.totalBytes,
      dropped: 0,
    }));
    store.onClose(closeAll);
    keepSwept(store, blobs, undo);
    return store;
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Once for what an earlier life left behind, then now and then for what has become too old. */
function keepSwept(store: ClickHouseStore, blobs: BlobStore, undo: (() => Promise<void>)[]): void {
  // A blob that is there at start and has no row in the index was never acknowledged.
  let running = store.sweep(Date.now(), blobs.ids()).catch(() => undefined);
  const timer = setInterval(() => {
    running = running.then(() => store.sweep(Date.now(), [])).catch(() => undefined);
  }, SWEEP_MILLIS);
  timer.unref();
  undo.push(async () => {
    clearInterval(timer);
    await running;
  });
}

function addressOf(options: OpenStoreOptions): AddressBook {
  if (options.url) return fixedAddress(options.url);
  throw new PlimsollError('CONFIG_INVALID', 'store', 'is needed for a ClickHouse store', {
    field: 'storage.url',
  });
}

async function makeDataFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new PlimsollError('STORE_FAILED', 'store', 'cannot be made', { where: dir }, error);
  }
}
