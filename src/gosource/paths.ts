// Ways through a function: which of them leave it without passing a call that should come first.
import type { GoFile } from './declarations.ts';
import { statementOf } from './places.ts';
import { NO_NODE, type NodeRow } from './syntax-tree.ts';

/** A way out that passes none of the calls asked for. */
export interface Exit {
  /** The return, continue or break that takes it; the function or loop where it simply ends. */
  readonly node: NodeRow;
  readonly kind: 'return' | 'continue' | 'break' | 'end';
}

export interface PathQuery {
  readonly file: GoFile;
  /** Statement (or a node in it) after which the ways begin; the body of a function for all its ways. */
  readonly from: NodeRow;
  /** Passing such a node ends a way well; asked for every node of a statement. */
  readonly isGood: (node: NodeRow) => boolean;
  /** Outermost node of interest: the function around `from` unless a loop's body is given. */
  readonly within?: NodeRow;
}

interface Outcome {
  readonly exits: readonly Exit[];
  /** Can control go on behind this statement? */
  readonly falls: boolean;
  /** What took it there, when not the normal way. */
  readonly via: Exit | null;
  /** Ways that leave for the loop or switch around. */
  readonly jumps: readonly Exit[];
}

const ENDS: Outcome = { exits: [], falls: false, via: null, jumps: [] };
const FALLS: Outcome = { ...ENDS, falls: true };

/** Statements read for one question; a longer function is generated. */
const MAX_STATEMENTS = 5000;

/** Ways out of the function (or loop body) around `from` that begin behind it and pass nothing good. */
export function findExits(query: PathQuery): Exit[] {
  return new PathSearch(query).run();
}

class PathSearch {
  readonly #query: PathQuery;
  #statements = 0;

  constructor(query: PathQuery) {
    this.#query = query;
  }

  run(): Exit[] {
    const { file, from } = this.#query;
    const { tree } = file;
    const home =
      this.#query.within ??
      tree.enclosing(tree.parent(from), 'func_literal', 'function_declaration', 'method_declaration');
    if (tree.kind(from) === 'block' && tree.parent(from) === home) return this.#whole(from, home);
    const exits: Exit[] = [];
    let jumps: readonly Exit[] = [];
    let at = statementOf(file, from);
    let isReached = true;
    let via: Exit | null = null;
    const failure = failureCheck(file, at);
    // From the innermost block outwards: what comes behind the statement, then behind the block's own statement.
    while (at !== NO_NODE && at !== home) {
      const parent = tree.parent(at);
      const landing = jumps.find(({ kind }) => isLandedIn(tree.kind(at), kind));
      if (landing !== undefined) {
        jumps = jumps.filter(({ kind }) => !isLandedIn(tree.kind(at), kind));
        isReached = true;
        via = landing;
      }
      const outcome: Outcome = isReached ? this.#behind(at, parent, failure) : ENDS;
      exits.push(...outcome.exits);
      jumps = [...jumps, ...outcome.jumps];
      isReached = outcome.falls;
      via = outcome.via ?? via;
      if (!isReached && jumps.length === 0) return exits;
      at = parent;
    }
    const end: Exit[] = isReached ? [via ?? { node: home, kind: 'end' }] : [];
    return [...exits, ...jumps, ...end];
  }

