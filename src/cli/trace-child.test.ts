import { describe, expect, it } from 'vitest';
import { PlimsollError } from '../base/errors.ts';
import { runTracedChild, shellStatus, shellStatusOf, withGcTrace } from './trace-child.ts';

describe('withGcTrace', () => {
  it.each([
    [undefined, 'gctrace=1'],
    ['', 'gctrace=1'],
    ['madvdontneed=1', 'madvdontneed=1,gctrace=1'],
    ['gctrace=0,madvdontneed=1', 'madvdontneed=1,gctrace=1'],
    ['gctrace=2', 'gctrace=2'],
    ['scavtrace=1,gctrace=1', 'scavtrace=1,gctrace=1'],
    [' gctrace=0 ,,', 'gctrace=1'],
  ])('makes of %j %j', (before, after) => {
    expect(withGcTrace(before)).toBe(after);
  });
});

describe('runTracedChild', () => {
  /** Runs a shell that has its GODEBUG in the environment. */
  async function shell(script: string) {
    let said = '';
    const end = await runTracedChild({
      command: 'sh',
      args: ['-c', script],
      env: { PATH: process.env['PATH'], GODEBUG: 'a=1' },
      keepsStdout: true,
      onStderr: (chunk) => (said += chunk.toString()),
    });
    return { said, end };
  }

  it('asks for the trace beside what was asked for, and hears standard error to its end', async () => {
    const { said, end } = await shell('echo $GODEBUG >&2; exit 3');
    expect({ said, end }).toEqual({ said: 'a=1,gctrace=1\n', end: { status: 3, signal: null } });
  });

  it('does not wait for a daemon that keeps standard error open', async () => {
    const { end, said } = await shell('sleep 20 & echo $! >&2');
    process.kill(Number(said));
    expect(end.status).toBe(0);
  });

  it('says what a shell says of how it ended', async () => {
    expect(shellStatus((await shell('kill -KILL $$')).end)).toBe(137);
    const missing = runTracedChild({
      command: '/no/such/program',
      args: [],
      env: {},
      keepsStdout: true,
      onStderr: () => undefined,
    }).catch((error: unknown) => error);
    const error = await missing;
    expect(error).toBeInstanceOf(PlimsollError);
    expect(error instanceof PlimsollError && [error.code, shellStatusOf(error)]).toEqual([
      'COMMAND_FAILED',
      127,
    ]);
  });
});
