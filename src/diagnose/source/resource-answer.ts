// Things that must be released: bodies, rows, files, tickers, contexts, what libraries open.
import { describeCall } from '../../gosource/call-graph.ts';
import type { GoFile } from '../../gosource/declarations.ts';
import { findExits } from '../../gosource/paths.ts';
import { statementOf } from '../../gosource/places.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { functionAt, functionKey, type SourceNode } from '../../gosource/source-index.ts';
import type { NodeRow } from '../../gosource/syntax-tree.ts';
import { pickBest, shortPlace, type Holder, type SourceAnswer } from './answer.ts';
import { isEndlessLoop } from './conditions.ts';
import { findDroppedHandle } from './dropped-handle.ts';
import { findHandOver } from './hand-over.ts';
import { pathFilter, type Located } from './locate.ts';
import { checkRelease, deferLine, type ReleaseState } from './release-check.ts';
import { findResource, guessResource, type ResourceKind } from './resource-table.ts';

/** Calls on the line of a culprit that give something to release, and are not (always) followed by it. */
export function explainResource(
  analysis: SourceAnalysis,
  located: Located,
  mayGuess: boolean,
): SourceAnswer | null {
  const { file, line } = located;
  return pickBest(
    callsOnLine(file, line).map((node) => {
      const callee = analysis.types.calleeOf({ file, node });
      if (callee.kind !== 'external') return null;
      const known = findResource(callee.key);
      const kind = known ?? (mayGuess ? guessResource(callee.key) : null);
      const answer = kind === null ? null : explainCall(analysis, located, node, { key: callee.key, kind });
      if (answer !== null)
        return known === null ? { ...answer, confidence: answer.confidence * 0.7 } : answer;
      return explainTimer(file, node, callee.key) ?? explainDeferInLoop(analysis, file, node);
    }),
  );
}

/** Calls that begin, end or have their name on a line, outermost first. */
export function callsOnLine(file: GoFile, line: number): NodeRow[] {
  const { tree } = file;
  const found: NodeRow[] = [];
  for (const node of tree.descendants(tree.root, 'call_expression')) {
    if (tree.line(node) > line) break;
    if (tree.endLine(node) < line) continue;
    const isOnLine =
      tree.line(node) === line ||
      tree.line(tree.child(node, 'arguments')) === line ||
      tree.endLine(node) === line;
    if (isOnLine && found.length < 40) found.push(node);
  }
  return found;
}

interface Opened {
  readonly key: string;
  readonly kind: ResourceKind;
}

function explainCall(
  analysis: SourceAnalysis,
  located: Located,
  call: NodeRow,
  opened: Opened,
): SourceAnswer | null {
  const { file } = located;
  const state = checkRelease(analysis, file, call, opened.kind.release);
  if (state.kind === 'handed-on') return explainHandedOn(analysis, located, { call, to: state.to }, opened);
  if (state.kind === 'released') return null;
  return describeUnreleased({ file, node: call }, opened, state, []);
}

function describeUnreleased(
  call: SourceNode,
  { key, kind }: Opened,
  state: ReleaseState,
  holders: readonly Holder[],
): SourceAnswer {
  const { file, node } = call;
  const exit = state.kind === 'skipped' ? state.exits[0] : undefined;
  const why =
    exit === undefined
      ? 'nothing here does'
      : `the way out at ${shortPlace({ file, node: exit.node })} does not`;
  const name = key.slice(key.lastIndexOf('/') + 1);
  const isFunction = kind.release.methods === null;
  return {
    pattern: kind.pattern,
    holders: [...holders, { file, node: statementOf(file, node), name }],
    fix: {
      file,
      line: deferLine(file, node),
      text: `Defer ${isFunction ? kind.verb : `${kind.verb} of what ${name} gives`} right behind the call (${shortPlace(call)}): ${why}.`,
    },
    confidence: 0.92,
  };
}

/** Returned to a caller, who has to release it; or put into a field. */
function explainHandedOn(
  analysis: SourceAnalysis,
  located: Located,
  handed: { readonly call: NodeRow; readonly to: NodeRow },
  { key, kind }: Opened,
): SourceAnswer | null {
  const { file } = located;
  const over = findHandOver(analysis, file, { ...handed, release: kind.release });
  if (over === null) return null;
  const name = key.slice(key.lastIndexOf('/') + 1);
  return findDroppedHandle({
    analysis,
    ...over,
    holders: [{ file, node: statementOf(file, handed.call), name }],
    pattern: kind.pattern,
    consequence: `what ${name} opened stays open`,
    isOnPath: pathFilter(located.culprit),
  });
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
  if (!isTick && !(key === 'time.After' && tree.kind(isInLoop) === 'for_statement')) return null;
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
  if (tree.kind(loop) !== 'for_statement' || !isEndlessLoop(analysis, file, loop)) return null;
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
    confidence: 0.85,
  };
}

