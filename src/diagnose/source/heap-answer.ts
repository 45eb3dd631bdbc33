// What keeps heap memory: from the line that allocates to the container that it stays in.
import { allocationsAt, elementStoresAt } from '../../gosource/allocations.ts';
import type { GoFile } from '../../gosource/declarations.ts';
import { CONTAINER_ADD, type Sink } from '../../gosource/sink.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { statementOf } from '../../gosource/places.ts';
import { pickBest, type SourceAnswer } from './answer.ts';
import { isEndlessLoop } from './conditions.ts';
import { studyContainer, type ContainerStudy } from './container-study.ts';
import { findDroppedHandle, findReturnedUndo } from './dropped-handle.ts';
import { callPicker, pathFilter, type Located } from './locate.ts';
import { findEndedConsumer } from './ended-consumers.ts';
import { describeKeeper } from './keeper.ts';
import { explainLibraryKeeper } from './library-keepers.ts';
import { findEndedEntry, findForgottenCase } from './ended-entries.ts';
import { findMarkers } from './markers.ts';
import { findOtherKey } from './other-keys.ts';
import { findOtherSize } from './other-size.ts';
import { findOwnExit, isRemovedByOwn } from './own-exits.ts';
import { findSkippedRemoval, findSkippingRemover, isEverywherePaired, type Pair } from './paired-calls.ts';
import { findRelay, type Relay } from './relays.ts';
import {
  findForgottenSibling,
  findLeftEarly,
  findSkippedEviction,
  findUncalledRemoval,
} from './removal-faults.ts';
import { explainTimerKeeper } from './timer-keepers.ts';
import { explainUnbounded, isSubscription } from './unbounded.ts';
import { findInnerOnly, findLazyExpiry, findStoppedTimer, isLazy } from './removal-shapes.ts';
import { findBrokenSweep, findSweeps, type Sweep } from './sweepers.ts';

/** Containers studied for one culprit: the nearest ones. */
const MAX_CONTAINERS = 8;

/** The best explanation of one allocating line; null when its values stay nowhere that is in the sources. */
export function explainHeap(analysis: SourceAnalysis, located: Located): SourceAnswer | null {
  const isOnPath = pathFilter(located.culprit);
  const sinks = findSinks(analysis, located);
  const answers = pickContainers(sinks).map((sink) => {
    if (sink.place === null) return null;
    const study = studyContainer(analysis, sink.place, sink, isOnPath);
    const answer = explainContainer(study);
    if (answer === null) return null;
    const isBounded = study.isBounded && answer.isDespiteBound !== true;
    const confidence = answer.confidence * weigh(study, answer);
    return { ...answer, confidence, isBounded, keeper: describeKeeper(study) };
  });
  return pickBest([...answers, explainLibraryKeeper(analysis, sinks), explainTimerKeeper(analysis, sinks)]);
}

/** Where values of this line go, nearest first. */
function findSinks(analysis: SourceAnalysis, { file, line, culprit }: Located): Sink[] {
  const pickCalls = callPicker(culprit);
  const found: Sink[] = [];
  for (const target of elementStoresAt(file, line)) {
    for (const { place, depth } of analysis.places.referencesOf({
      file,
      node: file.tree.child(target, 'operand'),
    })) {
      found.push({
        kind: 'element',
        place,
        depth,
        at: { file, node: statementOf(file, target) },
        key: file.tree.child(target, 'index'),
        hops: 0,
        isPart: false,
        callee: '',
      });
    }
  }
  for (const node of allocationsAt(file, line)) {
    found.push(...pushesTo(analysis, file, node), ...analysis.follow({ file, node }, pickCalls));
  }
  return found.sort((a, b) => a.hops - b.hops);
}

/** `l.PushFront(v)` makes the element that it adds. */
function pushesTo(analysis: SourceAnalysis, file: GoFile, call: NodeRow): Sink[] {
  const { tree } = file;
  if (tree.kind(call) !== 'call_expression') return [];
  const callee = analysis.types.calleeOf({ file, node: call });
  if (callee.kind !== 'external' || !CONTAINER_ADD.test(callee.key)) return [];
  const at = { file, node: statementOf(file, call) };
  const rest = { kind: 'element', at, key: NO_NODE, hops: 0, isPart: false, callee: '' } as const;
  return analysis.places
    .referencesOf({ file, node: callee.receiver })
    .map(({ place, depth }): Sink => ({ ...rest, place, depth }));
}

