import { describe, expect, it } from 'vitest';
import { DAY_MILLIS, HOUR_MILLIS, MINUTE_MILLIS } from '../base/units.ts';
import { drawFinding } from '../testing/drawn-finding.ts';
import { advanceIncidents, endGoneIncident } from './advance-incidents.ts';
import { endOfGone, type Successor } from './gone.ts';

/** Found in v1.4.2 after five hours. */
const LEAK = drawFinding({ onsetAt: 0, detectedAt: 5 * HOUR_MILLIS });
const [INCIDENT] = advanceIncidents([], {
  target: { service: 'orders', instance: 'a:1' },
  findings: [LEAK],
  over: [],
  atMillis: 5 * HOUR_MILLIS,
  version: 'v1.4.2',
}).incidents;

const successor = (hours: number, version: string | null, isLeaking = false): Successor => ({
  version,
  watchedMillis: hours * HOUR_MILLIS,
  isLeaking,
});
const end = (goneHours: number, successors: readonly Successor[]) => {
  if (!INCIDENT) throw new Error('no incident');
  return endOfGone(INCIDENT, {
    goneForMillis: goneHours * HOUR_MILLIS,
    goneAfterMillis: 15 * MINUTE_MILLIS,
    successors,
  });
};

describe('an incident whose target is gone', () => {
  it('is open for a while, and gone where nothing of the service is left', () => {
    expect(end(0.2, [])).toBeNull();
    expect(end(0.25, [])).toEqual({
      by: 'gone',
      why: 'gone: it has not been watched for 15 min, which says nothing of the leak',
    });
  });

  it('is resolved by evidence once another version has run without the leak for as long as it took to find', () => {
    expect(end(4.9, [successor(4.9, 'v1.5.0')])).toBeNull();
    expect(end(5, [successor(2, 'v1.5.0'), successor(5, 'v1.5.0')])).toEqual({
      by: 'evidence',
      why: 'v1.5.0 has run without it for 5 h; in v1.4.2 it took 5 h to find',
    });
  });

  it('is gone, and no more, where the same version runs on, or nobody knows which', () => {
    for (const version of ['v1.4.2', null]) {
      expect(end(4.9, [successor(9, version)])).toBeNull();
      expect(end(5, [successor(4.9, version)])).toBeNull();
      expect(end(5, [successor(5, version), successor(9, 'v1.5.0')])).toMatchObject({
        by: 'gone',
        why: expect.stringContaining('no other instance of the service shows the leak so far') as string,
      });
    }
  });

  it('ends at once where the leak goes on in others: the alert goes on with them', () => {
    expect(end(0.25, [successor(1, 'v1.5.0', true), successor(9, 'v1.5.0')])).toMatchObject({
      by: 'gone',
      why: expect.stringContaining('the leak goes on in another instance') as string,
    });
  });

  it('waits for a week at most', () => {
    expect(end(167, [successor(1, 'v1.4.2')])).toBeNull();
    expect(end(168, [successor(1, 'v1.4.2')])?.by).toBe('gone');
  });

  it('has the version in which it was seen last', () => {
    if (!INCIDENT) throw new Error('no incident');
    expect(INCIDENT.version).toBe('v1.4.2');
    const gone = endGoneIncident(INCIDENT, { by: 'gone', why: 'gone' }, DAY_MILLIS);
    const { incidents } = advanceIncidents([gone], {
      target: { service: 'orders', instance: 'a:1' },
      findings: [LEAK],
      over: [],
      atMillis: 2 * DAY_MILLIS,
      version: 'v1.5.0',
    });
    expect(incidents[0]).toMatchObject({ state: 'open', version: 'v1.5.0' });
  });
});
