// Processes of this machine that really run, found as people type them.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGoFixture, whyNoGo, type GoFixture } from '../testing/go-fixture.ts';
import { findProcess } from './find-process.ts';
import { findProcessAgain, probeProcess } from './probe-process.ts';
import { parseProcessAddress } from './process-address.ts';

const noProc = process.platform === 'linux' ? null : '/proc is of Linux';

function probe(typed: string) {
  const address = parseProcessAddress(typed);
  if (address === null) throw new Error(`${typed} names no process`);
  return probeProcess(address);
}

describe.skipIf(noProc)(`a process that is no Go program (${noProc ?? 'here'})`, () => {
  let folder = '';
  let child: ChildProcess;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plimsoll-probe-'));
    await copyFile('/bin/cat', join(folder, 'seldom-named-so'));
    child = spawn(join(folder, 'seldom-named-so'), { stdio: 'pipe' });
    await once(child, 'spawn');
  });
  afterAll(async () => {
    child.kill();
    await rm(folder, { recursive: true });
  });

  it('is found by its name, and gives what /proc has', async () => {
    const { target, isAnswering, reading, attempts } = await probe('name:seldom-named-so');
    expect(isAnswering).toBe(true);
    expect(target).toMatchObject({
      service: 'seldom-named-so',
      instance: 'name:seldom-named-so',
      pid: child.pid,
      metrics: null,
      pprof: null,
    });
    expect(reading.rssAnonBytes).toBeGreaterThan(0);
    expect(reading.goResidentBytes).toBe(0);
    expect(attempts).toContainEqual(
      expect.objectContaining({ request: 'pprof', kind: 'lacking', why: 'it is no Go program' }),
    );
  });

  it('is not guessed among several of one name', async () => {
    const second = spawn(join(folder, 'seldom-named-so'), { stdio: 'pipe' });
    await once(second, 'spawn');
    const { isAnswering, pid, attempts } = await probe('name:seldom-named-so');
    second.kill();
    await once(second, 'exit');
    expect(isAnswering).toBe(false);
    expect(pid).toMatchObject({
      pid: null,
      reason: expect.stringContaining('2 processes have this name') as string,
    });
    const codes = attempts.flatMap((attempt) => (attempt.kind === 'failed' ? [attempt.error.code] : []));
    expect(new Set(codes)).toEqual(new Set(['PROCESS_UNCLEAR']));
  });

  it('is looked for again under its name after a restart, and never when it was given by number', async () => {
    expect(findProcessAgain({ kind: 'pid', pid: 1 })).toBeNull();
    const again = findProcessAgain({ kind: 'name', name: 'seldom-named-so' });
    expect((await again?.())?.pid).toBe(child.pid);
  });
});

describe.skipIf(noProc)(`a process that is not there (${noProc ?? 'here'})`, () => {
  it.each([
    ['pid:4194305', 'there is no such process, or it is hidden from this user'],
    ['name:no-such-name', 'no process has this name'],
    ['port:1', 'nothing listens on port 1 in this network namespace'],
  ])('%s says so, and may come later', async (typed, reason) => {
    const { isAnswering, pid, attempts } = await probe(typed);
    expect(isAnswering).toBe(false);
    expect(pid).toEqual({ pid: null, reason });
    expect(attempts).toEqual([expect.objectContaining({ request: 'pid', kind: 'failed' })]);
  });
});

const noGo = noProc ?? whyNoGo();
describe.skipIf(noGo)(`a Go program (${noGo ?? 'here'})`, () => {
  let fixture: GoFixture;
  beforeAll(async () => {
    fixture = await buildGoFixture('probed-by-pid');
  }, 120_000);
  afterAll(() => fixture.remove());

  it('is asked for metrics and pprof on the ports that it listens on', async () => {
    const running = await fixture.start();
    const { port } = new URL(running.url);
    const byPid = await probe(`pid:${running.pid}`);
    const byPort = await findProcess({ kind: 'port', port: Number(port) });
    await running.stop();
    expect(byPort.pid).toBe(running.pid);
    expect(byPid.gaugeSource).not.toBeNull();
    expect(byPid.target.pprof?.url).toBe(`${running.url}/debug/pprof`);
    expect(byPid.target.instance).toBe(`127.0.0.1:${port}`);
    expect(byPid.profileKinds).toContain('heap');
    expect(byPid.module?.path).toBe('example.com/fixture/v2');
  });
});
