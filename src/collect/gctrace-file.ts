// The GC trace of a service that writes its standard error into a file: what was added to it since the last round.
import { open, type FileHandle } from 'node:fs/promises';
import { PlimsollError, describeError } from '../base/errors.ts';
import { MIB, type Bytes, type Millis } from '../base/units.ts';
import { GC_LINE_BEGIN } from '../parse/gctrace-line.ts';
import type { FetchOutcome, TargetSource } from './source.ts';

/** Of what came since the last round only this much is read, the newest: a round must not last. */
const MAX_ROUND_BYTES: Bytes = 4 * MIB;
/** Begin of a line that waits for its end; a longer one is no line of a trace. */
const MAX_PENDING_CHARACTERS = 4096;

/** Follows one log from its end on, over rotation by renaming and by truncation. */
export class GcTraceFile {
  readonly #path: string;
  /** Identity of the file that was read last, and how far. */
  #inode: number | null = null;
  #offset: Bytes = 0;
  #pending = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** The new lines of a trace among what was written, as one piece of evidence; null = none. Never throws. */
  async fetch(atMillis: Millis): Promise<FetchOutcome | null> {
    const start = performance.now();
    try {
      const { text, receivedBytes } = await this.#readNew();
      const lines = this.#takeLines(text);
      if (lines === '') return null;
      const bytes = new TextEncoder().encode(lines);
      const tookMillis = performance.now() - start;
      return {
        kind: 'ok',
        request: 'gctrace',
        evidence: { kind: 'log-line', atMillis, bytes },
        tookMillis,
        receivedBytes,
      };
    } catch (error) {
      const where = { where: this.#path };
      const known =
        error instanceof PlimsollError
          ? error
          : new PlimsollError('TRACE_UNREADABLE', 'collect', describeError(error), where, error);
      return { kind: 'failed', request: 'gctrace', error: known, tookMillis: performance.now() - start };
    }
  }

  async #readNew(): Promise<{ text: string; receivedBytes: Bytes }> {
    const file = await open(this.#path, 'r');
    try {
      const found = await file.stat();
      if (!found.isFile()) {
        throw new PlimsollError('TRACE_UNREADABLE', 'collect', 'is no file', { where: this.#path });
      }
      if (this.#inode === null) this.#offset = found.size;
      else if (this.#inode !== found.ino || found.size < this.#offset) {
        this.#offset = 0;
        this.#pending = '';
      }
      this.#inode = found.ino;
      if (found.size - this.#offset > MAX_ROUND_BYTES) {
        this.#offset = found.size - MAX_ROUND_BYTES;
        this.#pending = '';
      }
      const bytes = await readFrom(file, this.#offset, found.size);
      this.#offset += bytes.length;
      return { text: bytes.toString('latin1'), receivedBytes: bytes.length };
    } finally {
      await file.close();
    }
  }

  /** Only lines of the trace leave the file: what else a service logs is nobody's business here. */
  #takeLines(text: string): string {
    const lines = (this.#pending + text).split('\n');
    const pending = lines.pop() ?? '';
    this.#pending = pending.length <= MAX_PENDING_CHARACTERS ? pending : '';
    return lines
      .filter((line) => GC_LINE_BEGIN.test(line) && line.length <= MAX_PENDING_CHARACTERS)
      .join('\n');
  }
}

async function readFrom(file: FileHandle, from: Bytes, to: Bytes): Promise<Buffer> {
  const bytes = Buffer.alloc(to - from);
  let read = 0;
  while (read < bytes.length) {
    const { bytesRead } = await file.read(bytes, read, bytes.length - read, from + read);
    if (bytesRead === 0) break; // cut off since
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}

/** A source that gives the trace beside its own gauges. */
export function withGcTrace(source: TargetSource, path: string, clock: { now(): Millis }): TargetSource {
  const trace = new GcTraceFile(path);
  return {
    async fetchGauges(signal) {
      const [outcomes, traced] = await Promise.all([source.fetchGauges(signal), trace.fetch(clock.now())]);
      return traced === null ? outcomes : [...outcomes, traced];
    },
    fetchProfile: (kind, wish, signal) => source.fetchProfile(kind, wish, signal),
  };
}
