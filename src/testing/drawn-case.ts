// Evaluations of one case as a story: what each sees, and what comes of it.
import { MIB, MINUTE_MILLIS, type Millis } from '../base/units.ts';
import type { Assessment, Lane } from '../detect/assessment.ts';
import type { ConfirmationState, Over } from '../detect/confirm.ts';
import type { CaseInput, CaseState } from '../diagnose/case-state.ts';
import { advanceCase, type CaseResult } from '../diagnose/case.ts';
import { drawAssessment, drawConfirmation, type DrawnLane } from './drawn-assessment.ts';
import { drawSnapshots, ramp } from './drawn-snapshots.ts';

export const TARGET = { service: 'orders', instance: '127.0.0.1:8080' };
export const STORE = `heap\nmain.main > orders/store.Put@/src/store/put.go:27 | 512 | ${ramp(24, 3)}`;
export const NOTHING = 'heap';

export interface CaseStep {
  readonly at: Millis;
  readonly lanes?: Partial<Record<Lane, DrawnLane>>;
  readonly confirmed?: readonly Lane[];
  readonly drawing?: string;
  readonly rest?: Partial<Assessment>;
  /** Claims of stage 1 that end with this evaluation. */
  readonly over?: Partial<Record<Lane, Over>>;
  readonly askSources?: CaseInput['askSources'];
}

function drawEnds(over: Partial<Record<Lane, Over>>): ConfirmationState {
  const ended = Object.entries(over).map(([lane, end]) => {
    const [claim] = Object.values(drawConfirmation([lane as Lane]));
    return [lane, { ...claim, over: end }];
  });
  return Object.fromEntries(ended) as ConfirmationState;
}

/** State goes through JSON before every step, as when Plimsoll is restarted in between. */
export function runCase(steps: readonly CaseStep[]): CaseResult[] {
  let state: CaseState | null = null;
  return steps.map(
    ({ at, lanes = {}, confirmed = [], drawing = STORE, over = {}, rest = {}, askSources }) => {
      const drawn = drawSnapshots(drawing);
      const known = <T extends { takenAtMillis: Millis }>(all: readonly T[]) =>
        all.filter(({ takenAtMillis }) => takenAtMillis <= at);
      const result = advanceCase(state, {
        target: TARGET,
        module: null,
        assessment: drawAssessment(at, lanes, rest),
        confirmation: { ...drawConfirmation(confirmed), ...drawEnds(over) },
        profiles: { heap: known(drawn.heap), goroutines: known(drawn.goroutines), stacks: drawn.stacks },
        ...(askSources === undefined ? {} : { askSources }),
        atMillis: at,
      });
      state = JSON.parse(JSON.stringify(result.state)) as CaseState;
      return result;
    },
  );
}

export const LEAK = { heap: { verdict: 'leak' as const, perHour: 20 * MIB } };
export const GROWTH = { unit: 'bytes', perHour: 20 * MIB, low: 18 * MIB, high: 22 * MIB, confidence: 0.95 };
export const minutes = (count: number) => count * MINUTE_MILLIS;
