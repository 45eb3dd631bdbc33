// Incidents to findings: several instances of one fingerprint are one entry. Pure.
import { VERDICTS } from '../model/finding.ts';
import type { Incident, IncidentState } from '../model/incident.ts';
import type { Report } from '../model/report.ts';
import type { FindingDetail, FindingItem, IncidentSummary } from '../protocol/messages.ts';
import { compareText } from './fleet.ts';
import type { PageKey } from './paging.ts';

/** `unresolved`, the default, is everything that still lasts: open, acknowledged and muted. */
export const UNRESOLVED: readonly IncidentState[] = ['open', 'acknowledged', 'muted'];

export function groupFindings(
  incidents: readonly Incident[],
  states: readonly IncidentState[],
): FindingItem[] {
  const groups = new Map<string, Incident[]>();
  for (const incident of incidents) {
    if (!states.includes(incident.state)) continue;
    const key = `${incident.service}/${incident.fingerprint}`;
    const group = groups.get(key);
    if (group) group.push(incident);
    else groups.set(key, [incident]);
  }
  return [...groups.values()].map((group) => toItem(group)).filter((item) => item !== null);
}

/** Gravest verdict first, then newest. Growth is left out: it changes between two pages. */
export function findingKey(item: FindingItem): PageKey {
  const openedAt = Math.min(...item.incidents.map((i) => i.openedAt));
  return [VERDICTS.indexOf(item.verdict), -openedAt, item.service, item.fingerprint];
}

/** The beginning of a fingerprint that stands for it, where no other begins so: terminals print twelve digits. */
const SHORTEST_START = 8;

/**
 * The finding wherever it still stands: among incidents, else in a report; null when nobody knows it.
 *
 * @param start its fingerprint, or enough of the beginning.
 */
export function findFindingOrNull(
  start: string,
  incidents: readonly Incident[],
  reports: readonly Report[],
): FindingDetail | null {
  const known = [...incidents, ...reports.flatMap(({ findings }) => findings)].map((one) => one.fingerprint);
  const meant = new Set(known.filter((one) => one === start || one.startsWith(start)));
  const [only] = meant;
  const isStart = start.length >= SHORTEST_START && meant.size === 1;
  const fingerprint = isStart && only !== undefined ? only : start;
  const own = incidents.filter((incident) => incident.fingerprint === fingerprint);
  const fromIncidents = toItem(own);
  if (fromIncidents) return fromIncidents;
  for (const report of reports) {
    const finding = report.findings.find((f) => f.fingerprint === fingerprint);
    if (!finding) continue;
    const { service } = report.target;
    return {
      ...finding,
      service,
      instances: report.instances ?? [report.target],
      incidents: [],
      incident: null,
    };
  }
  return null;
}

function toItem(group: readonly Incident[]): FindingItem | null {
  // What lasts comes before what is over, and the instance that is worst off speaks for all.
  const sorted = [...group].sort(
    (a, b) =>
      Number(a.state === 'resolved') - Number(b.state === 'resolved') ||
      (b.finding.growth?.perHour ?? 0) - (a.finding.growth?.perHour ?? 0) ||
      compareText(a.instance, b.instance),
  );
  const worst = sorted[0];
  if (!worst) return null;
  return {
    ...worst.finding,
    service: worst.service,
    instances: sorted.map(({ service, instance }) => ({ service, instance })),
    incidents: sorted.map((incident) => summarizeIncident(incident)),
    incident: summarizeIncident(worst),
  };
}

export function summarizeIncident(incident: Incident): IncidentSummary {
  const { id, service, instance, state, openedAt, resolvedAt, mutedUntil, lastSeenAt, history } = incident;
  const { resolvedBy } = incident;
  return {
    ...{ id, service, instance, state, openedAt, resolvedAt, mutedUntil, lastSeenAt, history },
    ...(resolvedBy === undefined ? {} : { resolvedBy }),
  };
}
