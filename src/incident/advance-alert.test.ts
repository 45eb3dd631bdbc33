import { describe, expect, it } from 'vitest';
import { DAY_MILLIS, HOUR_MILLIS } from '../base/units.ts';
import type { Alert } from '../model/alert.ts';
import type { Incident } from '../model/incident.ts';
import { drawFinding } from '../testing/drawn-finding.ts';
import { advanceAlert, type AlertInput } from './advance-alert.ts';
import { advanceIncidents, resolveIncident } from './advance-incidents.ts';

const RULES = { repeatMillis: DAY_MILLIS, criticalWithinMillis: 12 * HOUR_MILLIS };

function limitAt(at: number) {
  const timeToExhaustion = { resource: 'memory-limit' as const, at, low: at, high: at, confidence: 0.8 };
  return drawFinding({ fingerprint: 'f1', detectedAt: HOUR_MILLIS, timeToExhaustion });
}

function leakOf(instance: string, finding = limitAt(100 * HOUR_MILLIS)): Incident {
  const target = { service: 'orders', instance };
  const { incidents } = advanceIncidents([], {
    target,
    findings: [finding],
    over: [],
    atMillis: HOUR_MILLIS,
  });
  const [incident] = incidents;
  if (incident === undefined) throw new Error('no incident');
  return incident;
}

/** One look after another; what each of them tells, `-` for nothing. */
function live() {
  let alert: Alert | null = null;
  const said: string[] = [];
  const look = (incidents: readonly Incident[], atHours: number, over: Partial<AlertInput> = {}) => {
    const step = advanceAlert(alert, {
      incidents: incidents as [Incident, ...Incident[]],
      labels: { service: 'orders' },
      whyQuiet: () => null,
      atMillis: atHours * HOUR_MILLIS,
      rules: RULES,
      ...over,
    });
    alert = step?.alert ?? null;
    said.push(!step?.notice ? '-' : `${step.notice} ${step.alert.level}`);
  };
  const change = (over: Partial<Alert>) => (alert = alert && { ...alert, ...over });
  return { look, said, change, alert: () => alert };
}

const ended = (incident: Incident) => resolveIncident(incident, 'growth is gone', 50 * HOUR_MILLIS);
const ACK = { by: 'ana', why: 'on it', at: 0 };

