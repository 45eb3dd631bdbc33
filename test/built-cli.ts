// The built product as a user has it: dist/bin/plimsoll.js in a process of its own. Tests in this folder run against it.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
export const MAIN = join(ROOT, 'dist', 'bin', 'plimsoll.js');
/** What `plimsoll demo` replays where Go is missing: the sessions leak of the demo service, four minutes at 60x. */
export const SESSIONS_RECORDING = join(ROOT, 'demo', 'recordings', 'sessions.tar.gz');

/** Call at the top of a test file: a stale or missing build must fail the file, not pass it by. */
export function requireBuild(): void {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: npm run build (npm test does it by itself)`);
}

export interface CliRun {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Runs the command line to its end. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  return startCli(args, options).ended;
}

export interface RunningCli {
  readonly pid: number;
  readonly ended: Promise<CliRun>;
  readonly isRunning: () => boolean;
  /** What it has said so far, both streams. */
  readonly said: () => string;
  /** Resolves with the match when the output so far has one; rejects when it ends before. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): Promise<CliRun>;
}

/** The variables that change what the CLI does are set by the test alone. */
const OWN_VARIABLES = [
  'PORT',
  'PLIMSOLL_DATA',
  'PLIMSOLL_LISTEN',
  'PLIMSOLL_STORAGE_URL',
  'PLIMSOLL_DEBUG',
  'NODE_OPTIONS',
];

export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1' };
  for (const name of OWN_VARIABLES) delete env[name];
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: options.cwd ?? ROOT,
    env: { ...env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return follow(child);
}

/** Keeps what a child says, and tells when it has said something or ended. */
export function follow(child: ChildProcess): RunningCli {
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  const tell = () => listeners.forEach((listener) => listener());
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    tell();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    tell();
  });
  let isOver = false;
  const ended = new Promise<CliRun>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => {
      isOver = true;
      resolve({ status, signal, stdout, stderr });
      tell();
    });
  });
  const said = () => stdout + stderr;
  return {
    pid: child.pid ?? 0,
    ended,
    isRunning: () => !isOver,
    said,
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(said());
          if (!match && !isOver) return;
          listeners.delete(look);
          if (match) resolve(match);
          else reject(new Error(`it ended without saying ${String(pattern)}:\n${said()}`));
        };
        listeners.add(look);
        look();
      }),
    kill: async (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

/** A port of the loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Processes below `pid`, children of children too. Empty without /proc. */
export async function listDescendants(pid: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    if (parent > 0) parents.set(Number(name), parent);
  }
  const isBelow = (candidate: number): boolean => {
    const parent = parents.get(candidate);
    return parent !== undefined && (parent === pid || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
