// A container that a leaking value was found in: who fills it, who empties it, and is it bounded?
import type { FunctionDeclaration, GoFile } from '../../gosource/declarations.ts';
import { isAppending } from '../../gosource/growth-syntax.ts';
import type { Operation } from '../../gosource/operations.ts';
import type { Place } from '../../gosource/places.ts';
import type { Sink } from '../../gosource/sink.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { functionAt } from '../../gosource/source-index.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import type { Holder } from './answer.ts';

/** An operation with the top-level function that it stands in. */
export interface OperationIn {
  readonly operation: Operation;
  readonly declaration: FunctionDeclaration;
}

export interface ContainerStudy {
  readonly analysis: SourceAnalysis;
  readonly place: Place;
  /** Where the leaking value came in. */
  readonly sink: Sink;
  readonly adds: readonly OperationIn[];
  readonly removals: readonly OperationIn[];
  readonly measures: readonly OperationIn[];
  /** Function that the sink stands in. */
  readonly adder: FunctionDeclaration | null;
  /** Functions that take something away, the adder's own eviction left out. */
  readonly removers: ReadonlySet<FunctionDeclaration>;
  /** Is something taken away where something is added, once there is too much? */
  readonly isBounded: boolean;
  readonly holders: readonly Holder[];
  /** Functions on the profile's path. */
  readonly isOnPath: (declaration: FunctionDeclaration) => boolean;
}

export function studyContainer(
  analysis: SourceAnalysis,
  place: Place,
  sink: Sink,
  isOnPath: (declaration: FunctionDeclaration) => boolean,
): ContainerStudy {
  const all = analysis.operations.operationsOf(place).flatMap((operation): OperationIn[] => {
    const declaration = functionAt(operation.file, operation.node);
    return declaration === null ? [] : [{ operation, declaration }];
  });
  const ofKind = (kind: Operation['kind']) => all.filter(({ operation }) => operation.kind === kind);
  const removals = ofKind('remove').filter(({ operation }) => !isInitial(operation));
  const measures = ofKind('measure');
  const adder = functionAt(sink.at.file, sink.at.node);
  const adds = ofKind('add');
  const isBounded = isRing(analysis, sink) || hasEviction(analysis, adder, removals, measures);
  return {
    analysis,
    place,
    sink,
    adds,
    removals,
    measures,
    adder,
    removers: new Set(removals.map(({ declaration }) => declaration).filter((f) => f !== adder)),
    isBounded,
    holders: [
      { ...sink.at, name: place.name },
      { ...place.at, name: place.name },
    ],
    isOnPath,
  };
}

/** `if m == nil { m = make(...) }`, and what a constructor does: nothing is lost by it. */
function isInitial({ file, node }: Operation): boolean {
  const { tree } = file;
  const around = functionAt(file, node);
  if (around === null) return true;
  const block = tree.parent(tree.parent(node));
  const branch = tree.parent(block);
  const isMake = /=\s*(?:make\(|map\[|new\(|&?[\w.]+\{|list\.New\()/.test(tree.textOf(node));
  if (!isMake) return false;
  if (/^(?:New|new|Open|Init|init|Make)/.test(around.name)) return true;
  return (
    tree.kind(branch) === 'if_statement' &&
    /==\s*nil|!\s*ok/.test(tree.textOf(tree.child(branch, 'condition')))
  );
}

/** An array, or a slice written round and round: `ring[n%len(ring)] = v`. */
function isRing(analysis: SourceAnalysis, sink: Sink): boolean {
  if (sink.key === NO_NODE || sink.place === null) return false;
  const { tree } = sink.at.file;
  // A chain or a list that begins in each slot.
  if (isAppending(sink.at)) return false;
  const type = analysis.places.elementType(sink.place.type, sink.depth);
  if (type.kind === 'array') return true;
  return type.kind === 'slice' || tree.textOf(sink.key).includes('%');
}

/** The adding function looks at a size, and takes something away or does not add. */
function hasEviction(
  analysis: SourceAnalysis,
  adder: FunctionDeclaration | null,
  removals: readonly OperationIn[],
  measures: readonly OperationIn[],
): boolean {
  if (adder === null) return false;
  const file = analysis.index.file(adder.path);
  if (file === null) return false;
  const near = new Set([adder, ...analysis.calls.calleesIn(file, adder.body)]);
  for (const { operation, declaration } of removals) {
    if (near.has(declaration) && isUnderSizeCheck(operation.file, operation.node, declaration, file, adder))
      return true;
  }
  // `if len(m) >= max { return err }`
  return measures.some(
    ({ operation, declaration }) => declaration === adder && isRefusal(operation.file, operation.node),
  );
}

const COMPARED =
  /(?:\blen\(.+\)|\.(?:Len|Size|Count)\(\)|\b\w*(?:size|count|len|used|bytes|total)\w*)\s*[<>]=?\s*\S|\S\s*[<>]=?\s*(?:\blen\(|\w+\.(?:Len|Size)\()/i;

/** Is the removal, or the call that leads to it, inside an if or a loop that compares a size? */
function isUnderSizeCheck(
  file: GoFile,
  node: NodeRow,
  declaration: FunctionDeclaration,
  adderFile: GoFile,
  adder: FunctionDeclaration,
): boolean {
  if (hasSizeCondition(file, node)) return true;
  if (declaration === adder) return false;
  const { tree } = adderFile;
  return [...tree.descendants(adder.body, 'call_expression')].some(
    (call) =>
      tree.textOf(tree.child(call, 'function')).split('.').at(-1) === declaration.name &&
      hasSizeCondition(adderFile, call),
  );
}

function hasSizeCondition(file: GoFile, node: NodeRow): boolean {
  const { tree } = file;
  if (isReturned(file, tree.enclosing(node, 'func_literal'))) return false;
  for (let at = tree.parent(node); at !== NO_NODE; at = tree.parent(at)) {
    const kind = tree.kind(at);
    if (kind.endsWith('_declaration') && kind !== 'short_var_declaration') return false;
    if (isReturned(file, at)) return false;
    if (isSizeCheck(file, at)) return true;
  }
  return false;
}

/** What a caller gets to undo the adding with makes no room for what is added. */
function isReturned({ tree }: GoFile, closure: NodeRow): boolean {
  return (
    tree.kind(closure) === 'func_literal' &&
    tree.kind(tree.parent(tree.parent(closure))) === 'return_statement'
  );
}

/** An if or a loop that compares a size. */
export function isSizeCheck({ tree }: GoFile, node: NodeRow): boolean {
  const kind = tree.kind(node);
  if (kind === 'if_statement') return COMPARED.test(tree.textOf(tree.child(node, 'condition')));
  if (kind !== 'for_statement') return false;
  const body = tree.child(node, 'body');
  const header = tree.children(node).find((child) => child !== body);
  return header !== undefined && COMPARED.test(tree.textOf(header));
}

/** The size is compared, and the branch leaves the function. */
function isRefusal(file: GoFile, measure: NodeRow): boolean {
  const { tree } = file;
  const branch = tree.enclosing(measure, 'if_statement', 'block');
  if (tree.kind(branch) !== 'if_statement') return false;
  if (!COMPARED.test(tree.textOf(tree.child(branch, 'condition')))) return false;
  return [...tree.descendants(tree.child(branch, 'consequence'), 'return_statement')].length > 0;
}
