// Brings what waits in the outbox to its sinks: in order for each leak, again after a while where it fails, never faster than a
// sink may be asked. All times here are real.
import { describeError } from '../base/errors.ts';
import { HOUR_MILLIS, MINUTE_MILLIS, SECOND_MILLIS, type Millis } from '../base/units.ts';
import { GIVE_UP_MILLIS } from '../model/sink.ts';
import { laneOf, type Delivery as Waiting, type Outbox } from './outbox.ts';
import { sendWithin } from './send-within.ts';
import type { Failed, Sink } from './sink.ts';

/** First pause; doubles up to the longest. Half to one and a half of it, so that sinks are not asked in step. */
const FIRST_PAUSE: Millis = 5 * SECOND_MILLIS;
const LONGEST_PAUSE: Millis = 10 * MINUTE_MILLIS;
export const SEND_TIMEOUT: Millis = 30 * SECOND_MILLIS;
/** A sink that is not configured any more may be back with the next edit: what waits for it is kept for a while. */
export const MISSING_SINK_WAIT: Millis = HOUR_MILLIS;
/** Who sleeps longer than this looks around in between: a timer of a machine that was suspended may be late. */
const LONGEST_SLEEP: Millis = MINUTE_MILLIS;

export interface DeliverySink {
  readonly sink: Sink;
  readonly perMinute: number;
}

export interface DeliveryParts {
  readonly outbox: Outbox;
  readonly sinks: ReadonlyMap<string, DeliverySink>;
  /** Asked before each send: another watcher may have taken over. */
  readonly isHeld: () => Promise<boolean>;
  readonly warn: (text: string) => void;
  readonly now: () => Millis;
  /** In [0, 1). */
  readonly random: () => number;
  readonly firstPause?: Millis;
  readonly sendTimeout?: Millis;
}

/** How a sink does, for the page and the API. */
export interface SinkHealth {
  readonly waiting: number;
  readonly sent: number;
  readonly failures: number;
  readonly lastSentAt: Millis | null;
  readonly lastError: string | null;
}

interface Try {
  attempts: number;
  nextAt: Millis;
}

/** A sink that does not answer as it should is left alone with all that waits for it, not message by message. */
interface Hold {
  failures: number;
  until: Millis;
}

