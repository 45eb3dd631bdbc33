// What a file declares at its top level.
import { NO_NODE, type NodeRow, type SyntaxTree } from './syntax-tree.ts';

/** One parsed file. */
export interface GoFile {
  /** `<import path>/<file>`. */
  readonly path: string;
  readonly importPath: string;
  readonly packageName: string;
  readonly tree: SyntaxTree;
  /** Name used in this file -> import path. */
  readonly imports: ReadonlyMap<string, string>;
  readonly functions: readonly FunctionDeclaration[];
  readonly types: readonly TypeDeclaration[];
  readonly variables: readonly VariableDeclaration[];
}

export interface Parameter {
  /** '' or `_` where it is not named. */
  readonly name: string;
  /** Identifier, or NO_NODE. */
  readonly node: NodeRow;
  readonly type: NodeRow;
  readonly isVariadic: boolean;
}

export interface FunctionDeclaration {
  readonly path: string;
  readonly importPath: string;
  readonly name: string;
  /** Name of the receiver's type without pointer and type parameters; null for a function. */
  readonly receiverType: string | null;
  readonly receiver: Parameter | null;
  readonly node: NodeRow;
  /** NO_NODE for a function written in assembly. */
  readonly body: NodeRow;
  readonly parameters: readonly Parameter[];
  /** Types of results. */
  readonly results: readonly NodeRow[];
}

export interface TypeDeclaration {
  readonly path: string;
  readonly importPath: string;
  readonly name: string;
  readonly node: NodeRow;
  /** The type on the right. */
  readonly type: NodeRow;
}

export interface VariableDeclaration {
  readonly path: string;
  readonly importPath: string;
  readonly name: string;
  /** Identifier. */
  readonly node: NodeRow;
  /** NO_NODE where it is inferred. */
  readonly type: NodeRow;
  /** Its value, or that of all names of the statement when a call gives several; NO_NODE where it has none. */
  readonly value: NodeRow;
  /** Which of the results, when one call gives several. */
  readonly valueIndex: number;
  readonly isConstant: boolean;
}

/** Top-level declarations beyond this are generated tables. */
const MAX_DECLARATIONS = 20_000;

/** Reads a file's declarations. Broken parts are left out. */
export function readDeclarations(path: string, tree: SyntaxTree): GoFile {
  const importPath = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  const place = { path, importPath };
  const functions: FunctionDeclaration[] = [];
  const types: TypeDeclaration[] = [];
  const variables: VariableDeclaration[] = [];
  let packageName = '';
  const imports = new Map<string, string>();
  for (const node of tree.children(tree.root).slice(0, MAX_DECLARATIONS)) {
    switch (tree.kind(node)) {
      case 'package_clause':
        packageName = tree.textOf(tree.children(node)[0] ?? NO_NODE);
        break;
      case 'import_declaration':
        for (const spec of tree.descendants(node, 'import_spec')) addImport(tree, spec, imports);
        break;
      case 'function_declaration':
      case 'method_declaration':
        functions.push(readFunction(tree, node, place));
        break;
      case 'type_declaration':
        for (const spec of tree.children(node)) {
          const name = tree.textOf(tree.child(spec, 'name'));
          if (name !== '') types.push({ ...place, name, node: spec, type: tree.child(spec, 'type') });
        }
        break;
      case 'var_declaration':
      case 'const_declaration':
        for (const spec of tree.descendants(node, 'var_spec', 'const_spec')) {
          variables.push(...readVariables(tree, spec).map((variable) => ({ ...place, ...variable })));
        }
    }
  }
  return { ...place, packageName, tree, imports, functions, types, variables };
}

function addImport(tree: SyntaxTree, spec: NodeRow, imports: Map<string, string>): void {
  const path = tree.textOf(tree.child(spec, 'path')).slice(1, -1);
  if (path === '') return;
  const alias = tree.textOf(tree.child(spec, 'name'));
  imports.set(alias === '' ? packageNameOf(path) : alias, path);
}

/** The name that a package most likely has: `v2` and `gopkg.in/yaml.v3` are versions, `go-redis` is `redis`. */
export function packageNameOf(importPath: string): string {
  const parts = importPath.split('/');
  let last = parts[parts.length - 1] ?? '';
  if (/^v\d+$/.test(last) && parts.length > 1) last = parts[parts.length - 2] ?? last;
  return last
    .replace(/\.v\d+$/, '')
    .replace(/^go-|[-.]go$/, '')
    .replace(/-/g, '_');
}

/** Also reads a `func_literal`. */
export function readFunction(
  tree: SyntaxTree,
  node: NodeRow,
  place: { readonly path: string; readonly importPath: string },
): FunctionDeclaration {
  const receivers = readParameters(tree, tree.child(node, 'receiver'));
  const receiver = receivers[0] ?? null;
  const result = tree.child(node, 'result');
  const results =
    tree.kind(result) === 'parameter_list'
      ? readParameters(tree, result).map(({ type }) => type)
      : result === NO_NODE
        ? []
        : [result];
  return {
    path: place.path,
    importPath: place.importPath,
    name: tree.textOf(tree.child(node, 'name')),
    receiverType: receiver === null ? null : baseTypeName(tree, receiver.type),
    receiver,
    node,
    body: tree.child(node, 'body'),
    parameters: readParameters(tree, tree.child(node, 'parameters')),
    results,
  };
}

/** `*Table`, `Table[K, V]` -> `Table`. */
function baseTypeName(tree: SyntaxTree, type: NodeRow): string {
  const [name] = tree.descendants(type, 'type_identifier');
  return name === undefined ? '' : tree.textOf(name);
}

function readParameters(tree: SyntaxTree, list: NodeRow): Parameter[] {
  return tree.children(list).flatMap((declaration): Parameter[] => {
    const kind = tree.kind(declaration);
    const isVariadic = kind === 'variadic_parameter_declaration';
    if (kind !== 'parameter_declaration' && !isVariadic) return [];
    const type = tree.child(declaration, 'type');
    const names = tree.children(declaration).filter((child) => tree.field(child) === 'name');
    if (names.length === 0) return [{ name: '', node: NO_NODE, type, isVariadic }];
    return names.map((node) => ({ name: tree.textOf(node), node, type, isVariadic }));
  });
}

/** Names of one `var` or `const` line. */
export function readVariables(
  tree: SyntaxTree,
  spec: NodeRow,
): Omit<VariableDeclaration, 'path' | 'importPath'>[] {
  const names = tree.children(spec).filter((child) => tree.field(child) === 'name');
  const values = tree.children(tree.child(spec, 'value'));
  const type = tree.child(spec, 'type');
  return names.map((node, i) => ({
    name: tree.textOf(node),
    node,
    type,
    value: values[values.length === names.length ? i : 0] ?? NO_NODE,
    valueIndex: values.length === names.length ? 0 : i,
    isConstant: tree.kind(spec) === 'const_spec',
  }));
}
