// Things that must be released: bodies, rows, files, tickers, contexts, what libraries open.
import { describeCall } from '../../gosource/call-graph.ts';
import type { GoFile } from '../../gosource/declarations.ts';
import { findExits } from '../../gosource/paths.ts';
import { isCallOnLine, statementOf } from '../../gosource/places.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { functionAt, functionKey, type SourceNode } from '../../gosource/source-index.ts';
import type { NodeRow } from '../../gosource/syntax-tree.ts';
import { pickBest, shortPlace, type Holder, type SourceAnswer } from './answer.ts';
import { findDroppedHandle } from './dropped-handle.ts';
import { findHandOver } from './hand-over.ts';
import { findLostHandle } from './kept-handles.ts';
import { explainKeptCall } from './kept-calls.ts';
import { pathFilter, type Located } from './locate.ts';
import { checkParameter, checkRelease, deferLine, type ReleaseState } from './release-check.ts';
import { runsOnce } from './start-up.ts';
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
      if (isShortTimer(file, node, callee.key)) return null;
      const known = believe(findResource(callee.key), { file, node });
      const kind = known ?? (mayGuess && isGivenHandle(file, node) ? guessResource(callee.key) : null);
      const answer = kind === null ? null : explainCall(analysis, located, node, { key: callee.key, kind });
      if (answer !== null)
        return known === null ? { ...answer, confidence: answer.confidence * 0.7 } : answer;
      return explainKeptCall(analysis, { file, node }, callee.key);
    }),
  );
}

/** Known resources that the function around a culprit opens, where its own line opens none. */
export function explainResourcesAround(analysis: SourceAnalysis, located: Located): SourceAnswer | null {
  const { file, declaration } = located;
  if (declaration === null) return null;
  return pickBest(
    [...file.tree.descendants(declaration.body, 'call_expression')].map((node) => {
      const callee = analysis.types.calleeOf({ file, node });
      const kind = callee.kind === 'external' ? believe(findResource(callee.key), { file, node }) : null;
      if (kind === null || callee.kind !== 'external' || isShortTimer(file, node, callee.key)) return null;
      const answer = explainCall(analysis, located, node, { key: callee.key, kind });
      return answer === null ? null : { ...answer, confidence: answer.confidence * 0.9 };
    }),
  );
}

/** Does a call of unknown results give more than an error? */
function isGivenHandle({ tree }: GoFile, call: NodeRow): boolean {
  const list = tree.parent(call);
  if (tree.kind(list) === 'expression_statement') return false;
  const targets = tree.field(list) === 'right' ? tree.children(tree.child(tree.parent(list), 'left')) : [];
  return targets.length !== 1 || !/^(?:_|\w*[eE]rr)$/.test(tree.textOf(targets[0] ?? list));
}

/** What is known by a method's name alone has to be used like it. */
function believe(kind: ResourceKind | null, { file, node }: SourceNode): ResourceKind | null {
  if (kind?.isUsedBy === undefined) return kind;
  const around = functionAt(file, node);
  return around !== null && kind.isUsedBy.test(file.tree.textOf(around.body)) ? kind : null;
}

/** It is over in seconds, whoever stops it or not. */
export function isShortTimer(file: GoFile, call: NodeRow, key: string): boolean {
  const [time] = file.tree.children(file.tree.child(call, 'arguments'));
  return (
    key === 'time.AfterFunc' &&
    time !== undefined &&
    /\btime\.(?:Nano|Micro|Milli)?[sS]econd\b/.test(file.tree.textOf(time))
  );
}

