import { describe, expect, it } from 'vitest';
import { computePrecision } from './precision.ts';

const ack = { by: 'ana', why: '', at: 1 };

describe('computePrecision', () => {
  it('is unknown while nobody said anything', () => {
    expect(computePrecision([{ fingerprint: 'a', ack: null }], [])).toEqual({
      judged: 0,
      leaks: 0,
      precision: null,
    });
  });

  it('counts what was acknowledged in an episode that is over, and what people found out over it', () => {
    const alerts = ['a', 'b'].map((fingerprint) => ({ fingerprint, ack: null, lastAck: ack }));
    const judged = computePrecision(alerts, [{ fingerprint: 'b', verdict: 'not-a-leak' }]);
    expect([judged.judged, judged.leaks]).toEqual([2, 1]);
  });

  it('counts an acknowledgement as a leak, and what people found out over it', () => {
    const alerts = ['a', 'b', 'c'].map((fingerprint) => ({ fingerprint, ack }));
    const feedback = [
      { fingerprint: 'c', verdict: 'not-a-leak' as const },
      { fingerprint: 'd', verdict: 'leak' as const },
    ];
    const { judged, leaks, precision } = computePrecision(alerts, feedback);
    expect([judged, leaks]).toEqual([4, 3]);
    // Wilson's interval of 3 in 4, as R's prop.test without correction gives it.
    expect(precision?.value).toBe(0.75);
    expect(precision?.low).toBeCloseTo(0.3006, 3);
    expect(precision?.high).toBeCloseTo(0.9544, 3);
  });
});
