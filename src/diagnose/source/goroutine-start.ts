// Where a goroutine begins: the `go` statement behind the function that it runs.
import type { FunctionDeclaration, GoFile } from '../../gosource/declarations.ts';
import { calledName } from '../../gosource/call-graph.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { functionAt, type SourceNode } from '../../gosource/source-index.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';

/** Calls between the `go` statement and where the goroutine waits. */
const MAX_DEPTH = 4;

export interface GoroutineStart extends SourceNode {
  /** Function that starts it; null at package level. */
  readonly starter: FunctionDeclaration | null;
}

/** `go` statements that lead to a node, nearest first. */
export function findStarts(
  analysis: SourceAnalysis,
  file: GoFile,
  node: NodeRow,
  depth = 0,
): GoroutineStart[] {
  const { tree } = file;
  for (let at = node; at !== NO_NODE; at = tree.parent(at)) {
    if (tree.kind(at) === 'go_statement') return [{ file, node: at, starter: functionAt(file, at) }];
    if (tree.kind(at) === 'func_literal' && isHandedToGroup(file, at)) {
      return [{ file, node: tree.parent(tree.parent(at)), starter: functionAt(file, at) }];
    }
  }
  const declaration = functionAt(file, node);
  if (declaration === null || depth >= MAX_DEPTH) return [];
  return analysis.calls.callsOf(declaration).flatMap((call) => {
    if (call.isGo) return [{ file: call.file, node: call.file.tree.parent(call.node), starter: call.caller }];
    return call.caller === declaration ? [] : findStarts(analysis, call.file, call.node, depth + 1);
  });
}

/** `group.Go(func() ...)`, `wg.Go(func() ...)`, `pool.Submit(...)`. */
function isHandedToGroup(file: GoFile, closure: NodeRow): boolean {
  const { tree } = file;
  const list = tree.parent(closure);
  const call = tree.parent(list);
  return (
    tree.kind(list) === 'argument_list' && /^(?:Go|TryGo|Submit|AfterFunc)$/.test(calledName(file, call))
  );
}
