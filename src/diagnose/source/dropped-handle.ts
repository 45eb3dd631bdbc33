// Functions that give back the means to undo what they did: a stop function, a handle with Close. Callers that drop it.
import type { Call } from '../../gosource/call-graph.ts';
import type { FunctionDeclaration, GoFile } from '../../gosource/declarations.ts';
import { returnedValues, statementOf } from '../../gosource/places.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { functionKey } from '../../gosource/source-index.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import { shortPlace, type Holder, type SourceAnswer } from './answer.ts';
import { findHandOver } from './hand-over.ts';
import { findLostHandle } from './kept-handles.ts';
import { checkRelease, deferLine, type Release } from './release-check.ts';
import { runsOnce } from './start-up.ts';

/** Functions that hand the means on to their own callers. */
const MAX_WRAPPERS = 3;

export interface HandleQuestion {
  readonly analysis: SourceAnalysis;
  /** Function that gives the handle. */
  readonly giver: FunctionDeclaration;
  readonly release: Release;
  readonly holders: readonly Holder[];
  readonly pattern: string;
  /** What goes on when it is dropped: `an entry of Hub.subs stays`. */
  readonly consequence: string;
  readonly isOnPath: (declaration: FunctionDeclaration) => boolean;
}

/** A caller that drops the handle, or skips it on some way. */
export function findDroppedHandle(question: HandleQuestion): SourceAnswer | null {
  const found = findFaultyCalls(question, question.giver, question.release, 0);
  const [best] = found.faulty.sort(
    (a, b) => Number(isOnPath(question, b.call)) - Number(isOnPath(question, a.call)),
  );
  if (best === undefined) return found.lost;
  const { call, text, giver } = best;
  return {
    pattern: question.pattern,
    holders: [
      ...question.holders,
      { file: call.file, node: statementOf(call.file, call.node), name: functionKey(giver) },
    ],
    fix: {
      file: call.file,
      line: deferLine(call.file, call.node),
      text: describeFix(question, giver, call, text),
    },
    confidence: 0.94,
  };
}

function describeFix(
  question: HandleQuestion,
  giver: FunctionDeclaration,
  call: Call,
  state: 'dropped' | 'skipped',
): string {
  const means =
    question.release.methods === null
      ? 'the function that it returns'
      : `${releaseName(question.release)} of what it returns`;
  const why = state === 'dropped' ? 'nobody calls it here' : 'some ways out of the function skip it';
  return `Defer ${means} right behind ${functionKey(giver)} (${shortPlace(call)}): ${why}, so ${question.consequence}.`;
}

function releaseName(release: Release): string {
  if (release.closes !== undefined) return `the close of the channel ${release.closes}`;
  const [name] = /[A-Z]\w+/.exec(release.methods?.source ?? '') ?? ['Close'];
  return name;
}

function isOnPath(question: HandleQuestion, call: Call): boolean {
  return call.caller !== null && question.isOnPath(call.caller);
}

interface Faulty {
  readonly call: Call;
  readonly giver: FunctionDeclaration;
  readonly text: 'dropped' | 'skipped';
}

interface Found {
  readonly faulty: Faulty[];
  /** A caller keeps it somewhere, and loses it there. */
  readonly lost: SourceAnswer | null;
}

function findFaultyCalls(
  question: HandleQuestion,
  giver: FunctionDeclaration,
  release: Release,
  depth: number,
): Found {
  const { analysis, pattern, holders } = question;
  const faulty: Faulty[] = [];
  let lost: SourceAnswer | null = null;
  for (const call of analysis.calls.callsOf(giver)) {
    if (runsOnce(analysis, call)) continue;
    const state = checkRelease(analysis, call.file, call.node, release);
    if (state.kind === 'dropped' || state.kind === 'forgotten') faulty.push({ call, giver, text: 'dropped' });
    else if (state.kind === 'skipped') faulty.push({ call, giver, text: 'skipped' });
    else if (state.kind === 'handed-on') {
      const over = findHandOver(analysis, call.file, { call: call.node, to: state.to, release });
      const isFurther = over !== null && depth < MAX_WRAPPERS && over.giver !== giver;
      const further = isFurther ? findFaultyCalls(question, over.giver, over.release, depth + 1) : null;
      faulty.push(...(further?.faulty ?? []));
      lost ??= further?.lost ?? findLostHandle({ analysis, call, release, pattern, holders });
    }
  }
  return { faulty, lost };
}

/** The result of a function that undoes something: a closure that reaches one of `isUndoing`. null when it gives none. */
export function findReturnedUndo(
  analysis: SourceAnalysis,
  giver: FunctionDeclaration,
  isUndoing: (file: GoFile, node: NodeRow) => boolean,
): Release | null {
  const file = analysis.index.file(giver.path);
  if (file === null) return null;
  const { tree } = file;
  for (let result = 0; result < Math.max(1, giver.results.length); result++) {
    for (const value of returnedValues(file, giver.body, result)) {
      const closure = closureOf(analysis, file, value);
      if (closure === NO_NODE) continue;
      const isUndo = [...tree.descendants(closure)].some((node) => isUndoing(file, node));
      if (isUndo) return { result, methods: null, field: null };
    }
  }
  return null;
}

/** The closure that an expression is, or that the name has; wrapped in `sync.OnceFunc` or not. */
function closureOf(analysis: SourceAnalysis, file: GoFile, value: NodeRow): NodeRow {
  const { tree } = file;
  const [literal] = tree.descendants(value, 'func_literal');
  if (literal !== undefined) return literal;
  if (tree.kind(value) !== 'identifier') return NO_NODE;
  const local = analysis.index.locals(file).resolve(tree.textOf(value), value);
  if (local === null) return NO_NODE;
  const [assigned] = tree.descendants(local.value, 'func_literal');
  return assigned ?? NO_NODE;
}
