// Places: where values live. A field counts once for all values of its struct, so `t.byOrder` in one method and
// `c.table.byOrder` in another function are one place.
import { readFunction, type FunctionDeclaration, type GoFile } from './declarations.ts';
import type { CallGraph } from './call-graph.ts';
import { UNKNOWN, type GoType } from './go-type.ts';
import type { Local } from './locals.ts';
import type { SourceIndex, SourceNode } from './source-index.ts';
import { NO_NODE, type NodeRow } from './syntax-tree.ts';
import type { TypeReader } from './type-reader.ts';

export interface Place {
  /** Equal for one place: `m/hub.Hub.topics`, `m/hub.registry`, `m/hub/hub.go#17` for a local. */
  readonly key: string;
  readonly kind: 'field' | 'variable' | 'local';
  /** For people: `Hub.topics`, `registry`. */
  readonly name: string;
  readonly type: GoType;
  /** Where it is declared. */
  readonly at: SourceNode;
}

/** An expression that means a place or an element of it. */
export interface Reference {
  readonly place: Place;
  /** Levels of elements below the place: 1 for `h.topics[t]`. */
  readonly depth: number;
}

/** Assignments followed from one name to the next, and functions that hand a place on. */
const MAX_HOPS = 12;
/** More places for one name are no answer. */
const MAX_REFERENCES = 8;

export class Places {
  readonly #index: SourceIndex;
  readonly #types: TypeReader;
  readonly #calls: CallGraph;

  constructor(index: SourceIndex, types: TypeReader, calls: CallGraph) {
    this.#index = index;
    this.#types = types;
    this.#calls = calls;
  }

  /** Places that an expression may mean; none for a value that is made here. */
  referencesOf(expression: SourceNode): readonly Reference[] {
    return uniqueReferences(this.#find(expression, 0, new Set()));
  }

  #find({ file, node }: SourceNode, hops: number, seen: Set<string>): Reference[] {
    if (node === NO_NODE || hops > MAX_HOPS) return [];
    const { tree } = file;
    const inner = (child: NodeRow) => this.#find({ file, node: child }, hops + 1, seen);
    switch (tree.kind(node)) {
      case 'identifier':
        return this.#findName(file, node, hops, seen);
      case 'selector_expression':
        return this.#findSelector(file, node);
      case 'index_expression':
        return inner(tree.child(node, 'operand')).map(deeper);
      case 'parenthesized_expression':
        return inner(tree.children(node)[0] ?? NO_NODE);
      case 'unary_expression':
        return tree.textOf(tree.child(node, 'operator')) === '<-'
          ? inner(tree.child(node, 'operand')).map(deeper)
          : inner(tree.child(node, 'operand'));
      case 'slice_expression':
      case 'type_assertion_expression':
      case 'type_conversion_expression':
        return inner(tree.child(node, 'operand'));
      case 'call_expression':
        return this.#findCall(file, node, hops, seen);
      default:
        return [];
    }
  }

