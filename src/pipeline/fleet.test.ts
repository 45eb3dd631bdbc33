import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MINUTE_MILLIS } from '../base/units.ts';
import { GaugeHistory } from '../series/gauge-history.ts';
import { drawAssessment } from '../testing/drawn-assessment.ts';
import { Fleet, type FleetMember } from './fleet.ts';

const NOW = 1_790_000_000_000;

function member(instance: string, more: Partial<FleetMember> & { service?: string; evidence?: number } = {}) {
  const { service = 'orders', evidence = 0, ...rest } = more;
  const judged = drawAssessment(NOW, {
    heap: { isSuspect: evidence > 0, evidenceRatio: evidence },
  });
  const drawn: FleetMember = {
    ...{
      target: { service, instance },
      version: 'v1',
      judged,
      assessment: judged,
      history: new GaugeHistory(),
    },
    ...rest,
  };
  return drawn;
}

function fleetOf(...members: FleetMember[]): Fleet {
  const fleet = new Fleet();
  for (const one of members) fleet.join(one);
  return fleet;
}

describe('a fleet', () => {
  it('shows a target the others of its service and version, as they were judged by then', () => {
    const self = member('a');
    const fleet = fleetOf(
      self,
      member('b'),
      member('c', { version: 'v2' }),
      member('d', { service: 'billing' }),
      member('e', { judged: null }),
    );
    expect(fleet.replicasOf(self, NOW)).toHaveLength(1);
    expect(fleet.replicasOf(self, NOW - 1)).toEqual([]); // no hindsight
    expect(fleet.replicasOf(self, NOW + 3 * HOUR_MILLIS)).toEqual([]); // long gone
  });

  it('forgets who leaves', () => {
    const [a, b] = [member('a'), member('b')];
    const fleet = fleetOf(a, b);
    expect(fleet.describe('orders', NOW)?.replicas).toBe(2);
    fleet.leave(b);
    expect(fleet.replicasOf(a, NOW)).toEqual([]);
    expect(fleet.describe('orders', NOW)).toBeNull();
    fleet.leave(a);
    expect(fleet.controlAt(NOW)).toEqual({ atMillis: NOW, services: 0, evidence: 0 });
  });

  it('asks the more of a claim the more services it has, not the more replicas', () => {
    const replicas = fleetOf(...Array.from({ length: 50 }, (_, i) => member(`${i}`)));
    expect(replicas.controlAt(NOW)).toMatchObject({ services: 1 });
    const services = fleetOf(...Array.from({ length: 50 }, (_, i) => member('a', { service: `s${i}` })));
    expect(services.controlAt(NOW).evidence).toBeGreaterThan(replicas.controlAt(NOW).evidence + 7);
    const clear = fleetOf(
      ...Array.from({ length: 50 }, (_, i) => member('a', { service: `s${i}`, evidence: 60 })),
    );
    expect(clear.controlAt(NOW).evidence).toBeCloseTo(replicas.controlAt(NOW).evidence, 12);
  });

  it('works that out once a minute', () => {
    const fleet = fleetOf(member('a'));
    const first = fleet.controlAt(NOW);
    expect(fleet.controlAt(NOW + MINUTE_MILLIS - 1)).toBe(first);
    expect(fleet.controlAt(NOW + MINUTE_MILLIS)).not.toBe(first);
  });
});
