// The idle test: the user's load command runs, rests, and runs again, so that growth under load and growth at rest can be told apart.
import { spawn, type ChildProcess } from 'node:child_process';
import { PlimsollError, describeError } from '../base/errors.ts';
import { MINUTE_MILLIS, type Millis } from '../base/units.ts';

/** Of the whole time: load, then rest, then load again, which shows that growth comes back with it. */
const FIRST_LOAD_SHARE = 0.4;
const REST_SHARE = 0.4;
/** Ten minutes of rest are needed to judge (diagnose/chain/ask-idle.ts), and a little for what is on its way. */
const LEAST_REST_MILLIS: Millis = 11 * MINUTE_MILLIS;
/** A command that ends asks for nothing any more; it is started again, but not in a frenzy. */
const RESTART_MILLIS: Millis = 1000;
/** Between SIGTERM and SIGKILL. */
const KILL_MILLIS: Millis = 5000;

export type LoadPhase = 'load' | 'rest';

/** @param share of the whole time that has passed, 0 to 1. */
export function phaseAt(share: number): LoadPhase {
  return share < FIRST_LOAD_SHARE || share >= FIRST_LOAD_SHARE + REST_SHARE ? 'load' : 'rest';
}

/**
 * @param wholeMillis of the check, in the time of the service.
 * @throws PlimsollError ARGUMENTS_INVALID where there would not be enough rest to see anything.
 */
export function checkLoadTime(wholeMillis: Millis, scale: number): void {
  if (wholeMillis * REST_SHARE >= LEAST_REST_MILLIS) return;
  const minutes = Math.ceil(LEAST_REST_MILLIS / REST_SHARE / MINUTE_MILLIS);
  const needed = scale === 1 ? `${minutes}m` : `${minutes}m divided by --time-scale`;
  throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', `needs --for ${needed} at least`, {
    field: '--load',
  });
}

/** Runs a shell command while there is to be load. */
export class LoadCommand {
  readonly #command: string;
  #child: ChildProcess | null = null;
  #startedMillis = -Infinity;
  #failure: PlimsollError | null = null;

  constructor(command: string) {
    this.#command = command;
  }

  /**
   * Call it every second or so.
   *
   * @param nowMillis of any clock that does not go back.
   * @throws PlimsollError COMMAND_FAILED once the command has failed by itself: what is seen without it would be taken for load.
   */
  follow(phase: LoadPhase, nowMillis: Millis): void {
    if (this.#failure !== null) throw this.#failure;
    if (phase === 'rest') void this.stop();
    else if (this.#child === null && nowMillis - this.#startedMillis >= RESTART_MILLIS)
      this.#start(nowMillis);
  }

  #start(nowMillis: Millis): void {
    this.#startedMillis = nowMillis;
    // A process group of its own: what the shell has started must end with it.
    const child = spawn('/bin/sh', ['-c', this.#command], { stdio: ['ignore', 2, 2], detached: true });
    this.#child = child;
    child.once('error', (error) => this.#fail(child, describeError(error)));
    child.once('exit', (status, signal) => {
      if (this.#child !== child) return; // we have ended it
      if (status === 0) this.#child = null;
      else this.#fail(child, signal === null ? `ended with status ${status}` : `ended by ${signal}`);
    });
  }

  #fail(child: ChildProcess, fact: string): void {
    if (this.#child === child) this.#child = null;
    this.#failure ??= new PlimsollError('COMMAND_FAILED', 'arguments', fact, {
      field: '--load',
      value: this.#command,
    });
  }

  /** Resolves when the command has ended; at once when it does not run. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    killGroup(child.pid, 'SIGTERM');
    const timer = setTimeout(() => killGroup(child.pid ?? 0, 'SIGKILL'), KILL_MILLIS);
    await ended;
    clearTimeout(timer);
  }
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has just ended.
  }
}
