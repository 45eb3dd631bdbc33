import { describe, expect, it } from 'vitest';
import { MIB, MINUTE_MILLIS, type Millis } from '../base/units.ts';
import type { Lane } from '../detect/assessment.ts';
import { drawAssessment, drawConfirmation, type DrawnLane } from '../testing/drawn-assessment.ts';
import { drawSnapshots, ramp } from '../testing/drawn-snapshots.ts';
import { advanceIncidents } from '../incident/advance-incidents.ts';
import type { Incident } from '../model/incident.ts';
import type { CaseState } from './case-state.ts';
import { advanceCase, type CaseResult } from './case.ts';

const minutes = (count: number): Millis => count * MINUTE_MILLIS;
const level = (length: number, at: number) => Array.from({ length }, () => String(at)).join(' ');
const rising = (from: number, length: number, step: number) =>
  Array.from({ length }, (_, i) => String(from + (i + 1) * step)).join(' ');
const cycle = (length: number, values: readonly number[]) =>
  Array.from({ length }, (_, i) => String(values[i % values.length])).join(' ');
/** Samples allocated where all that came was allocated, and what went was freed. */
const runningSum = (alive: string) => {
  let sum = 0;
  const counts = alive.split(' ').map(Number);
  return counts.map((count, i) => (sum += Math.max(0, count - (counts[i - 1] ?? 0)))).join(' ');
};

/** Two hours of growth, an hour in which it is freed, an hour of rest, four hours of growth again; allocated beside it. */
const AGAIN = `${ramp(12, 8)} 60 20 ${level(10, 0)} ${rising(0, 24, 8)} | ${ramp(12, 8)} ${level(12, 88)} ${rising(88, 24, 8)}`;
const WORK = `main.main > orders/web.Do | 64 | ${level(48, 0)} | ${ramp(48, 20)}`;
const TARGET = { service: 'orders', instance: 'a:1' };
const LOAD = 'orders/session.load';

interface Drawn {
  readonly drawing: string;
  readonly lanes: Partial<Record<Lane, DrawnLane>>;
}

/** Evaluations every ten minutes over eight hours, with what profiles show by then. */
function watch({ drawing, lanes }: Drawn): CaseResult[] {
  const drawn = drawSnapshots(drawing);
  let state: CaseState | null = null;
  return Array.from({ length: 43 }, (_, i) => {
    const at = minutes(59 + 10 * i);
    const known = <T extends { takenAtMillis: Millis }>(all: readonly T[]) =>
      all.filter(({ takenAtMillis }) => takenAtMillis <= at);
    const result = advanceCase(state, {
      target: TARGET,
      module: null,
      assessment: drawAssessment(at, lanes),
      confirmation: drawConfirmation(Object.keys(lanes) as Lane[]),
      profiles: { heap: known(drawn.heap), goroutines: known(drawn.goroutines), stacks: drawn.stacks },
      atMillis: at,
    });
    state = JSON.parse(JSON.stringify(result.state)) as CaseState;
    return result;
  });
}

/** What was raised (+) and ended (-), by the first culprit, with the minute of the evaluation. */
function tell(results: readonly CaseResult[]): string[] {
  const names = new Map<string, string>();
  let known = 0;
  return results.flatMap(({ alarms, over, findings }, i) => {
    for (const { fingerprint, culprits } of findings) {
      if (culprits[0] !== undefined) names.set(fingerprint, culprits[0].function);
    }
    const nameOf = (fingerprint: string) => names.get(fingerprint) ?? fingerprint;
    const raised = alarms.slice(known);
    known = alarms.length;
    return [
      ...over.map(({ fingerprint }) => `${59 + 10 * i} - ${nameOf(fingerprint)}`),
      ...raised.map(({ fingerprint }) => `${59 + 10 * i} + ${nameOf(fingerprint)}`),
    ];
  });
}
const last = (results: readonly CaseResult[]) => results[results.length - 1];
const minuteOfReturn = (results: readonly CaseResult[]) =>
  59 + 10 * results.findIndex(({ alarms }) => alarms.length === 3);
const withoutTime = (lines: readonly string[]) => lines.map((line) => line.replace(/^\d+ /, ''));

