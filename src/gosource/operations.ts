// What a module does with a place: where something is added to it, and where something is taken away.
import type { GoFile } from './declarations.ts';
import { isGrowing } from './growth-syntax.ts';
import type { Local } from './locals.ts';
import { pairedValue, returnedValues, statementOf, type Place, type Places } from './places.ts';
import type { SourceIndex, SourceNode } from './source-index.ts';
import { NO_NODE, type NodeRow } from './syntax-tree.ts';
import type { TypeReader } from './type-reader.ts';

export interface Operation extends SourceNode {
  /**
   * `add`: it can grow by this. `remove`: something is taken out, or all of it. `measure`: its size is asked.
   * `assign`: it gets a value as a whole.
   */
  readonly kind: 'add' | 'remove' | 'measure' | 'assign';
  /** Levels of elements below the place that it happens at. */
  readonly depth: number;
  /** What is added; NO_NODE where it is not an expression of its own. */
  readonly value: NodeRow;
  /** Key that is added or removed; NO_NODE where there is none. */
  readonly key: NodeRow;
}

/** Occurrences of a name looked at: beyond it a name is too common to be read by this. */
const MAX_OCCURRENCES = 2000;
/** Names, parameters and functions that a place is followed through. */
const MAX_ALIAS_DEPTH = 4;

/** Methods of containers from elsewhere, by what their names promise. */
const ADDING =
  /^(?:Add\w*|Append|Enqueue|Insert\w*|LoadOrStore|Push\w*|Put\w*|Register\w*|Set\w*|Store|Swap|Subscribe|Track|Watch|MustRegister)$/;
const REMOVING =
  /^(?:Cancel|Clear|CompareAndDelete|Del|Delete\w*|Dequeue|Drain|Drop|Evict\w*|Flush|Forget|Free|Init|LoadAndDelete|Pop\w*|Prune|Purge|Remove\w*|Reset|Truncate|Unregister\w*|Unsubscribe)$/;

export class Operations {
  readonly #index: SourceIndex;
  readonly #types: TypeReader;
  readonly #places: Places;
  readonly #known = new Map<string, readonly Operation[]>();

  constructor(index: SourceIndex, types: TypeReader, places: Places) {
    this.#index = index;
    this.#types = types;
    this.#places = places;
  }

