// What a call gives has to be released: a body closed, a cancel function called. Is it, on every way?
import type { FunctionDeclaration, GoFile } from '../../gosource/declarations.ts';
import type { Local } from '../../gosource/locals.ts';
import { findExits, type Exit } from '../../gosource/paths.ts';
import { statementOf } from '../../gosource/places.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';

export interface Release {
  /** Which result of the call; 0 for the first. */
  readonly result: number;
  /** Methods that release it; null where it is a function that has to be called. */
  readonly methods: RegExp | null;
  /** Field between value and method, as in `resp.Body.Close()`. */
  readonly field: string | null;
  /** Field of it that `close` is to be called on, as in `close(v.done)`. */
  readonly closes?: string;
}

export type ReleaseState =
  /** Somebody else has it: a caller, a field, a function that it was given to. */
  | { readonly kind: 'handed-on'; readonly to: NodeRow }
  | { readonly kind: 'released' }
  /** Nobody keeps what the call gave. */
  | { readonly kind: 'dropped' }
  /** Kept in a name, and never released. */
  | { readonly kind: 'forgotten' }
  /** Released on some ways only. */
  | { readonly kind: 'skipped'; readonly exits: readonly Exit[] };

/** Library functions that read from a value and leave its release to the caller. */
const READERS =
  /^(?:bufio|encoding\/\w+|io|io\/ioutil|fmt|log|compress\/\w+|bytes|strings|errors|time|html\/template|text\/template|crypto\/\w+|hash\/\w+)\./;

/** What reads by its name, of whatever library. */
const READING = /\.(?:ScanRows?|Read(?:All|Full|From)?|Copy\w*|Decode\w*|Unmarshal\w*|Parse\w*)$/;

export function checkRelease(
  analysis: SourceAnalysis,
  file: GoFile,
  call: NodeRow,
  release: Release,
): ReleaseState {
  const { tree } = file;
  const list = tree.parent(call);
  const statement = tree.parent(list);
  const kind = tree.kind(list);
  if (kind === 'expression_statement' || kind === 'go_statement' || kind === 'defer_statement')
    return { kind: 'dropped' };
  // `defer join()()`, `resp.Body` of a call at once, an argument of another call
  if (kind !== 'expression_list') return { kind: 'handed-on', to: list };
  if (tree.field(list) !== 'right') return { kind: 'handed-on', to: statement };
  const names = tree.children(tree.child(statement, 'left'));
  const target = names[tree.children(list).length > 1 ? tree.children(list).indexOf(call) : release.result];
  if (target === undefined) return { kind: 'dropped' };
  if (tree.kind(target) !== 'identifier') return { kind: 'handed-on', to: target };
  if (tree.textOf(target) === '_') return { kind: 'dropped' };
  const local = analysis.index.locals(file).resolve(tree.textOf(target), target);
  if (local === null) return { kind: 'handed-on', to: target };
  return checkLocal(analysis, file, call, local, release);
}

/** Does a function that gets it as a parameter release it? null when it has no name there. */
export function checkParameter(
  analysis: SourceAnalysis,
  declaration: FunctionDeclaration,
  index: number,
  release: Release,
): ReleaseState | null {
  const file = analysis.index.file(declaration.path);
  const parameter = declaration.parameters[Math.min(index, declaration.parameters.length - 1)];
  if (file === null || parameter === undefined || parameter.node === NO_NODE) return null;
  const local = analysis.index.locals(file).resolve(parameter.name, parameter.node);
  return local === null ? null : checkLocal(analysis, file, declaration.body, local, release);
}

/** @param from call that gives it, or body of the function that got it. */
function checkLocal(
  analysis: SourceAnalysis,
  file: GoFile,
  from: NodeRow,
  local: Local,
  release: Release,
): ReleaseState {
  const { tree } = file;
  const uses = analysis.index
    .locals(file)
    .uses(local)
    .filter((use) => use > from);
  const releasing = uses.filter((use) => isReleased(file, use, release));
  const handedOn = uses.filter((use) => isHandedOn(analysis, file, use, release));
  const ends = new Set<NodeRow>([...releasing, ...handedOn]);
  if (ends.size === 0) return { kind: 'forgotten' };
  const isBody = tree.kind(from) === 'block';
  const start = isBody ? from : statementOf(file, from);
  // What is declared in a loop is there for one round.
  const round = tree.child(tree.enclosing(local.node, 'for_statement', 'func_literal'), 'body');
  const isOfRound =
    !isBody && tree.kind(tree.parent(round)) === 'for_statement' && tree.contains(round, from);
  const exits = findExits({
    file,
    from: start,
    isGood: (node) => ends.has(node),
    ...(isOfRound ? { within: round } : {}),
  });
  const real = isBody ? exits : exits.filter(({ node }) => !tree.contains(from, node));
  if (real.length > 0) return { kind: 'skipped', exits: real };
  return releasing.length > 0 ? { kind: 'released' } : { kind: 'handed-on', to: handedOn[0] ?? NO_NODE };
}

/** `v()`, `v.Close()`, `v.Body.Close()`, also without the call where it is handed over as a function. */
function isReleased(file: GoFile, use: NodeRow, release: Release): boolean {
  const { tree } = file;
  if (release.closes !== undefined && isClosed(file, use, release.closes)) return true;
  if (release.methods === null) {
    return tree.field(use) === 'function' && tree.kind(tree.parent(use)) === 'call_expression';
  }
  let selector = tree.parent(use);
  if (release.field !== null && tree.kind(selector) === 'selector_expression') {
    if (tree.textOf(tree.child(selector, 'field')) !== release.field)
      return release.methods.test(tree.textOf(tree.child(selector, 'field')));
    selector = tree.parent(selector);
  }
  return (
    tree.kind(selector) === 'selector_expression' &&
    release.methods.test(tree.textOf(tree.child(selector, 'field')))
  );
}

