// The live side of one target: when to ask for what. Everything it gets goes through `sink`, in order of arrival.
import type { FetchOutcome, RequestName, TargetSource } from '../collect/source.ts';
import { PlimsollError } from '../base/errors.ts';
import type { Millis } from '../base/units.ts';
import type { SnapshotWish } from '../detect/snapshot-policy.ts';
import type { ProfileKind } from '../model/raw-evidence.ts';
import type { Gate } from './gate.ts';
import type { Clock } from './ports.ts';
import { isLocalRequest } from './source-statuses.ts';

export interface ProfileWish {
  readonly kind: ProfileKind;
  /** Text is the dump of all goroutines alone: it stops the world for a second at 100,000 of them, a profile does not. */
  readonly form: 'proto' | 'text';
  readonly debug?: 2;
  readonly gc: boolean;
  readonly reason: string;
}

/** What the snapshot policy wants, as it is asked for. */
export function toProfileWish({ kind, gc, reason }: SnapshotWish): ProfileWish {
  return kind === 'goroutine-dump'
    ? { kind: 'goroutine', form: 'text', debug: 2, gc, reason }
    : { kind, form: 'proto', gc, reason };
}

/** The name under which a wish is counted, fails and is tried again. */
export function requestOfWish({ kind, debug }: ProfileWish): RequestName {
  return debug === 2 && kind === 'goroutine' ? 'profile:goroutine-dump' : `profile:${kind}`;
}

export interface LoopParts {
  readonly source: TargetSource;
  readonly clock: Clock;
  /** Virtual; asked before each round, since settings may change. */
  readonly gaugeInterval: () => Millis;
  /** Delay before the n-th retry in a row, virtual milliseconds. */
  readonly retryDelay: (failuresInARow: number) => Millis;
  /** Spreads the first rounds of many targets over one interval: a number in [0, 1). */
  readonly phase: number;
  /** Shared by all targets: profiles cost both sides. */
  readonly profileGate: Gate;
  /** One outcome, handled before the next of its kind is asked for. */
  readonly sink: (outcome: FetchOutcome) => Promise<void>;
  /** After each round: evaluates what is due and says which profiles are wanted now. */
  readonly afterRound: (atMillis: Millis) => readonly ProfileWish[];
  readonly announceNextTry: (requests: readonly RequestName[], atMillis: Millis) => void;
}

/**
 * Scrapes gauges on their interval (backing off while none answers) and takes the profiles that the policy wants,
 * one at a time, beside the scrapes: a profile that takes 30 s delays no gauge.
 * Resolves when `signal` aborts and the last answer is handled.
 */
export async function runTargetLoop(parts: LoopParts, signal: AbortSignal): Promise<void> {
  const { clock, gaugeInterval } = parts;
  let failuresInARow = 0;
  let profiles: Promise<void> = Promise.resolve();
  let isTakingProfiles = false;
  let due = clock.now() + parts.phase * gaugeInterval();
  while (!signal.aborted) {
    await clock.sleepUntil(due, signal);
    if (signal.aborted) break;
    const outcomes = await fetchGauges(parts.source, signal);
    if (signal.aborted) break;
    for (const outcome of outcomes) await parts.sink(outcome);
    // What this machine says of a target that answers over HTTP as well says nothing of whether that does.
    const isLocalAlone = outcomes.every(({ request }) => isLocalRequest(request));
    const isAnswering = outcomes.some((o) => o.kind === 'ok' && (isLocalAlone || !isLocalRequest(o.request)));
    failuresInARow = isAnswering ? 0 : failuresInARow + 1;
    const now = clock.now();
    due = isAnswering
      ? Math.max(due + gaugeInterval(), now) // a round that was missed is not made up for
      : now + parts.retryDelay(failuresInARow);
    parts.announceNextTry(
      outcomes.map((o) => o.request),
      due,
    );
    const wishes = parts.afterRound(now);
    if (isAnswering && !isTakingProfiles && wishes.length > 0) {
      isTakingProfiles = true;
      profiles = takeProfiles(parts, wishes, signal).finally(() => {
        isTakingProfiles = false;
      });
    }
  }
  await profiles;
}

async function fetchGauges(source: TargetSource, signal: AbortSignal): Promise<FetchOutcome[]> {
  try {
    return await source.fetchGauges(signal);
  } catch (error) {
    if (signal.aborted) return [];
    return [unexpected('metrics', error)];
  }
}

async function takeProfiles(
  parts: LoopParts,
  wishes: readonly ProfileWish[],
  signal: AbortSignal,
): Promise<void> {
  for (const wish of wishes) {
    if (signal.aborted) return;
    const outcome = await parts.profileGate.run(async () => {
      if (signal.aborted) return null;
      try {
        const outcome = await parts.source.fetchProfile(wish.kind, wish, signal);
        return { ...outcome, request: requestOfWish(wish) };
      } catch (error) {
        return signal.aborted ? null : unexpected(requestOfWish(wish), error);
      }
    });
    if (outcome && !signal.aborted) await parts.sink(outcome);
  }
}

/** A source should return failures as data; one that throws is reported all the same, never lost. */
function unexpected(request: RequestName, error: unknown): FetchOutcome {
  const known =
    error instanceof PlimsollError
      ? error
      : new PlimsollError('TARGET_REFUSED', 'collect', 'the request failed', {}, error);
  return { kind: 'failed', request, error: known, tookMillis: 0 };
}
