// Calls after which something is kept without a value to release: timers, wrapped contexts, label values, signals.
import type { GoFile } from '../../gosource/declarations.ts';
import { findExits } from '../../gosource/paths.ts';
import { statementOf } from '../../gosource/places.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { functionAt, functionKey, type SourceNode } from '../../gosource/source-index.ts';
import type { NodeRow } from '../../gosource/syntax-tree.ts';
import { shortPlace, type SourceAnswer } from './answer.ts';
import { explainLabels } from './label-values.ts';
import { isEndlessLoop } from './conditions.ts';
import { deferLine } from './release-check.ts';

/** What a call of the standard library or of another keeps, by its name. */
export function explainKeptCall(
  analysis: SourceAnalysis,
  call: SourceNode,
  key: string,
): SourceAnswer | null {
  return (
    explainTimer(call.file, call.node, key) ??
    explainWrapped(call, key) ??
    explainLabels(analysis, call, key) ??
    explainSignals(call, key) ??
    explainProcess(call, key) ??
    explainDeferInLoop(analysis, call.file, call.node)
  );
}

/** `time.After` makes a timer for every round; `time.Tick` a ticker that nobody can stop. */
function explainTimer(file: GoFile, call: NodeRow, key: string): SourceAnswer | null {
  const { tree } = file;
  const isTick = key === 'time.Tick';
  const isInLoop = tree.enclosing(
    call,
    'for_statement',
    'func_literal',
    'function_declaration',
    'method_declaration',
  );
  // A wait that runs to its end takes its timer with it.
  const mayGoOn = tree.enclosing(call, 'communication_case', 'block') !== tree.enclosing(call, 'block');
  if (!isTick && !(key === 'time.After' && mayGoOn && tree.kind(isInLoop) === 'for_statement')) return null;
  const at = { file, node: call };
  return {
    pattern: isTick ? 'ticker-not-stopped' : 'timer-in-loop',
    holders: [{ file, node: statementOf(file, call), name: key }],
    fix: {
      file,
      line: tree.line(call),
      text: isTick
        ? `Use time.NewTicker and stop it in a defer: the ticker of time.Tick at ${shortPlace(at)} cannot be stopped.`
        : `Make one timer in front of the loop and reset it, instead of a new one with time.After in every round (${shortPlace(at)}): each stays until it fires.`,
    },
    confidence: 0.8,
  };
}

/** `ctx = context.WithValue(ctx, ...)` in a loop, or in a field: each context holds all before it. */
function explainWrapped({ file, node }: SourceNode, key: string): SourceAnswer | null {
  if (!key.startsWith('context.With')) return null;
  const { tree } = file;
  const statement = statementOf(file, node);
  if (tree.kind(statement) !== 'assignment_statement') return null;
  const [parent] = tree.children(tree.child(node, 'arguments'));
  const [target] = tree.children(tree.child(statement, 'left'));
  if (parent === undefined || target === undefined || tree.textOf(parent) !== tree.textOf(target))
    return null;
  const loop = tree.enclosing(
    node,
    'for_statement',
    'func_literal',
    'function_declaration',
    'method_declaration',
  );
  const isField = tree.kind(target) === 'selector_expression';
  if (!isField && tree.kind(loop) !== 'for_statement') return null;
  const name = tree.textOf(target);
  return {
    pattern: 'context-in-loop',
    holders: [{ file, node: statement, name }],
    fix: {
      file,
      line: tree.line(statement),
      text: `Derive a new context from the same parent each time (a name of its own inside the ${isField ? 'function' : 'loop'}): ${name} wraps the one before it, and so holds all of them.`,
    },
    confidence: 0.86,
  };
}

