// What a recording takes beside its standing profiles: those that stop the world, on suspects alone, as a watch does.
import { HOUR_MILLIS, type Bytes, type Millis } from '../base/units.ts';
import type { FetchOutcome, RequestName } from '../collect/source.ts';
import { PRODUCTION_SNAPSHOTS } from '../detect/snapshot-policy.ts';
import type { TimeMap } from '../model/raw-evidence.ts';
import type { TargetName } from '../model/target.ts';
import { Investigation } from './investigation.ts';
import { ProfileDecoder } from './profile-decoder.ts';
import { requestOfWish, toProfileWish, type ProfileWish } from './target-loop.ts';

/** One that was refused or could not be read is not asked for again before this. */
const ASKED_AGAIN_MILLIS: Millis = HOUR_MILLIS;

export interface RecordedTarget {
  readonly target: TargetName;
  readonly module: string | null;
  readonly memoryLimitBytes: Bytes | null;
  readonly match?: Readonly<Record<string, string>>;
  readonly timeMap: TimeMap;
  readonly offersGoroutineLeak: boolean;
}

/** Follows what is recorded as far as the snapshot policy needs: gauges and goroutines, no profile of the heap. */
export class RecordingPolicy {
  readonly #decoder = new ProfileDecoder();
  readonly #investigation: Investigation;
  readonly #offersGoroutineLeak: boolean;
  readonly #askedAt = new Map<RequestName, Millis>();

  constructor({ offersGoroutineLeak, ...target }: RecordedTarget) {
    this.#offersGoroutineLeak = offersGoroutineLeak;
    this.#investigation = new Investigation({ ...target, decoder: this.#decoder });
  }

  /** Each outcome in order; `nowMillis` is virtual, as the times of the evidence are. What cannot be read changes nothing. */
  async take(outcome: FetchOutcome, nowMillis: Millis): Promise<void> {
    if (isOnSuspects(outcome.request)) this.#askedAt.set(outcome.request, nowMillis);
    if (outcome.kind === 'failed') return;
    const { evidence } = outcome;
    this.#investigation.evaluateUpTo(evidence.atMillis);
    if (evidence.kind === 'profile' && evidence.profile === 'heap' && evidence.form === 'proto') return;
    await this.#investigation.ingest(evidence);
  }

  /** The profiles of a suspect that are due: the proof of leaked goroutines and the dump of all; none most of the time. */
  wishes(nowMillis: Millis): readonly ProfileWish[] {
    this.#investigation.evaluateUpTo(nowMillis);
    const settings = { ...PRODUCTION_SNAPSHOTS, offersGoroutineLeak: this.#offersGoroutineLeak };
    return this.#investigation
      .wantedProfiles(nowMillis, settings)
      .map(toProfileWish)
      .filter((wish) => {
        const request = requestOfWish(wish);
        const askedAt = this.#askedAt.get(request) ?? -Infinity;
        return isOnSuspects(request) && nowMillis - askedAt >= ASKED_AGAIN_MILLIS;
      });
  }

  /** Ends the thread that decodes large profiles, where one was started. */
  close(): Promise<void> {
    return this.#decoder.close();
  }
}

function isOnSuspects(request: RequestName): boolean {
  return request === 'profile:goroutineleak' || request === 'profile:goroutine-dump';
}
