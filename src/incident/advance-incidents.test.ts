import { describe, expect, it } from 'vitest';
import type { Incident } from '../model/incident.ts';
import { drawFinding } from '../testing/drawn-finding.ts';
import {
  acknowledgeIncident,
  advanceIncidents,
  computeIncidentId,
  INCIDENT_HISTORY_BOUND,
  muteIncident,
  resolveIncident,
  type IncidentInput,
} from './advance-incidents.ts';

const TARGET = { service: 'orders', instance: '127.0.0.1:8080' };
const LEAK = drawFinding({ fingerprint: 'f1', detectedAt: 100 });

function advance(incidents: readonly Incident[], over: Partial<IncidentInput>) {
  return advanceIncidents(incidents, { target: TARGET, findings: [], over: [], atMillis: 0, ...over });
}

const opened = () => advance([], { findings: [LEAK], atMillis: 110 }).incidents;
const history = (incident: Incident) => incident.history.map(({ what }) => what);

describe('advanceIncidents', () => {
  it('opens a leak once, at the time it was detected', () => {
    const first = advance([], { findings: [LEAK], atMillis: 110 });
    expect(first.changes.map(({ what }) => what)).toEqual(['opened']);
    expect(first.incidents[0]).toMatchObject({ state: 'open', openedAt: 100, lastSeenAt: 110 });
    const second = advance(first.incidents, { findings: [LEAK], atMillis: 120 });
    expect(second.changes).toEqual([]);
    expect(second.incidents).toHaveLength(1);
    expect(second.incidents[0].lastSeenAt).toBe(120);
  });

  it('continues after a restart of Plimsoll from what was stored', () => {
    const stored = JSON.parse(JSON.stringify(opened())) as Incident[];
    expect(advance(stored, { findings: [LEAK], atMillis: 500 }).incidents[0].id).toBe(stored[0].id);
  });

  it('opens nothing for findings that are no leak', () => {
    const findings = [drawFinding({ verdict: 'load-driven' }), drawFinding({ verdict: 'undetermined' })];
    expect(advance([], { findings, atMillis: 1 }).incidents).toEqual([]);
  });

  it('gives two instances and two fingerprints each an incident', () => {
    const other = computeIncidentId({ ...TARGET, instance: 'b' }, 'f1');
    expect(new Set([other, computeIncidentId(TARGET, 'f1'), computeIncidentId(TARGET, 'f2')]).size).toBe(3);
  });

  it('does not resolve an incident because its finding is missing', () => {
    expect(advance(opened(), { atMillis: 1e12 }).incidents[0].state).toBe('open');
  });

  it('is of the version in which it was last seen to grow, and ends with the one that runs by then', () => {
    const start = advance([], { findings: [LEAK], atMillis: 110, version: 'v1.4.0' }).incidents;
    const restarted = advance(start, { findings: [{ ...LEAK }], atMillis: 120, version: 'v1.5.0' }).incidents;
    expect(restarted[0].version).toBe('v1.4.0');
    const growth = { unit: 'bytes', perHour: 5, low: 4, high: 6, confidence: 0.95 };
    const grown = [{ ...LEAK, growth }];
    expect(
      advance(restarted, { findings: grown, atMillis: 130, version: 'v1.5.0' }).incidents[0].version,
    ).toBe('v1.5.0');
    const end = { over: [{ fingerprint: 'f1', why: 'no growth' }], atMillis: 300 };
    const why = (version: string) => advance(restarted, { ...end, version }).incidents[0].history.at(-1)?.why;
    expect(why('v1.5.0')).toBe('no growth; version v1.5.0 runs now, v1.4.0 leaked');
    expect(why('v1.4.0')).toBe('no growth');
  });

  it('resolves by evidence and says why', () => {
    const { incidents, changes } = advance(opened(), {
      over: [{ fingerprint: 'f1', why: 'no growth' }],
      atMillis: 300,
    });
    expect(incidents[0]).toMatchObject({ state: 'resolved', resolvedAt: 300 });
    expect(incidents[0].history.at(-1)).toEqual({ at: 300, what: 'resolved', why: 'no growth' });
    expect(changes).toEqual([{ id: incidents[0].id, what: 'resolved' }]);
  });

  it('does not take for mended what goes on under another name', () => {
    const end = (goesOn: boolean) =>
      advance(opened(), { over: [{ fingerprint: 'f1', why: 'other code', goesOn }], atMillis: 300 })
        .incidents[0];
    expect([end(true).resolvedBy, end(false).resolvedBy]).toEqual(['goes-on', 'evidence']);
  });

  it('regresses into the same incident when the leak comes back', () => {
    const over = advance(opened(), {
      over: [{ fingerprint: 'f1', why: 'no growth' }],
      atMillis: 300,
    }).incidents;
    const { incidents, changes } = advance(over, { findings: [LEAK], atMillis: 900 });
    expect(incidents).toHaveLength(1);
    expect(incidents[0]).toMatchObject({ id: over[0].id, state: 'open', resolvedAt: null, openedAt: 100 });
    expect(history(incidents[0])).toEqual(['opened', 'resolved', 'regressed']);
    expect(changes[0].what).toBe('regressed');
  });

  it('ignores the end of what was never opened or is over already', () => {
    const over = [{ fingerprint: 'f1', why: 'x' }];
    const resolved = advance(opened(), { over, atMillis: 300 }).incidents;
    expect(advance(resolved, { over, atMillis: 400 }).changes).toEqual([]);
    expect(advance([], { over, atMillis: 400 }).incidents).toEqual([]);
  });

  it('bounds the history and keeps when it was opened', () => {
    let incidents = opened();
    for (let i = 0; i < INCIDENT_HISTORY_BOUND; i++) {
      incidents = advance(incidents, {
        over: [{ fingerprint: 'f1', why: 'x' }],
        atMillis: 1000 + 2 * i,
      }).incidents.slice();
      incidents = advance(incidents, { findings: [LEAK], atMillis: 1001 + 2 * i }).incidents.slice();
    }
    expect(incidents[0].history).toHaveLength(INCIDENT_HISTORY_BOUND);
    expect(incidents[0].history[0].what).toBe('opened');
    expect(incidents[0].history.at(-1)?.at).toBe(1001 + 2 * (INCIDENT_HISTORY_BOUND - 1));
  });
});