  /** All operations on a place, by path and line. */
  operationsOf(place: Place): readonly Operation[] {
    const known = this.#known.get(place.key);
    if (known !== undefined) return known;
    const search = new Search(this.#index, this.#types, this.#places);
    for (const { file, node } of this.occurrencesOf(place)) search.classify(file, node, 0, 0);
    const found = [...search.found.values()].sort(
      (a, b) => compare(a.file.path, b.file.path) || a.node - b.node || compare(a.kind, b.kind),
    );
    this.#known.set(place.key, found);
    return found;
  }

  /** Expressions that mean exactly this place. */
  occurrencesOf(place: Place): SourceNode[] {
    const { file, node } = place.at;
    if (place.kind === 'local') {
      const local = this.#index.locals(file).resolve(file.tree.textOf(node), node);
      if (local === null) return [];
      return [node, ...this.#index.locals(file).uses(local)].map((use) => ({ file, node: use }));
    }
    const name = place.key.slice(place.key.lastIndexOf('.') + 1);
    const found: SourceNode[] = [];
    for (const mentioning of this.#index.filesMentioning(name)) {
      for (const occurrence of this.#occurrencesIn(mentioning, name, place)) {
        found.push({ file: mentioning, node: occurrence });
        if (found.length >= MAX_OCCURRENCES) return found;
      }
    }
    return found;
  }

  *#occurrencesIn(file: GoFile, name: string, place: Place): Generator<NodeRow> {
    const { tree } = file;
    for (const node of tree.descendants(tree.root, 'identifier', 'field_identifier')) {
      if (tree.textOf(node) !== name) continue;
      const selector = tree.parent(node);
      if (tree.kind(selector) === 'selector_expression' && tree.field(node) === 'field') {
        if (this.#places.fieldPlace(file, selector)?.key === place.key) yield selector;
      } else if (
        place.kind === 'variable' &&
        tree.kind(node) === 'identifier' &&
        file.importPath === place.at.file.importPath
      ) {
        if (this.#index.locals(file).resolve(name, node) === null && tree.kind(selector) !== 'var_spec')
          yield node;
      }
    }
  }
}

/** One walk over the occurrences of a place and of names that stand for it. */
class Search {
  readonly found = new Map<string, Operation>();
  readonly #index: SourceIndex;
  readonly #types: TypeReader;
  readonly #places: Places;
  readonly #seen = new Set<string>();

  constructor(index: SourceIndex, types: TypeReader, places: Places) {
    this.#index = index;
    this.#types = types;
    this.#places = places;
  }

  /** Reads what is done with an expression that means the place (or `depth` levels below it). */
  classify(file: GoFile, node: NodeRow, depth: number, hops: number): void {
    const { tree } = file;
    const key = `${file.path}#${node}@${depth}`;
    if (hops > MAX_ALIAS_DEPTH || this.#seen.has(key) || this.#seen.size > 4 * MAX_OCCURRENCES) return;
    this.#seen.add(key);
    const parent = tree.parent(node);
    switch (tree.kind(parent)) {
      case 'parenthesized_expression':
      case 'slice_expression':
      case 'type_assertion_expression':
        if (tree.field(node) !== 'start' && tree.field(node) !== 'end')
          this.classify(file, parent, depth, hops);
        return;
      case 'unary_expression':
        if (tree.textOf(tree.child(parent, 'operator')) === '<-') this.#add('remove', file, parent, depth);
        else this.classify(file, parent, depth, hops);
        return;
      case 'index_expression':
        if (tree.field(node) === 'operand') this.#classifyIndex(file, parent, depth, hops);
        return;
      case 'inc_statement':
      case 'dec_statement':
        return;
      case 'selector_expression':
        this.#classifySelector(file, parent, depth);
        return;
      case 'send_statement':
        if (tree.field(node) === 'channel')
          this.#add('add', file, parent, depth, tree.child(parent, 'value'));
        return;
      case 'range_clause':
        this.#classifyRange(file, node, parent, depth, hops);
        return;
      case 'expression_list':
        this.#classifyList(file, node, parent, depth, hops);
        return;
      case 'argument_list':
        this.#classifyArgument(file, node, parent, depth, hops);
        return;
      case 'var_spec':
        this.#followName(file, tree.child(parent, 'name'), depth, hops);
    }
  }

  /** `p[k] = v`, `p[k]++`, `p[k] += n` add an element; anything else looks at one. */
  #classifyIndex(file: GoFile, index: NodeRow, depth: number, hops: number): void {
    const { tree } = file;
    const operandType = this.#types.underlying(
      this.#types.typeOf({ file, node: tree.child(index, 'operand') }),
    );
    const key = tree.child(index, 'index');
    const parent = tree.parent(index);
    const statement = tree.field(parent) === 'left' ? tree.parent(parent) : parent;
    const isWritten =
      (tree.field(parent) === 'left' && tree.kind(statement) === 'assignment_statement') ||
      tree.kind(parent) === 'inc_statement';
    if (isWritten && operandType.kind !== 'slice' && operandType.kind !== 'array') {
      const value =
        tree.kind(statement) === 'assignment_statement'
          ? pairedValue(file, statement, tree.children(parent).indexOf(index))
          : NO_NODE;
      this.#add('add', file, statement, depth, value, key);
      // A new element in the place of an old one: what an element that is a slice holds may be cut by it.
      const isCut =
        /^(?:nil|slice_expression)$/.test(tree.kind(value)) || /^append\(/.test(tree.textOf(value));
      if (isCut) this.#classifyWhole(file, statement, value, depth + 1);
      return;
    }
    if (isWritten)
      this.#classifyWhole(
        file,
        statement,
        pairedValue(file, statement, tree.children(parent).indexOf(index)),
        depth + 1,
      );
    this.classify(file, index, depth + 1, hops);
  }

  /** A value put in the place of another: grown by append, cut, or new. */
  #classifyWhole(file: GoFile, statement: NodeRow, value: NodeRow, depth: number, isAlias = false): void {
    const { tree } = file;
    if (value === NO_NODE) return;
    // A name that gets another map takes nothing out of the one it stood for; a slice is cut this way and stored back.
    const isOther =
      isAlias && /^(?:make|new|map)\b/.test(tree.textOf(value)) && !/^make\(\[/.test(tree.textOf(value));
    if (isOther) return;
    const operator = tree.textOf(tree.child(statement, 'operator'));
    if (operator !== '=' && operator !== ':=' && operator !== '') return;
    switch (tree.kind(value)) {
      case 'nil':
      case 'composite_literal':
      case 'slice_expression':
        this.#add('remove', file, statement, depth);
        return;
      case 'call_expression': {
        const name = tree.textOf(tree.child(value, 'function'));
        const args = tree.children(tree.child(value, 'arguments'));
        if (name === 'make' || name === 'new' || /^(?:slices|maps)\.(?:Delete|Clip|Compact)/.test(name)) {
          this.#add('remove', file, statement, depth);
        } else if (name === 'append') {
          const isCut =
            args.length > 0 &&
            /^(?:slice_expression|composite_literal|nil|call_expression|type_conversion_expression)$/.test(
              tree.kind(args[0]),
            );
          this.#add(isCut ? 'remove' : 'add', file, statement, depth, args[1] ?? NO_NODE);
        } else this.#add('assign', file, statement, depth, value);
        return;
      }
      default: {
        // Lists that a program links by hand: `s.head = s.head.next` takes one off.
        const target = tree.children(tree.child(statement, 'left'))[0] ?? NO_NODE;
        const isStep =
          tree.kind(value) === 'selector_expression' &&
          tree.textOf(tree.child(value, 'operand')) === tree.textOf(target);
        const kind = isStep ? 'remove' : isGrowing(file, target, statement) ? 'add' : 'assign';
        this.#add(kind, file, statement, depth, value);
      }
    }
  }

  #classifySelector(file: GoFile, selector: NodeRow, depth: number): void {
    const { tree } = file;
    const call = tree.parent(selector);
    if (tree.kind(call) !== 'call_expression' || tree.field(selector) !== 'function') {
      // A linked list: `n.next = s.head; s.head = n` is read by flow.
      return;
    }
    const callee = this.#types.calleeOf({ file, node: call });
    if (callee.kind === 'known') return; // its own fields are places of their own
    const name = tree.textOf(tree.child(selector, 'field'));
    const args = tree.children(tree.child(call, 'arguments'));
    if (name === 'Len' || name === 'Size' || name === 'Count') this.#add('measure', file, call, depth);
    else if (ADDING.test(name))
      this.#add('add', file, call, depth, args[args.length - 1] ?? NO_NODE, args[0] ?? NO_NODE);
    else if (REMOVING.test(name)) this.#add('remove', file, call, depth, NO_NODE, args[0] ?? NO_NODE);
  }

  #classifyRange(file: GoFile, node: NodeRow, clause: NodeRow, depth: number, hops: number): void {
    const { tree } = file;
    if (tree.field(node) !== 'right') return;
    const type = this.#types.underlying(this.#types.typeOf({ file, node }));
    if (type.kind === 'chan') this.#add('remove', file, tree.parent(clause), depth);
    const [, value] = tree.children(tree.child(clause, 'left'));
    if (value !== undefined) this.#followName(file, value, depth + 1, hops);
  }

  #classifyList(file: GoFile, node: NodeRow, list: NodeRow, depth: number, hops: number): void {
    const { tree } = file;
    const statement = tree.parent(list);
    const i = tree.children(list).indexOf(node);
    const side = tree.field(list);
    if (side === 'left' && tree.kind(statement) === 'assignment_statement') {
      this.#classifyWhole(file, statement, pairedValue(file, statement, i), depth, hops > 0);
    } else if (side === 'right' || side === 'value') {
      const names =
        side === 'right'
          ? tree.children(tree.child(statement, 'left'))
          : tree.children(statement).filter((child) => tree.field(child) === 'name');
      if (names[i] !== undefined) this.#followName(file, names[i], depth, hops);
    } else if (tree.kind(statement) === 'return_statement') {
      this.#followReturn(file, statement, i, depth, hops);
    }
  }

