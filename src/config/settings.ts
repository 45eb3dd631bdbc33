// Settings with their defaults, in real units. Nothing else in the project reads files of settings or the
// environment.
import type { Access } from '../model/target.ts';
import { DAY_MILLIS, GIB, MINUTE_MILLIS, SECOND_MILLIS, type Bytes, type Millis } from '../base/units.ts';

/** One static target as configured; endpoints that are null are looked for at `url`. */
export interface TargetSetting {
  readonly service: string | null;
  /** Where the service answers; the rest is probed from here. */
  readonly url: string;
  readonly metrics: string | null;
  readonly vars: string | null;
  /** Its own port, prefix and credentials where they differ from those of `url`. */
  readonly pprof: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly pprofHeaders: Readonly<Record<string, string>> | null;
  readonly memoryLimitBytes: Bytes | null;
  readonly module: string | null;
  readonly pid: number | null;
  /** A file that the service's standard error goes to, with GODEBUG=gctrace=1. */
  readonly gctrace: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly access: Access | null;
  /** Where one metrics page serves several processes: the labels of this one. */
  readonly match: Readonly<Record<string, string>>;
}

export interface Settings {
  readonly listen: { readonly host: string; readonly port: number };
  readonly dataDir: string;
  readonly storage: 'chdb' | 'memory' | 'clickhouse';
  readonly storageUrl: string | null;
  /** Virtual seconds per real second: 1 in production. */
  readonly timeScale: number;
  /** All of these are virtual time. */
  readonly gaugeIntervalMillis: Millis;
  readonly profileIntervalMillis: Millis;
  readonly diagnosticProfileIntervalMillis: Millis;
  readonly rawProfileRetentionMillis: Millis;
  readonly rawProfileBytes: Bytes;
  /** Folders with Go sources, for showing the culprit. */
  readonly sourceDirs: readonly string[];
  readonly targets: readonly TargetSetting[];
}

export const DEFAULT_SETTINGS: Settings = {
  listen: { host: '127.0.0.1', port: 7117 },
  dataDir: 'plimsoll-data',
  storage: 'chdb',
  storageUrl: null,
  timeScale: 1,
  gaugeIntervalMillis: 15 * SECOND_MILLIS,
  profileIntervalMillis: 10 * MINUTE_MILLIS,
  diagnosticProfileIntervalMillis: MINUTE_MILLIS,
  rawProfileRetentionMillis: 7 * DAY_MILLIS,
  rawProfileBytes: 2 * GIB,
  sourceDirs: [],
  targets: [],
};

export const EMPTY_TARGET: TargetSetting = {
  service: null,
  url: '',
  metrics: null,
  vars: null,
  pprof: null,
  headers: {},
  pprofHeaders: null,
  memoryLimitBytes: null,
  module: null,
  pid: null,
  gctrace: null,
  labels: {},
  access: null,
  match: {},
};
