// `plimsoll ... | head -1`: who reads may go at any time, and a disk may be full.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAIN, ROOT, SESSIONS_RECORDING, follow, requireBuild } from './built-cli.ts';

requireBuild();

const PROFILE = join(ROOT, 'test', 'fixtures', 'profiles', 'heap.pb.gz');
const COMMANDS = {
  'record --help': ['record', '--help'],
  '--version': ['--version'],
  'profile --help': ['profile', '--help'],
  'profile top': ['profile', 'top', PROFILE],
  'profile proto': ['profile', 'proto', PROFILE],
  replay: ['replay', SESSIONS_RECORDING],
  'replay --json': ['replay', '--json', SESSIONS_RECORDING],
  report: ['report', SESSIONS_RECORDING],
};

/** Runs a command whose output has nobody to read it any more when it starts: the shell waits for that. */
async function runUnread(args: readonly string[]) {
  const child = spawn('sh', ['-c', 'read go && exec "$@"', 'sh', process.execPath, MAIN, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { ended } = follow(child);
  const gone = new Promise((resolve) => child.stdout.once('close', resolve));
  child.stdout.destroy();
  await gone;
  child.stdin.end('go\n');
  return ended;
}

describe.skipIf(process.platform === 'win32')('when nobody reads the output any more,', () => {
  it.each(Object.entries(COMMANDS))(
    '%s ends with 141, as if by SIGPIPE, and says nothing',
    async (_, args) => {
      const { status, stderr } = await runUnread(args);
      expect({ status, stderr }).toEqual({ status: 141, stderr: '' });
    },
  );
});

const FULL = '/dev/full';

describe.skipIf(!existsSync(FULL))('when standard output takes no more (Linux: /dev/full),', () => {
  it.each(Object.entries(COMMANDS))('%s says so in one line and ends with 3', async (_, args) => {
    const full = openSync(FULL, 'w');
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    const { status, stderr } = await follow(child).ended;
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr: expect.stringMatching(/^plimsoll: report: standard output: ENOSPC[^\n]*\n$/) as string,
    });
  });
});