describe('a leak that is over and comes back while another of its class stands', () => {
  const HEAP = { heap: { verdict: 'leak' as const, perHour: 50 * MIB } };
  const beside = (alive: string) => `heap
    ${WORK}
    orders/session.Loop > ${LOAD} | 4096 | ${alive}
    orders/track.Loop > orders/track.Note | 4096 | ${ramp(48, 8)}`;
  const OVER = ['+ orders/session.load', '+ orders/track.Note', '- orders/session.load'];

  it('is found again as itself, once, though it began at nothing long after the other', () => {
    const results = watch({ drawing: beside(AGAIN), lanes: HEAP });
    expect(withoutTime(tell(results))).toEqual([...OVER, '+ orders/session.load']);
    // It began at minute 240.
    expect(minuteOfReturn(results)).toBeLessThanOrEqual(320);
    const [first, , again] = last(results).alarms;
    expect(again.fingerprint).toBe(first.fingerprint);
  });

  it('has its own growth since it came back, and leaves the other its own', () => {
    const { findings } = last(watch({ drawing: beside(AGAIN), lanes: HEAP }));
    const growthOf = (name: string) =>
      (findings.find(({ culprits }) => culprits[0]?.function === name)?.growth?.perHour ?? 0) / MIB;
    // 48 samples an hour, half a mebibyte each.
    expect(growthOf(LOAD)).toBeCloseTo(24, 0);
    expect(growthOf('orders/track.Note')).toBeGreaterThan(20);
  });

  it('is the old incident, regressed', () => {
    const incidents = watch({ drawing: beside(AGAIN), lanes: HEAP }).reduce<readonly Incident[]>(
      (known, { findings, over }, i) =>
        advanceIncidents(known, { target: TARGET, findings, over, atMillis: minutes(59 + 10 * i) }).incidents,
      [],
    );
    const whats = incidents.map(({ finding, history }) => [
      finding.culprits[0].function,
      ...history.map(({ what }) => what),
    ]);
    expect(whats).toEqual([
      [LOAD, 'opened', 'resolved', 'regressed'],
      ['orders/track.Note', 'opened'],
    ]);
  });

  it('ends by its own profiles once more', () => {
    const twice = `${ramp(12, 8)} 40 ${level(5, 0)} ${rising(0, 18, 8)} 70 ${level(11, 0)}`;
    const results = watch({ drawing: beside(`${twice} | ${runningSum(twice)}`), lanes: HEAP });
    expect(withoutTime(tell(results))).toEqual([...OVER, '+ orders/session.load', '- orders/session.load']);
  });

  it('is not back by what comes at once and grows no further, or comes and goes', () => {
    const quiet = { step: `40 ${level(21, 40)}`, turnover: cycle(22, [4, 12, 20, 28, 20, 12]) };
    for (const [name, after] of Object.entries(quiet)) {
      const alive = `${ramp(12, 8)} 60 20 ${level(12, 0)} ${after}`;
      const results = watch({ drawing: beside(`${alive} | ${runningSum(alive)}`), lanes: HEAP });
      expect(withoutTime(tell(results)), name).toEqual(OVER);
    }
  });

  it('is found beside goroutines that hold most of what grows', () => {
    const drawing = `heap
      ${WORK}
      orders/jobs.Run.func1 > orders/jobs.work | 4096 | ${ramp(48, 24)}
      orders/session.Loop > ${LOAD} | 4096 | ${AGAIN}
      goroutines
      orders/jobs.Run.func1 > orders/jobs.work > runtime.chanrecv1 > runtime.gopark | ${ramp(48, 6)}`;
    const lanes = { ...HEAP, goroutine: { verdict: 'leak' as const, perHour: 36 } };
    expect(withoutTime(tell(watch({ drawing, lanes })))).toEqual([
      '+ orders/jobs.work',
      `+ ${LOAD}`,
      `- ${LOAD}`,
      `+ ${LOAD}`,
    ]);
  });

  it('is found among goroutines as in the heap', () => {
    const drawing = `heap
      ${WORK}
      goroutines
      orders/session.Loop.func1 > ${LOAD} > runtime.chanrecv1 > runtime.gopark | ${AGAIN.split(' | ')[0]}
      orders/track.Note.func1 > orders/track.Note > runtime.chansend1 > runtime.gopark | ${level(2, 0)} ${rising(0, 46, 12)}`;
    const lanes = { goroutine: { verdict: 'leak' as const, perHour: 120 } };

    const results = watch({ drawing, lanes });
    const told = withoutTime(tell(results));
    expect(told.slice(0, 2).sort()).toEqual(['+ orders/session.load', '+ orders/track.Note']);
    expect(told.slice(2)).toEqual(['- orders/session.load', '+ orders/session.load']);
    expect(minuteOfReturn(results)).toBeLessThanOrEqual(320);
  });
});
