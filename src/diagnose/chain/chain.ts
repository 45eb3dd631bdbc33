// The investigation that an experienced engineer would make, as a walk: each outcome decides which questions come
// next. Start here. The steps are in the other files of this folder, one question each.
import { isOfSameLife } from '../../detect/settle.ts';
import type { ChainStep, ChainStepName } from '../../model/chain-step.ts';
import { askCode, askHolder } from './ask-code.ts';
import { askCost } from './ask-cost.ts';
import { askCounts } from './ask-counts.ts';
import { askGrowth } from './ask-growth.ts';
import { askIdle } from './ask-idle.ts';
import { askLimit } from './ask-limit.ts';
import { askNative } from './ask-native.ts';
import { askPart } from './ask-part.ts';
import { askProcess } from './ask-process.ts';
import { askRetention } from './ask-retention.ts';
import { askWork } from './ask-work.ts';
import { gatherFacts, type ChainInput, type Facts } from './facts.ts';
import { MEASURED, holdAnswer, type HeldAnswers } from './held-answers.ts';

const STEPS: Readonly<Record<ChainStepName, (facts: Facts) => ChainStep>> = {
  growth: askGrowth,
  process: askProcess,
  part: askPart,
  work: askWork,
  idle: askIdle,
  counts: askCounts,
  code: askCode,
  holder: askHolder,
  retention: askRetention,
  native: askNative,
  cost: askCost,
  limit: askLimit,
};

/** The walk of one evaluation, and the answers that the next one must outlast. */
export interface ChainWalk {
  readonly steps: ChainStep[];
  readonly held: HeldAnswers;
}

/**
 * The steps in the order they were asked, from "does it grow" on; each is asked once at most, so the walk ends. Empty before
 * the first evidence. Pure: the same facts give the same chain.
 */
export function followChain(input: ChainInput): ChainStep[] {
  return followChainOn(null, input).steps;
}

/** The same where answers have been told before: they stay until the opposite has held. */
export function followChainOn(before: HeldAnswers | null, input: ChainInput): ChainWalk {
  const { incarnationStartMillis } = input.assessment;
  const answers = new Map(answersOf(before, input));
  const steps = walk(input, (name, now) => {
    if (!MEASURED.has(name)) return now;
    const answer = holdAnswer(answers.get(name), now);
    answers.set(name, answer);
    return answer.step;
  });
  return { steps, held: { incarnationStartMillis, answers } };
}

/** The steps of a walk that was made: what it held as it was told, all else asked again. */
export function retellChain(held: HeldAnswers | null, input: ChainInput): ChainStep[] {
  const answers = answersOf(held, input);
  return walk(input, (name, now) => answers.get(name)?.step ?? now);
}

const NONE: HeldAnswers['answers'] = new Map();

function answersOf(held: HeldAnswers | null, { assessment }: ChainInput): HeldAnswers['answers'] {
  return held !== null && isOfSameLife(held, assessment) ? held.answers : NONE;
}

function walk(input: ChainInput, tell: (name: ChainStepName, now: ChainStep) => ChainStep): ChainStep[] {
  const facts = gatherFacts(input);
  if (facts === null) return [];
  const steps: ChainStep[] = [];
  const asked = new Set<ChainStepName>();
  const waiting: ChainStepName[] = ['growth'];
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    if (asked.has(name)) continue;
    asked.add(name);
    const step = tell(name, STEPS[name](facts));
    steps.push(step);
    waiting.unshift(...step.next); // what an answer raises comes before what was left open earlier
  }
  return steps;
}
