// Raw profiles on disk, as received. Written under a draft name, synced, renamed: a name that can be seen is whole
// and durable.
//
//     blobs/3f/3fa9...e1        named by content (profile-id.ts)
//     blobs/3f/.draft-3fa9...   being written; removed at start
import { mkdir, open, readFile, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { PlimsollError } from '../base/errors.ts';
import type { Bytes, Millis } from '../base/units.ts';

/** Names kept in memory, about 100 bytes each: 2 GiB of profiles of 10 KiB. */
const MAX_BLOBS = 200_000;

export interface BlobLimits {
  readonly ageMillis: Millis;
  readonly totalBytes: Bytes;
}

interface BlobInfo {
  readonly sizeBytes: Bytes;
  /** Wall clock. */
  readonly savedAtMillis: Millis;
}

export class BlobStore {
  readonly #dir: string;
  readonly #limits: BlobLimits;
  /** Oldest first. */
  readonly #blobs = new Map<string, BlobInfo>();
  readonly #saving = new Map<string, Promise<void>>();
  #totalBytes = 0;

  private constructor(dir: string, limits: BlobLimits) {
    this.#dir = dir;
    this.#limits = limits;
  }

  /** Opens the folder, removes drafts of a life that ended in the middle, and counts what is there. */
  static async open(dir: string, limits: BlobLimits): Promise<BlobStore> {
    const store = new BlobStore(dir, limits);
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const found: [string, BlobInfo][] = [];
    for (const shard of await readdir(dir)) {
      if (!/^[0-9a-f]{2}$/.test(shard)) continue;
      for (const name of await readdir(join(dir, shard))) {
        const path = join(dir, shard, name);
        if (name.startsWith('.draft-')) await rm(path, { force: true });
        if (!isBlobId(name)) continue;
        const info = await stat(path);
        found.push([name, { sizeBytes: info.size, savedAtMillis: info.mtimeMs }]);
      }
    }
    found.sort((a, b) => a[1].savedAtMillis - b[1].savedAtMillis);
    for (const [id, info] of found) store.#add(id, info);
    return store;
  }

  /** Names at hand, oldest first. */
  ids(): readonly string[] {
    return [...this.#blobs.keys()];
  }

  get totalBytes(): Bytes {
    return this.#totalBytes;
  }

  /**
   * Resolves when the bytes are on disk under their name. Saving a blob again only makes it young again.
   * @throws PlimsollError STORE_FAILED (disk full, permissions).
   */
  async save(id: string, bytes: Uint8Array): Promise<void> {
    const running = this.#saving.get(id);
    if (running !== undefined) return running;
    const saving = this.#write(id, bytes).finally(() => this.#saving.delete(id));
    this.#saving.set(id, saving);
    return saving;
  }

  /** null when it was never here or is past retention. */
  async read(id: string): Promise<Uint8Array | null> {
    if (!isBlobId(id)) return null;
    try {
      return new Uint8Array(await readFile(this.#path(id)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw new PlimsollError('STORE_FAILED', 'store', 'cannot be read', { where: this.#path(id) }, error);
    }
  }

  async remove(id: string): Promise<void> {
    const info = this.#blobs.get(id);
    if (info === undefined) return;
    await rm(this.#path(id), { force: true });
    if (this.#blobs.delete(id)) this.#totalBytes -= info.sizeBytes;
  }

  /** Removes what is too old by the wall clock, and the oldest while there is too much. Returns how many went. */
  async applyRetention(nowMillis: Millis): Promise<number> {
    let removed = 0;
    for (const [id, info] of [...this.#blobs]) {
      const isTooOld = nowMillis - info.savedAtMillis > this.#limits.ageMillis;
      const isTooMuch = this.#totalBytes > this.#limits.totalBytes || this.#blobs.size > MAX_BLOBS;
      if (!isTooOld && !isTooMuch) break;
      await this.remove(id);
      removed++;
    }
    return removed;
  }

  /** Throws when a blob could not be written now. */
  async probe(): Promise<void> {
    const path = join(this.#dir, '.probe');
    try {
      await writeDurably(path, new Uint8Array(1));
    } catch (error) {
      throw new PlimsollError('STORE_FAILED', 'store', 'cannot be written', { where: this.#dir }, error);
    }
  }

  async #write(id: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(id);
    const savedAtMillis = Date.now();
    try {
      const isHere = this.#blobs.has(id) && (await touch(path, savedAtMillis));
      if (!isHere) await this.#writeNew(id, bytes);
    } catch (error) {
      throw new PlimsollError('STORE_FAILED', 'store', 'cannot be written', { where: path }, error);
    }
    this.#add(id, { sizeBytes: bytes.length, savedAtMillis });
    if (this.#totalBytes > this.#limits.totalBytes) await this.applyRetention(savedAtMillis);
  }

  async #writeNew(id: string, bytes: Uint8Array): Promise<void> {
    const shard = join(this.#dir, id.slice(0, 2));
    await mkdir(shard, { recursive: true, mode: 0o700 });
    const draft = join(shard, `.draft-${id}`);
    try {
      await writeDurably(draft, bytes);
      await rename(draft, this.#path(id));
    } catch (error) {
      // On a full disk a half-written draft would keep it full.
      await rm(draft, { force: true });
      throw error;
    }
    await syncFolder(shard);
    await syncFolder(this.#dir);
  }

  #add(id: string, info: BlobInfo): void {
    this.#totalBytes += info.sizeBytes - (this.#blobs.get(id)?.sizeBytes ?? 0);
    // Deleted first: a Map keeps the place of a key that is set again, and youngest must be last.
    this.#blobs.delete(id);
    this.#blobs.set(id, info);
  }

  #path(id: string): string {
    return join(this.#dir, id.slice(0, 2), id);
  }
}

function isBlobId(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name);
}

/** false when somebody removed the file. */
async function touch(path: string, atMillis: Millis): Promise<boolean> {
  try {
    await utimes(path, atMillis / 1000, atMillis / 1000);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A rename is durable only when its folder is. */
async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