/** An `http.Transport` for every call keeps its idle connections for ever. */
export function explainTransport(analysis: SourceAnalysis, located: Located): SourceAnswer | null {
  for (const file of analysis.index.filesMentioning('http.Transport')) {
    const { tree } = file;
    for (const node of tree.descendants(tree.root, 'composite_literal', 'call_expression')) {
      const isLiteral =
        tree.kind(node) === 'composite_literal' &&
        /^http\.Transport$/.test(tree.textOf(tree.child(node, 'type')));
      const isClone =
        tree.kind(node) === 'call_expression' &&
        /Transport\)?\.Clone$|\(\*http\.Transport\)\.Clone$/.test(tree.textOf(tree.child(node, 'function')));
      if (!isLiteral && !isClone) continue;
      const around = functionAt(file, node);
      if (around === null || /^(?:main|init)$/.test(around.name)) continue;
      const from = located.declaration;
      const isUsed = from === around || (from !== null && analysis.calls.reaches(from, new Set([around]), 3));
      if (!isUsed) continue;
      const at = { file, node };
      return {
        pattern: 'transport-per-request',
        holders: [{ file, node: statementOf(file, node), name: 'http.Transport' }],
        fix: {
          file,
          line: tree.line(node),
          text: `Make one http.Transport and share it: ${functionKey(around)} makes one for every call (${shortPlace(at)}), and each keeps its idle connections open.`,
        },
        confidence: 0.8,
      };
    }
  }
  return null;
}

/** Where the sources use the library that a culprit belongs to: what it opens there is not ended, or opened again and again. */
export function explainLibraryUse(analysis: SourceAnalysis, importPath: string): SourceAnswer | null {
  const answers: SourceAnswer[] = [];
  for (const file of analysis.index.filesMentioning(`"${importPath}"`)) {
    for (const node of file.tree.descendants(file.tree.root, 'call_expression')) {
      const callee = analysis.types.calleeOf({ file, node });
      if (callee.kind !== 'external' || !callee.key.startsWith(`${importPath}.`)) continue;
      const kind = findResource(callee.key) ?? guessResource(callee.key);
      const call = describeCall(file, node);
      if (kind === null || call.caller === null || /^(?:main|init)$/.test(call.caller.name)) continue;
      const state = checkRelease(analysis, file, node, kind.release);
      if (state.kind === 'released') continue;
      const answer =
        state.kind === 'handed-on'
          ? describeRepeated(call, callee.key)
          : describeUnreleased(call, { key: callee.key, kind }, state, []);
      answers.push({ ...answer, confidence: answer.confidence * 0.7 });
    }
  }
  return pickBest(answers);
}

function describeRepeated(call: SourceNode & { readonly caller: unknown }, key: string): SourceAnswer {
  const name = key.slice(key.lastIndexOf('/') + 1);
  return {
    pattern: 'not-closed',
    holders: [{ file: call.file, node: statementOf(call.file, call.node), name }],
    fix: {
      file: call.file,
      line: call.file.tree.line(call.node),
      text: `Make one with ${name} and keep it, or end each when it is no longer used: every call here (${shortPlace(call)}) starts another.`,
    },
    confidence: 0.6,
  };
}

/** A C string that is not freed: the heap outside of Go. */
export function explainCString(file: GoFile, line: number): SourceAnswer | null {
  const { tree } = file;
  for (const node of callsOnLine(file, line)) {
    const name = tree.textOf(tree.child(node, 'function'));
    if (!/^C\.(?:CString|CBytes|malloc|calloc|strdup)$/.test(name)) continue;
    const around = functionAt(file, node);
    const frees = around === null ? [] : freesIn(file, around.body);
    const exits = findExits({ file, from: node, isGood: (inner) => frees.includes(inner) });
    if (frees.length > 0 && exits.length === 0) continue;
    const isFreed = frees.length > 0;
    const at = { file, node };
    return {
      pattern: name === 'C.CString' ? 'cgo-cstring-not-freed' : 'cgo-malloc-not-freed',
      holders: [{ file, node: statementOf(file, node), name }],
      fix: {
        file,
        line: tree.line(node),
        text: `Free what ${name} gives in a defer right behind it (${shortPlace(at)})${isFreed ? ': not every way does' : ': nothing does, and Go never will'}.`,
      },
      confidence: isFreed ? 0.85 : 0.9,
    };
  }
  return null;
}

function freesIn(file: GoFile, body: NodeRow): NodeRow[] {
  const { tree } = file;
  return [...tree.descendants(body, 'call_expression')].filter(
    (call) => tree.textOf(tree.child(call, 'function')) === 'C.free',
  );
}
