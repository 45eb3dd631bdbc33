import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BlobStore } from './blobs.ts';

const id = (letter: string) => letter.repeat(64);
const bytes = (length: number) => new Uint8Array(length).fill(7);
const LIMITS = { ageMillis: 1000, totalBytes: 100 };

describe('BlobStore', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'plimsoll-blobs-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('knows after a restart what it had, oldest first', async () => {
    const first = await BlobStore.open(dir, LIMITS);
    await first.save(id('a'), bytes(10));
    await first.save(id('b'), bytes(20));
    await utimes(join(dir, 'bb', id('b')), 1, 1);
    const second = await BlobStore.open(dir, LIMITS);
    expect(second.ids()).toEqual([id('b'), id('a')]);
    expect(second.totalBytes).toBe(30);
    expect(await second.read(id('a'))).toEqual(bytes(10));
  });

  it('removes the oldest when there is more than the limit', async () => {
    const store = await BlobStore.open(dir, LIMITS);
    for (const letter of ['a', 'b', 'c']) await store.save(id(letter), bytes(40));
    expect(store.ids()).toEqual([id('b'), id('c')]);
    expect(await store.read(id('a'))).toBeNull();
    expect(store.totalBytes).toBe(80);
  });

  it('removes what is too old, and counts a blob that is saved again as young', async () => {
    const store = await BlobStore.open(dir, LIMITS);
    await store.save(id('a'), bytes(1));
    await store.save(id('b'), bytes(1));
    await store.save(id('a'), bytes(1));
    expect(store.ids()).toEqual([id('b'), id('a')]);
    expect(await store.applyRetention(Date.now())).toBe(0);
    expect(await store.applyRetention(Date.now() + 5000)).toBe(2);
    expect(store.totalBytes).toBe(0);
  });

  it('writes a blob again that somebody took away', async () => {
    const store = await BlobStore.open(dir, LIMITS);
    await store.save(id('a'), bytes(5));
    await rm(join(dir, 'aa', id('a')));
    await store.save(id('a'), bytes(5));
    expect(await store.read(id('a'))).toEqual(bytes(5));
    expect(store.totalBytes).toBe(5);
  });

  it('writes once what is saved twice at the same time', async () => {
    const store = await BlobStore.open(dir, LIMITS);
    await Promise.all([store.save(id('a'), bytes(5)), store.save(id('a'), bytes(5))]);
    expect(await readdir(join(dir, 'aa'))).toEqual([id('a')]);
    expect(store.totalBytes).toBe(5);
  });

  it('reads nothing outside of its folder', async () => {
    const store = await BlobStore.open(dir, LIMITS);
    expect(await store.read('../../../etc/passwd')).toBeNull();
  });

  it('says so when it cannot write', async () => {
    const store = await BlobStore.open(dir, LIMITS);
    await rm(dir, { recursive: true });
    await expect(store.probe()).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });
});
