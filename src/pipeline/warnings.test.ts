import { describe, expect, it } from 'vitest';
import { MAX_WARNINGS, Warnings } from './warnings.ts';

const told = (...texts: string[]) => {
  const warnings = new Warnings();
  for (const text of texts) warnings.addOfKind(text);
  return warnings.list();
};

describe('warnings of one kind', () => {
  it('are told once with their first value, whatever values come', () => {
    expect(
      told(
        'go_goroutines is negative (-30): left out',
        'go_goroutines is negative (-6e+20): left out',
        'go_threads is Infinity: left out',
        'go_threads is -Infinity: left out',
        'line 7: no number: "x1"',
        'line 9: no number: "y"',
      ),
    ).toEqual([
      'go_goroutines is negative (-30): left out; others like it, too',
      'go_threads is Infinity: left out; others like it, too',
      'line 7: no number: "x1"; others like it, too',
    ]);
  });

  it('are told as they are where they repeat to the letter, and apart where a name differs', () => {
    expect(told('the file is cut', 'the file is cut', 'gauge_1 is gone', 'gauge_2 is gone')).toEqual([
      'the file is cut',
      'gauge_1 is gone',
      'gauge_2 is gone',
    ]);
  });

  it('leave other doubts their own places, up to a bound', () => {
    const warnings = new Warnings();
    for (let i = 0; i < 2 * MAX_WARNINGS; i++) warnings.addOfKind(`goroutines is negative (-${i}): left out`);
    for (let i = 0; i < 2 * MAX_WARNINGS; i++) warnings.add(`file ${i} is left out`);
    expect(warnings.list()).toHaveLength(MAX_WARNINGS);
    expect(warnings.list()[1]).toBe('file 0 is left out');
  });
});
