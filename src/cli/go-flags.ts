// Command-line flags as Go's flag package reads them: -x, --x, -x=v, -x v; booleans take a value only with `=`; the
// first word that is no flag ends the flags, and so does `--`.
import { PlimsollError } from '../base/errors.ts';

export type FlagKind = 'bool' | 'int' | 'float' | 'string';
export type FlagKinds = Readonly<Record<string, FlagKind>>;

/** Values as they were given, in order; `true` for a boolean without one. */
export interface GoFlags {
  readonly values: ReadonlyMap<string, readonly (boolean | number | string)[]>;
  readonly operands: readonly string[];
}

/** @throws PlimsollError ARGUMENTS_INVALID for an unknown flag, a missing value or one that is of another kind. */
export function parseGoFlags(words: readonly string[], kinds: FlagKinds): GoFlags {
  const values = new Map<string, (boolean | number | string)[]>();
  let at = 0;
  for (; at < words.length; at++) {
    const flag = splitFlag(words[at]);
    if (flag === null) break;
    if (flag === 'end') {
      at++;
      break;
    }
    const { name } = flag;
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) throw invalid('there is no such flag', name);
    let { value } = flag;
    if (value === null && kind !== 'bool') {
      at++;
      if (at >= words.length) throw invalid('needs a value', name);
      value = words[at];
    }
    const known = values.get(name) ?? [];
    known.push(value === null ? true : convert(name, kind, value));
    values.set(name, known);
  }
  return { values, operands: words.slice(at) };
}

/** Name and value of a flag; null for an operand, `end` for `--`. */
export function splitFlag(word: string): { name: string; value: string | null } | 'end' | null {
  if (word.length < 2 || !word.startsWith('-')) return null;
  if (word === '--') return 'end';
  const text = word.slice(word.startsWith('--') ? 2 : 1);
  if (text.startsWith('-') || text.startsWith('=')) throw invalid('this is no flag', word);
  const equals = text.indexOf('=');
  return equals === -1
    ? { name: text, value: null }
    : { name: text.slice(0, equals), value: text.slice(equals + 1) };
}

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

function convert(name: string, kind: FlagKind, value: string): boolean | number | string {
  if (kind === 'string') return value;
  if (kind === 'bool') {
    if (TRUE.has(value)) return true;
    if (FALSE.has(value)) return false;
    throw invalid('needs true or false', name, value);
  }
  const number = kind === 'int' ? parseGoInt(value) : parseGoFloat(value);
  if (number === null) throw invalid(kind === 'int' ? 'needs a whole number' : 'needs a number', name, value);
  return number;
}

const MAX_INT = 2n ** 63n;

/** Decimal, 0x, 0o, 0b and a leading 0 for octal, with `_` between digits. Source: strconv.ParseInt with base 0. */
function parseGoInt(text: string): number | null {
  const match = /^([+-]?)(?:(0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+)|0([0-7_]+)|([\d_]+))$/.exec(text);
  if (match === null || !isUnderscoreFine(text)) return null;
  const [, sign, prefixed, octal, decimal] = match;
  const digits = (prefixed ?? decimal ?? `0o${octal}`).replaceAll('_', '');
  if (decimal !== undefined && /^0\d/.test(digits)) return null;
  const value = BigInt(digits) * (sign === '-' ? -1n : 1n);
  // More than a double tells apart is more than anybody counts.
  return value < -MAX_INT || value >= MAX_INT ? null : Number(value);
}

/** Source: strconv.ParseFloat. */
function parseGoFloat(text: string): number | null {
  const infinite = /^([+-]?)inf(?:inity)?$/i.exec(text);
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return NaN;
  if (!isUnderscoreFine(text)) return null;
  const digits = text.replaceAll('_', '');
  if (/^[+-]?0x/i.test(digits)) return parseHexFloat(digits);
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(digits)) return null;
  const value = Number(digits);
  return Number.isFinite(value) ? value : null;
}

/** `0x1.8p-4`: the exponent must be there. */
function parseHexFloat(text: string): number | null {
  const match = /^([+-]?)0[xX]([\da-fA-F]*)\.?([\da-fA-F]*)[pP]([+-]?\d+)$/.exec(text);
  if (match === null || match[2] + match[3] === '') return null;
  const [, sign, whole, fraction, exponent] = match;
  const size = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length);
  if (!Number.isFinite(size)) return null;
  return sign === '-' ? 0 - size : size;
}

/** `_` stands between digits, or between them and a prefix. */
function isUnderscoreFine(text: string): boolean {
  if (!text.includes('_')) return true;
  const isHex = /^[+-]?0x/i.test(text);
  const number = text.replace(/^[+-]?(?:0[box])?/i, (prefix) => (prefix.length > 1 ? '0' : ''));
  return isHex ? !/^_|_$|_[^\da-f]|[^\da-f]_/i.test(number) : !/^_|_$|_\D|\D_/.test(number);
}

function invalid(fact: string, flag: string, value?: string): PlimsollError {
  return new PlimsollError('ARGUMENTS_INVALID', 'arguments', fact, {
    field: flag.startsWith('-') ? flag : `-${flag}`,
    ...(value === undefined ? {} : { value }),
  });
}
