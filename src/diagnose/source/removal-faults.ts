// Removals that miss: one of two containers forgotten, another key, a way out in front, nobody who calls it.
import type { FunctionDeclaration, GoFile } from '../../gosource/declarations.ts';
import type { Place } from '../../gosource/places.ts';
import { isAppending } from '../../gosource/growth-syntax.ts';
import { findExits } from '../../gosource/paths.ts';
import { functionAt, functionKey } from '../../gosource/source-index.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import { shortPlace, type SourceAnswer } from './answer.ts';
import { isSizeCheck, type ContainerStudy } from './container-study.ts';
import { findEarlyExit } from './paired-calls.ts';
import { isUsed } from './sweepers.ts';

/**
 * Two containers filled together, and a function that takes from the other one only, while somebody takes from both: an
 * index that keeps what the list evicted, a map that keeps what the queue gave away.
 */
export function findForgottenSibling(study: ContainerStudy): SourceAnswer | null {
  const siblings = findSiblings(study);
  const own = new Set(study.removals.map(({ declaration }) => declaration));
  for (const sibling of siblings) {
    const removals = study.analysis.operations
      .operationsOf(sibling)
      .filter(({ kind }) => kind === 'remove')
      .flatMap((operation) => {
        const declaration = functionAt(operation.file, operation.node);
        return declaration === null ? [] : [{ operation, declaration }];
      });
    const isPaired = removals.some(({ declaration }) => own.has(declaration));
    for (const { operation, declaration } of removals) {
      const lacks = isNeighbourMissing(study, operation.file, operation.node, declaration, own);
      if (!lacks || /^(?:New|Reset|Clear|Close)/i.test(declaration.name)) continue;
      const at = { file: operation.file, node: operation.node };
      return {
        pattern: 'missing-delete-on-path',
        holders: study.holders,
        fix: {
          file: operation.file,
          line: operation.file.tree.line(operation.node),
          text: `Remove from ${study.place.name} here as well (${shortPlace(at)}): ${functionKey(declaration)} takes the entry out of ${sibling.name} only.`,
        },
        // Nothing is ever taken out of this one, and something of the other: it was forgotten. What is appended stays each time.
        confidence: isPaired ? 0.86 : own.size > 0 ? 0.66 : isAppending(study.sink.at) ? 0.97 : 0.88,
      };
    }
  }
  return null;
}

/** Other containers of the same struct (or package) that the adding function fills too. */
function findSiblings(study: ContainerStudy): Place[] {
  const { adder, analysis, place } = study;
  const file = adder === null ? null : analysis.index.file(adder.path);
  if (adder === null || file === null) return [];
  const owner = place.key.slice(0, place.key.lastIndexOf('.'));
  const found = new Map<string, Place>();
  for (const node of file.tree.descendants(adder.body, 'selector_expression', 'identifier')) {
    const isSelector = file.tree.kind(node) === 'selector_expression';
    const other = isSelector
      ? analysis.places.fieldPlace(file, node)
      : place.kind === 'variable' &&
          analysis.index.locals(file).resolve(file.tree.textOf(node), node) === null
        ? analysis.places.variablePlace(file.importPath, file.tree.textOf(node))
        : null;
    if (other === null || other.key === place.key || other.key.slice(0, other.key.lastIndexOf('.')) !== owner)
      continue;
    const isFilled = analysis.operations
      .operationsOf(other)
      .some(
        (operation) =>
          operation.kind === 'add' &&
          operation.file === file &&
          file.tree.contains(adder.body, operation.node),
      );
    if (isFilled) found.set(other.key, other);
  }
  return [...found.values()];
}

/** Nothing is taken from the container near this removal from its sibling: not in the same block, nor by a call. */
function isNeighbourMissing(
  study: ContainerStudy,
  file: GoFile,
  node: NodeRow,
  declaration: FunctionDeclaration,
  own: ReadonlySet<FunctionDeclaration>,
): boolean {
  const { tree } = file;
  const block = tree.enclosing(
    node,
    'block',
    'expression_case',
    'communication_case',
    'default_case',
    'type_case',
  );
  const isNear = study.removals.some(
    ({ operation }) =>
      operation.file === file &&
      ((tree.contains(block, operation.node) && !isOptional(file, operation.node, block)) ||
        isDominating(study, file, operation.node, node)),
  );
  if (isNear) return false;
  return (
    !study.analysis.calls.calleesIn(file, block).some((f) => own.has(f)) &&
    !isInCallerOf(study, declaration, own)
  );
}

/** Done on a condition of its own inside the block, other than that there is something to remove. */
function isOptional(file: GoFile, node: NodeRow, block: NodeRow): boolean {
  const { tree } = file;
  const branch = tree.enclosing(node, 'if_statement');
  if (branch === NO_NODE || !tree.contains(block, branch)) return false;
  const condition = tree.textOf(tree.child(branch, 'condition'));
  return !/\bok\b|!=\s*nil|found|exists|==|<|>/.test(condition);
}

/** Taken away before the block is reached, in the same function. */
function isDominating(study: ContainerStudy, file: GoFile, removal: NodeRow, node: NodeRow): boolean {
  const { tree } = file;
  const block = tree.enclosing(removal, 'block');
  return functionAt(file, removal) === functionAt(file, node) && tree.contains(block, node);
}

