import type { Thresholds } from '../model/threshold.ts';
import { MINUTE_MILLIS, SECOND_MILLIS, type Millis } from '../base/units.ts';

/** How often a target is asked, in virtual time. */
export interface WatchIntervals {
  readonly gaugeIntervalMillis: Millis;
  /** Least time between two profiles of one kind from one target. */
  readonly profileIntervalMillis: Millis;
  /** The same in diagnostic mode. */
  readonly diagnosticProfileIntervalMillis: Millis;
}

/** What may differ for one service. */
export interface ServiceSettings extends Partial<WatchIntervals> {
  readonly thresholds?: Partial<Thresholds>;
}

/** What a watch needs to know of its settings. */
export interface WatchSettings extends WatchIntervals {
  /** Incidents of a target that was taken away end after this, virtual; without it they stay open. */
  readonly goneAfterMillis?: Millis;
  /** By name of the service: what differs from the intervals of all. */
  readonly services: ReadonlyMap<string, ServiceSettings>;
  /** Plain thresholds; without them none. */
  readonly thresholds?: Thresholds;
  /** Folders with Go sources, for showing the culprit. */
  readonly sourceDirs: readonly string[];
}

/** An instance that has not answered for longer shows nothing about another that is gone. */
export const HEARD_LATELY_MILLIS: Millis = 15 * MINUTE_MILLIS;
/** Profiles fetched at once over all targets: each may be megabytes on both sides. */
export const PROFILES_AT_ONCE = 4;
/** Gauges wait at most this long (real time) before they are stored; what was not stored is not acknowledged. */
export const GAUGE_FLUSH_MILLIS: Millis = 10 * SECOND_MILLIS;
/** Rows of one target that may wait to be stored while the store is away; then the oldest half is thinned. */
export const MAX_WAITING_ROWS = 2000;
/** Rows of gauges that are read from the store at once: more than a history keeps and a chart draws. */
export const STORED_ROWS_READ = 2000;
/** Gauges that are read back when a watch starts again. */
export const RESTORE_SPAN_MILLIS: Millis = 10 * 24 * 60 * MINUTE_MILLIS;
/** Diagnostic mode ends by itself after at most this. */
export const DIAGNOSTIC_LONGEST_MILLIS: Millis = 24 * 60 * MINUTE_MILLIS;
