// Removals that cannot reach everything: of inner elements only, when somebody asks again, by a timer that is stopped.
import type { FunctionDeclaration, GoFile } from '../../gosource/declarations.ts';
import { functionKey } from '../../gosource/source-index.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import { shortPlace, type SourceAnswer } from './answer.ts';
import { isAgeCheck } from './conditions.ts';
import type { ContainerStudy, OperationIn } from './container-study.ts';

/** A map of maps (or of slices) whose outer keys stay: only what is inside is removed. */
export function findInnerOnly(study: ContainerStudy): SourceAnswer | null {
  const { adds, removals, place, holders } = study;
  const [inner] = removals;
  const isOuter = adds.some(
    ({ operation: { depth, key, file, value } }) =>
      depth === 0 &&
      key !== NO_NODE &&
      file.tree.kind(value) !== 'slice_expression' &&
      !file.tree.textOf(value).startsWith('append('),
  );
  if (inner === undefined || !isOuter || removals.some(({ operation }) => operation.depth === 0)) return null;
  const { file, node } = inner.operation;
  return {
    pattern: 'unbounded-map',
    holders,
    fix: {
      file,
      line: file.tree.line(node),
      text: `Remove the key of ${place.name} as well when nothing is left under it (${shortPlace(inner.operation)}): ${functionKey(inner.declaration)} empties what is inside, and the keys stay.`,
    },
    confidence: 0.72,
  };
}

/** Entries are only taken out when somebody asks for their key again and finds them too old. */
export function findLazyExpiry(study: ContainerStudy): SourceAnswer | null {
  const { removals, place, sink, holders } = study;
  if (removals.length === 0 || !removals.every((removal) => isLazy(study, removal))) return null;
  const [{ operation, declaration }] = removals;
  const { file, node } = sink.at;
  return {
    pattern: 'unbounded-map',
    holders,
    fix: {
      file,
      line: file.tree.line(node),
      text: `Clear old entries of ${place.name} in a loop of its own, or bound its size here: ${functionKey(declaration)} (${shortPlace(operation)}) removes an entry only when somebody asks for the same key again.`,
    },
    confidence: 0.75,
  };
}

/** Removes the key that it was asked for, when that is too old. */
export function isLazy(study: ContainerStudy, { operation, declaration }: OperationIn): boolean {
  const { file, node, key } = operation;
  const { tree } = file;
  if (declaration === study.adder || tree.enclosing(node, 'for_statement') !== NO_NODE) return false;
  if (tree.kind(key) !== 'identifier') return false;
  const local = study.analysis.index.locals(file).resolve(tree.textOf(key), key);
  if (local?.kind !== 'parameter') return false;
  for (let at = tree.parent(node); at !== NO_NODE && at !== declaration.node; at = tree.parent(at)) {
    if (tree.kind(at) === 'if_statement' && isAgeCheck(tree.textOf(tree.child(at, 'condition')))) return true;
  }
  return false;
}

/** Whoever ends an entry early stops the timer that would have removed it, and leaves the entry. */
export function findStoppedTimer(study: ContainerStudy): SourceAnswer | null {
  const { analysis, removals, place, holders } = study;
  if (removals.length === 0 || !removals.every(({ declaration }) => isRunByTimer(study, declaration)))
    return null;
  for (const occurrence of analysis.operations.occurrencesOf(place)) {
    const { file } = occurrence;
    const stop = findStop(study, file, occurrence.node);
    if (stop === NO_NODE) continue;
    const [{ operation, declaration }] = removals;
    return {
      pattern: 'missing-delete-on-path',
      holders,
      fix: {
        file,
        line: file.tree.line(stop),
        text: `Remove the entry of ${place.name} here as well (${shortPlace({ file, node: stop })}): the timer that is stopped was to run ${functionKey(declaration)}, which alone takes it out (${shortPlace(operation)}).`,
      },
      confidence: 0.84,
    };
  }
  return null;
}

/** Is a function only called from what `time.AfterFunc` runs? */
function isRunByTimer({ analysis }: ContainerStudy, declaration: FunctionDeclaration): boolean {
  const calls = analysis.calls.callsOf(declaration);
  return (
    calls.length > 0 &&
    calls.every(({ file, node }) => {
      const closure = file.tree.enclosing(node, 'func_literal');
      const call = file.tree.parent(file.tree.parent(closure));
      return closure !== NO_NODE && /\.AfterFunc$/.test(file.tree.textOf(file.tree.child(call, 'function')));
    })
  );
}

/** `p := m[k]` … `p.timer.Stop()`, where the element is looked up; NO_NODE where no timer is stopped. */
function findStop({ analysis }: ContainerStudy, file: GoFile, occurrence: NodeRow): NodeRow {
  const { tree } = file;
  const lookup = tree.parent(occurrence);
  if (tree.kind(lookup) !== 'index_expression') return NO_NODE;
  const list = tree.parent(lookup);
  const [name] = tree.field(list) === 'right' ? tree.children(tree.child(tree.parent(list), 'left')) : [];
  const local =
    name === undefined || tree.kind(name) !== 'identifier'
      ? null
      : analysis.index.locals(file).resolve(tree.textOf(name), name);
  if (local === null) return NO_NODE;
  for (const use of analysis.index.locals(file).uses(local)) {
    const field = tree.parent(use);
    const selector = tree.parent(field);
    const isStop =
      tree.kind(selector) === 'selector_expression' && tree.textOf(tree.child(selector, 'field')) === 'Stop';
    const type = isStop ? analysis.types.typeOf({ file, node: field }) : null;
    if (type?.kind === 'named' && type.path === 'time' && type.name === 'Timer') return selector;
  }
  return NO_NODE;
}
