// What is due now: asked of the incidents as they are and of what was told so far, whatever happened in between.
import type { Millis } from '../base/units.ts';
import { ALERT_LEVELS, type Alert, type AlertLevel, type NoticeKind } from '../model/alert.ts';
import type { Incident, Told } from '../model/incident.ts';

export interface AlertRules {
  /** Between two notices of one alert that stays open and that nobody acknowledged; null = never again. */
  readonly repeatMillis: Millis | null;
  /** Critical when the limit is forecast to be reached within this. */
  readonly criticalWithinMillis: Millis;
}

export interface AlertInput {
  /** A leak, unless something else is said. */
  readonly kind?: 'threshold';
  /** All incidents of one fingerprint of one service, at least one. */
  readonly incidents: readonly [Incident, ...Incident[]];
  /** Labels that all its instances that leak share. */
  readonly labels: Readonly<Record<string, string>>;
  /** Why nothing is to be told while it fires at this level; null when nothing speaks against it. */
  readonly whyQuiet: (level: AlertLevel) => string | null;
  /** Part of the fleet that is watched here, such as `1/3`; missing = all of it. */
  readonly shard?: string | null;
  readonly atMillis: Millis;
  readonly rules: AlertRules;
}

export interface AlertStep {
  readonly alert: Alert;
  /** At most one: what was missed meanwhile is in the message anyway. */
  readonly notice: NoticeKind | null;
}

/** @param known null = this fingerprint was never seen. */
export function advanceAlert(known: Alert | null, input: AlertInput): AlertStep | null {
  const open = input.incidents.filter((incident) => incident.state !== 'resolved');
  if (open.length === 0) {
    if (known?.state !== 'firing') return known === null ? null : { alert: known, notice: null };
    const [alert, isTold] = [resolve(known, input), known.toldLevel !== null];
    return isTold ? { alert: count(alert), notice: 'resolved' } : { alert, notice: null };
  }
  const alert = describe(begin(known, input), open, input);
  const due = dueNotice(alert, open, input);
  if (due === null) return { alert, notice: null };
  return {
    alert: { ...count(alert), toldLevel: alert.level, toldAt: input.atMillis },
    notice: due,
  };
}

/** Another watcher follows all that was left of it, and tells from now on: it ends here without a word. */
export function handOver(alert: Alert, atMillis: Millis): Alert {
  return end(alert, atMillis);
}

function dueNotice(alert: Alert, open: readonly Incident[], input: AlertInput): NoticeKind | null {
  if (alert.quiet !== null) return null;
  const { toldLevel, toldAt } = alert;
  const isAcknowledged = alert.ack !== null || open.every(({ state }) => state === 'acknowledged');
  // Whoever acknowledges knows of it as it was then: of more than that nobody knows yet.
  const knownLevel = isAcknowledged ? (alert.ack?.level ?? 'warning') : 'info';
  if (rank(alert.level) <= rank(knownLevel) && toldLevel === null) return null;
  if (toldLevel === null || toldAt === null) {
    return alert.episode === 1 ? 'opened' : 'regressed';
  }
  if (rank(alert.level) > Math.max(rank(toldLevel), rank(knownLevel))) return 'escalated';
  const { repeatMillis } = input.rules;
  const isRepeated = !isAcknowledged && repeatMillis !== null && input.atMillis - toldAt >= repeatMillis;
  return isRepeated ? 'repeated' : null;
}

