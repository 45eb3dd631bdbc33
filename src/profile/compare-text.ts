// Order of texts as Go has it.

import { encodeUtf8 } from '../base/utf8.ts';

/** Order by UTF-8 bytes, which is that of code points; JavaScript's `<` differs beyond U+FFFF. */
export function compareText(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const unitA = a.charCodeAt(i);
    const unitB = b.charCodeAt(i);
    if (unitA === unitB) continue;
    if (isEscape(a, i) || isEscape(b, i)) return compareBytes(encodeUtf8(a.slice(i)), encodeUtf8(b.slice(i)));
    // A surrogate stands for a code point beyond all that are not.
    const isSurrogateA = unitA >= 0xd800 && unitA <= 0xdfff;
    const isSurrogateB = unitB >= 0xd800 && unitB <= 0xdfff;
    if (isSurrogateA !== isSurrogateB) return isSurrogateA ? 1 : -1;
    return unitA - unitB;
  }
  return a.length - b.length;
}

/** An escaped byte (base/utf8.ts): a low surrogate behind no high one. */
function isEscape(text: string, i: number): boolean {
  const unit = text.charCodeAt(i);
  if (unit < 0xdc00 || unit > 0xdfff) return false;
  const before = i === 0 ? 0 : text.charCodeAt(i - 1);
  return before < 0xd800 || before > 0xdbff;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
