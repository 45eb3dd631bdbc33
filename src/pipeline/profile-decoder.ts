import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { PlimsollError } from '../base/errors.ts';
import { KIB, type Bytes } from '../base/units.ts';
import type { DecodedProfile } from '../pprof/decode-profile.ts';
import { decodeReceivedProfile, MAX_PROFILE_BYTES } from './decode-bytes.ts';
import { unpackTable, type DecodeReply, type DecodeRequest } from './decode-messages.ts';

/**
 * Compressed profiles up to this are decoded where they arrive: below about 10 ms of work, a message to a thread
 * and back gains nothing. Above it a worker does it, so that the main thread never blocks for more than 50 ms.
 */
export const INLINE_DECODE_BYTES: Bytes = 192 * KIB;

/** Profiles that may wait for the worker; more would only pile up memory, so the caller waits instead. */
export const MAX_WAITING_DECODES = 8;

const WORKER_ENTRY = new URL('./decode-worker.js', import.meta.url);

interface Waiting {
  readonly resolve: (decoded: DecodedProfile) => void;
  readonly reject: (error: unknown) => void;
}

/** Decodes profiles, large ones in one worker thread that is started on first use and ends with `close`. */
export class ProfileDecoder {
  #worker: Worker | null = null;
  #nextId = 1;
  readonly #waiting = new Map<number, Waiting>();
  readonly #maxBytes: Bytes;

  constructor(maxBytes: Bytes = MAX_PROFILE_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** @throws PlimsollError PROFILE_INVALID, PROFILE_TOO_LARGE. */
  async decode(bytes: Uint8Array): Promise<DecodedProfile> {
    const isSmall = bytes.length <= INLINE_DECODE_BYTES;
    // From sources (tests) there is no compiled worker to start; the work is the same.
    if (isSmall || this.#waiting.size >= MAX_WAITING_DECODES || !existsSync(WORKER_ENTRY)) {
      return decodeReceivedProfile(bytes, this.#maxBytes);
    }
    return this.#inWorker(bytes);
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  #inWorker(bytes: Uint8Array): Promise<DecodedProfile> {
    const worker = this.#start();
    const request: DecodeRequest = { id: this.#nextId++, bytes, maxBytes: this.#maxBytes };
    return new Promise((resolve, reject) => {
      this.#waiting.set(request.id, { resolve, reject });
      worker.ref(); // while somebody waits, the thread keeps the process alive; idle, it does not
      worker.postMessage(request);
    });
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(WORKER_ENTRY);
    worker.unref();
    worker.on('message', (reply: DecodeReply) => this.#settle(reply));
    const onEnd = (reason: unknown) => {
      if (this.#worker === worker) this.#worker = null;
      for (const waiting of this.#waiting.values()) {
        waiting.reject(
          new PlimsollError(
            'PROFILE_INVALID',
            'pprof',
            'the decoding thread ended on this profile',
            {},
            reason,
          ),
        );
      }
      this.#waiting.clear();
    };
    worker.on('error', onEnd);
    worker.on('exit', onEnd);
    this.#worker = worker;
    return worker;
  }

  #settle(reply: DecodeReply): void {
    const waiting = this.#waiting.get(reply.id);
    if (!waiting) return;
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker?.unref();
    try {
      waiting.resolve(unpackReply(reply));
    } catch (error) {
      waiting.reject(error);
    }
  }
}

function unpackReply(reply: DecodeReply): DecodedProfile {
  switch (reply.kind) {
    case 'ok': {
      const profile = unpackTable(reply.profile);
      if (reply.form === 'heap-text') {
        return { form: 'heap-text', profile, memStatsOffset: reply.memStatsOffset };
      }
      return { form: reply.form === 'proto' ? 'proto' : 'count-text', profile };
    }
    case 'dump':
      return { form: 'goroutine-dump', dump: unpackTable(reply.dump) };
    case 'failed':
      if (!reply.error) throw new Error(reply.message);
      throw new PlimsollError(reply.error.code, reply.error.stage, reply.error.fact, reply.error.place);
  }
}
