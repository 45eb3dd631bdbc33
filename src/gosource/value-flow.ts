// Where a value goes: from the expression that makes it to the places that keep it.
import type { Call, CallGraph } from './call-graph.ts';
import type { FunctionDeclaration, GoFile } from './declarations.ts';
import { isCopy } from './copies.ts';
import type { Local } from './locals.ts';
import { isGrowing } from './growth-syntax.ts';
import { outermostClosure, statementOf, type Place, type Places, type Reference } from './places.ts';
import type { Operations } from './operations.ts';
import { CONTAINER_ADD, COPYING, CUTTING, PASSING, type Sink } from './sink.ts';
import { formatPlace, type SourceIndex, type SourceNode } from './source-index.ts';
import { NO_NODE, type NodeRow } from './syntax-tree.ts';
import type { TypeReader } from './type-reader.ts';

/** Expressions looked at for one value. */
const MAX_STEPS = 3000;
const MAX_HOPS = 40;
/** Functions through which it goes up or down. */
const MAX_CALL_DEPTH = 6;

interface Step {
  readonly hops: number;
  readonly isPart: boolean;
  /** Calls that led here, innermost last: what is returned goes back to them. */
  readonly stack: readonly SourceNode[];
}

/** Of the calls of a function, those that a value which it returns goes back to. */
export type PickCalls = (calls: readonly Call[]) => readonly Call[];

const START: Step = { hops: 0, isPart: false, stack: [] };

export class ValueFlow {
  readonly #index: SourceIndex;
  readonly #types: TypeReader;
  readonly #calls: CallGraph;
  readonly #places: Places;
  readonly #operations: Operations;
  readonly #pickCalls: PickCalls;
  readonly #seen = new Set<string>();
  readonly #sinks: Sink[] = [];
  #steps = 0;

  constructor(
    parts: {
      readonly index: SourceIndex;
      readonly types: TypeReader;
      readonly calls: CallGraph;
      readonly places: Places;
      readonly operations: Operations;
    },
    pickCalls: PickCalls = (calls) => calls,
  ) {
    this.#index = parts.index;
    this.#types = parts.types;
    this.#calls = parts.calls;
    this.#places = parts.places;
    this.#operations = parts.operations;
    this.#pickCalls = pickCalls;
  }

