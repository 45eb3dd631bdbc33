import { describe, expect, it } from 'vitest';
import { parseGoFlags, type FlagKind } from './go-flags.ts';

function valueOf(kind: FlagKind, text: string): boolean | number | string | null {
  try {
    return parseGoFlags([`-x=${text}`], { x: kind }).values.get('x')?.[0] ?? null;
  } catch {
    return null;
  }
}

describe('flags as Go reads them', () => {
  it.each([
    ['10', 10],
    ['-0x1F', -31],
    ['017', 15],
    ['0o17', 15],
    ['0b101', 5],
    ['1_0', 10],
    ['0x_1', 1],
    ['08', null],
    ['_1', null],
    ['1__0', null],
    ['1.0', null],
    ['9223372036854775808', null],
    ['', null],
  ])('whole number %s is %s', (text, value) => expect(valueOf('int', text)).toBe(value));

  it.each([
    ['0x1p-4', 0.0625],
    ['-0x.8p1', -1],
    ['1_0.5e1', 105],
    ['.5', 0.5],
    ['5.', 5],
    ['+inf', Infinity],
    ['nan', NaN],
    ['+nan', null],
    ['0x1', null],
    ['1e400', null],
    ['1e_1', null],
    ['.', null],
  ])('number %s is %s', (text, value) => expect(valueOf('float', text)).toBe(value));

  it.each([
    ['t', true],
    ['False', false],
    ['yes', null],
  ])('truth %s is %s', (text, value) => expect(valueOf('bool', text)).toBe(value));
});
