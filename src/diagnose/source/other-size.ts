// A list beside its index, bounded by the size of the index: where a known key gets another element, the list grows and the
// index does not, and the bound is never reached.
import type { FunctionDeclaration, GoFile } from '../../gosource/declarations.ts';
import type { Place } from '../../gosource/places.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import { shortPlace, type SourceAnswer } from './answer.ts';
import { isSizeCheck, type ContainerStudy } from './container-study.ts';

/** What makes room looks at the size of a map that need not grow with this container; null where the adder looks for the key first. */
export function findOtherSize(study: ContainerStudy): SourceAnswer | null {
  const { analysis, place, sink, adder, holders } = study;
  const file = adder === null ? null : analysis.index.file(adder.path);
  if (adder === null || file === null || !study.isBounded) return null;
  const measured = placesMeasured(study, file, adder);
  const [index] = measured;
  if (index === undefined || measured.some(({ key }) => key === place.key)) return null;
  if (index.type.kind !== 'map' || !isSetIn(analysis, file, adder, index)) return null;
  if (isLookedUp(analysis, file, adder, index)) return null;
  return {
    pattern: 'missing-delete-on-path',
    holders,
    fix: {
      file: sink.at.file,
      line: sink.at.file.tree.line(sink.at.node),
      text: `Look the key up in ${index.name} before adding to ${place.name} (${shortPlace(sink.at)}), or compare the size of ${place.name}: a key that is known gets another element, and what makes room looks at ${index.name}, which does not grow by it.`,
    },
    confidence: 0.75,
    isDespiteBound: true,
  };
}

/** Places whose size the checks compare that lead to a removal from the container. */
function placesMeasured(
  { analysis, removals }: ContainerStudy,
  adderFile: GoFile,
  adder: FunctionDeclaration,
): Place[] {
  const calls = removals.flatMap(({ declaration }) =>
    declaration === adder
      ? []
      : [...adderFile.tree.descendants(adder.body, 'call_expression')].filter((node) => {
          const callee = analysis.types.calleeOf({ file: adderFile, node });
          return callee.kind === 'known' && callee.functions.includes(declaration);
        }),
  );
  const own = removals.map(({ operation }) => ({ file: operation.file, node: operation.node }));
  return [...own, ...calls.map((node) => ({ file: adderFile, node }))].flatMap(({ file, node }) =>
    conditionsAround(file, node).flatMap((condition) => measuredIn(analysis, file, condition)),
  );
}

function conditionsAround(file: GoFile, node: NodeRow): NodeRow[] {
  const { tree } = file;
  const found: NodeRow[] = [];
  for (let at = tree.parent(node); at !== NO_NODE; at = tree.parent(at)) {
    if (!isSizeCheck(file, at)) continue;
    const body = tree.child(at, 'body');
    const header = tree.children(at).find((child) => child !== body) ?? NO_NODE;
    found.push(tree.kind(at) === 'if_statement' ? tree.child(at, 'condition') : header);
  }
  return found;
}

/** `len(c.items)`, `c.order.Len()`. */
function measuredIn(analysis: SourceAnalysis, file: GoFile, condition: NodeRow): Place[] {
  const { tree } = file;
  const places = (node: NodeRow) => analysis.places.referencesOf({ file, node }).map(({ place }) => place);
  const calls = [condition, ...tree.descendants(condition, 'call_expression')].filter(
    (node) => tree.kind(node) === 'call_expression',
  );
  return calls.flatMap((call) => {
    const callee = tree.child(call, 'function');
    const [measured] = tree.children(tree.child(call, 'arguments'));
    if (tree.textOf(callee) === 'len' && measured !== undefined) return places(measured);
    return tree.kind(callee) === 'selector_expression' ? places(tree.child(callee, 'operand')) : [];
  });
}

/** `c.items[k] = ...` */
function isSetIn(
  analysis: SourceAnalysis,
  file: GoFile,
  { body }: FunctionDeclaration,
  index: Place,
): boolean {
  return elementsOf(analysis, file, body, index).some((node) => isTarget(file, node));
}

/** Read anywhere but as the target of an assignment, in the function or in one that it calls. */
function isLookedUp(
  analysis: SourceAnalysis,
  file: GoFile,
  adder: FunctionDeclaration,
  index: Place,
): boolean {
  const reads = (from: GoFile, { body }: FunctionDeclaration) =>
    elementsOf(analysis, from, body, index).some((node) => !isTarget(from, node));
  return (
    reads(file, adder) ||
    analysis.calls.calleesIn(file, adder.body).some((callee) => {
      const other = analysis.index.file(callee.path);
      return other === null || reads(other, callee);
    })
  );
}

function elementsOf(analysis: SourceAnalysis, file: GoFile, body: NodeRow, index: Place): NodeRow[] {
  return [...file.tree.descendants(body, 'index_expression')].filter((node) =>
    analysis.places
      .referencesOf({ file, node: file.tree.child(node, 'operand') })
      .some(({ place }) => place.key === index.key),
  );
}

function isTarget({ tree }: GoFile, node: NodeRow): boolean {
  const list = tree.parent(node);
  return tree.kind(list) === 'expression_list' && tree.field(list) === 'left';
}