  /** Follows the value of an expression; nearest sinks first. */
  follow(expression: SourceNode): readonly Sink[] {
    this.#value(expression.file, expression.node, START);
    return [...this.#sinks].sort((a, b) => a.hops - b.hops);
  }

  /** `node` has the value: what does the syntax around it do with it? */
  #value(file: GoFile, node: NodeRow, step: Step): void {
    const key = `${file.path}#${node}`;
    if (node === NO_NODE || this.#seen.has(key) || ++this.#steps > MAX_STEPS || step.hops > MAX_HOPS) return;
    this.#seen.add(key);
    const { tree } = file;
    const parent = tree.parent(node);
    const next: Step = { ...step, hops: step.hops + 1 };
    switch (tree.kind(parent)) {
      case 'parenthesized_expression':
      case 'type_assertion_expression':
      case 'literal_element':
      case 'keyed_element':
      case 'literal_value':
        this.#value(file, parent, step);
        return;
      case 'type_conversion_expression':
        if (!isCopy(this.#types, { file, node: parent })) this.#value(file, parent, step);
        return;
      case 'slice_expression':
        if (tree.field(node) === 'operand') this.#value(file, parent, { ...next, isPart: true });
        return;
      case 'unary_expression':
        if (tree.textOf(tree.child(parent, 'operator')) !== '<-') this.#value(file, parent, step);
        return;
      case 'binary_expression':
        if (tree.textOf(tree.child(parent, 'operator')) === '+') this.#value(file, parent, next);
        return;
      case 'composite_literal':
        if (tree.field(node) === 'body') this.#value(file, parent, next);
        return;
      case 'argument_list':
        this.#argument(file, node, parent, next);
        return;
      case 'selector_expression':
        this.#receiver(file, parent, next);
        return;
      case 'index_expression':
        this.#indexed(file, node, parent, next);
        return;
      case 'send_statement':
        if (tree.field(node) === 'value') this.#sent(file, parent, next);
        return;
      case 'receive_statement': // a case of a select
        for (const target of tree.children(tree.child(parent, 'left')).slice(0, 1))
          this.#assigned(file, target, parent, next);
        return;
      case 'range_clause':
        this.#ranged(file, parent, next);
        return;
      case 'expression_list':
        this.#listed(file, node, parent, next);
        return;
      case 'call_expression':
        this.#called(file, parent, next);
        return;
    }
  }

  /** Into a channel, and out of it where somebody receives. */
  #sent(file: GoFile, statement: NodeRow, step: Step): void {
    const channel = file.tree.child(statement, 'channel');
    this.#store(file, channel, statement, 'element', step, NO_NODE);
    for (const { place, depth } of this.#places.referencesOf({ file, node: channel })) {
      for (const operation of this.#operations.operationsOf(place)) {
        if (operation.kind !== 'remove' || operation.depth !== depth) continue;
        const { file: receiver, node } = operation;
        const { tree } = receiver;
        const further = { ...step, hops: step.hops + 3, stack: [] };
        if (tree.kind(node) === 'unary_expression') this.#value(receiver, node, further);
        else if (tree.kind(node) === 'for_statement')
          this.#named(
            receiver,
            tree.children(tree.child(tree.childOfKind(node, 'range_clause'), 'left'))[0],
            further,
          );
      }
    }
  }

  /** A name that has the value from here on. */
  #named(file: GoFile, name: NodeRow | undefined, step: Step): void {
    const { tree } = file;
    if (name === undefined || tree.kind(name) !== 'identifier') return;
    const local = this.#index.locals(file).resolve(tree.textOf(name), name);
    if (local !== null) this.#local(file, local, step);
  }

