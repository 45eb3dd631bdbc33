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
    for (const giver of findGivers(analysis, method.importPath, method.receiverType)) {
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

/** Owners close a field themselves, `close(lease.revoked)`, and some do not. */
export function explainUnclosedField(waiting: WaitingGoroutine, study: ChannelStudy): SourceAnswer | null {
  const { analysis } = waiting;
  const { place } = study;
  const closers = study.closes.map(({ file, node }) => functionAt(file, node));
  const isByOwners = closers.some((f) => f !== null && f.receiverType === null);
  if (place.kind !== 'field' || !isByOwners) return null;
  const methods = closers.flatMap((f) => (f === null || f.receiverType === null ? [] : [f.name]));
  const field = place.key.slice(place.key.lastIndexOf('.') + 1);
  const owner = place.key.slice(0, place.key.lastIndexOf('.'));
  const dot = owner.lastIndexOf('.');
  for (const giver of findGivers(analysis, owner.slice(0, dot), owner.slice(dot + 1))) {
    const found = findDroppedHandle({
      analysis,
      giver,
      release: { result: 0, methods: new RegExp(`^(?:${methods.join('|')})$`), field: null, closes: field },
      holders: holdersOf(waiting, study),
      pattern: 'goroutine-no-exit',
      consequence: `nobody closes ${place.name}, and the goroutine of ${shortPlace({ file: waiting.file, node: waiting.node })} stays`,
      isOnPath: waiting.isOnPath,
    });
    if (found !== null) return found;
  }
  return null;
}

/** Functions that give values of a type as their first result. */
function findGivers(analysis: SourceAnalysis, importPath: string, name: string): FunctionDeclaration[] {
  const found: FunctionDeclaration[] = [];
  for (const declaration of analysis.index.package(importPath)?.functions.values() ?? []) {
    const [first] = analysis.types.resultsOf(declaration);
    if (first?.kind === 'named' && first.name === name && first.path === importPath) found.push(declaration);
  }
  return found;
}
