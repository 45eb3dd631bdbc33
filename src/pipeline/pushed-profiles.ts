// What profiles that were sent to us tell beside the snapshots that they are: how much is alive, how many goroutines there are, when
// the process began.
import type { GaugeReading } from '../base/gauges.ts';
import { SECOND_MILLIS, type Millis } from '../base/units.ts';
import type { ProfileKind, PushedProfile } from '../model/raw-evidence.ts';
import type { Profile } from '../pprof/tables.ts';
import type { ProfileHistory } from '../profile/profile-history.ts';
import { sumHeapInUse, sumCounts } from '../profile/reduce.ts';

/** Two uploads of one process follow each other; clocks of sender and sender may differ by less than this. */
const OVERLAP_MILLIS: Millis = 2 * SECOND_MILLIS;

export interface ToldByPush {
  /** Recorded time where it is an instant. */
  readonly reading: GaugeReading;
  readonly warning: string | null;
}

const MIXED =
  'two processes push under one name, and are judged as one: give each its own instance, pod or hostname label';

/** Remembers of one target what has to be known from push to push. */
export class PushedProfiles {
  #startMillis: Millis | null = null;
  /** When the sender was done with the newest heap profile, recorded time. */
  #newestUntilMillis: Millis | null = null;

  /** null for kinds that tell nothing of memory, and for what is not newer than what is known. */
  take(
    profiles: ProfileHistory,
    kind: ProfileKind,
    profile: Profile,
    atMillis: Millis,
    pushed: PushedProfile,
  ): ToldByPush | null {
    switch (kind) {
      case 'heap':
        return this.#takeHeap(profiles, profile, atMillis, pushed);
      case 'goroutine':
        if (pushed.isKept) profiles.addGoroutines(profile, atMillis);
        return { reading: { goroutines: sumCounts(profile) }, warning: null };
      case 'goroutineleak':
        if (pushed.isKept) profiles.addLeakedGoroutines(profile, atMillis);
        return { reading: {}, warning: null };
      case 'threadcreate':
        if (pushed.isKept) profiles.addThreads(profile, atMillis);
        return { reading: {}, warning: null };
      default:
        return null;
    }
  }

  #takeHeap(
    profiles: ProfileHistory,
    profile: Profile,
    atMillis: Millis,
    { allocations, fromMillis, untilMillis, isKept }: PushedProfile,
  ): ToldByPush | null {
    const profileLiveBytes = sumHeapInUse(profile);
    if (allocations === 'since-start') {
      if (isKept && profiles.addHeap(profile, atMillis) === null) return null;
      return { reading: { profileLiveBytes }, warning: null };
    }
    const added = profiles.addHeapSince(profile, atMillis, isKept);
    if (added === null) return null;
    const isMixed =
      fromMillis !== null && fromMillis < (this.#newestUntilMillis ?? fromMillis) - OVERLAP_MILLIS;
    this.#newestUntilMillis = untilMillis;
    if (added.isFirst || this.#startMillis === null) this.#startMillis = fromMillis;
    return {
      reading: {
        profileLiveBytes,
        ...(this.#startMillis === null ? {} : { processStartMillis: this.#startMillis }),
      },
      warning: isMixed ? MIXED : null,
    };
  }
}
