// A notice: the words of an alert with the labels that it is routed by and the key that makes it one.
import { toldName } from '../alert/told-name.ts';
import type { Millis } from '../base/units.ts';
import type { Alert, AlertMessage, Curve, Notice, NoticeKind } from '../model/alert.ts';
import type { Incident } from '../model/incident.ts';
import { writeAlertMessage, writeThresholdMessage, type SourceState } from '../report/alert-message.ts';

export interface NoticeInput {
  /** As it stands after this notice. */
  readonly alert: Alert;
  readonly kind: NoticeKind;
  readonly incident: Incident;
  readonly curve: Curve | null;
  /** Of an end: the other leaks that stand in its process, by their code; missing = none. */
  readonly goesOnAs?: readonly string[];
  readonly pageUrl: string;
  readonly sources: SourceState;
  /** Virtual. */
  readonly atMillis: Millis;
  /** Real. */
  readonly nowMillis: Millis;
  readonly timeScale: number;
}

export function writeAlertNotice(input: NoticeInput): Notice {
  const { alert, kind, incident, curve, atMillis, nowMillis, timeScale } = input;
  const why = incident.history.findLast(({ what }) => what === 'resolved')?.why ?? null;
  return {
    key: `${toldName(alert.fingerprint, alert.shard)}-${alert.sequence}`,
    kind,
    level: alert.level,
    fingerprint: alert.fingerprint,
    ...(alert.shard === undefined ? {} : { shard: alert.shard }),
    service: alert.service,
    at: atMillis,
    openedAt: nowMillis - (atMillis - alert.openedAt) / timeScale,
    createdAt: nowMillis,
    ...(kind === 'resolved' && incident.resolvedBy !== undefined ? { ending: incident.resolvedBy } : {}),
    labels: { ...alert.labels, severity: alert.level },
    message: (alert.kind === 'threshold' ? writeThresholdMessage : writeAlertMessage)({
      alert,
      kind,
      finding: incident.finding,
      why,
      ...(incident.resolvedBy === undefined ? {} : { resolvedBy: incident.resolvedBy }),
      goesOnAs: input.goesOnAs ?? [],
      sources: input.sources,
      links: linksOf(input),
      atMillis,
      toldAtMillis: nowMillis,
      timeScale,
    }),
    ...(curve === null ? {} : { curve }),
  };
}

function linksOf({ pageUrl, alert, incident }: NoticeInput): AlertMessage['links'] {
  const service = encodeURIComponent(alert.service);
  const instance = encodeURIComponent(incident.instance);
  if (alert.kind === 'threshold')
    return [{ name: 'Page', url: `${pageUrl}/s/${service}?instance=${instance}` }];
  return [
    { name: 'Page', url: `${pageUrl}/f/${encodeURIComponent(alert.fingerprint)}` },
    { name: 'Profiles', url: `${pageUrl}/api/v1/profiles/${service}?instance=${instance}` },
  ];
}

/** Labels of an instance that leaks, for silences and routes. Its own labels may not pass for what Plimsoll knows. */
export function labelsOf(
  { service, instance, fingerprint, finding, version }: Incident,
  own: Readonly<Record<string, string>>,
  owner: string | null,
  kind: 'leak' | 'threshold' = 'leak',
): Readonly<Record<string, string>> {
  return {
    ...(version === undefined ? {} : { version }),
    ...own,
    ...(owner === null ? {} : { owner }),
    kind,
    service,
    instance,
    class: finding.class,
    fingerprint,
  };
}

/** Those that all have, with one value. */
export function sharedLabels(
  each: readonly Readonly<Record<string, string>>[],
): Readonly<Record<string, string>> {
  const [first = {}, ...others] = each;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((labels) => labels[name] === value)),
  );
}

/** Incidents of one fingerprint of one service, whatever the instance. */
export function groupByCause(
  incidents: readonly Incident[],
): ReadonlyMap<string, readonly [Incident, ...Incident[]]> {
  const groups = new Map<string, [Incident, ...Incident[]]>();
  for (const incident of incidents) {
    const group = groups.get(incident.fingerprint);
    if (group) group.push(incident);
    else groups.set(incident.fingerprint, [incident]);
  }
  return groups;
}