  /** A name that now stands for the place, where its value shares memory with it. */
  #followName(file: GoFile, name: NodeRow, depth: number, hops: number): void {
    const { tree } = file;
    if (tree.kind(name) !== 'identifier') return;
    const local = this.#index.locals(file).resolve(tree.textOf(name), name);
    if (local === null || !this.#isShared(file, local)) return;
    for (const use of this.#index.locals(file).uses(local)) {
      if (use > name) this.classify(file, use, depth, hops + 1);
    }
  }

  #isShared(file: GoFile, local: Local): boolean {
    const type = this.#types.underlying(this.#types.typeOfLocal(file, local));
    return (
      type.kind === 'map' ||
      type.kind === 'slice' ||
      type.kind === 'chan' ||
      (type.kind === 'named' && type.path !== 'time')
    );
  }

  #classifyArgument(file: GoFile, node: NodeRow, list: NodeRow, depth: number, hops: number): void {
    const { tree } = file;
    const call = tree.parent(list);
    const args = tree.children(list);
    const i = args.indexOf(node);
    const callee = this.#types.calleeOf({ file, node: call });
    switch (callee.kind) {
      case 'builtin':
        if (callee.name === 'delete' && i === 0)
          this.#add('remove', file, call, depth, NO_NODE, args[1] ?? NO_NODE);
        else if (callee.name === 'clear' && i === 0) this.#add('remove', file, call, depth);
        else if (callee.name === 'len' || callee.name === 'cap') this.#add('measure', file, call, depth);
        else if (callee.name === 'append' && i === 0) this.#followResult(file, call, depth, hops);
        return;
      case 'external':
        if (
          /^(?:maps\.(?:DeleteFunc)|slices\.(?:Delete|DeleteFunc)|container\/heap\.(?:Pop|Remove))$/.test(
            callee.key,
          )
        ) {
          this.#add('remove', file, call, depth);
        } else if (callee.key === 'container/heap.Push')
          this.#add('add', file, call, depth, args[1] ?? NO_NODE);
        return;
      case 'known':
        for (const f of callee.functions) {
          const target = this.#index.file(f.path);
          const parameter = f.parameters[Math.min(i, f.parameters.length - 1)];
          if (target === null || parameter === undefined || parameter.node === NO_NODE) continue;
          const local = this.#index.locals(target).resolve(parameter.name, parameter.node);
          if (local === null) continue;
          for (const use of this.#index.locals(target).uses(local))
            this.classify(target, use, depth, hops + 1);
        }
        return;
      case 'conversion':
        this.classify(file, call, depth, hops);
        return;
      case 'value':
        return;
    }
  }

  /** `x := append(p, v)`: x stands for the place from here on. */
  #followResult(file: GoFile, call: NodeRow, depth: number, hops: number): void {
    const { tree } = file;
    const list = tree.parent(call);
    const statement = tree.parent(list);
    if (tree.field(list) !== 'right') return;
    const name = tree.children(tree.child(statement, 'left'))[tree.children(list).indexOf(call)];
    if (name !== undefined) this.#followName(file, name, depth, hops);
  }

  /** A getter: what its callers do with the result happens to the place. */
  #followReturn(file: GoFile, statement: NodeRow, i: number, depth: number, hops: number): void {
    const { tree } = file;
    const around = file.functions.find((f) => tree.contains(f.node, statement));
    if (around === undefined || i !== 0 || hops > 1) return;
    if (!returnedValues(file, around.body, 0).some((value) => tree.contains(statement, value))) return;
    for (const caller of this.#index.filesMentioning(around.name)) {
      for (const call of caller.tree.descendants(caller.tree.root, 'call_expression')) {
        const callee = this.#types.calleeOf({ file: caller, node: call });
        if (callee.kind === 'known' && callee.functions.includes(around))
          this.classify(caller, call, depth, hops + 2);
      }
    }
  }

  #add(
    kind: Operation['kind'],
    file: GoFile,
    node: NodeRow,
    depth: number,
    value = NO_NODE,
    key = NO_NODE,
  ): void {
    const statement = kind === 'measure' || kind === 'remove' ? node : statementOf(file, node);
    const id = `${file.path}#${statement}${kind}@${depth}`;
    if (!this.found.has(id)) this.found.set(id, { kind, file, node: statement, depth, value, key });
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
