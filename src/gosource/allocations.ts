// Expressions that make something, on the line that a profile names.
import type { GoFile } from './declarations.ts';
import { NO_NODE, type NodeRow } from './syntax-tree.ts';

const MAKING = [
  'composite_literal',
  'call_expression',
  'type_conversion_expression',
  'func_literal',
  'binary_expression',
];
/** A line of a generated table may hold thousands. */
const MAX_EXPRESSIONS = 40;

/**
 * Expressions on a line that may allocate, outermost first; those of the statement around it when the line itself has
 * none (a call that is spread over lines).
 */
export function allocationsAt(file: GoFile, line: number): NodeRow[] {
  const { tree } = file;
  const onLine: NodeRow[] = [];
  for (const node of tree.descendants(tree.root, ...MAKING)) {
    if (tree.line(node) > line) break;
    if (tree.line(node) === line || (tree.kind(node) === 'call_expression' && callLine(file, node) === line))
      onLine.push(node);
  }
  if (onLine.length > 0) return onLine.slice(0, MAX_EXPRESSIONS);
  const statement = statementAt(file, line);
  return statement === NO_NODE ? [] : [...tree.descendants(statement, ...MAKING)].slice(0, MAX_EXPRESSIONS);
}

/** A call of a chain counts where its own name stands. */
function callLine(file: GoFile, call: NodeRow): number {
  const { tree } = file;
  const called = tree.child(call, 'function');
  const name = tree.kind(called) === 'selector_expression' ? tree.child(called, 'field') : called;
  return tree.line(name);
}

/** Innermost statement that spans a line, NO_NODE outside of functions. */
export function statementAt(file: GoFile, line: number): NodeRow {
  const { tree } = file;
  let found = NO_NODE;
  for (const node of tree.descendants(tree.root)) {
    if (tree.line(node) > line) break;
    const kind = tree.kind(node);
    const isStatement =
      (kind.endsWith('_statement') || kind === 'short_var_declaration' || kind === 'var_declaration') &&
      kind !== 'block';
    if (isStatement && tree.endLine(node) >= line) found = node;
  }
  return found;
}

/** Assignments to elements on a line: `m[k] = v` grows m, whatever v is. */
export function elementStoresAt(file: GoFile, line: number): NodeRow[] {
  const { tree } = file;
  const found: NodeRow[] = [];
  for (const node of tree.descendants(tree.root, 'assignment_statement', 'inc_statement')) {
    if (tree.line(node) > line) break;
    if (tree.endLine(node) < line) continue;
    const targets =
      tree.kind(node) === 'inc_statement' ? tree.children(node) : tree.children(tree.child(node, 'left'));
    found.push(
      ...targets.filter((target) => tree.kind(target) === 'index_expression' && tree.line(target) === line),
    );
  }
  return found;
}