  #whole(body: NodeRow, home: NodeRow): Exit[] {
    const { exits, falls, via } = this.#list(bodyOf(this.#query.file, body), null);
    return falls ? [...exits, via ?? { node: home, kind: 'end' }] : [...exits];
  }

  /** What follows `at` in the node around it. */
  #behind(at: NodeRow, parent: NodeRow, failure: FailureCheck | null): Outcome {
    const { file } = this.#query;
    const { tree } = file;
    const kind = tree.kind(parent);
    if (kind === 'statement_list' || (kind === 'block' && tree.kind(at) !== 'statement_list')) {
      const siblings = tree.children(parent);
      return this.#list(siblings.slice(siblings.indexOf(at) + 1), failure);
    }
    if (kind === 'if_statement' && tree.field(at) === 'initializer') return this.#branches(parent, failure);
    if (kind === 'communication_case' && tree.field(at) === 'communication')
      return this.#list(bodyOf(file, parent), failure);
    return FALLS;
  }

  #list(statements: readonly NodeRow[], failure: FailureCheck | null): Outcome {
    const exits: Exit[] = [];
    const jumps: Exit[] = [];
    let via: Exit | null = null;
    let check = failure;
    for (const statement of statements) {
      const outcome = this.#statement(statement, check);
      if (check?.isOverwrittenIn(statement) === true) check = null;
      exits.push(...outcome.exits);
      jumps.push(...outcome.jumps);
      if (!outcome.falls) return { exits, falls: false, via: null, jumps };
      via = outcome.via ?? via;
    }
    return { exits, falls: true, via, jumps };
  }

  #statement(node: NodeRow, failure: FailureCheck | null): Outcome {
    const { file } = this.#query;
    const { tree } = file;
    if (++this.#statements > MAX_STATEMENTS) return ENDS;
    switch (tree.kind(node)) {
      case 'block':
      case 'statement_list':
        return this.#list(bodyOf(file, node), failure);
      case 'labeled_statement':
        return this.#statement(tree.children(node).at(-1) ?? NO_NODE, failure);
      case 'if_statement':
        if (this.#isPassed(tree.child(node, 'initializer')) || this.#isPassed(tree.child(node, 'condition')))
          return ENDS;
        return this.#branches(node, failure);
      case 'for_statement':
        return this.#loop(node);
      case 'expression_switch_statement':
      case 'type_switch_statement':
      case 'select_statement':
        return this.#cases(node);
      case 'return_statement':
        return this.#isPassed(node) ? ENDS : { ...ENDS, exits: [{ node, kind: 'return' }] };
      case 'continue_statement':
        return { ...ENDS, jumps: [{ node, kind: 'continue' }] };
      case 'break_statement':
        return { ...ENDS, jumps: [{ node, kind: 'break' }] };
      case 'expression_statement':
        return this.#isPassed(node) || isEndOfProgram(tree.textOf(node)) ? ENDS : FALLS;
      default:
        return this.#isPassed(node) ? ENDS : FALLS;
    }
  }

  #branches(node: NodeRow, failure: FailureCheck | null): Outcome {
    const { tree } = this.#query.file;
    const told = failure?.read(tree.child(node, 'condition'));
    const alternative = tree.child(node, 'alternative');
    const otherwise = alternative === NO_NODE ? FALLS : this.#statement(alternative, failure);
    return either([
      told?.whenTrue === true ? ENDS : this.#statement(tree.child(node, 'consequence'), failure),
      told?.whenFalse === true ? ENDS : otherwise,
    ]);
  }

  #loop(node: NodeRow): Outcome {
    const { tree } = this.#query.file;
    const body = tree.child(node, 'body');
    const header = tree.children(node).find((child) => child !== body) ?? NO_NODE;
    if (this.#isPassed(header)) return ENDS;
    const inside = this.#statement(body, null);
    const isEndless =
      header === NO_NODE ||
      (tree.kind(header) === 'for_clause' && tree.child(header, 'condition') === NO_NODE);
    const isLeft = inside.jumps.some(({ kind }) => kind === 'break');
    return { exits: inside.exits, falls: !isEndless || isLeft, via: null, jumps: [] };
  }

  #cases(node: NodeRow): Outcome {
    const { file } = this.#query;
    const { tree } = file;
    const cases = tree.children(node).filter((child) => tree.kind(child).endsWith('_case'));
    const outcomes = cases.map((child) => {
      if (this.#isPassed(tree.child(child, 'communication'))) return ENDS;
      const outcome = this.#list(bodyOf(file, child), null);
      const leaving = outcome.jumps.find(({ kind }) => kind === 'break');
      if (leaving === undefined) return outcome;
      const jumps = outcome.jumps.filter(({ kind }) => kind !== 'break');
      return { ...outcome, falls: true, via: leaving, jumps };
    });
    const isSelect = tree.kind(node) === 'select_statement';
    const hasDefault = cases.some((child) => tree.kind(child) === 'default_case');
    return either(isSelect || hasDefault ? outcomes : [...outcomes, FALLS]);
  }

  #isPassed(node: NodeRow): boolean {
    if (node === NO_NODE) return false;
    for (const inner of this.#query.file.tree.descendants(node)) if (this.#query.isGood(inner)) return true;
    return false;
  }
}

