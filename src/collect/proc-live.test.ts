// What the kernel of this machine says about processes that really run.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { open } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gaugesFromProc, type ProcFiles } from '../parse/gauges-from-proc.ts';
import { buildGoFixture, whyNoGo, type GoFixture } from '../testing/go-fixture.ts';
import { createProcReader } from './proc.ts';
import { readProgram } from './program.ts';
import { isDenied } from './system-file.ts';

const noProc = process.platform === 'linux' ? null : '/proc is of Linux';

async function readFiles(pid: number): Promise<ProcFiles> {
  return JSON.parse(new TextDecoder().decode(await createProcReader(pid).read())) as ProcFiles;
}

describe.skipIf(noProc)(`a real process (${noProc ?? 'here'})`, () => {
  it('counts descriptors by what they are', async () => {
    const before = (await readFiles(process.pid)).fd_kinds;
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const file = await open(import.meta.filename);
    const after = (await readFiles(process.pid)).fd_kinds;
    await file.close();
    server.close();
    await once(server, 'close');
    expect((after?.socket ?? 0) - (before?.socket ?? 0)).toBe(1);
    expect((after?.file ?? 0) - (before?.file ?? 0)).toBe(1);
  });

  it('is no Go program when it is Node', async () => {
    expect(await readProgram(process.pid)).toEqual({ kind: 'other' });
    const { reading, goVersion } = gaugesFromProc(await createProcReader(process.pid).read());
    expect(goVersion).toBeNull();
    expect(reading.goResidentBytes).toBe(0);
    expect(reading.rssBytes).toBeGreaterThan(1e6);
    expect(Math.abs((reading.processStartMillis ?? 0) - (Date.now() - process.uptime() * 1000))).toBeLessThan(
      5000,
    );
  });

  it('keeps its number over an exec, and is told as young from then on', async () => {
    const child = spawn('sh', ['-c', 'echo shell; read line; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      await once(child.stdout, 'data');
      const reader = createProcReader(child.pid ?? 0);
      const shell = gaugesFromProc(await reader.read()).reading.processStartMillis ?? 0;
      child.stdin.write('go on\nback\n');
      const [text] = (await once(child.stdout, 'data')) as [Buffer];
      expect(text.toString()).toBe('back\n');
      const cat = gaugesFromProc(await reader.read()).reading.processStartMillis ?? 0;
      expect(cat).toBeGreaterThan(shell);
    } finally {
      child.kill();
    }
  });

  it('says plainly that a process has gone away', async () => {
    const child = spawn('cat', { stdio: 'pipe' });
    await once(child, 'spawn');
    const reader = createProcReader(child.pid ?? 0);
    await reader.read();
    child.stdin.end();
    await once(child, 'exit');
    await expect(reader.read()).rejects.toMatchObject({
      code: 'TARGET_REFUSED',
      fact: 'there is no such process (it has ended, or belongs to another user and /proc hides it)',
    });
  });

  it('names what this user may not read', async () => {
    const error = Object.assign(new Error('closed'), { code: 'EACCES' });
    expect(isDenied(error)).toBe(true);
    const { warnings } = gaugesFromProc('{"denied":["fd","smaps_rollup"]}');
    expect(warnings).toEqual([
      'this user may not read fd, smaps_rollup of the process: run as its user, or as root',
    ]);
  });
});

const noGo = noProc ?? whyNoGo();
describe.skipIf(noGo)(`a real Go program (${noGo ?? 'here'})`, () => {
  let fixture: GoFixture;
  beforeAll(async () => {
    fixture = await buildGoFixture('told');
  }, 120_000);
  afterAll(() => fixture.remove());

  it('tells its version and its module', async () => {
    const running = await fixture.start();
    const { goVersion, module, reading } = gaugesFromProc(await createProcReader(running.pid).read());
    await running.stop();
    expect(goVersion).toMatch(/^go1\.\d+/);
    expect(module?.path).toBe('example.com/fixture/v2');
    expect(reading.goResidentBytes).toBeUndefined();
  });
});
