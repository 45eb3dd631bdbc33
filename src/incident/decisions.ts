// What people said of incidents, where two watchers of one fleet know it: the one that was not asked does as the other did.
import type { Millis } from '../base/units.ts';
import type { Decision } from '../model/alert.ts';
import type { Incident } from '../model/incident.ts';
import { isBack } from './advance-incidents.ts';

/** The newest of an incident stands. @param most the oldest go. */
export function addDecision(
  decisions: readonly Decision[],
  decision: Decision,
  most: number,
): readonly Decision[] {
  return [...decisions.filter(({ incident }) => incident !== decision.incident), decision].slice(-most);
}

/**
 * Those that these incidents do not show yet. What evidence has said since comes first: an incident that opened, ended or came back
 * after the decision is another matter.
 */
export function findUnheeded(
  decisions: readonly Decision[],
  incidents: readonly Incident[],
  atMillis: Millis,
): readonly Decision[] {
  if (decisions.length === 0) return [];
  const byId = new Map(incidents.map((incident) => [incident.id, incident]));
  return decisions.filter((decision) => {
    const incident = byId.get(decision.incident);
    if (incident === undefined || incident.state === 'resolved') return false;
    if ((incident.history.at(-1)?.at ?? incident.openedAt) >= decision.at) return false;
    if (decision.kind === 'mute') return decision.until === null || decision.until > atMillis;
    return decision.kind === 'ack' || !isBack(incident.finding, decision.at, atMillis);
  });
}
