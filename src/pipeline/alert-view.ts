// Alerts as the server and the CLI see them. Implemented by pipeline/alert-desk.ts.
import type { FolderTrouble } from '../alert/kept-files.ts';
import type { Millis } from '../base/units.ts';
import type { Alert, AuditEntry, Feedback, Silence } from '../model/alert.ts';
import type { Incident } from '../model/incident.ts';
import type { SinkKind } from '../model/sink.ts';
import type { IncidentAction } from './watch-view.ts';

/** How often what was told turned out to be a leak. */
export interface AlertPrecision {
  /** Leaks that people judged: acknowledged is a leak until somebody says "not a leak". */
  readonly judged: number;
  readonly leaks: number;
  /** Null while nobody judged any. Interval of Wilson at 95 %. */
  readonly precision: { readonly value: number; readonly low: number; readonly high: number } | null;
}

export interface SinkStatus {
  readonly name: string;
  readonly kind: SinkKind;
  readonly levels: readonly string[];
  readonly waiting: number;
  readonly sent: number;
  readonly failures: number;
  readonly lastSentAt: Millis | null;
  readonly lastError: string | null;
}

export interface DeadLetter {
  readonly id: string;
  readonly sink: string;
  /** Where the sink has several; null = it is one receiver. */
  readonly recipient: string | null;
  readonly title: string;
  readonly kind: string;
  readonly fingerprint: string | null;
  readonly createdAt: Millis;
  readonly why: string;
  readonly at: Millis;
  readonly attempts: number;
  /** Why it would not be sent again (see Revival); null = it would be. */
  readonly obsolete: 'overtaken' | 'outdated' | null;
}

export interface NewSilence {
  readonly matchers: readonly string[];
  readonly startsAt: Millis;
  readonly endsAt: Millis | null;
  readonly by: string;
  readonly why: string;
}

/**
 * What became of a dead letter that somebody wants sent: `overtaken` by a later message of the same alert, `outdated` where the
 * alert is over (or is back, where the letter tells its end).
 */
export type Revival = 'waits' | 'overtaken' | 'outdated' | 'unknown';

export interface AlertView {
  /** active = tells; standby = another watcher holds the folder. */
  role(): 'active' | 'standby';
  /** Why the folder is not as it should be: what is told is in memory alone, or, on standby, nothing is told. null = all is well. */
  trouble(): FolderTrouble | null;
  /** Firing ones first, gravest first. */
  alerts(): readonly Alert[];
  /** Those that are active or to come, and those that ended lately. */
  silences(): readonly Silence[];
  feedback(): readonly Feedback[];
  /** Newest first. */
  audit(limit: number): readonly AuditEntry[];
  precision(): AlertPrecision;
  sinks(): readonly SinkStatus[];
  /** Newest first. */
  deadLetters(): readonly DeadLetter[];

  /** One incident: null when there is none of this id. An acknowledgement counts as one of the leak. */
  act(id: string, action: IncidentAction, by: string, why: string): Promise<Incident | null>;
  /** In all instances; null when no such alert fires, or it is a threshold, which is over when the value is. */
  resolve(fingerprint: string, by: string, why: string): Promise<Alert | null>;
  /** In all instances; null when no such alert fires. */
  acknowledge(fingerprint: string, by: string, why: string): Promise<Alert | null>;
  addSilence(silence: NewSilence): Promise<Silence>;
  /** Ends it now; null when there is no such. */
  expireSilence(id: string, by: string): Promise<Silence | null>;
  /** null when no alert of this fingerprint is known. */
  judge(feedback: Omit<Feedback, 'at'>): Promise<Feedback | null>;
  /** Puts a test notice into the outbox of a sink; null when there is no such sink. The result shows in `sinks()`. */
  test(sink: string, by: string): Promise<{ readonly isSent: boolean; readonly error: string | null } | null>;
  /** Tries a dead letter again, unless it is not true any more. */
  revive(id: string, by: string): Promise<Revival>;
}
