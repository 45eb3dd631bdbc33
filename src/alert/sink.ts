// What delivery needs of a sink.
import type { Millis } from '../base/units.ts';
import type { Notice } from '../model/alert.ts';

export interface Failed {
  readonly kind: 'failed';
  /** For people; holds no secret and no address with one. */
  readonly why: string;
  /** Trying again cannot help: it is refused for what it is. */
  readonly isFinal: boolean;
  /** As the other side asks for; null = as we like. */
  readonly retryAfterMillis: Millis | null;
  /** Only this message cannot go on, one of its recipients cannot be reached: what else waits for the sink need not. */
  readonly isOfMessage?: true;
}

export type SendResult = { readonly kind: 'sent' } | Failed;

export interface Sink {
  /** It calls somebody to act at once: of all that waits for it of one leak only the newest is sent. */
  readonly isCall?: true;
  /** Each gets it by a delivery of its own: who is put off keeps nothing from the others. Missing = it is one receiver. */
  readonly recipients?: readonly string[];
  /**
   * Sends once. Never throws for what the other side does; stops when `signal` aborts.
   *
   * @param recipient one of `recipients`; without it all of them get it, for a sink that has any.
   */
  send(notice: Notice, signal: AbortSignal, recipient?: string): Promise<SendResult>;
}

export const SENT: SendResult = { kind: 'sent' };

export function failed(why: string, isFinal = false, retryAfterMillis: Millis | null = null): Failed {
  return { kind: 'failed', why, isFinal, retryAfterMillis };
}
