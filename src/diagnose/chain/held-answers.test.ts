import { describe, expect, it } from 'vitest';
import { assess } from '../../detect/assess.ts';
import type { ChainStep } from '../../model/chain-step.ts';
import { tableUpTo } from '../../series/history.ts';
import { drawFinding } from '../../testing/drawn-finding.ts';
import { drawGauges } from '../../testing/series-from-text.ts';
import { followChainOn } from './chain.ts';
import { holdAnswer, type HeldAnswers } from './held-answers.ts';

const LEAK = [drawFinding({ verdict: 'leak', class: 'heap' })];
const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1);

/** What the idle step says at each two minutes, from the first on that has a rest of ten. */
function idleAnswers(drawing: string): ChainStep['outcome'][] {
  const table = drawGauges(drawing);
  const ends = table.timeMillis.filter((_, row) => row >= 70 && row % 2 === 0);
  const assessment = assess({ table, atMillis: table.timeMillis[table.length - 1], memoryLimitBytes: null });
  const told: ChainStep['outcome'][] = [];
  let before: HeldAnswers | null = null;
  for (const atMillis of ends) {
    const walk = followChainOn(before, {
      ...{ table: tableUpTo(table, atMillis), assessment },
      ...{ findings: LEAK, memoryLimitBytes: null },
    });
    before = walk.held;
    const idle = walk.steps.find(({ step }) => step === 'idle');
    if (idle) told.push(idle.outcome);
  }
  return told;
}

/** An hour of load, an hour of rest, load again: the idle test. */
const idleTest = (seed: number, growth: string) => `
  every 1m for 2h30m seed ${seed}
  load 4000/h step -4000 at 1h step 4000 at 2h
  floor 22M ${growth} noise 400k
  rssBytes 60M ${growth} noise 400k`;

function changes(told: readonly ChainStep['outcome'][]): number {
  return told.filter((outcome, i) => i > 0 && outcome !== told[i - 1]).length;
}

describe('the idle test, asked again at every evaluation', () => {
  it('never says background of what grows by the request alone, and hardly ever takes back what it said', () => {
    const runs = SEEDS.map((seed) => idleAnswers(idleTest(seed, 'perwork 400')));
    expect(runs.filter((told) => told.includes('supports'))).toEqual([]);
    expect(runs.filter((told) => told.at(-1) === 'contradicts').length).toBeGreaterThan(20);
    expect(runs.filter((told) => changes(told) > 1).length).toBeLessThanOrEqual(5);
  });

  it('takes uneven load for no noise of what grows by the request', () => {
    const uneven = 'load 1000/h step 9000 at 20m step -8000 at 40m step -2000 at 1h step 4000 at 2h';
    const runs = SEEDS.map((seed) =>
      idleAnswers(
        idleTest(seed, 'perwork 1k')
          .replace(/load .*/, uneven)
          .replaceAll('noise 400k', 'noise 100k'),
      ),
    );
    expect(runs.filter((told) => told.includes('supports'))).toEqual([]);
    expect(runs.filter((told) => told.at(-1) === 'contradicts').length).toBeGreaterThan(35);
  });

  it('never says request path of what grows by the hour', () => {
    const runs = SEEDS.map((seed) => idleAnswers(idleTest(seed, '+1600k/h')));
    expect(runs.filter((told) => told.includes('contradicts'))).toEqual([]);
    expect(runs.filter((told) => told.at(-1) === 'supports').length).toBeGreaterThan(20);
    expect(runs.filter((told) => changes(told) > 1).length).toBeLessThanOrEqual(5);
  });

  it('does not take what requests hold while they run for a leak that ends with them', () => {
    // 4 MiB in flight, which the rest gives back and the second load takes again.
    const inFlight = 'step -4M at 1h step 4M at 2h';
    const runs = SEEDS.map((seed) => idleAnswers(idleTest(seed, `+1600k/h ${inFlight}`)));
    expect(runs.filter((told) => told.includes('contradicts'))).toEqual([]);
  });
});

describe('an answer that was given', () => {
  /** `+-?` = yes, no, open at successive evaluations; what is told at each. */
  function tell(said: string, step: ChainStep['step'] = 'retention'): string {
    const outcomes = { '+': 'supports', '-': 'contradicts', '?': 'open' } as const;
    let held: ReturnType<typeof holdAnswer> | undefined;
    return [...said]
      .map((sign) => {
        const outcome = outcomes[sign as keyof typeof outcomes];
        const texts = { question: '', prediction: '', test: '', answer: sign };
        const lists = { ruledOut: [], advice: [], next: [], numbers: {} };
        held = holdAnswer(held, { step, outcome, ...texts, ...lists });
        return held.step.answer;
      })
      .join('');
  }

  it('stays through evaluations that say now this, now that', () => {
    expect(tell('??-+-+--+-++-+--')).toBe('??--------------');
  });

  it('changes once the opposite has held, and again only after twice as long', () => {
    expect(tell('+------')).toBe('+++++' + '+-');
    expect(tell('+------++++++++++++')).toBe('++++++------------+');
  });

  it('follows verdicts at once where it rests on them', () => {
    expect(tell('-+-', 'growth')).toBe('-+-');
    expect(tell('?+?', 'code')).toBe('?+?');
  });
});
