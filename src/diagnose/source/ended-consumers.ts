// Queues whose only reader leaves: what is sent from then on stays in the channel.
import { functionKey } from '../../gosource/source-index.ts';
import { shortPlace, type SourceAnswer } from './answer.ts';
import { findLoopExits, isEndlessLoop, isShutdown } from './conditions.ts';
import type { ContainerStudy } from './container-study.ts';
import { isRestarted } from './sweepers.ts';

/** `for e := range b.queue { if err := handle(e); err != nil { return } }`: one bad piece of work, and nobody reads any more. */
export function findEndedConsumer(study: ContainerStudy): SourceAnswer | null {
  const { analysis, place, sink, removals, holders } = study;
  if (analysis.places.elementType(place.type, sink.depth).kind !== 'chan') return null;
  for (const { operation, declaration } of removals) {
    const { file, node } = operation;
    const { tree } = file;
    const loop = tree.kind(node) === 'for_statement' ? node : tree.enclosing(node, 'for_statement');
    if (!isEndlessLoop(analysis, file, loop) || isRestarted(analysis, { file, loop, declaration })) continue;
    const leaving = findLoopExits(file, loop).find((exit) => !isShutdown(analysis, file, exit));
    if (leaving === undefined) continue;
    const at = { file, node: leaving };
    return {
      pattern: 'consumer-ended',
      holders,
      fix: {
        file,
        line: tree.line(leaving),
        text: `Let ${functionKey(declaration)} go on with the next one here (continue instead of leaving at ${shortPlace(at)}): after this way out nobody receives from ${place.name} any more, and what is sent stays in it.`,
      },
      confidence: 0.86,
      isDespiteBound: true,
    };
  }
  return null;
}
