// Starts the engine's process, starts it again when it crashes, and never leaves it behind.
import { fork, type ChildProcess } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PlimsollError } from '../../base/errors.ts';
import { MINUTE_MILLIS, SECOND_MILLIS, type Millis } from '../../base/units.ts';
import type { Address, AddressBook } from '../clickhouse-link.ts';
import { describeMachine, isProcessAlive, readStartTicks } from '../lock.ts';
import { findChildEntry } from './child-entry.ts';
import { EngineLog } from './engine-log.ts';
import { isEngineMessage, type EngineMessage } from './messages.ts';

/** A cold disk has to read half a gigabyte first. Measured on a warm one: 0.7 s. */
const START_TIMEOUT_MILLIS = MINUTE_MILLIS;
/** Then it is killed; what was acknowledged is on disk anyway. */
const STOP_GRACE_MILLIS = 10 * SECOND_MILLIS;
/** Pause before the n-th start in a row; the last one for all further ones. */
const RESTART_PAUSES_MILLIS: readonly Millis[] = [0, 500, 1000, 2000, 5000, 10_000, 30_000];
/** An engine that lived this long was well: the next crash starts the pauses anew. */
const STABLE_AFTER_MILLIS = MINUTE_MILLIS;
/** How long a call waits for a restart before it fails. */
const CALL_PATIENCE_MILLIS = 15 * SECOND_MILLIS;
/** After a broken connection: how long until the end of the process must have been noticed. */
const EXIT_NOTICE_MILLIS = 2 * SECOND_MILLIS;
/** JavaScript heap of the child: it only passes bytes through. */
const CHILD_HEAP_MIB = 128;

type ReadyMessage = Extract<EngineMessage, { kind: 'ready' }>;

interface Life {
  readonly number: number;
  readonly child: ChildProcess;
  readonly ready: ReadyMessage;
  readonly startedAt: Millis;
  /** Resolves when the process is gone. */
  readonly exited: Promise<void>;
}

export interface EngineOptions {
  /** Folder of the tables; created when missing. The log and the pid file lie beside it. */
  readonly dataDir: string;
  /** Program of the child; default: child-entry.ts finds it. */
  readonly childPath?: string;
}

export class Engine implements AddressBook {
  readonly where: string;
  readonly #options: EngineOptions;
  readonly #log: EngineLog;
  #current: Promise<Life>;
  #life: Life | null = null;
  #lives = 0;
  #crashesInARow = 0;
  readonly #stopping = new AbortController();

  private constructor(options: EngineOptions) {
    this.#options = options;
    this.where = join(options.dataDir, 'engine');
    this.#log = new EngineLog(join(options.dataDir, 'engine.log'));
    this.#current = this.#start();
  }

  /**
   * @throws PlimsollError STORE_ENGINE_MISSING when chDB cannot be loaded, STORE_ENGINE_FAILED when it does not
   * open the data or is not ready in time; the message carries the end of its log.
   */
  static async start(options: EngineOptions): Promise<Engine> {
    await mkdir(join(options.dataDir, 'engine'), { recursive: true, mode: 0o700 });
    const engine = new Engine(options);
    await engine.#current;
    return engine;
  }

  get pid(): number | null {
    return this.#life?.child.pid ?? null;
  }

  get version(): string | null {
    return this.#life?.ready.version ?? null;
  }

