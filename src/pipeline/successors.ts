// Other instances of a service whose target is gone: who is watched now, since when, in which version.
import type { Successor } from '../incident/gone.ts';
import type { Millis } from '../base/units.ts';
import type { Incident } from '../model/incident.ts';
import { targetKey, type TargetKey } from '../model/target.ts';
import { HEARD_LATELY_MILLIS } from './settings.ts';
import type { WatchedTarget } from './watched-target.ts';

interface Heard extends Omit<Successor, 'isLeaking'> {
  readonly key: TargetKey;
}

/** Answers for any incident, at one instant: what is asked of a target is asked once. */
export function findSuccessors(
  targets: Iterable<WatchedTarget>,
  incidents: Iterable<Incident>,
  atMillis: Millis,
): (incident: Incident) => readonly Successor[] {
  const byService = new Map<string, WatchedTarget[]>();
  for (const target of targets) {
    const { service } = target.name;
    byService.set(service, [...(byService.get(service) ?? []), target]);
  }
  const leaking = new Set<string>();
  for (const incident of incidents)
    if (incident.state !== 'resolved') leaking.add(`${targetKey(incident)}\n${incident.fingerprint}`);
  const heardOf = new Map<string, readonly Heard[]>();
  return ({ service, fingerprint }) => {
    const heard = heardOf.get(service) ?? hear(byService.get(service) ?? [], atMillis);
    heardOf.set(service, heard);
    return heard.map(({ key, version, watchedMillis }) => ({
      version,
      watchedMillis,
      isLeaking: leaking.has(`${key}\n${fingerprint}`),
    }));
  };
}

function hear(targets: readonly WatchedTarget[], atMillis: Millis): readonly Heard[] {
  return targets.flatMap(({ key, investigation, version }) => {
    const { firstEvidenceMillis, lastEvidenceMillis } = investigation.facts;
    if (firstEvidenceMillis === null || lastEvidenceMillis === null) return [];
    if (atMillis - lastEvidenceMillis > HEARD_LATELY_MILLIS) return [];
    const since = Math.max(firstEvidenceMillis, investigation.incarnationStartMillis ?? -Infinity);
    return [{ key, version, watchedMillis: lastEvidenceMillis - since }];
  });
}
