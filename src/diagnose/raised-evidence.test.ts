import { expect, it } from 'vitest';
import type { Evidence } from '../model/finding.ts';
import { joinEvidence } from './raised-evidence.ts';

/** `grows:supports:9` */
function evidence(drawn: string): Evidence[] {
  return drawn.split(' ').map((word) => {
    const [question = '', outcome = '', statistic = ''] = word.split(':');
    const numbers = { statistic: Number(statistic), threshold: 7.5 };
    return { question, prediction: '', test: 'slope', numbers, outcome: outcome as Evidence['outcome'] };
  });
}

it('shows what raised a leak beside what newer evaluations say less of', () => {
  const joined = joinEvidence(
    evidence('grows:supports:9 bounded:open:1'),
    evidence('grows:contradicts:7.27 bounded:contradicts:-4 new:open:0'),
  );
  expect(joined.map(({ question, outcome, numbers }) => [question, outcome, numbers['statistic']])).toEqual([
    ['grows', 'supports', 9],
    ['grows, by now?', 'contradicts', 7.27],
    ['bounded', 'contradicts', -4],
    ['new', 'open', 0],
  ]);
  expect(joined[0]?.test).toBe('slope, when the leak was raised');
  expect(joined[1]?.test).toMatch(/^slope, as the newest evaluation sees it/);
});

it('shows evidence that still supports once, with its newest numbers', () => {
  expect(joinEvidence(evidence('grows:supports:9'), evidence('grows:supports:12'))).toEqual(
    evidence('grows:supports:12'),
  );
});
