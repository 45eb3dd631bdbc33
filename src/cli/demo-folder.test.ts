import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDemoFolder } from './demo-folder.ts';

let parent: string;
beforeEach(async () => void (parent = await mkdtemp(join(tmpdir(), 'demo-folders-'))));
afterEach(async () => rm(parent, { recursive: true, force: true }));

describe('the folder of a demo', () => {
  it('goes with the next demo when its process is gone, and stays while that runs', async () => {
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    const own = await makeDemoFolder(parent);
    const stale = basename(own).replace(`-${process.pid}-`, `-${gone}-`);
    const others = [`plimsoll-demo-1-${gone}-abcdef`, 'plimsoll-demo-abcdef', `mine-${gone}`];
    for (const name of [stale, ...others]) await mkdir(join(parent, name, 'inside'), { recursive: true });
    const next = await makeDemoFolder(parent);
    expect((await readdir(parent)).sort()).toEqual([basename(own), basename(next), ...others].sort());
  });
});
