// Removal by mark: a sweeper takes what is finished, expired or unreferenced, so whoever skips the mark keeps the entry.
import type { FunctionDeclaration, GoFile } from '../../gosource/declarations.ts';
import type { Place } from '../../gosource/places.ts';
import { functionAt } from '../../gosource/source-index.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import type { ContainerStudy } from './container-study.ts';

/** Functions that set a field which decides whether an entry is removed; those that make entries left out. */
export function findMarkers(study: ContainerStudy): Set<FunctionDeclaration> {
  const found = new Set<FunctionDeclaration>();
  for (const { operation, declaration } of study.removals) {
    for (const condition of conditionsAround(operation.file, operation.node)) {
      for (const place of fieldsIn(study, operation.file, condition)) {
        for (const writer of writersOf(study, place)) {
          if (writer !== study.adder && writer !== declaration) found.add(writer);
        }
      }
    }
  }
  return found;
}

function conditionsAround(file: GoFile, node: NodeRow): NodeRow[] {
  const { tree } = file;
  const found: NodeRow[] = [];
  for (let at = node; at !== NO_NODE && tree.kind(at) !== 'source_file'; at = tree.parent(at)) {
    if (tree.kind(tree.parent(at)) === 'if_statement' && tree.field(at) === 'consequence') {
      found.push(tree.child(tree.parent(at), 'condition'));
    }
  }
  return found;
}

/** Fields of entries in a condition. Times are set again and again by use, which is no mark. */
function fieldsIn({ analysis, place }: ContainerStudy, file: GoFile, condition: NodeRow): Place[] {
  const owner = place.key.slice(0, place.key.lastIndexOf('.'));
  return [...file.tree.descendants(condition, 'selector_expression')].flatMap((node) => {
    const field = analysis.places.fieldPlace(file, node);
    if (field === null || field.kind !== 'field' || field.key.startsWith(`${owner}.`)) return [];
    const isMark = field.type.kind === 'basic' || (field.type.kind === 'named' && field.type.path !== 'time');
    return isMark ? [field] : [];
  });
}

function writersOf({ analysis }: ContainerStudy, place: Place): FunctionDeclaration[] {
  return analysis.operations.occurrencesOf(place).flatMap(({ file, node }) => {
    const { tree } = file;
    const parent = tree.parent(node);
    const isSet =
      tree.field(parent) === 'left' ||
      /^(?:inc|dec)_statement$/.test(tree.kind(parent)) ||
      isStoreCall(file, node);
    const writer = isSet ? functionAt(file, node) : null;
    return writer === null ? [] : [writer];
  });
}

/** `e.done.Store(true)`, `e.refs.Add(-1)` */
function isStoreCall(file: GoFile, node: NodeRow): boolean {
  const selector = file.tree.parent(node);
  return /^(?:Store|Add|CompareAndSwap|Swap)$/.test(file.tree.textOf(file.tree.child(selector, 'field')));
}
