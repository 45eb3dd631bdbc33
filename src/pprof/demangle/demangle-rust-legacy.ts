// Names of Rust's older scheme: those of C++ with a hash as their last part, and escapes.
import { Unreadable } from './budget.ts';

/** `17h`, sixteen digits, `E`: the hash that ends a name. */
const HASH = /^17h([0-9a-f]{16})E$/;
const HASH_LENGTH = 20;
/** Distinct digits that a hash has at least: what has fewer is a C++ name that looks alike. */
const MIN_DISTINCT_DIGITS = 5;
const ESCAPES: Readonly<Record<string, string>> = {
  SP: '@',
  BP: '*',
  RF: '&',
  LT: '<',
  GT: '>',
  LP: '(',
  RP: ')',
  C: ',',
};

/** What is between `_ZN` and the hash, without the suffix of a clone; null where the name is none of Rust. */
export function rustLegacyParts(name: string): string | null {
  if (!name.startsWith('_ZN')) return null;
  const suffixAt = name.lastIndexOf('E.');
  const end = suffixAt > 0 ? suffixAt + 1 : name.length;
  const hashAt = end - HASH_LENGTH;
  if (hashAt <= '_ZN'.length) return null;
  const hash = HASH.exec(name.slice(hashAt, end))?.[1];
  return hash !== undefined && new Set(hash).size >= MIN_DISTINCT_DIGITS
    ? name.slice('_ZN'.length, hashAt)
    : null;
}

/** The path of the parts. Throws Unreadable where their lengths are wrong. */
export function demangleRustLegacy(parts: string): string {
  const path: string[] = [];
  for (let at = 0; at < parts.length;) {
    const digits = /^[0-9]{1,7}/.exec(parts.slice(at, at + 7))?.[0];
    if (digits === undefined) throw new Unreadable('length');
    at += digits.length;
    const end = at + Number(digits);
    if (end > parts.length) throw new Unreadable('length');
    // A part that begins with a digit or with an escape has a _ before it.
    if (parts[at] === '_') at++;
    path.push(unescaped(parts.slice(at, end)));
    at = end;
  }
  return path.join('::');
}

function unescaped(part: string): string {
  let text = '';
  for (let at = 0; at < part.length;) {
    if (part.startsWith('..', at)) {
      text += '::';
      at += 2;
      continue;
    }
    if (part[at] !== '$') {
      text += part[at++];
      continue;
    }
    const escape = /^\$([A-Z]{1,2}|u[2-7][0-9a-f])\$/.exec(part.slice(at, at + 5))?.[1];
    const letter = escape?.startsWith('u') === true ? charOf(escape) : ESCAPES[escape ?? ''];
    // What is no escape shows the rest as it is.
    if (escape === undefined || letter === undefined) return text + part.slice(at);
    text += letter;
    at += escape.length + 2;
  }
  return text;
}

function charOf(escape: string): string {
  return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
}
