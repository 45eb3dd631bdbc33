import { describe, expect, it } from 'vitest';
import { areBracketsPaired } from './brackets.ts';

describe('areBracketsPaired', () => {
  it.each([
    ['a function', 'func f(a []int) { if a[0] > 1 { g(a[1:]) } }'],
    ['brackets in texts', 'var s = "({[" + `)}\n]` + "\\"("'],
    ['brackets as runes', `var r = []rune{'(', '}', '\\'', '\\\\', ']'}`],
    ['brackets in comments', '// :-(\n/* {{ \n ) */ func f() {}'],
    ['a comment at the end', 'func f() {} // ('],
    ['division', 'var x = a / b / (c)'],
    ['nothing', ''],
  ])('takes %s', (_, text) => {
    expect(areBracketsPaired(text)).toBe(true);
  });

  it.each([
    ['one that is not closed', 'func f() {'],
    ['one that was never opened', 'func f() }'],
    ['two that cross', 'f([)]'],
    ['a text without end', 'x := "abc\n"'],
    ['a raw text without end', 'x := `abc'],
    ['a comment without end', '/* abc'],
    ['an escape at the end', 'x := "\\'],
    ['1001 levels', '('.repeat(1001) + ')'.repeat(1001)],
  ])('refuses %s', (_, text) => {
    expect(areBracketsPaired(text)).toBe(false);
  });

  it('takes a thousand levels', () => {
    expect(areBracketsPaired('('.repeat(1000) + ')'.repeat(1000))).toBe(true);
  });
});
