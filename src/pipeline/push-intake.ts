// Profiles that services and agents send by themselves: whose they are, in order, within bounds. What becomes of them is
// the same as for those that were asked for (Watch.takePushed).
import { PlimsollError, describeError } from '../base/errors.ts';
import { HOUR_MILLIS, MINUTE_MILLIS, formatDuration, type Millis } from '../base/units.ts';
import { toRecordedMillis, type ProfileKind } from '../model/raw-evidence.ts';
import { targetKey, type TargetKey, type TargetName } from '../model/target.ts';
import type { Clock, Talk } from './ports.ts';
import { pushedTarget, shownLabels } from './push-target.ts';
import type { Watch } from './watch.ts';
import type { WatchedTarget } from './watched-target.ts';

/** Processes that push; each holds a history and snapshots (some MB). More wait until one has gone silent. */
export const MAX_PUSHED_TARGETS = 500;
/** Between two profiles of one kind from one process, real time: agents send every 15 s. */
export const PUSH_SPACING_MILLIS: Millis = 200;
/** Profiles of one process that may wait for their turn: all kinds of two rounds. */
const MAX_WAITING_EACH = 16;
/** A process that has not pushed for this long counts as silent: twenty rounds of agents. Real time. */
export const PUSH_SILENT_MILLIS: Millis = 5 * MINUTE_MILLIS;
/** Silent for this long, a process may make room for another one. Real time. */
const MAY_GO_AFTER_MILLIS: Millis = HOUR_MILLIS;

export interface PushMessage {
  readonly labels: ReadonlyMap<string, string>;
  /** Name of the application where it is not among the labels. */
  readonly app: string | null;
  readonly profile: ProfileKind;
  readonly bytes: Uint8Array;
  readonly allocations: 'since-start' | 'since-last';
  /** Recorded time; null where it is not said. */
  readonly fromMillis: Millis | null;
  readonly untilMillis: Millis | null;
}

interface Pusher {
  readonly watched: WatchedTarget;
  /** Steady, real milliseconds. */
  lastMillis: Millis;
  isSilent: boolean;
  readonly lastOf: Map<ProfileKind, Millis>;
  waiting: number;
  last: Promise<unknown>;
}

export interface PushIntakeParts {
  readonly watch: Pick<Watch, 'addTarget' | 'removeTarget' | 'target' | 'takePushed'>;
  readonly clock: Clock;
  readonly talk: Talk;
  /** Steady real milliseconds. */
  readonly steady: () => Millis;
  readonly maxTargets?: number;
}

export class PushIntake {
  readonly #parts: PushIntakeParts;
  readonly #pushers = new Map<TargetKey, Promise<Pusher>>();
  readonly #known = new Map<TargetKey, Pusher>();

  constructor(parts: PushIntakeParts) {
    this.#parts = parts;
  }

  /** @throws PlimsollError PUSH_INVALID, PUSH_REFUSED, PROFILE_INVALID, PROFILE_TOO_LARGE */
  async take(message: PushMessage): Promise<void> {
    const name = pushedTarget(message.labels, message.app);
    if (name === null) throw new PlimsollError('PUSH_INVALID', 'pipeline', 'no label names the service');
    const pusher = await this.#pusher(name, message.labels);
    const now = this.#parts.steady();
    const since = now - (pusher.lastOf.get(message.profile) ?? -Infinity);
    if (since < PUSH_SPACING_MILLIS || pusher.waiting >= MAX_WAITING_EACH) {
      throw refused('pushes more often than it may', targetKey(name));
    }
    pusher.lastOf.set(message.profile, now);
    pusher.lastMillis = now;
    pusher.isSilent = false;
    pusher.waiting++;
    // One after the other: allocations add up in the order in which profiles were sent.
    const taken = pusher.last.then(() => this.#takeOne(pusher, message));
    pusher.last = taken.catch(() => undefined).finally(() => pusher.waiting--);
    await taken;
  }

  async #takeOne({ watched }: Pusher, message: PushMessage): Promise<void> {
    const { watch, clock } = this.#parts;
    const { profile, bytes, allocations, fromMillis } = message;
    if (profile === 'goroutineleak') watched.offersGoroutineLeak = true;
    const untilMillis = message.untilMillis ?? toRecordedMillis(clock.timeMap, clock.now());
    const error = await watch.takePushed(watched, { profile, bytes, allocations, fromMillis, untilMillis });
    if (error) throw error;
  }

  async #pusher(name: TargetName, labels: ReadonlyMap<string, string>): Promise<Pusher> {
    const key = targetKey(name);
    const known = this.#pushers.get(key);
    if (known) return known;
    const adding = this.#add(name, labels);
    this.#pushers.set(key, adding);
    try {
      return await adding;
    } catch (error) {
      this.#pushers.delete(key);
      throw error;
    }
  }

  async #add(name: TargetName, labels: ReadonlyMap<string, string>): Promise<Pusher> {
    const { watch, talk, steady } = this.#parts;
    const key = targetKey(name);
    const there = watch.target(key);
    if (there && there.statuses.of('profile:heap')?.state !== 'off') {
      throw refused('its profiles are taken by scraping already', key);
    }
    if (this.#pushers.size >= (this.#parts.maxTargets ?? MAX_PUSHED_TARGETS)) await this.#makeRoom();
    const watched =
      there ??
      (await watch.addTarget({
        target: name,
        labels: shownLabels(labels),
        module: null,
        memoryLimitBytes: null,
        source: null,
        announced: [{ request: 'metrics', where: 'this process pushes its profiles', state: 'off' }],
      }));
    const now = steady();
    const pusher: Pusher = {
      watched,
      lastMillis: now,
      isSilent: false,
      lastOf: new Map(),
      waiting: 0,
      last: Promise.resolve(),
    };
    this.#known.set(key, pusher);
    talk.info(`target: ${name.service} at ${name.instance} (pushes its profiles)`);
    return pusher;
  }

  async #makeRoom(): Promise<void> {
    const now = this.#parts.steady();
    const [oldest] = [...this.#known].sort(([, a], [, b]) => a.lastMillis - b.lastMillis);
    if (oldest === undefined || now - oldest[1].lastMillis < MAY_GO_AFTER_MILLIS) {
      throw refused(`${this.#parts.maxTargets ?? MAX_PUSHED_TARGETS} processes push already`);
    }
    this.#known.delete(oldest[0]);
    this.#pushers.delete(oldest[0]);
    await this.#parts.watch.removeTarget(oldest[0]);
  }

  /** Marks processes that have stopped to push. To be called now and then. */
  noticeSilence(): void {
    const now = this.#parts.steady();
    for (const [key, pusher] of this.#known) {
      const silent = now - pusher.lastMillis;
      if (pusher.isSilent || silent < PUSH_SILENT_MILLIS) continue;
      pusher.isSilent = true;
      const fact = `nothing was pushed for ${formatDuration(PUSH_SILENT_MILLIS)}`;
      const error = new PlimsollError('PUSH_SILENT', 'collect', fact, { where: key });
      for (const kind of pusher.lastOf.keys()) pusher.watched.statuses.fail(`profile:${kind}`, error);
      this.#parts.talk.warn(describeError(error));
    }
  }
}

function refused(fact: string, where?: string): PlimsollError {
  return new PlimsollError('PUSH_REFUSED', 'pipeline', fact, where === undefined ? {} : { where });
}
