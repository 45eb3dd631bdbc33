// Starts a program with its GC trace on, stands between it and its terminal as little as can be, and tells how it ended.
import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import type { Millis } from '../base/units.ts';
import { PlimsollError, describeError } from '../base/errors.ts';

export interface ChildEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface TraceChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The program's standard output goes to ours; otherwise to our standard error, since ours is the report's. */
  readonly keepsStdout: boolean;
  readonly onStderr: (chunk: Buffer) => void;
}

/** What a terminal sends to all programs in front of it, and what is sent to one process. */
const TO_GROUP = ['SIGINT', 'SIGQUIT', 'SIGHUP'] as const;
const TO_PROCESS = ['SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGCONT', 'SIGWINCH'] as const;
/** What a child of the program may still write when the program is gone; a daemon would keep the pipe for ever. */
const DRAIN_MILLIS: Millis = 500;

/** `gctrace=1` added to what GODEBUG holds; a trace that is asked for already stays as it is. */
export function withGcTrace(godebug: string | undefined): string {
  const settings = (godebug ?? '').split(',').filter((setting) => setting.trim() !== '');
  if (settings.some((setting) => /^gctrace=0*[1-9]/.test(setting.trim()))) return settings.join(',');
  return [...settings.filter((setting) => !/^\s*gctrace=/.test(setting)), 'gctrace=1'].join(',');
}

/**
 * Runs the program to its end. It gets a process group of its own, so that Ctrl-C reaches it once, from us, and every
 * signal that we get is passed on while it runs.
 *
 * @throws PlimsollError COMMAND_FAILED when it cannot be started.
 */
export async function runTracedChild(options: TraceChildOptions): Promise<ChildEnd> {
  const child = spawn(options.command, options.args, {
    stdio: ['inherit', options.keepsStdout ? 'inherit' : 2, 'pipe'],
    env: { ...options.env, GODEBUG: withGcTrace(options.env['GODEBUG']) },
    detached: true,
  });
  const giveBack = forwardSignals(child);
  try {
    child.stderr?.on('data', options.onStderr);
    return await endOf(child, options.command);
  } finally {
    giveBack();
    child.stderr?.destroy();
  }
}

function endOf(child: ChildProcess, command: string): Promise<ChildEnd> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(
        new PlimsollError('COMMAND_FAILED', 'arguments', describeError(error), { where: command }, error),
      );
    });
    child.once('exit', (status, signal) => {
      const end = () => resolve({ status, signal });
      const timer = setTimeout(end, DRAIN_MILLIS);
      child.once('close', () => {
        clearTimeout(timer);
        end();
      });
    });
  });
}

function forwardSignals(child: ChildProcess): () => void {
  const handlers = new Map<NodeJS.Signals, () => void>();
  for (const signal of TO_GROUP) handlers.set(signal, () => send(child, signal, true));
  for (const signal of TO_PROCESS) handlers.set(signal, () => send(child, signal, false));
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}

function send(child: ChildProcess, signal: NodeJS.Signals, toGroup: boolean): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(toGroup ? -child.pid : child.pid, signal);
  } catch {
    // It has just ended.
  }
}

/** What a shell says of a program: its status, 128 and the signal that ended it. */
export function shellStatus({ status, signal }: ChildEnd): number {
  return status ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

/** What a shell says of a program that could not be started. */
export function shellStatusOf(error: PlimsollError): number {
  const { cause } = error;
  const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
  return isMissing ? 127 : 126;
}
