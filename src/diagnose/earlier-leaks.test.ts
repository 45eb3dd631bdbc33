import { describe, expect, it } from 'vitest';
import { MIB, MINUTE_MILLIS, type Millis } from '../base/units.ts';
import { drawAssessment, drawConfirmation } from '../testing/drawn-assessment.ts';
import { drawSnapshots, ramp } from '../testing/drawn-snapshots.ts';
import { advanceCase, type CaseResult } from './case.ts';
import type { CaseState, KnownCode } from './case-state.ts';

const LEAK = { heap: { verdict: 'leak' as const, perHour: 20 * MIB } };
const PUT = `heap\nmain.main > orders/store.Put | 512 | ${ramp(24, 3)}`;
/** Grows on for the ten hours that the longest of these lives lasts. */
const PUT_ON = `heap\nmain.main > orders/store.Put | 512 | ${ramp(124, 3)}`;
const NOTE = `heap\nmain.main > orders/track.Note | 512 | ${ramp(24, 3)}`;
const NOTHING = 'heap';
const minutes = (count: number): Millis => count * MINUTE_MILLIS;

/** A leak at each instant with what profiles show by then; `null` is the evaluation with which it is over. */
function run(
  steps: readonly (readonly [number, string | null])[],
  { siblings = [], instance = 'a:1' }: { siblings?: readonly KnownCode[]; instance?: string } = {},
): CaseResult[] {
  let state: CaseState | null = null;
  return steps.map(([at, drawing]) => {
    const [claim] = Object.values(drawConfirmation(['heap']));
    const ended = { heap: { ...claim, over: { atMillis: 0, reason: 'gone', numbers: {} } } };
    const result = advanceCase(state, {
      target: { service: 'orders', instance },
      module: null,
      assessment: drawAssessment(minutes(at), drawing === null ? {} : LEAK),
      confirmation: drawing === null ? ended : drawConfirmation(['heap']),
      profiles: drawSnapshots(drawing ?? NOTHING),
      siblings,
      atMillis: minutes(at),
    });
    state = JSON.parse(JSON.stringify(result.state)) as CaseState;
    return result;
  });
}

const leaks = ({ findings }: CaseResult) => findings.filter(({ verdict }) => verdict === 'leak');
const names = (result: CaseResult) => leaks(result).map(({ fingerprint }) => fingerprint);

describe('a leak that comes back before its code is named', () => {
  it('is the same leak from its first evaluation on, and when it is named', () => {
    const [first, ended, back, named] = run([
      [60, PUT],
      [160, null],
      [300, NOTHING],
      [420, PUT],
    ]);
    expect(ended.over).toHaveLength(1);
    expect(names(back)).toEqual(names(first));
    expect(leaks(back)[0].culprits).toEqual([]);
    expect(leaks(back)[0].summary).toContain(
      'No profile shows its code yet: it is taken for the leak in orders/store.Put',
    );
    expect(names(named)).toEqual(names(first));
    expect(leaks(named)[0].culprits[0].function).toBe('orders/store.Put');
    expect(leaks(named)[0].summary).not.toContain('taken for');
    expect(named.over).toEqual([]);
  });

  it('is taken back, and told under its own name, when profiles name other code', () => {
    const [first, , back, named] = run([
      [60, PUT],
      [160, null],
      [300, NOTHING],
      [420, NOTE],
    ]);
    expect(names(back)).toEqual(names(first));
    expect(named.over).toMatchObject([{ fingerprint: names(first)[0], isWithdrawn: true, goesOn: true }]);
    expect(names(named)).toEqual(names(run([[420, NOTE]])[0]));
    expect(leaks(named)[0].culprits[0].function).toBe('orders/track.Note');
  });

  it('is the newest of several, and becomes the one that its name says', () => {
    const results = run([
      [60, PUT],
      [160, null],
      [300, NOTE],
      [400, null],
      [500, NOTHING],
      [620, PUT_ON],
    ]);
    const [put, , note, , back, named] = results;
    expect(names(back)).toEqual(names(note));
    expect(names(named)).toEqual(names(put));
    expect(named.over.map(({ fingerprint }) => fingerprint)).toEqual(names(note));
  });

  it('is not taken for a leak of another class', () => {
    const sibling = { fingerprint: 'of goroutines', kind: 'goroutine' as const, lead: 'orders/store.Put' };
    const [alone, beside] = [{}, { siblings: [sibling] }].map((known) => run([[60, NOTHING]], known)[0]);
    expect(names(beside)).toHaveLength(1);
    expect(names(beside)).toEqual(names(alone));
  });
});

describe('a leak that another instance of the service had before', () => {
  const [first] = run([[60, PUT]]);
  const known = { fingerprint: 'raised without a name', kind: 'heap' as const, lead: 'orders/store.Put' };

  it('has the fingerprint under which people know it, named or not', () => {
    expect(names(run([[60, PUT]], { siblings: [known], instance: 'b:1' })[0])).toEqual([known.fingerprint]);
    expect(names(run([[60, NOTHING]], { siblings: [known], instance: 'b:1' })[0])).toEqual([
      known.fingerprint,
    ]);
  });

  it('is another leak where the code is other code', () => {
    const [other] = run([[60, NOTE]], { siblings: [known] });
    expect(names(other)).not.toEqual([known.fingerprint]);
    expect(names(other)).not.toEqual(names(first));
  });
});
