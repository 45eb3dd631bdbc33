import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS } from '../base/units.ts';
import type { Decision } from '../model/alert.ts';
import type { Incident } from '../model/incident.ts';
import { drawFinding } from '../testing/drawn-finding.ts';
import { acknowledgeIncident, advanceIncidents, resolveIncident } from './advance-incidents.ts';
import { addDecision, findUnheeded } from './decisions.ts';

/** Took two hours to find. */
const FINDING = drawFinding({ onsetAt: 0, detectedAt: 2 * HOUR_MILLIS });
const INPUT = { target: { service: 'orders', instance: 'a:1' }, over: [] };
const [INCIDENT] = advanceIncidents([], {
  ...INPUT,
  findings: [FINDING],
  atMillis: 2 * HOUR_MILLIS,
}).incidents;
if (!INCIDENT) throw new Error('no incident');

const decide = (over: Partial<Decision> = {}): Decision => ({
  incident: INCIDENT.id,
  kind: 'resolve',
  until: null,
  by: 'ana',
  why: 'mended',
  at: 3 * HOUR_MILLIS,
  ...over,
});
const isHeeded = (incident: Incident, decision: Decision, hours: number) =>
  findUnheeded([decision], [incident], hours * HOUR_MILLIS).length === 0;

describe('what was said to another watcher', () => {
  it('is to be done where the incident is as it was', () => {
    expect(isHeeded(INCIDENT, decide(), 4)).toBe(false);
    expect(isHeeded(INCIDENT, decide({ kind: 'ack' }), 90)).toBe(false);
    expect(isHeeded(INCIDENT, decide({ incident: 'of another' }), 4)).toBe(true);
  });

  it('is done once', () => {
    const acknowledged = acknowledgeIncident(INCIDENT, 'on it', 4 * HOUR_MILLIS);
    expect(isHeeded(acknowledged, decide({ kind: 'ack' }), 5)).toBe(true);
  });

  it('says nothing of a leak that came back since', () => {
    const at = 5 * HOUR_MILLIS;
    const resolved = resolveIncident(INCIDENT, 'mended', 3 * HOUR_MILLIS);
    const again = [drawFinding({ ...FINDING, detectedAt: at })];
    const [back] = advanceIncidents([resolved], { ...INPUT, findings: again, atMillis: at }).incidents;
    expect(back?.state).toBe('open');
    expect(isHeeded(back ?? INCIDENT, decide({ at: 4 * HOUR_MILLIS }), 5)).toBe(true);
  });

  it('no longer ends a leak that goes on for as long as it took to find', () => {
    expect(isHeeded(INCIDENT, decide(), 4.9)).toBe(false);
    expect(isHeeded(INCIDENT, decide(), 5)).toBe(true);
  });

  it('mutes nothing beyond its time', () => {
    const mute = decide({ kind: 'mute', until: 4 * HOUR_MILLIS });
    expect([isHeeded(INCIDENT, mute, 3.9), isHeeded(INCIDENT, mute, 4)]).toEqual([false, true]);
  });

  it('is kept as the newest of each incident, and no more than as many as are wanted', () => {
    const kept = ['a', 'b', 'a', 'c'].reduce<readonly Decision[]>(
      (all, incident, at) => addDecision(all, decide({ incident, at }), 2),
      [],
    );
    expect(kept.map(({ incident, at }) => [incident, at])).toEqual([
      ['a', 2],
      ['c', 3],
    ]);
  });
});
