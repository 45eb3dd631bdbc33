// What a desk of alerts is made of, and what it obeys.
import type { SinkWorld } from '../alert/make-sink.ts';
import type { AlertRoute } from '../alert/route.ts';
import type { Millis } from '../base/units.ts';
import type { AlertRules } from '../incident/advance-alert.ts';
import type { MaintenanceWindow } from '../incident/why-quiet.ts';
import type { KnownLeak } from '../model/alert.ts';
import type { Incident } from '../model/incident.ts';
import type { SinkSetting } from '../model/sink.ts';
import type { MeasuredTarget } from '../model/threshold.ts';
import type { Talk } from './ports.ts';
import type { WatchView } from './watch-view.ts';

export interface AlertSettings extends AlertRules {
  readonly sinks: readonly SinkSetting[];
  readonly routes: readonly AlertRoute[];
  readonly maintenance: readonly MaintenanceWindow[];
  /** Between two digests and two signs of life; null = none. */
  readonly digestMillis: Millis | null;
  readonly heartbeatMillis: Millis | null;
  /** Where people reach the page, without a slash at the end. */
  readonly pageUrl: string;
  /** Whether there are Go sources to ask; missing = none. */
  readonly hasSources?: boolean;
}

export interface AlertDeskParts {
  readonly watch: WatchView;
  readonly talk: Talk;
  readonly settings: AlertSettings;
  /** Shared by watchers of one fleet; null = nothing survives, and nobody else is there. */
  readonly folder: string | null;
  /** Part of the fleet that is watched here, such as `1/3`; missing = all of it. */
  readonly shard?: string | null;
  readonly world: SinkWorld;
  readonly random: () => number;
  /** How long a sink that is tested may take; missing = as long as one that is sent to. */
  readonly testTimeout?: Millis;
  /** What the repositories of services list as known; asked at each look. */
  readonly known?: () => readonly KnownLeak[];
  /** Targets of services with plain thresholds; asked at each look. */
  readonly measured?: () => readonly MeasuredTarget[];
  /** Who owns the code of a finding; null = nobody is known. */
  readonly ownerOf?: (incident: Incident) => Promise<string | null>;
}
