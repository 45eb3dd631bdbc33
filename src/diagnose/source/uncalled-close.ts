// Objects with a method that ends their goroutine, and owners who do not call it.
import type { FunctionDeclaration } from '../../gosource/declarations.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { functionAt, type SourceNode } from '../../gosource/source-index.ts';
import { shortPlace, type SourceAnswer } from './answer.ts';
import type { ChannelStudy } from './channels.ts';
import { findDroppedHandle } from './dropped-handle.ts';
import { holdersOf, type WaitingGoroutine } from './waiting.ts';

/** A Stop or Close method closes it, and somebody who has the object does not call that. */
export function explainUncalledClose(waiting: WaitingGoroutine, study: ChannelStudy): SourceAnswer | null {
  return explainUncalledMethod(waiting, study, study.closes);
}

/** The same for any statement that ends the goroutine: `close(s.done)`, `s.cancel()`. */
export function explainUncalledMethod(
  waiting: WaitingGoroutine,
  study: ChannelStudy | null,
  endings: readonly SourceNode[],
): SourceAnswer | null {
  const { analysis } = waiting;
  for (const ending of endings) {
    const method = functionAt(ending.file, ending.node);
    if (method === null || method.receiverType === null) continue;
    for (const giver of findMakers(analysis, method)) {
      const found = findDroppedHandle({
        analysis,
        giver,
        release: { result: 0, methods: new RegExp(`^${method.name}$`), field: null },
        holders: holdersOf(waiting, study),
        pattern: 'goroutine-no-exit',
        consequence: `the goroutine of ${shortPlace({ file: waiting.file, node: waiting.node })} stays`,
        isOnPath: waiting.isOnPath,
      });
      if (found !== null) return found;
    }
  }
  return null;
}

/** Functions that give values of a method's type. */
export function findMakers(analysis: SourceAnalysis, method: FunctionDeclaration): FunctionDeclaration[] {
  const found: FunctionDeclaration[] = [];
  for (const declaration of analysis.index.package(method.importPath)?.functions.values() ?? []) {
    const [first] = analysis.types.resultsOf(declaration);
    if (first?.kind === 'named' && first.name === method.receiverType && first.path === method.importPath)
      found.push(declaration);
  }
  return found;
}
