// Builds and runs the Go programs of the demo.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { PlimsollError } from '../base/errors.ts';
import { formatDuration, type Millis } from '../base/units.ts';
import type { Terminal } from './terminal.ts';

const BEAT_MILLIS: Millis = 1000;
const STOP_PATIENCE_MILLIS: Millis = 5000;
/** Of a program's standard error, for the message when it ends badly. */
const KEPT_OUTPUT_CHARS = 4000;

export function hasGo(): boolean {
  return spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0;
}

/**
 * Builds every command below `folder`/cmd into a cache folder of the user's.
 * @returns the folder with the programs.
 * @throws PlimsollError GO_MISSING with the compiler's last lines when it cannot be built.
 */
export async function buildGoPrograms(folder: string, name: string, terminal: Terminal): Promise<string> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const output = join(cache, 'plimsoll', name);
  await mkdir(output, { recursive: true });
  const startedAt = Date.now();
  const child = spawn('go', ['build', '-o', `${output}/`, './cmd/...'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-KEPT_OUTPUT_CHARS)));
  }
  const beat = setInterval(() => {
    const passed = formatDuration(Date.now() - startedAt);
    terminal.progress(`building the demo service with Go (a minute the first time) ... ${passed}`);
  }, BEAT_MILLIS);
  try {
    const status = await ended(child);
    if (status !== 0) {
      throw new PlimsollError('GO_MISSING', 'arguments', `go build failed: ${said.trim()}`, {
        where: folder,
      });
    }
  } finally {
    clearInterval(beat);
    terminal.endProgress();
  }
  return output;
}

export interface RunningProgram {
  /** First line of its standard output. */
  readonly firstLine: string;
  /** Resolves when it has ended, with what it said last. */
  readonly ended: Promise<{ readonly status: number | string | null; readonly said: string }>;
  /** SIGTERM, then SIGKILL when that does not help; resolves when it is gone. */
  stop(): Promise<void>;
}

/** Starts a program; with `awaitLine` resolves when it has printed its first line. */
export async function startProgram(
  path: string,
  args: readonly string[],
  options: { readonly awaitLine: boolean },
): Promise<RunningProgram> {
  // Its standard input is a pipe from us: when we are gone, even by SIGKILL, it reads its end.
  const child = spawn(path, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-KEPT_OUTPUT_CHARS)));
  const isOver = ended(child).then((status) => ({ status, said }));
  const lines = createInterface({ input: child.stdout });
  const firstLine = options.awaitLine
    ? await Promise.race([
        new Promise<string>((resolve) => lines.once('line', resolve)),
        isOver.then(({ status }) => {
          throw new Error(`${path} ended with ${status}: ${said.trim()}`);
        }),
      ])
    : '';
  lines.on('line', () => undefined); // keeps the pipe empty
  return {
    firstLine,
    ended: isOver,
    async stop() {
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MILLIS);
      await isOver;
      clearTimeout(kill);
    },
  };
}

function ended(child: ChildProcess): Promise<number | string | null> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
}
