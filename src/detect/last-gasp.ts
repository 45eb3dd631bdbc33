// The last chance to see what fills memory: one profile of each kind at once, when it comes close to its limit.
import type { Bytes, Millis } from '../base/units.ts';
import type { SnapshotWish, TakenSnapshot } from './snapshot-policy.ts';

/** Share of the limit from which on a burst of seconds may be the end. */
export const LAST_GASP_SHARE = 0.9;
/** It is another approach only after memory had been below this: around the share itself it would be taken again and again. */
const OVER_SHARE = 0.8;

export interface NearLimit {
  /** Since when, without having been below OVER_SHARE. */
  readonly sinceMillis: Millis;
  readonly rssBytes: Bytes;
  readonly limitBytes: Bytes;
}

/**
 * Follows resident memory on its way to the limit, one reading after the other. RSS and not the usage of the cgroup: page cache
 * fills a group without any harm.
 *
 * @param before as the reading before left it; null = it was not close, or another life.
 * @param rssBytes, limitBytes NaN where not known, which changes nothing.
 */
export function followNearLimit(
  before: NearLimit | null,
  atMillis: Millis,
  rssBytes: Bytes,
  limitBytes: Bytes,
): NearLimit | null {
  const share = rssBytes / limitBytes;
  if (Number.isNaN(share)) return before;
  if (share < OVER_SHARE) return null;
  if (before !== null) return { ...before, rssBytes, limitBytes };
  return share >= LAST_GASP_SHARE ? { sinceMillis: atMillis, rssBytes, limitBytes } : null;
}

/** One heap and one goroutine profile for each approach, without regard to when the one before was taken. */
export function decideLastGasp(near: NearLimit | null, taken: readonly TakenSnapshot[]): SnapshotWish[] {
  if (near === null) return [];
  const why = `memory is at ${Math.round((near.rssBytes / near.limitBytes) * 100)} % of its limit`;
  return (['heap', 'goroutine'] as const)
    .filter((kind) => !taken.some((one) => one.kind === kind && one.atMillis >= near.sinceMillis))
    .map((kind) => ({ kind, reason: 'last-gasp', gc: false, why }));
}
