// A finding over time: opened once, seen again, over by evidence, and the same incident again when it comes back.
import { sha256Hex } from '../base/sha256.ts';
import { MINUTE_MILLIS, type Millis } from '../base/units.ts';
import type { Finding } from '../model/finding.ts';
import type { Incident } from '../model/incident.ts';
import type { TargetName } from '../model/target.ts';

/** Transitions kept: the first (`opened`) and the newest. A mute that is renewed daily fits for half a year. */
export const INCIDENT_HISTORY_BOUND = 200;

/** A fix is deployed in minutes; growth is gone for certain after half an hour at the least. */
const SHORTEST_PATIENCE_MILLIS: Millis = 30 * MINUTE_MILLIS;

type Transition = Incident['history'][number];

export interface IncidentInput {
  readonly target: TargetName;
  /** Findings of this evaluation; only leaks become incidents. */
  readonly findings: readonly Finding[];
  /** Leaks that evidence ended in this evaluation. */
  readonly over: readonly {
    readonly fingerprint: string;
    readonly why: string;
    /** Only its name or class was wrong: the growth goes on. */
    readonly goesOn?: boolean;
  }[];
  readonly atMillis: Millis;
  /** Of the program, where it is known. */
  readonly version?: string | null;
}

export interface IncidentChange {
  readonly id: string;
  readonly what: Transition['what'];
}

export interface IncidentResult {
  /** All incidents, changed ones replaced, order kept, new ones last. */
  readonly incidents: readonly Incident[];
  readonly changes: readonly IncidentChange[];
}

/** Stable over restarts of Plimsoll and of the service: one incident per cause and instance, for ever. */
export function computeIncidentId(target: TargetName, fingerprint: string): string {
  return sha256Hex([fingerprint, target.service, target.instance].join('\n')).slice(0, 16);
}

/**
 * Carries incidents over one evaluation. Silence resolves nothing: an incident whose finding is merely missing stays
 * open (the process may be down, the profile late); only `over` ends it.
 */
export function advanceIncidents(incidents: readonly Incident[], input: IncidentInput): IncidentResult {
  const byId = new Map(incidents.map((incident) => [incident.id, incident]));
  const changes: IncidentChange[] = [];
  const put = (incident: Incident, what: Transition['what'] | null) => {
    byId.set(incident.id, incident);
    if (what !== null) changes.push({ id: incident.id, what });
  };
  for (const incident of byId.values()) {
    if (incident.state !== 'muted' || incident.mutedUntil === null) continue;
    if (incident.mutedUntil > input.atMillis) continue;
    put({ ...incident, state: 'open', mutedUntil: null }, null);
  }
  for (const finding of input.findings) {
    if (finding.verdict !== 'leak') continue;
    const id = computeIncidentId(input.target, finding.fingerprint);
    const known = byId.get(id);
    if (known === undefined) put(openIncident(id, finding, input), 'opened');
    else if (known.state === 'resolved') {
      const { resolvedBy, resolvedAt } = known;
      const said = resolvedBy === 'person' ? resolvedAt : null;
      if (said === null || isBack(finding, said, input.atMillis))
        put(regress(known, finding, input), 'regressed');
    } else {
      const version = isMeasuredAnew(finding, known.finding) ? versionOf(input) : {};
      put({ ...known, ...version, finding, lastSeenAt: input.atMillis }, null);
    }
  }
  for (const { fingerprint, why, goesOn } of input.over) {
    const known = byId.get(computeIncidentId(input.target, fingerprint));
    if (known === undefined || known.state === 'resolved') continue;
    const resolvedBy = goesOn === true ? 'goes-on' : 'evidence';
    const reason = goesOn === true ? why : `${why}${describeNewVersion(known, input)}`;
    put({ ...resolveIncident(known, reason, input.atMillis), resolvedBy }, 'resolved');
  }
  return { incidents: [...byId.values()], changes };
}

/** A leak that stands is told again with what it grew by before: that says nothing of the version that runs by now. */
function isMeasuredAnew(finding: Finding, before: Finding): boolean {
  const measured = ({ growth, counts }: Finding) => JSON.stringify([growth, counts ?? null]);
  return measured(finding) !== measured(before);
}

