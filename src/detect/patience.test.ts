import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import { drawAssessment, type DrawnLane } from '../testing/drawn-assessment.ts';
import type { Assessment, Lane } from './assessment.ts';
import { weighPatience } from './patience.ts';

/** A lane that grows for `watched` hours, `left` hours before its limit. */
function weigh(
  watched: number,
  left: number | null,
  drawn: DrawnLane = {},
  name: Lane = 'heap',
  rest: Partial<Assessment> = {},
) {
  const atMillis = watched * HOUR_MILLIS;
  const assessment = drawAssessment(
    atMillis,
    { [name]: { verdict: 'leak', perHour: MIB, ...drawn } },
    left === null
      ? rest
      : {
          ...rest,
          exhaustion: {
            resource: 'memory-limit',
            at: atMillis + left * HOUR_MILLIS,
            low: atMillis + left * HOUR_MILLIS,
            high: null,
            confidence: 0.8,
          },
        },
  );
  const [lane] = assessment.lanes.filter((one) => one.lane === name);
  return weighPatience(lane, assessment);
}

describe('weighPatience', () => {
  it('holds a heap back while the limit is far and little was watched, and says for how long', () => {
    const patience = weigh(10, 95);
    expect(patience.isHeld).toBe(true);
    // After 20 h more: 75 h left, 30 h watched.
    expect(patience.waitMillis / HOUR_MILLIS).toBeCloseTo(20, 6);
  });

  it('ends when growth was watched for a fair part of what is left', () => {
    expect(weigh(37.9, 95).isHeld).toBe(true);
    expect(weigh(38.1, 95).isHeld).toBe(false);
  });

  it('ends half a day before the limit, however little was watched', () => {
    expect(weigh(1, 12.1).isHeld).toBe(true);
    expect(weigh(1, 12)).toMatchObject({ isHeld: false, waitMillis: 0 });
  });

  it('does not count on a fair part before more than a day was watched, where nobody counts the work', () => {
    expect(weigh(29.9, 70).isHeld).toBe(true);
    expect(weigh(20, 40).waitMillis / HOUR_MILLIS).toBeCloseTo(10, 6);
    expect(weigh(30, 70).isHeld).toBe(false);
    // Of this life only 16 h.
    expect(weigh(30, 40, {}, 'heap', { incarnationStartMillis: 14 * HOUR_MILLIS }).isHeld).toBe(false);
  });

  it('waits for no day where work is counted, since the models know its rhythm', () => {
    const recent = { perHour: MIB, low: 0, high: 2 * MIB, overMillis: HOUR_MILLIS, workShare: 1 };
    expect(weigh(20, 40, { recent })).toMatchObject({ isHeld: false, waitMillis: 0 });
    expect(weigh(20, 40, { recent: { ...recent, workShare: null } }).isHeld).toBe(true);
  });

  it('does not hold growth that no cache explains which would end below the limit', () => {
    // 95 MiB of room.
    const open = (bound: number | null) => ({ bend: { slowing: null, openBound: bound, isRefill: false } });
    expect(weigh(32, 95, open(94 * MIB)).isHeld).toBe(true);
    expect(weigh(32, 95, open(96 * MIB))).toMatchObject({ isHeld: false, waitMillis: 0 });
    expect(weigh(32, 95, open(null)).isHeld).toBe(false);
    expect(weigh(29, 95, open(null)).waitMillis / HOUR_MILLIS).toBeCloseTo(1, 6);
  });

  it('holds growth up to where an earlier life stood, however it looks, until the limit is near', () => {
    const bend = { slowing: null, openBound: null, isRefill: true };
    expect(weigh(80, 95, { bend })).toMatchObject({ isHeld: true });
    expect(weigh(80, 95, { bend }).waitMillis / HOUR_MILLIS).toBeCloseTo(83, 6);
    expect(weigh(80, 12, { bend }).isHeld).toBe(false);
  });

  it('holds a claim that the newest evaluation would not make, however long it was watched and however near the limit', () => {
    const doubted = { verdict: 'undetermined', isSuspect: true } as const;
    expect(weigh(80, 95).isHeld).toBe(false);
    expect(weigh(80, 95, doubted)).toMatchObject({ isHeld: true, waitMillis: Infinity });
    expect(
      weigh(80, 95, { ...doubted, bend: { slowing: null, openBound: null, isRefill: false } }).isHeld,
    ).toBe(true);
    expect(weigh(80, 12, doubted).isHeld).toBe(true);
    expect(weigh(80, 12).isHeld).toBe(false);
  });

  it('holds growth that slows down to a bound below the limit, and not next to the limit', () => {
    const slowing = { evidence: 20, missing: 60 * MIB, fillMillis: 60 * HOUR_MILLIS };
    const bend = { slowing, openBound: null, isRefill: false };
    // 95 MiB of room, of which 60 are still to come.
    expect(weigh(80, 95, { bend })).toMatchObject({ isHeld: true, leftMillis: Infinity });
    expect(weigh(80, 95, { bend: { ...bend, slowing: null } }).isHeld).toBe(false);
    // By the rate the limit would be half a day away after 83 h.
    expect(weigh(80, 95, { bend }).waitMillis / HOUR_MILLIS).toBeCloseTo(83, 6);
    expect(weigh(80, 12, { bend }).isHeld).toBe(false);
  });

  it('counts the time to a limit that slower growth does reach', () => {
    const slowing = { evidence: 20, missing: 190 * MIB, fillMillis: 190 * HOUR_MILLIS };
    const bend = { slowing, openBound: 0, isRefill: false };
    // Half of what is missing: 190 h ln 2.
    expect((weigh(50, 95, { bend }).leftMillis ?? 0) / HOUR_MILLIS).toBeCloseTo(131.7, 1);
    expect(weigh(50, 95, { bend }).isHeld).toBe(true);
    expect(weigh(50, 95).isHeld).toBe(false);
  });

  it('holds while a limit is known and not in sight, and not where none is known', () => {
    expect(weigh(400, null, {}, 'heap', { memoryLimitBytes: 1000 * MIB })).toMatchObject({
      isHeld: true,
      leftMillis: Infinity,
      waitMillis: Infinity,
    });
    expect(weigh(1, null)).toMatchObject({ isHeld: false, leftMillis: null, waitMillis: 0 });
  });

  it('holds threads back, since their pools fill and are never given back', () => {
    expect(weigh(40, 400, {}, 'thread').isHeld).toBe(true);
    expect(
      weigh(40, 400, { bend: { slowing: null, openBound: null, isRefill: false } }, 'thread').isHeld,
    ).toBe(false);
  });

  it('counts from the onset, and holds no other lane', () => {
    expect(weigh(40, 95, { onsetAtMillis: 20 * HOUR_MILLIS }).isHeld).toBe(true);
    expect(weigh(10, 95, {}, 'goroutine').isHeld).toBe(false);
  });
});
