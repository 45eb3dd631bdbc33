// Which container keeps something, in terms that two answers can be compared by.
import type { FunctionDeclaration } from '../../gosource/declarations.ts';
import type { GoType } from '../../gosource/go-type.ts';
import type { Place } from '../../gosource/places.ts';
import type { Sink } from '../../gosource/sink.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { functionKey } from '../../gosource/source-index.ts';

/** Plain data: it crosses threads. */
export interface Keeper {
  /** `m/hub.Hub` for a field, the place's own key for a variable. */
  readonly owner: string;
  /** `m/hub.Hub.Join`: the function that adds. */
  readonly adder: string;
  /** Type of what it keeps; '' for plain values of the language, which index something else; `[]` for others. */
  readonly element: string;
  /** Types that values of the owner, or of the container, may lead to. */
  readonly reach: readonly string[];
  /** Something of another type may be behind an interface or a function that it keeps. */
  readonly isOpaque: boolean;
}

/** Types read for one container; with more it may hold anything. */
const MAX_TYPES = 200;

/** @param study where a leaking value came in, and the function that adds it there. */
export function describeKeeper(study: {
  readonly analysis: SourceAnalysis;
  readonly place: Place;
  readonly sink: Sink;
  readonly adder: FunctionDeclaration | null;
}): Keeper {
  const { analysis, place, sink, adder } = study;
  const dot = place.key.lastIndexOf('.');
  const owner = place.kind === 'field' ? place.key.slice(0, dot) : place.key;
  const type = analysis.places.elementType(place.type, sink.depth);
  const element = 'element' in type ? type.element : type;
  const kept = readReach(analysis, [type]);
  const ownerDot = owner.lastIndexOf('.');
  const around = readReach(analysis, [
    { kind: 'named', path: owner.slice(0, ownerDot), name: owner.slice(ownerDot + 1) },
  ]);
  return {
    owner,
    adder: adder === null ? '' : `${adder.importPath}.${functionKey(adder)}`,
    element: nameElement(analysis, element),
    reach: [...new Set([...kept.types, ...around.types])],
    isOpaque: kept.isOpaque,
  };
}

function nameElement({ index }: SourceAnalysis, type: GoType): string {
  if (type.kind === 'named' && index.hasPackage(type.path)) return `${type.path}.${type.name}`;
  // `map[string]int`, `map[string]struct{}`.
  return type.kind === 'basic' || type.kind === 'struct' ? '' : OTHER_VALUES;
}

/** What has no name of the module's own: `[]byte`, elements of a list. */
const OTHER_VALUES = '[]';

/** Have these two containers nothing to do with each other? Then what they keep are two leaks, where both leak. */
export function areUnrelated(a: Keeper, b: Keeper): boolean {
  if (a.isOpaque || b.isOpaque || a.owner === b.owner || a.adder === b.adder) return false;
  if (a.reach.includes(b.owner) || b.reach.includes(a.owner)) return false;
  // Two ways to one entry: by name and by time.
  if (a.element === b.element && a.element !== OTHER_VALUES) return false;
  const packageOf = ({ owner }: Keeper) => owner.slice(0, owner.lastIndexOf('.'));
  const isIndex = a.element === '' || b.element === '';
  return !isIndex || packageOf(a) !== packageOf(b);
}

function readReach(
  analysis: SourceAnalysis,
  from: readonly GoType[],
): { readonly types: ReadonlySet<string>; readonly isOpaque: boolean } {
  const types = new Set<string>();
  const open: GoType[] = [...from];
  let isOpaque = false;
  for (let type = open.pop(); type !== undefined; type = open.pop()) {
    switch (type.kind) {
      case 'named': {
        const key = `${type.path}.${type.name}`;
        if (types.has(key) || !analysis.index.hasPackage(type.path)) break;
        types.add(key);
        if (types.size > MAX_TYPES) return { types, isOpaque: true };
        open.push(analysis.types.underlying(type));
        break;
      }
      case 'map':
        open.push(type.key, type.element);
        break;
      case 'slice':
      case 'array':
      case 'chan':
        open.push(type.element);
        break;
      case 'struct': {
        const file = analysis.index.file(type.file);
        if (file === null) break;
        for (const field of file.tree.descendants(type.node, 'field_declaration'))
          open.push(analysis.types.typeFromNode({ file, node: file.tree.child(field, 'type') }));
        break;
      }
      case 'basic':
        isOpaque ||= type.name === 'any' || type.name === 'error';
        break;
      case 'tuple':
        break;
      case 'func':
      case 'interface':
      case 'unknown':
        isOpaque = true;
    }
  }
  return { types, isOpaque };
}
