// A channel: where it is made, who sends, who receives, who closes it.
import type { GoFile } from '../../gosource/declarations.ts';
import type { Operation } from '../../gosource/operations.ts';
import type { Place } from '../../gosource/places.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import type { SourceNode } from '../../gosource/source-index.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';

export interface ChannelStudy {
  readonly place: Place;
  /** Is it one of many, in a container: `d.workers[tenant]`? */
  readonly isElement: boolean;
  /** `make(chan T)`; null when it is not in the sources. */
  readonly make: SourceNode | null;
  /** With room for a value, whatever becomes of the capacity. */
  readonly isBuffered: boolean;
  readonly sends: readonly Operation[];
  readonly receives: readonly Operation[];
  readonly closes: readonly SourceNode[];
}

/** What is known of the channel that an expression means; null when it is a call's result or unknown. */
export function studyChannel(analysis: SourceAnalysis, file: GoFile, channel: NodeRow): ChannelStudy | null {
  const references = analysis.places.referencesOf({ file, node: channel });
  const found = references.find(({ place }) => place.kind !== 'local') ?? references[0];
  if (found === undefined) return null;
  const { place, depth } = found;
  const operations = analysis.operations.operationsOf(place);
  const make = findMake(analysis, place);
  const capacity =
    make === null
      ? NO_NODE
      : (make.file.tree.children(make.file.tree.child(make.node, 'arguments'))[1] ?? NO_NODE);
  return {
    place,
    isElement: depth > 0,
    make,
    isBuffered: make !== null && capacity !== NO_NODE && !mayBeZero(analysis, make.file, capacity),
    sends: operations.filter(
      ({ kind, file: { tree }, node }) => kind === 'add' && hasKind(tree, node, 'send_statement'),
    ),
    receives: operations.filter(
      ({ kind, file: { tree }, node }) =>
        kind === 'remove' && /^(?:unary_expression|for_statement)$/.test(tree.kind(node)),
    ),
    closes: findCloses(analysis, place),
  };
}

/** A capacity of 0, or a variable that is given 0 somewhere. */
function mayBeZero(analysis: SourceAnalysis, file: GoFile, capacity: NodeRow): boolean {
  const isZero = (at: SourceNode) => at.file.tree.textOf(at.node) === '0';
  if (isZero({ file, node: capacity })) return true;
  if (file.tree.kind(capacity) !== 'identifier') return false;
  const local = analysis.index.locals(file).resolve(file.tree.textOf(capacity), capacity);
  if (local === null || local.kind === 'parameter') return false;
  return analysis.places.assignedTo(file, local).some(isZero);
}

function hasKind(tree: GoFile['tree'], node: NodeRow, kind: string): boolean {
  return (
    tree.kind(node) === kind ||
    tree.child(node, 'communication') !== NO_NODE ||
    [...tree.descendants(node, kind)].length > 0
  );
}

/** The `make` behind a local, a package variable, or a field that a literal or an assignment fills. */
function findMake(analysis: SourceAnalysis, place: Place): SourceNode | null {
  const { file, node } = place.at;
  const name = file.tree.textOf(node);
  if (place.kind === 'local') {
    const local = analysis.index.locals(file).resolve(name, node);
    if (local === null) return null;
    const declaration = file.functions.find((f) => f.node === local.scope);
    const isGiven = local.kind === 'parameter' && declaration !== undefined;
    const values = isGiven
      ? analysis.places.argumentsFor(declaration, local)
      : analysis.places.assignedTo(file, local);
    return values.find(isMake) ?? null;
  }
  const field = place.key.slice(place.key.lastIndexOf('.') + 1);
  for (const candidate of analysis.index.filesMentioning(field, 'make(')) {
    if (candidate.importPath !== file.importPath) continue;
    const { tree } = candidate;
    for (const call of tree.descendants(tree.root, 'call_expression')) {
      if (!isMake({ file: candidate, node: call })) continue;
      if (targetName(candidate, call) === field) return { file: candidate, node: call };
    }
  }
  return null;
}

function isMake({ file, node }: SourceNode): boolean {
  const { tree } = file;
  const [type] = tree.children(tree.child(node, 'arguments'));
  return (
    tree.textOf(tree.child(node, 'function')) === 'make' &&
    type !== undefined &&
    tree.kind(type) === 'channel_type'
  );
}

/** Field or name that a value goes to: `done` of `done: make(...)`, `s.done = make(...)`, `var done = make(...)`. */
function targetName(file: GoFile, value: NodeRow): string {
  const { tree } = file;
  const keyed = tree.parent(tree.parent(value));
  if (tree.kind(keyed) === 'keyed_element') return tree.textOf(tree.child(keyed, 'key'));
  const list = tree.parent(value);
  const statement = tree.parent(list);
  if (tree.kind(statement) === 'var_spec') return tree.textOf(tree.child(statement, 'name'));
  const target = tree.children(tree.child(statement, 'left'))[tree.children(list).indexOf(value)];
  if (target === undefined) return '';
  return tree.textOf(tree.kind(target) === 'selector_expression' ? tree.child(target, 'field') : target);
}

/** Calls `close(ch)` of this channel. */
function findCloses(analysis: SourceAnalysis, place: Place): SourceNode[] {
  const found: SourceNode[] = [];
  for (const file of analysis.index.filesMentioning('close(')) {
    const { tree } = file;
    for (const call of tree.descendants(tree.root, 'call_expression')) {
      if (tree.textOf(tree.child(call, 'function')) !== 'close') continue;
      const [argument] = tree.children(tree.child(call, 'arguments'));
      if (argument === undefined) continue;
      const isIt = analysis.places
        .referencesOf({ file, node: argument })
        .some((reference) => reference.place.key === place.key);
      if (isIt) found.push({ file, node: call });
    }
  }
  return found;
}