describe('what people do', () => {
  it('keeps an acknowledged incident acknowledged while the leak goes on', () => {
    const acknowledged = acknowledgeIncident(opened()[0], 'on it', 200);
    const { incidents } = advance([acknowledged], { findings: [LEAK], atMillis: 300 });
    expect(incidents[0]).toMatchObject({ state: 'acknowledged', lastSeenAt: 300 });
  });

  it('opens a muted incident again when its time is over, not before', () => {
    const muted = muteIncident(opened()[0], 500, 'deploy tonight', 200);
    expect(advance([muted], { findings: [LEAK], atMillis: 499 }).incidents[0].state).toBe('muted');
    expect(advance([muted], { findings: [LEAK], atMillis: 500 }).incidents[0]).toMatchObject({
      state: 'open',
      mutedUntil: null,
    });
  });

  it('mutes without an end until evidence resolves it', () => {
    const muted = muteIncident(opened()[0], null, 'known', 200);
    const { incidents } = advance([muted], { over: [{ fingerprint: 'f1', why: 'fixed' }], atMillis: 1e12 });
    expect(incidents[0].state).toBe('resolved');
  });

  it('regresses after somebody resolved it by hand too early, not before evidence could have ended it', () => {
    const resolved = resolveIncident(opened()[0], 'fixed in v2', 200);
    expect(advance([resolved], { findings: [LEAK], atMillis: 300 }).changes).toEqual([]);
    const later = 200 + 31 * 60_000;
    expect(advance([resolved], { findings: [LEAK], atMillis: later }).changes[0].what).toBe('regressed');
    const again = { ...LEAK, detectedAt: 250 };
    expect(advance([resolved], { findings: [again], atMillis: 300 }).changes[0].what).toBe('regressed');
  });

  it('changes nothing on a resolved incident but a new leak', () => {
    const resolved = resolveIncident(opened()[0], 'done', 200);
    expect(acknowledgeIncident(resolved, 'x', 300)).toBe(resolved);
    expect(muteIncident(resolved, 900, 'x', 300)).toBe(resolved);
    expect(resolveIncident(resolved, 'x', 300)).toBe(resolved);
  });

  it('leaves its argument as it was', () => {
    const incident = opened()[0];
    const before = JSON.stringify(incident);
    muteIncident(acknowledgeIncident(incident, 'a', 1), 5, 'b', 2);
    expect(JSON.stringify(incident)).toBe(before);
  });
});
