// What was answered stays answered until the opposite has held: a measure near its threshold crosses it with every
// collection, and a reader cannot tell which of ten answers counts. Verdicts are held by src/detect/settle.ts.
import type { ChainStep, ChainStepName } from '../../model/chain-step.ts';
import type { Millis } from '../../base/units.ts';

/** Evaluations in a row that must say otherwise, as many as a verdict that reassures needs. */
const HOLD_TO_CHANGE = 6;
/** An answer that was taken back must hold for longer each time, up to this many times. */
const MOST_CHANGES = 4;
/** Questions that the numbers of this moment answer. All others follow verdicts and findings, which have held already. */
export const MEASURED: ReadonlySet<ChainStepName> = new Set(['part', 'idle', 'retention', 'cost']);

interface HeldAnswer {
  /** As it was told last, with the numbers and the window that said so. */
  readonly step: ChainStep;
  /** What evaluations in a row have said instead; null while the newest agrees. */
  readonly rival: { readonly outcome: ChainStep['outcome']; readonly evaluations: number } | null;
  /** How often this life's answer was taken back. */
  readonly changes: number;
}

/** Of one life: what is true of one process says nothing of the next. Of `MEASURED` questions only. */
export interface HeldAnswers {
  readonly incarnationStartMillis: Millis;
  readonly answers: ReadonlyMap<ChainStepName, HeldAnswer>;
}

/** The answer to give for this one at this evaluation, and what to remember of it. */
export function holdAnswer(before: HeldAnswer | undefined, now: ChainStep): HeldAnswer {
  const adopt = (changes: number): HeldAnswer => ({ step: now, rival: null, changes });
  if (before === undefined || !MEASURED.has(now.step)) return adopt(0);
  const { step: told, rival, changes } = before;
  const isFirst = told.outcome === 'open' && changes === 0;
  if (told.outcome === now.outcome || isFirst) return adopt(changes);
  const evaluations = rival?.outcome === now.outcome ? rival.evaluations + 1 : 1;
  if (evaluations >= HOLD_TO_CHANGE * (1 + Math.min(changes, MOST_CHANGES))) return adopt(changes + 1);
  return { step: told, rival: { outcome: now.outcome, evaluations }, changes };
}
