// Conversions after which another allocation is kept.
import type { GoType } from './go-type.ts';
import type { SourceNode } from './source-index.ts';
import { NO_NODE } from './syntax-tree.ts';
import type { TypeReader } from './type-reader.ts';

/** `string(b)`, `[]byte(s)`: the result shares nothing with what was converted. */
export function isCopy(types: TypeReader, { file, node }: SourceNode): boolean {
  const { tree } = file;
  const operand = tree.child(node, 'operand');
  const [argument] = tree.children(tree.child(node, 'arguments'));
  const given = operand === NO_NODE ? (argument ?? NO_NODE) : operand;
  const from = types.underlying(types.typeOf({ file, node: given }));
  const to = types.underlying(types.typeOf({ file, node }));
  return isText(from) ? isBytes(to) : isBytes(from) && isText(to);
}

function isText(type: GoType): boolean {
  return type.kind === 'basic' && type.name === 'string';
}

function isBytes(type: GoType): boolean {
  if (type.kind !== 'slice' || type.element.kind !== 'basic') return false;
  return /^(?:byte|uint8|rune|int32)$/.test(type.element.name);
}
