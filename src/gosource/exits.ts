// Ways out of a function on which something was not done: `return` between Lock and Unlock.
import type { NodeRow, SyntaxTree } from './syntax-tree.ts';
import { NO_NODE } from './syntax-tree.ts';

/** Statements nested deeper than this are not written by people; what is inside counts as doing it. */
const MAX_DEPTH = 200;

const FUNCTIONS = ['function_declaration', 'method_declaration', 'func_literal'];
const LOOPS_AND_CHOICES = [
  'for_statement',
  'select_statement',
  'expression_switch_statement',
  'type_switch_statement',
];

/** Calls that do not return: nothing is left behind, or the program ends. */
const NO_RETURN =
  /^(?:panic|os\.Exit|log\.Fatal(?:f|ln)?|log\.Panic(?:f|ln)?|runtime\.Goexit|(?:t|b|tb)\.Fatalf?)$/;

export interface ExitQuestion {
  /** Does this statement, condition or value do it? Asked for nodes with everything below them. */
  readonly does: (node: NodeRow) => boolean;
  /** Is this condition known to be false after `from`? (`err != nil` of a call that then had nothing to undo.) */
  readonly isImpossible?: (condition: NodeRow) => boolean;
}

/**
 * Where the function around `from` can be left, after `from`, without doing it.
 *
 * @returns `return` statements in the order of the text; the function's body where it can be left at its end.
 *   Empty when it is done on every path, was deferred before, or the function never returns.
 */
export function findExitsWithout(tree: SyntaxTree, from: NodeRow, question: ExitQuestion): NodeRow[] {
  const owner = tree.enclosing(from, ...FUNCTIONS);
  const body = tree.child(owner, 'body');
  if (body === NO_NODE || isDeferredBefore(tree, body, from, question)) return [];
  const walk = new ExitWalk(tree, question);
  let at = from;
  let isOpen = true;
  // The rest of every list of statements around `from`, innermost first.
  while (at !== body && at >= 0) {
    const parent = tree.parent(at);
    isOpen = isOpen ? walk.afterChild(parent, at) : walk.isLeft(parent);
    at = parent;
  }
  return isOpen ? [...walk.exits, body] : walk.exits;
}

function isDeferredBefore(tree: SyntaxTree, body: NodeRow, from: NodeRow, question: ExitQuestion): boolean {
  const owner = tree.parent(body);
  for (const node of tree.descendants(body, 'defer_statement')) {
    if (node >= from) return false;
    if (tree.enclosing(node, ...FUNCTIONS) === owner && question.does(node)) return true;
  }
  return false;
}

class ExitWalk {
  readonly exits: NodeRow[] = [];
  readonly #tree: SyntaxTree;
  readonly #question: ExitQuestion;
  /** Loops, selects and switches that a `break` (or a loop's `continue`) without having done it leaves. */
  readonly #left = new Set<NodeRow>();

  constructor(tree: SyntaxTree, question: ExitQuestion) {
    this.#tree = tree;
    this.#question = question;
  }

