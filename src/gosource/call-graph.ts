// Who calls whom inside the sources.
import type { FunctionDeclaration, GoFile } from './declarations.ts';
import type { SourceIndex, SourceNode } from './source-index.ts';
import { functionAt } from './source-index.ts';
import { NO_NODE, type NodeRow } from './syntax-tree.ts';
import type { TypeReader } from './type-reader.ts';

/** Calls of one function that are looked at; one that is called more often is a helper without a fault of its own. */
const MAX_CALLS = 100;

export interface Call extends SourceNode {
  /** Top-level function that the call stands in; null at package level. */
  readonly caller: FunctionDeclaration | null;
  /** Runs in a goroutine of its own. */
  readonly isGo: boolean;
  readonly isDeferred: boolean;
}

export class CallGraph {
  readonly #index: SourceIndex;
  readonly #types: TypeReader;
  readonly #calls = new Map<FunctionDeclaration, readonly Call[]>();

  constructor(index: SourceIndex, types: TypeReader) {
    this.#index = index;
    this.#types = types;
  }

  /** Calls of a function in all sources, by path and line. */
  callsOf(declaration: FunctionDeclaration): readonly Call[] {
    const known = this.#calls.get(declaration);
    if (known !== undefined) return known;
    const found: Call[] = [];
    this.#calls.set(declaration, found); // what is asked while this is built would go in circles
    for (const file of this.#index.filesMentioning(declaration.name)) {
      for (const node of this.callsIn(file, file.tree.root, declaration.name)) {
        if (found.length >= MAX_CALLS) return found;
        const callee = this.#types.calleeOf({ file, node });
        if (callee.kind === 'known' && callee.functions.includes(declaration))
          found.push(describeCall(file, node));
      }
    }
    return found;
  }

  /** Calls below a node whose function is spelled with this name; all calls when it is null. */
  *callsIn(file: GoFile, node: NodeRow, name: string | null): Generator<NodeRow> {
    for (const call of file.tree.descendants(node, 'call_expression', 'type_conversion_expression')) {
      if (name === null || calledName(file, call) === name) yield call;
    }
  }

  /** Functions of these sources that a node calls, closures inside it included. */
  calleesIn(file: GoFile, node: NodeRow): FunctionDeclaration[] {
    const found = new Set<FunctionDeclaration>();
    for (const call of this.callsIn(file, node, null)) {
      const callee = this.#types.calleeOf({ file, node: call });
      if (callee.kind === 'known') callee.functions.forEach((f) => found.add(f));
    }
    return [...found];
  }

  /** Does `from` call one of `targets`, directly or through at most `depth` functions between? */
  reaches(from: FunctionDeclaration, targets: ReadonlySet<FunctionDeclaration>, depth: number): boolean {
    const seen = new Set([from]);
    let edge = [from];
    for (let level = 0; level <= depth && edge.length > 0 && seen.size < 200; level++) {
      const next: FunctionDeclaration[] = [];
      for (const f of edge) {
        const file = this.#index.file(f.path);
        if (file === null) continue;
        for (const callee of this.calleesIn(file, f.body)) {
          if (targets.has(callee)) return true;
          if (!seen.has(callee) && seen.add(callee)) next.push(callee);
        }
      }
      edge = next;
    }
    return false;
  }
}

/** Last name of what is called: `Begin` of `h.Inflight.Begin(x)`. */
export function calledName(file: GoFile, call: NodeRow): string {
  const { tree } = file;
  let called = tree.child(call, 'function');
  if (called === NO_NODE) called = tree.child(tree.child(call, 'type'), 'type');
  if (tree.kind(called) === 'selector_expression') return tree.textOf(tree.child(called, 'field'));
  if (tree.kind(called) === 'qualified_type') return tree.textOf(tree.child(called, 'name'));
  if (tree.kind(called) === 'index_expression') {
    const operand = tree.child(called, 'operand');
    return tree.textOf(tree.kind(operand) === 'selector_expression' ? tree.child(operand, 'field') : operand);
  }
  return tree.textOf(called);
}

export function describeCall(file: GoFile, node: NodeRow): Call {
  const parent = file.tree.kind(file.tree.parent(node));
  return {
    file,
    node,
    caller: functionAt(file, node),
    isGo: parent === 'go_statement',
    isDeferred: parent === 'defer_statement',
  };
}