  #findName(file: GoFile, node: NodeRow, hops: number, seen: Set<string>): Reference[] {
    const name = file.tree.textOf(node);
    const local = this.#index.locals(file).resolve(name, node);
    if (local === null) {
      const place = this.variablePlace(file.importPath, name);
      return place === null ? [] : [{ place, depth: 0 }];
    }
    const place = this.localPlace(file, local);
    if (seen.has(place.key)) return [];
    seen.add(place.key);
    const found =
      local.kind === 'parameter' || local.kind === 'receiver'
        ? this.#findArguments(file, local, hops, seen)
        : this.assignedTo(file, local).flatMap((value) =>
            this.#find(value, hops + 1, seen).map((reference) =>
              local.kind === 'range-value' ? deeper(reference) : reference,
            ),
          );
    return found.length > 0 ? found : [{ place, depth: 0 }];
  }

  /** Expressions whose value a local name gets: its first one and those of later assignments. */
  assignedTo(file: GoFile, local: Local): SourceNode[] {
    const { tree } = file;
    const found: SourceNode[] = [];
    const isSingle = local.valueIndex === 0 || local.kind === 'range-value';
    if (local.value !== NO_NODE && isSingle && local.kind !== 'range-key')
      found.push({ file, node: local.value });
    for (const use of this.#index.locals(file).uses(local)) {
      const list = tree.parent(use);
      const statement = tree.parent(list);
      if (
        tree.field(list) !== 'left' ||
        !/^(?:assignment_statement|short_var_declaration)$/.test(tree.kind(statement))
      )
        continue;
      const value = pairedValue(file, statement, tree.children(list).indexOf(use));
      if (value !== NO_NODE) found.push({ file, node: value });
    }
    return found;
  }

  /** What callers hand over for a parameter. */
  #findArguments(file: GoFile, local: Local, hops: number, seen: Set<string>): Reference[] {
    const declaration = file.functions.find(({ node }) => node === local.scope);
    if (declaration === undefined || hops > 3) return [];
    return this.argumentsFor(declaration, local).flatMap((argument) => this.#find(argument, hops + 3, seen));
  }

  /** Expressions that callers hand over for a parameter or receiver. */
  argumentsFor(declaration: FunctionDeclaration, local: Local): SourceNode[] {
    return this.#calls.callsOf(declaration).flatMap(({ file, node }) => {
      const { tree } = file;
      if (local.kind === 'receiver') {
        return [{ file, node: tree.child(tree.child(node, 'function'), 'operand') }];
      }
      const argument = tree.children(tree.child(node, 'arguments'))[local.parameterIndex];
      return argument === undefined ? [] : [{ file, node: argument }];
    });
  }

  #findSelector(file: GoFile, node: NodeRow): Reference[] {
    const place = this.fieldPlace(file, node);
    return place === null ? [] : [{ place, depth: 0 }];
  }

  /** Place of `x.f` or `pkg.V`; null for methods and what is not known. */
  fieldPlace(file: GoFile, selector: NodeRow): Place | null {
    const { tree } = file;
    const operand = tree.child(selector, 'operand');
    const name = tree.textOf(tree.child(selector, 'field'));
    const imported = this.#types.packageOf(file, operand);
    if (imported !== null) return this.variablePlace(imported, name);
    const field = this.#types.fieldOf(this.#types.typeOf({ file, node: operand }), name);
    if (field === null) return null;
    const owner = field.owner.includes('#')
      ? tree.textOf(operand)
      : field.owner.slice(field.owner.lastIndexOf('.') + 1);
    return {
      key: `${field.owner}.${name}`,
      kind: 'field',
      name: `${owner}.${name}`,
      type: field.type,
      at: { file: field.file, node: field.node },
    };
  }

  variablePlace(importPath: string, name: string): Place | null {
    const variable = this.#index.package(importPath)?.variables.get(name);
    const file = variable === undefined ? null : this.#index.file(variable.path);
    if (variable === undefined || file === null) return null;
    return {
      key: `${importPath}.${name}`,
      kind: 'variable',
      name,
      type: this.#types.typeOfPackageName(importPath, name),
      at: { file, node: variable.node },
    };
  }

  localPlace(file: GoFile, local: Local): Place {
    return {
      key: `${file.path}#${local.node}`,
      kind: 'local',
      name: local.name,
      type: this.#types.typeOfLocal(file, local),
      at: { file, node: local.node },
    };
  }

  #findCall(file: GoFile, node: NodeRow, hops: number, seen: Set<string>): Reference[] {
    const { tree } = file;
    const callee = this.#types.calleeOf({ file, node });
    const [first] = tree.children(tree.child(node, 'arguments'));
    if (callee.kind === 'builtin') {
      return callee.name === 'append' ? this.#find({ file, node: first ?? NO_NODE }, hops + 1, seen) : [];
    }
    if (callee.kind === 'conversion') return this.#find({ file, node: first ?? NO_NODE }, hops + 1, seen);
    if (callee.kind === 'external') {
      const isLookup = /\.(?:Load|LoadOrStore|Get|Front|Back|Next)$/.test(callee.key);
      return isLookup ? this.#find({ file, node: callee.receiver }, hops + 1, seen).map(deeper) : [];
    }
    if (callee.kind !== 'known' || hops > 3) return [];
    return callee.functions.slice(0, 2).flatMap((f) => this.#findReturned(f, hops, seen));
  }

  /** Places whose value a function returns first. */
  #findReturned(declaration: FunctionDeclaration, hops: number, seen: Set<string>): Reference[] {
    const file = this.#index.file(declaration.path);
    if (file === null) return [];
    return returnedValues(file, declaration.body, 0).flatMap((node) =>
      this.#find({ file, node }, hops + 3, seen),
    );
  }

  /** Type of a place's elements, level by level. */
  elementType(type: GoType, depth: number): GoType {
    let current = this.#types.underlying(type);
    for (let level = 0; level < depth; level++) {
      current = 'element' in current ? this.#types.underlying(current.element) : UNKNOWN;
    }
    return current;
  }
}