/** One sink per container, those that add to one first. */
function pickContainers(sinks: readonly Sink[]): Sink[] {
  const seen = new Set<string>();
  const growing = sinks.filter(
    ({ kind, place }) => kind === 'element' && place !== null && place.kind !== 'local',
  );
  return growing
    .filter(({ place }) => place !== null && !seen.has(place.key) && seen.add(place.key))
    .slice(0, MAX_CONTAINERS);
}

/** How likely it is that this container is the one: near, long-lived, without a bound. */
function weigh(study: ContainerStudy, answer: SourceAnswer): number {
  const { analysis, place, sink, isBounded } = study;
  let weight = 1 - Math.min(0.3, sink.hops * 0.01);
  if (isBounded && answer.isDespiteBound !== true) weight *= 0.3;
  const type = analysis.places.elementType(place.type, sink.depth);
  // A channel has a capacity, and what is received from it goes on from there.
  if (type.kind === 'chan' && answer.isDespiteBound !== true) weight *= study.removals.length > 0 ? 0.1 : 0.4;
  if (isOneOfFew(analysis, sink)) weight *= 0.5;
  if (isFresh(analysis, sink)) weight *= 0.2;
  if (place.kind === 'field' && !isShared(analysis, place.key)) weight *= 0.8;
  return weight;
}

/** The key is written in the source: always the same, or one of a few. */
function isOneOfFew(analysis: SourceAnalysis, { at: { file }, key }: Sink): boolean {
  const { tree } = file;
  if (/_literal$/.test(tree.kind(key))) return true;
  if (tree.kind(key) !== 'identifier') return false;
  const local = analysis.index.locals(file).resolve(tree.textOf(key), key);
  if (local === null || local.kind !== 'variable') return false;
  const values = analysis.places.assignedTo(file, local);
  return (
    values.length > 0 &&
    values.every(
      (value) => /_literal$/.test(tree.kind(value.node)) && tree.kind(value.node) !== 'composite_literal',
    )
  );
}