/** `close(v.done)` */
function isClosed(file: GoFile, use: NodeRow, field: string): boolean {
  const { tree } = file;
  const selector = tree.parent(use);
  const call = tree.parent(tree.parent(selector));
  return (
    tree.textOf(tree.child(selector, 'field')) === field &&
    tree.textOf(tree.child(call, 'function')) === 'close'
  );
}

/** Given to somebody who may release it. */
function isHandedOn(analysis: SourceAnalysis, file: GoFile, use: NodeRow, release: Release): boolean {
  const { tree } = file;
  let node = use;
  let parent = tree.parent(node);
  if (
    release.field !== null &&
    tree.kind(parent) === 'selector_expression' &&
    tree.textOf(tree.child(parent, 'field')) === release.field
  ) {
    node = parent;
    parent = tree.parent(node);
  }
  while (tree.kind(parent) === 'unary_expression' || tree.kind(parent) === 'parenthesized_expression') {
    node = parent;
    parent = tree.parent(node);
  }
  switch (tree.kind(parent)) {
    case 'literal_element':
    case 'send_statement':
      return true;
    case 'expression_list': {
      const statement = tree.parent(parent);
      if (tree.kind(statement) === 'return_statement') return true;
      const targets = tree.children(tree.child(statement, 'left'));
      return tree.field(parent) === 'right' && targets.every((target) => tree.textOf(target) !== '_');
    }
    case 'argument_list':
      return isTakenBy(analysis, file, tree.parent(parent), tree.children(parent).indexOf(node), release);
    default:
      return false;
  }
}

/** Does a function do more with its argument than read it? */
function isTakenBy(
  analysis: SourceAnalysis,
  file: GoFile,
  call: NodeRow,
  i: number,
  release: Release,
): boolean {
  const callee = analysis.types.calleeOf({ file, node: call });
  if (callee.kind === 'external')
    return (
      !READERS.test(callee.key) &&
      !READING.test(callee.key) &&
      !isOnlyWrapped(analysis, file, call, callee.key, release)
    );
  if (callee.kind !== 'known') return callee.kind !== 'builtin';
  return callee.functions.some((f) => {
    const target = analysis.index.file(f.path);
    const parameter = f.parameters[Math.min(i, f.parameters.length - 1)];
    if (target === null || parameter === undefined || parameter.node === NO_NODE) return false;
    const local = analysis.index.locals(target).resolve(parameter.name, parameter.node);
    if (local === null) return false;
    return analysis.index
      .locals(target)
      .uses(local)
      .some((use) => isReleased(target, use, release) || isStored(target, use));
  });
}

/** `pb.NewUsersClient(conn).Get(ctx)`: the wrapper is used and dropped, and ends nothing. */
function isOnlyWrapped(
  analysis: SourceAnalysis,
  file: GoFile,
  call: NodeRow,
  key: string,
  release: Release,
): boolean {
  const { tree } = file;
  if (!/\.New\w*$/.test(key)) return false;
  const parent = tree.parent(call);
  if (tree.kind(parent) === 'selector_expression') return !isEnding(file, parent);
  const [name] = tree.field(parent) === 'right' ? tree.children(tree.child(tree.parent(parent), 'left')) : [];
  if (name === undefined || tree.kind(name) !== 'identifier') return false;
  const local = analysis.index.locals(file).resolve(tree.textOf(name), name);
  if (local === null) return false;
  return analysis.index
    .locals(file)
    .uses(local)
    .every((use) => {
      const isCalled = tree.kind(tree.parent(use)) === 'selector_expression';
      return isCalled ? !isEnding(file, tree.parent(use)) : !isHandedOn(analysis, file, use, release);
    });
}

/** `x.Close`, `x.Shutdown`: it may end what it was given, too. */
function isEnding({ tree }: GoFile, selector: NodeRow): boolean {
  return /^(?:Close|Stop|Release|Shutdown|Disconnect|Quit|Destroy)/.test(
    tree.textOf(tree.child(selector, 'field')),
  );
}

function isStored(file: GoFile, use: NodeRow): boolean {
  const { tree } = file;
  const parent = tree.parent(use);
  if (tree.kind(parent) === 'literal_element' || tree.kind(parent) === 'send_statement') return true;
  return (
    tree.kind(parent) === 'expression_list' &&
    (tree.field(parent) === 'right' || tree.kind(tree.parent(parent)) === 'return_statement')
  );
}

/** Line behind which a defer belongs: behind the check for failure that follows the call, else the call itself. */
export function deferLine(file: GoFile, call: NodeRow): number {
  const { tree } = file;
  const statement = statementOf(file, call);
  const siblings = tree.children(tree.parent(statement));
  const next = siblings[siblings.indexOf(statement) + 1];
  if (next === undefined || tree.kind(next) !== 'if_statement') return tree.endLine(statement);
  const names = tree.children(tree.child(statement, 'left')).map((name) => tree.textOf(name));
  const condition = tree.textOf(tree.child(next, 'condition'));
  const isOfThis =
    tree.child(next, 'initializer') === NO_NODE &&
    names.some((name) => new RegExp(`\\b${name}\\b`).test(condition));
  const isFailure = isOfThis && /\w*err\w*\s*!=\s*nil|!\s*\w+|==\s*nil/i.test(condition);
  return tree.endLine(isFailure ? next : statement);
}