  /** What follows `child` inside `parent`. @returns whether the end of `parent` is reached without doing it. */
  afterChild(parent: NodeRow, child: NodeRow): boolean {
    const tree = this.#tree;
    switch (tree.kind(parent)) {
      case 'statement_list':
        return this.#list(
          tree.children(parent).filter((node) => node > child),
          0,
        );
      case 'if_statement':
        // As its initializer or condition: what it guards is still to come.
        return tree.field(child) === 'initializer' || tree.field(child) === 'condition'
          ? this.#branches(parent, 0)
          : true;
      case 'for_statement':
        return tree.field(child) === 'body' ? this.#afterLoop(parent) : this.#loop(parent, 0);
      case 'for_clause':
      case 'range_clause':
        return true;
      case 'expression_switch_statement':
      case 'type_switch_statement':
        return isCase(tree, child) ? true : this.#cases(parent, 0);
      case 'select_statement':
        return true;
      case 'expression_case':
      case 'type_case':
      case 'communication_case':
      case 'default_case':
        return this.#list(
          tree.children(parent).filter((node) => node > child && tree.kind(node) === 'statement_list'),
          0,
        );
      default:
        return true;
    }
  }

  /** Is this loop or choice left by a jump, when its own end is not reached? */
  isLeft(node: NodeRow): boolean {
    return this.#left.has(node);
  }

  #list(statements: readonly NodeRow[], depth: number): boolean {
    for (const statement of statements) if (!this.#statement(statement, depth)) return false;
    return true;
  }

  /** @returns whether the statement's end is reached without doing it. */
  #statement(node: NodeRow, depth: number): boolean {
    if (depth > MAX_DEPTH) return false;
    const tree = this.#tree;
    switch (tree.kind(node)) {
      case 'return_statement':
        if (!this.#question.does(node)) this.exits.push(node);
        return false;
      case 'break_statement':
        this.#left.add(this.#targetOf(node, LOOPS_AND_CHOICES));
        return false;
      case 'continue_statement': {
        const loop = this.#targetOf(node, ['for_statement']);
        if (this.#afterLoop(loop)) this.#left.add(loop);
        return false;
      }
      case 'goto_statement':
        return false;
      case 'block':
      case 'statement_list':
        return this.#list(tree.children(node), depth + 1);
      case 'labeled_statement':
        return this.#list(tree.children(node).slice(1), depth + 1);
      case 'if_statement':
        return this.#branches(node, depth + 1);
      case 'for_statement':
        return this.#loop(node, depth + 1);
      case 'expression_switch_statement':
      case 'type_switch_statement':
      case 'select_statement':
        return this.#cases(node, depth + 1);
      case 'expression_statement':
        return !this.#question.does(node) && !this.#endsProgram(node);
      default:
        return !this.#question.does(node);
    }
  }

  #branches(node: NodeRow, depth: number): boolean {
    const tree = this.#tree;
    const condition = tree.child(node, 'condition');
    const before = [tree.child(node, 'initializer'), condition];
    if (before.some((part) => part !== NO_NODE && this.#question.does(part))) return false;
    const otherwise = tree.child(node, 'alternative');
    const isReached = this.#question.isImpossible?.(condition) !== true;
    const then = isReached && this.#statement(tree.child(node, 'consequence'), depth);
    const orElse = otherwise === NO_NODE || this.#statement(otherwise, depth);
    return then || orElse;
  }

  #loop(node: NodeRow, depth: number): boolean {
    const tree = this.#tree;
    const body = tree.child(node, 'body');
    const head = tree.children(node).find((child) => child !== body);
    if (head !== undefined && this.#question.does(head)) return false;
    this.#list(tree.children(body), depth);
    return this.#afterLoop(node);
  }

  /** A loop ends by its condition, or by a break. */
  #afterLoop(node: NodeRow): boolean {
    const tree = this.#tree;
    const head = tree.children(node).find((child) => tree.field(child) !== 'body');
    const isEndless =
      head === undefined ||
      (tree.kind(head) === 'for_clause' && tree.child(head, 'condition') === NO_NODE) ||
      tree.textOf(head) === 'true';
    return !isEndless || this.#left.has(node);
  }

  #cases(node: NodeRow, depth: number): boolean {
    const tree = this.#tree;
    let isOpen = false;
    let hasDefault = tree.kind(node) === 'select_statement'; // it waits until a case is ready
    for (const child of tree.children(node)) {
      if (!isCase(tree, child)) {
        if (this.#question.does(child)) return false;
        continue;
      }
      hasDefault ||= tree.kind(child) === 'default_case';
      const parts = tree.children(child);
      const guards = parts.filter((part) => tree.kind(part) !== 'statement_list');
      if (guards.some((part) => this.#question.does(part))) continue;
      if (
        this.#list(
          parts.filter((part) => tree.kind(part) === 'statement_list'),
          depth,
        )
      )
        isOpen = true;
    }
    return isOpen || !hasDefault || this.#left.has(node);
  }

  /** The loop or choice that a `break` or `continue` means. */
  #targetOf(node: NodeRow, kinds: readonly string[]): NodeRow {
    const tree = this.#tree;
    const label = tree.children(node)[0];
    if (label === undefined) return tree.enclosing(tree.parent(node), ...kinds);
    let labeled = tree.enclosing(node, 'labeled_statement');
    while (labeled !== NO_NODE && tree.textOf(tree.child(labeled, 'label')) !== tree.textOf(label)) {
      labeled = tree.enclosing(tree.parent(labeled), 'labeled_statement');
    }
    return tree.children(labeled)[1] ?? NO_NODE;
  }

  #endsProgram(node: NodeRow): boolean {
    const tree = this.#tree;
    const [call] = tree.children(node);
    return call !== undefined && NO_RETURN.test(tree.textOf(tree.child(call, 'function')));
  }
}

function isCase(tree: SyntaxTree, node: NodeRow): boolean {
  return /_case$/.test(tree.kind(node));
}