/** `m := &mail{}; m.body = append(m.body, ...)`: what was made here is filled, and does not grow from then on. */
function isFresh(analysis: SourceAnalysis, { at: { file, node }, kind }: Sink): boolean {
  const { tree } = file;
  if (kind !== 'element' || tree.kind(node) !== 'assignment_statement') return false;
  const [target] = tree.children(tree.child(node, 'left'));
  let root = target ?? NO_NODE;
  while (/^(?:selector|index)_expression$/.test(tree.kind(root))) root = tree.child(root, 'operand');
  if (tree.kind(root) !== 'identifier' || root === target) return false;
  const local = analysis.index.locals(file).resolve(tree.textOf(root), root);
  if (local === null || local.kind !== 'variable') return false;
  const values = analysis.places.assignedTo(file, local);
  const isMade =
    values.length > 0 &&
    values.every((value) => /^&?[\w.]+\{|^new\(/.test(value.file.tree.textOf(value.node)));
  const loop = tree.enclosing(node, 'for_statement');
  const isAround =
    loop === NO_NODE || tree.contains(loop, local.node) || !isEndlessLoop(analysis, file, loop);
  return isMade && isAround;
}

/** A struct with a lock, or kept in a package variable, lives long; others may be made for every request. */
function isShared(analysis: SourceAnalysis, key: string): boolean {
  const owner = key.slice(0, key.lastIndexOf('.'));
  const dot = owner.lastIndexOf('.');
  const declaration = analysis.index.package(owner.slice(0, dot))?.types.get(owner.slice(dot + 1));
  const file = declaration === undefined ? null : analysis.index.file(declaration.path);
  if (declaration === undefined || file === null) return false;
  return /\bsync\.|\batomic\.|\bchan\b/.test(file.tree.textOf(declaration.node));
}

function explainContainer(study: ContainerStudy): SourceAnswer | null {
  const sweeps = findSweeps(study);
  const lazy = study.removals.filter((removal) => isLazy(study, removal));
  const swept = new Set(sweeps.map(({ removal }) => removal.declaration));
  const sweepers = new Set([...swept, ...[...sweeps, ...lazy].map(({ declaration }) => declaration)]);
  const pair = makePair(study, new Set([...study.removers].filter((f) => !sweepers.has(f))));
  const marking = makePair(study, findMarkers(study));
  const relay = findRelay(study);
  const relayed = relay === null ? null : makePair(study, relay.leavers, relay);
  return pickBest([
    findDroppedUndo(study),
    findDroppedEntry(study),
    findOwnExit(study, sweepers),
    pair === null ? null : findSkippedRemoval(pair),
    marking === null ? null : findSkippedRemoval(marking),
    relayed === null ? null : findSkippedRemoval(relayed),
    findBrokenSweep(study, sweeps),
    findForgottenSibling(study),
    findUncalledRemoval(study),
    findOtherKey(study),
    findInnerOnly(study),
    findLazyExpiry(study),
    findStoppedTimer(study),
    findEndedEntry(study),
    findForgottenCase(study),
    findEndedConsumer(study),
    findLeftEarly(study, sweepers),
    findSkippedEviction(study),
    findOtherSize(study),
    pair === null ? null : findSkippingRemover(pair),
    marking === null ? null : findSkippingRemover(marking),
    explainUnbounded(study, isBalanced(study, sweeps, [pair, relayed])),
  ]);
}

/** As far as the sources show, what is added is taken out again: by everybody who adds, or by a loop that goes on. */
function isBalanced(
  study: ContainerStudy,
  sweeps: readonly Sweep[],
  pairs: readonly (Pair | null)[],
): boolean {
  return (
    sweeps.length > 0 ||
    isRemovedByOwn(study) ||
    pairs.some((pair) => pair !== null && isEverywherePaired(pair))
  );
}

function makePair(
  study: ContainerStudy,
  removers: Pair['removers'],
  relay: Relay | null = null,
): Pair | null {
  if (study.adder === null || removers.size === 0) return null;
  return {
    analysis: study.analysis,
    adder: study.adder,
    removers,
    removals: new Set(study.removals.map(({ operation }) => formatNode(operation))),
    holders: study.holders,
    isOnPath: study.isOnPath,
    what: `an entry of ${study.place.name}`,
    pattern: isSubscription(study) ? 'subscription-never-removed' : 'missing-delete-on-path',
    relay,
  };
}

/** `leave := board.Join(...)`: the adding function returns what undoes it. */
function findDroppedUndo(study: ContainerStudy): SourceAnswer | null {
  const { analysis, adder } = study;
  if (adder === null) return null;
  const removalNodes = new Set(study.removals.map(({ operation }) => formatNode(operation)));
  const release = findReturnedUndo(analysis, adder, (file, node) => {
    if (removalNodes.has(formatNode({ file, node }))) return true;
    if (file.tree.kind(node) !== 'call_expression') return false;
    const callee = analysis.types.calleeOf({ file, node });
    return callee.kind === 'known' && callee.functions.some((f) => study.removers.has(f) && f !== adder);
  });
  if (release === null) return null;
  return findDroppedHandle({
    analysis,
    giver: adder,
    release,
    holders: study.holders,
    pattern: 'subscription-never-removed',
    consequence: `an entry of ${study.place.name} stays`,
    isOnPath: study.isOnPath,
  });
}

/** `c := pool.Get()`: what the adding function gives has a method that removes it again, and somebody does not call it. */
function findDroppedEntry(study: ContainerStudy): SourceAnswer | null {
  const { analysis, adder } = study;
  if (adder === null) return null;
  const results = analysis.types.resultsOf(adder);
  const result = results.findIndex((type) => type.kind === 'named' && methodsOf(study, type).length > 0);
  const given = results[result];
  if (given === undefined || given.kind !== 'named') return null;
  return findDroppedHandle({
    analysis,
    giver: adder,
    release: { result, methods: new RegExp(`^(?:${methodsOf(study, given).join('|')})$`), field: null },
    holders: study.holders,
    pattern: 'missing-delete-on-path',
    consequence: `an entry of ${study.place.name} stays`,
    isOnPath: study.isOnPath,
  });
}

/** Methods of a type that take away from the container. */
function methodsOf(
  { removers }: ContainerStudy,
  { path, name }: { readonly path: string; readonly name: string },
): string[] {
  return [...removers].filter((f) => f.receiverType === name && f.importPath === path).map((f) => f.name);
}

function formatNode({
  file,
  node,
}: {
  readonly file: { readonly path: string };
  readonly node: number;
}): string {
  return `${file.path}#${node}`;
}
