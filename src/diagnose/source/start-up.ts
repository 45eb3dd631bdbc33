// What runs once in the life of a process: there is one of what it makes, and one does not grow.
import type { FunctionDeclaration, GoFile } from '../../gosource/declarations.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { functionAt, type SourceNode } from '../../gosource/source-index.ts';
import type { NodeRow } from '../../gosource/syntax-tree.ts';

/** From main to where a service is put together. */
const MAX_CALLERS_BETWEEN = 8;

/**
 * Is this place reached once only: at package level, or from main through functions that are called once, in no loop and
 * no closure? false where that is not known.
 */
export function runsOnce(analysis: SourceAnalysis, at: SourceNode): boolean {
  return isReachedOnce(analysis, at, new Set());
}

function isReachedOnce(
  analysis: SourceAnalysis,
  { file, node }: SourceNode,
  seen: Set<FunctionDeclaration>,
): boolean {
  const { tree } = file;
  const around = functionAt(file, node);
  let repeating = tree.enclosing(node, 'for_statement', 'func_literal');
  while (isRunInPlace(file, repeating))
    repeating = tree.enclosing(tree.parent(repeating), 'for_statement', 'func_literal');
  if (around === null) return tree.kind(repeating) !== 'func_literal';
  if (repeating > around.node) return false;
  if (around.receiver === null && /^(?:main|init)$/.test(around.name)) return true;
  if (seen.has(around) || seen.size >= MAX_CALLERS_BETWEEN) return false;
  seen.add(around);
  const calls = analysis.calls.callsOf(around);
  return calls.length === 1 && calls.every((call) => isReachedOnce(analysis, call, seen));
}

/** `work := func() error { ... }` and `go func() { ... }()`: no handler, which somebody calls again and again. */
function isRunInPlace({ tree }: GoFile, node: NodeRow): boolean {
  if (tree.kind(node) !== 'func_literal') return false;
  if (tree.children(tree.child(node, 'parameters')).length > 0) return false;
  const parent = tree.parent(node);
  return (
    tree.field(parent) === 'right' ||
    (tree.kind(parent) === 'call_expression' && tree.field(node) === 'function')
  );
}
