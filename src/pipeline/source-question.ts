// One question to the sources of a service, and its answer: what crosses the boundary of the source worker.
import { findSourceFacts, type SourceFacts, type SourceQuestion } from '../diagnose/source/source-facts.ts';
import { SourceAnalysis } from '../gosource/source-analysis.ts';
import { openGoParser } from '../workspace/go-parser.ts';

export interface SourceRequest {
  /** Text by `<import path>/<file>`. */
  readonly texts: readonly (readonly [string, string])[];
  /** Import path of the service's module, '' when unknown. */
  readonly module: string;
  readonly questions: readonly SourceQuestion[];
}

/** One answer a question. The same request gives the same answers. */
export type SourceReply = readonly (SourceFacts | null)[];

/** Parses what the questions need and answers them. Each has its own analysis: none uses up the bound of another. */
export async function answerQuestions({ texts, module, questions }: SourceRequest): Promise<SourceReply> {
  const parser = await openGoParser();
  const byPath = new Map(texts);
  return questions.map(({ kind, culprits }) =>
    findSourceFacts(new SourceAnalysis(byPath, parser, module), kind, culprits, module),
  );
}