function deeper({ place, depth }: Reference): Reference {
  return { place, depth: depth + 1 };
}

function uniqueReferences(all: readonly Reference[]): Reference[] {
  const seen = new Set<string>();
  return all
    .filter(({ place, depth }) => {
      const key = `${place.key}@${depth}`;
      return !seen.has(key) && seen.add(key);
    })
    .slice(0, MAX_REFERENCES);
}

/** Value that the i-th name of an assignment gets; NO_NODE when a call gives several. */
export function pairedValue(file: GoFile, statement: NodeRow, i: number): NodeRow {
  const { tree } = file;
  const values = tree.children(tree.child(statement, 'right'));
  const names = tree.children(tree.child(statement, 'left'));
  if (values.length === names.length) return values[i] ?? NO_NODE;
  // `v, ok := m[k]`, `v, err := f()`: the first name gets the value.
  return i === 0 ? (values[0] ?? NO_NODE) : NO_NODE;
}

/** i-th values of the return statements of a function, those of closures inside left out. */
export function returnedValues(file: GoFile, body: NodeRow, i: number): NodeRow[] {
  const { tree } = file;
  const found: NodeRow[] = [];
  for (const node of tree.descendants(body, 'return_statement')) {
    const closure = tree.enclosing(node, 'func_literal');
    if (closure !== NO_NODE && tree.contains(body, closure) && closure !== tree.parent(body)) continue;
    const [list] = tree.children(node);
    const value =
      list === undefined ? undefined : tree.kind(list) === 'expression_list' ? tree.children(list)[i] : list;
    if (value !== undefined) found.push(value);
  }
  return found;
}

/** The function or closure that a node stands in, closures first. */
export function enclosingFunction(file: GoFile, node: NodeRow): FunctionDeclaration | null {
  const { tree } = file;
  const around = tree.enclosing(
    tree.parent(node),
    'func_literal',
    'function_declaration',
    'method_declaration',
  );
  if (around === NO_NODE) return null;
  return file.functions.find((f) => f.node === around) ?? readFunction(tree, around, file);
}

/** Is it on this line of a profile? Of a call of several lines the compiler gives any of three. */
export function isCallOnLine({ file: { tree }, node }: SourceNode, line: number): boolean {
  return (
    tree.line(node) === line ||
    tree.line(tree.child(node, 'arguments')) === line ||
    tree.endLine(node) === line
  );
}

/** Statement that a node belongs to: the child of a block, case or header around it. */
export function statementOf(file: GoFile, node: NodeRow): NodeRow {
  const { tree } = file;
  let at = node;
  while (at !== NO_NODE) {
    const parent = tree.parent(at);
    if (/^(?:statement_list|block|communication_case|source_file)$/.test(tree.kind(parent))) return at;
    if (
      /_statement$|_declaration$/.test(tree.kind(at)) &&
      /^(?:initializer|communication|update)$/.test(tree.field(at))
    )
      return at;
    at = parent;
  }
  return node;
}

/** Outermost closure around a node that is still inside `home`. */
export function outermostClosure(file: GoFile, node: NodeRow, home: NodeRow): NodeRow {
  const { tree } = file;
  let found = NO_NODE;
  for (let at = tree.parent(node); at !== NO_NODE && at !== home; at = tree.parent(at)) {
    if (tree.kind(at) === 'func_literal') found = at;
  }
  return found;
}
