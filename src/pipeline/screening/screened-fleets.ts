// What the targets of a screening say together, while they pass by batch after batch.
import { withoutEvidence, type Assessment } from '../../detect/assessment.ts';
import { describeFleet, type FleetReplica } from '../../detect/fleet/describe-fleet.ts';
import { evidenceForFleet, strongestEvidence } from '../../detect/fleet/fleet-control.ts';
import type { FleetControl } from '../../detect/lane-measures.ts';
import type { ServiceFleet } from '../../model/screening.ts';
import type { GaugeHistory } from '../../series/gauge-history.ts';
import { describeReplica } from '../fleet-replica.ts';

/** Bounded by the targets of a census. */
export class ScreenedFleets {
  readonly #replicas: Map<string, FleetReplica[]>;
  readonly #strongest: Map<string, number>;

  /** @param services of all targets, also of those that are still to come: they are looked at as well. */
  constructor(services: readonly string[]) {
    this.#replicas = new Map(services.map((service) => [service, []]));
    this.#strongest = new Map(services.map((service) => [service, -Infinity]));
  }

  note(service: string, version: string | null, look: Assessment, history: GaugeHistory): void {
    const state = withoutEvidence(look);
    this.#replicas.get(service)?.push(describeReplica(version, state, history));
    const known = this.#strongest.get(service) ?? -Infinity;
    this.#strongest.set(service, Math.max(known, strongestEvidence(state.lanes)));
  }

  /** By those that were looked at so far; who comes later can only ask for less. */
  control(): FleetControl {
    const strongest = [...this.#strongest.values()];
    return { services: strongest.length, evidence: evidenceForFleet(strongest) };
  }

  describe(): ServiceFleet[] {
    const control = this.control();
    return [...this.#replicas]
      .filter(([, replicas]) => replicas.length > 1)
      .map(([service, replicas]) => ({ service, ...describeFleet(replicas, control) }));
  }
}
