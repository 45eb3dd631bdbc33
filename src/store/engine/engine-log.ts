// What the engine's process prints, kept in one bounded file: a full disk must not come from a chatty engine.
import type { ChildProcess } from 'node:child_process';
import { appendFileSync, renameSync, statSync } from 'node:fs';
import { MIB, type Bytes } from '../../base/units.ts';

/** Then it becomes engine.log.1, over the one before. */
const LOG_BYTES: Bytes = MIB;
/** Of the current process, for error messages. */
const TAIL_CHARACTERS = 2000;

export class EngineLog {
  readonly #path: string;
  #tail = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** Takes in what this child prints; forgets the tail of the one before. */
  follow(child: ChildProcess): void {
    this.#tail = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8');
      stream?.on('data', (text: string) => this.#take(text));
      // Like the child itself, its pipes must not keep this process alive.
      (stream as unknown as { unref?: () => void } | null)?.unref?.();
    }
  }

  /** A line of ours between the lines of the engine. */
  note(text: string): void {
    this.#append(`${new Date().toISOString()} plimsoll: ${text}\n`);
  }

  /** The last lines of the current process, on one line. */
  tail(): string {
    return this.#tail
      .trim()
      .split(/\s*\n\s*/)
      .slice(-5)
      .join(' | ');
  }

  #take(text: string): void {
    this.#tail = (this.#tail + text).slice(-TAIL_CHARACTERS);
    this.#append(text);
  }

  #append(text: string): void {
    try {
      const size = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
      if (size > LOG_BYTES) renameSync(this.#path, `${this.#path}.1`);
      appendFileSync(this.#path, text, { mode: 0o600 });
    } catch {
      // A log that cannot be written is no reason to lose data; the tail still reaches the error message.
    }
  }
}