  #listed(file: GoFile, node: NodeRow, list: NodeRow, step: Step): void {
    const { tree } = file;
    const statement = tree.parent(list);
    const i = tree.children(list).indexOf(node);
    const values = tree.children(list).length;
    switch (tree.kind(statement)) {
      case 'return_statement':
        this.#returned(file, statement, i, step);
        return;
      case 'short_var_declaration':
      case 'assignment_statement':
      case 'var_spec': {
        if (tree.field(list) === 'left') return;
        const names =
          tree.kind(statement) === 'var_spec'
            ? tree.children(statement).filter((child) => tree.field(child) === 'name')
            : tree.children(tree.child(statement, 'left'));
        const targets = values === names.length ? names.slice(i, i + 1) : names.slice(0, 1);
        for (const target of targets) this.#assigned(file, target, statement, step);
      }
    }
  }

  /** `target = value` */
  #assigned(file: GoFile, target: NodeRow, statement: NodeRow, step: Step): void {
    const { tree } = file;
    switch (tree.kind(target)) {
      case 'identifier': {
        const name = tree.textOf(target);
        const local = this.#index.locals(file).resolve(name, target);
        if (local !== null) this.#local(file, local, step);
        else if (name !== '_')
          this.#store(
            file,
            target,
            statement,
            isGrowing(file, target, statement) ? 'element' : 'whole',
            step,
            NO_NODE,
          );
        return;
      }
      case 'selector_expression':
        this.#store(
          file,
          target,
          statement,
          isGrowing(file, target, statement) ? 'element' : 'whole',
          step,
          NO_NODE,
        );
        this.#owner(file, tree.child(target, 'operand'), step);
        return;
      case 'index_expression':
        this.#store(
          file,
          tree.child(target, 'operand'),
          statement,
          'element',
          step,
          tree.child(target, 'index'),
        );
        return;
      case 'unary_expression':
      case 'parenthesized_expression':
        this.#assigned(file, tree.children(target).at(-1) ?? NO_NODE, statement, step);
    }
  }

  /** The value is in a field of this object: what keeps the object keeps the value. */
  #owner(file: GoFile, object: NodeRow, step: Step): void {
    const { tree } = file;
    let root = object;
    while (
      /^(?:selector_expression|index_expression|parenthesized_expression|unary_expression)$/.test(
        tree.kind(root),
      )
    ) {
      const inner = tree.child(root, 'operand');
      root = inner === NO_NODE ? (tree.children(root)[0] ?? NO_NODE) : inner;
    }
    if (tree.kind(root) !== 'identifier') return;
    for (const { place, depth } of this.#places.referencesOf({ file, node: object })) {
      if (depth > 0) this.#sink('element', place, depth, file, statementOf(file, object), NO_NODE, step);
    }
    const local = this.#index.locals(file).resolve(tree.textOf(root), root);
    if (local === null) return;
    if (local.kind === 'variable' || local.kind === 'parameter') this.#local(file, local, step);
    if (local.kind === 'receiver' || local.kind === 'parameter') this.#madeOf(file, object, step);
  }

  /** Values of the type of `object` are made somewhere: they keep what is put into their fields. */
  #madeOf(file: GoFile, object: NodeRow, step: Step): void {
    const type = this.#types.typeOf({ file, node: object });
    if (type.kind !== 'named' || step.stack.length > 2) return;
    for (const maker of this.#index.filesMentioning(type.name)) {
      for (const node of maker.tree.descendants(maker.tree.root, 'composite_literal', 'call_expression')) {
        const isNew =
          maker.tree.kind(node) === 'composite_literal' ||
          maker.tree.textOf(maker.tree.child(node, 'function')) === 'new';
        if (!isNew) continue;
        const made = this.#types.typeOf({ file: maker, node });
        if (made.kind !== 'named' || made.name !== type.name || made.path !== type.path) continue;
        this.#value(maker, node, { ...step, hops: step.hops + 4, stack: [] });
      }
    }
  }

  /** All that is done with a name that has the value. */
  #local(file: GoFile, local: Local, step: Step): void {
    const key = `${file.path}~${local.node}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const { tree } = file;
    const home = tree.enclosing(
      tree.parent(local.node),
      'func_literal',
      'function_declaration',
      'method_declaration',
    );
    // Elements of a container that the name stands for: what is assigned to the name lives there.
    for (const use of this.#index.locals(file).uses(local)) {
      const around = tree.enclosing(
        tree.parent(use),
        'func_literal',
        'function_declaration',
        'method_declaration',
      );
      const isCaptured =
        tree.kind(around) === 'func_literal' && around !== home && tree.contains(home, around);
      if (isCaptured) this.#value(file, outermostClosure(file, use, home), { ...step, hops: step.hops + 1 });
      if (tree.field(tree.parent(use)) !== 'left') this.#value(file, use, step);
    }
  }

  #argument(file: GoFile, node: NodeRow, list: NodeRow, step: Step): void {
    const { tree } = file;
    const call = tree.parent(list);
    const i = tree.children(list).indexOf(node);
    const callee = this.#types.calleeOf({ file, node: call });
    if (tree.kind(tree.parent(call)) === 'go_statement')
      this.#sink('goroutine', null, 0, file, tree.parent(call), NO_NODE, step);
    switch (callee.kind) {
      case 'builtin':
        if (callee.name === 'append') this.#value(file, call, step);
        return;
      case 'conversion':
        if (!isCopy(this.#types, { file, node: call })) this.#value(file, call, step);
        return;
      case 'known':
        for (const f of callee.functions)
          this.#parameter(f, i, { ...step, stack: [...step.stack, { file, node: call }] });
        return;
      case 'external':
        this.#library(file, call, callee.key, callee.receiver, step);
        return;
      case 'value':
        this.#functionValue(file, callee.receiver, call, i, step);
    }
  }

  #library(file: GoFile, call: NodeRow, key: string, receiver: NodeRow, step: Step): void {
    const statement = statementOf(file, call);
    if (CONTAINER_ADD.test(key)) {
      const { tree } = file;
      const args = tree.children(tree.child(call, 'arguments'));
      const container = key === 'container/heap.Push' ? (args[0] ?? NO_NODE) : receiver;
      this.#store(
        file,
        container,
        statement,
        'element',
        step,
        args.length > 1 ? (args[0] ?? NO_NODE) : NO_NODE,
      );
      this.#value(file, call, step); // a list's element holds its value
      return;
    }
    if (CUTTING.test(key)) this.#value(file, call, { ...step, isPart: true });
    else if (PASSING.test(key) && !COPYING.test(key)) this.#value(file, call, step);
    this.#sink('library', null, 0, file, statement, NO_NODE, { ...step, hops: step.hops + 3 }, key);
  }

  /** A call of a function held in a variable: of a closure in sight its body, else unknown. */
  #functionValue(file: GoFile, receiver: NodeRow, call: NodeRow, i: number, step: Step): void {
    const { tree } = file;
    if (tree.kind(receiver) === 'func_literal') {
      this.#closureParameter(file, receiver, i, step);
      return;
    }
    if (tree.kind(receiver) !== 'identifier') return;
    const local = this.#index.locals(file).resolve(tree.textOf(receiver), receiver);
    if (local !== null && tree.kind(local.value) === 'func_literal') {
      this.#closureParameter(file, local.value, i, { ...step, stack: [...step.stack, { file, node: call }] });
    }
  }

  #closureParameter(file: GoFile, closure: NodeRow, i: number, step: Step): void {
    const { tree } = file;
    const names = tree
      .children(tree.child(closure, 'parameters'))
      .flatMap((declaration) => tree.children(declaration).filter((child) => tree.field(child) === 'name'));
    const name = names[i];
    if (name === undefined) return;
    const local = this.#index.locals(file).resolve(tree.textOf(name), name);
    if (local !== null) this.#local(file, local, step);
  }

  #parameter(declaration: FunctionDeclaration, i: number, step: Step): void {
    const file = this.#index.file(declaration.path);
    if (file === null || step.stack.length > MAX_CALL_DEPTH) return;
    const parameter =
      i < 0 ? declaration.receiver : declaration.parameters[Math.min(i, declaration.parameters.length - 1)];
    if (!parameter || parameter.node === NO_NODE) return;
    const local = this.#index.locals(file).resolve(parameter.name, parameter.node);
    if (local !== null) this.#local(file, local, step);
  }

  /** `v.method(...)`: the receiver goes into the method; what a library method gives may be part of it. */
  #receiver(file: GoFile, selector: NodeRow, step: Step): void {
    const { tree } = file;
    const call = tree.parent(selector);
    if (tree.field(selector) !== 'function' || tree.kind(call) !== 'call_expression') {
      // A method as a value holds its receiver.
      const type = this.#types.typeOf({ file, node: tree.child(selector, 'operand') });
      const isMethod = this.#types.methodsOf(type, tree.textOf(tree.child(selector, 'field'))).length > 0;
      if (isMethod) this.#value(file, selector, step);
      return;
    }
    const callee = this.#types.calleeOf({ file, node: call });
    if (callee.kind === 'known' && callee.receiver !== NO_NODE) {
      for (const f of callee.functions)
        this.#parameter(f, -1, { ...step, stack: [...step.stack, { file, node: call }] });
    } else if (callee.kind === 'external' && PASSING.test(callee.key)) this.#value(file, call, step);
  }

  /** A map's key is kept as well: `m[v] = x`. */
  #indexed(file: GoFile, node: NodeRow, index: NodeRow, step: Step): void {
    const { tree } = file;
    if (tree.field(node) !== 'index') return;
    const list = tree.parent(index);
    const isWritten = tree.field(list) === 'left' || tree.kind(list) === 'inc_statement';
    if (!isWritten) return;
    const statement = tree.kind(list) === 'inc_statement' ? list : tree.parent(list);
    this.#store(file, tree.child(index, 'operand'), statement, 'element', step, node);
  }

  #ranged(file: GoFile, clause: NodeRow, step: Step): void {
    const { tree } = file;
    const [, value] = tree.children(tree.child(clause, 'left'));
    this.#named(file, value, step);
  }

  /** A closure that is run at once, by `go` or by `defer`. */
  #called(file: GoFile, call: NodeRow, step: Step): void {
    const { tree } = file;
    const statement = tree.parent(call);
    if (tree.kind(statement) === 'go_statement')
      this.#sink('goroutine', null, 0, file, statement, NO_NODE, step);
  }

  #returned(file: GoFile, statement: NodeRow, i: number, step: Step): void {
    const { tree } = file;
    const closure = tree.enclosing(statement, 'func_literal', 'function_declaration', 'method_declaration');
    if (tree.kind(closure) === 'func_literal') return; // its caller is whoever got it
    const from = step.stack[step.stack.length - 1];
    if (from !== undefined) {
      this.#result(from.file, from.node, i, { ...step, stack: step.stack.slice(0, -1) });
      return;
    }
    const declaration = file.functions.find(({ node }) => node === closure);
    if (declaration === undefined) return;
    for (const call of this.#pickCalls(this.#calls.callsOf(declaration))) {
      this.#result(call.file, call.node, i, { ...step, hops: step.hops + 2 });
    }
  }

  /** The i-th result of a call has the value. */
  #result(file: GoFile, call: NodeRow, i: number, step: Step): void {
    const { tree } = file;
    const list = tree.parent(call);
    const statement = tree.parent(list);
    const isSeveral = tree.kind(list) === 'expression_list' && tree.children(list).length === 1;
    if (i > 0 && isSeveral) {
      const target = tree.children(tree.child(statement, 'left'))[i];
      if (target !== undefined && tree.field(list) === 'right') this.#assigned(file, target, statement, step);
      else if (tree.kind(statement) === 'return_statement') this.#returned(file, statement, i, step);
    } else if (i === 0) this.#value(file, call, step);
  }

  #store(
    file: GoFile,
    container: NodeRow,
    statement: NodeRow,
    kind: Sink['kind'],
    step: Step,
    key: NodeRow,
  ): void {
    const { tree } = file;
    const references: readonly Reference[] = this.#places.referencesOf({ file, node: container });
    for (const { place, depth } of references) {
      this.#sink(kind, place, depth, file, statement, key, step);
      if (place.kind === 'local') this.#storedInLocal(place, step);
    }
    // What is put into a container of an object is kept by who keeps the object.
    const operand =
      tree.kind(container) === 'selector_expression' ? tree.child(container, 'operand') : NO_NODE;
    if (kind !== 'whole' && operand !== NO_NODE) this.#owner(file, operand, { ...step, hops: step.hops + 1 });
  }

  /** A local container goes where its values go. */
  #storedInLocal(place: Place, step: Step): void {
    const { file, node } = place.at;
    const local = this.#index.locals(file).resolve(file.tree.textOf(node), node);
    if (local !== null) this.#local(file, local, step);
  }

  #sink(
    kind: Sink['kind'],
    place: Place | null,
    depth: number,
    file: GoFile,
    node: NodeRow,
    key: NodeRow,
    step: Step,
    callee = '',
  ): void {
    const at = { file, node };
    const isKnown = this.#sinks.some(
      (sink) =>
        sink.kind === kind && sink.place?.key === place?.key && formatPlace(sink.at) === formatPlace(at),
    );
    if (!isKnown)
      this.#sinks.push({ kind, place, depth, at, key, hops: step.hops, isPart: step.isPart, callee });
  }
}
