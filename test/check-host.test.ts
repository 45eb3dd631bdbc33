// `plimsoll check --host` on this machine: a process that grows is found among all others.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostDocument } from '../src/cli/commands/check-host.ts';
import { requireBuild, runCli } from './built-cli.ts';

requireBuild();
/** Grows by 8 MiB in each tenth of a second, up to 3 GiB. */
const GROWER = `
const held = [];
setInterval(() => held.length < 400 && held.push(Buffer.alloc(8 << 20, 1)), 100);
process.stdin.resume().on('end', () => process.exit());
process.stdout.write('ready');
`;
const reason = process.platform === 'linux' ? null : 'there is no /proc';

describe.skipIf(reason !== null)(`check --host${reason === null ? '' : ` (${reason})`}`, () => {
  let grower: ChildProcess;
  // Anew for each: on a machine that is busy one test may take as long as it grows.
  beforeEach(async () => {
    grower = spawn(process.execPath, ['-e', GROWER], { stdio: ['pipe', 'pipe', 'inherit'] });
    if (grower.stdout) await once(grower.stdout, 'data');
  }, 60_000);
  afterEach(() => grower?.kill('SIGKILL'));

  it('finds the process that grows, with its share and its rate', { retry: 2, timeout: 60_000 }, async () => {
    const run = await runCli(['check', '--host', '--for', '4s', '--gauge-interval', '200ms', '--json']);
    const document = JSON.parse(run.stdout) as HostDocument;
    expect(document.schema).toBe('plimsoll-host/1');
    expect(document.readings).toBeGreaterThanOrEqual(8);
    const found = document.growers.find(({ pid }) => pid === grower.pid);
    expect(found).toMatchObject({ kind: 'process', goVersion: null });
    expect(found?.growth.low).toBeGreaterThan(0);
    expect(found?.share).toBeGreaterThan(0);
    expect(document.memory.totalBytes).toBeGreaterThan(document.memory.availableBytes);
    expect(run.status).toBe(2);
  });

  // Three times at most: what else runs on this machine may hold the processor, or let go of more than grows here.
  it('says what to ask next', { retry: 2, timeout: 60_000 }, async () => {
    const run = await runCli(['check', '--host', '--for', '5s', '--gauge-interval', '200ms']);
    expect(run.stdout).toMatch(/^(GROWS|GROWS IN PART) {2}memory of this machine/);
    expect(run.stdout).toContain(`(${grower.pid})`);
    expect(run.stdout).toMatch(/^ {2}next +plimsoll check pid:\d+$/m);
  });

  it('claims nothing after a moment', async () => {
    const run = await runCli(['check', '--host', '--for', '300ms', '--gauge-interval', '200ms']);
    expect(run.stdout).toMatch(/^TOO EARLY {2}memory of this machine: \d readings/);
    expect(run.status).toBe(2);
  }, 60_000);

  it('takes no target beside', async () => {
    const run = await runCli(['check', '--host', 'http://127.0.0.1:1']);
    expect(run.stderr).toContain('a target or --prometheus or --host, one of them');
    expect([run.status, run.stdout]).toEqual([3, '']);
  });
});
