// The function that adds also waits or removes, and a way out of it leaves the entry behind.
import { findExits, type Exit } from '../../gosource/paths.ts';
import type { FunctionDeclaration, GoFile } from '../../gosource/declarations.ts';
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
  const removals = removalsBehind(study);
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

/** Does the adding function take it out again on every way, or let somebody clear up? */
export function isRemovedByOwn(study: ContainerStudy): boolean {
  const { file, node } = study.sink.at;
  const removals = removalsBehind(study);
  if (study.adder === null) return false;
  const isGood = (inner: NodeRow) => removals.has(inner) || isRemoverCall(study, inner);
  const isOwn = [...file.tree.descendants(study.adder.body)].some((inner) => inner > node && isGood(inner));
  return isOwn && findExits({ file, from: node, isGood }).length === 0;
}

/** Removals of the same file that may come after the storing statement. */
function removalsBehind({ sink: { at }, removals }: ContainerStudy): Set<NodeRow> {
  return new Set(
    removals
      .filter(({ operation }) => operation.file === at.file && operation.node > at.node)
      .filter(({ operation }) => !isOtherCase(at.file, at.node, operation.node))
      .map(({ operation }) => operation.node),
  );
}

/** In another case of the same select or switch: the two never come one after the other. */
function isOtherCase(file: GoFile, a: NodeRow, b: NodeRow): boolean {
  const { tree } = file;
  const CASES = ['communication_case', 'expression_case', 'type_case', 'default_case'];
  for (let around = tree.enclosing(a, ...CASES); around !== NO_NODE;) {
    if (!tree.contains(around, b) && tree.contains(tree.parent(around), b)) return true;
    around = tree.enclosing(tree.parent(around), ...CASES);
  }
  return false;
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
