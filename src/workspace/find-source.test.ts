import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8 } from '../base/utf8.ts';
import { findSource, readListedSource } from './find-source.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'workspace-'));
  await mkdir(join(folder, 'shop', 'cart'), { recursive: true });
  await writeFile(join(folder, 'shop', 'cart', 'cart.go'), 'package cart\n');
  await writeFile(join(folder, 'secret.txt'), 'secret');
  await writeFile(join(folder, 'outside.go'), 'package outside\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const name = (file: string, importPath: string | null = null) => ({ file, profileFile: file, importPath });

describe('findSource', () => {
  it('finds a file below a given folder although the binary was built elsewhere', async () => {
    const places = { folders: [join(folder, 'shop')], carried: null };
    expect(await findSource(name('/build/agent/shop/cart/cart.go'), places)).toBe('package cart\n');
  });

  it('prefers what the recording carries', async () => {
    const carried = async (path: string) =>
      path === 'example.com/shop/cart/cart.go' ? new TextEncoder().encode('carried') : null;
    const places = { folders: [join(folder, 'shop')], carried };
    expect(await findSource(name('/x/cart.go', 'example.com/shop/cart'), places)).toBe('carried');
  });

  it('reads nothing above a given folder and nothing that is no Go source', async () => {
    const places = { folders: [join(folder, 'shop')], carried: null };
    expect(await findSource(name('../outside.go'), places)).toBeNull();
    expect(await findSource(name(join(folder, 'secret.txt')), places)).toBeNull();
    expect(await findSource(name('nowhere.go'), places)).toBeNull();
  });

  it('does not wait for a named pipe called like a source', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe.go')]);
    expect(await findSource(name(join(folder, 'pipe.go')), { folders: [], carried: null })).toBeNull();
  });
});

describe('readListedSource', () => {
  it('reads a file of any language', () => {
    expect(readListedSource(join(folder, 'secret.txt'))).toBe('secret');
  });

  it('keeps bytes that are no UTF-8, in the name of the file and in its text', async () => {
    await writeFile(Buffer.from(`${folder}/caf\xe9.c`, 'latin1'), Buffer.from('na\xefve\n', 'latin1'));
    const text = readListedSource(
      decodeUtf8(Buffer.from(`${folder}/caf\xe9.c`, 'latin1'), 0, folder.length + 7),
    );
    expect(text).not.toContain('\ufffd');
    expect(Buffer.from(encodeUtf8(text ?? '')).toString('latin1')).toBe('na\xefve\n');
  });

  it('reads no folder, device or pipe, and of an endless file only what it says it holds', () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    for (const path of [folder, '/dev/zero', '/dev/random', join(folder, 'pipe'), join(folder, 'nowhere')])
      expect(readListedSource(path), path).toBeNull();
    expect(readListedSource('/proc/self/maps')).toBe('');
  });
});
