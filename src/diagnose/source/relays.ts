// Containers that one goroutine owns, told by channels what comes and goes: `hub.register <- c`, `hub.unregister <- c`.
import { describeCall, type Call } from '../../gosource/call-graph.ts';
import type { FunctionDeclaration, GoFile } from '../../gosource/declarations.ts';
import type { Place } from '../../gosource/places.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import { functionAt } from '../../gosource/source-index.ts';
import type { ContainerStudy } from './container-study.ts';

/** Sends that stand for adding and for removing. */
export interface Relay {
  readonly joins: readonly Call[];
  readonly joining: Place;
  readonly leaves: readonly Call[];
  readonly leaving: Place;
  /** Functions that send to `leaving`. */
  readonly leavers: ReadonlySet<FunctionDeclaration>;
}

/** The channels behind a container whose owner adds and removes what it receives; null for other containers. */
export function findRelay({ analysis, sink, removals }: ContainerStudy): Relay | null {
  const joining = findChannel(analysis, sink.at.file, sink.at.node);
  if (joining === null) return null;
  for (const { operation } of removals) {
    const leaving = findChannel(analysis, operation.file, operation.node);
    if (leaving === null || leaving.key === joining.key) continue;
    const leaves = findSends(analysis, leaving);
    const leavers = new Set(leaves.flatMap(({ file, node }) => functionAt(file, node) ?? []));
    return { joins: findSends(analysis, joining), joining, leaves, leaving, leavers };
  }
  return null;
}

/** Channel of the case (or of the receipt) whose value a statement works with. */
function findChannel(analysis: SourceAnalysis, file: GoFile, statement: NodeRow): Place | null {
  const { tree } = file;
  for (const name of tree.descendants(statement, 'identifier')) {
    const local = analysis.index.locals(file).resolve(tree.textOf(name), name);
    if (local === null || tree.kind(local.value) !== 'unary_expression') continue;
    if (tree.textOf(tree.child(local.value, 'operator')) !== '<-') continue;
    const channel = tree.child(local.value, 'operand');
    const found = analysis.places
      .referencesOf({ file, node: channel })
      .find(({ place }) => place.kind !== 'local');
    if (found !== undefined) return found.place;
  }
  return null;
}

function findSends(analysis: SourceAnalysis, channel: Place): Call[] {
  return analysis.operations.operationsOf(channel).flatMap(({ kind, file, node }): Call[] => {
    if (kind !== 'add') return [];
    const [send] =
      file.tree.kind(node) === 'send_statement' ? [node] : [...file.tree.descendants(node, 'send_statement')];
    const at = send ?? NO_NODE;
    return at === NO_NODE ? [] : [describeCall(file, at)];
  });
}
