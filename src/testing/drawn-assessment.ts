// Stage 1's answers for tests of stage 2: quiet lanes unless the test says what a lane does.
import { HOUR_MILLIS, MIB, type Millis } from '../base/units.ts';
import { LANES, type Assessment, type Lane, type LaneAssessment } from '../detect/assessment.ts';
import type { ConfirmationState } from '../detect/confirm.ts';

/** What a test says about one lane; everything else is quiet. */
export type DrawnLane = Partial<LaneAssessment> & { readonly perHour?: number };

const UNITS: Readonly<Record<Lane, string>> = {
  heap: 'bytes',
  goroutine: 'goroutines',
  fd: 'fds',
  thread: 'threads',
  native: 'bytes',
};

/** An assessment `hours` after a start at time 0. */
export function drawAssessment(
  atMillis: Millis,
  lanes: Partial<Record<Lane, DrawnLane>> = {},
  rest: Partial<Assessment> = {},
): Assessment {
  return {
    atMillis,
    incarnationStartMillis: 0,
    firstEvidenceMillis: 0,
    lastEvidenceMillis: atMillis,
    restarts: 0,
    lanes: LANES.map((lane) => drawLane(lane, atMillis, lanes[lane] ?? {})),
    earlier: null,
    ledger: null,
    memoryLimitBytes: null,
    goroutineCost: null,
    exhaustion: null,
    isExhausting: false,
    smallestDetectableBytesPerHour: MIB,
    needed: null,
    missing: [],
    ...rest,
  };
}

function drawLane(lane: Lane, atMillis: Millis, drawn: DrawnLane): LaneAssessment {
  const { perHour, ...said } = drawn;
  const isGrowing = perHour !== undefined;
  return {
    lane,
    unit: UNITS[lane],
    verdict: 'no-growth',
    isSuspect: said.verdict === 'leak',
    bestNull: null,
    bestLeak: null,
    evidenceRatio: null,
    z: null,
    growth: isGrowing
      ? { unit: UNITS[lane], perHour, low: 0.9 * perHour, high: 1.1 * perHour, confidence: 0.95 }
      : null,
    onsetAtMillis: null,
    predictedBound: null,
    level: 1,
    grown: isGrowing ? (perHour * atMillis) / HOUR_MILLIS : 0,
    smallestDetectable: lane === 'heap' || lane === 'native' ? MIB / 4 : 5,
    fit: null,
    perRequest: null,
    evidence: [],
    ruledOut: [],
    needed: null,
    ...said,
  };
}

/** Stage 1's claim on these lanes stands since `atMillis`. */
export function drawConfirmation(lanes: readonly Lane[], atMillis: Millis = 0): ConfirmationState {
  const claim = {
    points: 12,
    leakSinceMillis: atMillis,
    calledAtMillis: atMillis,
    perHour: 1,
    tookMillis: HOUR_MILLIS,
    goneSinceMillis: null,
    over: null,
  };
  return Object.fromEntries(lanes.map((lane) => [lane, claim]));
}