  /** How often it had to be started anew. */
  get restarts(): number {
    return Math.max(0, this.#lives - 1);
  }

  async address(afterFailureOf?: number): Promise<Address> {
    const suspect = this.#life;
    if (suspect !== null && suspect.number === afterFailureOf) {
      await Promise.race([suspect.exited, delay(EXIT_NOTICE_MILLIS, undefined, { ref: false })]);
    }
    const { ready, number } = await this.#currentLife();
    return {
      url: `http://127.0.0.1:${ready.port}`,
      username: 'plimsoll',
      password: ready.password,
      life: number,
    };
  }

  /** Ends the process in order: no more requests, tables closed. Kills it when that takes too long. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    // A start that is under way ends first, well or not, so that its process is known.
    const life = this.#life ?? (await this.#current.catch(() => null));
    if (life !== null) {
      life.child.ref();
      life.child.kill('SIGTERM');
      const grace = setTimeout(() => life.child.kill('SIGKILL'), STOP_GRACE_MILLIS);
      await life.exited;
      clearTimeout(grace);
    }
    await rm(this.#pidFile, { force: true });
  }

  get #pidFile(): string {
    return join(this.#options.dataDir, 'engine.pid');
  }

  async #writePidFile(pid: number | undefined): Promise<void> {
    if (pid === undefined) return;
    const [startTicks, machine] = await Promise.all([readStartTicks(pid), describeMachine()]);
    await writeFile(this.#pidFile, JSON.stringify({ pid, startTicks, machine }), { mode: 0o600 });
  }

  async #currentLife(): Promise<Life> {
    if (this.#stopping.signal.aborted) throw this.#failure('is being stopped');
    const patience = new AbortController();
    const tooLong = delay(CALL_PATIENCE_MILLIS, undefined, { signal: patience.signal }).then(() => {
      throw this.#failure(`is not back after ${CALL_PATIENCE_MILLIS / SECOND_MILLIS} s`);
    });
    tooLong.catch(() => undefined);
    try {
      return await Promise.race([this.#current, tooLong]);
    } finally {
      patience.abort();
    }
  }

  async #start(): Promise<Life> {
    await this.#endPredecessor();
    const childPath = this.#options.childPath ?? (await findChildEntry());
    const child = fork(childPath, [this.where], {
      execArgv: [`--max-old-space-size=${CHILD_HEAP_MIB}`],
      // NODE_OPTIONS of the parent (debuggers, loaders) are not meant for the engine.
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#log.follow(child);
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const whenReady = this.#waitUntilReady(child, exited);
    const [ready] = await Promise.all([whenReady, this.#writePidFile(child.pid)]);
    const life: Life = { number: ++this.#lives, child, ready, startedAt: performance.now(), exited };
    this.#life = life;
    void exited.then(() => this.#onExit(life));
    // A process that forgets to stop its engine must still be able to end; the engine then follows.
    child.unref();
    child.channel?.unref();
    return life;
  }

  async #waitUntilReady(child: ChildProcess, exited: Promise<void>): Promise<ReadyMessage> {
    const said = new Promise<EngineMessage>((resolve) => {
      child.on('message', (message) => {
        if (isEngineMessage(message)) resolve(message);
      });
    });
    const failed = new Promise<string>((resolve) => child.once('error', (error) => resolve(error.message)));
    const timeout = new AbortController();
    const outcome = await Promise.race([
      said,
      failed,
      exited.then(() => `ended while starting (${child.signalCode ?? `status ${child.exitCode}`})`),
      delay(START_TIMEOUT_MILLIS, 'was not ready in time', { signal: timeout.signal }).catch(() => ''),
    ]);
    timeout.abort();
    if (typeof outcome !== 'string' && outcome.kind === 'ready') return outcome;
    child.kill('SIGKILL');
    if (typeof outcome === 'string') throw this.#failure(outcome);
    if (outcome.kind === 'missing') {
      throw new PlimsollError('STORE_ENGINE_MISSING', 'store', outcome.reason, { where: 'chdb' });
    }
    throw this.#failure(outcome.reason);
  }

  #onExit(life: Life): void {
    if (this.#life === life) this.#life = null;
    if (this.#stopping.signal.aborted) return;
    this.#log.note(`engine ended: ${life.child.signalCode ?? `status ${life.child.exitCode}`}`);
    const wasStable = performance.now() - life.startedAt > STABLE_AFTER_MILLIS;
    this.#crashesInARow = wasStable ? 0 : this.#crashesInARow;
    this.#restart();
  }

  /** Calls that come meanwhile wait on `#current`; one that fails to start is tried again after a longer pause. */
  #restart(): void {
    const last = RESTART_PAUSES_MILLIS.length - 1;
    const pause = RESTART_PAUSES_MILLIS[Math.min(this.#crashesInARow++, last)] ?? 0;
    const { signal } = this.#stopping;
    this.#current = delay(pause, undefined, { ref: false, signal }).then(() => this.#start());
    this.#current.catch((error: unknown) => {
      if (this.#stopping.signal.aborted) return;
      this.#log.note(`engine did not start: ${error instanceof Error ? error.message : String(error)}`);
      this.#restart();
    });
  }

  /**
   * The folder's lock says that the process which held it is gone; its engine dies with it, but not in the same
   * instant, and two engines on one folder would ruin it.
   */
  async #endPredecessor(): Promise<void> {
    const text = await readFile(this.#pidFile, 'utf8').catch(() => null);
    if (text === null) return;
    let found: { pid?: unknown; startTicks?: unknown; machine?: unknown };
    try {
      found = JSON.parse(text) as typeof found;
    } catch {
      return;
    }
    // Without a start time the pid may be anybody's by now: then it is only believed, never killed.
    if (typeof found.pid !== 'number' || typeof found.startTicks !== 'string') return;
    if (found.machine !== (await describeMachine())) return;
    const deadline = performance.now() + STOP_GRACE_MILLIS;
    while (await isProcessAlive(found.pid, found.startTicks, Infinity)) {
      try {
        process.kill(found.pid, 'SIGKILL');
      } catch {
        // Gone in this very moment, or not ours to kill: the loop finds out.
      }
      if (performance.now() > deadline) {
        throw this.#failure(`process ${found.pid} of an earlier run does not end`);
      }
      await delay(20);
    }
  }

  #failure(fact: string): PlimsollError {
    const tail = this.#log.tail();
    return new PlimsollError('STORE_ENGINE_FAILED', 'store', tail ? `${fact}; its log ends: ${tail}` : fact, {
      where: this.where,
    });
  }
}
