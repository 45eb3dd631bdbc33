// Handles that are kept in a container or a field, and taken out or overwritten there without being released.
import type { GoFile } from '../../gosource/declarations.ts';
import { statementOf, type Place } from '../../gosource/places.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { functionAt, functionKey, type SourceNode } from '../../gosource/source-index.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import { shortPlace, type Holder, type SourceAnswer } from './answer.ts';
import type { Release } from './release-check.ts';

export interface KeptQuestion {
  readonly analysis: SourceAnalysis;
  /** Call that gives the handle. */
  readonly call: SourceNode;
  readonly release: Release;
  readonly pattern: string;
  readonly holders: readonly Holder[];
}

/** A function is stored itself, not inside of something that is. */
const MAX_HOPS = 2;

/** Where the handle is kept, and lost: removed from its map, or overwritten in its field. */
export function findLostHandle(question: KeptQuestion): SourceAnswer | null {
  return findRemovedUnreleased(question) ?? findOverwritten(question) ?? findReplaced(question);
}

/** `s.pollers[name] = Start(url)`: under a name that may be taken, and nobody looks for the one before. */
function findReplaced({ analysis, call, release, pattern, holders }: KeptQuestion): SourceAnswer | null {
  const { file, node } = call;
  const { tree } = file;
  const around = functionAt(file, node);
  const target = findTarget(analysis, file, node, release.result);
  if (around === null || tree.kind(target) !== 'index_expression') return null;
  const container = tree.child(target, 'operand');
  const name = tree.textOf(container);
  const [reference] = analysis.places.referencesOf({ file, node: container });
  const isKept = reference !== undefined && reference.place.kind !== 'local';
  const key = tree.child(target, 'index');
  if (!isKept || !isGivenName(analysis, { file, node: key })) return null;
  const isLookedAt = [
    ...tree.descendants(around.body, 'index_expression', 'range_clause', 'call_expression'),
  ].some((other) => other !== target && other < target && mentions(file, other, name));
  if (isLookedAt) return null;
  const at = { file, node: target };
  return {
    pattern,
    holders: [...holders, { file, node: statementOf(file, target), name: reference.place.name }],
    fix: {
      file,
      line: tree.line(target),
      text: `End what ${reference.place.name} has under ${tree.textOf(key)} before another takes its place (${shortPlace(at)}): whenever the same ${tree.textOf(key)} comes again, ${functionKey(around)} forgets the one before without ending it.`,
    },
    confidence: REPLACING.test(around.name) ? 0.72 : 0.24,
  };
}

/** Names of functions that are called again for what is there already. */
const REPLACING =
  /^(?:apply|set|update|replace|reload|configure|put|sync|reconcile|refresh|use|switch|change|assign|restart|reset|upsert|ensure)/i;

/** A container that is read, ranged over, or handed to a call. */
function mentions(file: GoFile, node: NodeRow, name: string): boolean {
  const { tree } = file;
  if (tree.kind(node) === 'index_expression') return tree.textOf(tree.child(node, 'operand')) === name;
  if (tree.kind(node) === 'range_clause') return tree.textOf(tree.child(node, 'right')) === name;
  return tree.children(tree.child(node, 'arguments')).some((argument) => tree.textOf(argument) === name);
}

/** A key that callers choose: one that is made here (a counter, a random one) does not come again. */
function isGivenName(analysis: SourceAnalysis, { file, node }: SourceNode): boolean {
  const { tree } = file;
  let root = node;
  while (tree.kind(root) === 'selector_expression') root = tree.child(root, 'operand');
  if (tree.kind(root) !== 'identifier') return false;
  const local = analysis.index.locals(file).resolve(tree.textOf(root), root);
  return local?.kind === 'parameter' && analysis.places.assignedTo(file, local).length === 0;
}

/** `delete(m, k)` of something that should be closed as well. */
function findRemovedUnreleased({
  analysis,
  call,
  release,
  pattern,
  holders,
}: KeptQuestion): SourceAnswer | null {
  const sinks = startsOf(analysis, call, release)
    .flatMap((start) => analysis.follow(start))
    .filter(({ kind, place }) => kind === 'element' && place !== null && place.kind !== 'local')
    .filter(({ hops }) => release.methods !== null || hops <= MAX_HOPS);
  for (const { place, at: stored } of sinks.slice(0, 3)) {
    if (place === null) continue;
    const removals = analysis.operations.operationsOf(place).filter(({ kind }) => kind === 'remove');
    for (const removal of removals) {
      const around = functionAt(removal.file, removal.node);
      if (around === null || /^(?:New|new)/.test(around.name)) continue;
      const isEnded =
        release.methods === null
          ? isCalling(analysis, removal.file, around.body, place)
          : isReleasing(analysis, removal.file, around.body, release.methods);
      if (isEnded) continue;
      return {
        pattern,
        holders: [...holders, { ...stored, name: place.name }],
        fix: {
          file: removal.file,
          line: removal.file.tree.line(removal.node),
          text: `Release what is taken out of ${place.name} here (${shortPlace(removal)}): ${functionKey(around)} forgets it, but does not end it.`,
        },
        confidence: 0.84,
      };
    }
  }
  return null;
}

