// One store for watch, check and replay. Two implementations behind one test suite (store.test.ts): `memory`
// (bounded, nothing on disk) and `clickhouse` (chDB or a cluster, by URL).
import type { GaugeName } from '../base/gauges.ts';
import type { Bytes, Millis } from '../base/units.ts';
import type { Incident } from '../model/incident.ts';
import type { ProfileKind } from '../model/raw-evidence.ts';
import type { TargetKey, TargetName } from '../model/target.ts';

/**
 * Gauges of one target: struct of arrays, one row per scrape, times strictly increasing.
 *
 *     timeMillis  [ 1000, 2000 ]
 *     columns     goroutines -> [ 12, 13 ],  rssBytes -> [ 1e6, NaN ]     NaN = not known at that time
 */
export interface GaugeRows {
  readonly timeMillis: Float64Array;
  readonly columns: ReadonlyMap<GaugeName, Float64Array>;
}

/** What is known of a stored profile without opening it. */
export interface ProfileRecord {
  /** Content address: hex SHA-256 of target, kind, form, time and bytes. */
  readonly id: string;
  readonly target: TargetKey;
  readonly kind: ProfileKind;
  readonly form: 'proto' | 'text';
  readonly takenAtMillis: Millis;
  readonly sizeBytes: Bytes;
}

/** Values of one profile per site, kept longer than the raw bytes. */
export interface SiteValues {
  readonly profile: ProfileRecord;
  /** Stack text per row, leaf first, frames as `function\tfile\tline` joined by newlines: stored once each. */
  readonly stacks: readonly string[];
  readonly objectBytes: Float64Array;
  readonly inuseObjects: Float64Array;
  readonly inuseBytes: Float64Array;
}

/** A mark in time: start, restart, oom-kill, deploy, load, error ... */
export interface StoredEvent {
  readonly target: TargetKey;
  readonly atMillis: Millis;
  readonly kind: string;
  readonly text: string;
}

export interface TimeRange {
  readonly fromMillis: Millis;
  readonly toMillis: Millis;
}

/**
 * Every write resolves only when the data is durable (memory: at once): "acknowledged" means it survives kill -9.
 * Rejects with PlimsollError STORE_*; nothing is dropped silently.
 */
export interface Store {
  saveTarget(target: TargetName, seenAtMillis: Millis): Promise<void>;
  listTargets(): Promise<readonly TargetName[]>;

  saveGauges(target: TargetKey, rows: GaugeRows): Promise<void>;
  /** At most `maxRows` rows evenly thinned over the range, ascending. */
  readGauges(target: TargetKey, range: TimeRange, maxRows: number): Promise<GaugeRows>;

  /** Saves the raw bytes as received, then the index row. Saving the same profile again changes nothing. */
  saveProfile(record: Omit<ProfileRecord, 'id'>, bytes: Uint8Array): Promise<ProfileRecord>;
  /** Ascending by time. */
  listProfiles(target: TargetKey, kind: ProfileKind, range: TimeRange): Promise<readonly ProfileRecord[]>;
  /** null when it is unknown or its raw bytes are past retention. */
  readProfile(id: string): Promise<{ record: ProfileRecord; bytes: Uint8Array } | null>;
  saveSites(sites: SiteValues): Promise<void>;
  readSites(profileId: string): Promise<SiteValues | null>;

  /** Whole incident, last write wins. */
  saveIncident(incident: Incident): Promise<void>;
  /** Ascending by openedAt; resolved ones too. */
  listIncidents(): Promise<readonly Incident[]>;

  /** What the investigation of a target must remember over a restart, as JSON; the last write wins. */
  saveState(target: TargetKey, json: string): Promise<void>;
  /** null when nothing was saved. */
  readState(target: TargetKey): Promise<string | null>;

  saveEvents(events: readonly StoredEvent[]): Promise<void>;
  listEvents(target: TargetKey, range: TimeRange): Promise<readonly StoredEvent[]>;

  /** For /readyz: throws when the store cannot be written. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
