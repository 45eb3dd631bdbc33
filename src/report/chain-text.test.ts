import { describe, expect, it } from 'vitest';
import { formatChainStep } from './chain-text.ts';

describe('a step of an investigation as text', () => {
  it('has outcome, question, answer and advice, and no control characters of names in it', () => {
    const text = formatChainStep({
      step: 'code',
      question: 'Which code brings it?',
      prediction: '',
      test: '',
      numbers: {},
      outcome: 'supports',
      answer: 'main.keep\u001b[31m (keep.go:7).',
      ruledOut: [],
      advice: ['delete the entry'],
      next: [],
    });
    expect(text).not.toContain('\u001b');
    expect(text.split('\n')).toEqual([
      '  yes  Which code brings it?',
      expect.stringMatching(/^ {7}main\.keep.*\(keep\.go:7\)\.$/),
      '       > delete the entry',
    ]);
  });
});
