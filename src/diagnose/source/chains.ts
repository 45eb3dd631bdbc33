// Values that are wrapped again and again: `w.log = w.log.With("job", id)` for every job.
import { describeCall, type Call } from '../../gosource/call-graph.ts';
import type { FunctionDeclaration, GoFile } from '../../gosource/declarations.ts';
import { statementOf } from '../../gosource/places.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { functionAt } from '../../gosource/source-index.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import { shortPlace, type SourceAnswer } from './answer.ts';
import { isEndlessLoop } from './conditions.ts';
import type { Located } from './locate.ts';

/** Functions between the one that makes the wrapper and the assignment. */
const MAX_WRAPPERS = 2;
/** Library methods that give a value which holds the one before: loggers, metrics, builders. */
const WRAPPING = /\.With(?:Field|Fields|Attrs|Group|Values|Value|Name|Prefix|Labels|Context|Error)?$/;

/** What the culprit's line makes holds the one before it, and takes its place. */
export function explainChain(analysis: SourceAnalysis, located: Located): SourceAnswer | null {
  const { file, line, declaration } = located;
  const inLibrary = [...file.tree.descendants(declaration?.body ?? NO_NODE, 'call_expression')]
    .filter((node) => file.tree.line(node) === line)
    .filter((node) => {
      const callee = analysis.types.calleeOf({ file, node });
      return callee.kind === 'external' && !callee.key.startsWith('context.') && WRAPPING.test(callee.key);
    })
    .map((node) => describeCall(file, node));
  const own = declaration === null ? [] : callsOfWrapper(analysis, declaration, 0);
  for (const call of [...inLibrary, ...own]) {
    const target = findTarget(analysis, call);
    if (target !== NO_NODE) return describeChain(call, target);
  }
  return null;
}

/** Calls of a function that puts its receiver (or first argument) into what it gives, and of those that hand that on. */
function callsOfWrapper(analysis: SourceAnalysis, declaration: FunctionDeclaration, depth: number): Call[] {
  const file = analysis.index.file(declaration.path);
  if (file === null || !isHolding(file, declaration, depth)) return [];
  return analysis.calls.callsOf(declaration).flatMap((call) => {
    const isReturned = call.file.tree.enclosing(call.node, 'return_statement', 'block') !== NO_NODE;
    const outer =
      isReturned && call.caller !== null && call.caller !== declaration && depth < MAX_WRAPPERS
        ? callsOfWrapper(analysis, call.caller, depth + 1)
        : [];
    return [call, ...outer];
  });
}

/** Does the result hold the receiver (or the first parameter) itself, or a longer copy of one of its lists? */
function isHolding(
  { tree }: GoFile,
  { receiver, parameters, body }: FunctionDeclaration,
  depth: number,
): boolean {
  const names = new Set(
    [receiver?.name, parameters[0]?.name].filter((name) => name !== undefined && name !== ''),
  );
  const isOf = (node: NodeRow | undefined) =>
    node !== undefined &&
    tree.kind(node) === 'selector_expression' &&
    names.has(tree.textOf(tree.child(node, 'operand')));
  const isReturned = (node: NodeRow) =>
    tree.enclosing(node, 'return_statement', 'short_var_declaration') !== NO_NODE;
  for (const element of tree.descendants(body, 'literal_element')) {
    if (names.has(tree.textOf(element)) && isReturned(element)) return true;
  }
  let isCopied = false;
  let isAppended = false;
  for (const call of tree.descendants(body, 'call_expression')) {
    const name = tree.textOf(tree.child(call, 'function'));
    const args = tree.children(tree.child(call, 'arguments'));
    if (name === 'append' && isOf(args[0]) && isReturned(call)) return true;
    if (name === 'append') isAppended = true;
    if (name === 'copy' && isOf(args[1])) isCopied = true;
    // A wrapper of the wrapper: `return l.With(...)`.
    if (depth > 0 && isOf(tree.child(call, 'function')) && isReturned(call)) return true;
  }
  return isCopied && isAppended;
}

/** `x.log` of `x.log = x.log.With(...)`, when it outlives the statement's round; NO_NODE else. */
function findTarget(analysis: SourceAnalysis, { file, node }: Call): NodeRow {
  const { tree } = file;
  const statement = statementOf(file, node);
  if (
    tree.kind(statement) !== 'assignment_statement' ||
    tree.textOf(tree.child(statement, 'operator')) !== '='
  )
    return NO_NODE;
  const [target] = tree.children(tree.child(statement, 'left'));
  const around = functionAt(file, node);
  if (target === undefined || around === null) return NO_NODE;
  const text = tree.textOf(target);
  if (
    rootOf(file, node) !== text &&
    !tree.children(tree.child(node, 'arguments')).some((a) => tree.textOf(a) === text)
  )
    return NO_NODE;
  const loop = tree.enclosing(statement, 'for_statement', 'func_literal');
  const isInLoop = tree.kind(loop) === 'for_statement';
  if (tree.kind(target) === 'selector_expression') {
    const owner = tree.child(target, 'operand');
    const local =
      tree.kind(owner) === 'identifier'
        ? analysis.index.locals(file).resolve(tree.textOf(owner), owner)
        : null;
    // What was made here gets it once.
    const isFresh = local?.kind === 'variable' && !(isInLoop && !tree.contains(loop, local.node));
    return isFresh || /^(?:New|new|init|Init|Open|main$)/.test(around.name) ? NO_NODE : target;
  }
  if (tree.kind(target) !== 'identifier') return NO_NODE;
  const local = analysis.index.locals(file).resolve(text, target);
  if (local === null) return /^(?:init|main)$/.test(around.name) ? NO_NODE : target;
  const isEndless = isInLoop && !tree.contains(loop, local.node) && isEndlessLoop(analysis, file, loop);
  return isEndless ? target : NO_NODE;
}

/** What a chain of calls begins with: `w.log` of `w.log.With("a", 1).With("b", 2)`. */
function rootOf({ tree }: GoFile, call: NodeRow): string {
  let at = call;
  while (tree.kind(at) === 'call_expression') at = tree.child(tree.child(at, 'function'), 'operand');
  return tree.textOf(at);
}

function describeChain({ file, node }: Call, target: NodeRow): SourceAnswer {
  const { tree } = file;
  const name = tree.textOf(target);
  const statement = statementOf(file, node);
  return {
    pattern: 'wrapped-in-loop',
    holders: [{ file, node: statement, name }],
    fix: {
      file,
      line: tree.line(statement),
      text: `Give what is made here a name of its own instead of putting it in the place of ${name} (${shortPlace({ file, node: statement })}): it holds all that ${name} held before, and gets longer each time.`,
    },
    confidence: 0.86,
  };
}
