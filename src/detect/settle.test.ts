import { describe, expect, it } from 'vitest';
import type { Assessment, LaneAssessment } from './assessment.ts';
import { settle, type Settled } from './settle.ts';

const MINUTE = 60_000;
const SPACING = 2;

/** One letter an evaluation, two minutes apart: u undetermined, f fills, n no growth, l load, ! leak, N no growth by far. */
const LETTERS: Readonly<Record<string, Partial<LaneAssessment>>> = {
  u: { verdict: 'undetermined', needed: { what: 'a longer watch', millis: 60 * MINUTE } },
  f: { verdict: 'filling-to-bound', margin: 0.9 },
  n: { verdict: 'no-growth', margin: 0.9 },
  N: { verdict: 'no-growth', margin: 0.3 },
  l: { verdict: 'load-driven', margin: 0.9 },
  '!': { verdict: 'leak' },
  '.': { verdict: 'undetermined', smallestDetectable: null },
  // A rise that may go on: as high as before, higher, or one that stands out.
  b: { verdict: 'undetermined', level: 500 },
  B: { verdict: 'undetermined', level: 600 },
  s: { verdict: 'undetermined', level: 500, isSuspect: true },
};

function laneOf(part: Partial<LaneAssessment>): LaneAssessment {
  const lane = { lane: 'heap', unit: 'bytes', isSuspect: false, growth: null, needed: null, withheld: null };
  return { ...lane, smallestDetectable: 1, evidence: [], ruledOut: [], ...part } as unknown as LaneAssessment;
}

function assessmentOf(lane: LaneAssessment, atMillis: number, startMillis = 0, silentMillis = 0): Assessment {
  const needed = lane.needed;
  const about = { atMillis, incarnationStartMillis: startMillis, firstEvidenceMillis: 0, earlier: null };
  const lastEvidenceMillis = atMillis - silentMillis;
  return { ...about, lastEvidenceMillis, lanes: [lane], needed } as unknown as Assessment;
}

/** What is shown at each of these evaluations, in the same letters. */
function shownFor(drawn: string): string {
  let state: Settled | null = null;
  return [...drawn]
    .map((letter, i) => {
      const assessment = assessmentOf(laneOf({ level: i, ...LETTERS[letter] }), i * SPACING * MINUTE);
      const settled = settle(state, assessment);
      state = settled.state;
      const { verdict } = settled.shown.lanes[0] ?? {};
      return {
        undetermined: 'u',
        'filling-to-bound': 'f',
        'no-growth': 'n',
        'load-driven': 'l',
        leak: '!',
        step: 's',
      }[verdict ?? 'step'];
    })
    .join('');
}

