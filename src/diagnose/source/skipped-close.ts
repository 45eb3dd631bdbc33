// Channels that end a goroutine when they are closed, and functions that close them on some ways only.
import { findExits } from '../../gosource/paths.ts';
import { statementOf } from '../../gosource/places.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { functionAt, type SourceNode } from '../../gosource/source-index.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import { shortPlace, type SourceAnswer } from './answer.ts';
import type { ChannelStudy } from './channels.ts';
import { findSkippedRemoval } from './paired-calls.ts';
import { holdersOf, type WaitingGoroutine } from './waiting.ts';

/** A function that has the channel (made it, started the goroutine, got it from somebody) closes it, and leaves before. */
export function explainSkippedClose(
  waiting: WaitingGoroutine,
  study: ChannelStudy,
  pattern: string,
): SourceAnswer | null {
  for (const close of study.closes) {
    const { tree } = close.file;
    if (tree.kind(tree.parent(close.node)) === 'defer_statement') continue;
    const from = findBeginning(waiting, study, close);
    if (from === NO_NODE) continue;
    const [exit] = findExits({ file: close.file, from, isGood: (node) => node === close.node });
    if (exit === undefined) continue;
    const at = { file: close.file, node: exit.node };
    const wait = shortPlace({ file: waiting.file, node: waiting.node });
    const leaving = exit.kind === 'end' ? 'one way through the function' : `the way out at ${shortPlace(at)}`;
    // A defer runs too late for who waits for the goroutines, and again and again in a loop.
    const isLate = isWaitedFor(close) || tree.enclosing(from, 'for_statement') > functionOf(close);
    const isBeforeLeaving = isLate && exit.kind !== 'end';
    return {
      pattern,
      holders: holdersOf(waiting, study),
      fix: {
        file: close.file,
        line: isBeforeLeaving ? tree.line(exit.node) : tree.line(statementOf(close.file, from)),
        text: isBeforeLeaving
          ? `Close ${study.place.name} before leaving at ${shortPlace(at)} too: this way leaves it open, and the goroutine at ${wait} waits for ever.`
          : `Defer close(${study.place.name}) right behind this: ${leaving} leaves it open, and the goroutine at ${wait} waits for ever.`,
      },
      confidence: 0.9,
    };
  }
  return null;
}

/** Does the function wait for its goroutines behind the close? */
function isWaitedFor(close: SourceNode): boolean {
  const { tree } = close.file;
  return [...tree.descendants(functionOf(close), 'call_expression')].some(
    (call) => call > close.node && /\.Wait$/.test(tree.textOf(tree.child(call, 'function')).slice(-20)),
  );
}

function functionOf({ file, node }: SourceNode): NodeRow {
  return file.tree.enclosing(node, 'func_literal', 'function_declaration', 'method_declaration');
}

/** From where on the closing function owes the close; NO_NODE when it only does as it is told. */
function findBeginning(waiting: WaitingGoroutine, study: ChannelStudy, close: SourceNode): NodeRow {
  const { tree } = close.file;
  const owner = declarationOfRoot(waiting.analysis, close);
  const around =
    owner === NO_NODE
      ? tree.enclosing(close.node, 'func_literal', 'function_declaration', 'method_declaration')
      : tree.enclosing(owner, 'func_literal', 'function_declaration', 'method_declaration');
  const isHere = (at: SourceNode | null | undefined) =>
    at !== null && at !== undefined && at.file === close.file && tree.contains(around, at.node);
  const start = waiting.starts.find(isHere);
  if (start !== undefined) return start.node;
  if (study.make !== null && isHere(study.make)) return study.make.node;
  if (owner !== NO_NODE) return owner;
  return study.sends.find(isHere)?.node ?? NO_NODE;
}

/** Declaration of the local that is closed, or whose field is: `stop` of `close(stop)`, `l` of `close(l.done)`. */
function declarationOfRoot(analysis: SourceAnalysis, { file, node }: SourceNode): NodeRow {
  const { tree } = file;
  let root = tree.children(tree.child(node, 'arguments'))[0] ?? NO_NODE;
  while (tree.kind(root) === 'selector_expression') root = tree.child(root, 'operand');
  if (tree.kind(root) !== 'identifier') return NO_NODE;
  const local = analysis.index.locals(file).resolve(tree.textOf(root), root);
  return local === null || local.kind !== 'variable' ? NO_NODE : statementOf(file, local.node);
}

/** Whoever makes the goroutine start calls the function that closes the channel, but not on every way. */
export function explainSkippedEnd(
  waiting: WaitingGoroutine,
  study: ChannelStudy,
  pattern: string,
): SourceAnswer | null {
  const { analysis } = waiting;
  const enders = new Set(study.closes.flatMap(({ file, node }) => functionAt(file, node) ?? []));
  for (const { starter } of waiting.starts) {
    const removers = new Set([...enders].filter((f) => f !== starter));
    if (starter === null || removers.size === 0) continue;
    const found = findSkippedRemoval({
      analysis,
      adder: starter,
      removers,
      holders: holdersOf(waiting, study),
      isOnPath: waiting.isOnPath,
      what: `the goroutine at ${shortPlace({ file: waiting.file, node: waiting.node })}`,
      pattern,
    });
    if (found !== null) return found;
  }
  return null;
}
