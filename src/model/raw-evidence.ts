import type { Millis } from '../base/units.ts';

export const PROFILE_KINDS = [
  'heap',
  'allocs',
  'goroutine',
  'goroutineleak',
  'threadcreate',
  'block',
  'mutex',
  'cpu',
  'native',
] as const;
export type ProfileKind = (typeof PROFILE_KINDS)[number];

/**
 * One answer of a process, exactly as it was served, with the time at which it was asked. The unit that the
 * collector yields, a recording holds and the pipeline eats, so that live and replay are one path.
 *
 * `atMillis` is virtual time. Times *inside* `bytes` are recorded time; TimeMap translates them.
 */
export type RawEvidence =
  | { readonly kind: 'metrics'; readonly atMillis: Millis; readonly bytes: Uint8Array }
  | { readonly kind: 'vars'; readonly atMillis: Millis; readonly bytes: Uint8Array }
  | { readonly kind: 'proc'; readonly atMillis: Millis; readonly bytes: Uint8Array }
  | {
      readonly kind: 'profile';
      readonly atMillis: Millis;
      readonly bytes: Uint8Array;
      readonly profile: ProfileKind;
      /** `proto` as served (gzip); `text` = debug=1, or debug=2 for goroutines. */
      readonly form: 'proto' | 'text';
      /** Of profiles that were sent to us instead of asked for. */
      readonly pushed?: PushedProfile;
    }
  /** One line of standard error, or several that came together, without the recording's time prefix. */
  | { readonly kind: 'log-line'; readonly atMillis: Millis; readonly bytes: Uint8Array }
  /** One JSON object of events.jsonl. */
  | { readonly kind: 'event'; readonly atMillis: Millis; readonly bytes: Uint8Array };

export interface PushedProfile {
  /** What `alloc_*` count from: the start of the process, or the profile before this one (pyroscope-go, Alloy). */
  readonly allocations: 'since-start' | 'since-last';
  /** When the sender began to collect it and when it was done, recorded time; null where it does not say. */
  readonly fromMillis: Millis | null;
  readonly untilMillis: Millis | null;
  /** They come every few seconds: all tell gauges, those that the snapshot policy wants are kept for diagnosis. */
  readonly isKept: boolean;
}

/**
 * Recorded time to virtual time and back: virtual = origin + (recorded - origin) * scale.
 * Scale 1 is the identity; 60 shows a minute as an hour.
 */
export interface TimeMap {
  readonly originMillis: Millis;
  readonly scale: number;
}

export const REAL_TIME: TimeMap = { originMillis: 0, scale: 1 };

export function toVirtualMillis(map: TimeMap, recordedMillis: Millis): Millis {
  return map.originMillis + (recordedMillis - map.originMillis) * map.scale;
}

export function toRecordedMillis(map: TimeMap, virtualMillis: Millis): Millis {
  return map.originMillis + (virtualMillis - map.originMillis) / map.scale;
}
