// Entries that are stored under one key and removed under another.
import type { GoFile } from '../../gosource/declarations.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { functionKey } from '../../gosource/source-index.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import { shortPlace, type SourceAnswer } from './answer.ts';
import type { ContainerStudy } from './container-study.ts';

/** Stored under a key that was made from the argument, removed under the argument itself. */
export function findOtherKey(study: ContainerStudy): SourceAnswer | null {
  const added = makerOfKey(study.analysis, study.sink.at.file, study.sink.key);
  if (study.sink.key === NO_NODE || added === null) return null;
  for (const { operation, declaration } of study.removals) {
    const removed = makerOfKey(study.analysis, operation.file, operation.key);
    if (operation.key === NO_NODE || removed === null || removed === added) continue;
    if (added !== '' && removed !== '') continue; // two ways to make it may well agree
    if (removed === '' && isMadeByCallers(study.analysis, operation.file, operation.key, added)) continue;
    return {
      pattern: 'missing-delete-on-path',
      holders: study.holders,
      fix: {
        file: operation.file,
        line: operation.file.tree.line(operation.node),
        text: `Remove under the key that was stored: ${study.place.name} is filled under ${describeKey(study.sink.at.file, study.sink.key)} (${shortPlace(study.sink.at)}), but ${functionKey(declaration)} deletes ${describeKey(operation.file, operation.key)}.`,
      },
      confidence: 0.75,
      isDespiteBound: true,
    };
  }
  return null;
}

/** The removing function is handed a key that was made the same way, or one that cannot be seen. */
function isMadeByCallers(analysis: SourceAnalysis, file: GoFile, key: NodeRow, maker: string): boolean {
  const local = analysis.index.locals(file).resolve(file.tree.textOf(key), key);
  const declaration = file.functions.find((f) => f.node === local?.scope);
  if (local === null || declaration === undefined) return false;
  return analysis.places
    .argumentsFor(declaration, local)
    .map((argument) => makerOfKey(analysis, argument.file, argument.node))
    .some((made) => made === null || made === maker);
}

/** Name of the function that makes the key; '' for a plain parameter; null for what comes from elsewhere. */
function makerOfKey(analysis: SourceAnalysis, file: GoFile, key: NodeRow, depth = 0): string | null {
  const { tree } = file;
  switch (tree.kind(key)) {
    case 'call_expression': {
      const callee = analysis.types.calleeOf({ file, node: key });
      if (callee.kind === 'conversion') return '';
      // What is asked for (`r.FormValue("id")`) or made up (`uuid.New()`) is a key of its own.
      const isMadeOf = tree
        .children(tree.child(key, 'arguments'))
        .some((argument) => !/_literal$/.test(tree.kind(argument)));
      return isMadeOf ? tree.textOf(tree.child(key, 'function')) : null;
    }
    case 'binary_expression':
      return '+';
    case 'identifier': {
      const local = analysis.index.locals(file).resolve(tree.textOf(key), key);
      if (local === null) return null;
      if (local.kind === 'parameter') return analysis.places.assignedTo(file, local).length > 0 ? null : '';
      return local.kind === 'variable' && depth < 3
        ? makerOfKey(analysis, file, local.value, depth + 1)
        : null;
    }
    case 'selector_expression':
      return depth < 3 ? makerOfField(analysis, file, key, depth + 1) : null;
    default:
      return null;
  }
}

/** What literals of the struct put into a field, when all do the same. */
function makerOfField(
  analysis: SourceAnalysis,
  file: GoFile,
  selector: NodeRow,
  depth: number,
): string | null {
  const place = analysis.places.fieldPlace(file, selector);
  if (place === null || place.kind !== 'field') return null;
  const dot = place.key.lastIndexOf('.');
  const name = place.key.slice(dot + 1);
  const makers = new Set<string | null>();
  for (const maker of analysis.index.filesMentioning(`${name}:`)) {
    const { tree } = maker;
    for (const element of tree.descendants(tree.root, 'keyed_element')) {
      if (tree.textOf(tree.child(element, 'key')) !== name) continue;
      const literal = tree.enclosing(element, 'composite_literal');
      const type = analysis.types.typeOf({ file: maker, node: literal });
      if (type.kind !== 'named' || `${type.path}.${type.name}` !== place.key.slice(0, dot)) continue;
      const [value] = tree.children(tree.child(element, 'value'));
      const written =
        tree.kind(tree.child(element, 'value')) === 'literal_element' ? value : tree.child(element, 'value');
      makers.add(makerOfKey(analysis, maker, written ?? NO_NODE, depth));
    }
  }
  const [only] = makers;
  return makers.size === 1 && only !== undefined ? only : null;
}

function describeKey(file: GoFile, key: NodeRow): string {
  const { tree } = file;
  return `\`${tree.textOf(key).replace(/\s+/g, ' ').slice(0, 40)}\``;
}
