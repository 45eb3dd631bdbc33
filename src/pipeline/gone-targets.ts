// Targets that are watched no more and left open incidents behind: after a while nothing will be heard of them.
import type { Millis } from '../base/units.ts';
import type { TargetKey } from '../model/target.ts';
import type { Store } from '../store/store.ts';

export class GoneTargets {
  /** Since when, by key. Bounded by the targets that have incidents. */
  readonly #since = new Map<TargetKey, Millis>();

  leave(key: TargetKey, atMillis: Millis): void {
    this.#since.set(key, atMillis);
  }

  forget(key: TargetKey): void {
    this.#since.delete(key);
  }

  has(key: TargetKey): boolean {
    return this.#since.has(key);
  }

  list(): readonly { readonly key: TargetKey; readonly sinceMillis: Millis }[] {
    return [...this.#since].map(([key, sinceMillis]) => ({ key, sinceMillis }));
  }

  /**
   * Where a target is that is not watched here. One of which the store has heard meanwhile is watched by another watcher on the same store (a
   * shard that took it over): it begins to be gone anew. What the store cannot say now is asked again later.
   */
  async find(store: Store, key: TargetKey, atMillis: Millis): Promise<'gone' | 'elsewhere' | 'unknown'> {
    const sinceMillis = this.#since.get(key);
    if (sinceMillis === undefined) return 'unknown';
    const isHeard = await isHeardSince(store, key, sinceMillis, atMillis).catch(() => null);
    // It may have come back, or gone again, while the store was asked.
    if (isHeard === null || this.#since.get(key) !== sinceMillis) return 'unknown';
    if (isHeard) this.#since.set(key, atMillis);
    return isHeard ? 'elsewhere' : 'gone';
  }
}

async function isHeardSince(store: Store, key: TargetKey, sinceMillis: Millis, toMillis: Millis) {
  const range = { fromMillis: sinceMillis + 1, toMillis };
  const { timeMillis } = await store.readGauges(key, range, 1);
  if (timeMillis.length > 0) return true;
  // Services that push may send nothing but profiles.
  for (const kind of ['heap', 'goroutine'] as const)
    if ((await store.listProfiles(key, kind, range)).length > 0) return true;
  return false;
}