/** Whoever rolled out a fix wants to know that it was that. */
function describeNewVersion({ version: leaked }: Incident, { version }: IncidentInput): string {
  const isNew = leaked !== undefined && typeof version === 'string' && version !== leaked;
  return isNew ? `; version ${version} runs now, ${leaked} leaked` : '';
}

function openIncident(id: string, finding: Finding, input: IncidentInput): Incident {
  const openedAt = finding.detectedAt ?? input.atMillis;
  return {
    id,
    fingerprint: finding.fingerprint,
    service: input.target.service,
    instance: input.target.instance,
    ...versionOf(input),
    state: 'open',
    openedAt,
    resolvedAt: null,
    mutedUntil: null,
    lastSeenAt: input.atMillis,
    history: [{ at: openedAt, what: 'opened', why: finding.summary }],
    finding,
  };
}

/**
 * A claim that stood when a person resolved it stands on until evidence ends it, which takes as long as finding it
 * took: in that time it contradicts nobody. After it, and for every new claim, the leak is back.
 */
export function isBack(finding: Finding, resolvedAt: Millis, atMillis: Millis): boolean {
  const { detectedAt } = finding;
  if (detectedAt === null || detectedAt > resolvedAt) return true;
  return atMillis - resolvedAt >= computePatience(finding);
}

/** How long it takes to see that a leak is not there (any more): as long as it took to find it. */
export function computePatience({ detectedAt, onsetAt }: Pick<Finding, 'detectedAt' | 'onsetAt'>): Millis {
  const tookMillis = (detectedAt ?? 0) - (onsetAt ?? detectedAt ?? 0);
  return Math.max(SHORTEST_PATIENCE_MILLIS, tookMillis);
}

function versionOf({ version }: IncidentInput): { readonly version?: string } {
  return version === null || version === undefined ? {} : { version };
}

function regress(incident: Incident, finding: Finding, input: IncidentInput): Incident {
  const { atMillis } = input;
  const again = addTransition(incident, { at: atMillis, what: 'regressed', why: finding.summary });
  const { resolvedBy: _, ...open } = again;
  return {
    ...open,
    ...versionOf(input),
    state: 'open',
    resolvedAt: null,
    mutedUntil: null,
    lastSeenAt: atMillis,
    finding,
  };
}

function addTransition(incident: Incident, transition: Transition): Incident {
  const [opened, ...later] = incident.history;
  const rest = [...later, transition].slice(-(INCIDENT_HISTORY_BOUND - 1));
  return { ...incident, history: opened === undefined ? rest : [opened, ...rest] };
}

/** Somebody has seen it: it stays on the page, alerts stop. Nothing to do on a resolved one. */
export function acknowledgeIncident(incident: Incident, why: string, atMillis: Millis): Incident {
  if (incident.state === 'resolved') return incident;
  return {
    ...addTransition(incident, { at: atMillis, what: 'acknowledged', why }),
    state: 'acknowledged',
    mutedUntil: null,
  };
}

/**
 * Silent until then; evidence is still followed, and its end still resolves it.
 *
 * @param untilMillis null = until it is resolved.
 */
export function muteIncident(
  incident: Incident,
  untilMillis: Millis | null,
  why: string,
  atMillis: Millis,
): Incident {
  if (incident.state === 'resolved') return incident;
  return {
    ...addTransition(incident, { at: atMillis, what: 'muted', why }),
    state: 'muted',
    mutedUntil: untilMillis,
  };
}

/** Its target is watched no more. `gone` is no word on the leak; if both come back, it regresses. */
export function endGoneIncident(
  incident: Incident,
  { by, why }: { readonly by: 'gone' | 'evidence'; readonly why: string },
  atMillis: Millis,
): Incident {
  if (incident.state === 'resolved') return incident;
  return { ...resolveIncident(incident, why, atMillis), resolvedBy: by };
}

/** By evidence or by hand; when the finding comes again it is this incident that regresses. */
export function resolveIncident(incident: Incident, why: string, atMillis: Millis): Incident {
  if (incident.state === 'resolved') return incident;
  return {
    ...addTransition(incident, { at: atMillis, what: 'resolved', why }),
    state: 'resolved',
    resolvedBy: 'person',
    resolvedAt: atMillis,
    mutedUntil: null,
  };
}
