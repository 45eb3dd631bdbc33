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

/** Decimal, 0x, 0o, 0b and a leading 0 for octal; `_` between digits where there is a prefix. */
function parseGoInt(text: string): number | null {
  const match =
    /^([+-]?)(?:0[xX]_?([0-9a-fA-F_]+)|0[bB]_?([01_]+)|0[oO]_?([0-7_]+)|0_?([0-7_]+)|(\d+))$/.exec(text);
  if (match === null || /__|_$/.test(text)) return null;
  const [, sign, hex, binary, octal, oldOctal, decimal] = match;
  const digits = (hex ?? binary ?? octal ?? oldOctal ?? decimal).replaceAll('_', '');
  const base = hex !== undefined ? 16 : binary !== undefined ? 2 : decimal !== undefined ? 10 : 8;
  const value = Number.parseInt(digits, base);
  return Number.isSafeInteger(value) ? (sign === '-' ? 0 - value : value) : null;
}

function parseGoFloat(text: string): number | null {
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (special) {
    if (special[2].toLowerCase() === 'nan') return NaN;
    return special[1] === '-' ? -Infinity : Infinity;
  }
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

function invalid(fact: string, flag: string, value?: string): PlimsollError {
  return new PlimsollError('ARGUMENTS_INVALID', 'arguments', fact, {
    field: flag.startsWith('-') ? flag : `-${flag}`,
    ...(value === undefined ? {} : { value }),
  });
}