/** Calls that begin, end or have their name on a line, outermost first. */
export function callsOnLine(file: GoFile, line: number): NodeRow[] {
  const { tree } = file;
  const found: NodeRow[] = [];
  for (const node of tree.descendants(tree.root, 'call_expression')) {
    if (tree.line(node) > line) break;
    if (tree.endLine(node) < line) continue;
    if (isCallOnLine({ file, node }, line) && found.length < 40) found.push(node);
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
  const at = exit === undefined ? null : { file, node: exit.node };
  const name = key.slice(key.lastIndexOf('/') + 1);
  const what = kind.release.methods === null ? kind.verb : `${kind.verb} of what ${name} gives`;
  const loop = file.tree.enclosing(node, 'for_statement', 'func_literal');
  // A defer in a loop waits for the end of the function.
  const isInLoop =
    file.tree.kind(loop) === 'for_statement' && at !== null && file.tree.contains(loop, at.node);
  const why = at === null ? 'nothing here does' : `the way out at ${shortPlace(at)} does not`;
  return {
    pattern: kind.pattern,
    holders: [...holders, { file, node: statementOf(file, node), name }],
    fix: {
      file,
      line: isInLoop ? file.tree.line(at.node) : deferLine(file, node),
      text: isReturned(call, kind)
        ? `Return the cancel function with the context that ${name} gives (${shortPlace(call)}), and have whoever gets them call it: nothing can end this one.`
        : isInLoop
          ? `Call ${what} before the way out at ${shortPlace(at)} too: ${shortPlace(call)} opens another in every round.`
          : `Defer ${what} right behind the call (${shortPlace(call)}): ${why}.`,
    },
    confidence: 0.92,
  };
}

/** `ctx, _ := context.WithCancel(parent)`, and `ctx` is what the function returns: ended here it would be of no use. */
function isReturned({ file, node }: SourceNode, { release }: ResourceKind): boolean {
  const { tree } = file;
  const list = tree.parent(node);
  const around = functionAt(file, node);
  if (release.methods !== null || around === null || tree.field(list) !== 'right') return false;
  const [given] = tree.children(tree.child(tree.parent(list), 'left'));
  if (given === undefined) return false;
  const name = tree.textOf(given);
  return [...tree.descendants(around.body, 'return_statement')].some((statement) =>
    [...tree.descendants(statement, 'identifier')].some((each) => tree.textOf(each) === name),
  );
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
  const name = key.slice(key.lastIndexOf('/') + 1);
  const holders = [{ file, node: statementOf(file, handed.call), name }];
  const kept = {
    analysis,
    call: { file, node: handed.call },
    release: kind.release,
    pattern: kind.pattern,
    holders,
  };
  if (over === null) return explainGiven(analysis, file, handed, { key, kind }) ?? findLostHandle(kept);
  return (
    findDroppedHandle({
      analysis,
      ...over,
      holders,
      pattern: kind.pattern,
      consequence: `what ${name} opened stays open`,
      isOnPath: pathFilter(located.culprit),
    }) ?? findLostHandle(kept)
  );
}

/** Given to a function that releases it, but not on every way: `go s.serve(conn)`. */
function explainGiven(
  analysis: SourceAnalysis,
  file: GoFile,
  handed: { readonly call: NodeRow; readonly to: NodeRow },
  { key, kind }: Opened,
): SourceAnswer | null {
  const { tree } = file;
  const list = tree.parent(handed.to);
  if (tree.kind(list) !== 'argument_list') return null;
  const callee = analysis.types.calleeOf({ file, node: tree.parent(list) });
  const [taker] = callee.kind === 'known' && callee.functions.length === 1 ? callee.functions : [];
  const home = taker === undefined ? null : analysis.index.file(taker.path);
  if (taker === undefined || home === null) return null;
  const state = checkParameter(analysis, taker, tree.children(list).indexOf(handed.to), kind.release);
  if (state?.kind !== 'skipped') return null;
  const [exit] = state.exits;
  const name = key.slice(key.lastIndexOf('/') + 1);
  return {
    pattern: kind.pattern,
    holders: [
      { file, node: statementOf(file, handed.call), name },
      { file: home, node: taker.node, name: functionKey(taker) },
    ],
    fix: {
      file: home,
      line: home.tree.line(taker.body),
      text: `Defer ${kind.verb} at the beginning of ${functionKey(taker)}, which gets what ${name} gives${exit === undefined ? '' : `: the way out at ${shortPlace({ file: home, node: exit.node })} does not end it`}.`,
    },
    confidence: 0.86,
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
      const isEnded =
        around !== null &&
        /DisableKeepAlives:\s*true|\.CloseIdleConnections\(\)/.test(tree.textOf(around.body));
      if (isEnded) continue;
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
      const known = believe(findResource(callee.key), { file, node });
      const kind = known ?? guessResource(callee.key);
      const call = describeCall(file, node);
      if (kind === null || call.caller === null || runsOnce(analysis, call)) continue;
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

/** Memory outside of Go that a call takes, and what gives it back. */
const OUTSIDE: readonly (readonly [RegExp, string, string])[] = [
  [/^C\.CString$/, 'C.free', 'cgo-cstring-not-freed'],
  [/^C\.(?:CBytes|malloc|calloc|strdup)$/, 'C.free', 'cgo-malloc-not-freed'],
  [/^(?:syscall|unix)\.Mmap$/, 'Munmap', 'mmap-not-unmapped'],
];

/** Memory outside of Go that is not given back. */
export function explainOutside(file: GoFile, line: number): SourceAnswer | null {
  const { tree } = file;
  for (const node of callsOnLine(file, line)) {
    const name = tree.textOf(tree.child(node, 'function'));
    const [, free, pattern] = OUTSIDE.find(([taking]) => taking.test(name)) ?? [];
    const around = functionAt(file, node);
    if (free === undefined || pattern === undefined || around === null) continue;
    const frees = freesIn(file, around.body, free);
    const exits = findExits({ file, from: node, isGood: (inner) => frees.includes(inner) });
    if (frees.length > 0 && exits.length === 0) continue;
    const at = { file, node };
    return {
      pattern,
      holders: [{ file, node: statementOf(file, node), name }],
      fix: {
        file,
        line: deferLine(file, node),
        text: `Give back what ${name} takes in a defer right behind it (${free}, ${shortPlace(at)})${frees.length > 0 ? ': not every way does' : ': nothing does, and Go never will'}.`,
      },
      confidence: frees.length > 0 ? 0.85 : 0.9,
    };
  }
  return null;
}

function freesIn(file: GoFile, body: NodeRow, free: string): NodeRow[] {
  const { tree } = file;
  return [...tree.descendants(body, 'call_expression')].filter((call) =>
    tree.textOf(tree.child(call, 'function')).endsWith(free),
  );
}
