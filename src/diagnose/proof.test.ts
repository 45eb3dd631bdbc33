// What profiles settle while gauges only suspect: how long a watch that takes, and what must be known.
import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB, MINUTE_MILLIS } from '../base/units.ts';
import { drawAssessment, type DrawnLane } from '../testing/drawn-assessment.ts';
import { drawSnapshots, ramp } from '../testing/drawn-snapshots.ts';
import { readProfiles } from './profile-evidence.ts';
import { findProvenLanes } from './proof.ts';

/** Three samples of half a MiB every ten minutes are 9 MiB/h; none dies. */
const KEPT = `heap\nmain.main > orders/store.Put@/src/store/put.go:27 | 512 | ${ramp(24, 3)}`;
/** As much grows, and twice as much was allocated: half of it dies. */
const HALF_KEPT = `${KEPT} | ${ramp(24, 6)}`;
const SUSPECT: DrawnLane = { verdict: 'undetermined', isSuspect: true, perHour: 9 * MIB, evidenceRatio: 2 };
const UNKNOWN_RATE = { unit: 'bytes', perHour: 9 * MIB, low: 1 * MIB, high: 17 * MIB, confidence: 0.95 };

/** Samples alive, profile by profile. */
const stairs = (counts: readonly number[]) => counts.join(' ');

/** Ages from which the proof of the heap counts; null = none. `minutes` = time of the evaluation. */
function proofAge(minutes: number, lane: DrawnLane, drawing = KEPT, firstEvidenceMillis = 0): number | null {
  const atMillis = minutes * MINUTE_MILLIS;
  const drawn = drawSnapshots(drawing);
  const heap = drawn.heap.filter(({ takenAtMillis }) => takenAtMillis <= atMillis);
  const profiles = readProfiles({ heap, goroutines: [], stacks: drawn.stacks }, null, 0, false);
  const assessment = drawAssessment(atMillis, { heap: lane }, { firstEvidenceMillis });
  return (
    findProvenLanes(assessment, profiles).find(({ lane: name }) => name === 'heap')?.fromAgeMillis ?? null
  );
}

describe('findProvenLanes', () => {
  it('takes two hours of one site that grew evenly and kept everything for a proof', () => {
    expect([110, 120].map((at) => proofAge(at, SUSPECT))).toEqual([3 * HOUR_MILLIS, 0]);
  });

  it('counts the hours that were watched, not the age of the process', () => {
    expect(proofAge(180, SUSPECT, KEPT, 90 * MINUTE_MILLIS)).toBe(3 * HOUR_MILLIS);
  });

  it('lets time speak where half of what is allocated dies, or where a bound explains the heap better', () => {
    expect(proofAge(150, SUSPECT, HALF_KEPT)).toBe(3 * HOUR_MILLIS);
    expect(proofAge(150, { ...SUSPECT, evidenceRatio: -1 })).toBe(3 * HOUR_MILLIS);
  });

  it('holds a proof while a restless heap hides the rate, and raises nothing until it is known', () => {
    expect(proofAge(150, { ...SUSPECT, growth: UNKNOWN_RATE })).toBe(Infinity);
    expect(proofAge(150, { ...SUSPECT, growth: UNKNOWN_RATE }, HALF_KEPT)).toBeNull();
  });

  it('takes four samples for a name where the gauges are sure of the slope and prefer a leak, later', () => {
    // Half a sample every ten minutes, and 1.5 MiB/h by the gauges.
    const drawing = `heap\nmain.main > orders/store.Put@/src/store/put.go:27 | 512 | ${stairs([0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4])}`;
    const slow = { ...SUSPECT, perHour: 1.5 * MIB, grown: 3 * MIB, z: 9, evidenceRatio: 4 };
    expect(proofAge(130, slow, drawing)).toBe(3.5 * HOUR_MILLIS);
    expect(proofAge(90, slow, drawing)).toBeNull();
    expect(proofAge(130, { ...slow, z: 5 }, drawing)).toBeNull();
    expect(proofAge(130, { ...slow, evidenceRatio: 1 }, drawing)).toBeNull();
  });

  it('takes no site for a proof whose growth bends for sure', () => {
    const late = stairs([0, 3, 6, 9, 12, 15, 16, 16, 17, 17, 18, 18, 18, 18]);
    const even = stairs([0, 1, 3, 4, 5, 7, 8, 10, 11, 12, 14, 15, 17, 18]);
    const drawn = (counts: string) =>
      `heap\nmain.main > orders/store.Put@/src/store/put.go:27 | 512 | ${counts}`;
    const lane = { ...SUSPECT, grown: 9 * MIB };
    expect(proofAge(130, lane, drawn(even))).not.toBeNull();
    expect(proofAge(130, lane, drawn(late))).toBeNull();
  });

  it('speaks for a heap that is collected too seldom to be fitted, where it grew from collection to collection', () => {
    const unfitted: DrawnLane = { verdict: 'undetermined', isSuspect: false, growth: null, grown: 19 * MIB };
    expect(proofAge(120, unfitted)).toBe(3.5 * HOUR_MILLIS);
    expect(proofAge(120, unfitted, HALF_KEPT)).toBeNull();
    // As much, in two rises.
    const rare = `heap\nmain.main > orders/store.Put@/src/store/put.go:27 | 512 | ${stairs([0, 0, 0, 0, 0, 0, 18, 18, 18, 18, 18, 18, 36, 36])}`;
    expect(proofAge(130, unfitted, rare)).toBeNull();
    expect(proofAge(120, { ...unfitted, bestNull: 'N0' })).toBeNull();
  });

  it('proves nothing about growth that stage 1 explains', () => {
    expect(proofAge(150, { ...SUSPECT, verdict: 'filling-to-bound', isSuspect: false })).toBeNull();
  });
});
