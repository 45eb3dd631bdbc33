// An investigation for the terminal: a line a question, its answer, and where it led.
import type { ChainStep } from '../model/chain-step.ts';
import { PLAIN, printable, type Style, type TextRole } from './style.ts';

export const OUTCOMES: Readonly<Record<ChainStep['outcome'], { mark: string; role: TextRole }>> = {
  supports: { mark: 'yes', role: 'good' },
  contradicts: { mark: 'no', role: 'bad' },
  open: { mark: 'open', role: 'warning' },
};

/** Two lines a step, its advice below; no newline at the end. */
export function formatChainStep(step: ChainStep, style: Style = PLAIN): string {
  const { mark, role } = OUTCOMES[step.outcome];
  return [
    `  ${style(role, mark.padEnd(4))} ${printable(step.question)}`,
    `       ${printable(step.answer)}`,
    ...step.advice.map((line) => `       ${style('code', `> ${printable(line)}`)}`),
  ].join('\n');
}