function either(outcomes: readonly Outcome[]): Outcome {
  const falling = outcomes.filter(({ falls }) => falls);
  const via = falling.find((outcome) => outcome.via !== null)?.via ?? null;
  return {
    exits: outcomes.flatMap(({ exits }) => exits),
    falls: falling.length > 0,
    via,
    jumps: outcomes.flatMap(({ jumps }) => jumps),
  };
}

/** Labels are not read: a jump ends at the nearest statement that it can leave. */
function isLandedIn(statement: string, jump: Exit['kind']): boolean {
  if (statement === 'for_statement') return jump === 'continue' || jump === 'break';
  return jump === 'break' && /^(?:expression_switch|type_switch|select)_statement$/.test(statement);
}

/** Statements of a block or case. */
export function bodyOf(file: GoFile, node: NodeRow): NodeRow[] {
  const { tree } = file;
  const list = tree.kind(node) === 'statement_list' ? node : tree.childOfKind(node, 'statement_list');
  return list === NO_NODE ? [] : tree.children(list);
}

function isEndOfProgram(text: string): boolean {
  return /^(?:panic|os\.Exit|log\.(?:Fatal|Panic)\w*|runtime\.Goexit)\(/.test(text);
}

/** Which outcomes of a condition say that the call failed, so that nothing has to be undone. */
interface Failing {
  readonly whenTrue: boolean;
  readonly whenFalse: boolean;
}

const NEITHER: Failing = { whenTrue: false, whenFalse: false };

/** Reads conditions behind `v, err := f()`, as long as these names are not given other values. */
class FailureCheck {
  readonly #file: GoFile;
  readonly #names: ReadonlySet<string>;

  constructor(file: GoFile, names: readonly string[]) {
    this.#file = file;
    this.#names = new Set(names);
  }

  isOverwrittenIn(statement: NodeRow): boolean {
    const { tree } = this.#file;
    return [...tree.descendants(statement, 'short_var_declaration', 'assignment_statement')].some((inner) =>
      tree.children(tree.child(inner, 'left')).some((name) => this.#names.has(tree.textOf(name))),
    );
  }

  read(condition: NodeRow): Failing {
    const { tree } = this.#file;
    switch (tree.kind(condition)) {
      case 'parenthesized_expression':
        return this.read(tree.children(condition)[0] ?? NO_NODE);
      case 'identifier': // `if ok {`
        return { whenTrue: false, whenFalse: this.#names.has(tree.textOf(condition)) };
      case 'unary_expression': {
        if (tree.textOf(tree.child(condition, 'operator')) !== '!') return NEITHER;
        const { whenTrue, whenFalse } = this.read(tree.child(condition, 'operand'));
        return { whenTrue: whenFalse, whenFalse: whenTrue };
      }
      case 'binary_expression':
        return this.#readPair(
          tree.textOf(tree.child(condition, 'operator')),
          tree.child(condition, 'left'),
          tree.child(condition, 'right'),
        );
      default:
        return NEITHER;
    }
  }

  #readPair(operator: string, left: NodeRow, right: NodeRow): Failing {
    const { tree } = this.#file;
    if (operator === '&&' || operator === '||') {
      const sides = [this.read(left), this.read(right)];
      const isAnd = operator === '&&';
      // Both sides hold where `&&` is true, one of them where it is false; `||` is the other way about.
      return {
        whenTrue: isAnd ? sides.some((side) => side.whenTrue) : sides.every((side) => side.whenTrue),
        whenFalse: isAnd ? sides.every((side) => side.whenFalse) : sides.some((side) => side.whenFalse),
      };
    }
    const name = tree.textOf(left);
    if (tree.textOf(right) !== 'nil' || !this.#names.has(name) || !/^[!=]=$/.test(operator)) return NEITHER;
    // An error that there is, or a value that there is not.
    const isFailure = /^e$|err/i.test(name) === (operator === '!=');
    return { whenTrue: isFailure, whenFalse: !isFailure };
  }
}

function failureCheck(file: GoFile, statement: NodeRow): FailureCheck | null {
  const { tree } = file;
  const names = tree.children(tree.child(statement, 'left')).map((name) => tree.textOf(name));
  if (names.length === 0 || !/^(?:short_var_declaration|assignment_statement)$/.test(tree.kind(statement)))
    return null;
  return new FailureCheck(file, names);
}
