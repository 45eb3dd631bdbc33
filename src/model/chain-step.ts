// One step of an investigation: a checked fact, what it rules out, what cures it, and where it leads.
import { Type, type Static } from 'typebox';
import { EvidenceSchema, RuledOutSchema } from './finding.ts';

export const CHAIN_STEPS = [
  'growth',
  'process',
  'part',
  'work',
  'idle',
  'counts',
  'code',
  'holder',
  'retention',
  'native',
  'cost',
  'limit',
] as const;
/** Which question; the words people read are in `question`. */
export type ChainStepName = (typeof CHAIN_STEPS)[number];

export const ChainStepSchema = Type.Object({
  ...EvidenceSchema.properties,
  step: Type.Enum(CHAIN_STEPS),
  answer: Type.String({ description: 'the outcome in one sentence, with its numbers' }),
  ruledOut: Type.Array(RuledOutSchema),
  advice: Type.Array(Type.String(), { description: 'settings or changes that cure what was found' }),
  next: Type.Array(Type.Enum(CHAIN_STEPS), { description: 'the questions that this outcome raises' }),
});
export type ChainStep = Static<typeof ChainStepSchema>;
