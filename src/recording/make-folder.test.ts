import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder } from './make-folder.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'plimsoll-folder-'));
});
afterEach(() => rm(root, { recursive: true }));

describe('makeFolder', () => {
  it('makes all folders that are missing, and leaves those that are there', async () => {
    await makeFolder(join(root, 'a', 'b', 'c'));
    await makeFolder(join(root, 'a', 'b', 'c'));
    expect((await stat(join(root, 'a', 'b', 'c'))).isDirectory()).toBe(true);
  });

  it('is made once when several ask at the same time', async () => {
    await Promise.all(Array.from({ length: 8 }, () => makeFolder(join(root, 'x', 'y'))));
    expect((await stat(join(root, 'x', 'y'))).isDirectory()).toBe(true);
  });

  it('fails where a file is in the way', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(makeFolder(join(root, 'file', 'below'))).rejects.toThrow('ENOTDIR');
  });

  it.runIf(process.platform === 'linux')('ends where nothing can be made, below /proc', async () => {
    await expect(makeFolder('/proc/nope/below')).rejects.toThrow('ENOENT');
  });
});
