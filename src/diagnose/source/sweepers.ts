// A loop that clears up in the background: does it start, and does it go on?
import type { FunctionDeclaration, GoFile } from '../../gosource/declarations.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { functionKey, type SourceNode } from '../../gosource/source-index.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import { lineOf, shortPlace, type SourceAnswer } from './answer.ts';
import { findLoopExits, isEndlessLoop, isShutdown, nearestCondition, receivedChannel } from './conditions.ts';
import type { ContainerStudy, OperationIn } from './container-study.ts';

/** Functions between the loop and what it takes away. */
const MAX_DEPTH = 3;

/** A removal that a loop without an end does again and again. */
export interface Sweep {
  readonly removal: OperationIn;
  readonly file: GoFile;
  readonly loop: NodeRow;
  /** Function that the loop stands in. */
  readonly declaration: FunctionDeclaration;
}

/** Loops that remove from the container, directly or through functions that they call. */
export function findSweeps(study: ContainerStudy): Sweep[] {
  return study.removals.flatMap((removal) =>
    loopsAround(study.analysis, removal.operation, removal.declaration, isIterating(removal)).map((loop) => ({
      removal,
      ...loop,
    })),
  );
}

/** Does the removal go through the container: in a range over it, or in what its `Range` method calls? */
function isIterating({ operation: { file, node } }: OperationIn): boolean {
  const { tree } = file;
  const closure = tree.enclosing(node, 'func_literal');
  const called = tree.child(tree.parent(tree.parent(closure)), 'function');
  if (closure !== NO_NODE && tree.textOf(tree.child(called, 'field')) === 'Range') return true;
  const range = tree.childOfKind(tree.enclosing(node, 'for_statement'), 'range_clause');
  const container = tree.textOf(tree.child(range, 'right'));
  return container !== '' && tree.textOf(node).includes(`(${container},`);
}

function loopsAround(
  analysis: SourceAnalysis,
  { file, node }: SourceNode,
  declaration: FunctionDeclaration,
  isClearing: boolean,
  depth = 0,
): Omit<Sweep, 'removal'>[] {
  const { tree } = file;
  for (
    let loop = tree.enclosing(node, 'for_statement');
    loop !== NO_NODE;
    loop = tree.enclosing(tree.parent(loop), 'for_statement')
  ) {
    if (isEndlessLoop(analysis, file, loop) && (isClearing || isTimed(analysis, file, loop)))
      return [{ file, loop, declaration }];
  }
  if (depth >= MAX_DEPTH) return [];
  return analysis.calls
    .callsOf(declaration)
    .flatMap((call) =>
      call.caller === null || call.caller === declaration
        ? []
        : loopsAround(analysis, call, call.caller, isClearing, depth + 1),
    );
}

/** A loop that runs by the clock clears up; one that takes work from a channel does it for each piece. */
function isTimed(analysis: SourceAnalysis, file: GoFile, loop: NodeRow): boolean {
  const { tree } = file;
  if (/\btime\.(?:Sleep|After|Tick|NewTimer)\b/.test(tree.textOf(loop))) return true;
  return [...tree.descendants(loop, 'selector_expression', 'identifier')].some((node) => {
    const type = analysis.types.typeOf({ file, node });
    return type.kind === 'chan' && type.element.kind === 'named' && type.element.path === 'time';
  });
}

/** The loop ends on an error and nobody starts it again, or nobody starts it at all. */
export function findBrokenSweep(study: ContainerStudy, sweeps: readonly Sweep[]): SourceAnswer | null {
  for (const sweep of sweeps) {
    const ending = findLoopExits(sweep.file, sweep.loop).find(
      (node) => !isShutdown(study.analysis, sweep.file, node),
    );
    if (ending !== undefined && !isRestarted(study.analysis, sweep)) {
      const at = { file: sweep.file, node: ending };
      return {
        pattern: 'unbounded-map',
        holders: study.holders,
        fix: {
          file: sweep.file,
          line: sweep.file.tree.line(ending),
          text: `Let the loop that clears ${study.place.name} go on here (continue instead of leaving at ${shortPlace(at)}): after this way out nothing is removed any more.`,
        },
        confidence: 0.9,
      };
    }
  }
  return findEndedByRequest(study, sweeps) ?? findUnstarted(study, sweeps) ?? findMixedUnits(study, sweeps);
}

/** The loop ends with a context, and whoever starts it hands over the one of a request. */
function findEndedByRequest(study: ContainerStudy, sweeps: readonly Sweep[]): SourceAnswer | null {
  const { analysis } = study;
  for (const { file, loop, declaration } of sweeps) {
    const ways = findLoopExits(file, loop).map((leaving) => contextOf(file, leaving));
    const local = ways
      .filter((context) => file.tree.kind(context) === 'identifier')
      .map((context) => analysis.index.locals(file).resolve(file.tree.textOf(context), context))
      .find((found) => found?.kind === 'parameter' && found.scope === declaration.node);
    if (local === undefined || local === null) continue;
    for (const argument of analysis.places.argumentsFor(declaration, local)) {
      const callee = analysis.types.calleeOf(argument);
      if (callee.kind !== 'external' || callee.key !== 'net/http.Request.Context') continue;
      return {
        pattern: 'unbounded-map',
        holders: study.holders,
        fix: {
          file: argument.file,
          line: lineOf(argument),
          text: `Start ${functionKey(declaration)} with a context that lasts as long as ${study.place.name} (${shortPlace(argument)}): it ends with the first request, and nothing is removed any more.`,
        },
        confidence: 0.88,
      };
    }
  }
  return null;
}