/** Channels that signals go to are kept until they are taken off. */
function explainSignals({ file, node }: SourceNode, key: string): SourceAnswer | null {
  const around = functionAt(file, node);
  if (key !== 'os/signal.Notify' || around === null || /^(?:main|init)$/.test(around.name)) return null;
  if (/\bsignal\.Stop\(/.test(file.tree.textOf(around.body))) return null;
  return {
    pattern: 'signal-notify-never-stopped',
    holders: [{ file, node: statementOf(file, node), name: 'signal.Notify' }],
    fix: {
      file,
      line: file.tree.line(node),
      text: `Defer signal.Stop right behind signal.Notify (${shortPlace({ file, node })}): until then every channel is kept.`,
    },
    confidence: 0.85,
  };
}

/** A process that was started is waited for, or its pipes and its entry stay. */
function explainProcess({ file, node }: SourceNode, key: string): SourceAnswer | null {
  if (key !== 'os/exec.Cmd.Start') return null;
  const { tree } = file;
  const command = tree.textOf(tree.child(tree.child(node, 'function'), 'operand'));
  const isWait = (inner: NodeRow) => {
    const isMethod =
      tree.kind(inner) === 'selector_expression' && tree.textOf(tree.child(inner, 'field')) === 'Wait';
    return isMethod && tree.textOf(tree.child(inner, 'operand')) === command;
  };
  const [exit] = findExits({ file, from: node, isGood: isWait });
  const around = functionAt(file, node);
  // Kept in a field, somebody else waits.
  if (exit === undefined || around === null || command.includes('.')) return null;
  const isGivenOn = [...tree.descendants(around.body, 'return_statement', 'composite_literal')].some(
    (inner) => [...tree.descendants(inner, 'identifier')].some((name) => tree.textOf(name) === command),
  );
  if (isGivenOn) return null;
  return {
    pattern: 'process-not-waited',
    holders: [{ file, node: statementOf(file, node), name: `${command}.Start` }],
    fix: {
      file,
      line: deferLine(file, node),
      text: `Wait for the process on every way (${command}.Wait, ${shortPlace({ file, node })}): the way out at ${shortPlace({ file, node: exit.node })} leaves its pipes open and the process in the table.`,
    },
    confidence: 0.85,
  };
}

/** A goroutine that keeps its thread: locked, and not unlocked on every way. */
export function explainLockedThread(file: GoFile, body: NodeRow): SourceAnswer | null {
  const { tree } = file;
  for (const node of tree.descendants(body, 'call_expression')) {
    if (tree.textOf(tree.child(node, 'function')) !== 'runtime.LockOSThread') continue;
    const [exit] = findExits({
      file,
      from: node,
      isGood: (inner) =>
        tree.kind(inner) === 'selector_expression' && tree.textOf(inner) === 'runtime.UnlockOSThread',
    });
    if (exit === undefined) continue;
    const around = functionAt(file, node);
    return {
      pattern: 'lock-os-thread-exit',
      holders: [
        { file, node: statementOf(file, node), name: around === null ? 'thread' : functionKey(around) },
      ],
      fix: {
        file,
        line: tree.line(node),
        text: `Defer runtime.UnlockOSThread right behind the lock (${shortPlace({ file, node })}): the way out at ${shortPlace({ file, node: exit.node })} keeps the thread.`,
      },
      confidence: 0.85,
    };
  }
  return null;
}

/** Released by a defer that runs when the function ends, in a loop that does not. */
function explainDeferInLoop(analysis: SourceAnalysis, file: GoFile, call: NodeRow): SourceAnswer | null {
  const { tree } = file;
  const loop = tree.enclosing(
    call,
    'for_statement',
    'func_literal',
    'function_declaration',
    'method_declaration',
  );
  if (tree.kind(loop) !== 'for_statement') return null;
  const [deferred] = [...tree.descendants(loop, 'defer_statement')].filter(
    (node) => tree.enclosing(node, 'for_statement', 'func_literal') === loop,
  );
  if (deferred === undefined) return null;
  return {
    pattern: 'defer-in-loop',
    holders: [{ file, node: deferred, name: 'defer' }],
    fix: {
      file,
      line: tree.line(deferred),
      text: `Release it at the end of each round, or move the round into a function of its own: a defer in this loop (${shortPlace({ file, node: deferred })}) only runs when the loop is over.`,
    },
    // A loop with an end holds them for as long as it takes; one without for ever.
    confidence: isEndlessLoop(analysis, file, loop) ? 0.85 : 0.6,
  };
}