describe('a verdict that reassures', () => {
  it.each([
    ['is shown once it has held for six evaluations', 'uunnnnnnn', 'uuuuuuunn'],
    ['waits from the start again after an evaluation that doubts', 'unnnnnunnnnnn', 'uuuuuuuuuuuun'],
    ['counts whatever explains it', 'ufnlfnfff', 'uuuuuufff'],
    ['comes at once where it is the first and far from doubt', 'uuNN', 'uunn'],
    ['outlives two evaluations that doubt, not three', 'Nuunnuuuu', 'nnnnnnnuu'],
    ['must hold twice as long after it was doubted', 'Nuuu' + 'n'.repeat(13), 'nnnu' + 'u'.repeat(11) + 'nn'],
    [
      'outlives a rise that was as high before',
      'Nbbbbb' + 'n'.repeat(12) + 'bbbbb',
      'nnnu' + 'u'.repeat(13) + 'n'.repeat(6),
    ],
    [
      'is doubted where the rise is higher, or stands out',
      'Nbbb' + 'n'.repeat(12) + 'BBBnsss',
      'nnnuuuuuuuuuuuunnnuu' + 'uuu',
    ],
    ['is replaced by another explanation only when that has held', 'Nlllnnllllll', 'nnnnnnnnnnnl'],
    [
      '... for as long after it was doubted as before',
      'NuuuNNNNNNNNNNNN' + 'l'.repeat(7),
      'nnnu' + 'u'.repeat(11) + 'n' + 'nnnnnll',
    ],
    ['ends at once with a sign of a leak', 'NN!', 'nn!'],
    ['ends at once where nothing can be judged any more', 'NN.', 'nnu'],
  ])('%s: %3$s', (_, evaluations, shown) => {
    expect(shownFor(evaluations)).toBe(shown);
  });

  it('says while it is held back what the evaluations say, and for how long it is', () => {
    const first = settle(null, assessmentOf(laneOf(LETTERS['f'] ?? {}), 0));
    expect(first.shown.lanes[0]).toMatchObject({ verdict: 'undetermined', withheld: 'filling-to-bound' });
    expect(first.shown.needed).toEqual({
      what: 'a verdict that holds: the newest evaluations say filling-to-bound',
      millis: 5 * SPACING * MINUTE,
    });
  });

  it('is judged anew after a restart, and what stood before it is told as it was', () => {
    const before = settle(null, assessmentOf(laneOf(LETTERS['n'] ?? {}), 0));
    const earlier = { lanes: [laneOf({ verdict: 'no-growth' })], startMillis: 0, endedAtMillis: MINUTE };
    const young = { ...assessmentOf(laneOf(LETTERS['.'] ?? {}), 20 * MINUTE, 15 * MINUTE), earlier };
    const after = settle(before.state, young as unknown as Assessment);
    expect(after.shown.earlier?.lanes[0]?.verdict).toBe('undetermined');
  });
});

/** Minutes that each evaluation estimates, and the minutes that are shown; ? = not known. */
function waitsFor(estimates: readonly number[]): (number | string)[] {
  let state: Settled | null = null;
  return estimates.map((minutes, i) => {
    const lane = laneOf({ verdict: 'undetermined', needed: { what: 'more', millis: minutes * MINUTE } });
    const settled = settle(state, assessmentOf(lane, i * 10 * MINUTE));
    state = settled.state;
    const millis = settled.shown.needed?.millis ?? null;
    return millis === null ? '?' : Math.round(millis / MINUTE);
  });
}

describe('the time that is still needed', () => {
  it('counts down while estimates scatter', () => {
    expect(waitsFor([100, 60, 110, 95, 80, 30])).toEqual([100, 90, 80, 70, 60, 50]);
  });

  it('leaves one bad estimate alone', () => {
    expect(waitsFor([100, 300, 300, 70])).toEqual([100, 90, 80, 70]);
  });

  it('is never less than until the next evaluation, which is the first that can bring it', () => {
    expect(waitsFor([20, 12, 10, 10])).toEqual([20, 10, 2, 2]);
  });

  it('is put right once by the pace of the evidence', () => {
    // Half as fast as it should: 50 minutes are left of the estimate after 100, which takes 100 more.
    const shown = waitsFor([100, 95, 90, 85, 80, 75, 70, 65, 60, 55, 50]);
    expect(shown.slice(0, 6)).toEqual([100, 90, 80, 70, 60, 50]);
    expect(shown.slice(-3)).toEqual([120, 110, 100]);
  });

  it('stands still while the target does not answer, and goes on from there', () => {
    const lane = laneOf({ verdict: 'undetermined', needed: { what: 'more', millis: 100 * MINUTE } });
    let state = settle(null, assessmentOf(lane, 0)).state;
    const silences = [0, 6, 8, 0, 0];
    const shown = silences.map((silent, i) => {
      const settled = settle(state, assessmentOf(lane, (i + 1) * SPACING * MINUTE, 0, silent * MINUTE));
      state = settled.state;
      return Math.round((settled.shown.needed?.millis ?? NaN) / MINUTE);
    });
    expect(shown).toEqual([98, 98, 98, 96, 94]);
  });

  it('is given up, not put off, where waiting brings nothing nearer', () => {
    expect(waitsFor([98, 108, 118, 128, 133, 138])).toEqual([98, 88, 78, 68, '?', '?']);
  });
});