/** A new alert, a new episode of one that was over, or the one that goes on. */
function begin(
  known: Alert | null,
  { kind, incidents, atMillis, shard: ownShard = null }: AlertInput,
): Alert {
  if (known?.state === 'firing') return known;
  const [first] = incidents;
  // Another watcher may have told it before it had to leave the target to this one, or told more of it since.
  const told = findTold(incidents, known?.sequence ?? 0);
  const isGoingOn = (told?.level ?? null) !== null;
  // What goes on does so under the names that sinks know it by.
  const shard = (isGoingOn ? told?.shard : ownShard) ?? null;
  return {
    fingerprint: first.fingerprint,
    service: first.service,
    ...(kind === undefined ? {} : { kind }),
    class: first.finding.class,
    state: 'firing',
    level: told?.level ?? 'warning',
    openedAt: known === null ? Math.min(...incidents.map(({ openedAt }) => openedAt)) : atMillis,
    resolvedAt: null,
    episode: (told?.episode ?? known?.episode ?? 0) + (isGoingOn ? 0 : 1),
    sequence: told?.sequence ?? known?.sequence ?? 0,
    ...(shard === null ? {} : { shard }),
    toldLevel: told?.level ?? null,
    toldAt: isGoingOn ? (told?.at ?? null) : null,
    ack: null,
    ...(known?.lastAck === undefined ? {} : { lastAck: known.lastAck }),
    quiet: null,
    instances: [],
    labels: {},
    summary: first.finding.summary,
  };
}

function findTold(incidents: readonly Incident[], fromSequence: number): Told | null {
  return incidents.reduce<Told | null>((newest, { told }) => {
    const isNewer = told !== undefined && told.sequence >= (newest?.sequence ?? fromSequence);
    return isNewer ? told : newest;
  }, null);
}

function describe(alert: Alert, open: readonly Incident[], input: AlertInput): Alert {
  const muted = open.every(({ state }) => state === 'muted') ? 'muted by hand' : null;
  const level = computeLevel(alert.level, open, input);
  return {
    ...alert,
    level,
    quiet: input.whyQuiet(level) ?? muted,
    instances: open.map(({ instance }) => instance).sort(),
    labels: { ...input.labels },
    summary: leadOf(open).finding.summary,
  };
}

/** Never falls: a forecast that wavers around the hour would page each time. */
function computeLevel(before: AlertLevel, open: readonly Incident[], input: AlertInput): AlertLevel {
  const isNear = open.some(({ finding: { timeToExhaustion: limit } }) => {
    return limit !== null && limit.at - input.atMillis <= input.rules.criticalWithinMillis;
  });
  return isNear ? 'critical' : before;
}

function resolve(alert: Alert, { incidents, atMillis }: AlertInput): Alert {
  const last = findLastEnd(incidents);
  const resolvedAt = last.resolvedAt ?? atMillis;
  return { ...end(alert, resolvedAt), ...(last.resolvedBy === undefined ? {} : { ending: last.resolvedBy }) };
}

/** What is told of the end is that of the instance that leaked last. */
export function findLastEnd(incidents: readonly [Incident, ...Incident[]]): Incident {
  const [first, ...others] = incidents;
  const endOf = ({ resolvedAt }: Incident) => resolvedAt ?? Infinity;
  return others.reduce((last, each) => (endOf(each) > endOf(last) ? each : last), first);
}

function end(alert: Alert, resolvedAt: Millis): Alert {
  const over = { ...alert, state: 'resolved' as const, resolvedAt, ack: null, quiet: null, instances: [] };
  return alert.ack === null ? over : { ...over, lastAck: alert.ack };
}

function count(alert: Alert): Alert {
  return { ...alert, sequence: alert.sequence + 1 };
}

function rank(level: AlertLevel): number {
  return ALERT_LEVELS.indexOf(level);
}

/** The incident that a message is made of: the one whose limit is nearest, else that grows fastest. */
export function leadOf<T extends Pick<Incident, 'finding' | 'instance'>>(incidents: readonly T[]): T {
  const [first, ...others] = incidents;
  if (first === undefined) throw new Error('an alert without incidents');
  const limitOf = ({ finding }: T) => finding.timeToExhaustion?.at ?? Number.POSITIVE_INFINITY;
  const growthOf = ({ finding }: T) => finding.growth?.perHour ?? 0;
  return others.reduce((lead, other) => {
    const byLimit = limitOf(other) - limitOf(lead);
    const isAhead = byLimit < 0 || (!(byLimit > 0) && growthOf(other) > growthOf(lead));
    return isAhead ? other : lead;
  }, first);
}
