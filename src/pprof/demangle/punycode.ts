// Identifiers of Rust that are no ASCII: RFC 3492, with `_` in place of `-`.
import { Unreadable, type Budget } from './budget.ts';

const BASE = 36;
const FIRST_BIAS = 72;
const LARGEST_CODE_POINT = 0x10ffff;

/** @param encoded the ASCII letters, `_`, the places of the others; without `_` there are no ASCII letters. */
export function decodePunycode(encoded: string, budget: Budget): string {
  const border = encoded.lastIndexOf('_');
  const letters = border > 0 ? [...encoded.slice(0, border)] : [];
  let code = 128;
  let bias = FIRST_BIAS;
  let place = 0;
  for (let at = border + 1; at < encoded.length;) {
    const from = place;
    let weight = 1;
    for (let threshold = BASE; ; threshold += BASE) {
      budget.step();
      const digit = digitOf(encoded.charCodeAt(at++));
      place += digit * weight;
      if (place > 2 ** 31) throw new Unreadable('punycode');
      const least = Math.min(Math.max(threshold - bias, 1), 26);
      if (digit < least) break;
      weight *= BASE - least;
    }
    const count = letters.length + 1;
    bias = adapt(place - from, count, from === 0);
    code += Math.floor(place / count);
    place %= count;
    if (code > LARGEST_CODE_POINT || (code >= 0xd800 && code < 0xe000)) throw new Unreadable('punycode');
    // Each insertion moves what is behind it.
    letters.splice(place++, 0, String.fromCodePoint(code));
  }
  return letters.join('');
}

function digitOf(code: number): number {
  if (code >= 97 && code <= 122) return code - 97;
  if (code >= 48 && code <= 57) return code - 48 + 26;
  throw new Unreadable('punycode');
}

function adapt(delta: number, count: number, isFirst: boolean): number {
  let rest = Math.floor(delta / (isFirst ? 700 : 2));
  rest += Math.floor(rest / count);
  let steps = 0;
  for (; rest > 455; steps += BASE) rest = Math.floor(rest / 35);
  return steps + Math.floor((BASE * rest) / (rest + 38));
}
