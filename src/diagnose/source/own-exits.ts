// The function that adds also waits or removes, and a way out of it leaves the entry behind.
import { findExits, type Exit } from '../../gosource/paths.ts';
import type { FunctionDeclaration } from '../../gosource/declarations.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import { shortPlace, type SourceAnswer } from './answer.ts';
import { nearestCondition, receivedChannel } from './conditions.ts';
import type { ContainerStudy } from './container-study.ts';

/**
 * Stored and removed in one function, with a way between; or stored, and left when a wait is given up, while somebody
 * else removes only what was answered.
 */
export function findOwnExit(
  study: ContainerStudy,
  skipped: ReadonlySet<FunctionDeclaration>,
): SourceAnswer | null {
  const { sink, adder } = study;
  if (adder === null || study.isBounded) return null;
  const { file, node } = sink.at;
  const removals = new Set(
    study.removals
      .filter(({ operation }) => operation.file === file && operation.node > node)
      .map(({ operation }) => operation.node),
  );
  const isOwn = [...removals].some((removal) => file.tree.contains(adder.body, removal));
  const exits = findExits({
    file,
    from: node,
    isGood: (inner) => removals.has(inner) || isRemoverCall(study, inner),
  });
  const removers = [...study.removers].filter((f) => !skipped.has(f));
  const exit = isOwn
    ? exits[0]
    : removers.length > 0
      ? exits.find((way) => isGivenUp(study, way))
      : undefined;
  if (exit === undefined) return null;
  const at = { file, node: exit.node };
  const where =
    exit.kind === 'end' ? 'one way through the function' : `the ${exit.kind} at ${shortPlace(at)}`;
  return {
    pattern: 'missing-delete-on-path',
    holders: study.holders,
    fix: {
      file,
      line: file.tree.endLine(node),
      text: `Remove the entry of ${study.place.name} in a defer right behind storing it (${shortPlace(sink.at)}): ${where} leaves it behind.`,
    },
    confidence: isOwn ? 0.92 : 0.84,
  };
}

function isRemoverCall({ analysis, sink: { at }, removers }: ContainerStudy, node: NodeRow): boolean {
  if (at.file.tree.kind(node) !== 'call_expression') return false;
  const callee = analysis.types.calleeOf({ file: at.file, node });
  return callee.kind === 'known' && callee.functions.some((f) => removers.has(f));
}

/** A context's end, a timer, or a check for an error behind a wait. */
function isGivenUp({ sink: { at } }: ContainerStudy, { node }: Exit): boolean {
  const { tree } = at.file;
  const branch = tree.enclosing(node, 'communication_case');
  if (branch !== NO_NODE && branch > at.node) {
    const channel = tree.textOf(receivedChannel(at.file, tree.child(branch, 'communication')));
    return /Done\(\)|time\.After|\.C$|timeout|timer|done|stop|quit|cancel/i.test(channel);
  }
  const condition = nearestCondition(at.file, node);
  return condition > at.node && /err\w*\s*!=\s*nil/i.test(tree.textOf(condition));
}
