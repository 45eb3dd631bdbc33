// The investigation as it happens: a step is told when it is first asked, and again when its outcome changes.
import type { ChainStep, ChainStepName } from '../model/chain-step.ts';
import { formatChainStep } from '../report/chain-text.ts';
import { styleFor, type Terminal } from './terminal.ts';

export class ChainTalk {
  readonly #terminal: Pick<Terminal, 'info'>;
  /** Outcome last told of each question: as many as there are questions. */
  readonly #told = new Map<ChainStepName, ChainStep['outcome']>();

  constructor(terminal: Pick<Terminal, 'info'>) {
    this.#terminal = terminal;
  }

  show(chain: readonly ChainStep[]): void {
    for (const step of chain) {
      if (this.#told.get(step.step) === step.outcome) continue;
      this.#told.set(step.step, step.outcome);
      this.#terminal.info(formatChainStep(step, styleFor(process.stderr)));
    }
  }
}
