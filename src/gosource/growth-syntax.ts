// Assignments by which a variable or field keeps what it had and gets more.
import type { GoFile } from './declarations.ts';
import { pairedValue } from './places.ts';
import { functionAt, type SourceNode } from './source-index.ts';
import type { NodeRow } from './syntax-tree.ts';

/** `p = append(p, v)`, or a list: `n.next = p; p = n`. */
export function isGrowing(file: GoFile, target: NodeRow, statement: NodeRow): boolean {
  const { tree } = file;
  const value = pairedValue(file, statement, tree.children(tree.child(statement, 'left')).indexOf(target));
  if (tree.kind(value) === 'call_expression' && tree.textOf(tree.child(value, 'function')) === 'append') {
    const [first] = tree.children(tree.child(value, 'arguments'));
    return first !== undefined && tree.textOf(first) === tree.textOf(target);
  }
  return isLinked(file, target, value);
}

/** `m[k] = append(m[k], v)`: however few keys there are, each entry is one more. */
export function isAppending({ file, node: statement }: SourceNode): boolean {
  const [target] = file.tree.children(file.tree.child(statement, 'left'));
  return target !== undefined && isGrowing(file, target, statement);
}

/** Was the old value of `target` put into the new one before? */
function isLinked(file: GoFile, target: NodeRow, value: NodeRow): boolean {
  const { tree } = file;
  const text = tree.textOf(target);
  const around = functionAt(file, target);
  if (around === null || text === '') return false;
  const isInside = [...tree.descendants(value, 'keyed_element')].some(
    (element) => tree.textOf(tree.child(element, 'value')) === text,
  );
  if (isInside || tree.kind(value) !== 'identifier') return isInside;
  const name = tree.textOf(value);
  for (const assignment of tree.descendants(around.body, 'assignment_statement')) {
    if (assignment > target) break;
    const isLink =
      tree.textOf(tree.child(assignment, 'right')) === text &&
      tree.textOf(tree.child(assignment, 'left')).startsWith(`${name}.`);
    if (isLink) return true;
  }
  for (const declaration of tree.descendants(around.body, 'short_var_declaration')) {
    if (tree.textOf(tree.child(declaration, 'left')) !== name) continue;
    const isLink = [...tree.descendants(declaration, 'keyed_element')].some(
      (element) => tree.textOf(tree.child(element, 'value')) === text,
    );
    if (isLink) return true;
  }
  return false;
}
