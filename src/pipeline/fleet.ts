// All that are watched, as they were judged last: what replicas say of each other, and what their number asks of a claim.
import { HOUR_MILLIS, MINUTE_MILLIS, type Millis } from '../base/units.ts';
import type { Replica } from '../detect/assess.ts';
import type { AssessmentState } from '../detect/assessment.ts';
import { describeFleet, type FleetReplica } from '../detect/fleet/describe-fleet.ts';
import { describeReplica } from './fleet-replica.ts';
import { evidenceForFleet, strongestEvidence } from '../detect/fleet/fleet-control.ts';
import type { FleetControl } from '../detect/lane-measures.ts';
import type { FleetSummary } from '../model/fleet.ts';
import type { TargetName } from '../model/target.ts';
import type { GaugeHistory } from '../series/gauge-history.ts';

/** What the fleet reads of an investigation; nothing is kept of it. */
export interface FleetMember {
  readonly target: TargetName;
  readonly version: string | null;
  /** As of the newest evaluation; null before the first. */
  readonly judged: AssessmentState | null;
  /** As people are told it, from the first gauge on. */
  readonly assessment: AssessmentState | null;
  readonly history: GaugeHistory;
}

/** A replica that was judged longer ago than this is gone, or does not answer. */
const STALE_MILLIS: Millis = 2 * HOUR_MILLIS;
/** What the number of services asks of a claim changes slowly; working it out goes through all of them. */
const CONTROL_MILLIS: Millis = MINUTE_MILLIS;

/** Bounded by the targets that are watched: each joins once and leaves when it goes. */
export class Fleet {
  readonly #byService = new Map<string, Set<FleetMember>>();
  #control: (FleetControl & { readonly atMillis: Millis }) | null = null;

  join(member: FleetMember): void {
    const { service } = member.target;
    const members = this.#byService.get(service);
    if (members) members.add(member);
    else this.#byService.set(service, new Set([member]));
    this.#control = null;
  }

  leave(member: FleetMember): void {
    const { service } = member.target;
    const members = this.#byService.get(service);
    members?.delete(member);
    if (members?.size === 0) this.#byService.delete(service);
    this.#control = null;
  }

  /** The others of its service and version that were judged by then, and not long before. */
  replicasOf(self: FleetMember, atMillis: Millis): Replica[] {
    const replicas: Replica[] = [];
    for (const member of this.#byService.get(self.target.service) ?? []) {
      const { judged } = member;
      if (member === self || judged === null || member.version !== self.version) continue;
      if (judged.atMillis > atMillis || judged.atMillis < atMillis - STALE_MILLIS) continue;
      replicas.push({ lanes: judged.lanes });
    }
    return replicas;
  }

  controlAt(atMillis: Millis): FleetControl {
    const known = this.#control;
    if (known && atMillis >= known.atMillis && atMillis < known.atMillis + CONTROL_MILLIS) return known;
    const strongest = [...this.#byService.values()].map(strongestOf);
    this.#control = { atMillis, services: strongest.length, evidence: evidenceForFleet(strongest) };
    return this.#control;
  }

  /** null for a service with fewer than two replicas that are known. */
  describe(service: string, atMillis: Millis): FleetSummary | null {
    const replicas = [...(this.#byService.get(service) ?? [])]
      .map(describeMember)
      .filter((one) => one !== null);
    return replicas.length < 2 ? null : describeFleet(replicas, this.controlAt(atMillis));
  }
}

function strongestOf(members: ReadonlySet<FleetMember>): number {
  return Math.max(...[...members].map(({ judged }) => strongestEvidence(judged?.lanes ?? [])));
}

function describeMember({ version, assessment, history }: FleetMember): FleetReplica | null {
  return assessment === null ? null : describeReplica(version, assessment, history);
}