/** `ctx` of the case `<-ctx.Done()` that a statement stands in; NO_NODE for others. */
function contextOf(file: GoFile, leaving: NodeRow): NodeRow {
  const { tree } = file;
  const communication = tree.child(tree.enclosing(leaving, 'communication_case'), 'communication');
  const selector = tree.child(receivedChannel(file, communication), 'function');
  return tree.textOf(tree.child(selector, 'field')) === 'Done' ? tree.child(selector, 'operand') : NO_NODE;
}

/** Called from a loop of its own: a supervisor. */
export function isRestarted(
  analysis: SourceAnalysis,
  { file, loop, declaration }: Pick<Sweep, 'file' | 'loop' | 'declaration'>,
): boolean {
  const { tree } = file;
  const outer = tree.enclosing(tree.parent(loop), 'for_statement');
  if (outer !== NO_NODE) return true;
  return analysis.calls
    .callsOf(declaration)
    .some((call) => call.file.tree.enclosing(call.node, 'for_statement') !== NO_NODE);
}

/** `now.Unix()-e.at > int64(ttl)`: seconds are compared with nanoseconds, so nothing is ever old enough. */
function findMixedUnits(study: ContainerStudy, sweeps: readonly Sweep[]): SourceAnswer | null {
  const { analysis } = study;
  for (const { removal } of sweeps) {
    const { file, node } = removal.operation;
    const { tree } = file;
    const condition = nearestCondition(file, node);
    if (condition === NO_NODE || !isInSeconds(analysis, file, condition)) continue;
    const nanoseconds = [
      ...tree.descendants(condition, 'call_expression', 'type_conversion_expression'),
    ].find((call) => isDurationAsNumber(analysis, file, call));
    if (nanoseconds === undefined) continue;
    const at = { file, node: condition };
    return {
      pattern: 'unbounded-map',
      holders: study.holders,
      fix: {
        file,
        line: lineOf(at),
        text: `Compare in one unit (${shortPlace(at)}): ${tree.textOf(nanoseconds)} is in nanoseconds and the time in seconds, so nothing in ${study.place.name} is ever old enough to go.`,
      },
      confidence: 0.9,
    };
  }
  return null;
}

/** Does a comparison use seconds since 1970, directly or by a name that has them? */
function isInSeconds(analysis: SourceAnalysis, file: GoFile, condition: NodeRow): boolean {
  const { tree } = file;
  if (SECONDS.test(tree.textOf(condition))) return true;
  return [...tree.descendants(condition, 'identifier')].some((name) => {
    const local = analysis.index.locals(file).resolve(tree.textOf(name), name);
    if (local === null || local.kind !== 'variable') return false;
    return analysis.places
      .assignedTo(file, local)
      .some((value) => SECONDS.test(value.file.tree.textOf(value.node)));
  });
}

const SECONDS = /\.Unix\(\)/;

/** `int64(ttl)` of a time.Duration, with no unit divided out. */
function isDurationAsNumber(analysis: SourceAnalysis, file: GoFile, call: NodeRow): boolean {
  const { tree } = file;
  const isCall = tree.kind(call) === 'call_expression';
  const type = tree.textOf(tree.child(call, isCall ? 'function' : 'type'));
  const [value] = isCall ? tree.children(tree.child(call, 'arguments')) : [tree.child(call, 'operand')];
  if (!/^u?int(?:64)?$/.test(type) || value === undefined || tree.textOf(value).includes('/')) return false;
  const given = analysis.types.typeOf({ file, node: value });
  return given.kind === 'named' && given.path === 'time' && given.name === 'Duration';
}

function findUnstarted(study: ContainerStudy, sweeps: readonly Sweep[]): SourceAnswer | null {
  const { analysis } = study;
  for (const { file, declaration } of sweeps) {
    if (declaration.name === 'main' || isUsed(analysis, declaration)) continue;
    const maker = findMaker(study);
    const at = maker ?? { file, node: declaration.node };
    return {
      pattern: 'unbounded-map',
      holders: study.holders,
      fix: {
        file: at.file,
        line: at.file.tree.line(at.node),
        text: `Start ${functionKey(declaration)}: nothing calls it, so nothing is ever removed from ${study.place.name}.`,
      },
      confidence: 0.9,
    };
  }
  return null;
}

/** Is the function called, or handed over as a value, anywhere; or may somebody outside of the sources do so? */
export function isUsed(analysis: SourceAnalysis, declaration: FunctionDeclaration): boolean {
  const isOpen = /^\p{Lu}/u.test(declaration.name) && !analysis.index.hasProgram;
  return isOpen || isMentioned(analysis, declaration);
}

/** Is the function called, or handed over as a value, anywhere in the sources? */
export function isMentioned(analysis: SourceAnalysis, declaration: FunctionDeclaration): boolean {
  return analysis.index
    .filesMentioning(declaration.name)
    .some((file) =>
      [...file.tree.descendants(file.tree.root, 'identifier', 'field_identifier')].some(
        (node) => file.tree.textOf(node) === declaration.name && file.tree.parent(node) !== declaration.node,
      ),
    );
}

/** Where a value of the container's owner is made outside of its own constructor. */
function findMaker(study: ContainerStudy): { file: GoFile; node: NodeRow } | null {
  const pkg = study.place.at.file.importPath;
  for (const constructor of study.analysis.index.package(pkg)?.functions.values() ?? []) {
    if (!/^(?:New|new|Open|Make)/.test(constructor.name) || constructor.receiverType !== null) continue;
    const [call] = study.analysis.calls.callsOf(constructor);
    if (call !== undefined && call.caller?.name !== constructor.name)
      return { file: call.file, node: call.node };
  }
  return null;
}
