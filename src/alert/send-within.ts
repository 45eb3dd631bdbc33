import { describeError } from '../base/errors.ts';
import { formatDuration, type Millis } from '../base/units.ts';
import type { Notice } from '../model/alert.ts';
import { failed, type SendResult, type Sink } from './sink.ts';

export interface SendOnce {
  readonly notice: Notice;
  /** See Sink.send. */
  readonly recipient?: string | undefined;
  /** Of whoever wants nothing sent any more. */
  readonly signal?: AbortSignal;
  readonly limitMillis: Millis;
}

/** Sends once; a sink that does not answer in time has failed, and says so. */
export async function sendWithin(
  sink: Sink,
  { notice, recipient, signal, limitMillis }: SendOnce,
): Promise<SendResult> {
  // Not AbortSignal.any: what follows a signal of the whole watch stays with it.
  const limit = new AbortController();
  const stop = () => limit.abort();
  const late = `no answer within ${formatDuration(limitMillis)}`;
  const timer = setTimeout(() => limit.abort(new Error(late)), limitMillis);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await sink.send(notice, limit.signal, recipient);
  } catch (error) {
    return failed(describeError(error));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}