/** `evict()` takes from the list and its callers from the map. */
function isInCallerOf(
  study: ContainerStudy,
  declaration: FunctionDeclaration,
  own: ReadonlySet<FunctionDeclaration>,
): boolean {
  const calls = study.analysis.calls.callsOf(declaration);
  return calls.length > 0 && calls.every(({ caller }) => caller !== null && own.has(caller));
}

/** A removal that its own function can leave in front of. */
export function findLeftEarly(
  study: ContainerStudy,
  skipped: ReadonlySet<FunctionDeclaration>,
): SourceAnswer | null {
  for (const { operation, declaration } of study.removals) {
    const isOwn = declaration === study.adder && !isInGoroutineOfEntry(operation.file, operation.node);
    if (isOwn || skipped.has(declaration)) continue;
    const isPerEntry = isInGoroutineOfEntry(operation.file, operation.node);
    const isRemoval = (node: NodeRow) =>
      study.removals.some(
        (other) => other.operation.file === operation.file && other.operation.node === node,
      );
    const exit = findEarlyExit(study.analysis, operation, isRemoval, {
      isShutdownFine: !isPerEntry,
      isKept: (leaving) => isBehindLookup(study, operation.file, leaving),
    });
    if (exit === NO_NODE) continue;
    const at = { file: operation.file, node: exit };
    return {
      pattern: 'missing-delete-on-path',
      holders: study.holders,
      fix: {
        file: operation.file,
        line: operation.file.tree.line(exit),
        text: `Remove from ${study.place.name} before leaving at ${shortPlace(at)} as well: ${functionKey(declaration)} skips its removal on this way.`,
      },
      confidence: 0.72,
    };
  }
  return null;
}

/** What is added is taken out again where there is too much of it, behind a way out that leaves in between. */
export function findSkippedEviction(study: ContainerStudy): SourceAnswer | null {
  const { sink, adder, place } = study;
  if (adder === null || !study.isBounded) return null;
  const { file, node } = sink.at;
  const { tree } = file;
  const evicting = new Set(study.removals.map(({ declaration }) => declaration.name));
  const evicts = (check: NodeRow) =>
    study.removals.some(({ operation }) => operation.file === file && tree.contains(check, operation.node)) ||
    [...tree.descendants(check, 'call_expression')].some((call) =>
      evicting.has(tree.textOf(tree.child(call, 'function')).split('.').at(-1) ?? ''),
    );
  const checks = [...tree.descendants(adder.body)].filter(
    (check) => check > node && isSizeCheck(file, check) && evicts(check),
  );
  if (checks.length === 0) return null;
  const exit = findExits({ file, from: node, isGood: (passed) => checks.includes(passed) }).find(
    ({ kind }) => kind === 'return',
  );
  if (exit === undefined) return null;
  const at = { file, node: exit.node };
  return {
    pattern: 'missing-delete-on-path',
    holders: study.holders,
    fix: {
      file,
      line: tree.line(exit.node),
      text: `Bound ${place.name} on this way as well: ${functionKey(adder)} adds to it, and leaves at ${shortPlace(at)} before ${shortPlace({ file, node: checks[0] })} looks at its size.`,
    },
    confidence: 0.6,
    isDespiteBound: true,
  };
}

/** The way out is only taken with the entry in hand: whoever looked it up knows that it stays. */
function isBehindLookup({ analysis, place }: ContainerStudy, file: GoFile, leaving: NodeRow): boolean {
  const { tree } = file;
  const lookups = analysis.operations.occurrencesOf(place).filter((occurrence) => {
    const parent = tree.parent(occurrence.node);
    const isLookup =
      tree.kind(parent) === 'index_expression' ||
      /^(?:Load|Get)$/.test(tree.textOf(tree.child(parent, 'field')));
    return occurrence.file === file && isLookup;
  });
  for (let at = tree.parent(leaving); at !== NO_NODE; at = tree.parent(at)) {
    if (tree.kind(at) !== 'if_statement') continue;
    const initializer = tree.child(at, 'initializer');
    const isLookup = lookups.some(({ node }) => initializer !== NO_NODE && tree.contains(initializer, node));
    if (isLookup && !/^!|==\s*nil/.test(tree.textOf(tree.child(at, 'condition')))) return true;
  }
  return false;
}

/** A goroutine that serves one entry: the end of its context is the end of the entry, not of the service. */
function isInGoroutineOfEntry(file: GoFile, node: NodeRow): boolean {
  const { tree } = file;
  const closure = tree.enclosing(node, 'func_literal');
  return tree.kind(tree.parent(tree.parent(closure))) === 'go_statement';
}

/** There is a function that removes, and nothing calls it. */
export function findUncalledRemoval(study: ContainerStudy): SourceAnswer | null {
  const { analysis, adder } = study;
  const removers = [...study.removers];
  if (removers.length === 0 || removers.some((f) => isUsed(analysis, f))) return null;
  const calls = adder === null ? [] : analysis.calls.callsOf(adder);
  const call = calls.find(({ caller }) => caller !== null && study.isOnPath(caller)) ?? calls[0];
  const at = call ?? study.sink.at;
  return {
    pattern: 'missing-delete-on-path',
    holders: study.holders,
    fix: {
      file: at.file,
      line: at.file.tree.line(at.node),
      text: `Call ${functionKey(removers[0])} when what is added at ${shortPlace(at)} is over: nothing calls it, so ${study.place.name} only grows.`,
    },
    confidence: 0.84,
  };
}
