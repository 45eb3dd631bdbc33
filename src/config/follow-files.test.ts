import { mkdtemp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followFiles, lookAt } from './follow-files.ts';

let folder = '';
let file = '';
let end = new AbortController();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-follow-'));
  file = join(folder, 'plimsoll.yaml');
  end = new AbortController();
  await writeFile(file, 'a');
});
afterEach(async () => {
  end.abort();
  await rm(folder, { recursive: true, force: true });
});

/** Resolves with each change, in order. */
async function start(names: () => readonly string[] = () => [file]) {
  let told = 0;
  let tell: () => void = () => undefined;
  const since = await lookAt(names());
  const done = followFiles({
    files: names,
    signal: end.signal,
    intervalMillis: 2,
    since,
    onChange: async () => {
      told++;
      tell();
    },
  });
  const change = async (count: number) => {
    while (told < count) await new Promise<void>((resolve) => (tell = resolve));
    return told;
  };
  return { change, done };
}

describe('followFiles', () => {
  it('tells what is written in place', async () => {
    const { change } = await start();
    await writeFile(file, 'b');
    expect(await change(1)).toBe(1);
  });

  it('tells another file that takes the place, as editors save', async () => {
    const { change } = await start();
    await writeFile(`${file}.new`, 'b');
    await rename(`${file}.new`, file);
    expect(await change(1)).toBe(1);
  });

  it('tells a folder that is swapped behind two symlinks, as Kubernetes mounts a ConfigMap', async () => {
    for (const version of ['..1', '..2']) {
      await mkdir(join(folder, version));
      await writeFile(join(folder, version, 'mounted.yaml'), version);
    }
    await symlink('..1', join(folder, '..data'));
    const mounted = join(folder, 'mounted.yaml');
    await symlink('..data/mounted.yaml', mounted);
    const { change } = await start(() => [mounted]);
    await symlink('..2', join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    expect(await change(1)).toBe(1);
  });

  it('tells that a file is gone, and that it is there again', async () => {
    const { change } = await start();
    await rm(file);
    await change(1);
    await writeFile(file, 'b');
    expect(await change(2)).toBe(2);
  });

  it('tells a change of what was read before it began to follow', async () => {
    const since = await lookAt([file]);
    await writeFile(file, 'bb');
    await new Promise<void>((resolve) => {
      const onChange = () => Promise.resolve(resolve());
      void followFiles({ files: () => [file], signal: end.signal, intervalMillis: 2, since, onChange });
    });
  });

  it('follows files that are named later', async () => {
    const other = join(folder, 'token');
    await writeFile(other, 'x');
    let names = [file];
    const { change } = await start(() => names);
    names = [file, other];
    await writeFile(file, 'b');
    await change(1);
    await writeFile(other, 'y');
    expect(await change(2)).toBeGreaterThanOrEqual(2);
  });

  it('ends when it is told to', async () => {
    const { done } = await start();
    end.abort();
    await done;
  });
});
