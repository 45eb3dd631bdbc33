// Settings as the code uses them, in real units. Nothing else in the project reads files of settings or the environment.
import type { SinkSetting } from '../model/sink.ts';
import type { Access } from '../model/target.ts';
import type { Thresholds } from '../model/threshold.ts';
import type { Bytes, Millis } from '../base/units.ts';

/** What listed and discovered targets have in common. */
export interface CommonSetting {
  readonly headers: Readonly<Record<string, string>>;
  readonly pprofHeaders: Readonly<Record<string, string>> | null;
  readonly access: Access | null;
  readonly memoryLimitBytes: Bytes | null;
  readonly module: string | null;
}

/** One target as configured or discovered; endpoints that are null are looked for at `url`. */
export interface TargetSetting extends CommonSetting {
  readonly service: string | null;
  /** Name of the instance; null = its `host:port`. */
  readonly instance: string | null;
  /** Where the service answers; the rest is probed from here. */
  readonly url: string;
  readonly metrics: string | null;
  readonly vars: string | null;
  /** Its own port, prefix and credentials where they differ from those of `url`. */
  readonly pprof: string | null;
  readonly pid: number | null;
  /** A file that the service's standard error goes to, with GODEBUG=gctrace=1. */
  readonly gctrace: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Where one metrics page serves several processes: the labels of this one. */
  readonly match: Readonly<Record<string, string>>;
}

export const RELABEL_ACTIONS = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const;

/** One rule as Prometheus's `relabel_configs` has it; what was not written is undefined and has its default. */
export interface RelabelRule {
  readonly sourceLabels?: readonly string[];
  readonly separator?: string;
  readonly regex?: string;
  readonly modulus?: number;
  readonly targetLabel?: string;
  readonly replacement?: string;
  readonly action?: (typeof RELABEL_ACTIONS)[number];
}

/** One place where targets are found; `src/discover` has a Discoverer for each kind. */
export type SourceSetting =
  | FileSourceSetting
  | HttpSourceSetting
  | DnsSourceSetting
  | DockerSourceSetting
  | KubernetesSourceSetting
  | LocalSourceSetting;

export interface FileSourceSetting {
  readonly kind: 'file';
  /** From the folder of the configuration; the last part may have a `*`. */
  readonly paths: readonly string[];
}

/** All `everyMillis` are real time. */
export interface HttpSourceSetting {
  readonly kind: 'http';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly everyMillis: Millis;
}

export interface DnsSourceSetting {
  readonly kind: 'dns';
  readonly names: readonly string[];
  readonly type: 'SRV' | 'A' | 'AAAA';
  /** Of A and AAAA; SRV records have their own. */
  readonly port: number | null;
  /** `address:port`; null = those of the system. */
  readonly server: string | null;
  readonly everyMillis: Millis;
}

export interface DockerSourceSetting {
  readonly kind: 'docker';
  /** `unix:///path` or `tcp://host:port`. */
  readonly host: string;
  readonly everyMillis: Millis;
}

export interface KubernetesSourceSetting {
  readonly kind: 'kubernetes';
  /** From the folder of the configuration; null = the service account of the pod, else what kubectl would use. */
  readonly kubeconfig: string | null;
  /** null = the current one. */
  readonly context: string | null;
  /** Empty = all of them, in one request. */
  readonly namespaces: readonly string[];
  /** Selectors as Kubernetes writes them. */
  readonly labels: string | null;
  readonly fields: string | null;
  /** `annotated`: pods that ask for it. `all`: every port of every container, for rules to choose from. */
  readonly pods: 'annotated' | 'all';
}

export interface LocalSourceSetting {
  readonly kind: 'local';
  readonly everyMillis: Millis;
}

/** Of an entry of `discover` what can be checked part by part; null stands for a rule that cannot. */
export interface DiscoverParts {
  readonly sources: readonly SourceSetting[];
  readonly relabel: readonly (RelabelRule | null)[];
}

/** One entry of `discover`. */
export interface DiscoverSetting {
  readonly job: string | null;
  readonly sources: readonly SourceSetting[];
  readonly relabel: readonly RelabelRule[];
  /** What holds for every target. */
  readonly common: CommonSetting;
}

/** Virtual time. */
export interface IntervalSettings {
  readonly gaugeIntervalMillis: Millis;
  readonly profileIntervalMillis: Millis;
  readonly diagnosticProfileIntervalMillis: Millis;
}

/** Real time from the moment of writing. */
export interface RetentionSettings {
  readonly gaugeDays: number;
  readonly profileDays: number;
  readonly incidentDays: number;
  readonly eventDays: number;
  readonly rawProfileMillis: Millis;
  readonly rawProfileBytes: Bytes;
}

export interface ServiceSettings extends Partial<IntervalSettings> {
  readonly thresholds?: Partial<Thresholds>;
}

export interface PushSettings {
  readonly accept: 'auto' | 'on' | 'off';
  /** null = nothing is asked for. */
  readonly token: string | null;
}

export interface Settings extends IntervalSettings {
  readonly listen: { readonly host: string; readonly port: number };
  readonly push: PushSettings;
  readonly dataDir: string;
  readonly storage: 'chdb' | 'memory' | 'clickhouse';
  readonly storageUrl: string | null;
  /** Virtual seconds per real second: 1 in production. */
  readonly timeScale: number;
  readonly retention: RetentionSettings;
  /** Incidents of a target that is gone end after this; virtual. */
  readonly goneAfterMillis: Millis;
  /** Folders with Go sources, for showing the culprit. */
  readonly sourceDirs: readonly string[];
  readonly thresholds: Thresholds;
  /** By name of the service: what differs from the intervals and thresholds of all. */
  readonly services: ReadonlyMap<string, ServiceSettings>;
  readonly targets: readonly TargetSetting[];
  readonly discover: readonly DiscoverSetting[];
  readonly alerts: AlertSettingsRead;
  /** For what was told and what waits; null = in `dataDir`. */
  readonly alertFolder: string | null;
}

/** Matchers are texts that can be read. */
export interface AlertRouteSetting {
  readonly match: readonly string[];
  readonly sinks: readonly string[];
  readonly isContinued: boolean;
}

export interface MaintenanceSetting {
  readonly match: readonly string[];
  readonly when:
    | { readonly from: Millis; readonly until: Millis }
    | { readonly days: readonly number[]; readonly startMillis: Millis; readonly lastsMillis: Millis };
}

/** Virtual time, but `perMinute` of sinks. */
export interface AlertSettingsRead {
  readonly pageUrl: string | null;
  readonly repeatMillis: Millis;
  readonly criticalWithinMillis: Millis;
  readonly digestMillis: Millis | null;
  readonly heartbeatMillis: Millis | null;
  readonly sinks: readonly SinkSetting[];
  readonly routes: readonly AlertRouteSetting[];
  readonly maintenance: readonly MaintenanceSetting[];
}

export const EMPTY_TARGET: TargetSetting = {
  service: null,
  instance: null,
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
