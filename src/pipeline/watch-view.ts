// The read side of a running watch: all that the server needs. Implemented by pipeline/watch.ts; the server never
// reaches deeper.
import type { Millis } from '../base/units.ts';
import type { Incident, Told } from '../model/incident.ts';
import type { Report } from '../model/report.ts';
import type { TargetName } from '../model/target.ts';
import type { Mark, Series, SourceExcerpt, TargetStatus } from '../model/status.ts';

export type IncidentAction =
  | { readonly kind: 'ack' }
  | { readonly kind: 'mute'; readonly untilMillis: Millis | null }
  | { readonly kind: 'resolve'; readonly why: string };

/** What changed, for server-sent events: enough for a page to know what to fetch again. */
export type WatchChange =
  | {
      readonly kind: 'evidence';
      readonly service: string;
      readonly instance: string;
      readonly atMillis: Millis;
    }
  | {
      readonly kind: 'assessment';
      readonly service: string;
      readonly instance: string;
      readonly atMillis: Millis;
    }
  | { readonly kind: 'incident'; readonly service: string; readonly id: string; readonly atMillis: Millis };

/** Numbers for /metrics about the watch itself. */
export interface WatchCounters {
  readonly scrapes: number;
  readonly scrapeFailures: number;
  readonly profiles: number;
  readonly profileFailures: number;
  readonly evaluations: number;
  readonly evaluationSeconds: number;
  readonly storeFailures: number;
}

export interface WatchView {
  /** Virtual now. */
  now(): Millis;
  readonly timeScale: number;
  readonly startedAtMillis: Millis;
  /** Name of the recording that is played instead of watching live targets; null = live. */
  readonly recording: string | null;
  /** Ready = the store can be written and the first round was tried. */
  readiness(): Promise<{ readonly isReady: boolean; readonly reason: string }>;

  targets(): readonly TargetStatus[];
  /** Labels of a target; null when it is not watched any more. */
  labelsOf(target: TargetName): Readonly<Record<string, string>> | null;
  /** null when there is no such service (or instance of it). Several instances: gravest verdict, findings merged by fingerprint. */
  report(service: string, instance?: string): Report | null;
  /** Whether the sources are being asked about a leak of this service: its report may soon say more. */
  isAskingSources(service: string): boolean;
  /** Every incident that is kept, ascending by openedAt. */
  incidents(): readonly Incident[];
  /**
   * Fingerprints of open incidents that are not among these, as their targets are not watched here: `elsewhere` where another watcher on the
   * same store has them, `unknown` where that is not clear yet.
   */
  unseenCauses(): ReadonlyMap<string, 'unknown' | 'elsewhere'>;
  /** null when there is no such target. At most `maxPoints` points; `gauges` are names of base/gauges.ts or `liveFloorBytes`. */
  series(
    service: string,
    instance: string,
    query: {
      readonly fromMillis: Millis;
      readonly toMillis: Millis;
      readonly maxPoints: number;
      readonly gauges: readonly string[];
    },
  ): Promise<Series | null>;
  /** Source around the first culprit of a finding; null when it is not on this machine. */
  source(fingerprint: string): Promise<SourceExcerpt | null>;
  /** Raw profiles kept as evidence, newest first. */
  profiles(
    service: string,
    instance: string,
  ): Promise<
    readonly {
      readonly id: string;
      readonly kind: string;
      readonly takenAt: Millis;
      readonly sizeBytes: number;
    }[]
  >;
  profileBytes(id: string): Promise<{ readonly bytes: Uint8Array; readonly fileName: string } | null>;

  /** Kept with the incidents of a leak that are open or were told, so that a watcher that takes their targets over does not tell it again. */
  noteTold(fingerprint: string, told: Told): void;
  /** null when there is no such incident. */
  act(incidentId: string, action: IncidentAction): Promise<Incident | null>;
  addMark(service: string, instance: string | null, mark: Mark): Promise<void>;
  /** Diagnostic mode: denser evidence until then (null = off); false when there is no such service. */
  diagnose(service: string, untilMillis: Millis | null): boolean;

  counters(): WatchCounters;
  /** Returns the function that ends the subscription. Listeners must not block. */
  subscribe(listener: (change: WatchChange) => void): () => void;
}
