import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { skipNote } from '../testing/why-no-chdb.ts';
import { LOCK_STALE_MILLIS, describeMachine, lockDataFolder, readStartTicks } from './lock.ts';

const hasProc = process.platform === 'linux';
const noProc = hasProc ? null : 'needs /proc';

describe('lockDataFolder', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'plimsoll-lock-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  async function putHolder(holder: object, ageMillis = 0): Promise<void> {
    await mkdir(join(dir, 'lock'), { recursive: true });
    const path = join(dir, 'lock', 'other.json');
    await writeFile(path, JSON.stringify(holder));
    const then = (Date.now() - ageMillis) / 1000;
    await utimes(path, then, then);
  }

  it('lets the folder go when it is released, and only then', async () => {
    const lock = await lockDataFolder(dir);
    await expect(lockDataFolder(dir)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await expect(lockDataFolder(dir)).rejects.toThrow(`process ${process.pid} `);
    await lock.release();
    await (await lockDataFolder(dir)).release();
    expect(await readdir(join(dir, 'lock'))).toEqual([]);
  });

  it('goes to at most one of eight that ask in the same instant', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataFolder(dir)));
    const held = asked.filter((outcome) => outcome.status === 'fulfilled');
    expect(held.length).toBeLessThanOrEqual(1);
    for (const outcome of held) await outcome.value.release();
    await (await lockDataFolder(dir)).release();
  });

  it('is taken over from a process that is gone', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    await putHolder({ pid: child.pid, startTicks: '1', machine: await describeMachine(), host: 'here' });
    await (await lockDataFolder(dir)).release();
  });

  it.skipIf(noProc)(`is taken over when the pid belongs to a later process${skipNote(noProc)}`, async () => {
    await putHolder({ pid: process.ppid, startTicks: '1', machine: await describeMachine(), host: 'here' });
    await (await lockDataFolder(dir)).release();
  });

  it.skipIf(noProc)(
    `stays with a process that lives, however long it was silent${skipNote(noProc)}`,
    async () => {
      const startTicks = await readStartTicks(process.ppid);
      const holder = { pid: process.ppid, startTicks, machine: await describeMachine(), host: 'here' };
      await putHolder(holder, 10 * LOCK_STALE_MILLIS);
      await expect(lockDataFolder(dir)).rejects.toThrow(`process ${process.ppid} (`);
    },
  );

  it('is taken from a process that lives and gives no sign of it, where that is asked for', async () => {
    const [startTicks, machine] = await Promise.all([readStartTicks(process.ppid), describeMachine()]);
    const holder = { pid: process.ppid, startTicks, machine, host: 'here' };
    await putHolder(holder, LOCK_STALE_MILLIS / 2);
    await expect(lockDataFolder(dir, 'silent')).rejects.toThrow(`process ${process.ppid} (`);
    await putHolder(holder, LOCK_STALE_MILLIS);
    await (await lockDataFolder(dir, 'silent')).release();
  });

  it('stays with a holder on another machine while that one gives signs of life', async () => {
    await putHolder({ pid: 1, startTicks: '1', machine: 'another', host: 'tanker' }, LOCK_STALE_MILLIS / 2);
    await expect(lockDataFolder(dir)).rejects.toThrow('process 1 on tanker');
  });

  it('is taken over from another machine that has fallen silent', async () => {
    await putHolder({ pid: 1, startTicks: '1', machine: 'another', host: 'tanker' }, LOCK_STALE_MILLIS * 2);
    await (await lockDataFolder(dir)).release();
  });

  it('is not kept by a file that nobody finished', async () => {
    await mkdir(join(dir, 'lock'));
    await writeFile(join(dir, 'lock', '1-x.json.draft'), '{"pid":');
    await (await lockDataFolder(dir)).release();
  });

  it('says so when the folder cannot be written', async () => {
    const file = join(dir, 'file');
    await writeFile(file, '');
    await expect(lockDataFolder(file)).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });
});
