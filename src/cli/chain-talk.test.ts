import { describe, expect, it } from 'vitest';
import type { ChainStep, ChainStepName } from '../model/chain-step.ts';
import { ChainTalk } from './chain-talk.ts';

/** `growth open, part yes` */
function steps(drawn: string): ChainStep[] {
  const outcomes = { yes: 'supports', no: 'contradicts', open: 'open' } as const;
  return drawn.split(', ').map((word) => {
    const [step, outcome] = word.split(' ') as [ChainStepName, keyof typeof outcomes];
    return {
      step,
      question: `${step}?`,
      prediction: '',
      test: '',
      numbers: {},
      outcome: outcomes[outcome],
      answer: outcome,
      ruledOut: [],
      advice: [],
      next: [],
    };
  });
}

describe('an investigation that is told as it happens', () => {
  it('tells a step when it is first asked, and again only when its outcome changes', () => {
    const told: string[] = [];
    const talk = new ChainTalk({ info: (text) => told.push(text.replace(/\s+/g, ' ').trim()) });
    talk.show(steps('growth open, process open'));
    talk.show(steps('growth open, process open, part yes'));
    talk.show(steps('growth yes, process open, part yes'));
    expect(told).toEqual(['open growth? open', 'open process? open', 'yes part? yes', 'yes growth? yes']);
  });
});