/** The call, or where another than its first result goes. */
function startsOf(analysis: SourceAnalysis, { file, node }: SourceNode, release: Release): SourceNode[] {
  const { tree } = file;
  if (release.result === 0) return [{ file, node }];
  const name = tree.children(tree.child(tree.parent(tree.parent(node)), 'left'))[release.result];
  const local =
    name === undefined || tree.kind(name) !== 'identifier'
      ? null
      : analysis.index.locals(file).resolve(tree.textOf(name), name);
  if (local === null) return [];
  return analysis.index
    .locals(file)
    .uses(local)
    .map((use) => ({ file, node: use }));
}

/** Does a function call what it finds in the container: `cancel := m[id]; cancel()`? */
function isCalling(analysis: SourceAnalysis, file: GoFile, body: NodeRow, place: Place): boolean {
  return [...file.tree.descendants(body, 'call_expression')].some((call) =>
    analysis.places
      .referencesOf({ file, node: file.tree.child(call, 'function') })
      .some((reference) => reference.place.key === place.key && reference.depth > 0),
  );
}

/** Does a function (or one that it calls) release anything of this kind? */
function isReleasing(analysis: SourceAnalysis, file: GoFile, body: NodeRow, methods: RegExp): boolean {
  const calls = (inFile: GoFile, node: NodeRow) =>
    [...inFile.tree.descendants(node, 'selector_expression')].some((selector) =>
      methods.test(inFile.tree.textOf(inFile.tree.child(selector, 'field'))),
    );
  if (calls(file, body)) return true;
  return analysis.calls.calleesIn(file, body).some((f) => {
    const target = analysis.index.file(f.path);
    return target !== null && calls(target, f.body);
  });
}

/** `s.cancel = cancel` in a method that runs more than once, with nothing done to the one before. */
function findOverwritten({ analysis, call, release, pattern, holders }: KeptQuestion): SourceAnswer | null {
  const { file, node } = call;
  const { tree } = file;
  const around = functionAt(file, node);
  if (around === null || around.receiver === null) return null;
  const target = findTarget(analysis, file, node, release.result);
  const isField = tree.kind(target) === 'selector_expression';
  if (!isField || !tree.textOf(target).startsWith(`${around.receiver.name}.`)) return null;
  const name = tree.textOf(target);
  const isEnded = [...tree.descendants(around.body, 'call_expression')].some((other) => {
    const called = tree.textOf(tree.child(other, 'function'));
    return other < target && (called === name || called.startsWith(`${name}.`));
  });
  if (isEnded) return null;
  const at = { file, node: target };
  return {
    pattern,
    holders: [...holders, { file, node: statementOf(file, target), name }],
    fix: {
      file,
      line: tree.line(target),
      text: `End the old ${name} before it is overwritten (${shortPlace(at)}): ${functionKey(around)} runs more than once, and each time the one before stays.`,
    },
    confidence: 0.72,
  };
}

/** Field or element that a result is assigned to, directly or through its name. */
function findTarget(analysis: SourceAnalysis, file: GoFile, call: NodeRow, result: number): NodeRow {
  const { tree } = file;
  const list = tree.parent(call);
  const targets = tree.field(list) === 'right' ? tree.children(tree.child(tree.parent(list), 'left')) : [];
  const target = targets[result];
  if (target === undefined) return NO_NODE;
  if (isKeeping(file, target)) return target;
  if (tree.kind(target) !== 'identifier') return NO_NODE;
  const local = analysis.index.locals(file).resolve(tree.textOf(target), target);
  if (local === null) return NO_NODE;
  for (const use of analysis.index.locals(file).uses(local)) {
    const right = tree.parent(use);
    if (tree.field(right) !== 'right') continue;
    const left = tree.children(tree.child(tree.parent(right), 'left'))[tree.children(right).indexOf(use)];
    if (left !== undefined && isKeeping(file, left)) return left;
  }
  return NO_NODE;
}

function isKeeping(file: GoFile, target: NodeRow): boolean {
  return /^(?:selector_expression|index_expression)$/.test(file.tree.kind(target));
}