export class Deliverer {
  readonly #parts: DeliveryParts;
  #sinks: ReadonlyMap<string, DeliverySink>;
  readonly #tries = new Map<string, Try>();
  /** By sink; gone as soon as it accepts or refuses anything. */
  readonly #holds = new Map<string, Hold>();
  /** Sinks, and recipients of sinks, that something waits for and that are not configured. */
  readonly #missingSince = new Map<string, Millis>();
  /** By sink. A message to several recipients is one. */
  readonly #sentAt = new Map<string, readonly { readonly key: string; readonly at: Millis }[]>();
  readonly #health = new Map<
    string,
    { sent: number; failures: number; lastSentAt: Millis | null; lastError: string | null }
  >();
  readonly #busy = new Map<string, Promise<void>>();
  #wake: () => void = () => undefined;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#sinks = parts.sinks;
  }

  /** @param changed names of those that are not as they were: what was wrong with one may be mended by that. */
  setSinks(sinks: ReadonlyMap<string, DeliverySink>, changed: ReadonlySet<string>): void {
    this.#sinks = sinks;
    for (const name of changed) this.#holds.delete(name);
    for (const { id, sink } of this.#parts.outbox.waiting()) if (changed.has(sink)) this.#tries.delete(id);
    for (const [name, { sink }] of sinks)
      for (const recipient of [undefined, ...(sink.recipients ?? [])])
        this.#missingSince.delete(describeReceiver(name, recipient));
    this.kick();
  }

  /** Something was put in. */
  kick(): void {
    this.#wake();
  }

  health(name: string): SinkHealth {
    const waiting = this.#parts.outbox.waiting().filter(({ sink }) => sink === name).length;
    return { waiting, sent: 0, failures: 0, lastSentAt: null, lastError: null, ...this.#health.get(name) };
  }

  /** Until `signal` aborts; what is being sent then is waited for. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      const pause = await this.#round(signal);
      if (signal.aborted) break;
      await sleep(Math.min(pause, LONGEST_SLEEP), woken);
    }
    await Promise.all(this.#busy.values());
  }

  /** Starts one send for each sink that may have one. @returns until when there is nothing to do. */
  async #round(signal: AbortSignal): Promise<Millis> {
    const { outbox, now } = this.#parts;
    let pause = LONGEST_SLEEP;
    await this.#split();
    for (const delivery of this.#heads()) {
      const { sink: name } = delivery;
      if (this.#busy.has(name)) continue;
      const wait = this.#waitFor(delivery, now());
      if (wait > 0) {
        pause = Math.min(pause, wait);
        continue;
      }
      const sink = this.#sinkOf(delivery);
      if (!sink) {
        if (this.#isMissedForLong(delivery))
          await outbox.giveUp(delivery.id, whatIsMissing(delivery), this.#attemptsOf(delivery));
        continue;
      }
      if (outbox.isOutdated(delivery) || (sink.sink.isCall === true && outbox.isOvertaken(delivery))) {
        await this.#leaveOut(delivery);
        pause = 0;
        continue;
      }
      const sending = this.#send(delivery, sink, signal)
        .catch((error: unknown) => this.#parts.warn(`alerts: ${describeError(error)}`))
        .finally(() => {
          this.#busy.delete(name);
          this.#wake();
        });
      this.#busy.set(name, sending);
    }
    return pause;
  }

  /** Also what waits since before the sink had several recipients. */
  async #split(): Promise<void> {
    const { outbox } = this.#parts;
    for (const { id, sink: name, recipient } of outbox.waiting()) {
      const recipients = this.#sinks.get(name)?.sink.recipients;
      if (recipient === undefined && recipients !== undefined && !this.#busy.has(name))
        await outbox.split(id, recipients);
    }
  }

  /** Undefined where there is none any more, or it has not this recipient. */
  #sinkOf({ sink: name, recipient }: Waiting): DeliverySink | undefined {
    const sink = this.#sinks.get(name);
    const isThere = recipient === undefined || sink?.sink.recipients?.includes(recipient) === true;
    return isThere ? sink : undefined;
  }

  /**
   * Who is called because of a leak that began and ended while the sink was away finds nothing to do, and events that come at once
   * may be taken in another order: the newest is sent alone. An end, too: what was tried before may have arrived without an answer.
   * Of repetitions and digests nobody else needs more than the newest either.
   */
  async #leaveOut({ id, sink, notice }: Waiting): Promise<void> {
    this.#tries.delete(id);
    await this.#parts.outbox.drop(id);
    this.#parts.warn(
      `alerts: ${sink}: ${notice.key} (${notice.kind}) is not sent: a later one waits, and the newest alone is needed`,
    );
  }

  /**
   * What may be sent next of each leak: its end may not come before its beginning. What has failed most often comes last,
   * so that a message which a sink chokes on holds up no other.
   */
  #heads(): readonly Waiting[] {
    const heads = new Map<string, Waiting>();
    for (const delivery of this.#parts.outbox.waiting()) {
      const lane = laneOf(delivery);
      if (!heads.has(lane)) heads.set(lane, delivery);
    }
    return [...heads.values()].toSorted((a, b) => this.#attemptsOf(a) - this.#attemptsOf(b));
  }

  #attemptsOf({ id }: Waiting): number {
    return this.#tries.get(id)?.attempts ?? 0;
  }

  #isMissedForLong(delivery: Waiting): boolean {
    const { now, warn } = this.#parts;
    const receiver = describeReceiver(delivery.sink, delivery.recipient);
    const since = this.#missingSince.get(receiver);
    if (since !== undefined) return now() - since >= MISSING_SINK_WAIT;
    this.#missingSince.set(receiver, now());
    warn(`alerts: ${receiver}: ${whatIsMissing(delivery)}; what waits for it is kept for an hour`);
    return false;
  }

  #waitFor({ id, sink, notice }: Waiting, now: Millis): Millis {
    const untilTry = (this.#tries.get(id)?.nextAt ?? 0) - now;
    const recent = this.#sentLately(sink, now);
    const perMinute = this.#sinks.get(sink)?.perMinute ?? Number.POSITIVE_INFINITY;
    const isFree = recent.length < perMinute || recent.some(({ key }) => key === notice.key);
    const untilRate = isFree ? 0 : (recent.at(-perMinute)?.at ?? now) + MINUTE_MILLIS - now;
    const untilHold = (this.#holds.get(sink)?.until ?? 0) - now;
    return Math.max(untilTry, untilRate, untilHold);
  }

  #sentLately(sink: string, now: Millis) {
    return (this.#sentAt.get(sink) ?? []).filter(({ at }) => at > now - MINUTE_MILLIS);
  }

  #noteAsked({ sink, notice: { key } }: Waiting, perMinute: number): void {
    const at = this.#parts.now();
    const recent = this.#sentLately(sink, at);
    if (!recent.some((each) => each.key === key))
      this.#sentAt.set(sink, [...recent, { key, at }].slice(-perMinute));
  }

  async #send(delivery: Waiting, { sink, perMinute }: DeliverySink, signal: AbortSignal): Promise<void> {
    const { outbox, now, warn } = this.#parts;
    if (!(await this.#parts.isHeld())) return this.#postpone(delivery);
    this.#noteAsked(delivery, perMinute);
    const health = this.#healthOf(delivery.sink);
    const { notice, recipient } = delivery;
    const limitMillis = this.#parts.sendTimeout ?? SEND_TIMEOUT;
    const result = await sendWithin(sink, { notice, recipient, signal, limitMillis });
    if (result.kind === 'sent') {
      this.#tries.delete(delivery.id);
      this.#holds.delete(delivery.sink);
      await outbox.done(delivery.id);
      health.sent++;
      health.lastSentAt = now();
      health.lastError = null;
      return;
    }
    if (signal.aborted) return;
    health.failures++;
    if (health.lastError !== result.why) warn(`alerts: ${delivery.sink}: ${result.why}`);
    health.lastError = result.why;
    const attempts = this.#attemptsOf(delivery) + 1;
    this.#hold(delivery.sink, result);
    const isTooOld = now() - delivery.notice.createdAt > GIVE_UP_MILLIS;
    if (result.isFinal || isTooOld) {
      this.#tries.delete(delivery.id);
      await outbox.giveUp(delivery.id, result.why, attempts);
      warn(`alerts: ${delivery.sink}: ${delivery.notice.key} is given up: ${result.why}`);
      return;
    }
    this.#tries.set(delivery.id, { attempts, nextAt: now() + this.#pause(attempts, result) });
  }

  #hold(name: string, result: Failed): void {
    if (result.isFinal || result.isOfMessage === true) {
      this.#holds.delete(name);
      return;
    }
    const failures = (this.#holds.get(name)?.failures ?? 0) + 1;
    this.#holds.set(name, { failures, until: this.#parts.now() + this.#pause(failures, result) });
  }

  #pause(attempts: number, { retryAfterMillis }: { retryAfterMillis: Millis | null }): Millis {
    const { random, firstPause = FIRST_PAUSE } = this.#parts;
    const doubled = Math.min(LONGEST_PAUSE, firstPause * 2 ** Math.min(attempts - 1, 20));
    return Math.max(doubled * (0.5 + random()), retryAfterMillis ?? 0);
  }

  #postpone(delivery: Waiting): void {
    const attempts = this.#attemptsOf(delivery);
    this.#tries.set(delivery.id, { attempts, nextAt: this.#parts.now() + FIRST_PAUSE });
  }

  #healthOf(name: string) {
    const known = this.#health.get(name) ?? { sent: 0, failures: 0, lastSentAt: null, lastError: null };
    this.#health.set(name, known);
    return known;
  }
}

function describeReceiver(sink: string, recipient: string | undefined): string {
  return recipient === undefined ? sink : `${sink}: ${recipient}`;
}

function whatIsMissing({ recipient }: Waiting): string {
  return recipient === undefined ? 'there is no such sink any more' : 'is no recipient of this sink any more';
}

async function sleep(millis: Millis, woken: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, millis));
  });
  await Promise.race([over, woken]);
  clearTimeout(timer);
}