describe('advanceAlert', () => {
  it('tells 200 replicas once', () => {
    const { look, said, alert } = live();
    const replicas = Array.from({ length: 200 }, (_, i) => leakOf(`10.0.0.${i}:80`));
    for (let i = 1; i <= 200; i++) look(replicas.slice(0, i), 1 + i / 100);
    expect(said.filter((each) => each !== '-')).toEqual(['opened warning']);
    expect(alert()?.instances).toHaveLength(200);
  });

  it('escalates once when the limit comes within the hours, and stays there when the forecast wavers', () => {
    const { look, said } = live();
    const [far, near] = [leakOf('a'), leakOf('a', limitAt(30 * HOUR_MILLIS))];
    look([far], 1);
    look([near], 17);
    look([near], 19);
    look([far], 20);
    look([near], 21);
    expect(said).toEqual(['opened warning', '-', 'escalated critical', '-', '-']);
  });

  it('opens as critical when the limit is near from the start', () => {
    const { look, said } = live();
    look([leakOf('a', limitAt(5 * HOUR_MILLIS))], 1);
    expect(said).toEqual(['opened critical']);
  });

  it('repeats after the set time and not before, and never where that is switched off', () => {
    const { look, said } = live();
    for (const hour of [1, 24, 25, 30, 49]) look([leakOf('a')], hour);
    expect(said).toEqual(['opened warning', '-', 'repeated warning', '-', 'repeated warning']);
    const once = live();
    for (const hour of [1, 80]) once.look([leakOf('a')], hour, { rules: { ...RULES, repeatMillis: null } });
    expect(once.said).toEqual(['opened warning', '-']);
  });

  it('repeats nothing that is acknowledged, but still escalates it', () => {
    const { look, said, change } = live();
    look([leakOf('a')], 1);
    change({ ack: ACK });
    look([leakOf('a')], 40);
    look([leakOf('a', limitAt(45 * HOUR_MILLIS))], 41);
    expect(said).toEqual(['opened warning', '-', 'escalated critical']);
  });

  it('keeps no escalation back that comes after an acknowledgement in a silence', () => {
    const quiet = { whyQuiet: () => 'silenced by ana: deploy' };
    const { look, said, change } = live();
    look([leakOf('a')], 1, quiet);
    change({ ack: { ...ACK, level: 'warning' } });
    look([leakOf('a')], 2);
    look([leakOf('a', limitAt(45 * HOUR_MILLIS))], 41);
    look([leakOf('a', limitAt(45 * HOUR_MILLIS))], 42);
    expect(said).toEqual(['-', '-', 'opened critical', '-']);
  });

  it('is quiet by the level that it has: what is silenced as a warning is told when it is critical', () => {
    const whyQuiet = (level: string) => (level === 'warning' ? 'silenced' : null);
    const { look, said, alert } = live();
    look([leakOf('a')], 1, { whyQuiet });
    const asWarning = alert()?.quiet;
    look([leakOf('a', limitAt(45 * HOUR_MILLIS))], 41, { whyQuiet });
    expect([said, asWarning, alert()?.quiet]).toEqual([['-', 'opened critical'], 'silenced', null]);
  });

  it('tells nobody what was already critical when it was acknowledged in a silence', () => {
    const { look, said, change } = live();
    look([leakOf('a', limitAt(5 * HOUR_MILLIS))], 1, { whyQuiet: () => 'silenced' });
    change({ ack: { ...ACK, level: 'critical' } });
    look([leakOf('a', limitAt(5 * HOUR_MILLIS))], 2);
    expect(said).toEqual(['-', '-']);
  });

  it('stays critical when the forecast goes away or is far again, until it is resolved', () => {
    const { look, alert } = live();
    const levels = [
      limitAt(5 * HOUR_MILLIS),
      limitAt(100 * HOUR_MILLIS),
      drawFinding({ timeToExhaustion: null }),
    ].map((finding, i) => {
      look([leakOf('a', finding)], 1 + i);
      return alert()?.level;
    });
    expect(levels).toEqual(['critical', 'critical', 'critical']);
    look([ended(leakOf('a'))], 51);
    look([leakOf('a')], 60);
    expect(alert()?.level).toBe('warning');
  });

  it('remembers who acknowledged it over its end and its return, when nobody works on it yet', () => {
    const { look, change, alert } = live();
    look([leakOf('a')], 1);
    change({ ack: ACK });
    look([ended(leakOf('a'))], 51);
    expect(alert()).toMatchObject({ ack: null, lastAck: ACK });
    look([leakOf('a')], 60);
    look([ended(leakOf('a'))], 70);
    expect(alert()).toMatchObject({ episode: 2, ack: null, lastAck: ACK });
    const other = live();
    other.look([leakOf('a')], 1);
    other.look([ended(leakOf('a'))], 51);
    expect(other.alert()).not.toHaveProperty('lastAck');
  });

  it('resolves when the last instance is over, and comes back as the same alert, acknowledged by nobody', () => {
    const { look, said, change, alert } = live();
    const [a, b] = [leakOf('a'), leakOf('b')];
    look([a, b], 1);
    change({ ack: ACK });
    look([ended(a), b], 51);
    look([ended(a), ended(b)], 52);
    look([ended(a), ended(b)], 53);
    look([a, ended(b)], 60);
    expect(said).toEqual(['opened warning', '-', 'resolved warning', '-', 'regressed warning']);
    expect(alert()).toMatchObject({ episode: 2, sequence: 3, ack: null, instances: ['a'] });
  });

  it('tells at the end of a silence what still fires, and nothing of what came and went in it', () => {
    const quiet = { whyQuiet: () => 'silenced by ana: deploy' };
    const { look, said, alert } = live();
    look([leakOf('a')], 1, quiet);
    expect(alert()?.quiet).toBe('silenced by ana: deploy');
    look([leakOf('a')], 9);
    expect(said).toEqual(['-', 'opened warning']);
    const gone = live();
    gone.look([leakOf('a')], 1, quiet);
    gone.look([ended(leakOf('a'))], 60, quiet);
    expect(gone.said).toEqual(['-', '-']);
  });

  it('tells the end of what was told, silence or not', () => {
    const { look, said } = live();
    look([leakOf('a')], 1);
    look([ended(leakOf('a'))], 60, { whyQuiet: () => 'silenced' });
    expect(said).toEqual(['opened warning', 'resolved warning']);
  });

  it('goes on after a restart from what was stored, whoever looks', () => {
    const first = live();
    first.look([leakOf('a')], 1);
    const second = live();
    second.look([leakOf('a')], 2);
    second.change(JSON.parse(JSON.stringify(first.alert())) as Alert);
    second.look([leakOf('a')], 3);
    expect(second.said.at(-1)).toBe('-');
  });

  it('is about nothing when every incident was over before it was first looked at', () => {
    const { look, said, alert } = live();
    look([ended(leakOf('a'))], 60);
    expect([said, alert()]).toEqual([['-'], null]);
  });
});
