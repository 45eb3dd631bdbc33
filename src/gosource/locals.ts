// Names inside functions: where each is declared, what it was given first, and where it is used.
import { readFunction, readVariables } from './declarations.ts';
import type { WorkBudget } from './work-budget.ts';
import { NO_NODE, type NodeRow, type SyntaxTree } from './syntax-tree.ts';

/** How a local name came to be. */
export type LocalKind = 'parameter' | 'receiver' | 'variable' | 'range-key' | 'range-value' | 'type-switch';

/** A parameter, receiver or variable of a function. */
export interface Local {
  readonly name: string;
  readonly kind: LocalKind;
  /** Identifier that declares it. */
  readonly node: NodeRow;
  /** Node whose rows see it. */
  readonly scope: NodeRow;
  /** First row that sees it; its own statement does not. */
  readonly visibleFrom: number;
  /** Written type, or NO_NODE. */
  readonly type: NodeRow;
  readonly isVariadic: boolean;
  /** Expression that it was given, NO_NODE for none; for range the container. */
  readonly value: NodeRow;
  /** Which of several results. */
  readonly valueIndex: number;
  /** Position among the parameters. */
  readonly parameterIndex: number;
}

const SCOPES = [
  'block',
  'if_statement',
  'for_statement',
  'expression_switch_statement',
  'type_switch_statement',
  'select_statement',
  'expression_case',
  'default_case',
  'type_case',
  'communication_case',
  'function_declaration',
  'method_declaration',
  'func_literal',
  'source_file',
];

/** All local names of one file; built once, looked up by name. */
export class LocalNames {
  readonly #tree: SyntaxTree;
  readonly #budget: WorkBudget;
  readonly #byName = new Map<string, Local[]>();

  constructor(tree: SyntaxTree, budget: WorkBudget) {
    this.#tree = tree;
    this.#budget = budget;
    for (const node of tree.descendants(tree.root)) this.#collect(node);
  }

  /** What `name` means at `at`: the innermost declaration that it sees. null: package level, builtin or unknown. */
  resolve(name: string, at: NodeRow): Local | null {
    let found: Local | null = null;
    const known = this.#byName.get(name) ?? [];
    this.#budget.spend(known.length);
    for (const local of known) {
      const isSeen = local.node === at || (at >= local.visibleFrom && this.#tree.contains(local.scope, at));
      if (!isSeen) continue;
      if (found === null || local.scope > found.scope || local.visibleFrom >= found.visibleFrom)
        found = local;
    }
    return found;
  }

  /** Identifiers that mean this local, its declaration left out, in the order of the text. */
  uses(local: Local): NodeRow[] {
    const found: NodeRow[] = [];
    for (const node of this.#tree.descendants(local.scope, 'identifier')) {
      if (node === local.node || this.#tree.textOf(node) !== local.name) continue;
      if (this.resolve(local.name, node) === local) found.push(node);
    }
    return found;
  }

  #collect(node: NodeRow): void {
    const tree = this.#tree;
    switch (tree.kind(node)) {
      case 'function_declaration':
      case 'method_declaration':
      case 'func_literal':
        this.#addParameters(node);
        break;
      case 'short_var_declaration':
        this.#addAssigned(node, 'variable');
        break;
      case 'receive_statement':
        if (isDeclaring(tree, node)) this.#addAssigned(node, 'variable');
        break;
      case 'range_clause':
        if (isDeclaring(tree, node)) this.#addAssigned(node, 'range-value');
        break;
      case 'type_switch_statement':
        this.#addAlias(node);
        break;
      case 'var_spec':
      case 'const_spec':
        if (tree.enclosing(node, 'block', 'source_file') === tree.root) return;
        for (const variable of readVariables(tree, node)) {
          this.#add({
            ...plain(variable.node, this.#scopeOf(node)),
            ...variable,
            visibleFrom: tree.after(node),
          });
        }
    }
  }

  #addParameters(node: NodeRow): void {
    const { receiver, parameters } = readFunction(this.#tree, node, { path: '', importPath: '' });
    const add = (kind: LocalKind, parameter: (typeof parameters)[number], parameterIndex: number) => {
      if (parameter.node === NO_NODE) return;
      this.#add({ ...plain(parameter.node, node), ...parameter, kind, parameterIndex, visibleFrom: node });
    };
    if (receiver !== null) add('receiver', receiver, -1);
    parameters.forEach((parameter, i) => add('parameter', parameter, i));
    for (const declaration of this.#tree.children(this.#tree.child(node, 'result'))) {
      const type = this.#tree.child(declaration, 'type');
      for (const name of this.#tree.children(declaration)) {
        if (this.#tree.field(name) !== 'name') continue;
        this.#add({ ...plain(name, node), name: this.#tree.textOf(name), type, visibleFrom: node });
      }
    }
  }

  #addAssigned(node: NodeRow, kind: 'variable' | 'range-value'): void {
    const tree = this.#tree;
    const left = tree.children(tree.child(node, 'left'));
    const right = tree.child(node, 'right');
    const values = tree.kind(right) === 'expression_list' ? tree.children(right) : [right];
    const scope = this.#scopeOf(node);
    left.forEach((name, i) => {
      if (tree.kind(name) !== 'identifier') return;
      const text = tree.textOf(name);
      // `v, err := f()` declares err only where this scope has none yet.
      const isKnown = (this.#byName.get(text) ?? []).some((local) => local.scope === scope);
      if (text === '_' || (kind === 'variable' && isKnown)) return;
      const isParallel = values.length === left.length && values.length > 1;
      this.#add({
        ...plain(name, scope),
        name: text,
        kind: kind === 'range-value' && i === 0 ? 'range-key' : kind,
        value: (isParallel ? values[i] : values[0]) ?? NO_NODE,
        valueIndex: isParallel ? 0 : i,
        visibleFrom: tree.after(node),
      });
    });
  }

  #addAlias(node: NodeRow): void {
    const [name] = this.#tree.children(this.#tree.child(node, 'alias'));
    if (name === undefined) return;
    const value = this.#tree.child(node, 'value');
    this.#add({
      ...plain(name, node),
      name: this.#tree.textOf(name),
      kind: 'type-switch',
      value,
      visibleFrom: this.#tree.after(value),
    });
  }

  /** A parameter's scope is its function, and its body's block belongs to the same one. */
  #scopeOf(node: NodeRow): NodeRow {
    const scope = this.#tree.enclosing(this.#tree.parent(node), ...SCOPES);
    const parent = this.#tree.parent(scope);
    const isBody =
      this.#tree.kind(scope) === 'block' &&
      ['function_declaration', 'method_declaration', 'func_literal'].includes(this.#tree.kind(parent));
    return isBody ? parent : scope;
  }

  #add(local: Local): void {
    if (local.name === '' || local.name === '_') return;
    const known = this.#byName.get(local.name);
    if (known === undefined) this.#byName.set(local.name, [local]);
    else known.push(local);
  }
}

function isDeclaring(tree: SyntaxTree, node: NodeRow): boolean {
  const left = tree.child(node, 'left');
  return left !== NO_NODE && /^\s*:=/.test(tree.text.slice(tree.end(left), tree.end(left) + 20));
}

function plain(node: NodeRow, scope: NodeRow): Local {
  return {
    name: '',
    kind: 'variable',
    node,
    scope,
    visibleFrom: scope,
    type: NO_NODE,
    isVariadic: false,
    value: NO_NODE,
    valueIndex: 0,
    parameterIndex: -1,
  };
}
