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

  it('proves nothing about growth that stage 1 explains', () => {
    expect(proofAge(150, { ...SUSPECT, verdict: 'filling-to-bound', isSuspect: false })).toBeNull();
  });
});
