// What one function opens another may have to release: returned as it is, or inside an object with a method for it.
import type { FunctionDeclaration, GoFile } from '../../gosource/declarations.ts';
import type { GoType } from '../../gosource/go-type.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { functionAt } from '../../gosource/source-index.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import type { Release } from './release-check.ts';

/** Function whose callers have it now, and how they release it. */
export interface HandOver {
  readonly giver: FunctionDeclaration;
  readonly release: Release;
}

/**
 * Who has what `call` gave, after it was handed on at `to` (a use of its name, or a node around the call).
 * null when that cannot be seen.
 */
export function findHandOver(
  analysis: SourceAnalysis,
  file: GoFile,
  handed: { readonly call: NodeRow; readonly to: NodeRow; readonly release: Release },
): HandOver | null {
  const { tree } = file;
  const giver = functionAt(file, handed.call);
  if (giver === null) return null;
  const at = tree.contains(handed.to, handed.call) ? handed.call : handed.to;
  const field = fieldOf(analysis, file, at);
  if (field !== null) return findOwner(analysis, giver, field, handed.release);
  const returned = tree.enclosing(at, 'return_statement');
  if (returned === NO_NODE) return null;
  const [list] = tree.children(returned);
  const items =
    list === undefined ? [] : tree.kind(list) === 'expression_list' ? tree.children(list) : [list];
  const index = items.findIndex((item) => tree.contains(item, at));
  // `return http.Get(u)` hands on all results as they are.
  const isWhole = items.length === 1 && items[0] === handed.call;
  return { giver, release: isWhole ? handed.release : { ...handed.release, result: Math.max(0, index) } };
}

interface OwnedField {
  readonly owner: GoType;
  readonly name: string;
}

/** `&T{f: v}` or `t.f = v`: v is in field f of a T. */
function fieldOf(analysis: SourceAnalysis, file: GoFile, node: NodeRow): OwnedField | null {
  const { tree } = file;
  const element = tree.parent(tree.parent(node));
  if (tree.kind(element) === 'keyed_element') {
    const literal = tree.enclosing(element, 'composite_literal');
    return {
      owner: analysis.types.typeOf({ file, node: literal }),
      name: tree.textOf(tree.child(element, 'key')),
    };
  }
  const list = tree.parent(node);
  const statement = tree.parent(list);
  const target =
    tree.kind(node) === 'selector_expression' && tree.field(list) === 'left'
      ? node
      : tree.field(list) === 'right'
        ? (tree.children(tree.child(statement, 'left'))[tree.children(list).indexOf(node)] ?? NO_NODE)
        : NO_NODE;
  if (tree.kind(target) !== 'selector_expression') return null;
  const owner = analysis.types.typeOf({ file, node: tree.child(target, 'operand') });
  return { owner, name: tree.textOf(tree.child(target, 'field')) };
}

/** The function gives an object that has it: callers release it by a method of the object. */
function findOwner(
  analysis: SourceAnalysis,
  giver: FunctionDeclaration,
  { owner, name }: OwnedField,
  release: Release,
): HandOver | null {
  if (owner.kind !== 'named') return null;
  const result = analysis.types
    .resultsOf(giver)
    .findIndex((type) => type.kind === 'named' && type.name === owner.name && type.path === owner.path);
  const methods = findReleasing(analysis, owner, name, release);
  if (result < 0 || methods.length === 0) return null;
  return { giver, release: { result, methods: new RegExp(`^(?:${methods.join('|')})$`), field: null } };
}

/** Methods of a type that release one of its fields. */
function findReleasing(
  analysis: SourceAnalysis,
  owner: { readonly path: string; readonly name: string },
  field: string,
  release: Release,
): string[] {
  const found: string[] = [];
  for (const method of analysis.index.package(owner.path)?.functions.values() ?? []) {
    const file = analysis.index.file(method.path);
    if (method.receiverType !== owner.name || file === null) continue;
    const { tree } = file;
    const isReleasing = [...tree.descendants(method.body, 'selector_expression')].some((node) => {
      if (tree.textOf(tree.child(node, 'field')) !== field) return false;
      const parent = tree.parent(node);
      if (release.methods === null) return tree.field(node) === 'function';
      return tree.kind(parent) === 'selector_expression' && release.methods.test(lastField(file, parent));
    });
    if (isReleasing) found.push(method.name);
  }
  return found;
}

/** `Close` of `x.Body.Close`, seen from `x.Body`. */
function lastField(file: GoFile, selector: NodeRow): string {
  const { tree } = file;
  const parent = tree.parent(selector);
  const outer = tree.kind(parent) === 'selector_expression' ? parent : selector;
  return tree.textOf(tree.child(outer, 'field'));
}
