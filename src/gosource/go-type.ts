// Types as far as they are cheap to know. Pointers are looked through and type arguments ignored: what matters here
// is which container or struct a value is.
import type { NodeRow } from './syntax-tree.ts';

export type GoType =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'basic'; readonly name: string }
  /** Declared somewhere: `path` is the import path of its package. */
  | { readonly kind: 'named'; readonly path: string; readonly name: string }
  | { readonly kind: 'map'; readonly key: GoType; readonly element: GoType }
  | { readonly kind: 'slice' | 'array' | 'chan'; readonly element: GoType }
  | { readonly kind: 'func'; readonly results: readonly GoType[] }
  /** A struct without a name: where its fields stand. */
  | {
      readonly kind: 'struct' | 'interface';
      readonly path: string;
      readonly file: string;
      readonly node: NodeRow;
    }
  | { readonly kind: 'tuple'; readonly items: readonly GoType[] };

export const UNKNOWN: GoType = { kind: 'unknown' };

export function basic(name: string): GoType {
  return { kind: 'basic', name };
}

export function named(path: string, name: string): GoType {
  return { kind: 'named', path, name };
}

/** Item of a tuple; the type itself where it is none and `index` is 0. */
export function itemOf(type: GoType, index: number): GoType {
  if (type.kind === 'tuple') return type.items[index] ?? UNKNOWN;
  return index === 0 ? type : UNKNOWN;
}

/** What an index or a receive gives. */
export function elementOf(type: GoType): GoType {
  switch (type.kind) {
    case 'map':
    case 'slice':
    case 'array':
    case 'chan':
      return type.element;
    case 'basic':
      return type.name === 'string' ? basic('byte') : UNKNOWN;
    default:
      return UNKNOWN;
  }
}

/** As Go writes it, with full import paths. */
export function formatType(type: GoType): string {
  switch (type.kind) {
    case 'unknown':
      return '?';
    case 'basic':
      return type.name;
    case 'named':
      return `${type.path}.${type.name}`;
    case 'map':
      return `map[${formatType(type.key)}]${formatType(type.element)}`;
    case 'slice':
      return `[]${formatType(type.element)}`;
    case 'array':
      return `[N]${formatType(type.element)}`;
    case 'chan':
      return `chan ${formatType(type.element)}`;
    case 'func':
      return `func() (${type.results.map(formatType).join(', ')})`;
    case 'struct':
    case 'interface':
      return type.kind;
    case 'tuple':
      return `(${type.items.map(formatType).join(', ')})`;
  }
}
